/*
 * ladder_returns - clients that were rejected and are expected back, in the
 * order in which they failed.
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
	uint64_t source;  /* of its address; 0: not known */
	uint32_t crowd;	  /* the number of the crowd that it was in then */
	uint8_t why;	  /* enum ladder_outcome of that failure */
	uint8_t failures; /* since it came, at most 255; 0: it has not come */
	bool judged;	  /* it has looked at one chain at least */
	bool stranded;	  /* it has rejected all there is */
	uint8_t count;
	uint8_t tried[LADDER_RUNGS_MAX]; /* names, the one rejected last
					    behind all others; each once */
};

/* Where a name is among those tried; LADDER_RUNGS_MAX when it is not. */
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
 * Put one in its place by at_ms; the first goes when there are
 * LADDER_PENDING_MAX.  Out of memory it is not remembered.
 */
void ladder_returns_add(struct ladder_returns *returns,
			const struct ladder_return *r);

/* Take out number `i`. */
struct ladder_return ladder_returns_take(struct ladder_returns *returns,
					 size_t i);

#endif
