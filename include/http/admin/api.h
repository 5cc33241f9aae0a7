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

/* The argument "limit": how many rows a page may have.  False after replying
 * 400. */
bool api_arg_limit(struct request *r, int *limit);

/*
 * Read a query argument into *text (at most size - 1 bytes) or as a time, RFC
 * 3339; what it is when absent is left.  False after replying 400.
 */
bool api_arg_text(struct request *r, const char *name, char *text, size_t size);
bool api_arg_time(struct request *r, const char *name, int64_t *utc);

#endif
