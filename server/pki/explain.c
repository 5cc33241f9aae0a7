#include "pki/chain.h"

#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "pki/certificate.h"
#include "pki/climb.h"
#include "pki/key.h"
#include "pki/known.h"
#include "pki/way.h"

enum { DAY_SIZE = 11 }; /* "2024-09-30" and a NUL */

struct explaining {
	struct strbuf *out;
	const struct pool *pool;
	const struct anchor *anchor;
	int64_t now;
	char subject[CERTIFICATE_NAME_SIZE]; /* of the anchor */
	char key_id[KEY_ID_SIZE];
	const struct known *row; /* what is known of its name and key */
	struct way *way;
	bool hope; /* a way out has been told */
	bool gap;  /* a certificate that may be missing has been told */
};

static const char key_is_lost[] =
	"a private key that was not kept cannot be replaced: without it these "
	"devices need new firmware by another way than this server";

static void day(int64_t utc, char text[static DAY_SIZE])
{
	char full[CLOCK_TEXT_SIZE];

	clock_rfc3339(utc, full);
	text_copy(text, DAY_SIZE, full);
}

static bool has_ended(const X509 *c, const struct explaining *e)
{
	return certificate_not_after(c) < e->now;
}

/* Proven for what looks at the anchor's own date, or at dates at all. */
static bool is_hopeless(const struct explaining *e)
{
	return e->anchor->checks_time &&
	       (has_ended(e->anchor->certificate, e) ||
		(e->row && e->row->ended));
}

/* "CN=ota.example.com (rsa-2048)" */
static void tell_leaf(struct explaining *e, X509 *leaf)
{
	char name[CERTIFICATE_NAME_SIZE];

	certificate_subject(leaf, name);
	strbuf_printf(e->out, "%s (%s): ", name,
		      key_name(X509_get0_pubkey(leaf)));
}

/* ---- what is missing ---------------------------------------------------- */

static void tell_row(struct explaining *e, const struct known *row)
{
	strbuf_printf(
		e->out,
		"needed: missing in tls.pool: %s signed by %s, SHA-256 %s%s%s",
		row->subject, row->issuer, row->sha256,
		row->url ? ", from " : "", row->url ? row->url : "");
	if (row->note)
		strbuf_printf(e->out, " (%s)", row->note);
	strbuf_puts(e->out, "\n");
}

static void tell_missing(struct explaining *e, const struct known *row)
{
	for (; row; row = way_next(e->way, row)) {
		if (!way_in_pool(e->way, row))
			tell_row(e, row);
	}
}

/* What would stand above `last`, when that is no public CA's to tell. */
static void tell_gap(struct explaining *e, X509 *last, const char *issuer,
		     bool alone)
{
	X509 *useless = climb_signer(last, e->pool);

	if (is_hopeless(e) || certificate_self_issued(last) ||
	    known_holder(issuer, NULL))
		return;
	if (alone && !useless)
		strbuf_printf(e->out,
			      "needed: your file holds only the leaf: its "
			      "intermediate %s is missing in it or in "
			      "tls.pool\n",
			      issuer);
	else if (!way_obtainable(e->way))
		strbuf_printf(e->out,
			      "needed: missing in tls.pool: a%s certificate "
			      "for %s signed by %s (or by something that it "
			      "signed)\n",
			      useless && !certificate_self_issued(useless)
				      ? " valid"
				      : "",
			      issuer, e->subject);
	e->gap = true;
}

/* ---- how far a leaf gets ------------------------------------------------ */

/* The known way that asks for the fewest certificates, and where it begins. */
static const struct known *way_out(const struct climb *climb,
				   const struct explaining *e, X509 **from)
{
	const struct known *best = NULL;

	for (size_t i = 0; i < climb->count; i++) {
		char issuer[CERTIFICATE_NAME_SIZE];
		const struct known *row;

		certificate_issuer(climb->reached[i], issuer);
		row = way_from(e->way, issuer);
		if (!row || !way_missing(e->way, row) ||
		    (best &&
		     way_missing(e->way, row) > way_missing(e->way, best)))
			continue;
		best = row;
		*from = climb->reached[i];
	}
	return best;
}

static void tell_dead_end(struct explaining *e, X509 *last, const char *issuer,
			  bool alone)
{
	if (certificate_signed_by(last, e->anchor->certificate)) {
		strbuf_puts(e->out, "but a date, a path length, a CA flag or a "
				    "revocation forbids this way\n");
		return;
	}
	if (!strcmp(issuer, e->subject)) {
		strbuf_puts(e->out, "but the key of that name which signed it "
				    "is not the anchor's\n");
		return;
	}
	strbuf_printf(e->out,
		      "and nothing in the pool or known leads from there to "
		      "%s\n",
		      e->subject);
	tell_gap(e, last, issuer, alone);
}

static void tell_climb(struct explaining *e, X509 *leaf)
{
	char name[CERTIFICATE_NAME_SIZE], issuer[CERTIFICATE_NAME_SIZE];
	const struct known *row;
	struct climb climb;
	X509 *last;

	climb_from(&climb, leaf, e->pool, e->anchor, e->now);
	last = climb.reached[climb.count - 1];
	row = way_out(&climb, e, &last);
	certificate_subject(last, name);
	certificate_issuer(last, issuer);
	tell_leaf(e, leaf);
	strbuf_printf(e->out, "reaches %s, signed by %s; ", name, issuer);
	if (!row) {
		tell_dead_end(e, last, issuer, climb.count == 1);
		return;
	}
	e->hope = true;
	strbuf_printf(e->out,
		      "nothing in the pool leads from there to %s, but this "
		      "would\n",
		      e->subject);
	tell_missing(e, row);
}

/* ---- dates -------------------------------------------------------------- */

static void tell_ended(struct explaining *e, X509 *c)
{
	char name[CERTIFICATE_NAME_SIZE], issuer[CERTIFICATE_NAME_SIZE];
	char ended[DAY_SIZE];

	certificate_subject(c, name);
	certificate_issuer(c, issuer);
	day(certificate_not_after(c), ended);
	strbuf_printf(e->out, "expired: %s signed by %s ended %s\n", name,
		      issuer, ended);
}

/* Tell which dates stand in the way; true when a new leaf is all it takes. */
static bool tell_dates(struct explaining *e, X509 *leaf)
{
	struct anchor patient = *e->anchor;
	STACK_OF(X509) *chain = NULL;
	struct err err;
	int ended = 0;

	patient.checks_time = false;
	if (!e->anchor->checks_time ||
	    !chain_build(&chain, leaf, e->pool, &patient, e->now, &err))
		return false;
	tell_leaf(e, leaf);
	strbuf_printf(e->out, "leads to %s, but its devices check the time\n",
		      e->subject);
	for (int i = 0; i < sk_X509_num(chain); i++) {
		if (has_ended(sk_X509_value(chain, i), e)) {
			tell_ended(e, sk_X509_value(chain, i));
			ended++;
		}
	}
	sk_X509_pop_free(chain, X509_free);
	if (ended != 1 || !has_ended(leaf, e))
		return false;
	strbuf_puts(e->out, "needed: renew it: nothing else is missing\n");
	e->hope = true;
	return true;
}

static void tell_way(struct explaining *e, X509 *leaf)
{
	if (!tell_dates(e, leaf))
		tell_climb(e, leaf);
}

/* ---- a root, or a cross-sign that stands for one ------------------------- */

static bool told_before(size_t i)
{
	for (size_t j = 0; j < i; j++) {
		const char *text = known_at(j)->obtain;

		if (text && !strcmp(text, known_at(i)->obtain))
			return true;
	}
	return false;
}

/* Tell of the best of the rows whose certificates are had as in row i. */
static void tell_obtain(struct explaining *e, size_t i)
{
	const char *text = known_at(i)->obtain;
	const struct known *best = NULL, *first = NULL;
	unsigned int fewest = UINT_MAX;

	for (; i < known_count(); i++) {
		const struct known *row = known_at(i), *start;
		unsigned int missing;

		if (!row->obtain || strcmp(row->obtain, text) != 0 ||
		    !way_of(e->way, row, &start, &missing) || missing >= fewest)
			continue;
		best = row;
		first = start;
		fewest = missing;
	}
	if (!best)
		return;
	strbuf_printf(e->out, "needed: would work: %s, signed by %s\n", text,
		      best->subject);
	tell_missing(e, first);
	e->hope = true;
}

static void tell_all_obtain(struct explaining *e)
{
	for (size_t i = 0; i < known_count(); i++) {
		if (known_at(i)->obtain && !told_before(i))
			tell_obtain(e, i);
	}
}

/* Tell which known certificates have ended, of a way that leads up. */
static void tell_ended_way(struct explaining *e, const struct way *patient)
{
	for (size_t i = 0; i < known_count(); i++) {
		const struct known *row;
		unsigned int missing;
		char ended[DAY_SIZE];

		if (!known_at(i)->obtain ||
		    !way_of(patient, known_at(i), &row, &missing))
			continue;
		for (; row; row = way_next(patient, row)) {
			if (row->not_after >= e->now)
				continue;
			day(row->not_after, ended);
			strbuf_printf(e->out,
				      "expired: %s signed by %s ended %s\n",
				      row->subject, row->issuer, ended);
		}
		return;
	}
}

static void tell_no_server_can(struct explaining *e)
{
	struct anchor patient = *e->anchor;
	struct way *way;
	struct err err;

	patient.checks_time = false;
	if (way_new(&way, e->pool, &patient, e->now, &err))
		tell_ended_way(e, way);
	way_free(way);
	strbuf_printf(e->out,
		      "no certificate that is still valid is known to lead to "
		      "%s: no server can satisfy devices that pinned it and "
		      "check the time; they need new firmware by another way "
		      "than this server\n",
		      e->subject);
}

/* What is not in the table is not impossible. */
static void tell_unknown(struct explaining *e)
{
	strbuf_printf(e->out,
		      "needed: it is not known here whether this CA still "
		      "issues server certificates; one of its certificates, "
		      "or one of a CA that it signed, would do%s%s\n",
		      e->row && e->row->url ? "; its CA: " : "",
		      e->row && e->row->url ? e->row->url : "");
}

static void tell_closed(struct explaining *e)
{
	strbuf_printf(e->out,
		      "needed: no CA issues under %s any more: only a server "
		      "certificate that was kept from then works, with its "
		      "private key\n",
		      e->subject);
	if (!e->gap)
		strbuf_printf(e->out, "%s\n", key_is_lost);
}

static void tell_root(struct explaining *e)
{
	if (!e->hope)
		tell_all_obtain(e);
	if (e->hope)
		return;
	if (is_hopeless(e))
		tell_no_server_can(e);
	else if (e->row->ended)
		tell_closed(e);
	else
		tell_unknown(e);
}

/* ---- a CA that is not known ---------------------------------------------- */

static void tell_own_ca(struct explaining *e)
{
	if (e->hope)
		return;
	strbuf_printf(e->out,
		      "needed: %s is no public CA that is known here; if it is "
		      "your own, whoever holds its private key can sign a new "
		      "server certificate with it\n",
		      e->subject);
	if (!is_hopeless(e))
		tell_unknown(e);
}

/* ---- an intermediate that signs nothing but servers' certificates -------- */

static void tell_other_issuer(struct explaining *e, X509 *leaf)
{
	char issuer[CERTIFICATE_NAME_SIZE];

	if (tell_dates(e, leaf))
		return;
	certificate_issuer(leaf, issuer);
	tell_leaf(e, leaf);
	if (!strcmp(issuer, e->subject))
		strbuf_printf(e->out,
			      "was signed by another key of the name %s\n",
			      issuer);
	else
		strbuf_printf(e->out, "was signed by %s, not by %s\n", issuer,
			      e->subject);
}

/* When the last certificate of the pinned name and key ends. */
static int64_t last_end(const struct explaining *e)
{
	int64_t last = certificate_not_after(e->anchor->certificate);

	for (size_t i = 0; i < known_count(); i++) {
		const struct known *row = known_at(i);

		if (!strcmp(row->subject, e->subject) &&
		    !strcmp(row->key_id, e->key_id) && row->not_after > last)
			last = row->not_after;
	}
	return last;
}

static void tell_where_kept(struct explaining *e)
{
	strbuf_puts(
		e->out,
		"needed: look for a kept one in backups and in the archive folder "
		"of the ACME client; if the private key outlived "
		"renewals, its old certificate is to be found in the "
		"certificate transparency logs\n"
		"devices that skip the name check take such a certificate "
		"for any host name\n");
}

static void tell_ended_issuer(struct explaining *e)
{
	char ended[DAY_SIZE];

	strbuf_printf(e->out, "%s %s: nobody can obtain a new one\n",
		      e->row->name, e->row->note);
	if (!e->anchor->checks_time || last_end(e) >= e->now) {
		tell_where_kept(e);
		return;
	}
	day(last_end(e), ended);
	strbuf_printf(e->out,
		      "it ended %s, and nothing that it signed is still "
		      "valid: no server can satisfy devices that pinned it and "
		      "check the time; they need new firmware by another way "
		      "than this server\n",
		      ended);
}

static void tell_issuer(struct explaining *e)
{
	strbuf_printf(e->out,
		      "devices that pinned %s accept only a server certificate "
		      "that its key itself signed, with the private key of "
		      "that certificate\n",
		      e->subject);
	if (e->row && e->row->ended)
		tell_ended_issuer(e);
	else if (e->row && e->row->obtain)
		strbuf_printf(e->out,
			      "needed: would work: %s, but only when this "
			      "intermediate signs it, which the CA chooses on "
			      "each issue\n",
			      e->row->obtain);
	else
		strbuf_puts(e->out,
			    "needed: a new one, which is to be had only from "
			    "whoever holds the key of this CA; it is not known "
			    "here whether it issues them\n");
}

/* ---- a server's certificate itself --------------------------------------- */

static void tell_key(struct explaining *e, X509 *leaf)
{
	char id[KEY_ID_SIZE], subject[CERTIFICATE_NAME_SIZE];
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	bool same_key = key && key_id(key, id) && !strcmp(id, e->key_id);

	certificate_subject(leaf, subject);
	tell_leaf(e, leaf);
	if (certificate_equal(leaf, e->anchor->certificate))
		strbuf_puts(e->out, "is the pinned certificate itself\n");
	else if (same_key && !strcmp(subject, e->subject))
		strbuf_puts(e->out,
			    "has the pinned subject and key, but is another "
			    "certificate\n");
	else if (same_key)
		strbuf_puts(e->out,
			    "has the pinned key, but another subject\n");
	else if (!strcmp(subject, e->subject))
		strbuf_puts(e->out,
			    "has the pinned subject, but another key\n");
	else
		strbuf_puts(e->out,
			    "has neither the pinned subject nor its key\n");
}

static void tell_holder(struct explaining *e)
{
	strbuf_printf(
		e->out,
		"needed: BearSSL (ESP8266) accepts any certificate with the "
		"subject %s and that key\n%s\n",
		e->subject, key_is_lost);
}

static void tell_self_signed(struct explaining *e)
{
	struct digest digest;
	char hex[DIGEST_HEX_SIZE] = "unknown";

	if (certificate_fingerprint(e->anchor->certificate, &digest))
		digest_hex(&digest, hex);
	strbuf_printf(
		e->out,
		"needed: %s is a server's self-signed certificate with CA:FALSE: "
		"mbedTLS (ESP32) accepts only this very certificate, "
		"SHA-256 %s, with its private key\n",
		e->subject, hex);
	tell_holder(e);
}

static void tell_pinned_leaf(struct explaining *e)
{
	char issuer[CERTIFICATE_NAME_SIZE];

	certificate_issuer(e->anchor->certificate, issuer);
	strbuf_printf(e->out,
		      "%s is a server's certificate that %s issued, and no CA: "
		      "mbedTLS (ESP32) never accepts such a pin, not even from "
		      "a server that sends this very certificate\n",
		      e->subject, issuer);
	tell_holder(e);
}

/* ---- all together -------------------------------------------------------- */

/* What is said of each leaf, and then of the anchor. */
struct pinned {
	void (*leaf)(struct explaining *e, X509 *leaf);
	void (*anchor)(struct explaining *e);
};

static const struct pinned pinned_root = {tell_way, tell_root};
static const struct pinned pinned_own_ca = {tell_way, tell_own_ca};
static const struct pinned pinned_issuer = {tell_other_issuer, tell_issuer};
static const struct pinned pinned_self_signed = {tell_key, tell_self_signed};
static const struct pinned pinned_leaf = {tell_key, tell_pinned_leaf};

static const struct pinned *pinned_as(const struct explaining *e)
{
	X509 *c = e->anchor->certificate;
	bool self_issued = certificate_self_issued(c);

	if (!e->row && !certificate_is_ca(c))
		return self_issued ? &pinned_self_signed : &pinned_leaf;
	if (!self_issued && certificate_path_length(c) == 0)
		return &pinned_issuer;
	return e->row ? &pinned_root : &pinned_own_ca;
}

/* Most stacks look at the dates of the anchor itself too. */
static void tell_anchor_dates(struct explaining *e)
{
	char ended[DAY_SIZE];

	if (!e->anchor->checks_time || !has_ended(e->anchor->certificate, e))
		return;
	day(certificate_not_after(e->anchor->certificate), ended);
	strbuf_printf(e->out,
		      "the anchor itself ended %s: mbedTLS and OpenSSL that "
		      "check the time accept nothing under it, BearSSL does "
		      "not look at the date of an anchor\n",
		      ended);
}

void chain_explain(struct strbuf *out, const STACK_OF(X509) * leaves,
		   const struct pool *pool, const struct anchor *anchor,
		   int64_t now)
{
	struct explaining e = {
		.out = out, .pool = pool, .anchor = anchor, .now = now};
	const struct pinned *pinned;
	struct err err;

	if (!way_new(&e.way, pool, anchor, now, &err)) {
		strbuf_printf(out, "no chain: %s\n", err.text);
		return;
	}
	certificate_subject(anchor->certificate, e.subject);
	key_id(X509_get0_pubkey(anchor->certificate), e.key_id);
	e.row = known_holder(e.subject, e.key_id);
	pinned = pinned_as(&e);
	for (int i = 0; i < sk_X509_num(leaves); i++) {
		strbuf_puts(out, "no chain: ");
		pinned->leaf(&e, sk_X509_value(leaves, i));
	}
	if (sk_X509_num(leaves) == 0)
		strbuf_puts(out, "no chain: there is no server certificate\n");
	pinned->anchor(&e);
	tell_anchor_dates(&e);
	way_free(e.way);
}
