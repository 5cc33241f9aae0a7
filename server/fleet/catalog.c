#include "fleet/catalog.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/hex.h"
#include "base/json.h"

struct catalog {
	_Atomic int references;
	int64_t serial;
	struct product *products;
	size_t product_count;
	struct released_image *images; /* sorted by digest */
	size_t image_count;
};

/* What is known while a catalog is being built. */
struct build {
	struct catalog *catalog;
	struct db *db;
	const char *public_url;
	struct release_row *rows; /* of the product in hand */
	size_t row_count;
	struct err *err;
	bool failed;
};

static void free_product(struct product *product)
{
	for (size_t i = 0; i < product->offer_count; i++)
		free(product->offers[i].update_json);
	free(product->offers);
	free(product->releases);
}

static void free_catalog(struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->product_count; i++)
		free_product(&catalog->products[i]);
	free(catalog->products);
	free(catalog->images);
	free(catalog);
}

struct catalog *catalog_ref(struct catalog *catalog)
{
	atomic_fetch_add_explicit(&catalog->references, 1,
				  memory_order_relaxed);
	return catalog;
}

void catalog_unref(struct catalog *catalog)
{
	if (catalog && atomic_fetch_sub(&catalog->references, 1) == 1)
		free_catalog(catalog);
}

bool product_allows(const struct product_spec *spec, const struct ident *signer)
{
	for (size_t i = 0; i < spec->signer_count; i++) {
		if (ident_equal(&spec->signers[i]->name, signer))
			return true;
	}
	return false;
}

static json_t *signature_json(const struct image_signature_row *signature)
{
	char value[BASE64_SIZE(SIGNATURE_MAX)];

	base64_encode(signature->value.bytes, signature->value.len, value);
	return json_pack("{s:s, s:s, s:s}", "signer", signature->signer.text,
			 "algorithm", signature->algorithm, "value", value);
}

/* Those of the image's signatures that count today. */
static json_t *allowed_signatures(const struct product_spec *spec,
				  const struct image_signature_row *signatures,
				  size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		if (product_allows(spec, &signatures[i].signer) &&
		    json_array_append_new(list,
					  signature_json(&signatures[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Takes over `signatures`. */
static bool write_update(struct offer *offer, const struct image_row *image,
			 json_t *signatures, const char *public_url)
{
	char hex[DIGEST_HEX_SIZE];
	json_t *update;

	digest_hex(&image->sha256, hex);
	update = json_pack("{s:I, s:s, s:I, s:s, s:s, s:s++, s:o}", "release",
			   (json_int_t)offer->row.id, "version",
			   image->version.text, "size", (json_int_t)image->size,
			   "sha256", hex, "format", image->format, "url",
			   public_url, "/images/", hex, "signatures",
			   signatures);
	if (!update)
		return false;
	offer->update_json = json_write(update, &offer->update_len);
	json_decref(update);
	return offer->update_json;
}

static bool add_image(struct catalog *catalog, const struct image_row *image)
{
	struct released_image *images = reallocarray(
		catalog->images, catalog->image_count + 1, sizeof(*images));

	if (!images)
		return false;
	catalog->images = images;
	images[catalog->image_count++] = (struct released_image){
		image->sha256, image->size, image->modified};
	return true;
}

/* Give the release its offer, unless its image may not be installed. */
static bool add_offer(struct build *b, struct product *product,
		      const struct release_row *row)
{
	struct offer *offer = &product->offers[product->offer_count];
	struct image_signature_row *signatures;
	struct image_row image;
	json_t *allowed;
	size_t count;

	if (!image_find(b->db, &row->product, &row->sha256, &image, b->err) ||
	    !image_signatures(b->db, &row->product, &row->sha256, &signatures,
			      &count, b->err))
		return err_wrap(b->err, "release %s/%lld", row->product.text,
				(long long)row->id);
	allowed = allowed_signatures(&product->spec, signatures, count);
	free(signatures);
	if (!allowed)
		return err_memory(b->err);
	if (product->spec.require_signature && !json_array_size(allowed)) {
		json_decref(allowed);
		return true;
	}
	offer->row = *row;
	if (!write_update(offer, &image, allowed, b->public_url))
		return err_memory(b->err);
	product->releases[product->offer_count++] = &offer->row;
	return add_image(b->catalog, &image) || err_memory(b->err);
}

static bool keep_row(void *arg, const struct release_row *row)
{
	struct build *b = arg;
	struct release_row *rows =
		reallocarray(b->rows, b->row_count + 1, sizeof(*rows));

	if (!rows) {
		b->failed = true;
		return false;
	}
	b->rows = rows;
	rows[b->row_count++] = *row;
	return true;
}

static bool build_product(struct build *b, struct product *product)
{
	b->row_count = 0;
	if (!release_list(b->db, &product->spec.name, keep_row, b, b->err))
		return false;
	if (b->failed)
		return err_memory(b->err);
	if (!b->row_count)
		return true;
	product->offers = calloc(b->row_count, sizeof(*product->offers));
	product->releases = calloc(b->row_count, sizeof(*product->releases));
	if (!product->offers || !product->releases)
		return err_memory(b->err);
	for (size_t i = 0; i < b->row_count; i++) {
		if (!add_offer(b, product, &b->rows[i]))
			return false;
	}
	return true;
}

static int compare_digests(const void *a, const void *b)
{
	const struct released_image *x = a, *y = b;

	return memcmp(x->sha256.bytes, y->sha256.bytes, DIGEST_SIZE);
}

static int compare_images(const void *a, const void *b)
{
	const struct released_image *x = a, *y = b;
	int order = compare_digests(x, y);

	return order ? order
		     : (x->modified > y->modified) -
			       (x->modified < y->modified);
}

/* Sort by digest and keep the first of those that are the same. */
static void sort_images(struct catalog *catalog)
{
	struct released_image *images = catalog->images;
	size_t kept = 0;

	if (!images)
		return;
	qsort(images, catalog->image_count, sizeof(*images), compare_images);
	for (size_t i = 0; i < catalog->image_count; i++) {
		if (!kept || compare_digests(&images[kept - 1], &images[i]))
			images[kept++] = images[i];
	}
	catalog->image_count = kept;
}

static bool build_products(struct build *b, const struct product_spec *specs,
			   size_t count)
{
	struct catalog *catalog = b->catalog;

	catalog->products = calloc(count, sizeof(*catalog->products));
	if (count && !catalog->products)
		return err_memory(b->err);
	catalog->product_count = count;
	for (size_t i = 0; i < count; i++) {
		catalog->products[i].spec = specs[i];
		if (!build_product(b, &catalog->products[i]))
			return false;
	}
	sort_images(catalog);
	return true;
}

bool catalog_build(struct catalog **out, struct db *db,
		   const struct product_spec *products, size_t count,
		   const char *public_url, struct err *err)
{
	struct catalog *catalog = calloc(1, sizeof(*catalog));
	struct build b = {.catalog = catalog,
			  .db = db,
			  .public_url = public_url,
			  .err = err};
	bool ok;

	*out = NULL;
	if (!catalog)
		return err_memory(err);
	catalog->references = 1;
	/* The serial first: a change in between may show already, and will
	 * under its own serial; never is a serial ahead of what it shows. */
	ok = serial_get(db, &catalog->serial, err) &&
	     build_products(&b, products, count);
	free(b.rows);
	if (!ok) {
		free_catalog(catalog);
		return err_wrap(err, "catalog");
	}
	*out = catalog;
	return true;
}

int64_t catalog_serial(const struct catalog *catalog)
{
	return catalog->serial;
}

const struct product *catalog_product(const struct catalog *catalog,
				      const struct ident *name)
{
	for (size_t i = 0; i < catalog->product_count; i++) {
		if (ident_equal(&catalog->products[i].spec.name, name))
			return &catalog->products[i];
	}
	return NULL;
}

const struct released_image *catalog_image(const struct catalog *catalog,
					   const struct digest *sha256)
{
	struct released_image key = {.sha256 = *sha256};

	if (!catalog->image_count)
		return NULL;
	return bsearch(&key, catalog->images, catalog->image_count,
		       sizeof(*catalog->images), compare_digests);
}

const struct offer *product_offer(const struct product *product,
				  const struct release_row *row)
{
	(void)product;
	return (const struct offer *)((const char *)row -
				      offsetof(struct offer, row));
}
