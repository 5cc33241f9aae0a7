/*
 * ladder - which profile to offer a client next, learned from what clients
 * like it rejected.
 *
 * Clients are told apart by source network, fingerprint (JA4) and server
 * name; behind one address many devices may look alike and trust different
 * roots.  So the ladder remembers for each such key what was accepted, what
 * was rejected, and who is expected back: a client that was rejected by one
 * profile returns for another.  Shared by all workers; one lock, held for
 * well under a microsecond.  Times are clock_ms() and, where kept, UTC.
 */
#ifndef OTTERD_TLS_LADDER_H
#define OTTERD_TLS_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "store/ladder.h"
#include "tls/ladder_keys.h"
#include "tls/ladder_returns.h"

enum {
	LADDER_NAMES_MAX = 64,	   /* profiles ever heard of */
	LADDER_NAMES_RESTORED = 48 /* of them only from kept rows, so that
				      there is room for those in use */
};

struct tls_ladder;

/* A profile as the ladder sees it. */
struct ladder_rung {
	int name;	      /* from tls_ladder_name() */
	size_t bytes;	      /* of its largest Certificate message */
	int64_t ends;	      /* UTC: when its first link expires */
	int certificates;     /* in its longest chain */
	uint16_t min_version; /* 0x0303 for TLS 1.2 */
};

/*
 * What may be offered, the first one first.  One rung: there is no choice,
 * but who rejects it is still remembered.  Part of an immutable snapshot.
 */
struct ladder_plan {
	struct ladder_rung rungs[LADDER_RUNGS_MAX];
	size_t count; /* 1 and up */
};

/* One offer, between tls_ladder_offer() and tls_ladder_settle(). */
struct ladder_offer {
	size_t rung; /* index into the plan */
	/* Private: */
	uint64_t begun_ms;
	uint32_t fit;		    /* rungs its versions allow, a bit each */
	struct ladder_return taken; /* the client's way so far, as far as can
				       be told */
};

/* What became of it. */
enum ladder_outcome {
	LADDER_ACCEPTED, /* full handshake, and a request came */
	LADDER_REJECTED, /* alert 48, 43, 46: not this chain */
	LADDER_EXPIRED,	 /* alert 45: nothing with an expired link either */
	LADDER_BUNDLE,	 /* alert 49: esp_crt_bundle, short chains first */
	LADDER_SILENT,	 /* closed or reset after the Certificate: perhaps too
			    large, smaller chains first */
	LADDER_UNUSED,	 /* a full handshake, but no request */
	LADDER_UNFIT,	 /* we had no version or cipher in common */
	LADDER_UNTOLD	 /* resumed, alert 42, a deadline, cut before the
			    Certificate: no evidence */
};

bool tls_ladder_new(struct tls_ladder **out, struct err *err);
void tls_ladder_free(struct tls_ladder *ladder); /* NULL is legal */

/*
 * The number of a profile's name, the same for as long as the ladder lives.
 * -1 when LADDER_NAMES_MAX others have one.
 */
int tls_ladder_name(struct tls_ladder *ladder, const char *profile);

/*
 * Choose for a client that has sent its ClientHello on a connection that was
 * accepted at `begun_ms`: it is none of those that failed after that.  Clients
 * whose key is not known get the first rung that their versions allow.  Always
 * gives a rung; must be settled once.  Any thread.
 */
void tls_ladder_offer(struct tls_ladder *ladder, const struct ladder_plan *plan,
		      const struct ladder_key *key, uint16_t max_version,
		      uint64_t begun_ms, struct ladder_offer *offer);

/*
 * Say what became of an offer.  Remembers a key only from its first rejection
 * on.  Any thread.
 */
void tls_ladder_settle(struct tls_ladder *ladder,
		       const struct ladder_plan *plan,
		       const struct ladder_key *key,
		       const struct ladder_offer *offer,
		       enum ladder_outcome outcome, uint64_t now_ms,
		       int64_t utc);

/*
 * Give each key that changed since the last call, as the row to be kept, at
 * most `limit`; each() runs outside the lock.  Also how keys that were
 * forgotten go: a row with an empty `rejected` and `preferred`.
 */
size_t tls_ladder_changes(struct tls_ladder *ladder, size_t limit,
			  void (*each)(void *arg, const struct ladder_row *row),
			  void *arg);

/* Put back a row that was kept; false when there is no room or it is older
 * than `oldest`, UTC. */
bool tls_ladder_restore(struct tls_ladder *ladder, const struct ladder_row *row,
			int64_t oldest);

/*
 * Keys of which some client has rejected every rung that its versions allow,
 * and was not seen to accept one since.
 */
size_t tls_ladder_stranded(struct tls_ladder *ladder);

/* A number for an address, never 0; not the same after a restart. */
uint64_t ladder_source(const struct tls_ladder *ladder,
		       const struct sockaddr_storage *address);

/* "192.0.2.0/24", "2001:db8:0:1::/64": as one site's NAT or one customer. */
void ladder_network(const struct sockaddr_storage *address,
		    char text[static STORE_NETWORK_SIZE]);

#endif
