/*
 * signing - signing many short messages with the same key.
 *
 * OpenSSL 3 spends a quarter of an ECDSA P-256 signature on preparing for it;
 * a signing keeps what was prepared, and the last signatures, so that the
 * same message asked for again is not signed again.  One thread's own.
 */
#ifndef OTTERD_PKI_SIGNING_H
#define OTTERD_PKI_SIGNING_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "pki/signature.h"

struct signing;

struct signing *signing_new(void); /* NULL when out of memory */
void signing_free(struct signing *s);

/*
 * Sign `len` bytes with an Ed25519 (RFC 8032) or ECDSA P-256 key (over
 * SHA-256, in DER).  *algorithm is "ed25519" or "ecdsa-p256-sha256".
 * ERR_INVALID for another kind of key.  Quick as long as the key is the one
 * of the call before.
 */
bool signing_sign(struct signing *s, EVP_PKEY *key, const void *data,
		  size_t len, struct signature *out, const char **algorithm,
		  struct err *err);

#endif
