#include "cli/forecast.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "cli/show_chain.h"
#include "config.h"
#include "http/admin/render.h"
#include "pki/certificate.h"
#include "pki/judge.h"
#include "pki/key.h"
#include "pki/known.h"
#include "site.h"
#include "site_tls.h"
#include "store/checkin.h"
#include "store/db.h"
#include "store/handshake.h"

enum { NAMES_MAX = 100, DAY = 24 * 60 * 60 };

/* A profile, and what becomes of those who depend on it. */
struct outlook {
	struct profile_usage usage;
	const struct config_profile *profile; /* NULL: it is no more */
	const struct presentation *sent;
	/* UTC seconds; INT64_MAX where no date strands anybody. */
	int64_t chain_end;  /* of the first link */
	int64_t anchor_end; /* BearSSL does not look at it */
	int64_t stranded;   /* devices */
	int64_t named;
	json_t *names; /* for scripts */
};

struct forecaster {
	const struct forecast_options *options;
	struct config *config;
	struct site_tls tls;
	struct db *db;		  /* NULL before the first device */
	struct outlook *outlooks; /* those of the configuration come first */
	size_t count;
	int64_t now;
	int64_t until;
	bool failed; /* out of memory in a list of the database */
};

/* ---- dates -------------------------------------------------------------- */

static bool checks_time(const struct outlook *o)
{
	return !o->sent->anchor || o->sent->anchor->checks_time;
}

static void find_ends(struct outlook *o)
{
	const struct presentation *sent = o->sent;

	o->chain_end = INT64_MAX;
	o->anchor_end = INT64_MAX;
	if (!checks_time(o))
		return;
	for (size_t i = 0; i < sent->chain_count; i++) {
		int64_t end = judge_first_end(sent->chains[i], NULL);

		if (end < o->chain_end)
			o->chain_end = end;
	}
	if (sent->anchor)
		o->anchor_end =
			certificate_not_after(sent->anchor->certificate);
}

/* Who was here after the end does not mind it. */
static bool ends_for(int64_t end, const struct device_row *device,
		     const struct forecaster *f)
{
	return end <= f->until && device->last_seen <= end;
}

static bool is_stranded(const struct outlook *o, const struct device_row *d,
			const struct forecaster *f)
{
	return !o->profile || ends_for(o->chain_end, d, f) ||
	       ends_for(o->anchor_end, d, f);
}

/* Is it worth while to look at its devices? */
static bool may_strand(const struct outlook *o, const struct forecaster *f)
{
	return !o->profile || o->chain_end <= f->until ||
	       o->anchor_end <= f->until;
}

/* ---- profiles and who uses them ----------------------------------------- */

static struct outlook *add_outlook(struct forecaster *f)
{
	struct outlook *grown =
		realloc(f->outlooks, (f->count + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	f->outlooks = grown;
	grown += f->count++;
	*grown = (struct outlook){0};
	return grown;
}

static bool add_profiles(struct forecaster *f, struct err *err)
{
	for (size_t i = 0; i < f->config->profile_count; i++) {
		struct outlook *o = add_outlook(f);

		if (!o)
			return err_memory(err);
		o->profile = &f->config->profiles[i];
		o->sent = &f->tls.presentations[i];
		text_copy(o->usage.profile, sizeof(o->usage.profile),
			  o->profile->name);
		find_ends(o);
	}
	return true;
}

/* One that nobody used, and the empty name of those that never polled, tell
 * nothing. */
static bool add_usage(void *arg, const struct profile_usage *usage)
{
	struct forecaster *f = arg;
	struct outlook *o;

	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->outlooks[i].usage.profile, usage->profile) == 0) {
			f->outlooks[i].usage = *usage;
			return true;
		}
	}
	if (!usage->devices || !usage->profile[0])
		return true;
	o = add_outlook(f);
	f->failed = !o;
	if (o)
		o->usage = *usage;
	return o;
}

/* ---- the devices of a profile ------------------------------------------- */

/* While they are being listed. */
struct search {
	struct forecaster *f;
	struct outlook *outlook;
	struct device_query query;
	int rows; /* of this page */
};

static void print_device(const struct device_row *device)
{
	char seen[CLOCK_TEXT_SIZE];

	clock_rfc3339(device->last_seen, seen);
	show_fact("stranded", "%s/%s, last seen %s", device->product.text,
		  device->device.text, seen);
}

static json_t *device_json(const struct device_row *device)
{
	return json_pack("{s:s, s:s, s:o}", "product", device->product.text,
			 "device", device->device.text, "last_seen",
			 render_time(device->last_seen));
}

static bool look_at_device(void *arg, const struct device_row *device)
{
	struct search *s = arg;
	struct outlook *o = s->outlook;

	s->rows++;
	s->query.after_product = device->product;
	s->query.after_device = device->device;
	if (!is_stranded(o, device, s->f))
		return true;
	o->stranded++;
	if (o->named == NAMES_MAX && !s->f->options->all)
		return true;
	o->named++;
	if (s->f->options->json)
		s->f->failed = !render_append(&o->names, device_json(device));
	else
		print_device(device);
	return !s->f->failed;
}

/* Name those who are stranded and count them. */
static bool find_stranded(struct forecaster *f, struct outlook *o,
			  struct err *err)
{
	struct search s = {
		.f = f, .outlook = o, .query = {.limit = STORE_LIST_MAX}};

	if (!f->db || !o->usage.devices || !may_strand(o, f))
		return true;
	text_copy(s.query.profile, sizeof(s.query.profile), o->usage.profile);
	do {
		s.rows = 0;
		if (!device_list(f->db, &s.query, look_at_device, &s, err))
			return false;
		if (f->failed)
			return err_memory(err);
	} while (s.rows == s.query.limit);
	return true;
}

/* ---- for people --------------------------------------------------------- */

static void print_usage(const struct profile_usage *usage)
{
	char last[CLOCK_TEXT_SIZE] = "never";

	if (usage->last_use)
		clock_rfc3339(usage->last_use, last);
	show_fact("devices", "%" PRId64, usage->devices);
	show_fact("seen",
		  "%" PRId64 " in 1 day, %" PRId64 " in 7, %" PRId64
		  " in 30, %" PRId64 " in 90",
		  usage->days[0], usage->days[1], usage->days[2],
		  usage->days[3]);
	show_fact("last use", "%s", last);
}

static const struct tls_certificate *
certificate_at(const struct forecaster *f, const struct outlook *o, size_t i)
{
	return &f->tls.certificates[config_certificate(
		f->config, o->profile->certificates[i])];
}

static const STACK_OF(X509) *
	chain_at(const struct forecaster *f, const struct outlook *o, size_t i)
{
	return show_chain_of(o->sent,
			     sk_X509_value(certificate_at(f, o, i)->chain, 0));
}

static void print_chains(const struct forecaster *f, const struct outlook *o)
{
	if (o->sent->anchor)
		show_fact("anchor", "%s", o->sent->anchor->name);
	for (size_t i = 0; i < o->profile->certificate_count; i++) {
		const STACK_OF(X509) *chain = chain_at(f, o, i);

		if (chain)
			show_chain(certificate_at(f, o, i)->name, chain,
				   o->sent->anchor, f->now);
	}
}

static void print_end(const char *label, int64_t end, const char *beside,
		      const struct forecaster *f)
{
	char at[CLOCK_TEXT_SIZE];
	int64_t days = (end - f->now) / DAY;

	clock_rfc3339(end, at);
	if (end >= f->now)
		show_fact(label, "%s, in %" PRId64 " days%s", at, days, beside);
	else
		show_fact(label,
			  "%s, %" PRId64 " days ago; who was here since does "
			  "not mind%s",
			  at, -days, beside);
}

/* What takes the profile away from its devices. */
static void print_dates(const struct forecaster *f, const struct outlook *o)
{
	const struct anchor *anchor = o->sent->anchor;

	show_fact("time", "%s",
		  !anchor ? "taken to be checked, without an anchor"
		  : anchor->checks_time ? "checked"
					: "not checked: no date strands them");
	if (!checks_time(o))
		return;
	print_end("first end", o->chain_end, "", f);
	if (anchor)
		print_end("anchor ends", o->anchor_end,
			  "; BearSSL does not look at it", f);
}

/* ---- keys, whose loss strands where no date does ------------------------- */

static const struct known *find_known(const X509 *c)
{
	char subject[CERTIFICATE_NAME_SIZE], id[KEY_ID_SIZE];
	EVP_PKEY *key = X509_get0_pubkey(c);

	certificate_subject(c, subject);
	return key && key_id(key, id) ? known_holder(subject, id) : NULL;
}

/* The owner of a root may go on after its end, an intermediate's does not. */
static bool no_longer_issues(const X509 *c, int64_t now)
{
	const struct known *known = find_known(c);

	return (known && known->ended) ||
	       (!certificate_self_issued(c) && certificate_not_after(c) < now);
}

/* Can the CA not issue the leaf anew? */
static bool is_last_of_its_kind(const STACK_OF(X509) * chain,
				const X509 *anchor, int64_t now)
{
	const X509 *leaf = sk_X509_value(chain, 0), *issuer = anchor;

	if (sk_X509_num(chain) > 1)
		issuer = sk_X509_value(chain, 1);
	return certificate_same_holder(leaf, anchor) ||
	       no_longer_issues(issuer, now) || no_longer_issues(anchor, now);
}

static void print_keys(const struct forecaster *f, const struct outlook *o)
{
	const X509 *anchor = o->sent->anchor->certificate;
	char subject[CERTIFICATE_NAME_SIZE];
	bool own = false; /* perhaps */

	for (size_t i = 0; i < o->profile->certificate_count; i++) {
		const STACK_OF(X509) *chain = chain_at(f, o, i);

		if (!chain)
			continue;
		if (is_last_of_its_kind(chain, anchor, f->now))
			show_fact("keep",
				  "the private key of %s: its loss would "
				  "strand them",
				  certificate_at(f, o, i)->name);
		else
			own = !find_known(anchor);
	}
	if (!own)
		return;
	certificate_subject(anchor, subject);
	show_fact("keep",
		  "the private key of the CA %s, if it is yours: it signs "
		  "their next certificate",
		  subject);
}

/* ---- a profile, for people ----------------------------------------------- */

static bool print_outlook(struct forecaster *f, struct outlook *o,
			  struct err *err)
{
	printf("profile %s%s\n", o->usage.profile,
	       o->profile ? "" : " (not in the configuration)");
	print_usage(&o->usage);
	if (o->profile) {
		print_chains(f, o);
		print_dates(f, o);
		if (!checks_time(o))
			print_keys(f, o);
	}
	if (!find_stranded(f, o, err))
		return false;
	if (o->stranded > o->named)
		show_fact("stranded", "and %" PRId64 " more",
			  o->stranded - o->named);
	show_fact("in all", "%" PRId64 " of %" PRId64 " stranded", o->stranded,
		  o->usage.devices);
	putchar('\n');
	return true;
}

/* ---- for scripts -------------------------------------------------------- */

static json_t *end_json(int64_t end)
{
	return end == INT64_MAX ? json_null() : render_time(end);
}

static json_t *chains_json(const struct forecaster *f, const struct outlook *o)
{
	json_t *list = json_array();

	for (size_t i = 0; o->profile && i < o->profile->certificate_count;
	     i++) {
		const STACK_OF(X509) *chain = chain_at(f, o, i);

		if (chain)
			render_append(&list,
				      json_pack("{s:s, s:o}", "certificate",
						certificate_at(f, o, i)->name,
						"links",
						show_links_json(chain)));
	}
	return list;
}

static json_t *usage_json(const struct profile_usage *usage)
{
	return json_pack(
		"{s:I, s:I, s:I, s:I}", "1d", (json_int_t)usage->days[0], "7d",
		(json_int_t)usage->days[1], "30d", (json_int_t)usage->days[2],
		"90d", (json_int_t)usage->days[3]);
}

/* Takes over o->names. */
static json_t *outlook_json(const struct forecaster *f, struct outlook *o)
{
	const struct anchor *anchor = o->profile ? o->sent->anchor : NULL;
	json_t *names = o->names;

	o->names = NULL;
	return json_pack(
		"{s:s, s:b, s:I, s:o, s:o, s:s?, s:o, s:o, s:o, s:o, s:I, s:o, "
		"s:I}",
		"profile", o->usage.profile, "configured", o->profile != NULL,
		"devices", (json_int_t)o->usage.devices, "seen",
		usage_json(&o->usage), "last_use",
		render_time(o->usage.last_use), "anchor",
		anchor ? anchor->name : NULL, "checks_time",
		o->profile ? json_boolean(checks_time(o)) : json_null(),
		"first_end", end_json(o->chain_end), "anchor_end",
		end_json(o->anchor_end), "chains", chains_json(f, o),
		"stranded", (json_int_t)o->stranded, "names", names, "more",
		(json_int_t)(o->stranded - o->named));
}

static bool collect_outlook(json_t **list, struct forecaster *f,
			    struct outlook *o, struct err *err)
{
	o->names = json_array();
	if (!find_stranded(f, o, err)) {
		json_decref(o->names);
		return false;
	}
	return render_append(list, outlook_json(f, o)) || err_memory(err);
}

/* ---- all together ------------------------------------------------------- */

static bool tell_people(struct forecaster *f, struct err *err)
{
	for (size_t i = 0; i < f->count; i++) {
		if (!print_outlook(f, &f->outlooks[i], err))
			return false;
	}
	return true;
}

static bool tell_scripts(struct forecaster *f, struct err *err)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->count; i++) {
		if (!collect_outlook(&list, f, &f->outlooks[i], err)) {
			json_decref(list);
			return false;
		}
	}
	return show_json(json_pack("{s:o, s:o, s:o}", "at", render_time(f->now),
				   "until", render_time(f->until), "profiles",
				   list),
			 err);
}

/* As of one moment, so that counts and names are of the same devices. */
static bool tell(struct forecaster *f, struct err *err)
{
	bool ok = !f->db ||
		  (db_read_begin(f->db, err) &&
		   profile_usage_list(f->db, f->now, add_usage, f, err));

	if (ok && f->failed)
		ok = err_memory(err);
	ok = ok &&
	     (f->options->json ? tell_scripts(f, err) : tell_people(f, err));
	if (f->db)
		db_read_end(f->db);
	return ok;
}

static bool open_database(struct forecaster *f, struct err *err)
{
	const char *dir = f->config->data_dir;

	if (db_open(&f->db, dir, DB_READER, err))
		return true;
	if (err->code != ERR_NOT_FOUND)
		return err_wrap(err, "%s", dir);
	fprintf(stderr,
		"note: %s has no database yet: no device was ever seen\n", dir);
	return true;
}

static void warn(const struct forecaster *f, const struct outlook *o)
{
	char until[CLOCK_TEXT_SIZE];

	clock_rfc3339(f->until, until);
	if (o->profile)
		fprintf(stderr,
			"warning: profile %s: %" PRId64 " of %" PRId64
			" device%s stranded by %s\n",
			o->usage.profile, o->stranded, o->usage.devices,
			o->usage.devices == 1 ? "" : "s", until);
	else
		fprintf(stderr,
			"warning: profile %s is no longer in the "
			"configuration: %" PRId64 " device%s used it last\n",
			o->usage.profile, o->stranded,
			o->stranded == 1 ? "" : "s");
}

/* Behind all that was printed, where it is seen; how many there are. */
static int64_t sum_up(const struct forecaster *f)
{
	int64_t sum = 0;

	fflush(stdout);
	for (size_t i = 0; i < f->count; i++) {
		if (f->outlooks[i].stranded)
			warn(f, &f->outlooks[i]);
		sum += f->outlooks[i].stranded;
	}
	return sum;
}

bool forecast(const struct forecast_options *options, int64_t *stranded,
	      struct err *err)
{
	struct forecaster f = {.options = options, .now = clock_utc()};
	bool ok;

	*stranded = 0;
	f.until = f.now + options->within;
	ok = config_load(&f.config, options->config, err) &&
	     site_check_dir(f.config, err) &&
	     site_tls_load(&f.tls, f.config, NULL, NULL, err) &&
	     add_profiles(&f, err) && open_database(&f, err) && tell(&f, err);
	if (ok)
		*stranded = sum_up(&f);
	db_close(f.db);
	free(f.outlooks);
	site_tls_drop(&f.tls);
	config_free(f.config);
	return ok;
}
