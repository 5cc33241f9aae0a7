/*
 * known - public certificates that old devices and their chains depend on,
 * as facts: who, until when, where their CA publishes them.
 *
 * The certificates themselves are not here; the operator puts them into
 * tls.pool.  All of them are CAs.  Any thread.
 */
#ifndef OTTERD_PKI_KNOWN_H
#define OTTERD_PKI_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

struct known {
	const char *name;    /* "ISRG Root X1, by DST Root CA X3" */
	const char *subject; /* as certificate_subject() writes it */
	const char *issuer;
	const char *sha256; /* of the certificate: 64 hexadecimal digits */
	const char *key_id; /* key_id() of its public key */
	int64_t not_after;  /* UTC seconds */
	const char *url;    /* the file or the page where its CA publishes it,
			       or NULL */
	bool revoked;
	bool ended;	    /* no CA issues under this key any more */
	bool unbundled;	    /* a root that is in no trust store yet */
	const char *obtain; /* how one gets a server certificate that this key
			       signed, or that leads to it, today: "an RSA
			       certificate from Let's Encrypt"; or NULL */
	const char *note;   /* what an operator should know of it, or NULL:
			       "signed server certificates until 2024-06-06" */
};

size_t known_count(void);
const struct known *known_at(size_t i); /* NULL past the end */

/* The row with that fingerprint, or NULL. */
const struct known *known_find(const struct digest *sha256);

/* The first row with that subject and key, NULL being any key; or NULL. */
const struct known *known_holder(const char *subject, const char *key_id);

/* The rows as they are kept, by family of CA. */
struct known_family {
	const struct known *rows;
	size_t count;
};

extern const struct known_family known_letsencrypt;
extern const struct known_family known_others;

#endif
