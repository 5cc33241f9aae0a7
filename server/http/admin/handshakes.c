/*
 * handshakes - the rows of the API for who connects, who cannot, and what
 * their fingerprints are called.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "http/admin/api.h"
#include "http/admin/change.h"
#include "http/admin/render.h"
#include "http/route.h"
#include "store/handshake.h"

enum {
	PAGE_DEFAULT = 100, /* rows */
	LABEL_BODY_MAX = 1024
};

/* ---- GET /api/v1/handshakes --------------------------------------------- */

struct page {
	json_t *rows;
	int count;
	char next[24]; /* the last row's id */
};

static json_t *render_alert(const struct handshake_row *row)
{
	if (row->alert < 0)
		return json_null();
	return json_pack("{s:i, s:s}", "code", row->alert, "name", row->detail);
}

static json_t *render_handshake(const struct handshake_row *row)
{
	return json_pack(
		"{s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:I, s:b}",
		"fingerprint", row->ja4, "ja3", render_text(row->ja3), "label",
		render_text(row->label), "looks_like",
		render_text(row->looks_like), "sni", render_text(row->sni),
		"profile", render_text(row->profile), "result", row->result,
		"alert", render_alert(row), "detail", render_text(row->detail),
		"network", render_text(row->network), "address",
		render_text(row->address), "first_seen",
		render_time(row->first_seen), "last_seen",
		render_time(row->last_seen), "count", (json_int_t)row->count,
		"stranded", row->stranded);
}

static bool append_handshake(void *arg, const struct handshake_row *row)
{
	struct page *page = arg;

	page->count++;
	snprintf(page->next, sizeof(page->next), "%" PRId64, row->id);
	return render_append(&page->rows, render_handshake(row));
}

static bool read_outcome(struct request *r, enum handshake_outcome *outcome)
{
	static const char *const names[] = {[HANDSHAKE_ALL] = "all",
					    [HANDSHAKE_OK] = "ok",
					    [HANDSHAKE_FAILED] = "failed"};
	const char *given = target_arg(&r->target, "outcome");

	*outcome = HANDSHAKE_ALL;
	for (int i = 0; given && i <= HANDSHAKE_FAILED; i++) {
		if (strcmp(given, names[i]) == 0) {
			*outcome = (enum handshake_outcome)i;
			return true;
		}
	}
	if (given)
		reply_problem(r, MHD_HTTP_BAD_REQUEST,
			      "outcome is '%.40s': expected failed, ok or all",
			      given);
	return !given;
}

static void list_handshakes(struct request *r)
{
	static const char *const args[] = {
		"outcome", "fingerprint", "profile", "seen_after",
		"limit",   "after",	  NULL};
	struct handshake_query query = {0};
	struct page page = {0};
	struct err err;
	int64_t limit;

	if (!api_args(r, args) || !read_outcome(r, &query.outcome) ||
	    !api_arg_text(r, "fingerprint", query.ja4, sizeof(query.ja4)) ||
	    !api_arg_text(r, "profile", query.profile, sizeof(query.profile)) ||
	    !api_arg_time(r, "seen_after", &query.seen_after) ||
	    !request_arg_integer(r, "limit", 1, STORE_LIST_MAX, PAGE_DEFAULT,
				 &limit) ||
	    !request_arg_integer(r, "after", 1, INT64_MAX, 0, &query.after))
		return;
	query.limit = (int)limit;
	page.rows = json_array();
	if (!handshake_list(r->db, &query, append_handshake, &page, &err)) {
		json_decref(page.rows);
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
		return;
	}
	reply_json(r, MHD_HTTP_OK,
		   json_pack("{s:o, s:s?}", "handshakes", page.rows, "next",
			     page.count == limit ? page.next : NULL));
}

/* ---- fingerprints ------------------------------------------------------- */

static json_t *render_fingerprint(const struct fingerprint_row *row)
{
	return json_pack("{s:s, s:s, s:o}", "fingerprint", row->ja4, "label",
			 row->label, "set", render_time(row->at));
}

static bool append_fingerprint(void *arg, const struct fingerprint_row *row)
{
	return render_append(arg, render_fingerprint(row));
}

static void list_fingerprints(struct request *r)
{
	json_t *rows;
	struct err err;

	if (!api_args(r, NULL))
		return;
	rows = json_array();
	if (fingerprint_list(r->db, append_fingerprint, &rows, &err)) {
		reply_json(r, MHD_HTTP_OK,
			   json_pack("{s:o}", "fingerprints", rows));
		return;
	}
	json_decref(rows);
	reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
}

/* A label to be set, or with "" removed. */
struct naming {
	struct fingerprint_row row;
	struct audit_row audit;
};

/* A JA4: ten characters, '_', twelve hexadecimal digits, '_', twelve more. */
static bool is_ja4(const char *text)
{
	static const char hex[] = "0123456789abcdef";

	return strlen(text) == 36 && text[10] == '_' && text[23] == '_' &&
	       strcspn(text, "_") == 10 && strspn(text + 11, hex) == 12 &&
	       strspn(text + 24, hex) == 12 && strspn(text, "tqd") >= 1;
}

static struct naming *new_naming(struct request *r, const char *what)
{
	struct naming *n = api_state(r, sizeof(*n), free);

	if (!n)
		return NULL;
	if (!is_ja4(r->params[0])) {
		reply_problem(r, MHD_HTTP_BAD_REQUEST,
			      "the fingerprint is '%.80s': expected a JA4 such "
			      "as t12d490700_4b815dab2718_7b0ba9b4cf08",
			      r->params[0]);
		return NULL;
	}
	text_copy(n->row.ja4, sizeof(n->row.ja4), r->params[0]);
	n->row.at = clock_utc();
	change_describe(&n->audit, r, what, "%s", n->row.ja4);
	return n;
}

/* Writer. */
static bool name_fingerprint(struct db *db, void *state, struct err *err)
{
	struct naming *n = state;

	return fingerprint_label(db, &n->row, err) &&
	       change_record(
		       db, &n->audit,
		       json_pack("{s:o}", "label", render_text(n->row.label)),
		       err);
}

static void fingerprint_named(struct request *r, bool ok, const struct err *err)
{
	struct naming *n = r->state;

	if (!ok)
		reply_err(r, MHD_HTTP_BAD_REQUEST, err);
	else if (n->row.label[0])
		reply_json(r, MHD_HTTP_OK, render_fingerprint(&n->row));
	else
		reply_empty(r, MHD_HTTP_NO_CONTENT);
}

static bool read_label(struct request *r, struct naming *n)
{
	const char *label = NULL;
	const struct json_field fields[] = {
		{.name = "label",
		 .kind = JSON_KIND_STRING,
		 .required = true,
		 .to = &label,
		 .min = 1,
		 .max = STORE_LABEL_SIZE - 1},
	};
	json_t *json = request_json(r);
	struct err err;
	bool ok;

	if (!json)
		return false;
	ok = json_read(json, fields, 1, &err);
	if (ok)
		text_copy(n->row.label, sizeof(n->row.label), label);
	json_decref(json);
	if (!ok)
		reply_err(r, MHD_HTTP_BAD_REQUEST, &err);
	return ok;
}

static void set_fingerprint(struct request *r)
{
	struct naming *n;

	if (!api_args(r, NULL))
		return;
	n = new_naming(r, "fingerprint.label");
	if (n && read_label(r, n))
		request_write(r, name_fingerprint, fingerprint_named);
}

static void unset_fingerprint(struct request *r)
{
	if (api_args(r, NULL) && new_naming(r, "fingerprint.unlabel"))
		request_write(r, name_fingerprint, fingerprint_named);
}

static const struct route rows[] = {
	{.method = "GET",
	 .pattern = "/api/v1/handshakes",
	 .name = "handshakes",
	 .role = ROLE_VIEWER,
	 .admin = true,
	 .handle = list_handshakes},
	{.method = "GET",
	 .pattern = "/api/v1/fingerprints",
	 .name = "fingerprints",
	 .role = ROLE_VIEWER,
	 .admin = true,
	 .handle = list_fingerprints},
	{.method = "PUT",
	 .pattern = "/api/v1/fingerprints/:",
	 .name = "fingerprint_set",
	 .role = ROLE_PUBLISHER,
	 .admin = true,
	 .body_max = LABEL_BODY_MAX,
	 .handle = set_fingerprint},
	{.method = "DELETE",
	 .pattern = "/api/v1/fingerprints/:",
	 .name = "fingerprint_unset",
	 .role = ROLE_PUBLISHER,
	 .admin = true,
	 .handle = unset_fingerprint},
};

const struct route_table admin_handshake_routes = {
	rows, sizeof(rows) / sizeof(rows[0])};
