/*
 * tls - the row of the API for what is presented, and who depends on it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "http/admin/api.h"
#include "http/admin/render.h"
#include "http/app.h"
#include "http/route.h"
#include "pki/certificate.h"
#include "store/handshake.h"

/* Counting reads every device, so it is done among the chores. */
struct overview {
	const char *data_dir;
	struct view *view;
	json_t *profiles;
};

static void free_overview(void *state)
{
	struct overview *o = state;

	if (o->view)
		view_unref(o->view);
	json_decref(o->profiles);
	free(o);
}

/* ---- what is presented -------------------------------------------------- */

static json_t *render_certificate(const X509 *c)
{
	char subject[CERTIFICATE_NAME_SIZE], issuer[CERTIFICATE_NAME_SIZE];
	char sha256[DIGEST_HEX_SIZE] = "";
	struct digest digest;

	certificate_subject(c, subject);
	certificate_issuer(c, issuer);
	if (certificate_fingerprint(c, &digest))
		digest_hex(&digest, sha256);
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:I}", "subject", subject,
			 "issuer", issuer, "sha256", sha256, "not_before",
			 render_time(certificate_not_before(c)), "not_after",
			 render_time(certificate_not_after(c)), "size",
			 (json_int_t)certificate_size(c));
}

static json_t *render_chain(const STACK_OF(X509) * chain)
{
	json_t *list = json_array();

	for (int i = 0; i < sk_X509_num(chain); i++)
		render_append(&list,
			      render_certificate(sk_X509_value(chain, i)));
	return json_pack("{s:I, s:o}", "message_bytes",
			 (json_int_t)certificate_message_size(chain),
			 "certificates", list);
}

static json_t *render_chains(const struct presentation *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->chain_count; i++)
		render_append(&list, render_chain(p->chains[i]));
	return list;
}

static json_t *render_anchor(const struct anchor *anchor)
{
	json_t *object;

	if (!anchor)
		return json_null();
	object = render_certificate(anchor->certificate);
	if (json_object_set_new(object, "name", json_string(anchor->name)) ||
	    json_object_set_new(object, "checks_time",
				json_boolean(anchor->checks_time))) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static void append_finding(void *arg, const struct finding *finding)
{
	render_append(arg, json_pack("{s:s, s:s}", "level",
				     finding_level_name(finding->level), "text",
				     finding->text));
}

static json_t *render_findings(const struct presentation *p,
			       const struct pool *pool, int64_t now)
{
	json_t *list = json_array();

	judge(p, pool, now, append_finding, &list);
	return list;
}

static json_t *render_first_end(const struct presentation *p)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < p->chain_count; i++) {
		int64_t end = judge_first_end(p->chains[i], NULL);

		if (end < first)
			first = end;
	}
	return p->chain_count ? render_time(first) : json_null();
}

static json_t *render_presentation(const struct site *site, size_t i,
				   int64_t now)
{
	const struct presentation *p = &site->profiles[i];

	return json_pack("{s:s, s:b, s:b, s:i, s:o, s:o, s:o, s:o}", "name",
			 p->profile, "configured", true, "default",
			 strcmp(p->profile, site->default_profile) == 0,
			 "security_level", p->security_level, "anchor",
			 render_anchor(p->anchor), "chains", render_chains(p),
			 "first_end", render_first_end(p), "findings",
			 render_findings(p, site->pool, now));
}

/* ---- who depends on it -------------------------------------------------- */

static json_t *render_usage(const struct profile_usage *u)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "1d",
			 (json_int_t)u->days[0], "7d", (json_int_t)u->days[1],
			 "30d", (json_int_t)u->days[2], "90d",
			 (json_int_t)u->days[3], "all", (json_int_t)u->devices);
}

static bool set_usage(json_t *profile, const struct profile_usage *u)
{
	return json_object_set_new(profile, "devices", render_usage(u)) == 0 &&
	       json_object_set_new(profile, "last_use",
				   render_time(u->last_use)) == 0;
}

static json_t *find_profile(json_t *profiles, const char *name)
{
	json_t *profile;
	size_t i;

	json_array_foreach (profiles, i, profile) {
		const char *is =
			json_string_value(json_object_get(profile, "name"));

		if (strcmp(is, name) == 0)
			return profile;
	}
	return NULL;
}

/* A profile that is configured no more is listed behind the others. */
static bool add_usage(void *arg, const struct profile_usage *u)
{
	struct overview *o = arg;
	json_t *profile;

	if (!u->profile[0])
		return true; /* reported, but never polled */
	profile = find_profile(o->profiles, u->profile);
	if (!profile) {
		profile = json_pack("{s:s, s:b, s:b}", "name", u->profile,
				    "configured", false, "default", false);
		if (!render_append(&o->profiles, profile))
			return false;
	}
	if (set_usage(profile, u))
		return true;
	json_decref(o->profiles);
	o->profiles = NULL;
	return false;
}

static bool add_presentations(struct overview *o, int64_t now)
{
	const struct site *site = o->view->site;
	const struct profile_usage unused = {0};

	o->profiles = json_array();
	for (size_t i = 0; i < site->profile_count; i++) {
		json_t *profile = render_presentation(site, i, now);

		if (!render_append(&o->profiles, profile) ||
		    !set_usage(profile, &unused))
			return false;
	}
	return true;
}

static bool survey(struct db *none, void *state, struct err *err)
{
	struct overview *o = state;
	int64_t now = clock_utc();
	struct db *db;
	bool ok;

	(void)none;
	if (!add_presentations(o, now))
		return err_memory(err);
	if (!db_open(&db, o->data_dir, DB_READER, err))
		return false;
	ok = profile_usage_list(db, now, add_usage, o, err);
	db_close(db);
	return ok;
}

/* NULL for the profiles is out of memory. */
static void surveyed(struct request *r, bool ok, const struct err *err)
{
	struct overview *o = r->state;
	json_t *profiles = o->profiles;

	if (!ok) {
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, err);
		return;
	}
	o->profiles = NULL;
	reply_json(r, MHD_HTTP_OK, json_pack("{s:o}", "profiles", profiles));
}

static void show_tls(struct request *r)
{
	struct overview *o;

	if (!api_args(r, NULL))
		return;
	o = api_state(r, sizeof(*o), free_overview);
	if (!o)
		return;
	o->data_dir = r->app->data_dir;
	o->view = current_get(r->app->current);
	request_chore(r, survey, surveyed);
}

static const struct route rows[] = {
	{.method = "GET",
	 .pattern = "/api/v1/tls",
	 .name = "tls",
	 .role = ROLE_VIEWER,
	 .admin = true,
	 .handle = show_tls},
};

const struct route_table admin_tls_routes = {rows,
					     sizeof(rows) / sizeof(rows[0])};
