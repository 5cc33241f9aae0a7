/*
 * images - the rows of the API for a product's images.
 */
#include <stdlib.h>

#include "http/admin/api.h"
#include "http/admin/change.h"
#include "http/admin/image.h"
#include "http/admin/render.h"
#include "http/admin/upload.h"
#include "http/route.h"
#include "pki/signature.h"
#include "store/catalog.h"

/* ---- GET .../images ----------------------------------------------------- */

static bool append_image(void *arg, const struct image_row *row,
			 const struct image_signature_row *signatures,
			 size_t count)
{
	return render_append(arg, render_image(row, signatures, count));
}

static void list_images(struct request *r)
{
	const struct product *product;
	struct err err;
	json_t *list;

	if (!api_args(r, NULL) || !request_param_product(r, 0, &product))
		return;
	list = json_array();
	if (!image_list(r->db, &product->spec.name, append_image, &list,
			&err)) {
		json_decref(list);
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
		return;
	}
	reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "images", list));
}

/* ---- DELETE .../images/SHA256 ------------------------------------------- */

struct deletion {
	struct ident product;
	struct digest sha256;
	bool unused;
	struct audit_row audit;
};

static bool delete_row(struct db *db, void *state, struct err *err)
{
	struct deletion *d = state;
	struct image_row row;

	return image_find(db, &d->product, &d->sha256, &row, err) &&
	       image_delete(db, &d->product, &d->sha256, &d->unused, err) &&
	       change_record(db, &d->audit,
			     json_pack("{s:s}", "version", row.version.text),
			     err);
}

static void row_deleted(struct request *r, bool ok, const struct err *err)
{
	struct deletion *d = r->state;

	if (!ok) {
		reply_err(r, MHD_HTTP_BAD_REQUEST, err);
		return;
	}
	if (d->unused)
		image_discard(r, &d->sha256);
	reply_empty(r, MHD_HTTP_NO_CONTENT);
}

static void delete_image(struct request *r)
{
	const struct product *product;
	struct digest sha256;
	struct deletion *d;

	if (!api_args(r, NULL) || !request_param_product(r, 0, &product) ||
	    !request_param_digest(r, 1, &sha256))
		return;
	d = api_state(r, sizeof(*d), free);
	if (!d)
		return;
	d->product = product->spec.name;
	d->sha256 = sha256;
	change_describe(&d->audit, r, "image.delete", "%s/%s", r->params[0],
			r->params[1]);
	request_write(r, delete_row, row_deleted);
}

static const struct route rows[] = {
	{.method = "PUT",
	 .pattern = "/api/v1/products/:/images",
	 .name = "upload",
	 .role = ROLE_PUBLISHER,
	 .admin = true,
	 .begin = upload_begin,
	 .body = upload_body,
	 .handle = upload_handle},
	{.method = "PUT",
	 .pattern = "/api/v1/products/:/images/:/signature",
	 .name = "signature",
	 .role = ROLE_PUBLISHER,
	 .admin = true,
	 .body_max = SIGNATURE_TEXT_MAX,
	 .handle = upload_signature},
	{.method = "GET",
	 .pattern = "/api/v1/products/:/images",
	 .name = "product_images",
	 .role = ROLE_VIEWER,
	 .admin = true,
	 .handle = list_images},
	{.method = "DELETE",
	 .pattern = "/api/v1/products/:/images/:",
	 .name = "image_delete",
	 .role = ROLE_PUBLISHER,
	 .admin = true,
	 .handle = delete_image},
};

const struct route_table admin_image_routes = {rows,
					       sizeof(rows) / sizeof(rows[0])};
