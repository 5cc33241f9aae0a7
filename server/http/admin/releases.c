/*
 * releases - the rows of the API for a product's releases.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "http/admin/api.h"
#include "http/admin/change.h"
#include "http/admin/render.h"
#include "http/route.h"
#include "store/catalog.h"

enum { RELEASE_BODY_MAX = 4096, PERCENT_MAX = 100 };

/* A release that is being made or changed. */
struct edit {
	const struct product_spec *product; /* the request holds its view */
	struct release_row row;
	bool has_percent, has_state;
	int64_t percent;
	enum release_state state;
	bool changed;
	struct audit_row audit;
};

static struct edit *new_edit(struct request *r)
{
	const struct product *product;
	struct edit *e;

	if (!api_args(r, NULL) || !request_param_product(r, 0, &product))
		return NULL;
	e = api_state(r, sizeof(*e), free);
	if (!e)
		return NULL;
	e->product = &product->spec;
	e->row.product = product->spec.name;
	return e;
}

static bool read_state(struct edit *e, const char *text, struct err *err)
{
	if (!text)
		return true;
	e->has_state = true;
	return release_state_parse(&e->state, text) ||
	       err_set(err, ERR_INVALID,
		       "state is '%.40s': expected active, paused or halted",
		       text);
}

/* Read the body; `sha256` and `channel` are taken when `creates`. */
static bool read_edit(struct request *r, struct edit *e, bool creates)
{
	const char *state = NULL;
	const struct json_field fields[] = {
		{.name = "percent",
		 .kind = JSON_KIND_INTEGER,
		 .to = &e->percent,
		 .max = PERCENT_MAX},
		{.name = "state",
		 .kind = JSON_KIND_STRING,
		 .to = &state,
		 .min = 1,
		 .max = STORE_WORD_SIZE - 1},
		{.name = "sha256",
		 .kind = JSON_KIND_DIGEST,
		 .required = true,
		 .to = &e->row.sha256},
		{.name = "channel",
		 .kind = JSON_KIND_IDENT,
		 .to = &e->row.channel},
	};
	json_t *json = request_json(r);
	struct err err;
	bool ok;

	if (!json)
		return false;
	e->percent = -1;
	ok = json_read(json, fields, creates ? 4 : 2, &err) &&
	     read_state(e, state, &err);
	json_decref(json);
	e->has_percent = e->percent >= 0;
	if (!ok)
		reply_err(r, MHD_HTTP_BAD_REQUEST, &err);
	return ok;
}

static void send_release(struct request *r, unsigned int status, bool ok,
			 const struct err *err)
{
	struct edit *e = r->state;

	if (!ok) {
		reply_err(r, MHD_HTTP_BAD_REQUEST, err);
		return;
	}
	if (e->changed)
		change_refresh(r);
	reply_json(r, status, render_release(&e->row));
}

/* ---- POST .../releases -------------------------------------------------- */

static const char *first_signer(const struct product_spec *product)
{
	return product->signer_count ? product->signers[0]->name.text
				     : "nobody yet";
}

/* Writer: may the image be released, as far as its signatures go? */
static bool check_signed(struct db *db, const struct edit *e, struct err *err)
{
	struct image_signature_row *signatures;
	bool is_signed = false;
	size_t count;

	if (!e->product->require_signature)
		return true;
	if (!image_signatures(db, &e->row.product, &e->row.sha256, &signatures,
			      &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		is_signed |= product_allows(e->product, &signatures[i].signer);
	free(signatures);
	return is_signed ||
	       err_set(err, ERR_CONFLICT,
		       "the product %s requires a signature and the image has "
		       "none by whom it allows (%s%s): put one at "
		       ".../images/SHA256/signature first",
		       e->product->name.text, first_signer(e->product),
		       e->product->signer_count > 1 ? " and others" : "");
}

/* Writer. */
static bool add_release(struct db *db, void *state, struct err *err)
{
	struct edit *e = state;
	struct image_row image;
	char hex[DIGEST_HEX_SIZE];

	digest_hex(&e->row.sha256, hex);
	if (!image_find(db, &e->row.product, &e->row.sha256, &image, err) ||
	    !check_signed(db, e, err) || !release_add(db, &e->row, err))
		return false;
	e->changed = true;
	snprintf(e->audit.object, sizeof(e->audit.object), "%s/%lld",
		 e->row.product.text, (long long)e->row.id);
	return change_record(db, &e->audit,
			     json_pack("{s:s, s:s, s:s, s:i, s:s}", "sha256",
				       hex, "version", e->row.version.text,
				       "channel", e->row.channel.text,
				       "percent", e->row.percent, "state",
				       release_state_name(e->row.state)),
			     err) &&
	       change_publish(db, err);
}

static void release_added(struct request *r, bool ok, const struct err *err)
{
	send_release(r, MHD_HTTP_CREATED, ok, err);
}

static void create_release(struct request *r)
{
	static const char stable[] = "stable";
	struct edit *e = new_edit(r);

	if (!e || !read_edit(r, e, true))
		return;
	if (!e->row.channel.text[0])
		ident_parse(&e->row.channel, stable, sizeof(stable) - 1);
	e->row.percent = e->has_percent ? (int)e->percent : PERCENT_MAX;
	e->row.state = e->has_state ? e->state : RELEASE_ACTIVE;
	e->row.created = clock_utc();
	change_describe(&e->audit, r, "release.create", "%s",
			e->row.product.text);
	request_write(r, add_release, release_added);
}

/* ---- PATCH .../releases/ID ---------------------------------------------- */

/* Writer. */
static bool set_release(struct db *db, void *state, struct err *err)
{
	struct edit *e = state;
	struct release_row old;

	if (!release_find(db, &e->row.product, e->row.id, &old, err))
		return false;
	e->row = old;
	if (e->has_percent)
		e->row.percent = (int)e->percent;
	if (e->has_state)
		e->row.state = e->state;
	if (e->row.percent == old.percent && e->row.state == old.state)
		return true;
	e->changed = true;
	return release_set(db, &e->row, err) &&
	       change_record(db, &e->audit,
			     json_pack("{s:{s:i, s:s}, s:{s:i, s:s}}", "from",
				       "percent", old.percent, "state",
				       release_state_name(old.state), "to",
				       "percent", e->row.percent, "state",
				       release_state_name(e->row.state)),
			     err) &&
	       change_publish(db, err);
}

static void release_changed(struct request *r, bool ok, const struct err *err)
{
	send_release(r, MHD_HTTP_OK, ok, err);
}

/* A release's number is digits and nothing else. */
static bool read_id(struct request *r, const char *text, int64_t *id)
{
	char *end;

	*id = text[0] >= '1' && text[0] <= '9' ? strtoll(text, &end, 10) : 0;
	if (*id > 0 && *id < INT64_MAX && !*end)
		return true;
	reply_problem(r, MHD_HTTP_BAD_REQUEST,
		      "'%.40s' is no release: expected its number", text);
	return false;
}

static void change_release(struct request *r)
{
	struct edit *e = new_edit(r);

	if (!e || !read_id(r, r->params[1], &e->row.id) ||
	    !read_edit(r, e, false))
		return;
	change_describe(&e->audit, r, "release.change", "%s/%lld",
			e->row.product.text, (long long)e->row.id);
	request_write(r, set_release, release_changed);
}

/* ---- GET .../releases --------------------------------------------------- */

static bool append_release(void *arg, const struct release_row *row)
{
	return render_append(arg, render_release(row));
}

static void list_releases(struct request *r)
{
	const struct product *product;
	struct err err;
	json_t *list;

	if (!api_args(r, NULL) || !request_param_product(r, 0, &product))
		return;
	list = json_array();
	if (!release_list(r->db, &product->spec.name, append_release, &list,
			  &err)) {
		json_decref(list);
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
		return;
	}
	reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "releases", list));
}

static const struct route rows[] = {
	{.method = "POST",
	 .pattern = "/api/v1/products/:/releases",
	 .name = "release_create",
	 .role = ROLE_PUBLISHER,
	 .admin = true,
	 .body_max = RELEASE_BODY_MAX,
	 .handle = create_release},
	{.method = "PATCH",
	 .pattern = "/api/v1/products/:/releases/:",
	 .name = "release_change",
	 .role = ROLE_PUBLISHER,
	 .admin = true,
	 .body_max = RELEASE_BODY_MAX,
	 .handle = change_release},
	{.method = "GET",
	 .pattern = "/api/v1/products/:/releases",
	 .name = "releases",
	 .role = ROLE_VIEWER,
	 .admin = true,
	 .handle = list_releases},
};

const struct route_table admin_release_routes = {rows, sizeof(rows) /
							       sizeof(rows[0])};
