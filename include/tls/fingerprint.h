/*
 * fingerprint - JA3 and JA4 of a ClientHello, and what they look like.
 *
 * JA3: salesforce/ja3.  JA4 and JA4_r: FoxIO's JA4 for TLS clients (its
 * technical_details/JA4.md).
 */
#ifndef OTTERD_TLS_FINGERPRINT_H
#define OTTERD_TLS_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "tls/hello.h"

enum {
	FINGERPRINT_JA3_SIZE = 33, /* 32 hexadecimal digits and a NUL */
	FINGERPRINT_JA4_SIZE = 37  /* 10 + 1 + 12 + 1 + 12 and a NUL */
};

/*
 * Cheap enough for every connection: two microseconds.  False only when
 * OpenSSL fails (MD5, which JA3 needs, may be forbidden to it).
 */
bool fingerprint_ja4(const struct hello *hello,
		     char ja4[static FINGERPRINT_JA4_SIZE]);
bool fingerprint_ja3(const struct hello *hello,
		     char ja3[static FINGERPRINT_JA3_SIZE]);

/* The raw form, JA4_r: sorted lists instead of their hashes. */
void fingerprint_ja4_raw(const struct hello *hello, struct strbuf *out);

/*
 * What a client looks like whose JA4 is `ja4`, "ESP-IDF 3.x to 4.x
 * (mbedTLS 2)", "ESP8266 Arduino (BearSSL)"; NULL when nothing is known.  By
 * fingerprint_known() first, then by GREASE and the order of extensions,
 * since every product changes its configuration.
 */
const char *fingerprint_looks_like(const struct hello *hello, const char *ja4);

/* The same from a stored JA4 alone, for lists; knows less. */
const char *fingerprint_known(const char *ja4);

/* Does `ja4` match a pattern with '*' for any run of characters and '?' for
 * one?  In time of their lengths' product at most. */
bool fingerprint_matches(const char *pattern, const char *ja4);

#endif
