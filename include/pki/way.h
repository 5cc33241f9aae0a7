/*
 * way - the known public certificates (pki/known.h) that lead from an
 * issuer's name up to an anchor.
 *
 * Looks at names and keys of the table only, so it finds what the operator
 * does not have yet.  Revoked ones do not count, nor expired ones when the
 * anchor's devices check the time.
 */
#ifndef OTTERD_PKI_WAY_H
#define OTTERD_PKI_WAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "pki/anchor.h"
#include "pki/known.h"
#include "pki/pool.h"

struct way;

/*
 * Work out the ways to the anchor that need the fewest certificates beside
 * those in the pool, of these the ones with the fewest expired links, then
 * the shortest.  The pool and the anchor may go afterwards.  The caller frees
 * *out with way_free().
 */
bool way_new(struct way **out, const struct pool *pool,
	     const struct anchor *anchor, int64_t now, struct err *err);
void way_free(struct way *way); /* NULL is legal */

/*
 * The first certificate of the best way up for what `issuer` (as
 * certificate_issuer() writes it) has signed: its subject is `issuer`.  NULL
 * when no way is known.
 */
const struct known *way_from(const struct way *way, const char *issuer);

/*
 * Does the holder of `row`, its subject and key, lead to the anchor?  *first
 * is then the first certificate of the best way up, NULL when the holder is
 * the anchor itself, and *missing how many of them are not in the pool.
 */
bool way_of(const struct way *way, const struct known *row,
	    const struct known **first, unsigned int *missing);

/* Does any lead to the anchor of which it is known how to obtain one? */
bool way_obtainable(const struct way *way);

/* The certificate above `row` of a way, or NULL when the anchor signed it. */
const struct known *way_next(const struct way *way, const struct known *row);

/* Is it in the pool already? */
bool way_in_pool(const struct way *way, const struct known *row);

/* How many certificates from `row` of a way upwards are not in the pool. */
unsigned int way_missing(const struct way *way, const struct known *row);

#endif
