#include "http/admin/image.h"

#include <stdlib.h>

#include "base/log.h"
#include "http/admin/render.h"
#include "image/claim.h"
#include "store/catalog.h"

void image_reply(struct request *r, unsigned int status,
		 const struct ident *product, const struct digest *sha256)
{
	struct image_signature_row *signatures;
	struct image_row row;
	struct err err;
	size_t count;

	if (!image_find(r->db, product, sha256, &row, &err) ||
	    !image_signatures(r->db, product, sha256, &signatures, &count,
			      &err)) {
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
		return;
	}
	reply_json(r, status, render_image(&row, signatures, count));
	free(signatures);
}

static bool is_named(void *arg, const struct digest *id, bool *is,
		     struct err *err)
{
	return image_exists(arg, id, is, err);
}

void image_discard(struct request *r, const struct digest *sha256)
{
	struct err err;

	/* What stays behind is removed at the next start. */
	if (!claim_remove(r->app->blobs, sha256, is_named, r->db, &err))
		log_event(LOG_ERROR, "image", "not removed: %s", err.text);
}
