/*
 * ladder_returns - the clients of one key that were rejected and are expected
 * back, in the order in which they failed.
 *
 * Nobody can say which of them a new connection is.  What is known: it is none
 * that failed after the connection began; and who failed first mostly comes
 * back first.
 */
#ifndef OTTERD_TLS_LADDER_RETURNS_H
#define OTTERD_TLS_LADDER_RETURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	LADDER_RUNGS_MAX = 16,	/* profiles offered in turn */
	LADDER_PENDING_MAX = 64 /* of one key: rejected, expected back */
};

/* One client's way so far. */
struct ladder_return {
	uint64_t at_ms;	  /* its last failure; 0: before a restart */
	uint32_t crowd;	  /* the crowd that it was part of then */
	uint8_t why;	  /* enum ladder_outcome of that failure */
	uint8_t failures; /* since it came, at most 255 */
	bool judged;	  /* at least one chain was looked at */
	uint8_t count;
	uint8_t tried[LADDER_RUNGS_MAX]; /* names, the one rejected first
					    first; each once */
};

/* Has it been offered that name; LADDER_RUNGS_MAX if not, else its place. */
size_t ladder_return_place(const struct ladder_return *r, int name);

/* Put a name behind all others; the first goes when there is no room. */
void ladder_return_add(struct ladder_return *r, int name);

/* Zero-initialise it. */
struct ladder_returns {
	struct ladder_return *list; /* by at_ms */
	size_t count, room;
};

void ladder_returns_free(struct ladder_returns *returns);

/*
 * Put one in its place by at_ms; the oldest goes when there are
 * LADDER_PENDING_MAX.  False when out of memory.
 */
bool ladder_returns_add(struct ladder_returns *returns,
			const struct ladder_return *r);

/*
 * Take out the one that a connection which began at `begun_ms` most likely
 * is; false when it is more likely somebody new.  `crowd` is that of the
 * key's connections now.
 */
bool ladder_returns_take(struct ladder_returns *returns, uint64_t begun_ms,
			 uint32_t crowd, struct ladder_return *out);

#endif
