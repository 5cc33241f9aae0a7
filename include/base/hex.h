/* hex, base64 - bytes as text (RFC 4648). */
#ifndef OTTERD_BASE_HEX_H
#define OTTERD_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 2 * len lower-case digits and a NUL. */
void hex_encode(const uint8_t *bytes, size_t len, char *text);

/* Read len lower-case digits (an even count) into len / 2 bytes. */
bool hex_decode(const char *text, size_t len, uint8_t *bytes);

/* Bytes that base64_encode() writes for len bytes, with the NUL. */
#define BASE64_SIZE(len) (4 * (((size_t)(len) + 2) / 3) + 1)

/* Base64 with padding, section 4. */
void base64_encode(const uint8_t *bytes, size_t len, char *text);

/*
 * Read base64 with its padding, section 4, strictly: no blanks, no line
 * ends, nothing after the padding, zero pad bits.  `bytes` has room for
 * 3 * len / 4.  False, with *at the offset of the first wrong character, or
 * `len` when only some are missing at the end, when it is not that.
 */
bool base64_decode(const char *text, size_t len, uint8_t *bytes, size_t *size,
		   size_t *at);

#endif
