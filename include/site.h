/*
 * site - a configuration with the keys and certificates it names.
 *
 * Loaded at the start, at a reload and by `otterd check`; nothing of it
 * changes afterwards.
 */
#ifndef OTTERD_SITE_H
#define OTTERD_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/metrics.h"
#include "config.h"
#include "http/app.h"
#include "pki/anchor.h"
#include "pki/judge.h"
#include "pki/pool.h"
#include "tls/profile.h"

struct loaded_site;

/*
 * Read what `config` names and build the profiles, whose handshakes are
 * counted in `metrics` and whose rejections are learned from in `memory` (NULL:
 * nowhere).  On success the caller owns *out, and it owns
 * `config`; on failure `config` stays the caller's.  A reason that lies in a
 * file begins with FILE:LINE of the key that names it.
 */
bool site_load(struct loaded_site **out, struct config *config,
	       struct tls_ladder *memory, struct metrics *metrics,
	       struct err *err);

/* Is the data directory there?  Asked before the daemon opens anything in it,
 * and by `otterd check`. */
bool site_check_dir(const struct config *config, struct err *err);

/* NULL is legal.  A void pointer, as current_set_site() wants it. */
void site_free(void *loaded);

/* All borrowed from the loaded site. */
const struct site *site_of(const struct loaded_site *loaded);
struct tls_profiles *site_profiles(const struct loaded_site *loaded);
const struct config *site_config(const struct loaded_site *loaded);

/* One per config_certificate, in the same order. */
const struct tls_certificate *
site_certificates(const struct loaded_site *loaded);

/* One per config_anchor, in the same order. */
const struct anchor *site_anchors(const struct loaded_site *loaded);

/* What tls.pool names and all that the certificates' files hold. */
const struct pool *site_pool(const struct loaded_site *loaded);

/* One per config_profile, in the same order: the chains as they are sent. */
const struct presentation *site_presentations(const struct loaded_site *loaded);

#endif
