#include "tls/profile.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

/*
 * Forward secrecy first; plain RSA key exchange last, for clients that know
 * nothing else.  TLS 1.3 suites are OpenSSL's own.
 */
static const char cipher_list[] =
	"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:RSA+AESGCM:RSA+AES:"
	"!aNULL:!eNULL:!PSK:!SRP:!MD5:!DSS";

static const char *const result_names[TLS_RESULTS] = {
	[TLS_RESULT_OK] = "ok",		  [TLS_RESULT_RESUMED] = "resumed",
	[TLS_RESULT_ALERT] = "alert",	  [TLS_RESULT_CLOSED] = "closed",
	[TLS_RESULT_TIMEOUT] = "timeout", [TLS_RESULT_ERROR] = "error"};

struct tls_profile {
	char name[TLS_NAME_SIZE];
	SSL_CTX *ctx;
	int min_version;
	struct metric *handshakes[TLS_RESULTS];
};

struct rule {
	char *sni; /* NULL is any */
	int port;
	size_t profile;
};

struct tls_profiles {
	_Atomic int references;
	struct tls_profile *profiles;
	size_t count;
	struct rule *rules;
	size_t rule_count;
	size_t default_profile;
	struct metric *unchosen[TLS_RESULTS];
};

/* ---- which profile ------------------------------------------------------ */

/* "*.example.com" stands for one label, as in RFC 6125 section 6.4.3. */
static bool name_matches(const char *pattern, const char *sni)
{
	const char *dot;

	if (strncmp(pattern, "*.", 2) != 0)
		return strcmp(pattern, sni) == 0;
	dot = strchr(sni, '.');
	return dot && dot != sni && strcmp(pattern + 1, dot) == 0;
}

const struct tls_profile *tls_profiles_choose(const struct tls_profiles *set,
					      const char *sni, int port)
{
	for (size_t i = 0; i < set->rule_count; i++) {
		const struct rule *rule = &set->rules[i];

		if (rule->port && rule->port != port)
			continue;
		if (rule->sni && !name_matches(rule->sni, sni))
			continue;
		return &set->profiles[rule->profile];
	}
	return &set->profiles[set->default_profile];
}

/*
 * Read the one host_name of a server_name extension (RFC 6066 section 3).
 * False when it is malformed or holds anything but a host name.
 */
static bool read_sni(const unsigned char *ext, size_t len,
		     char sni[static TLS_SNI_SIZE])
{
	size_t name_len;

	if (len < 5 || (size_t)(ext[0] << 8 | ext[1]) != len - 2 || ext[2])
		return false;
	name_len = (size_t)(ext[3] << 8 | ext[4]);
	if (name_len != len - 5 || name_len < 1 || name_len >= TLS_SNI_SIZE)
		return false;
	for (size_t i = 0; i < name_len; i++) {
		unsigned char c = ext[5 + i];

		if (!isalnum(c) && c != '-' && c != '.' && c != '_' && c != ':')
			return false;
		sni[i] = (char)tolower(c);
	}
	if (sni[name_len - 1] == '.')
		name_len--; /* an absolute name's last dot */
	sni[name_len] = '\0';
	return true;
}

/*
 * Every connection begins with the default profile; the switch to another
 * copies all its certificates, so it is made only where it is needed.
 * SSL_set_SSL_CTX() brings certificates, security level and ciphers; what it
 * leaves (the versions) is set here.  Runs again after a HelloRetryRequest,
 * to the same end.
 */
static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
	struct tls_choice *choice = SSL_get_app_data(ssl);
	const unsigned char *ext;
	size_t len;

	(void)arg;
	if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &ext,
				      &len) &&
	    !read_sni(ext, len, choice->sni)) {
		*alert = SSL_AD_DECODE_ERROR;
		return SSL_CLIENT_HELLO_ERROR;
	}
	choice->profile =
		tls_profiles_choose(choice->set, choice->sni, choice->port);
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
	choice->sni[0] = '\0';
	SSL_set_app_data(ssl, choice);
	SSL_set_accept_state(ssl);
	return ssl;
}

const char *tls_profile_name(const struct tls_profile *profile)
{
	return profile->name;
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

/* What all profiles have in common. */
static SSL_CTX *new_ctx(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx)
		return NULL;
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS |
				      SSL_MODE_NO_AUTO_CHAIN |
				      SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_client_hello_cb(ctx, on_client_hello, NULL);
	/* One ticket serves the one connection that a device keeps. */
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

/*
 * A session may resume only under the profile and certificates it was made
 * with: OpenSSL compares this context with the session's.
 */
static bool set_session_context(struct tls_profile *profile,
				const struct tls_profile_spec *spec)
{
	unsigned char id[SHA256_DIGEST_LENGTH];
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool ok = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
		  EVP_DigestUpdate(hash, profile->name,
				   strlen(profile->name) + 1) == 1;

	for (size_t i = 0; ok && i < spec->certificate_count; i++) {
		unsigned char leaf[EVP_MAX_MD_SIZE];
		unsigned int len;

		ok = X509_digest(sk_X509_value(spec->certificates[i]->chain, 0),
				 EVP_sha256(), leaf, &len) == 1 &&
		     EVP_DigestUpdate(hash, leaf, len) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(hash, id, NULL) == 1 &&
	     SSL_CTX_set_session_id_context(profile->ctx, id, sizeof(id)) == 1;
	EVP_MD_CTX_free(hash);
	return ok;
}

static bool use_certificate(SSL_CTX *ctx, const struct tls_certificate *cert)
{
	STACK_OF(X509) *above = sk_X509_dup(cert->chain);
	X509 *leaf = above ? sk_X509_shift(above) : NULL;
	bool ok = leaf &&
		  SSL_CTX_use_cert_and_key(ctx, leaf, cert->key, above, 1) == 1;

	sk_X509_free(above);
	return ok;
}

/* OpenSSL would let a certificate replace one with the same kind of key. */
static bool has_kind(SSL_CTX *ctx, EVP_PKEY *key)
{
	bool found = false;
	long more = SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_FIRST);

	while (more == 1 && !found) {
		EVP_PKEY *other = SSL_CTX_get0_privatekey(ctx);

		found = other && EVP_PKEY_get_base_id(other) ==
					 EVP_PKEY_get_base_id(key);
		more = SSL_CTX_set_current_cert(ctx, SSL_CERT_SET_NEXT);
	}
	return found;
}

static bool build_profile(struct tls_profile *profile,
			  const struct tls_profile_spec *spec, struct err *err)
{
	int len = snprintf(profile->name, sizeof(profile->name), "%s",
			   spec->name);

	if (len < 0 || (size_t)len >= sizeof(profile->name))
		return err_set(err, ERR_INVALID, "profile %s: name too long",
			       spec->name);
	if (!spec->certificate_count)
		return err_set(err, ERR_INVALID, "profile %s: no certificate",
			       spec->name);
	profile->min_version = spec->min_version;
	profile->ctx = new_ctx();
	if (!profile->ctx ||
	    SSL_CTX_set_cipher_list(profile->ctx, cipher_list) != 1)
		return err_openssl(err, ERR_SYSTEM, "profile %s", spec->name);
	for (size_t i = 0; i < spec->certificate_count; i++) {
		const struct tls_certificate *cert = spec->certificates[i];

		if (has_kind(profile->ctx, cert->key))
			return err_set(err, ERR_INVALID,
				       "profile %s: certificate %s: a second "
				       "one with a key of the same kind",
				       spec->name, cert->name);
		if (!use_certificate(profile->ctx, cert))
			return err_openssl(err, ERR_INVALID,
					   "profile %s: certificate %s",
					   spec->name, cert->name);
	}
	if (!set_session_context(profile, spec))
		return err_openssl(err, ERR_SYSTEM, "profile %s", spec->name);
	return true;
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

static bool copy_rules(struct tls_profiles *set, const struct tls_rule *rules,
		       size_t count)
{
	set->rules = calloc(count ? count : 1, sizeof(*set->rules));
	if (!set->rules)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct rule *rule = &set->rules[i];

		if (rules[i].sni) {
			rule->sni = strdup(rules[i].sni);
			if (!rule->sni)
				return false;
		}
		rule->port = rules[i].port;
		rule->profile = rules[i].profile;
		set->rule_count++;
	}
	return true;
}

bool tls_profiles_build(struct tls_profiles **out,
			const struct tls_profile_spec *specs, size_t count,
			const struct tls_rule *rules, size_t rule_count,
			size_t default_profile, struct metrics *metrics,
			struct err *err)
{
	struct tls_profiles *set = calloc(1, sizeof(*set));

	*out = NULL;
	if (!set)
		return err_memory(err);
	set->references = 1;
	set->default_profile = default_profile;
	set->profiles = calloc(count ? count : 1, sizeof(*set->profiles));
	if (!set->profiles || !copy_rules(set, rules, rule_count)) {
		err_memory(err);
		goto fail;
	}
	for (size_t i = 0; i < count; i++) {
		set->count++;
		if (!build_profile(&set->profiles[i], &specs[i], err))
			goto fail;
		make_metrics(set->profiles[i].handshakes, specs[i].name,
			     metrics);
	}
	make_metrics(set->unchosen, "", metrics);
	*out = set;
	return true;
fail:
	tls_profiles_unref(set);
	return false;
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
	for (size_t i = 0; i < set->rule_count; i++)
		free(set->rules[i].sni);
	free(set->rules);
	for (size_t i = 0; i < set->count; i++)
		SSL_CTX_free(set->profiles[i].ctx);
	free(set->profiles);
	free(set);
}
