/*
 * profile - what can be presented to a client, and which client gets what.
 *
 * A set of profiles is an immutable, counted snapshot: one SSL_CTX per
 * profile, the rules that choose among them, and the order in which those
 * who reject one are offered the others.
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
#include "tls/client.h"
#include "tls/context.h"
#include "tls/ladder.h"
#include "tls/select.h"

enum { TLS_NAME_SIZE = 65 }; /* a profile's name, with the NUL */

struct tls_profiles_spec {
	const struct tls_profile_spec *profiles;
	size_t profile_count;
	const struct tls_rule *rules;
	size_t rule_count;
	size_t default_profile; /* an index, as in the rules */
	/*
	 * Offered in turn to who rejects the default profile or one of these,
	 * at most LADDER_RUNGS_MAX - 1.
	 */
	const size_t *ladder;
	size_t ladder_count;
	struct tls_ladder *memory; /* outlives the set; NULL: nothing is
				      learned */
	struct metrics *metrics;
};

struct tls_profiles;
struct tls_profile;

/* How a handshake ended, for the metric otterd_handshakes_total. */
enum tls_result {
	TLS_RESULT_OK,	       /* a full handshake */
	TLS_RESULT_RESUMED,    /* from a ticket: no certificate was sent */
	TLS_RESULT_ALERT,      /* the client sent a fatal alert */
	TLS_RESULT_CLOSED,     /* the client went away */
	TLS_RESULT_NO_REQUEST, /* it went away after the handshake */
	TLS_RESULT_TIMEOUT,
	TLS_RESULT_ERROR, /* we gave up: no common version or cipher, ... */
	TLS_RESULTS
};

const char *tls_result_name(enum tls_result result); /* "no-request" */

/* One connection's way to its profile; the connection's own. */
struct tls_choice {
	const struct tls_profiles *set;
	struct sockaddr_storage address; /* the client's */
	int port;			 /* the local one */
	uint64_t begun;			 /* clock_ms() when it connected */
	bool told;			 /* a ClientHello was read */
	struct tls_client client;
	char network[STORE_NETWORK_SIZE];  /* its source, once told */
	const struct tls_profile *profile; /* NULL before the ClientHello */
	const struct ladder_plan *plan;
	uint64_t source;	   /* ladder_source() of the address */
	struct ladder_offer offer; /* open until tls_choice_settle() */
	bool certificate_sent;
	bool ended; /* how the handshake went has been told */
};

/*
 * Build the set.  Everything given is copied or counted up but the ladder.
 * ERR_INVALID as tls_context_build() says.
 */
bool tls_profiles_build(struct tls_profiles **out,
			const struct tls_profiles_spec *spec, struct err *err);
/* Any thread; NULL is legal for unref. */
struct tls_profiles *tls_profiles_ref(struct tls_profiles *set);
void tls_profiles_unref(struct tls_profiles *set);

/* What the rules choose; who rejects it may be offered others. */
const struct tls_profile *
tls_profiles_choose(const struct tls_profiles *set,
		    const struct tls_client *client,
		    const struct sockaddr_storage *address, int port);

const char *tls_profile_name(const struct tls_profile *profile);

/* Does it present a self-signed certificate? */
bool tls_profile_self_signed(const struct tls_profile *profile);

/*
 * A new server-side SSL, without a BIO, that chooses its profile from the
 * ClientHello and notes it in *choice, whose address, port and beginning the
 * caller has set.  The set and the choice must outlive it.  NULL when out of
 * memory.
 */
SSL *tls_profiles_accept(struct tls_profiles *set, struct tls_choice *choice);

/* Tell the ladder what became of the offer, once; nothing without one. */
void tls_choice_settle(struct tls_choice *choice, enum ladder_outcome outcome);

/* Count one handshake.  Without a profile (no ClientHello was read) it goes
 * under profile="". */
void tls_profiles_count(const struct tls_profiles *set,
			const struct tls_profile *profile,
			enum tls_result result);

#endif
