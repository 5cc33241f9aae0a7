#include "pki/climb.h"

#include <stdbool.h>

#include "pki/certificate.h"
#include "pki/chain.h"

static bool was_reached(const struct climb *climb, const X509 *c)
{
	for (size_t i = 0; i < climb->count; i++) {
		if (certificate_equal(climb->reached[i], c))
			return true;
	}
	return false;
}

static bool may_stand_above(X509 *c, const struct pool *pool,
			    const struct anchor *anchor, int64_t now)
{
	return certificate_is_ca(c) && !certificate_self_issued(c) &&
	       !pool_revoked(pool, c) &&
	       (!anchor->checks_time || certificate_valid_at(c, now));
}

static void climb_above(struct climb *climb, size_t i, const struct pool *pool,
			const struct anchor *anchor, int64_t now)
{
	for (size_t j = 0; j < pool_count(pool); j++) {
		X509 *c = pool_at(pool, j);

		if (climb->count == CLIMB_MAX)
			return;
		if (!certificate_signed_by(climb->reached[i], c) ||
		    !may_stand_above(c, pool, anchor, now) ||
		    was_reached(climb, c))
			continue;
		climb->level[climb->count] = climb->level[i] + 1;
		climb->reached[climb->count++] = c;
	}
}

void climb_from(struct climb *climb, X509 *leaf, const struct pool *pool,
		const struct anchor *anchor, int64_t now)
{
	climb->reached[0] = leaf;
	climb->level[0] = 0;
	climb->count = 1;
	for (size_t i = 0; i < climb->count; i++) {
		if (climb->level[i] + 1 < CHAIN_MAX)
			climb_above(climb, i, pool, anchor, now);
	}
}

X509 *climb_signer(X509 *c, const struct pool *pool)
{
	for (size_t i = 0; i < pool_count(pool); i++) {
		if (certificate_signed_by(c, pool_at(pool, i)))
			return pool_at(pool, i);
	}
	return NULL;
}
