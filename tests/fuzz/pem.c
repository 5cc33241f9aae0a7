/*
 * A PEM file: what is read of it is whole, and reads the same when it is
 * written anew; keys and certificates are made of nothing else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "base/strbuf.h"
#include "pki/key.h"
#include "pki/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PEM_MAX = 32 * 1024 }; /* bytes, more than any input */

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* What was read: the blocks, and the same written anew. */
struct trace {
	size_t count;
	struct strbuf blocks;
	BIO *anew;
};

static bool take(void *arg, const struct pem_block *block, const char *path,
		 struct err *err)
{
	struct trace *t = arg;

	(void)path, (void)err;
	CHECK(block->label && block->header && block->len >= 0);
	t->count++;
	strbuf_printf(&t->blocks, "%s\n%s\n%ld:", block->label, block->header,
		      block->len);
	strbuf_add(&t->blocks, block->der, (size_t)block->len);
	PEM_write_bio(t->anew, block->label, block->header, block->der,
		      block->len);
	return true;
}

/* A file without a directory. */
struct file {
	int fd;
	char path[64];
};

static void make_file(struct file *f, const void *data, size_t size)
{
	f->fd = memfd_create("pem", MFD_CLOEXEC);
	CHECK(f->fd >= 0 && fchmod(f->fd, 0600) == 0);
	CHECK(write(f->fd, data, size) == (ssize_t)size);
	snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
}

static bool read_blocks(struct trace *t, const char *path)
{
	struct err err = {0};
	bool ok;

	*t = (struct trace){.anew = BIO_new(BIO_s_mem())};
	CHECK(t->anew);
	ok = pem_read(path, PEM_MAX, PEM_PUBLIC, take, t, &err);
	CHECK(ok || err.text[0]);
	CHECK(!t->blocks.failed);
	return ok;
}

static void free_trace(struct trace *t)
{
	strbuf_free(&t->blocks);
	BIO_free(t->anew);
}

/* Lines that begin a block, for someone who knows no more of PEM. */
static size_t count_begins(const char *data, size_t size)
{
	static const char begin[] = "-----BEGIN";
	size_t found = 0;

	for (size_t i = 0; i + sizeof(begin) - 1 <= size; i++)
		found += memcmp(data + i, begin, sizeof(begin) - 1) == 0;
	return found;
}

static void check_again(const struct trace *t)
{
	struct file f;
	struct trace again;
	char *text;
	long len = BIO_get_mem_data(t->anew, &text);

	make_file(&f, text, (size_t)len);
	CHECK(read_blocks(&again, f.path));
	CHECK(again.count == t->count && again.blocks.len == t->blocks.len);
	CHECK(!t->count ||
	      memcmp(again.blocks.data, t->blocks.data, t->blocks.len) == 0);
	free_trace(&again);
	close(f.fd);
}

static void check_keys(const char *path, bool ok, size_t count)
{
	struct err err = {0};
	STACK_OF(X509) *chain = NULL;
	X509 *certificate = NULL;
	EVP_PKEY *key = NULL;

	if (key_read_certificates(&chain, path, &err))
		CHECK(ok && (size_t)sk_X509_num(chain) == count);
	else
		CHECK(!chain && err.text[0]);
	sk_X509_pop_free(chain, X509_free);
	if (key_read_public(&key, &certificate, path, &err))
		CHECK(ok && key && count == 1);
	EVP_PKEY_free(key);
	X509_free(certificate);
	key = NULL;
	if (key_read_private(&key, path, &err))
		CHECK(ok && key && count >= 1);
	EVP_PKEY_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace t;
	struct file f;
	bool ok;

	make_file(&f, data, size);
	ok = read_blocks(&t, f.path);
	if (ok) {
		CHECK(t.count == count_begins((const char *)data, size));
		check_again(&t);
	}
	check_keys(f.path, ok, t.count);
	free_trace(&t);
	close(f.fd);
	return 0;
}
