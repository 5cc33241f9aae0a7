/*
 * handshakes - the rows of the API for who connects, who cannot, and what
 * their fingerprints are called.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "http/admin/api.h"
#include "http/admin/change.h"
#include "http/admin/render.h"
#include "http/route.h"
#include "store/handshake.h"

enum { LABEL_BODY_MAX = 1024 };

/* ---- GET /api/v1/handshakes --------------------------------------------- */

/* Made among the chores: a filter may read 20,000 rows for one. */
struct listing {
	const char *data_dir;
	struct handshake_query query;
	json_t *rows;
	int count;
	char next[24]; /* the last row's id */
};

static void free_listing(void *state)
{
	struct listing *l = state;

	json_decref(l->rows);
	free(l);
}

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
	struct listing *l = arg;

	l->count++;
	snprintf(l->next, sizeof(l->next), "%" PRId64, row->id);
	return render_append(&l->rows, render_handshake(row));
}

static bool collect_handshakes(struct db *none, void *state, struct err *err)
{
	struct listing *l = state;
	struct db *db;
	bool ok;

	(void)none;
	l->rows = json_array();
	if (!db_open(&db, l->data_dir, DB_READER, err))
		return false;
	ok = handshake_list(db, &l->query, append_handshake, l, err);
	db_close(db);
	return ok;
}

/* A page that is full may have another behind it. */
static void handshakes_collected(struct request *r, bool ok,
				 const struct err *err)
{
	struct listing *l = r->state;
	json_t *rows = l->rows;

	if (!ok) {
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, err);
		return;
	}
	l->rows = NULL;
	reply_json(r, MHD_HTTP_OK,
		   json_pack("{s:o, s:s?}", "handshakes", rows, "next",
			     l->count == l->query.limit ? l->next : NULL));
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
	struct handshake_query *q;
	struct listing *l;

	if (!api_args(r, args))
		return;
	l = api_state(r, sizeof(*l), free_listing);
	if (!l)
		return;
	l->data_dir = r->app->data_dir;
	q = &l->query;
	if (read_outcome(r, &q->outcome) &&
	    api_arg_text(r, "fingerprint", q->ja4, sizeof(q->ja4)) &&
	    api_arg_text(r, "profile", q->profile, sizeof(q->profile)) &&
	    api_arg_time(r, "seen_after", &q->seen_after) &&
	    api_arg_limit(r, &q->limit) &&
	    request_arg_integer(r, "after", 1, INT64_MAX, 0, &q->after))
		request_chore(r, collect_handshakes, handshakes_collected);
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

static bool is_ja4_version(const char *text)
{
	static const char *const versions[] = {"13", "12", "11", "10", "s3",
					       "s2", "d1", "d2", "d3", "00"};

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (strncmp(text, versions[i], 2) == 0)
			return true;
	}
	return false;
}

/*
 * A JA4 as FoxIO's JA4.md has it: protocol, version, whether there is SNI,
 * how many ciphers and extensions, the ends of ALPN; then two hashes.
 */
static bool is_ja4(const char *text)
{
	static const char digits[] = "0123456789abcdef";

	return strlen(text) == 36 && strspn(text, "tqd") > 0 &&
	       is_ja4_version(text + 1) && strspn(text + 3, "di") > 0 &&
	       strspn(text + 4, "0123456789") >= 4 &&
	       strcspn(text + 8, "_") == 2 && isalnum((unsigned char)text[8]) &&
	       isalnum((unsigned char)text[9]) &&
	       strspn(text + 11, digits) == 12 && text[23] == '_' &&
	       strspn(text + 24, digits) == 12;
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

/* Writer: has it that label already?  Then *row is as it was set. */
static bool is_named(struct db *db, struct fingerprint_row *row)
{
	struct fingerprint_row was;
	struct err none;

	if (!fingerprint_find(db, row->ja4, &was, &none) ||
	    strcmp(was.label, row->label) != 0)
		return false;
	*row = was;
	return true;
}

/* Writer. */
static bool name_fingerprint(struct db *db, void *state, struct err *err)
{
	struct naming *n = state;

	if (is_named(db, &n->row))
		return true;
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

static bool is_printable(const char *text)
{
	size_t len;

	while ((len = utf8_printable(text)))
		text += len;
	return !*text;
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
	ok = json_read(json, fields, 1, &err) &&
	     (is_printable(label) ||
	      err_set(&err, ERR_INVALID,
		      "label has a control character in it"));
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
