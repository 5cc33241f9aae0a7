#include "tls/ladder_returns.h"

#include <stdlib.h>
#include <string.h>

enum {
	FIRST_ROOM = 2,
	/*
	 * In a crowd, where connections of a key overlap without a pause, who
	 * comes is new rather than back until this long after a failure.
	 */
	CROWD_MS = 500,
	/* Devices poll once a day, some once a weekend. */
	LOST_MS = 3 * 24 * 60 * 60 * 1000
};

/* ---- one ---------------------------------------------------------------- */

size_t ladder_return_place(const struct ladder_return *r, int name)
{
	for (size_t i = 0; i < r->count; i++) {
		if (r->tried[i] == name)
			return i;
	}
	return LADDER_RUNGS_MAX;
}

static void drop(struct ladder_return *r, size_t place)
{
	r->count--;
	memmove(&r->tried[place], &r->tried[place + 1], r->count - place);
}

void ladder_return_add(struct ladder_return *r, int name)
{
	size_t place = ladder_return_place(r, name);

	if (place < LADDER_RUNGS_MAX)
		drop(r, place);
	else if (r->count == LADDER_RUNGS_MAX)
		drop(r, 0);
	r->tried[r->count++] = (uint8_t)name;
}

/* ---- all of a key ------------------------------------------------------- */

void ladder_returns_free(struct ladder_returns *returns)
{
	free(returns->list);
	*returns = (struct ladder_returns){0};
}

static void take_out(struct ladder_returns *returns, size_t i)
{
	returns->count--;
	memmove(&returns->list[i], &returns->list[i + 1],
		(returns->count - i) * sizeof(*returns->list));
}

static bool make_room(struct ladder_returns *returns)
{
	size_t room = returns->room ? 2 * returns->room : FIRST_ROOM;
	struct ladder_return *list;

	if (returns->count == LADDER_PENDING_MAX)
		take_out(returns, 0);
	if (returns->count < returns->room)
		return true;
	list = realloc(returns->list, room * sizeof(*list));
	if (!list)
		return false;
	returns->list = list;
	returns->room = room;
	return true;
}

bool ladder_returns_add(struct ladder_returns *returns,
			const struct ladder_return *r)
{
	size_t i;

	if (!make_room(returns))
		return false;
	for (i = returns->count; i && returns->list[i - 1].at_ms > r->at_ms;
	     i--)
		returns->list[i] = returns->list[i - 1];
	returns->list[i] = *r;
	returns->count++;
	return true;
}

static void forget_lost(struct ladder_returns *returns, uint64_t now_ms)
{
	for (size_t i = 0; i < returns->count; i++) {
		if (!returns->list[i].at_ms)
			returns->list[i].at_ms = now_ms;
	}
	while (returns->count && returns->list[0].at_ms + LOST_MS < now_ms)
		take_out(returns, 0);
}

static bool may_be(const struct ladder_return *r, uint64_t begun_ms,
		   uint32_t crowd)
{
	return r->at_ms <= begun_ms &&
	       (r->crowd != crowd || r->at_ms + CROWD_MS <= begun_ms);
}

bool ladder_returns_take(struct ladder_returns *returns, uint64_t begun_ms,
			 uint32_t crowd, struct ladder_return *out)
{
	forget_lost(returns, begun_ms);
	for (size_t i = 0; i < returns->count; i++) {
		if (!may_be(&returns->list[i], begun_ms, crowd))
			continue;
		*out = returns->list[i];
		take_out(returns, i);
		return true;
	}
	return false;
}
