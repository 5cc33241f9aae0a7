#include "tls/deadline.h"

#include <stddef.h>

void deadline_clear(struct deadline *d)
{
	struct deadline_list *list = d->list;

	if (!list)
		return;
	if (d->prev)
		d->prev->next = d->next;
	else
		list->first = d->next;
	if (d->next)
		d->next->prev = d->prev;
	else
		list->last = d->prev;
	d->list = NULL;
}

void deadline_set(struct deadline *d, struct deadline_list *list, uint64_t now)
{
	deadline_clear(d);
	d->at = now + list->after;
	d->list = list;
	d->next = NULL;
	d->prev = list->last;
	if (list->last)
		list->last->next = d;
	else
		list->first = d;
	list->last = d;
}

struct deadline *deadline_due(const struct deadline_list *list, uint64_t now)
{
	return list->first && list->first->at <= now ? list->first : NULL;
}

uint64_t deadline_wait(const struct deadline_list *list, uint64_t now,
		       uint64_t max)
{
	if (!list->first)
		return max;
	if (list->first->at <= now)
		return 0;
	return list->first->at - now < max ? list->first->at - now : max;
}
