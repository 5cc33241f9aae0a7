/*
 * worker - a thread that owns everything on a request's way: listening
 * sockets, an epoll, the TLS front and a libmicrohttpd daemon.
 */
#ifndef OTTERD_WORKER_H
#define OTTERD_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "http/app.h"
#include "tls/front.h"
#include "tls/profile.h"
#include "tls/sources.h"
#include "tls/tally.h"

/* What may change at a reload. */
struct worker_settings {
	struct tls_profiles *profiles; /* the worker takes its own reference */
	struct front_limits limits;
};

/* What all workers have in common; it outlives them. */
struct worker_shared {
	const struct app *app;
	struct tls_sources *sources;
	struct tls_tally *tally;
	size_t head_max; /* bytes of a request's head */
};

struct worker;

/* Make a worker, whose thread runs from worker_start() on. */
bool worker_open(struct worker **out, const struct worker_shared *shared,
		 const struct worker_settings *settings, struct err *err);

/*
 * Before worker_start(): accept on the listening socket `fd`, which becomes
 * the worker's.  `admin`: the API is served to its clients.
 */
bool worker_listen(struct worker *worker, int fd, int port, bool admin,
		   struct err *err);
bool worker_start(struct worker *worker, struct err *err);

/* Use these settings for new connections.  Any thread. */
void worker_configure(struct worker *worker,
		      const struct worker_settings *settings);

/* Stop accepting and end when the last answer is out.  Any thread. */
void worker_drain(struct worker *worker);

/* Has a drained worker ended?  Any thread. */
bool worker_ended(const struct worker *worker);

/* clock_ms() of the last turn of its loop, which comes at least once a
 * second.  Any thread. */
uint64_t worker_heartbeat(const struct worker *worker);

/* End it, whatever it is doing, and free it.  NULL is legal. */
void worker_close(struct worker *worker);

#endif
