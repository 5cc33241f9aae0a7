/*
 * site_tls - the TLS half of a site: key pairs, anchors, the pool, the chains
 * built from them, and the profiles that present those.
 */
#ifndef OTTERD_SITE_TLS_H
#define OTTERD_SITE_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/metrics.h"
#include "config.h"
#include "pki/anchor.h"
#include "pki/judge.h"
#include "pki/pool.h"
#include "tls/profile.h"

/* All zero is empty.  The counts are those of the configuration's lists. */
struct site_tls {
	const struct config *config; /* borrowed */
	struct pool *pool;
	struct anchor *anchors;
	struct tls_certificate *certificates; /* as their files have them */
	struct site_profile *sent;	      /* what each profile sends */
	struct presentation *presentations;   /* the same, for others to see */
	struct tls_profiles *profiles;
};

/*
 * Fill *tls from what `config`, which must outlive it, names.  A profile with
 * an anchor presents those of its certificates that have a chain to it, at
 * least one; where the anchor's devices check time and all paths have expired,
 * the expired one.  After a failure too it is to be given to site_tls_drop().
 * Reasons begin with FILE:LINE of the key.
 */
bool site_tls_load(struct site_tls *tls, const struct config *config,
		   struct tls_ladder *memory, struct metrics *metrics,
		   struct err *err);

/* The same without profiles: key pairs, anchors and the pool only. */
bool site_tls_read(struct site_tls *tls, const struct config *config,
		   struct err *err);
void site_tls_drop(struct site_tls *tls);

#endif
