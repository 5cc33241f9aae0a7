#include "openssl.h"

#include <fcntl.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "base/file.h"
#include "base/hex.h"
#include "pki/key.h"
#include "pki/signature.h"

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

static int open_image(const char *dir)
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

static int make_files(void **state)
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

static int remove_files(void **state)
{
	for (size_t i = 0; i < SIGNERS; i++)
		EVP_PKEY_free(known[i].key);
	close(image_fd);
	return remove_dir(state);
}

static const struct signer *signer_of(const char *name)
{
	for (size_t i = 0; i < SIGNERS; i++) {
		if (strcmp(known[i].name.text, name) == 0)
			return &known[i];
	}
	fail_msg("no signer %s", name);
	return NULL;
}

/* The signers named in "p256 rsa". */
static size_t list_of(const char *text, const struct signer *list[SIGNERS])
{
	char copy[64], *rest = copy, *name;
	size_t count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((name = strsep(&rest, " ")))
		if (*name)
			list[count++] = signer_of(name);
	return count;
}

static bool verify_size(const struct signature *sig, const char *allowed,
			uint64_t size, struct signed_by *by, struct err *err)
{
	const struct signer *list[SIGNERS];
	size_t count = list_of(allowed, list);

	return signature_verify(sig, image_fd, size, list, count, known,
				SIGNERS, by, err);
}

static bool verify(const struct signature *sig, const char *allowed,
		   struct signed_by *by, struct err *err)
{
	return verify_size(sig, allowed, IMAGE_SIZE, by, err);
}

static void load(const char *path, struct signature *sig)
{
	char *data;
	size_t len;

	must(file_read(path, FILES_MAX, &data, &len, &failure));
	must(signature_read(sig, data, len, &failure));
	free(data);
}

static char *load_text(const char *path)
{
	char *data;
	size_t len;

	must(file_read(path, FILES_MAX, &data, &len, &failure));
	return data;
}

/* Let openssl(1) write the file "sig". */
static void sign(const char *dir, const char *command, struct signature *sig)
{
	run_in(dir, "openssl %s >sig", command);
	load(in_dir(dir, "sig"), sig);
}

#define PSS "-sigopt rsa_padding_mode:pss "

/* ---- what holds --------------------------------------------------------- */

static const struct {
	const char *command;
	const char *signer;
	const char *algorithm;
} good[] = {
	{"dgst -sha256 -sign p256.key image", "p256", "ecdsa-p256-sha256"},
	{"dgst -sha384 -sign p256.key image", "p256", "ecdsa-p256-sha384"},
	{"dgst -sha512 -sign p256.key image", "p256", "ecdsa-p256-sha512"},
	{"dgst -sha256 -sign p384.key image", "p384", "ecdsa-p384-sha256"},
	{"dgst -sha384 -sign p384.key image", "p384", "ecdsa-p384-sha384"},
	{"dgst -sha256 -sign rsa.key image", "rsa", "rsa-pkcs1-sha256"},
	{"dgst -sha384 -sign rsa.key image", "rsa", "rsa-pkcs1-sha384"},
	{"dgst -sha512 -sign rsa.key image", "rsa", "rsa-pkcs1-sha512"},
	{"dgst -sha256 -sign rsa.key " PSS "image", "rsa", "rsa-pss-sha256"},
	{"dgst -sha512 -sign rsa.key " PSS "image", "rsa", "rsa-pss-sha512"},
	{"dgst -sha256 -sign rsa.key " PSS "-sigopt rsa_pss_saltlen:0 image",
	 "rsa", "rsa-pss-sha256"},
	{"dgst -sha256 -sign rsa.key " PSS "-sigopt rsa_pss_saltlen:32 image",
	 "rsa", "rsa-pss-sha256"},
	{"dgst -sha256 -sign rsa.key " PSS "-sigopt rsa_pss_saltlen:222 image",
	 "rsa", "rsa-pss-sha256"},
	{"dgst -sha256 -sign pss.key image", "pss", "rsa-pss-sha256"},
	{"pkeyutl -sign -rawin -inkey ed.key -in image", "ed", "ed25519"},
	/* as it is done with a digest made before */
	{"pkeyutl -sign -inkey p256.key -in sha256", "p256",
	 "ecdsa-p256-sha256"},
	{"pkeyutl -sign -inkey rsa.key -pkeyopt digest:sha256 -in sha256",
	 "rsa", "rsa-pkcs1-sha256"},
};

static void takes_what_openssl_signs(void **state)
{
	struct signature sig;
	struct signed_by by;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		sign(*state, good[i].command, &sig);
		/* alone, and among others */
		must(verify(&sig, good[i].signer, &by, &failure));
		must(verify(&sig, "other pss ed rsa p384 p256", &by, &failure));
		if (strcmp(by.signer.text, good[i].signer) != 0 ||
		    strcmp(by.algorithm, good[i].algorithm) != 0)
			fail_msg("%s: %s by %s", good[i].command, by.algorithm,
				 by.signer.text);
	}
}

static void takes_each_written_form(void **state)
{
	static const char *const forms[] = {
		"openssl base64 -in sig",
		"openssl base64 -A -in sig",
		"base64 sig",
		"base64 -w 0 sig",
		"base64 -w 60 sig | sed 's/$/\\r/'",
	};
	struct signature binary, text;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		sign(*state, good[i].command, &binary);
		run_in(*state, "%s >sig.text",
		       forms[i % (sizeof(forms) / sizeof(forms[0]))]);
		load(in_dir(*state, "sig.text"), &text);
		assert_int_equal(binary.len, text.len);
		assert_memory_equal(binary.bytes, text.bytes, text.len);
	}
}

static void leaves_the_offset_alone(void **state)
{
	struct signature sig;
	struct signed_by by;

	assert_int_equal(lseek(image_fd, 5, SEEK_SET), 5);
	sign(*state, good[0].command, &sig);
	must(verify(&sig, "p256", &by, &failure));
	assert_int_equal(lseek(image_fd, 0, SEEK_CUR), 5);
}

/* One bit of each byte in turn: nothing of a signature is free. */
static void every_bit_counts(void **state)
{
	static const char *const commands[] = {
		"dgst -sha256 -sign p256.key image",
		"pkeyutl -sign -rawin -inkey ed.key -in image",
		"dgst -sha256 -sign rsa.key image",
	};
	struct signature sig;
	struct signed_by by;

	for (size_t i = 0; i < 3; i++) {
		sign(*state, commands[i], &sig);
		for (size_t at = 0; at < sig.len; at += 7) {
			sig.bytes[at] ^= (uint8_t)(1 << at % 8);
			must_fail(commands[i],
				  verify(&sig, "p256 ed rsa", &by, &failure),
				  ERR_INVALID, "signature: ");
			sig.bytes[at] ^= (uint8_t)(1 << at % 8);
		}
		must(verify(&sig, "p256 ed rsa", &by, &failure));
	}
}

/* ---- what is refused, and why ------------------------------------------- */

static const struct {
	const char *command;
	const char *allowed;
	const char *part;
} bad[] = {
	{"dgst -sha256 -sign x256.key image", "p256",
	 "unknown signer, or over other bytes: it does not hold over this "
	 "image for p256 (ecdsa-p256)"},
	{"dgst -sha256 -sign x256.key image", "rsa p256",
	 "unknown signer, or over other bytes"},
	{"dgst -sha256 -sign xrsa.key image", "rsa", "unknown signer"},
	{"pkeyutl -sign -rawin -inkey xed.key -in image", "ed",
	 "unknown signer"},
	{"dgst -sha256 -sign p256.key longer", "p256", "over other bytes"},
	{"pkeyutl -sign -rawin -inkey ed.key -in longer", "ed",
	 "over other bytes"},
	{"dgst -sha256 -sign rsa.key " PSS "longer", "rsa", "over other bytes"},
	/* signed with X, but only Y is allowed */
	{"dgst -sha256 -sign other.key image", "p256",
	 "signed with other (ecdsa-p256), but the product allows only p256 "
	 "(ecdsa-p256)"},
	{"dgst -sha512 -sign rsa.key " PSS "image", "p256 ed",
	 "signed with rsa (rsa-2048), but the product allows only p256 "
	 "(ecdsa-p256), ed (ed25519)"},
	{"pkeyutl -sign -rawin -inkey ed.key -in image", "rsa",
	 "signed with ed (ed25519), but the product allows only rsa"},
	/* wrong digest */
	{"dgst -sha1 -sign p256.key image", "p256",
	 "wrong digest: made with p256 over the SHA-1 of the image"},
	{"dgst -sha1 -sign rsa.key image", "rsa",
	 "wrong digest: made with rsa over the SHA-1 of the image"},
	{"dgst -sha1 -sign rsa.key " PSS "image", "rsa",
	 "wrong digest: made with rsa over the SHA-1 of the image"},
	{"dgst -sha256 -sign p256.key sha256", "p256",
	 "wrong digest: made with p256, but over the SHA-256 of the image, "
	 "not over"},
	{"dgst -sha256 -sign rsa.key sha256", "rsa",
	 "wrong digest: made with rsa, but over the SHA-256 of the image, not"},
	{"pkeyutl -sign -rawin -inkey ed.key -in sha256", "ed",
	 "wrong digest: made with ed, but over the SHA-256 of the image, not"},
	{"pkeyutl -sign -rawin -inkey ed.key -in sha512", "ed",
	 "wrong digest: made with ed, but over the SHA-512 of the image, not"},
	{"dgst -sha256 -sign p256.key sha256.hex", "p256",
	 "wrong digest: made with p256, but over the SHA-256 of the image in "
	 "hexadecimal"},
	{"dgst -sha256 -sign p384.key sha256.line", "p384",
	 "wrong digest: made with p384, but over the SHA-256 of the image in "
	 "hexadecimal"},
	{"pkeyutl -sign -rawin -inkey ed.key -in sha256.line", "ed",
	 "wrong digest: made with ed, but over the SHA-256 of the image in "
	 "hexadecimal"},
	{"dgst -sha256 -sign rsa.key " PSS "sha512.hex", "rsa",
	 "wrong digest: made with rsa, but over the SHA-512 of the image in "
	 "hexadecimal"},
	{"dgst -sha256 -sign other.key sha256.hex", "p256",
	 "wrong digest: made with other"},
	{"dgst -md5 -sign rsa.key image", "rsa",
	 "wrong digest: made with rsa over a md5, expected SHA-256"},
	{"pkeyutl -sign -inkey rsa.key -in sha256", "rsa",
	 "wrong digest: made with rsa over 32 bytes that do not name their "
	 "hash"},
	/* not what an allowed key makes */
	{"dgst -sha256 -sign xrsa.key image", "p256",
	 "not DER: 256 bytes that look like an RSA signature of 2048 bits; "
	 "expected a signature in DER if ECDSA by p256 (ecdsa-p256)"},
	{"dgst -sha256 -sign x256.key image", "rsa",
	 "bytes that look like an ECDSA signature in DER"},
	{"dgst -sha256 -sign x256.key image", "ed", "unknown signer: "},
	{"pkeyutl -sign -rawin -inkey xed.key -in image", "p256 ed",
	 "not DER, or an unknown signer's: 64 bytes"},
	/* keys that may not sign */
	{"dgst -sha256 -sign small.key image", "small",
	 "signer small: an RSA key of 1024 bits: expected 2048"},
	{"dgst -sha256 -sign k1.key image", "k1",
	 "signer k1: a key of another kind"},
	{"dgst -sha512 -sign p521.key image", "p521",
	 "signer p521: a key of another kind"},
	{"dgst -sha256 -sign p256.key image", "", "the product has no signers"},
};

static void names_the_cause(void **state)
{
	struct signature sig;
	struct signed_by by;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sign(*state, bad[i].command, &sig);
		must_fail(bad[i].command,
			  verify(&sig, bad[i].allowed, &by, &failure),
			  ERR_INVALID, bad[i].part);
	}
}

/* RSA PKCS#1 says what it was made over: both digests are told. */
static void tells_the_digest_inside(void **state)
{
	static const struct {
		const char *command, *name, *got, *want;
	} rows[] = {
		{"dgst -sha256 -sign rsa.key longer", "SHA-256", "longer.hex",
		 "sha256.hex"},
		{"dgst -sha512 -sign rsa.key longer", "SHA-512",
		 "longer512.hex", "image512.hex"},
	};
	struct signature sig;
	struct signed_by by;
	char part[512];

	for (size_t i = 0; i < 2; i++) {
		char *got = load_text(in_dir(*state, rows[i].got));
		char *want = load_text(in_dir(*state, rows[i].want));

		snprintf(part, sizeof(part),
			 "signature: wrong digest: made with rsa over other "
			 "bytes, whose %s is %s; the image's is %s",
			 rows[i].name, got, want);
		sign(*state, rows[i].command, &sig);
		must_fail(rows[i].command,
			  verify(&sig, "rsa p256", &by, &failure), ERR_INVALID,
			  part);
		free(got);
		free(want);
	}
}

/* r and s side by side, as JOSE and PKCS#11 have them. */
static void to_raw(struct signature *sig, int half)
{
	const unsigned char *at = sig->bytes;
	ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &at, (long)sig->len);

	assert_non_null(parsed);
	BN_bn2binpad(ECDSA_SIG_get0_r(parsed), sig->bytes, half);
	BN_bn2binpad(ECDSA_SIG_get0_s(parsed), sig->bytes + half, half);
	sig->len = 2 * (size_t)half;
	ECDSA_SIG_free(parsed);
}

static void tells_raw_r_and_s(void **state)
{
	static const struct {
		const char *command, *allowed, *part;
		int half;
	} rows[] = {
		{"dgst -sha256 -sign p256.key image", "p256",
		 "not DER: 64 bytes that look like the raw r and s of a P-256",
		 32},
		{"dgst -sha256 -sign p256.key image", "p256 rsa",
		 "not DER: 64 bytes that look like the raw r and s of a P-256",
		 32},
		{"dgst -sha256 -sign p256.key image", "p256 rsa ed",
		 "not DER, or an unknown signer's: 64 bytes that look like "
		 "the raw r and s of a P-256",
		 32},
		{"dgst -sha384 -sign p384.key image", "p384 ed",
		 "not DER: 96 bytes that look like the raw r and s of a P-384",
		 48},
	};
	struct signature sig;
	struct signed_by by;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sign(*state, rows[i].command, &sig);
		must(verify(&sig, rows[i].allowed, &by, &failure));
		to_raw(&sig, rows[i].half);
		must_fail(rows[i].part,
			  verify(&sig, rows[i].allowed, &by, &failure),
			  ERR_INVALID, rows[i].part);
	}
}

static void tells_text_inside_base64(void **state)
{
	static const struct {
		const char *command, *part;
	} rows[] = {
		{"base64 sig | base64", "look like base64 text inside base64"},
		{"base64 -w 0 sig | base64 -w 0",
		 "look like base64 text inside base64"},
		{"cat p256.pub | base64", "look like a PEM block"},
	};
	struct signature sig;
	struct signed_by by;

	sign(*state, good[0].command, &sig);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_in(*state, "{ %s; } >sig.text", rows[i].command);
		load(in_dir(*state, "sig.text"), &sig);
		must_fail(rows[i].command, verify(&sig, "p256", &by, &failure),
			  ERR_INVALID, rows[i].part);
	}
}

static void der_ends_where_it_says(void **state)
{
	struct signature sig;
	struct signed_by by;

	sign(*state, good[0].command, &sig);
	sig.bytes[sig.len] = 0;
	sig.len++;
	must_fail("a byte more", verify(&sig, "p256", &by, &failure),
		  ERR_INVALID, "not DER");
	sig.len -= 2;
	must_fail("a byte less", verify(&sig, "p256", &by, &failure),
		  ERR_INVALID, "not DER");
	sig.len++;
	must(verify(&sig, "p256", &by, &failure));
	sign(*state, "dgst -sha256 -sign rsa.key image", &sig);
	sig.len--;
	must_fail("RSA cut", verify(&sig, "rsa", &by, &failure), ERR_INVALID,
		  "unknown signer: 255 bytes");
}

static void tells_a_file_that_is_too_short(void **state)
{
	struct signature sig;
	struct signed_by by;

	sign(*state, good[0].command, &sig);
	must_fail("hashed",
		  verify_size(&sig, "p256", IMAGE_SIZE + 1, &by, &failure),
		  ERR_SYSTEM, "shorter");
	sign(*state, "pkeyutl -sign -rawin -inkey ed.key -in image", &sig);
	must_fail("mapped",
		  verify_size(&sig, "ed", IMAGE_SIZE + 1, &by, &failure),
		  ERR_SYSTEM, "shorter");
	must_fail("one byte less is other bytes",
		  verify_size(&sig, "ed", IMAGE_SIZE - 1, &by, &failure),
		  ERR_INVALID, "over other bytes");
	must_fail("nothing at all", verify_size(&sig, "ed", 0, &by, &failure),
		  ERR_INVALID, "over other bytes");
}

/* ---- reading ------------------------------------------------------------ */

static void reads_or_says_where(void **state)
{
	static const struct {
		const char *label, *data;
		const char *part; /* NULL: it is taken */
		size_t len;	  /* 0: up to the NUL */
	} rows[] = {
		{"base64", "MEUCIQDx", NULL, 0},
		{"with padding", "MEUCIQ==", NULL, 0},
		{"with a line end", "MEUCIQDx\n", NULL, 0},
		{"over two lines", "MEUC\r\nIQDx\r\n", NULL, 0},
		{"empty", "", "signature: empty", 0},
		{"only line ends", "\n\n", "0 bytes", 0},
		{"wrong character", "MEUC!QDx",
		 "base64 damaged at character 5 of line 1", 0},
		{"in the next line", "MEUC\nI!Dx",
		 "base64 damaged at character 2 of line 2", 0},
		{"first of a line", "MEUC\r\n\r\n!QDx",
		 "base64 damaged at character 1 of line 3", 0},
		{"a blank", "MEUC IQDx",
		 "base64 damaged at character 5 of line 1", 0},
		{"a control character", "MEUC\001QDx",
		 "base64 damaged at character 5 of line 1", 0},
		{"a NUL", "MEUC\0QDx",
		 "base64 damaged at character 5 of line 1", 8},
		{"a high byte", "MEUCIQ\xffx",
		 "base64 damaged at character 7 of line 1", 0},
		{"the first is wrong", "!EUCIQDx",
		 "base64 damaged at character 1 of line 1", 0},
		{"padding inside", "MEU=IQDx",
		 "base64 damaged at character 4 of line 1", 0},
		{"pad bits",
		 "MEUCIR==", "base64 damaged at character 6 of line 1", 0},
		{"cut", "MEUCIQD", "7 characters, which is not a multiple of 4",
		 0},
		{"a dash", "-", "base64 damaged at character 1", 0},
		{"PEM", "-----BEGIN CMS-----\nMEUC\n-----END CMS-----\n",
		 "a PEM block", 0},
		{"binary", "\x30\x03\x02\x01\x01", NULL, 0},
	};
	struct signature sig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].data);

		if (!rows[i].part) {
			must(signature_read(&sig, rows[i].data, len, &failure));
			continue;
		}
		must_fail(rows[i].label,
			  signature_read(&sig, rows[i].data, len, &failure),
			  ERR_INVALID, rows[i].part);
		assert_int_equal(sig.len, 0);
	}
}

static void fill_text(char *text, size_t len, const char *digits)
{
	for (size_t i = 0; i < len; i++)
		text[i] = digits[i % strlen(digits)];
}

static void keeps_the_bounds_of_signatures(void **state)
{
	static const struct {
		const char *label, *digits;
		size_t len;
		const char *part; /* NULL: it is taken */
	} rows[] = {
		{"binary", "\xf0", SIGNATURE_MAX, NULL},
		{"binary, one more", "\xf0", SIGNATURE_MAX + 1,
		 "1025 bytes, at most 1024"},
		{"base64", "QUJD", SIGNATURE_MAX / 3 * 4, NULL},
		{"base64, one more", "QUJD", SIGNATURE_MAX / 3 * 4 + 4,
		 "1026 bytes, expected 1 to 1024"},
		{"line ends", "QUJD\n\n\n\n\n\n\n\n\n\n\n\n",
		 SIGNATURE_TEXT_MAX, NULL},
		{"line ends only", "\n", SIGNATURE_TEXT_MAX, "0 bytes"},
		{"line ends, one more", "\n", SIGNATURE_TEXT_MAX + 1,
		 "4097 characters, at most 4096"},
		{"hexadecimal", "3045", 128, "hexadecimal, expected"},
		{"capitals", "3045ABEF\n", 144, "hexadecimal, expected"},
		{"too short for it", "3045", 124, NULL},
		{"no digit", "3045ABEG", 128, NULL},
	};
	char text[SIGNATURE_TEXT_MAX + 1];
	struct signature sig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fill_text(text, rows[i].len, rows[i].digits);
		if (!rows[i].part)
			must(signature_read(&sig, text, rows[i].len, &failure));
		else
			must_fail(rows[i].label,
				  signature_read(&sig, text, rows[i].len,
						 &failure),
				  ERR_INVALID, rows[i].part);
	}
}

/* ---- making ------------------------------------------------------------- */

static bool make(const char *dir, const char *name, bool pss, uint64_t size,
		 struct signature *sig, struct err *err)
{
	EVP_PKEY *key;
	char file[32];
	bool ok;

	snprintf(file, sizeof(file), "%s.key", name);
	must(key_read_private(&key, in_dir(dir, file), &failure));
	ok = signature_make(sig, key, pss, image_fd, size, err);
	EVP_PKEY_free(key);
	return ok;
}

static void openssl_takes_what_we_sign(void **state)
{
	static const struct {
		const char *name;
		bool pss;
		const char *algorithm;
		const char *check;
	} rows[] = {
		{"p256", false, "ecdsa-p256-sha256",
		 "dgst -sha256 -verify p256.pub -signature made image"},
		{"p384", false, "ecdsa-p384-sha384",
		 "dgst -sha384 -verify p384.pub -signature made image"},
		{"rsa", false, "rsa-pkcs1-sha256",
		 "dgst -sha256 -verify rsa.pub -signature made image"},
		{"rsa", true, "rsa-pss-sha256",
		 "dgst -sha256 -verify rsa.pub " PSS
		 "-sigopt rsa_pss_saltlen:32 -signature made image"},
		{"pss", false, "rsa-pss-sha256",
		 "dgst -sha256 -verify pss.pub -signature made image"},
		{"ed", false, "ed25519",
		 "pkeyutl -verify -rawin -pubin -inkey ed.pub -sigfile made "
		 "-in image"},
	};
	struct signature sig;
	struct signed_by by;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		must(make(*state, rows[i].name, rows[i].pss, IMAGE_SIZE, &sig,
			  &failure));
		write_file(in_dir(*state, "made"), sig.bytes, sig.len, 0600);
		run_in(*state, "openssl %s", rows[i].check);
		must(verify(&sig, rows[i].name, &by, &failure));
		assert_string_equal(by.algorithm, rows[i].algorithm);
	}
}

static void refuses_to_sign(void **state)
{
	static const struct {
		const char *name;
		bool pss;
		uint64_t size;
		enum err_code code;
		const char *part;
	} rows[] = {
		{"p256", true, IMAGE_SIZE, ERR_INVALID, "PSS needs an RSA key"},
		{"ed", true, IMAGE_SIZE, ERR_INVALID, "PSS needs an RSA key"},
		{"small", false, IMAGE_SIZE, ERR_INVALID, "1024 bits"},
		{"k1", false, IMAGE_SIZE, ERR_INVALID, "another kind"},
		{"p521", false, IMAGE_SIZE, ERR_INVALID, "another kind"},
		{"p256", false, 0, ERR_INVALID, "empty"},
		{"p256", false, IMAGE_SIZE + 1, ERR_SYSTEM, "shorter"},
	};
	struct signature sig;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		must_fail(rows[i].part,
			  make(*state, rows[i].name, rows[i].pss, rows[i].size,
			       &sig, &failure),
			  rows[i].code, rows[i].part);
	must_fail("a public key",
		  signature_make(&sig, signer_of("p256")->key, false, image_fd,
				 IMAGE_SIZE, &failure),
		  ERR_SYSTEM, "signing");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_openssl_signs),
		cmocka_unit_test(takes_each_written_form),
		cmocka_unit_test(leaves_the_offset_alone),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(names_the_cause),
		cmocka_unit_test(tells_the_digest_inside),
		cmocka_unit_test(tells_raw_r_and_s),
		cmocka_unit_test(tells_text_inside_base64),
		cmocka_unit_test(der_ends_where_it_says),
		cmocka_unit_test(tells_a_file_that_is_too_short),
		cmocka_unit_test(reads_or_says_where),
		cmocka_unit_test(keeps_the_bounds_of_signatures),
		cmocka_unit_test(openssl_takes_what_we_sign),
		cmocka_unit_test(refuses_to_sign),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
