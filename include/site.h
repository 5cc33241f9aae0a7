/*
 * site - what the configuration says to serve, with its keys and
 * certificates loaded.
 */
#ifndef OTTERD_SITE_H
#define OTTERD_SITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/metrics.h"
#include "config.h"
#include "http/app.h"
#include "tls/profile.h"

/* Depends on nothing of the configuration it was made from. */
struct site_owner {
	struct site site;
	struct tls_profiles *profiles;	      /* this owner's reference */
	struct tls_certificate *certificates; /* in the configuration's order */
	size_t certificate_count;
	struct tls_profile_spec *specs; /* likewise */
	size_t spec_count;
};

/*
 * Load all files that the configuration names.  On failure *out is NULL and
 * the reason begins with the file and line of the key that is at fault.
 */
bool site_load(struct site_owner **out, const struct config *config,
	       struct metrics *metrics, struct err *err);

/* Frees a struct site_owner; made to be given to current_set_site(). */
void site_free(void *owner); /* NULL is legal */

#endif
