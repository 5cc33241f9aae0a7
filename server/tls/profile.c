#include "tls/profile.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "pki/certificate.h"

static const char *const result_names[TLS_RESULTS] = {
	[TLS_RESULT_OK] = "ok",
	[TLS_RESULT_RESUMED] = "resumed",
	[TLS_RESULT_ALERT] = "alert",
	[TLS_RESULT_CLOSED] = "closed",
	[TLS_RESULT_NO_REQUEST] = "no-request",
	[TLS_RESULT_TIMEOUT] = "timeout",
	[TLS_RESULT_ERROR] = "error"};

/* A profile, and what is offered to those who reject it. */
struct plan {
	struct ladder_plan ladder;
	size_t profiles[LADDER_RUNGS_MAX]; /* of each rung */
};

struct tls_profile {
	char name[TLS_NAME_SIZE];
	SSL_CTX *ctx;
	int min_version;
	bool self_signed; /* its leaf, or one of them */
	struct ladder_rung rung;
	struct plan plan;
	struct metric *handshakes[TLS_RESULTS];
};

struct tls_profiles {
	_Atomic int references;
	struct tls_profile *profiles;
	size_t count;
	struct tls_rules *rules;
	size_t default_profile;
	struct tls_ladder *memory; /* or NULL */
	struct metric *unchosen[TLS_RESULTS];
};

const char *tls_result_name(enum tls_result result)
{
	return result_names[result];
}

const char *tls_profile_name(const struct tls_profile *profile)
{
	return profile->name;
}

/* ---- which profile ------------------------------------------------------ */

static struct ladder_key key_of(const struct tls_choice *choice)
{
	struct ladder_key key = {.network = ""};

	text_copy(key.network, sizeof(key.network), choice->network);
	text_copy(key.ja4, sizeof(key.ja4), choice->client.ja4);
	text_copy(key.sni, sizeof(key.sni), choice->client.sni);
	key.source = choice->source;
	return key;
}

const struct tls_profile *
tls_profiles_choose(const struct tls_profiles *set,
		    const struct tls_client *client,
		    const struct sockaddr_storage *address, int port)
{
	return &set->profiles[tls_rules_choose(set->rules, client, address,
					       port, set->default_profile)];
}

static void choose(struct tls_choice *choice)
{
	const struct tls_profiles *set = choice->set;
	const struct tls_profile *first = tls_profiles_choose(
		set, &choice->client, &choice->address, choice->port);
	const struct plan *plan = &first->plan;
	struct ladder_key key;
	size_t rung = 0;

	ladder_network(&choice->address, choice->network);
	if (set->memory) {
		choice->source = ladder_source(set->memory, &choice->address);
		key = key_of(choice);
		choice->plan = &plan->ladder;
		tls_ladder_offer(set->memory, choice->plan, &key,
				 choice->client.max_version, choice->begun,
				 &choice->offer);
		rung = choice->offer.rung;
	}
	choice->profile = &set->profiles[plan->profiles[rung]];
}

void tls_choice_settle(struct tls_choice *choice, enum ladder_outcome outcome)
{
	struct ladder_key key;

	if (!choice->plan)
		return;
	key = key_of(choice);
	tls_ladder_settle(choice->set->memory, choice->plan, &key,
			  &choice->offer, outcome, clock_ms(), clock_utc());
	choice->plan = NULL;
}

static void read_hello(struct tls_choice *choice, const void *msg, size_t len)
{
	struct tls_client *client = &choice->client;
	struct hello hello;

	if (!hello_parse(&hello, msg, len) ||
	    !fingerprint_ja4(&hello, client->ja4) ||
	    !fingerprint_ja3(&hello, client->ja3))
		return;
	text_copy(client->sni, sizeof(client->sni), hello.sni);
	client->looks_like = fingerprint_looks_like(&hello, client->ja4);
	client->max_version = hello.max_version;
	client->max_fragment = hello.max_fragment;
	choice->told = true;
}

/*
 * Sees each handshake message whole: the first ClientHello before
 * on_client_hello() runs, and our Certificate when it is sent.
 */
static void on_message(int written, int version, int type, const void *msg,
		       size_t len, SSL *ssl, void *arg)
{
	struct tls_choice *choice = SSL_get_app_data(ssl);
	const unsigned char *bytes = msg;

	(void)version;
	(void)arg;
	if (type != SSL3_RT_HANDSHAKE || len < 1)
		return;
	if (written && bytes[0] == SSL3_MT_CERTIFICATE)
		choice->certificate_sent = true;
	else if (!written && bytes[0] == SSL3_MT_CLIENT_HELLO && !choice->told)
		read_hello(choice, msg, len);
}

/*
 * Every connection begins with the default profile; the switch to another
 * copies all its certificates, so it is made only where it is needed.
 * SSL_set_SSL_CTX() brings certificates, security level and ciphers; what it
 * leaves (the versions) is set here.  Runs again after a HelloRetryRequest,
 * when all is decided.
 */
static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls_choice *choice = SSL_get_app_data(ssl);

	(void)arg;
	if (choice->profile)
		return SSL_CLIENT_HELLO_SUCCESS;
	if (!choice->told) {
		*alert = SSL_AD_DECODE_ERROR;
		return SSL_CLIENT_HELLO_ERROR;
	}
	choose(choice);
	if (!SSL_set_SSL_CTX(ssl, choice->profile->ctx) ||
	    !SSL_set_min_proto_version(ssl, choice->profile->min_version)) {
		*alert = SSL_AD_INTERNAL_ERROR;
		return SSL_CLIENT_HELLO_ERROR;
	}
	return SSL_CLIENT_HELLO_SUCCESS;
}

SSL *tls_profiles_accept(struct tls_profiles *set, struct tls_choice *choice)
{
	SSL *ssl = SSL_new(set->profiles[set->default_profile].ctx);

	if (!ssl)
		return NULL;
	choice->set = set;
	choice->profile = NULL;
	choice->plan = NULL;
	choice->told = false;
	choice->certificate_sent = false;
	choice->ended = false;
	choice->network[0] = '\0';
	choice->client.sni[0] = '\0';
	choice->client.ja4[0] = '\0';
	SSL_set_app_data(ssl, choice);
	SSL_set_accept_state(ssl);
	return ssl;
}

bool tls_profile_self_signed(const struct tls_profile *profile)
{
	return profile->self_signed;
}

void tls_profiles_count(const struct tls_profiles *set,
			const struct tls_profile *profile,
			enum tls_result result)
{
	metric_add(profile ? profile->handshakes[result]
			   : set->unchosen[result],
		   1);
}

/* ---- building ----------------------------------------------------------- */

static bool is_self_signed(const struct tls_profile_spec *spec)
{
	for (size_t i = 0; i < spec->certificate_count; i++) {
		if (certificate_self_issued(
			    sk_X509_value(spec->certificates[i].chain, 0)))
			return true;
	}
	return false;
}

static struct ladder_rung measure(const struct tls_profile_spec *spec)
{
	struct ladder_rung rung = {.name = -1,
				   .ends = INT64_MAX,
				   .min_version = (uint16_t)spec->min_version};

	for (size_t i = 0; i < spec->certificate_count; i++) {
		const STACK_OF(X509) *chain = spec->certificates[i].chain;
		size_t bytes = certificate_message_size(chain);
		int count = sk_X509_num(chain);

		if (bytes > rung.bytes)
			rung.bytes = bytes;
		if (count > rung.certificates)
			rung.certificates = count;
		for (int k = 0; k < count; k++) {
			int64_t end =
				certificate_not_after(sk_X509_value(chain, k));

			if (end < rung.ends)
				rung.ends = end;
		}
	}
	return rung;
}

static void make_metrics(struct metric *handshakes[static TLS_RESULTS],
			 const char *profile, struct metrics *metrics)
{
	char labels[TLS_NAME_SIZE + 64];

	for (int i = 0; i < TLS_RESULTS; i++) {
		snprintf(labels, sizeof(labels), "profile=\"%s\",result=\"%s\"",
			 profile, result_names[i]);
		handshakes[i] = metrics_get(
			metrics, METRIC_COUNTER, "otterd_handshakes_total",
			labels, "TLS handshakes by profile and result.");
	}
}

static bool build_profile(struct tls_profile *profile,
			  const struct tls_profile_spec *spec,
			  const struct tls_profiles_spec *all, struct err *err)
{
	if (!text_copy(profile->name, sizeof(profile->name), spec->name))
		return err_set(err, ERR_INVALID, "profile %s: name too long",
			       spec->name);
	if (!tls_context_build(&profile->ctx, spec, err))
		return false;
	SSL_CTX_set_client_hello_cb(profile->ctx, on_client_hello, NULL);
	SSL_CTX_set_msg_callback(profile->ctx, on_message);
	profile->min_version = spec->min_version;
	profile->self_signed = is_self_signed(spec);
	profile->rung = measure(spec);
	if (all->memory) {
		profile->rung.name =
			tls_ladder_name(all->memory, profile->name);
		if (profile->rung.name < 0)
			return err_set(err, ERR_INVALID,
				       "profile %s: more than %d names since "
				       "the start; restart",
				       profile->name, LADDER_NAMES_MAX);
	}
	make_metrics(profile->handshakes, profile->name, all->metrics);
	return true;
}

static void add_rung(struct plan *plan, const struct tls_profiles *set,
		     size_t profile)
{
	plan->profiles[plan->ladder.count] = profile;
	plan->ladder.rungs[plan->ladder.count] = set->profiles[profile].rung;
	plan->ladder.count++;
}

/*
 * First the profile itself, then the others of the ladder in their order.  A
 * profile that only rules choose and that is not on the ladder stands alone.
 */
static void make_plan(struct tls_profiles *set, size_t profile,
		      const struct tls_profiles_spec *spec)
{
	struct plan *plan = &set->profiles[profile].plan;
	bool climbs = profile == spec->default_profile;

	for (size_t i = 0; i < spec->ladder_count; i++)
		climbs |= spec->ladder[i] == profile;
	add_rung(plan, set, profile);
	for (size_t i = 0; climbs && i < spec->ladder_count; i++) {
		if (spec->ladder[i] != profile)
			add_rung(plan, set, spec->ladder[i]);
	}
}

static bool build(struct tls_profiles *set,
		  const struct tls_profiles_spec *spec, struct err *err)
{
	size_t count = spec->profile_count;

	set->default_profile = spec->default_profile;
	set->memory = spec->memory;
	set->rules = tls_rules_new(spec->rules, spec->rule_count);
	set->profiles = calloc(count ? count : 1, sizeof(*set->profiles));
	if (!set->profiles || !set->rules)
		return err_memory(err);
	if (spec->ladder_count >= LADDER_RUNGS_MAX)
		return err_set(err, ERR_INVALID,
			       "got %zu profiles in the ladder, wanted at most "
			       "%d",
			       spec->ladder_count, LADDER_RUNGS_MAX - 1);
	for (size_t i = 0; i < count; i++) {
		set->count++;
		if (!build_profile(&set->profiles[i], &spec->profiles[i], spec,
				   err))
			return false;
	}
	for (size_t i = 0; i < count; i++)
		make_plan(set, i, spec);
	make_metrics(set->unchosen, "", spec->metrics);
	return true;
}

bool tls_profiles_build(struct tls_profiles **out,
			const struct tls_profiles_spec *spec, struct err *err)
{
	struct tls_profiles *set = calloc(1, sizeof(*set));

	*out = NULL;
	if (!set)
		return err_memory(err);
	set->references = 1;
	if (!build(set, spec, err)) {
		tls_profiles_unref(set);
		return false;
	}
	*out = set;
	return true;
}

struct tls_profiles *tls_profiles_ref(struct tls_profiles *set)
{
	atomic_fetch_add(&set->references, 1);
	return set;
}

void tls_profiles_unref(struct tls_profiles *set)
{
	if (!set || atomic_fetch_sub(&set->references, 1) > 1)
		return;
	tls_rules_free(set->rules);
	for (size_t i = 0; i < set->count; i++)
		SSL_CTX_free(set->profiles[i].ctx);
	free(set->profiles);
	free(set);
}
