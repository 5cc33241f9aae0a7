#include "http/admin/api.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "store/bounds.h"

enum { PAGE_DEFAULT = 100 }; /* rows */

bool api_args(struct request *r, const char *const *names)
{
	static const char *const none[] = {NULL};
	struct err err;

	if (target_args_known(&r->target, names ? names : none, &err))
		return true;
	reply_err(r, MHD_HTTP_BAD_REQUEST, &err);
	return false;
}

void *api_state(struct request *r, size_t size, void (*free_state)(void *state))
{
	r->state = calloc(1, size);
	if (r->state)
		r->free_state = free_state;
	else
		reply_problem(r, MHD_HTTP_INTERNAL_SERVER_ERROR,
			      "out of memory");
	return r->state;
}

bool api_arg_limit(struct request *r, int *limit)
{
	int64_t rows;

	if (!request_arg_integer(r, "limit", 1, STORE_LIST_MAX, PAGE_DEFAULT,
				 &rows))
		return false;
	*limit = (int)rows;
	return true;
}

bool api_arg_text(struct request *r, const char *name, char *text, size_t size)
{
	const char *given = target_arg(&r->target, name);

	if (!given || text_copy(text, size, given))
		return true;
	reply_problem(r, MHD_HTTP_BAD_REQUEST,
		      "%s is too long: expected at most %zu characters", name,
		      size - 1);
	return false;
}

bool api_arg_time(struct request *r, const char *name, int64_t *utc)
{
	const char *given = target_arg(&r->target, name);

	if (!given || clock_parse_rfc3339(given, utc))
		return true;
	reply_problem(r, MHD_HTTP_BAD_REQUEST,
		      "%s is '%.40s': expected a time like "
		      "2026-11-21T04:00:00Z",
		      name, given);
	return false;
}
