/*
 * front - TLS connections in front of plain stream sockets.
 *
 * The front accepts, shakes hands, and carries bytes between a TLS client and
 * a plain socket (the back) that its user supplies when the first request is
 * there.  It knows nothing of HTTP: a gate that the user supplies judges the
 * bytes and says in which phase the connection is, and the front keeps the
 * deadlines of each phase.  One front per worker thread; all calls and
 * callbacks are on that thread.
 */
#ifndef OTTERD_TLS_FRONT_H
#define OTTERD_TLS_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"
#include "tls/front_options.h"
#include "tls/profile.h"

struct front;
struct front_conn;

/*
 * The front adds its descriptors to the epoll `epoll_fd`, which stays the
 * caller's, with data pointers that front_event() is to be given.
 */
bool front_open(struct front **out, int epoll_fd,
		const struct front_options *options,
		struct tls_profiles *profiles, struct err *err);
bool front_listen(struct front *front, const struct front_listener *listener,
		  struct err *err);

/* Handle one event of the epoll. */
void front_event(struct front *front, void *data, uint32_t events);

/*
 * Do what is left of earlier events and close what is overdue.  To be called
 * before each wait; returns how long that may last, in ms, at most `max`.
 */
int front_tick(struct front *front, int max);

/* Has a back been given bytes since the last call? */
bool front_fed(struct front *front);

/* Use these for connections to come. */
void front_configure(struct front *front, struct tls_profiles *profiles,
		     const struct front_limits *limits);

/* Stop accepting, close idle connections, let running answers finish. */
void front_drain(struct front *front);
size_t front_connections(const struct front *front);

/* Close everything at once.  NULL is legal. */
void front_close(struct front *front);

/* The back has been given a whole answer; the next request may come. */
void front_answered(struct front_conn *conn);

/* What is known of a connection after its handshake. */
const struct sockaddr_storage *front_conn_address(const struct front_conn *c);
const char *front_conn_version(const struct front_conn *c); /* "TLSv1.3" */
const char *front_conn_cipher(const struct front_conn *c);
const char *front_conn_profile(const struct front_conn *c);
const struct tls_client *front_conn_client(const struct front_conn *c);
int front_conn_tag(const struct front_conn *c);

#endif
