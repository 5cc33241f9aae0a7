/*
 * listeners - which sockets a worker listens on: those of the configuration,
 * or those that systemd hands over.
 */
#ifndef OTTERD_LISTENERS_H
#define OTTERD_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "config.h"
#include "worker.h"

/* Does nobody else listen where the configuration says?  Asked before the
 * first worker listens.  The reason begins with FILE:LINE. */
bool listeners_are_free(const struct config *config, struct err *err);

/*
 * Open a worker's own sockets, or with `activated` sockets from systemd, which
 * all workers share and which stay the caller's, copies of those.
 */
bool listeners_open(struct worker *worker, const struct config *config,
		    const int *activated, size_t activated_count,
		    struct err *err);

#endif
