/*
 * profile - what can be presented to a client, and which client gets what.
 *
 * A set of profiles is an immutable, counted snapshot: one SSL_CTX per
 * profile and the rules that choose among them.
 */
#ifndef OTTERD_TLS_PROFILE_H
#define OTTERD_TLS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "base/err.h"
#include "base/metrics.h"

enum { TLS_NAME_SIZE = 65 }; /* a profile's name, with the NUL */

/* A key pair with its chain, leaf first; borrowed while building. */
struct tls_certificate {
	const char *name;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
};

struct tls_profile_spec {
	const char *name;
	const struct tls_certificate *const *certificates;
	size_t certificate_count;
	int min_version; /* TLS1_2_VERSION, TLS1_3_VERSION, ... */
};

/* A rule matches when all that it sets match; first match wins. */
struct tls_rule {
	const char *sni; /* lower case; "" is "no SNI"; NULL is any; "*.x" one
			    label in front of x */
	int port;	 /* 0 is any */
	size_t profile;	 /* index into the specs */
};

struct tls_profiles;
struct tls_profile;

enum { TLS_SNI_SIZE = 256 }; /* RFC 1035: 255 and a NUL */

/* How a handshake ended, for the metric otterd_handshakes_total. */
enum tls_result {
	TLS_RESULT_OK,	    /* a full handshake */
	TLS_RESULT_RESUMED, /* from a ticket: no certificate was sent */
	TLS_RESULT_ALERT,   /* the client sent a fatal alert */
	TLS_RESULT_CLOSED,  /* the client went away */
	TLS_RESULT_TIMEOUT,
	TLS_RESULT_ERROR, /* we gave up: no common version or cipher, ... */
	TLS_RESULTS
};

/* One connection's way to its profile; the connection's own. */
struct tls_choice {
	const struct tls_profiles *set;
	int port;			   /* the local one */
	const struct tls_profile *profile; /* NULL before the ClientHello */
	char sni[TLS_SNI_SIZE];		   /* lower case; "" for none */
};

/*
 * Build the set.  Everything given is copied or counted up.  ERR_INVALID
 * names the profile and what OpenSSL objects to (a key that is not the
 * certificate's, a key too small for the security level, ...).
 */
bool tls_profiles_build(struct tls_profiles **out,
			const struct tls_profile_spec *specs, size_t count,
			const struct tls_rule *rules, size_t rule_count,
			size_t default_profile, struct metrics *metrics,
			struct err *err);
/* Any thread; NULL is legal for unref. */
struct tls_profiles *tls_profiles_ref(struct tls_profiles *set);
void tls_profiles_unref(struct tls_profiles *set);

/* The rules' choice for a server name ("" for none) on a local port. */
const struct tls_profile *tls_profiles_choose(const struct tls_profiles *set,
					      const char *sni, int port);

const char *tls_profile_name(const struct tls_profile *profile);

/*
 * A new server-side SSL, without a BIO, that chooses its profile from the
 * ClientHello and notes it in *choice, whose port the caller has set.  The
 * set and the choice must outlive it.  NULL when out of memory.
 */
SSL *tls_profiles_accept(struct tls_profiles *set, struct tls_choice *choice);

/* Count one handshake.  Without a profile (no ClientHello was read) it goes
 * under profile="". */
void tls_profiles_count(const struct tls_profiles *set,
			const struct tls_profile *profile,
			enum tls_result result);

#endif
