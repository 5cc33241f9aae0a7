#include "site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pki/key.h"
#include "site_tls.h"

struct loaded_site {
	struct config *config;
	struct site site; /* points into all of this */
	struct site_tls tls;
	struct signer *signers;	       /* config->signer_count */
	struct product_spec *products; /* config->product_count */
};

/* Never NULL unless out of memory. */
static void *new_array(size_t count, size_t size)
{
	return calloc(count ? count : 1, size);
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
	site->profiles = loaded->tls.presentations;
	site->profile_count = config->profile_count;
	site->default_profile = config->default_profile;
	site->pool = loaded->tls.pool;
}

/* All but the configuration. */
static void drop(struct loaded_site *loaded)
{
	const struct config *config = loaded->config;

	site_tls_drop(&loaded->tls);
	for (size_t i = 0; loaded->products && i < config->product_count; i++)
		free(loaded->products[i].signers);
	for (size_t i = 0; loaded->signers && i < config->signer_count; i++)
		EVP_PKEY_free(loaded->signers[i].key);
	EVP_PKEY_free(loaded->site.manifest.key);
	free(loaded->products);
	free(loaded->signers);
	free(loaded);
}

bool site_check_dir(const struct config *config, struct err *err)
{
	const char *dir = config->data_dir;
	struct stat st;

	if (stat(dir, &st) < 0)
		err_set(err, ERR_NOT_FOUND, "%s: %s%s", dir, strerror(errno),
			errno == ENOENT ? "; it has to be there, owned by the "
					  "user that serves"
					: "");
	else if (!S_ISDIR(st.st_mode))
		err_set(err, ERR_INVALID, "%s is no directory", dir);
	else
		return true;
	return config_wrap(config, err, "server.data_dir");
}

bool site_load(struct loaded_site **out, struct config *config,
	       struct tls_ladder *memory, struct metrics *metrics,
	       struct err *err)
{
	struct loaded_site *loaded = calloc(1, sizeof(*loaded));

	*out = NULL;
	if (!loaded)
		return err_memory(err);
	loaded->config = config;
	if (!site_tls_load(&loaded->tls, config, memory, metrics, err) ||
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
	return loaded->tls.profiles;
}

const struct config *site_config(const struct loaded_site *loaded)
{
	return loaded->config;
}

const struct tls_certificate *
site_certificates(const struct loaded_site *loaded)
{
	return loaded->tls.certificates;
}

const struct anchor *site_anchors(const struct loaded_site *loaded)
{
	return loaded->tls.anchors;
}

const struct pool *site_pool(const struct loaded_site *loaded)
{
	return loaded->tls.pool;
}

const struct presentation *site_presentations(const struct loaded_site *loaded)
{
	return loaded->tls.presentations;
}
