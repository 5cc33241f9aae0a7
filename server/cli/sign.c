#include "cli/sign.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/input.h"
#include "pki/key.h"
#include "pki/signature.h"

static bool sign(struct signature *out, const char *key_path, bool pss,
		 const char *image, struct err *err)
{
	EVP_PKEY *key;
	uint64_t size;
	bool ok;
	int fd;

	if (!key_read_private(&key, key_path, err))
		return false;
	ok = input_open(&fd, &size, image, err);
	if (ok) {
		ok = signature_make(out, key, pss, fd, size, err) ||
		     err_wrap(err, "%s", image);
		close(fd);
	}
	EVP_PKEY_free(key);
	return ok;
}

/* A slip of the hand must not put the signature in the image's place. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat first, second;

	return stat(a, &first) == 0 && stat(b, &second) == 0 &&
	       first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

static void print(const struct signature *signature)
{
	char text[BASE64_SIZE(SIGNATURE_MAX)];

	base64_encode(signature->bytes, signature->len, text);
	puts(text);
}

int sign_main(int argc, char **argv)
{
	const char *key = NULL, *out = NULL;
	bool pss = false;
	const struct args_option options[] = {
		{.name = "key",
		 .letter = 'k',
		 .value = "KEY",
		 .required = true,
		 .help = "the private key, as keygen makes it",
		 .text = &key},
		{.name = "pss",
		 .help = "RSA-PSS instead of PKCS#1 v1.5",
		 .flag = &pss},
		{.name = "out",
		 .letter = 'o',
		 .value = "FILE",
		 .help = "write the signature there, binary",
		 .text = &out},
	};
	const struct args args = {
		.synopsis = "--key KEY [--pss] [--out FILE] IMAGE",
		.about = "Signs an image and prints the signature as one line "
			 "of base64.  ECDSA signatures\nare DER, over SHA-256 "
			 "or, on P-384, SHA-384; RSA signs SHA-256.\n",
		.options = options,
		.option_count = 3,
		.operands = 1};
	struct signature signature;
	char **operands;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (out && (is_same_file(out, operands[0]) || is_same_file(out, key))) {
		err_set(&err, ERR_CONFLICT,
			"--out %s would replace what is read", out);
		return command_failed(argv[0], &err);
	}
	if (!sign(&signature, key, pss, operands[0], &err))
		return command_failed(argv[0], &err);
	if (!out)
		print(&signature);
	else if (!file_replace(out, signature.bytes, signature.len, 0644, &err))
		return command_failed(argv[0], &err);
	return EXIT_DONE;
}
