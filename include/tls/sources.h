/*
 * sources - how many connections each source has, over all workers.
 *
 * A source is an IPv4 address or an IPv6 /64, as one customer gets it.
 */
#ifndef OTTERD_TLS_SOURCES_H
#define OTTERD_TLS_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

struct tls_sources;

bool tls_sources_new(struct tls_sources **out, struct err *err);
void tls_sources_free(struct tls_sources *sources);

/* The limits, of one source and in all; any thread, at any time. */
void tls_sources_limit(struct tls_sources *sources, unsigned int per_source,
		       unsigned int total);

/*
 * Count a connection in.  False when its source or the whole has its limit
 * already, and then it is not counted.  Any thread.
 */
bool tls_sources_enter(struct tls_sources *sources,
		       const struct sockaddr_storage *address);
void tls_sources_leave(struct tls_sources *sources,
		       const struct sockaddr_storage *address);

#endif
