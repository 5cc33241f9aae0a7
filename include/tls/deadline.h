/*
 * deadline - lists of things that must be looked at when their time comes.
 *
 * All members of a list wait equally long, so the list is in order of time
 * and everything is O(1).  Times are clock_ms().
 */
#ifndef OTTERD_TLS_DEADLINE_H
#define OTTERD_TLS_DEADLINE_H

#include <stdint.h>

struct deadline_list;

/* Embedded in what waits; all zero is in no list. */
struct deadline {
	struct deadline *prev, *next;
	struct deadline_list *list;
	uint64_t at; /* ms */
};

/* All zero but `after` is an empty list. */
struct deadline_list {
	struct deadline *first, *last;
	unsigned int after; /* ms that a new member waits */
};

/* Put `d` at the end of `list`, taken out of the one it is in. */
void deadline_set(struct deadline *d, struct deadline_list *list, uint64_t now);
void deadline_clear(struct deadline *d);

/* The first member if its time has come, else NULL; it stays in the list. */
struct deadline *deadline_due(const struct deadline_list *list, uint64_t now);

/* Milliseconds until the first member is due, at most `max`. */
uint64_t deadline_wait(const struct deadline_list *list, uint64_t now,
		       uint64_t max);

#endif
