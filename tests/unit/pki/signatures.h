/* What the tests of signatures share: an image, signers, openssl's work. */
#ifndef OTTERD_TESTS_PKI_SIGNATURES_H
#define OTTERD_TESTS_PKI_SIGNATURES_H

#include "openssl.h"

#include <fcntl.h>

#include "base/file.h"
#include "pki/key.h"
#include "pki/signature.h"

#define PSS "-sigopt rsa_padding_mode:pss "

/* More than is read at once, and no multiple of it. */
enum { IMAGE_SIZE = 600001 };

/* All that are configured; the files are NAME.key and NAME.pub. */
static const char *const names[] = {"p256",  "p384",  "ed", "rsa", "pss",
				    "small", "other", "k1", "p521"};
enum { SIGNERS = sizeof(names) / sizeof(names[0]), FILES_MAX = 1 << 20 };

static struct signer known[SIGNERS];
static int image_fd;

static const char *const recipes[] = {
	"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
	"-out p256.key",
	"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 "
	"-out p384.key",
	"openssl genpkey -algorithm ED25519 -out ed.key",
	"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 "
	"-out rsa.key",
	"openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 "
	"-out pss.key",
	"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 "
	"-out small.key",
	"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
	"-out other.key",
	"openssl ecparam -name secp256k1 -genkey -noout -out k1.key",
	"openssl ecparam -name secp521r1 -genkey -noout -out p521.key",
	"for k in p256 p384 ed rsa pss small other k1 p521; do "
	"openssl pkey -in $k.key -pubout -out $k.pub || exit 1; done",
	/* strangers, which nobody configured */
	"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
	"-out x256.key",
	"openssl genpkey -algorithm ED25519 -out xed.key",
	"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 "
	"-out xrsa.key",
	/* what else is signed: one byte more, the digests in their forms */
	"(cat image; printf x) >longer",
	"openssl dgst -sha256 -binary image >sha256",
	"openssl dgst -sha512 -binary image >sha512",
	"openssl dgst -sha256 -r image | head -c 64 >sha256.hex",
	"(cat sha256.hex; echo) >sha256.line",
	"openssl dgst -sha512 -r image | head -c 128 >sha512.hex",
	"openssl dgst -sha256 -r longer | head -c 64 >longer.hex",
	"openssl dgst -sha512 -r longer | head -c 128 >longer512.hex",
	"openssl dgst -sha512 -r image | head -c 128 >image512.hex",
};

static inline int open_image(const char *dir)
{
	unsigned char *bytes = malloc(IMAGE_SIZE);
	const char *path = in_dir(dir, "image");

	assert_non_null(bytes);
	for (size_t i = 0; i < IMAGE_SIZE; i++)
		bytes[i] = (unsigned char)(i * 7 ^ i >> 9);
	write_file(path, bytes, IMAGE_SIZE, 0600);
	free(bytes);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static inline int make_files(void **state)
{
	char file[32];

	if (make_dir(state))
		return -1;
	image_fd = open_image(*state);
	assert_true(image_fd >= 0);
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++)
		run_in(*state, "%s", recipes[i]);
	for (size_t i = 0; i < SIGNERS; i++) {
		snprintf(file, sizeof(file), "%s.pub", names[i]);
		must(ident_parse(&known[i].name, names[i], strlen(names[i])));
		must(key_read_public(&known[i].key, NULL, in_dir(*state, file),
				     &failure));
	}
	return 0;
}

static inline int remove_files(void **state)
{
	for (size_t i = 0; i < SIGNERS; i++)
		EVP_PKEY_free(known[i].key);
	close(image_fd);
	return remove_dir(state);
}

static inline const struct signer *signer_of(const char *name)
{
	for (size_t i = 0; i < SIGNERS; i++) {
		if (strcmp(known[i].name.text, name) == 0)
			return &known[i];
	}
	fail_msg("no signer %s", name);
	return NULL;
}

/* The signers named in "p256 rsa". */
static inline size_t list_of(const char *text,
			     const struct signer *list[SIGNERS])
{
	char copy[64], *rest = copy, *name;
	size_t count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((name = strsep(&rest, " ")))
		if (*name)
			list[count++] = signer_of(name);
	return count;
}

static inline bool verify_size(const struct signature *sig, const char *allowed,
			       uint64_t size, struct signed_by *by,
			       struct err *err)
{
	const struct signer *list[SIGNERS];
	size_t count = list_of(allowed, list);

	return signature_verify(sig, image_fd, size, list, count, known,
				SIGNERS, by, err);
}

static inline bool verify(const struct signature *sig, const char *allowed,
			  struct signed_by *by, struct err *err)
{
	return verify_size(sig, allowed, IMAGE_SIZE, by, err);
}

static inline void load(const char *path, struct signature *sig)
{
	char *data;
	size_t len;

	must(file_read(path, FILES_MAX, &data, &len, &failure));
	must(signature_read(sig, data, len, &failure));
	free(data);
}

/* Let openssl(1) write the file "sig". */
static inline void sign(const char *dir, const char *command,
			struct signature *sig)
{
	run_in(dir, "openssl %s >sig", command);
	load(in_dir(dir, "sig"), sig);
}

#endif
