#include "tls/context.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/sha.h>

/*
 * Forward secrecy first; plain RSA key exchange last, for clients that know
 * nothing else.  TLS 1.3 suites are OpenSSL's own.
 */
static const char cipher_list[] =
	"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:RSA+AESGCM:RSA+AES:"
	"!aNULL:!eNULL:!PSK:!SRP:!MD5:!DSS";

/* What all profiles have in common. */
static SSL_CTX *new_context(void)
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
	/* One ticket serves the one connection that a device keeps. */
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

/*
 * A session may resume only under the profile and certificates it was made
 * with: OpenSSL compares this context with the session's.
 */
static bool set_session_context(SSL_CTX *ctx,
				const struct tls_profile_spec *spec)
{
	unsigned char id[SHA256_DIGEST_LENGTH];
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	bool ok =
		hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
		EVP_DigestUpdate(hash, spec->name, strlen(spec->name) + 1) == 1;

	for (size_t i = 0; ok && i < spec->certificate_count; i++) {
		unsigned char leaf[EVP_MAX_MD_SIZE];
		unsigned int len;

		ok = X509_digest(sk_X509_value(spec->certificates[i].chain, 0),
				 EVP_sha256(), leaf, &len) == 1 &&
		     EVP_DigestUpdate(hash, leaf, len) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(hash, id, NULL) == 1 &&
	     SSL_CTX_set_session_id_context(ctx, id, sizeof(id)) == 1;
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

static bool use_certificates(SSL_CTX *ctx, const struct tls_profile_spec *spec,
			     struct err *err)
{
	for (size_t i = 0; i < spec->certificate_count; i++) {
		const struct tls_certificate *cert = &spec->certificates[i];

		if (has_kind(ctx, cert->key))
			return err_set(err, ERR_INVALID,
				       "profile %s: certificate %s: a second "
				       "one with a key of the same kind",
				       spec->name, cert->name);
		if (!use_certificate(ctx, cert))
			return err_openssl(err, ERR_INVALID,
					   "profile %s: certificate %s at "
					   "security level %d",
					   spec->name, cert->name,
					   spec->security_level);
	}
	return true;
}

static bool fill(SSL_CTX *ctx, const struct tls_profile_spec *spec,
		 struct err *err)
{
	const char *ciphers = spec->ciphers ? spec->ciphers : cipher_list;

	SSL_CTX_set_security_level(ctx, spec->security_level);
	if (SSL_CTX_set_min_proto_version(ctx, spec->min_version) != 1)
		return err_openssl(err, ERR_SYSTEM, "profile %s", spec->name);
	if (SSL_CTX_set_cipher_list(ctx, ciphers) != 1)
		return err_openssl(err, ERR_INVALID,
				   "profile %s: ciphers '%s' at security "
				   "level %d",
				   spec->name, ciphers, spec->security_level);
	return use_certificates(ctx, spec, err) &&
	       (set_session_context(ctx, spec) ||
		err_openssl(err, ERR_SYSTEM, "profile %s", spec->name));
}

bool tls_context_build(SSL_CTX **out, const struct tls_profile_spec *spec,
		       struct err *err)
{
	SSL_CTX *ctx;

	*out = NULL;
	if (!spec->certificate_count)
		return err_set(err, ERR_INVALID, "profile %s: no certificate",
			       spec->name);
	ctx = new_context();
	if (!ctx)
		return err_openssl(err, ERR_SYSTEM, "profile %s", spec->name);
	if (!fill(ctx, spec, err)) {
		SSL_CTX_free(ctx);
		return false;
	}
	*out = ctx;
	return true;
}
