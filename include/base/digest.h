/*
 * digest - SHA-256 (FIPS 180-4) and its one text form.
 *
 * A digest is 32 bytes, parsed once at the border.  What travels inside is
 * struct digest, never text, so no peer's string can become a file name.
 */
#ifndef OTTERD_BASE_DIGEST_H
#define OTTERD_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_SIZE = 32, DIGEST_HEX_SIZE = 2 * DIGEST_SIZE + 1 };

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

/* 64 lower-case hexadecimal digits and a NUL. */
void digest_hex(const struct digest *d, char hex[static DIGEST_HEX_SIZE]);

/* Read exactly 64 lower-case hexadecimal digits.  False for all else. */
bool digest_parse(struct digest *d, const char *hex, size_t len);

bool digest_equal(const struct digest *a, const struct digest *b);

/* SHA-256 of `len` bytes at once.  False when OpenSSL fails. */
bool digest_of(struct digest *d, const void *data, size_t len);

/*
 * SHA-256 of a stream.  hasher_new() returns NULL when out of memory;
 * hasher_finish() gives the digest once, after which only hasher_free() may
 * be called.  One thread at a time.
 */
struct hasher;
struct hasher *hasher_new(void);
bool hasher_add(struct hasher *h, const void *data, size_t len);
bool hasher_finish(struct hasher *h, struct digest *d);
void hasher_free(struct hasher *h);

#endif
