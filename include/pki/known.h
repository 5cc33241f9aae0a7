/*
 * known - public certificates that old devices and their chains depend on,
 * as facts: who, until when, where their CA publishes them.
 *
 * The certificates themselves are not here; the operator puts them into
 * tls.pool.
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
	const char *url;    /* where its CA publishes it, or NULL */
	bool revoked;
	const char *note; /* what an operator should know of it, or NULL:
			     "signed server certificates until 2024-06-06" */
};

extern const struct known known_certificates[];
extern const size_t known_count;

/* The row with that fingerprint, or NULL. */
const struct known *known_find(const struct digest *sha256);

#endif
