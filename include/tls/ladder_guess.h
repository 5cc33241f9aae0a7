/*
 * ladder_guess - which client of a key a new connection is.
 *
 * The clients of a key look alike, so nobody can know.  What helps: a
 * client keeps its address, so that only those behind the same one are mixed
 * up; a connection is none of those that failed after it began; who failed
 * first mostly comes back first; clients that come at the same time are
 * different ones; and clients that look alike wait alike before they try again.
 */
#ifndef OTTERD_TLS_LADDER_GUESS_H
#define OTTERD_TLS_LADDER_GUESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls/ladder_returns.h"

/*
 * Connections under way.  A crowd lasts from the first of them to a moment
 * when there is none.  Zero-initialise it.
 */
struct ladder_crowd {
	uint32_t open;
	uint32_t number; /* of the crowd, counted from 1 */
	uint32_t peak;	 /* most that were open at once */
	uint32_t came;
};

void ladder_crowd_join(struct ladder_crowd *crowd);
void ladder_crowd_leave(struct ladder_crowd *crowd);

/* What is known of a key's clients.  Zero-initialise it. */
struct ladder_guess {
	struct ladder_returns returns; /* expected back */
	bool many;		       /* more than one client was seen */
	bool apart;		       /* at more than one address */

	/* How long they wait before they try again, in milliseconds. */
	uint64_t pause_ms;
	int votes; /* for that, less those against */

	/* All failures between two silences, as if by different clients. */
	struct ladder_returns burst;
	uint64_t burst_start_ms, burst_end_ms;
	uint64_t burst_wait_ms; /* the longest that one seemed to wait */
	bool burst_mixed;	/* by more than one client, certainly */
};

void ladder_guess_free(struct ladder_guess *guess);

/*
 * A connection from `source` that began at `begun_ms` has joined `crowd`,
 * which is that of its address.  True when it is one that came back, which is
 * taken out; false when it is new.  `rungs`: how many there are.
 */
bool ladder_guess_take(struct ladder_guess *guess, uint64_t begun_ms,
		       uint64_t source, const struct ladder_crowd *crowd,
		       size_t rungs, struct ladder_return *taken);

/* How many from other addresses are expected back. */
size_t ladder_guess_others(const struct ladder_guess *guess, uint64_t source);

/* What became of it.  `taken` is as it was taken, all zero for a new one. */

/* Nobody knows: it is expected back as before. */
void ladder_guess_restore(struct ladder_guess *guess,
			  const struct ladder_return *taken);

/* It was rejected: `r` is its way now, `last` only the last step of that. */
void ladder_guess_reject(struct ladder_guess *guess,
			 const struct ladder_return *taken,
			 const struct ladder_return *r,
			 const struct ladder_return *last);

void ladder_guess_accept(struct ladder_guess *guess,
			 const struct ladder_return *taken, uint64_t begun_ms);

#endif
