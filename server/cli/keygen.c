#include "cli/keygen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/file.h"
#include "base/strbuf.h"
#include "cli/args.h"
#include "cli/command.h"
#include "pki/key.h"

static bool write_private(EVP_PKEY *key, const char *path, struct err *err)
{
	size_t len;
	char *pem;
	bool ok;

	if (!key_write_private(key, &pem, &len, err))
		return false;
	ok = file_create(path, pem, len, 0600, err);
	OPENSSL_cleanse(pem, len);
	free(pem);
	return ok;
}

static bool write_public(EVP_PKEY *key, const char *path, struct err *err)
{
	size_t len;
	char *pem;
	bool ok;

	if (!key_write_public(key, &pem, &len, err))
		return false;
	ok = file_create(path, pem, len, 0644, err);
	free(pem);
	return ok;
}

/* Both files or none; neither is ever written over. */
static bool write_pair(EVP_PKEY *key, const char *path, const char *public_path,
		       struct err *err)
{
	if (!write_private(key, path, err))
		return false;
	if (write_public(key, public_path, err))
		return true;
	unlink(path);
	return false;
}

static bool generate(const char *path, const char *algorithm, struct err *err)
{
	struct strbuf public_path = {0};
	char id[KEY_ID_SIZE];
	EVP_PKEY *key;
	bool ok;

	if (!key_generate(&key, algorithm, err))
		return false;
	strbuf_printf(&public_path, "%s.pub", path);
	if (public_path.failed)
		ok = err_memory(err);
	else if (!key_id(key, id))
		ok = err_openssl(err, ERR_SYSTEM, "key id");
	else
		ok = write_pair(key, path, public_path.data, err);
	if (ok)
		printf("%s and %s: %s, key id %s\n", path, public_path.data,
		       key_name(key), id);
	strbuf_free(&public_path);
	EVP_PKEY_free(key);
	return ok;
}

/* "ecdsa-p256, ecdsa-p384, ..." */
static void name_algorithms(struct strbuf *out)
{
	for (size_t i = 0; key_algorithms[i]; i++)
		strbuf_printf(out, "%s%s", i ? ", " : "", key_algorithms[i]);
}

static bool is_known(const char *algorithm)
{
	for (size_t i = 0; key_algorithms[i]; i++) {
		if (strcmp(algorithm, key_algorithms[i]) == 0)
			return true;
	}
	return false;
}

int keygen_main(int argc, char **argv)
{
	const char *path = NULL, *algorithm = "ecdsa-p256";
	struct strbuf known = {0};
	struct args_option options[] = {
		{.name = "out",
		 .letter = 'o',
		 .value = "KEY",
		 .required = true,
		 .help = "the private key's file; the public one is KEY.pub",
		 .text = &path},
		{.name = "algorithm", .value = "NAME", .text = &algorithm},
	};
	const struct args args = {
		.synopsis = "--out KEY [--algorithm ecdsa-p256]",
		.about = "Makes a key to sign images or manifests with.  KEY "
			 "is for its owner only (mode\n0600); a file that is "
			 "there is never written over.\n",
		.options = options,
		.option_count = 2};
	char **operands;
	struct err err;
	int status;
	bool go;

	name_algorithms(&known);
	options[1].help = known.data ? known.data : "";
	go = args_read(&args, argc, argv, &operands, &status);
	strbuf_free(&known);
	if (!go)
		return status;
	if (!is_known(algorithm))
		return args_wrong(&args, argv[0],
				  "'%s' is no algorithm; --help lists them",
				  algorithm);
	if (!generate(path, algorithm, &err))
		return command_failed(argv[0], &err);
	return EXIT_DONE;
}
