#include "http/admin/upload.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/admin/api.h"
#include "http/admin/change.h"
#include "http/admin/image.h"
#include "image/claim.h"
#include "store/catalog.h"

/* An image or a signature on its way in. */
struct upload {
	struct blob_store *store;
	const struct site *site; /* the request holds its view */
	const struct product_spec *product;
	struct blob_upload *blob; /* NULL for a signature alone */
	int fd; /* an image's claim, or the stored image; -1: none */
	struct image_row row;
	bool existed;
	bool is_signed; /* with a signature that is not kept yet */
	struct image_signature_row signature;
	struct audit_row audit;
};

/* The files are done with, and with them the claim. */
static void release(struct upload *u)
{
	blob_upload_free(u->blob);
	u->blob = NULL;
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
}

static void free_upload(void *state)
{
	release(state);
	free(state);
}

static struct upload *new_upload(struct request *r,
				 const struct product *product)
{
	struct upload *u = api_state(r, sizeof(*u), free_upload);

	if (!u)
		return NULL;
	u->fd = -1;
	u->store = r->app->blobs;
	u->site = r->view->site;
	u->product = &product->spec;
	u->row.product = product->spec.name;
	u->row.created = clock_utc();
	u->row.modified = u->row.created;
	u->signature.created = u->row.created;
	return u;
}

static bool read_signature(struct upload *u, const char *data, size_t len,
			   struct err *err)
{
	static const char pem[] = "-----BEGIN ";

	if (len >= sizeof(pem) - 1 && memcmp(data, pem, sizeof(pem) - 1) == 0)
		return err_set(err, ERR_INVALID,
			       "this is PEM; CMS signatures are not taken yet: "
			       "send the detached signature itself, binary or "
			       "as base64");
	if (!signature_read(&u->signature.value, data, len, err))
		return false;
	u->is_signed = true;
	return true;
}

/* Check the signature over the file and note whose it is. */
static bool verify(struct upload *u, int fd, struct err *err)
{
	struct signed_by by;

	if (!signature_verify(&u->signature.value, fd, u->row.size,
			      u->product->signers, u->product->signer_count,
			      u->site->signers, u->site->signer_count, &by,
			      err))
		return false;
	u->signature.signer = by.signer;
	memcpy(u->signature.algorithm, by.algorithm, sizeof(by.algorithm));
	return true;
}

static bool same_signature(const struct image_signature_row *a,
			   const struct image_signature_row *b)
{
	return ident_equal(&a->signer, &b->signer) &&
	       a->value.len == b->value.len &&
	       memcmp(a->value.bytes, b->value.bytes, a->value.len) == 0;
}

/* Writer: keep the signature; one that is kept already is no change. */
static bool add_signature(struct db *db, struct upload *u, struct err *err)
{
	struct image_signature_row *kept;
	size_t count;

	if (!image_signatures(db, &u->row.product, &u->row.sha256, &kept,
			      &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		u->is_signed &= !same_signature(&kept[i], &u->signature);
	free(kept);
	return !u->is_signed || image_sign(db, &u->row.product, &u->row.sha256,
					   &u->signature, err);
}

/*
 * Writer: what was done, unless it was nothing new.  An image that is new
 * shows in no manifest.
 */
static bool record(struct db *db, struct upload *u, struct err *err)
{
	json_t *detail;

	if (u->existed && !u->is_signed)
		return true;
	detail = json_pack("{s:s, s:I, s:s?}", "version", u->row.version.text,
			   "size", (json_int_t)u->row.size, "signer",
			   u->is_signed ? u->signature.signer.text : NULL);
	return change_record(db, &u->audit, detail, err) &&
	       (!u->existed || change_publish(db, err));
}

static void describe(struct request *r, struct upload *u, const char *what)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(&u->row.sha256, hex);
	change_describe(&u->audit, r, what, "%s/%s", u->row.product.text, hex);
}

/* ---- PUT .../images ----------------------------------------------------- */

static bool begin_blob(struct request *r, struct upload *u, struct err *err)
{
	const char *header = request_header(r, "Image-Signature");
	uint64_t length = r->content_length == UINT64_MAX ? BLOB_LENGTH_UNKNOWN
							  : r->content_length;

	if (header && !read_signature(u, header, strlen(header), err))
		return err_wrap(err, "Image-Signature");
	return blob_upload_begin(&u->blob, u->store, u->site->max_image_size,
				 length, err);
}

void upload_begin(struct request *r)
{
	static const char *const args[] = {"version", NULL};
	const struct product *product;
	struct ident version;
	struct upload *u;
	struct err err;

	if (!api_args(r, args) || !request_param_product(r, 0, &product) ||
	    !request_arg_ident(r, "version", true, &version))
		return;
	u = new_upload(r, product);
	if (!u)
		return;
	u->row.version = version;
	text_copy(u->row.format, sizeof(u->row.format), "raw");
	if (!begin_blob(r, u, &err))
		reply_err(r, MHD_HTTP_UNPROCESSABLE_CONTENT, &err);
}

void upload_body(struct request *r, const void *data, size_t len)
{
	struct upload *u = r->state;
	struct err err;

	if (blob_upload_write(u->blob, data, len, &err))
		return;
	release(u); /* the rest of the body may take long */
	reply_err(r, MHD_HTTP_BAD_REQUEST, &err);
}

/* Chore: judge the image, then give it its name in the store. */
static bool store_image(struct db *db, void *state, struct err *err)
{
	struct upload *u = state;

	(void)db;
	if (u->is_signed && !verify(u, blob_upload_fd(u->blob), err))
		return false;
	return claim_commit(&u->fd, u->store, u->blob, &u->row.sha256, err);
}

/* Writer. */
static bool add_image(struct db *db, void *state, struct err *err)
{
	struct upload *u = state;

	return image_add(db, &u->row, &u->existed, err) &&
	       (!u->is_signed || add_signature(db, u, err)) &&
	       record(db, u, err);
}

static void image_added(struct request *r, bool ok, const struct err *err)
{
	struct upload *u = r->state;

	release(u);
	if (!ok) {
		image_discard(r, &u->row.sha256);
		reply_err(r, MHD_HTTP_UNPROCESSABLE_CONTENT, err);
		return;
	}
	if (u->existed && u->is_signed)
		change_refresh(r);
	image_reply(r, u->existed ? MHD_HTTP_OK : MHD_HTTP_CREATED,
		    &u->row.product, &u->row.sha256);
}

static void image_stored(struct request *r, bool ok, const struct err *err)
{
	struct upload *u = r->state;

	if (ok) {
		request_write(r, add_image, image_added);
		return;
	}
	release(u);
	image_discard(r, &u->row.sha256);
	reply_err(r, MHD_HTTP_UNPROCESSABLE_CONTENT, err);
}

void upload_handle(struct request *r)
{
	struct upload *u = r->state;
	struct err err;

	if (!blob_upload_end(u->blob, &u->row.sha256, &u->row.size, &err)) {
		reply_err(r, MHD_HTTP_BAD_REQUEST, &err);
		return;
	}
	describe(r, u, "image.upload");
	request_chore(r, store_image, image_stored);
}

/* ---- PUT .../images/SHA256/signature ------------------------------------ */

/* Chore. */
static bool verify_stored(struct db *db, void *state, struct err *err)
{
	struct upload *u = state;

	(void)db;
	return verify(u, u->fd, err);
}

/* Writer. */
static bool sign_image(struct db *db, void *state, struct err *err)
{
	struct upload *u = state;

	return image_find(db, &u->row.product, &u->row.sha256, &u->row, err) &&
	       add_signature(db, u, err) && record(db, u, err);
}

static void image_signed(struct request *r, bool ok, const struct err *err)
{
	struct upload *u = r->state;

	if (!ok) {
		reply_err(r, MHD_HTTP_UNPROCESSABLE_CONTENT, err);
		return;
	}
	if (u->is_signed)
		change_refresh(r);
	image_reply(r, MHD_HTTP_OK, &u->row.product, &u->row.sha256);
}

static void signature_verified(struct request *r, bool ok,
			       const struct err *err)
{
	if (ok)
		request_write(r, sign_image, image_signed);
	else
		reply_err(r, MHD_HTTP_UNPROCESSABLE_CONTENT, err);
}

static bool open_stored(struct request *r, struct upload *u,
			const struct digest *sha256, struct err *err)
{
	struct ident product = u->row.product;
	int64_t modified;
	uint64_t size;

	return image_find(r->db, &product, sha256, &u->row, err) &&
	       blob_open(u->store, sha256, &u->fd, &size, &modified, err);
}

void upload_signature(struct request *r)
{
	const struct product *product;
	struct digest sha256;
	struct upload *u;
	struct err err;

	if (!api_args(r, NULL) || !request_param_product(r, 0, &product) ||
	    !request_param_digest(r, 1, &sha256))
		return;
	u = new_upload(r, product);
	if (!u)
		return;
	if (!open_stored(r, u, &sha256, &err) ||
	    !read_signature(u, r->body.len ? r->body.data : "", r->body.len,
			    &err)) {
		reply_err(r, MHD_HTTP_UNPROCESSABLE_CONTENT, &err);
		return;
	}
	u->existed = true;
	describe(r, u, "image.sign");
	request_chore(r, verify_stored, signature_verified);
}
