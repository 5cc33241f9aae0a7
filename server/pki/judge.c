#include "pki/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pki/certificate.h"
#include "pki/chain.h"
#include "pki/key.h"
#include "pki/known.h"

enum { UNKNOWN_CA = 48 }; /* the alert, RFC 8446 section 6.2 */

enum {
	TEXT_SIZE = 2048, /* bytes of a finding: two names and a sentence */
	DAY_SIZE = 11,	  /* "2024-09-30" and a NUL */
	DAY = 24 * 60 * 60,

	/* What devices' input buffers hold, bytes of a handshake message. */
	ZEPHYR_BUFFER = 1500, /* the default of its mbedTLS */
	SMALL_BUFFER = 4096,  /* what many products shrink it to */
	FULL_BUFFER = 16384   /* one record, the default of ESP-IDF */
};

struct judging {
	const struct presentation *what;
	const struct pool *pool;
	int64_t now;
	void (*each)(void *arg, const struct finding *finding);
	void *arg;
	enum finding_level level; /* of the check that is being made */
};

__attribute__((format(printf, 2, 3))) static void find(const struct judging *j,
						       const char *fmt, ...)
{
	char text[TEXT_SIZE];
	const struct finding finding = {.level = j->level, .text = text};
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	j->each(j->arg, &finding);
}

/* ---- what the texts say -------------------------------------------------- */

/* A certificate in words, for one text. */
struct link {
	char subject[CERTIFICATE_NAME_SIZE];
	char issuer[CERTIFICATE_NAME_SIZE];
	char first[DAY_SIZE]; /* the days of its validity */
	char last[DAY_SIZE];
};

static void day(int64_t utc, char text[static DAY_SIZE])
{
	char full[CLOCK_TEXT_SIZE];

	clock_rfc3339(utc, full);
	text_copy(text, DAY_SIZE, full);
}

static struct link describe(const X509 *c)
{
	struct link link = {.subject = ""};

	certificate_subject(c, link.subject);
	certificate_issuer(c, link.issuer);
	day(certificate_not_before(c), link.first);
	day(certificate_not_after(c), link.last);
	return link;
}

static EVP_PKEY *leaf_key(const STACK_OF(X509) * chain)
{
	return X509_get0_pubkey(sk_X509_value(chain, 0));
}

/* "rsa-2048", to tell the chains of a profile apart */
static const char *kind(const STACK_OF(X509) * chain)
{
	return key_name(leaf_key(chain));
}

/* ---- walks --------------------------------------------------------------- */

typedef void look_at_chain(const struct judging *j,
			   const STACK_OF(X509) * chain);
typedef void look_at_link(const struct judging *j, X509 *c, const char *kind);

static void each_chain(const struct judging *j, look_at_chain *look)
{
	for (size_t i = 0; i < j->what->chain_count; i++) {
		if (sk_X509_num(j->what->chains[i]) > 0)
			look(j, j->what->chains[i]);
	}
}

static void each_link(const struct judging *j, look_at_link *look)
{
	for (size_t i = 0; i < j->what->chain_count; i++) {
		const STACK_OF(X509) *chain = j->what->chains[i];

		for (int k = 0; k < sk_X509_num(chain); k++)
			look(j, sk_X509_value(chain, k), kind(chain));
	}
}

/* ---- dates --------------------------------------------------------------- */

static bool dates_count(const struct judging *j)
{
	return !j->what->anchor || j->what->anchor->checks_time;
}

static const char *consequence(const struct judging *j)
{
	return dates_count(j) ? "devices that check the time refuse it"
			      : "its devices do not check the time, but those "
				"that do refuse it";
}

static void look_expired(const struct judging *j, X509 *c, const char *kind)
{
	const struct link link = describe(c);

	if (certificate_not_after(c) < j->now)
		find(j, "%s chain: %s signed by %s expired on %s; %s", kind,
		     link.subject, link.issuer, link.last, consequence(j));
	else if (certificate_not_before(c) > j->now)
		find(j,
		     "%s chain: %s signed by %s is valid from %s on only; %s",
		     kind, link.subject, link.issuer, link.first,
		     consequence(j));
}

static void expired(const struct judging *j)
{
	if (dates_count(j))
		each_link(j, look_expired);
}

static void expired_not_counted(const struct judging *j)
{
	if (!dates_count(j))
		each_link(j, look_expired);
}

static bool ends_soon(const X509 *c, int64_t now)
{
	return certificate_valid_at(c, now) &&
	       certificate_not_after(c) - now <= JUDGE_EXPIRES_SOON;
}

static void look_soon(const struct judging *j, X509 *c, const char *kind)
{
	const struct link link = describe(c);

	if (ends_soon(c, j->now))
		find(j, "%s chain: %s signed by %s expires on %s, in %d days",
		     kind, link.subject, link.issuer, link.last,
		     (int)((certificate_not_after(c) - j->now) / DAY));
}

static void soon(const struct judging *j)
{
	if (dates_count(j))
		each_link(j, look_soon);
}

static void soon_not_counted(const struct judging *j)
{
	if (!dates_count(j))
		each_link(j, look_soon);
}

/* Whoever checks dates, does so with the anchor, too; all but BearSSL. */
static void anchor_dates(const struct judging *j)
{
	const struct anchor *anchor = j->what->anchor;
	struct link link;

	if (!anchor || !anchor->checks_time)
		return;
	link = describe(anchor->certificate);
	if (certificate_not_after(anchor->certificate) < j->now)
		find(j,
		     "the anchor %s itself expired on %s; mbedTLS and OpenSSL "
		     "that check the time accept nothing under it, BearSSL "
		     "does not look at the date of an anchor",
		     link.subject, link.last);
	else if (ends_soon(anchor->certificate, j->now))
		find(j,
		     "the anchor %s itself expires on %s, in %d days; then "
		     "mbedTLS and OpenSSL that check the time accept nothing "
		     "under it",
		     link.subject, link.last,
		     (int)((certificate_not_after(anchor->certificate) -
			    j->now) /
			   DAY));
}

/* ---- the anchor ---------------------------------------------------------- */

/* Its own key and name, pinned although it is no CA: BearSSL takes that. */
static bool is_pinned_server(const struct judging *j, const X509 *leaf)
{
	const struct anchor *anchor = j->what->anchor;

	return anchor && !certificate_is_ca(anchor->certificate) &&
	       certificate_same_holder(leaf, anchor->certificate);
}

static bool has_weak_link(const STACK_OF(X509) * chain)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		if (certificate_weakness(sk_X509_value(chain, i), NULL))
			return true;
	}
	return false;
}

/* The way alone; dates and weak links are told by themselves. */
static void look_accepted(const struct judging *j, const STACK_OF(X509) * chain)
{
	struct anchor patient = *j->what->anchor;
	struct link link = describe(patient.certificate);
	struct err err;
	int alert;

	patient.checks_time = false;
	if (is_pinned_server(j, sk_X509_value(chain, 0)) ||
	    chain_accepts(chain, &patient, j->now, &alert, &err))
		return;
	if (alert != UNKNOWN_CA && has_weak_link(chain))
		return;
	find(j,
	     "%s chain: devices that trust %s (%s) refuse it with alert %d: %s",
	     kind(chain), patient.name, link.subject, alert, err.text);
}

static void accepted(const struct judging *j)
{
	if (j->what->anchor)
		each_chain(j, look_accepted);
}

static void look_pinned(const struct judging *j, const STACK_OF(X509) * chain)
{
	X509 *leaf = sk_X509_value(chain, 0);
	X509 *anchor = j->what->anchor->certificate;
	struct link link = describe(anchor);

	if (!is_pinned_server(j, leaf))
		return;
	if (!certificate_self_issued(anchor))
		find(j,
		     "%s chain: the devices pinned %s, which is no CA but was "
		     "signed by %s: BearSSL accepts it, mbedTLS never does",
		     kind(chain), link.subject, link.issuer);
	else if (!certificate_equal(leaf, anchor))
		find(j,
		     "%s chain: the devices pinned another self-signed "
		     "certificate of %s with CA:FALSE: BearSSL accepts this "
		     "one, mbedTLS only that very one",
		     kind(chain), link.subject);
}

static void pinned(const struct judging *j)
{
	if (j->what->anchor)
		each_chain(j, look_pinned);
}

static void two_kinds(const struct judging *j)
{
	bool rsa = false, ecdsa = false;

	for (size_t i = 0; i < j->what->chain_count; i++) {
		EVP_PKEY *key = leaf_key(j->what->chains[i]);

		rsa |= key && EVP_PKEY_is_a(key, "RSA");
		ecdsa |= key && EVP_PKEY_is_a(key, "EC");
	}
	if (j->what->anchor && rsa && ecdsa)
		find(j,
		     "profile %s has an ECDSA certificate beside an RSA one: "
		     "old devices offer ECDHE-ECDSA first and get the ECDSA "
		     "one; leave it out",
		     j->what->profile);
}

static void nothing(const struct judging *j)
{
	int sent = 0;

	for (size_t i = 0; i < j->what->chain_count; i++)
		sent += sk_X509_num(j->what->chains[i]) > 0;
	if (!sent)
		find(j, "profile %s has no chain to send", j->what->profile);
}

/* ---- strength ------------------------------------------------------------ */

static void look_too_weak(const struct judging *j, X509 *c, const char *kind)
{
	int level;
	const char *weakness = certificate_weakness(c, &level);
	const struct link link = describe(c);

	if (weakness && level < j->what->security_level)
		find(j,
		     "%s chain: %s signed by %s: %s needs security level %d, "
		     "profile %s has %d, so that OpenSSL refuses to send it",
		     kind, link.subject, link.issuer, weakness, level,
		     j->what->profile, j->what->security_level);
}

static void too_weak(const struct judging *j)
{
	each_link(j, look_too_weak);
}

static void look_weak(const struct judging *j, X509 *c, const char *kind)
{
	int level;
	const char *weakness = certificate_weakness(c, &level);
	const struct link link = describe(c);

	if (weakness && level >= j->what->security_level)
		find(j,
		     "%s chain: %s signed by %s: %s, which security level %d "
		     "allows; mbedTLS refuses it unless it was built "
		     "otherwise",
		     kind, link.subject, link.issuer, weakness,
		     j->what->security_level);
}

static void weak(const struct judging *j)
{
	each_link(j, look_weak);
}

/* ---- size ---------------------------------------------------------------- */

static void look_size(const struct judging *j, const STACK_OF(X509) * chain)
{
	size_t size = certificate_message_size(chain);

	if (size > FULL_BUFFER)
		find(j,
		     "%s chain: its Certificate message of %zu bytes is larger "
		     "than %d; most devices close the connection without an "
		     "alert",
		     kind(chain), size, (int)FULL_BUFFER);
	else if (size > SMALL_BUFFER)
		find(j,
		     "%s chain: its Certificate message of %zu bytes is larger "
		     "than %d; devices with an input buffer of that size "
		     "close the connection without an alert",
		     kind(chain), size, (int)SMALL_BUFFER);
}

static void sizes(const struct judging *j)
{
	each_chain(j, look_size);
}

static void look_zephyr(const struct judging *j, const STACK_OF(X509) * chain)
{
	size_t size = certificate_message_size(chain);

	if (size > ZEPHYR_BUFFER)
		find(j,
		     "%s chain: its Certificate message of %zu bytes is larger "
		     "than %d, which Zephyr's mbedTLS takes unless "
		     "CONFIG_MBEDTLS_SSL_MAX_CONTENT_LEN is raised",
		     kind(chain), size, (int)ZEPHYR_BUFFER);
}

static void zephyr(const struct judging *j)
{
	each_chain(j, look_zephyr);
}

/* RFC 6066 section 4 */
static void look_fragment(const struct judging *j, const STACK_OF(X509) * chain)
{
	static const size_t lengths[] = {512, 1024, 2048, 4096};
	size_t size = certificate_message_size(chain), fits = 0;

	for (size_t i = 4; i-- > 0 && size <= lengths[i];)
		fits = lengths[i];
	if (fits == lengths[0])
		return;
	if (!fits)
		find(j,
		     "%s chain: its Certificate message of %zu bytes fits no "
		     "max_fragment_length: mbedTLS before 3.6.3 (ESP-IDF "
		     "before 5.5) fails when it asked for one",
		     kind(chain), size);
	else
		find(j,
		     "%s chain: its Certificate message of %zu bytes fits a "
		     "max_fragment_length of %zu: mbedTLS before 3.6.3 "
		     "(ESP-IDF before 5.5) fails when it asked for less",
		     kind(chain), size, fits);
}

static void fragments(const struct judging *j)
{
	each_chain(j, look_fragment);
}

/* ---- shape --------------------------------------------------------------- */

static bool is_root(X509 *c)
{
	return certificate_self_issued(c) && certificate_signed_by(c, c);
}

static void look_shape(const struct judging *j, const STACK_OF(X509) * chain)
{
	X509 *below = sk_X509_value(chain, 0);

	for (int i = 1; i < sk_X509_num(chain); i++) {
		X509 *c = sk_X509_value(chain, i);
		const struct link link = describe(c), under = describe(below);

		if (is_root(c))
			find(j,
			     "%s chain: %s is self-signed: who trusts it has "
			     "it, and it costs %zu bytes",
			     kind(chain), link.subject, certificate_size(c));
		else if (certificate_signed_by(below, c))
			below = c;
		else
			find(j,
			     "%s chain: %s signed by %s did not sign %s before "
			     "it: out of order or beside the path; BearSSL "
			     "wants the exact order, mbedTLS never turns back",
			     kind(chain), link.subject, link.issuer,
			     under.subject);
	}
}

static void shape(const struct judging *j)
{
	each_chain(j, look_shape);
}

static void look_revoked(const struct judging *j, X509 *c, const char *kind)
{
	const struct link link = describe(c);

	if (pool_revoked(j->pool, c))
		find(j, "%s chain: %s signed by %s is revoked", kind,
		     link.subject, link.issuer);
}

static void revoked(const struct judging *j)
{
	if (j->pool)
		each_link(j, look_revoked);
}

/* ---- esp_crt_bundle ------------------------------------------------------ */

/* Is its key, under its name, a root that trust stores hold? */
static bool is_root_elsewhere(const struct judging *j, X509 *c)
{
	char subject[CERTIFICATE_NAME_SIZE], id[KEY_ID_SIZE];

	for (size_t i = 0; j->pool && i < pool_count(j->pool); i++) {
		X509 *other = pool_at(j->pool, i);
		struct digest digest;
		const struct known *row;

		if (!is_root(other) || !certificate_same_holder(other, c))
			continue;
		row = certificate_fingerprint(other, &digest)
			      ? known_find(&digest)
			      : NULL;
		if (!row || !row->unbundled)
			return true;
	}
	certificate_subject(c, subject);
	if (!key_id(X509_get0_pubkey(c), id))
		return false;
	for (size_t i = 0; i < known_count(); i++) {
		const struct known *row = known_at(i);

		if (!row->unbundled && !strcmp(row->subject, row->issuer) &&
		    !strcmp(row->subject, subject) && !strcmp(row->key_id, id))
			return true;
	}
	return false;
}

static void look_bundle(const struct judging *j, const STACK_OF(X509) * chain)
{
	X509 *top = sk_X509_value(chain, sk_X509_num(chain) - 1);
	const struct link link = describe(top);

	if (!certificate_self_issued(top) && is_root_elsewhere(j, top))
		find(j,
		     "%s chain: the cross-sign of %s by %s on top makes "
		     "esp_crt_bundle devices (ESP-IDF 4 and 5) fail with alert "
		     "49 when their bundle does not hold %s",
		     kind(chain), link.subject, link.issuer, link.issuer);
}

static void bundle(const struct judging *j)
{
	each_chain(j, look_bundle);
}

/* ---- all together -------------------------------------------------------- */

static const struct check {
	enum finding_level level;
	void (*look)(const struct judging *j);
} checks[] = {
	{FINDING_ERROR, nothing},
	{FINDING_ERROR, expired},
	{FINDING_ERROR, accepted},
	{FINDING_ERROR, too_weak},
	{FINDING_WARNING, soon},
	{FINDING_WARNING, anchor_dates},
	{FINDING_WARNING, pinned},
	{FINDING_WARNING, two_kinds},
	{FINDING_WARNING, sizes},
	{FINDING_WARNING, shape},
	{FINDING_WARNING, revoked},
	{FINDING_WARNING, weak},
	{FINDING_NOTE, expired_not_counted},
	{FINDING_NOTE, soon_not_counted},
	{FINDING_NOTE, bundle},
	{FINDING_NOTE, fragments},
	{FINDING_NOTE, zephyr},
};

void judge(const struct presentation *what, const struct pool *pool,
	   int64_t now, void (*each)(void *arg, const struct finding *finding),
	   void *arg)
{
	struct judging j = {
		.what = what,
		.pool = pool,
		.now = now,
		.each = each,
		.arg = arg,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		j.level = checks[i].level;
		checks[i].look(&j);
	}
}

const char *finding_level_name(enum finding_level level)
{
	static const char *const names[] = {
		[FINDING_NOTE] = "note",
		[FINDING_WARNING] = "warning",
		[FINDING_ERROR] = "error",
	};

	return names[level];
}

int64_t judge_first_end(const STACK_OF(X509) * chain, int *which)
{
	int64_t first = INT64_MAX;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		int64_t end = certificate_not_after(sk_X509_value(chain, i));

		if (end >= first)
			continue;
		first = end;
		if (which)
			*which = i;
	}
	return first;
}
