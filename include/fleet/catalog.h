/*
 * catalog - the products and their releases, as one immutable snapshot.
 *
 * Made from the configuration and the database, swapped whole after each
 * change.  A request holds one snapshot from its start to its end.
 */
#ifndef OTTERD_FLEET_CATALOG_H
#define OTTERD_FLEET_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/ident.h"
#include "pki/signature.h"
#include "store/catalog.h"
#include "store/db.h"

/* A product as configured. */
struct product_spec {
	struct ident name;
	const struct signer **signers; /* who may sign its images */
	size_t signer_count;
	bool require_signature;
};

/* A release that can be offered, with its part of the manifest. */
struct offer {
	struct release_row row;
	char *update_json; /* the manifest's `update` object, compact JSON */
	size_t update_len;
};

/* An image that devices may download; the oldest time when several products
 * have it. */
struct released_image {
	struct digest sha256;
	uint64_t size;	  /* bytes */
	int64_t modified; /* UTC seconds */
};

struct product {
	struct product_spec spec;	     /* borrowed from the specs given */
	const struct release_row **releases; /* offers' rows, for rollout */
	struct offer *offers;
	size_t offer_count;
};

struct catalog; /* counted */

/*
 * Read all releases through `db` and build the snapshot for `products`,
 * which must outlive it (the configuration's snapshot holds both).
 * `public_url` begins the image URLs.  A release of a product that is no
 * longer configured, or whose image has lost its required signature, is left
 * out.  The caller owns one reference.
 */
bool catalog_build(struct catalog **out, struct db *db,
		   const struct product_spec *products, size_t count,
		   const char *public_url, struct err *err);

struct catalog *catalog_ref(struct catalog *catalog); /* any thread */
void catalog_unref(struct catalog *catalog);	      /* any thread; NULL ok */

/* May this signer sign the product's images? */
bool product_allows(const struct product_spec *spec,
		    const struct ident *signer);

/* The serial that manifests made from this snapshot carry. */
int64_t catalog_serial(const struct catalog *catalog);

/* NULL when there is none of that name. */
const struct product *catalog_product(const struct catalog *catalog,
				      const struct ident *name);

/*
 * The image, when a release uses it, whatever its state: the decision is made
 * on the manifest, and an old device erases its flash on a 404.  Else NULL.
 */
const struct released_image *catalog_image(const struct catalog *catalog,
					   const struct digest *sha256);

/* The offer whose row a decision pointed to. */
const struct offer *product_offer(const struct product *product,
				  const struct release_row *row);

#endif
