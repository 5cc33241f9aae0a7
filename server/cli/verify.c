#include "cli/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/input.h"
#include "pki/key.h"
#include "pki/signature.h"

static bool read_signature(struct signature *out, const char *path,
			   struct err *err)
{
	char *data;
	size_t len;
	bool ok;

	if (!file_read(path, SIGNATURE_TEXT_MAX, &data, &len, err))
		return false;
	ok = signature_read(out, data, len, err) || err_wrap(err, "%s", path);
	free(data);
	return ok;
}

/* What the reasons call the signer: its file, as far as that is a name. */
static void name_signer(struct signer *signer, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash ? slash + 1 : path;

	if (!ident_parse(&signer->name, file, strlen(file)))
		ident_parse(&signer->name, "signer", strlen("signer"));
}

static bool check(struct signed_by *by, EVP_PKEY *key, const char *key_path,
		  const struct signature *signature, const char *image,
		  struct err *err)
{
	struct signer signer = {.key = key};
	const struct signer *allowed = &signer;
	uint64_t size;
	bool ok;
	int fd;

	name_signer(&signer, key_path);
	if (!input_open(&fd, &size, image, err))
		return false;
	ok = signature_verify(signature, fd, size, &allowed, 1, &signer, 1, by,
			      err);
	close(fd);
	return ok;
}

static bool verify(struct signed_by *by, char id[static KEY_ID_SIZE],
		   const char *key_path, char *const *files, struct err *err)
{
	struct signature signature;
	EVP_PKEY *key;
	bool ok;

	if (!key_read_public(&key, NULL, key_path, err))
		return false;
	ok = read_signature(&signature, files[1], err) &&
	     check(by, key, key_path, &signature, files[0], err);
	if (ok && !key_id(key, id))
		ok = err_openssl(err, ERR_SYSTEM, "key id");
	EVP_PKEY_free(key);
	return ok;
}

int verify_main(int argc, char **argv)
{
	const char *signer = NULL;
	const struct args_option options[] = {
		{.name = "signer",
		 .letter = 's',
		 .value = "PEM",
		 .required = true,
		 .help = "the public key or certificate",
		 .text = &signer},
	};
	const struct args args = {
		.synopsis = "--signer PEM IMAGE SIGNATURE",
		.about = "Checks the signature over an image, a file that is "
			 "binary or base64, and says why\nwhen it does not "
			 "hold.\n",
		.options = options,
		.option_count = 1,
		.operands = 2};
	char id[KEY_ID_SIZE];
	struct signed_by by;
	char **operands;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (!verify(&by, id, signer, operands, &err))
		return command_failed(argv[0], &err);
	printf("good: %s by key %s\n", by.algorithm, id);
	return EXIT_DONE;
}
