#include "cli/inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/hex.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/input.h"

enum { PIECE = 256 * 1024, HEX_MAX = 2 * EVP_MAX_MD_SIZE + 1 };

static const char *const algorithms[] = {"sha256", "sha384", "sha512"};

enum { ALGORITHMS = sizeof(algorithms) / sizeof(*algorithms) };

/* What is found out about an image. */
struct finding {
	const char *format;
	uint64_t size; /* bytes */
	char digests[ALGORITHMS][HEX_MAX];
};

static bool begin(EVP_MD_CTX *hashes[ALGORITHMS], struct err *err)
{
	for (int i = 0; i < ALGORITHMS; i++) {
		hashes[i] = EVP_MD_CTX_new();
		if (!hashes[i] ||
		    EVP_DigestInit_ex(hashes[i],
				      EVP_get_digestbyname(algorithms[i]),
				      NULL) != 1)
			return err_openssl(err, ERR_SYSTEM, "%s",
					   algorithms[i]);
	}
	return true;
}

/* Counts what it reads: a file that grows meanwhile has the digest told. */
static bool feed(EVP_MD_CTX *hashes[ALGORITHMS], int fd, uint64_t *size,
		 struct err *err)
{
	char *piece = malloc(PIECE);
	ssize_t n;

	if (!piece)
		return err_memory(err);
	*size = 0;
	while ((n = read(fd, piece, PIECE)) > 0) {
		*size += (uint64_t)n;
		for (int i = 0; i < ALGORITHMS; i++)
			EVP_DigestUpdate(hashes[i], piece, (size_t)n);
	}
	if (n < 0)
		err_sys(err, "reading");
	free(piece);
	return n == 0;
}

static bool finish(EVP_MD_CTX *hashes[ALGORITHMS], struct finding *finding,
		   struct err *err)
{
	for (int i = 0; i < ALGORITHMS; i++) {
		uint8_t digest[EVP_MAX_MD_SIZE];
		unsigned int len;

		if (EVP_DigestFinal_ex(hashes[i], digest, &len) != 1)
			return err_openssl(err, ERR_SYSTEM, "%s",
					   algorithms[i]);
		hex_encode(digest, len, finding->digests[i]);
	}
	return true;
}

static bool inspect(struct finding *finding, const char *path, struct err *err)
{
	EVP_MD_CTX *hashes[ALGORITHMS] = {NULL};
	uint64_t size;
	bool ok;
	int fd;

	if (!input_open(&fd, &size, path, err))
		return false;
	finding->format = "raw";
	ok = begin(hashes, err) && feed(hashes, fd, &finding->size, err) &&
	     finish(hashes, finding, err);
	for (int i = 0; i < ALGORITHMS; i++)
		EVP_MD_CTX_free(hashes[i]);
	close(fd);
	return ok || err_wrap(err, "%s", path);
}

static bool print_json(const struct finding *finding, struct err *err)
{
	json_t *object = json_pack("{s:s, s:I}", "format", finding->format,
				   "size", (json_int_t)finding->size);
	size_t len;
	char *text;

	for (int i = 0; object && i < ALGORITHMS; i++)
		json_object_set_new(object, algorithms[i],
				    json_string(finding->digests[i]));
	text = object ? json_write(object, &len) : NULL;
	json_decref(object);
	if (!text)
		return err_memory(err);
	puts(text);
	free(text);
	return true;
}

static void print_text(const struct finding *finding)
{
	printf("format  %s\n", finding->format);
	printf("size    %" PRIu64 "\n", finding->size);
	for (int i = 0; i < ALGORITHMS; i++)
		printf("%-7s %s\n", algorithms[i], finding->digests[i]);
}

int inspect_main(int argc, char **argv)
{
	bool json = false;
	const struct args_option options[] = {
		{.name = "json", .help = "as one JSON object", .flag = &json},
	};
	const struct args args = {
		.synopsis = "[--json] IMAGE",
		.about =
			"Shows an image's format, size in bytes and digests.\n",
		.options = options,
		.option_count = 1,
		.operands = 1};
	struct finding finding = {0};
	char **operands;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (!inspect(&finding, operands[0], &err) ||
	    (json && !print_json(&finding, &err)))
		return command_failed(argv[0], &err);
	if (!json)
		print_text(&finding);
	return EXIT_DONE;
}
