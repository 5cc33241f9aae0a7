#include "site.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

#include "pki/key.h"

struct loaded_site {
	struct config *config;
	struct site site; /* points into all of this */
	struct tls_profiles *profiles;
	struct tls_certificate *certificates; /* config->certificate_count */
	struct signer *signers;		      /* config->signer_count */
	struct product_spec *products;	      /* config->product_count */
};

/* Never NULL unless out of memory. */
static void *new_array(size_t count, size_t size)
{
	return calloc(count ? count : 1, size);
}

/* ---- certificates and profiles ------------------------------------------ */

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

static bool load_certificates(struct loaded_site *loaded, struct err *err)
{
	const struct config *config = loaded->config;

	loaded->certificates = new_array(config->certificate_count,
					 sizeof(*loaded->certificates));
	if (!loaded->certificates)
		return err_memory(err);
	for (size_t i = 0; i < config->certificate_count; i++) {
		if (!load_certificate(&loaded->certificates[i], config, i, err))
			return false;
	}
	return true;
}

static bool fill_spec(struct tls_profile_spec *spec,
		      const struct loaded_site *loaded,
		      const struct config_profile *from)
{
	const struct tls_certificate **list =
		new_array(from->certificate_count, sizeof(*list));

	if (!list)
		return false;
	for (size_t i = 0; i < from->certificate_count; i++) {
		size_t at = config_certificate(loaded->config,
					       from->certificates[i]);

		list[i] = &loaded->certificates[at];
	}
	*spec = (struct tls_profile_spec){.name = from->name,
					  .certificates = list,
					  .certificate_count =
						  from->certificate_count,
					  .min_version = from->min_version};
	return true;
}

static void fill_rule(struct tls_rule *rule, const struct config *config,
		      const struct config_rule *from)
{
	*rule = (struct tls_rule){
		.sni = from->sni,
		.port = (int)from->port,
		.profile = config_profile(config, from->profile)};
}

static bool build(struct loaded_site *loaded, struct tls_profile_spec *specs,
		  struct tls_rule *rules, struct metrics *metrics,
		  struct err *err)
{
	const struct config *c = loaded->config;

	for (size_t i = 0; i < c->profile_count; i++) {
		if (!fill_spec(&specs[i], loaded, &c->profiles[i]))
			return err_memory(err);
	}
	for (size_t i = 0; i < c->rule_count; i++)
		fill_rule(&rules[i], c, &c->rules[i]);
	return tls_profiles_build(&loaded->profiles, specs, c->profile_count,
				  rules, c->rule_count,
				  config_profile(c, c->default_profile),
				  metrics, err) ||
	       config_wrap(c, err, "tls.profiles");
}

static bool load_profiles(struct loaded_site *loaded, struct metrics *metrics,
			  struct err *err)
{
	const struct config *config = loaded->config;
	struct tls_profile_spec *specs =
		new_array(config->profile_count, sizeof(*specs));
	struct tls_rule *rules = new_array(config->rule_count, sizeof(*rules));
	bool ok = specs && rules ? build(loaded, specs, rules, metrics, err)
				 : err_memory(err);

	for (size_t i = 0; specs && i < config->profile_count; i++)
		free((void *)specs[i].certificates);
	free(specs);
	free(rules);
	return ok;
}

/* ---- signers, products, manifest ------------------------------------------
 */

static bool load_signer(EVP_PKEY **key, const char *file, struct err *err)
{
	if (!key_read_public(key, NULL, file, err))
		return false;
	return key_check_signing(*key, err) || err_wrap(err, "%s", file);
}

static bool load_signers(struct loaded_site *loaded, struct err *err)
{
	const struct config *config = loaded->config;

	loaded->signers =
		new_array(config->signer_count, sizeof(*loaded->signers));
	if (!loaded->signers)
		return err_memory(err);
	for (size_t i = 0; i < config->signer_count; i++) {
		const struct config_signer *from = &config->signers[i];
		struct signer *to = &loaded->signers[i];

		ident_parse(&to->name, from->name, strlen(from->name));
		if (!load_signer(&to->key, from->file, err))
			return config_wrap(config, err, "signers[%zu].file", i);
	}
	return true;
}

static bool fill_product(struct product_spec *to,
			 const struct loaded_site *loaded,
			 const struct config_product *from)
{
	ident_parse(&to->name, from->name, strlen(from->name));
	to->require_signature = !from->allow_unsigned;
	to->signers = new_array(from->signer_count, sizeof(*to->signers));
	if (!to->signers)
		return false;
	for (size_t i = 0; i < from->signer_count; i++) {
		size_t at = config_signer(loaded->config, from->signers[i]);

		to->signers[i] = &loaded->signers[at];
	}
	to->signer_count = from->signer_count;
	return true;
}

static bool load_products(struct loaded_site *loaded, struct err *err)
{
	const struct config *config = loaded->config;

	loaded->products =
		new_array(config->product_count, sizeof(*loaded->products));
	if (!loaded->products)
		return err_memory(err);
	for (size_t i = 0; i < config->product_count; i++) {
		if (!fill_product(&loaded->products[i], loaded,
				  &config->products[i]))
			return err_memory(err);
	}
	return true;
}

static bool check_manifest_key(EVP_PKEY *key, const char *file, struct err *err)
{
	const char *name = key_name(key);

	return strcmp(name, "ecdsa-p256") == 0 ||
	       strcmp(name, "ed25519") == 0 ||
	       err_set(err, ERR_INVALID,
		       "%s: got a key of kind %s, wanted ecdsa-p256 or ed25519",
		       file, name);
}

static bool load_manifest_key(struct loaded_site *loaded, struct err *err)
{
	const struct config *config = loaded->config;
	struct manifest_signer *to = &loaded->site.manifest;
	const char *file = config->manifest_key;

	if (key_read_private(&to->key, file, err)) {
		if (check_manifest_key(to->key, file, err) &&
		    (key_id(to->key, to->id) || err_memory(err)))
			return true;
	} else if (err->code == ERR_NOT_FOUND) {
		err_set(err, ERR_NOT_FOUND,
			"%s does not exist; 'otterd keygen --out %s' makes it",
			file, file);
	}
	return config_wrap(config, err, "manifest.key");
}

/* ---- the whole ------------------------------------------------------------
 */

static void fill_site(struct loaded_site *loaded)
{
	const struct config *config = loaded->config;
	struct site *site = &loaded->site;

	site->public_url = config->public_url;
	site->poll_interval = config->poll_interval;
	site->manifest_lifetime = config->manifest_lifetime;
	site->max_image_size = (uint64_t)config->max_image_size;
	site->products = loaded->products;
	site->product_count = config->product_count;
	site->signers = loaded->signers;
	site->signer_count = config->signer_count;
}

/* All but the configuration. */
static void drop(struct loaded_site *loaded)
{
	const struct config *config = loaded->config;

	tls_profiles_unref(loaded->profiles);
	for (size_t i = 0; loaded->products && i < config->product_count; i++)
		free(loaded->products[i].signers);
	for (size_t i = 0; loaded->signers && i < config->signer_count; i++)
		EVP_PKEY_free(loaded->signers[i].key);
	for (size_t i = 0;
	     loaded->certificates && i < config->certificate_count; i++) {
		EVP_PKEY_free(loaded->certificates[i].key);
		sk_X509_pop_free(loaded->certificates[i].chain, X509_free);
	}
	EVP_PKEY_free(loaded->site.manifest.key);
	free(loaded->products);
	free(loaded->signers);
	free(loaded->certificates);
	free(loaded);
}

bool site_load(struct loaded_site **out, struct config *config,
	       struct metrics *metrics, struct err *err)
{
	struct loaded_site *loaded = calloc(1, sizeof(*loaded));

	*out = NULL;
	if (!loaded)
		return err_memory(err);
	loaded->config = config;
	if (!load_certificates(loaded, err) ||
	    !load_profiles(loaded, metrics, err) ||
	    !load_signers(loaded, err) || !load_products(loaded, err) ||
	    !load_manifest_key(loaded, err)) {
		drop(loaded);
		return false;
	}
	fill_site(loaded);
	*out = loaded;
	return true;
}

void site_free(void *loaded)
{
	struct loaded_site *site = loaded;
	struct config *config;

	if (!site)
		return;
	config = site->config;
	drop(site);
	config_free(config);
}

const struct site *site_of(const struct loaded_site *loaded)
{
	return &loaded->site;
}

struct tls_profiles *site_profiles(const struct loaded_site *loaded)
{
	return loaded->profiles;
}

const struct config *site_config(const struct loaded_site *loaded)
{
	return loaded->config;
}

const struct tls_certificate *
site_certificates(const struct loaded_site *loaded)
{
	return loaded->certificates;
}
