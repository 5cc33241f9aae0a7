#include "tls/ladder_returns.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 2 };

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

void ladder_returns_free(struct ladder_returns *returns)
{
	free(returns->list);
	*returns = (struct ladder_returns){0};
}

static bool make_room(struct ladder_returns *returns)
{
	size_t room = returns->room ? 2 * returns->room : FIRST_ROOM;
	struct ladder_return *list;

	if (returns->count == LADDER_PENDING_MAX)
		ladder_returns_take(returns, 0);
	if (returns->count < returns->room)
		return true;
	list = realloc(returns->list, room * sizeof(*list));
	if (!list)
		return false;
	returns->list = list;
	returns->room = room;
	return true;
}

void ladder_returns_add(struct ladder_returns *returns,
			const struct ladder_return *r)
{
	size_t i;

	if (!make_room(returns))
		return;
	for (i = returns->count; i && returns->list[i - 1].at_ms > r->at_ms;
	     i--)
		returns->list[i] = returns->list[i - 1];
	returns->list[i] = *r;
	returns->count++;
}

struct ladder_return ladder_returns_take(struct ladder_returns *returns,
					 size_t i)
{
	struct ladder_return taken = returns->list[i];

	returns->count--;
	memmove(&returns->list[i], &returns->list[i + 1],
		(returns->count - i) * sizeof(taken));
	return taken;
}
