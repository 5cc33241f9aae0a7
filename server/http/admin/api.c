#include "http/admin/api.h"

#include <stdlib.h>

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
