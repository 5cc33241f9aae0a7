/*
 * context - one profile as an OpenSSL context: its certificates, ciphers,
 * security level, least version.
 */
#ifndef OTTERD_TLS_CONTEXT_H
#define OTTERD_TLS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "base/err.h"

/* A key pair with its chain, leaf first; borrowed while building. */
struct tls_certificate {
	const char *name;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
};

struct tls_profile_spec {
	const char *name;
	const struct tls_certificate *certificates; /* one per kind of key */
	size_t certificate_count;
	int min_version;     /* TLS1_VERSION to TLS1_3_VERSION */
	int security_level;  /* of OpenSSL, 0 to 2 */
	const char *ciphers; /* for TLS 1.2 and older, or NULL: our own list */
};

/*
 * Everything given is copied or counted up.  ERR_INVALID names the profile
 * and what OpenSSL objects to (a key that is not the certificate's, a key too
 * small for the security level, no cipher in the list, ...).  No callback is
 * set.
 */
bool tls_context_build(SSL_CTX **out, const struct tls_profile_spec *spec,
		       struct err *err);

#endif
