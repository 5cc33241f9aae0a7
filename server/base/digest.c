#include "base/digest.h"

#include <pthread.h>

#include <string.h>

#include <openssl/evp.h>

#include "base/hex.h"

void digest_hex(const struct digest *d, char hex[static DIGEST_HEX_SIZE])
{
	hex_encode(d->bytes, DIGEST_SIZE, hex);
}

bool digest_parse(struct digest *d, const char *hex, size_t len)
{
	return len == 2 * DIGEST_SIZE && hex_decode(hex, len, d->bytes);
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

/* OpenSSL 3 looks EVP_sha256() up at each use, which takes longer than the
 * digest of a few bytes. */
static EVP_MD *fetched;
static pthread_once_t fetching = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	fetched = EVP_MD_fetch(NULL, "SHA256", NULL);
}

bool digest_of(struct digest *d, const void *data, size_t len)
{
	pthread_once(&fetching, fetch);
	return fetched &&
	       EVP_Digest(data, len, d->bytes, NULL, fetched, NULL) == 1;
}

/* struct hasher is OpenSSL's context under a name of our own. */
struct hasher *hasher_new(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		return NULL;
	}
	return (struct hasher *)ctx;
}

bool hasher_add(struct hasher *h, const void *data, size_t len)
{
	return EVP_DigestUpdate((EVP_MD_CTX *)h, data, len) == 1;
}

bool hasher_finish(struct hasher *h, struct digest *d)
{
	return EVP_DigestFinal_ex((EVP_MD_CTX *)h, d->bytes, NULL) == 1;
}

void hasher_free(struct hasher *h)
{
	EVP_MD_CTX_free((EVP_MD_CTX *)h);
}
