#include "site_tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "base/clock.h"
#include "base/network.h"
#include "pki/certificate.h"
#include "pki/chain.h"
#include "pki/key.h"

/* The certificates that a profile sends, with the chains built for it. */
struct site_profile {
	struct tls_certificate *certificates;
	const STACK_OF(X509) * *chains;
	size_t count;
};

/* Never NULL unless out of memory. */
static void *new_array(size_t count, size_t size)
{
	return calloc(count ? count : 1, size);
}

/* ---- files -------------------------------------------------------------- */

static bool load_certificate(struct tls_certificate *to,
			     const struct config *config, size_t i,
			     struct err *err)
{
	const struct config_certificate *from = &config->certificates[i];

	to->name = from->name;
	if (!key_read_certificates(&to->chain, from->file, err))
		return config_wrap(config, err, "tls.certificates[%zu].file",
				   i);
	if (!key_read_private(&to->key, from->key, err))
		return config_wrap(config, err, "tls.certificates[%zu].key", i);
	if (X509_check_private_key(sk_X509_value(to->chain, 0), to->key) != 1) {
		err_openssl(err, ERR_INVALID,
			    "%s is not the key of the first certificate in %s",
			    from->key, from->file);
		return config_wrap(config, err, "tls.certificates[%zu].key", i);
	}
	return true;
}

static bool load_certificates(struct site_tls *tls, struct err *err)
{
	size_t count = tls->config->certificate_count;

	tls->certificates = new_array(count, sizeof(*tls->certificates));
	if (!tls->certificates)
		return err_memory(err);
	for (size_t i = 0; i < count; i++) {
		if (!load_certificate(&tls->certificates[i], tls->config, i,
				      err))
			return false;
	}
	return true;
}

static bool load_anchor(struct anchor *to, const struct config_anchor *from,
			struct err *err)
{
	STACK_OF(X509) * list;
	int count;

	if (!key_read_certificates(&list, from->file, err))
		return false;
	count = sk_X509_num(list);
	to->name = from->name;
	to->checks_time = !from->ignores_time;
	if (count == 1)
		to->certificate = sk_X509_pop(list);
	sk_X509_pop_free(list, X509_free);
	return count == 1 ||
	       err_set(err, ERR_INVALID,
		       "%s: got %d certificates, wanted one: an anchor is what "
		       "a device trusts, not a chain",
		       from->file, count);
}

static bool load_anchors(struct site_tls *tls, struct err *err)
{
	const struct config *config = tls->config;

	tls->anchors = new_array(config->anchor_count, sizeof(*tls->anchors));
	if (!tls->anchors)
		return err_memory(err);
	for (size_t i = 0; i < config->anchor_count; i++) {
		if (!load_anchor(&tls->anchors[i], &config->anchors[i], err))
			return config_wrap(config, err, "tls.anchors[%zu].file",
					   i);
	}
	return true;
}

/* What came with the key pairs counts too: their CA sent its intermediates. */
static bool load_pool(struct site_tls *tls, struct err *err)
{
	const struct config *config = tls->config;

	if (!pool_new(&tls->pool, err))
		return false;
	for (size_t i = 0; i < config->pool_count; i++) {
		if (!pool_add_path(tls->pool, config->pool[i], err))
			return config_wrap(config, err, "tls.pool[%zu]", i);
	}
	for (size_t i = 0; i < config->certificate_count; i++) {
		const STACK_OF(X509) *chain = tls->certificates[i].chain;

		for (int k = 1; k < sk_X509_num(chain); k++) {
			if (!pool_add(tls->pool, sk_X509_value(chain, k), err))
				return config_wrap(config, err, "tls.pool");
		}
	}
	return true;
}

/* ---- what a profile sends ----------------------------------------------- */

/*
 * An expired chain is better than none: some of the anchor's devices may have
 * no clock after all.  That it has expired is the judge's to say.
 */
static bool find_chain(STACK_OF(X509) * *chain, const struct site_tls *tls,
		       const struct tls_certificate *certificate,
		       const struct anchor *anchor, struct err *err)
{
	X509 *leaf = sk_X509_value(certificate->chain, 0);
	struct anchor timeless = *anchor;
	int64_t now = clock_utc();

	timeless.checks_time = false;
	return chain_build(chain, leaf, tls->pool, anchor, now, err) ||
	       (err->code == ERR_NOT_FOUND && anchor->checks_time &&
		chain_build(chain, leaf, tls->pool, &timeless, now, err));
}

static bool has_kind(const struct site_profile *sent, EVP_PKEY *key)
{
	for (size_t i = 0; i < sent->count; i++) {
		if (EVP_PKEY_get_base_id(sent->certificates[i].key) ==
		    EVP_PKEY_get_base_id(key))
			return true;
	}
	return false;
}

static void add_sent(struct site_profile *sent,
		     const struct tls_certificate *certificate,
		     STACK_OF(X509) * chain)
{
	struct tls_certificate *to = &sent->certificates[sent->count];

	*to = *certificate;
	EVP_PKEY_up_ref(to->key);
	to->chain = chain;
	sent->chains[sent->count] = chain;
	sent->count++;
}

/* Of each kind of key the first certificate that has a chain. */
static bool send_built(struct site_profile *sent, const struct site_tls *tls,
		       const struct config_profile *profile, struct err *err)
{
	const struct anchor *anchor =
		&tls->anchors[config_anchor(tls->config, profile->anchor)];
	struct err why;

	for (size_t i = 0; i < profile->certificate_count; i++) {
		const struct tls_certificate *certificate =
			&tls->certificates[config_certificate(
				tls->config, profile->certificates[i])];
		STACK_OF(X509) * chain;

		if (has_kind(sent, certificate->key))
			continue;
		if (find_chain(&chain, tls, certificate, anchor, &why))
			add_sent(sent, certificate, chain);
		else if (why.code != ERR_NOT_FOUND)
			return err_set(err, why.code, "%s", why.text);
	}
	return sent->count ||
	       err_set(err, ERR_INVALID,
		       "%s; 'otterd chains' says what is missing", why.text);
}

static bool send_files(struct site_profile *sent, const struct site_tls *tls,
		       const struct config_profile *profile, struct err *err)
{
	for (size_t i = 0; i < profile->certificate_count; i++) {
		const struct tls_certificate *certificate =
			&tls->certificates[config_certificate(
				tls->config, profile->certificates[i])];
		STACK_OF(X509) *chain = X509_chain_up_ref(certificate->chain);

		if (!chain)
			return err_memory(err);
		add_sent(sent, certificate, chain);
	}
	return true;
}

/* OpenSSL would say no more than "ca md too weak". */
static bool check_strength(const struct site_profile *sent, int level,
			   struct err *err)
{
	for (size_t i = 0; i < sent->count; i++) {
		const STACK_OF(X509) *chain = sent->chains[i];

		for (int k = 0; k < sk_X509_num(chain); k++) {
			X509 *link = sk_X509_value(chain, k);
			char subject[CERTIFICATE_NAME_SIZE];
			int allows;
			const char *why = certificate_weakness(link, &allows);

			if (!why || allows >= level)
				continue;
			certificate_subject(link, subject);
			return err_set(err, ERR_INVALID,
				       "%.200s: %s, which needs "
				       "security_level: %d",
				       subject, why, allows);
		}
	}
	return true;
}

static bool fill_sent(struct site_profile *sent, const struct site_tls *tls,
		      const struct config_profile *profile, struct err *err)
{
	size_t most = profile->certificate_count;

	sent->certificates = new_array(most, sizeof(*sent->certificates));
	sent->chains = new_array(most, sizeof(*sent->chains));
	if (!sent->certificates || !sent->chains)
		return err_memory(err);
	return (profile->anchor ? send_built(sent, tls, profile, err)
				: send_files(sent, tls, profile, err)) &&
	       check_strength(sent, profile->security_level, err);
}

static void fill_presentation(struct presentation *to,
			      const struct site_tls *tls, size_t i)
{
	const struct config_profile *profile = &tls->config->profiles[i];

	*to = (struct presentation){.profile = profile->name,
				    .chains = tls->sent[i].chains,
				    .chain_count = tls->sent[i].count,
				    .security_level = profile->security_level};
	if (profile->anchor)
		to->anchor = &tls->anchors[config_anchor(tls->config,
							 profile->anchor)];
}

static bool fill_profiles(struct site_tls *tls, struct err *err)
{
	const struct config *config = tls->config;
	size_t count = config->profile_count;

	tls->sent = new_array(count, sizeof(*tls->sent));
	tls->presentations = new_array(count, sizeof(*tls->presentations));
	if (!tls->sent || !tls->presentations)
		return err_memory(err);
	for (size_t i = 0; i < count; i++) {
		if (!fill_sent(&tls->sent[i], tls, &config->profiles[i], err))
			return config_wrap(
				config, err, "tls.profiles[%zu].%s", i,
				config->profiles[i].anchor ? "anchor"
							   : "certificates");
		fill_presentation(&tls->presentations[i], tls, i);
	}
	return true;
}

/* ---- the profiles ------------------------------------------------------- */

/* For as long as the profiles are being built. */
struct plan {
	struct tls_profile_spec *profiles;
	struct tls_rule *rules;
	struct network *sources; /* of the rules */
	size_t *ladder;
};

static void fill_rule(struct tls_rule *rule, struct network *source,
		      const struct config *config,
		      const struct config_rule *from)
{
	*rule = (struct tls_rule){
		.sni = from->sni,
		.port = (int)from->port,
		.max_version = (uint16_t)from->max_version,
		.ja4 = from->ja4,
		.profile = config_profile(config, from->profile)};
	if (from->source && network_parse(source, from->source))
		rule->source = source;
}

static void fill_plan(struct plan *plan, const struct site_tls *tls)
{
	const struct config *c = tls->config;

	for (size_t i = 0; i < c->profile_count; i++) {
		const struct config_profile *from = &c->profiles[i];

		plan->profiles[i] = (struct tls_profile_spec){
			.name = from->name,
			.certificates = tls->sent[i].certificates,
			.certificate_count = tls->sent[i].count,
			.min_version = from->min_version,
			.security_level = from->security_level,
			.ciphers = from->ciphers};
	}
	for (size_t i = 0; i < c->rule_count; i++)
		fill_rule(&plan->rules[i], &plan->sources[i], c, &c->rules[i]);
	for (size_t i = 0; i < c->ladder_count; i++)
		plan->ladder[i] = config_profile(c, c->ladder[i]);
}

static bool build_profiles(struct site_tls *tls, struct tls_ladder *memory,
			   struct metrics *metrics, struct err *err)
{
	const struct config *c = tls->config;
	struct plan plan = {
		.profiles = new_array(c->profile_count, sizeof(*plan.profiles)),
		.rules = new_array(c->rule_count, sizeof(*plan.rules)),
		.sources = new_array(c->rule_count, sizeof(*plan.sources)),
		.ladder = new_array(c->ladder_count, sizeof(*plan.ladder))};
	const struct tls_profiles_spec spec = {
		.profiles = plan.profiles,
		.profile_count = c->profile_count,
		.rules = plan.rules,
		.rule_count = c->rule_count,
		.default_profile = config_profile(c, c->default_profile),
		.ladder = plan.ladder,
		.ladder_count = c->ladder_count,
		.memory = memory,
		.metrics = metrics};
	bool ok = plan.profiles && plan.rules && plan.sources && plan.ladder;

	if (ok)
		fill_plan(&plan, tls);
	ok = ok ? tls_profiles_build(&tls->profiles, &spec, err) ||
			     config_wrap(c, err, "tls.profiles")
		: err_memory(err);
	free(plan.profiles);
	free(plan.rules);
	free(plan.sources);
	free(plan.ladder);
	return ok;
}

/* ---- the whole ---------------------------------------------------------- */

bool site_tls_read(struct site_tls *tls, const struct config *config,
		   struct err *err)
{
	*tls = (struct site_tls){.config = config};
	return load_certificates(tls, err) && load_anchors(tls, err) &&
	       load_pool(tls, err);
}

bool site_tls_load(struct site_tls *tls, const struct config *config,
		   struct tls_ladder *memory, struct metrics *metrics,
		   struct err *err)
{
	return site_tls_read(tls, config, err) && fill_profiles(tls, err) &&
	       build_profiles(tls, memory, metrics, err);
}

static void drop_certificates(struct tls_certificate *certificates,
			      size_t count)
{
	for (size_t i = 0; certificates && i < count; i++) {
		EVP_PKEY_free(certificates[i].key);
		sk_X509_pop_free(certificates[i].chain, X509_free);
	}
	free(certificates);
}

void site_tls_drop(struct site_tls *tls)
{
	const struct config *config = tls->config;

	tls_profiles_unref(tls->profiles);
	free(tls->presentations);
	for (size_t i = 0; tls->sent && i < config->profile_count; i++) {
		drop_certificates(tls->sent[i].certificates,
				  tls->sent[i].count);
		free(tls->sent[i].chains);
	}
	free(tls->sent);
	for (size_t i = 0; tls->anchors && i < config->anchor_count; i++)
		X509_free(tls->anchors[i].certificate);
	free(tls->anchors);
	pool_free(tls->pool);
	if (tls->certificates)
		drop_certificates(tls->certificates, config->certificate_count);
	*tls = (struct site_tls){0};
}
