/*
 * api - what the handlers of the admin API begin with.
 */
#ifndef OTTERD_HTTP_ADMIN_API_H
#define OTTERD_HTTP_ADMIN_API_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"

/* No query arguments but those of the NULL-terminated list (NULL: none at
 * all), or false after replying 400. */
bool api_args(struct request *r, const char *const *names);

/*
 * Give the request zeroed state of its own, freed with free_state().  NULL
 * after replying 500.
 */
void *api_state(struct request *r, size_t size,
		void (*free_state)(void *state));

#endif
