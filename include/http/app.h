/*
 * app - what request handlers work with, and nothing of how it was set up.
 */
#ifndef OTTERD_HTTP_APP_H
#define OTTERD_HTTP_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/chores.h"
#include "base/metrics.h"
#include "fleet/catalog.h"
#include "fleet/manifest.h"
#include "image/blob.h"
#include "pki/judge.h"
#include "pki/pool.h"
#include "pki/signature.h"
#include "store/db.h"
#include "store/writer.h"

/*
 * Everything that a reload can change, as one immutable, counted snapshot.
 * Requests hold the one they began with.
 */
struct site {
	const char *public_url;
	int64_t poll_interval;	   /* seconds */
	int64_t manifest_lifetime; /* seconds */
	uint64_t max_image_size;   /* bytes */
	struct manifest_signer manifest;
	const struct product_spec *products;
	size_t product_count;
	const struct signer *signers; /* all that are configured */
	size_t signer_count;
	const struct presentation *profiles; /* in the configuration's order */
	size_t profile_count;
	const char *default_profile;
	const struct pool *pool;
};

/* What lives as long as the daemon. */
struct app {
	struct writer *writer;
	struct chores *chores;
	struct blob_store *blobs;
	struct metrics *metrics;
	const char *data_dir;
	struct current *current;
};

/*
 * current - the site and catalog in force.  Any thread may take a reference;
 * the daemon's main thread and the writer's jobs replace them.
 */
struct view {
	const struct site *site;
	struct catalog *catalog;
	struct site_share *share; /* private */
	_Atomic int references;	  /* private */
};

bool current_open(struct current **out, struct err *err);
void current_close(struct current *current);

/* A reference to the view in force; never NULL after the first set. */
struct view *current_get(struct current *current);
void view_unref(struct view *view);

/*
 * Put a new site in force, with the catalog built for it from `db`.
 * free_site(owner) is called when the last view of it is gone; when this call
 * fails, the site stays the caller's.
 */
bool current_set_site(struct current *current, const struct site *site,
		      void (*free_site)(void *owner), void *owner,
		      struct db *db, struct err *err);

/*
 * Build the catalog anew from `db`, a reader, and put it in force with the
 * same site: after a change to images or releases has been committed.  A
 * catalog with an older serial never replaces a newer one.  Any thread.
 */
bool current_refresh(struct current *current, struct db *db, struct err *err);

#endif
