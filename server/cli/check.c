#include "cli/check.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "cli/args.h"
#include "cli/command.h"
#include "config.h"
#include "pki/key.h"
#include "site.h"

enum { DAY = 24 * 60 * 60, WARN_DAYS = 30 };

/* ---- certificates ------------------------------------------------------- */

/* UTC seconds; a time that OpenSSL cannot read is long past. */
static int64_t not_after(const X509 *certificate)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm);
}

/* RFC 4514, which has no control characters. */
static void print_subject(FILE *to, const X509 *certificate)
{
	X509_NAME_print_ex_fp(to, X509_get_subject_name(certificate), 0,
			      XN_FLAG_RFC2253);
}

static void print_certificate(const struct tls_certificate *certificate)
{
	const X509 *leaf = sk_X509_value(certificate->chain, 0);
	int count = sk_X509_num(certificate->chain);
	char until[CLOCK_TEXT_SIZE];
	int bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += i2d_X509(sk_X509_value(certificate->chain, i), NULL);
	clock_rfc3339(not_after(leaf), until);
	printf("  certificate %s: ", certificate->name);
	print_subject(stdout, leaf);
	printf(", %s, %d in the chain, %d bytes, until %s\n",
	       key_name(certificate->key), count, bytes, until);
}

static void warn_of(const char *name, const X509 *certificate, int64_t now)
{
	int64_t end = not_after(certificate);
	char text[CLOCK_TEXT_SIZE];

	if (end - now >= (int64_t)WARN_DAYS * DAY)
		return;
	clock_rfc3339(end, text);
	fprintf(stderr, "warning: certificate %s: ", name);
	print_subject(stderr, certificate);
	fprintf(stderr, " %s on %s\n", end < now ? "expired" : "expires", text);
}

/* Every link of every chain, once. */
static void warn(const struct loaded_site *loaded)
{
	const struct config *config = site_config(loaded);
	int64_t now = clock_utc();

	for (size_t i = 0; i < config->certificate_count; i++) {
		const struct tls_certificate *c = &site_certificates(loaded)[i];

		for (int k = 0; k < sk_X509_num(c->chain); k++)
			warn_of(c->name, sk_X509_value(c->chain, k), now);
	}
}

/* ---- profiles ----------------------------------------------------------- */

static void print_profile(const struct loaded_site *loaded,
			  const struct config_profile *profile)
{
	const struct config *config = site_config(loaded);
	bool is_default = strcmp(profile->name, config->default_profile) == 0;

	printf("profile %s%s: TLS %s\n", profile->name,
	       is_default ? " (default)" : "",
	       profile->min_version == TLS1_3_VERSION ? "1.3" : "1.2 and 1.3");
	for (size_t i = 0; i < profile->certificate_count; i++) {
		size_t at =
			config_certificate(config, profile->certificates[i]);

		print_certificate(&site_certificates(loaded)[at]);
	}
}

static void print_rule(const struct config_rule *rule)
{
	printf("select");
	if (rule->sni)
		printf(" sni %s", *rule->sni ? rule->sni : "(none)");
	if (rule->port)
		printf(" port %u", rule->port);
	printf(": profile %s\n", rule->profile);
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

static void print_all(const struct loaded_site *loaded)
{
	const struct config *config = site_config(loaded);
	const struct site *site = site_of(loaded);

	for (size_t i = 0; i < config->profile_count; i++)
		print_profile(loaded, &config->profiles[i]);
	for (size_t i = 0; i < config->rule_count; i++)
		print_rule(&config->rules[i]);
	for (size_t i = 0; i < site->signer_count; i++)
		print_signer(&site->signers[i]);
	for (size_t i = 0; i < site->product_count; i++)
		print_product(&site->products[i]);
	printf("manifest: %s, key id %s\n", key_name(site->manifest.key),
	       site->manifest.id);
}

/* ---- the command -------------------------------------------------------- */

static bool check(const char *path, struct err *err)
{
	struct metrics *metrics = metrics_new();
	struct loaded_site *loaded = NULL;
	struct config *config = NULL;
	bool ok;

	if (!metrics)
		return err_memory(err);
	ok = config_load(&config, path, err) &&
	     site_load(&loaded, config, metrics, err);
	if (ok) {
		print_all(loaded);
		warn(loaded);
		site_free(loaded); /* and the configuration */
	} else {
		config_free(config);
	}
	metrics_free(metrics);
	return ok;
}

int check_main(int argc, char **argv)
{
	const char *config = CONFIG_DEFAULT_PATH;
	const struct args_option options[] = {ARGS_CONFIG(&config)};
	const struct args args = {
		.synopsis = "[-c FILE]",
		.about = "Reads the configuration, keys and certificates as "
			 "serve would and says what is\nserved with them, or "
			 "on which line the first fault is.\n",
		.options = options,
		.option_count = 1};
	char **operands;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (check(config, &err))
		return EXIT_DONE;
	fprintf(stderr, "%s\n",
		err.text); /* FILE:LINE first, as editors want */
	return EXIT_FAILED;
}
