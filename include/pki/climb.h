/*
 * climb - which certificates of a pool stand above a leaf.
 */
#ifndef OTTERD_PKI_CLIMB_H
#define OTTERD_PKI_CLIMB_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "pki/anchor.h"
#include "pki/pool.h"

enum { CLIMB_MAX = 256 }; /* certificates that one leaf is followed through */

/* What was reached: the leaf first, then level by level.  All are borrowed. */
struct climb {
	X509 *reached[CLIMB_MAX];
	int level[CLIMB_MAX]; /* 0 for the leaf */
	size_t count;
};

/*
 * Follow the leaf's issuers through the pool, signatures verified, up to the
 * length of a chain.  Left out: what is no CA, self-signed roots, revoked
 * ones and, when the anchor's devices check the time, what is not valid.
 */
void climb_from(struct climb *climb, X509 *leaf, const struct pool *pool,
		const struct anchor *anchor, int64_t now);

/*
 * The first of the pool that signed `c`, also one that climb_from() leaves
 * out; or NULL.  Borrowed.
 */
X509 *climb_signer(X509 *c, const struct pool *pool);

#endif
