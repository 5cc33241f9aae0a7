#include "cli/check.h"

#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/show_chain.h"
#include "config.h"
#include "pki/certificate.h"
#include "pki/judge.h"
#include "pki/key.h"
#include "site.h"

/* ---- profiles ----------------------------------------------------------- */

static const struct {
	int version; /* the least one */
	const char *name;
	const char *range;
} versions[] = {
	{TLS1_VERSION, "1.0", "TLS 1.0 to 1.3"},
	{TLS1_1_VERSION, "1.1", "TLS 1.1 to 1.3"},
	{TLS1_2_VERSION, "1.2", "TLS 1.2 and 1.3"},
	{TLS1_3_VERSION, "1.3", "TLS 1.3"},
};

static size_t version_row(int version)
{
	size_t i = sizeof(versions) / sizeof(*versions) - 1;

	while (i > 0 && versions[i].version != version)
		i--;
	return i;
}

static void print_anchor(const struct anchor *anchor)
{
	char subject[CERTIFICATE_NAME_SIZE];

	if (!anchor) {
		show_fact("anchor", "none, the chain is that of the file");
		return;
	}
	certificate_subject(anchor->certificate, subject);
	show_fact("anchor", "%s, %s", anchor->name, subject);
	show_fact("devices", "%s", show_devices(anchor));
}

static int kind_of(const STACK_OF(X509) * chain)
{
	const X509 *leaf = sk_X509_value(chain, 0);

	return EVP_PKEY_get_base_id(X509_get0_pubkey(leaf));
}

static void print_unsent(const struct tls_certificate *certificate,
			 const struct presentation *sent)
{
	for (size_t i = 0; i < sent->chain_count; i++) {
		if (kind_of(sent->chains[i]) != kind_of(certificate->chain))
			continue;
		show_fact("not sent",
			  "%s, one with the same kind of key comes "
			  "first",
			  certificate->name);
		return;
	}
	show_fact("not sent", "%s, no chain leads from it to the anchor",
		  certificate->name);
}

static void print_certificate(const struct tls_certificate *certificate,
			      const struct presentation *sent, int64_t now)
{
	const STACK_OF(X509) *chain =
		show_chain_of(sent, sk_X509_value(certificate->chain, 0));

	if (chain)
		show_chain(certificate->name, chain, sent->anchor, now);
	else
		print_unsent(certificate, sent);
}

static void print_note(void *none, const struct finding *finding)
{
	if (finding->level == FINDING_NOTE)
		show_finding(none, finding);
}

static void print_profile(const struct loaded_site *loaded, size_t i,
			  int64_t now)
{
	const struct config *config = site_config(loaded);
	const struct config_profile *profile = &config->profiles[i];
	const struct presentation *sent = &site_presentations(loaded)[i];
	bool is_default = strcmp(profile->name, config->default_profile) == 0;

	printf("profile %s%s\n", profile->name, is_default ? " (default)" : "");
	show_fact("versions", "%s",
		  versions[version_row(profile->min_version)].range);
	show_fact("security level", "%d", profile->security_level);
	if (profile->ciphers)
		show_fact("ciphers", "%s", profile->ciphers);
	print_anchor(sent->anchor);
	for (size_t k = 0; k < profile->certificate_count; k++) {
		size_t at =
			config_certificate(config, profile->certificates[k]);

		print_certificate(&site_certificates(loaded)[at], sent, now);
	}
	judge(sent, site_pool(loaded), now, print_note, NULL);
	putchar('\n');
}

/* ---- which client gets which -------------------------------------------- */

static void print_rule(const struct config_rule *rule)
{
	printf("select");
	if (rule->sni)
		printf(" sni %s", *rule->sni ? rule->sni : "(none)");
	if (rule->port)
		printf(" port %u", rule->port);
	if (rule->source)
		printf(" source %s", rule->source);
	if (rule->max_version)
		printf(" max_version %s",
		       versions[version_row(rule->max_version)].name);
	if (rule->ja4)
		printf(" ja4 %s", rule->ja4);
	printf(": profile %s\n", rule->profile);
}

static void print_ladder(const struct config *config)
{
	printf("ladder: %s", config->ladder_count ? "" : "off");
	for (size_t i = 0; i < config->ladder_count; i++)
		printf("%s%s", i ? ", " : "", config->ladder[i]);
	putchar('\n');
}

/* ---- signers, products, the manifest ------------------------------------ */

/* OpenSSL has read the key, so that this fails is not to be expected. */
static const char *id_of(EVP_PKEY *key, char id[static KEY_ID_SIZE])
{
	return key_id(key, id) ? id : "unknown";
}

static void print_signer(const struct signer *signer)
{
	char id[KEY_ID_SIZE];

	printf("signer %s: %s, key id %s\n", signer->name.text,
	       key_name(signer->key), id_of(signer->key, id));
}

static void print_product(const struct product_spec *product)
{
	printf("product %s: %s", product->name.text,
	       product->require_signature ? "signed by"
					  : "unsigned, or signed by");
	for (size_t i = 0; i < product->signer_count; i++)
		printf("%s %s", i ? "," : "", product->signers[i]->name.text);
	printf("%s\n", product->signer_count ? "" : " nobody");
}

static void print_all(const struct loaded_site *loaded, int64_t now)
{
	const struct config *config = site_config(loaded);
	const struct site *site = site_of(loaded);

	for (size_t i = 0; i < config->profile_count; i++)
		print_profile(loaded, i, now);
	for (size_t i = 0; i < config->rule_count; i++)
		print_rule(&config->rules[i]);
	print_ladder(config);
	for (size_t i = 0; i < site->signer_count; i++)
		print_signer(&site->signers[i]);
	for (size_t i = 0; i < site->product_count; i++)
		print_product(&site->products[i]);
	printf("manifest: %s, key id %s\n", key_name(site->manifest.key),
	       site->manifest.id);
}

/* ---- what is wrong ------------------------------------------------------ */

struct complaint {
	const char *profile;
	bool error; /* there was one */
};

static void complain(void *arg, const struct finding *finding)
{
	struct complaint *complaint = arg;

	if (finding->level == FINDING_NOTE)
		return;
	fprintf(stderr, "%s: profile %s: %s\n",
		finding_level_name(finding->level), complaint->profile,
		finding->text);
	complaint->error |= finding->level == FINDING_ERROR;
}

static bool is_offered(const struct config *config, const char *profile)
{
	bool offered = strcmp(profile, config->default_profile) == 0;

	for (size_t i = 0; i < config->rule_count; i++)
		offered |= strcmp(config->rules[i].profile, profile) == 0;
	for (size_t i = 0; i < config->ladder_count; i++)
		offered |= strcmp(config->ladder[i], profile) == 0;
	return offered;
}

static bool is_presented(const struct config *config, const char *anchor)
{
	for (size_t i = 0; i < config->profile_count; i++) {
		const char *name = config->profiles[i].anchor;

		if (name && strcmp(name, anchor) == 0)
			return true;
	}
	return false;
}

static void complain_of_anchors(const struct config *config)
{
	for (size_t i = 0; i < config->anchor_count; i++) {
		const char *name = config->anchors[i].name;

		if (!is_presented(config, name))
			fprintf(stderr,
				"warning: anchor %s: no profile is for it; "
				"'otterd chains' says whether its devices can "
				"be served\n",
				name);
	}
}

/* Behind all that was printed, where it is seen.  False after an error. */
static bool complain_of_all(const struct loaded_site *loaded, int64_t now)
{
	const struct config *config = site_config(loaded);
	struct complaint complaint = {0};

	fflush(stdout);
	complain_of_anchors(config);
	for (size_t i = 0; i < config->profile_count; i++) {
		complaint.profile = config->profiles[i].name;
		if (!is_offered(config, complaint.profile))
			fprintf(stderr,
				"warning: profile %s: offered to nobody: it is "
				"not the default, no rule of tls.select "
				"chooses it and tls.ladder has it not\n",
				complaint.profile);
		judge(&site_presentations(loaded)[i], site_pool(loaded), now,
		      complain, &complaint);
	}
	return !complaint.error;
}

/* ---- the command -------------------------------------------------------- */

/* The reason begins with FILE:LINE, as editors want it. */
static bool load(struct loaded_site **loaded, const char *path)
{
	struct config *config;
	struct err err;

	if (config_load(&config, path, &err)) {
		if (site_check_dir(config, &err) &&
		    site_load(loaded, config, NULL, NULL, &err))
			return true;
		config_free(config);
	}
	fprintf(stderr, "%s\n", err.text);
	return false;
}

int check_main(int argc, char **argv)
{
	const char *config = CONFIG_DEFAULT_PATH;
	const struct args_option options[] = {ARGS_CONFIG(&config)};
	const struct args args = {
		.synopsis = "[-c FILE]",
		.about = "Reads the configuration, keys and certificates as "
			 "serve would and says what is\nserved with them, or "
			 "on which line the first fault is.  What will hurt "
			 "somebody is\nsaid on standard error, and what does "
			 "not work now makes the exit status 1.\n",
		.options = options,
		.option_count = 1};
	struct loaded_site *loaded;
	int64_t now = clock_utc();
	char **operands;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (!load(&loaded, config))
		return EXIT_FAILED;
	print_all(loaded, now);
	status = complain_of_all(loaded, now) ? EXIT_DONE : EXIT_FAILED;
	site_free(loaded);
	return status;
}
