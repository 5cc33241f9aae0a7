/*
 * server - libmicrohttpd, run from a worker's own epoll loop.
 *
 * One per worker; all calls on that worker's thread.
 */
#ifndef OTTERD_HTTP_SERVER_H
#define OTTERD_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/job.h"
#include "http/app.h"
#include "store/checkin.h"
#include "store/db.h"

struct http_server;

/*
 * `app`, `db` (a reader) and `port` stay the caller's and must outlive it;
 * `head_max` is the longest head that is let through, in bytes.
 */
bool http_server_open(struct http_server **out, const struct app *app,
		      struct db *db, struct port *port, size_t head_max,
		      struct err *err);

/* Answers that wait for a job must have come back before. */
void http_server_close(struct http_server *server);

/*
 * Readable when http_server_run() has something to do.  That returns true
 * when it stopped before the end: it is to be called again then without
 * waiting, for the descriptor does not tell of what was left.
 */
int http_server_fd(const struct http_server *server);
bool http_server_run(struct http_server *server);

/* How many requests wait for a job. */
size_t http_server_waiting(const struct http_server *server);

/* A connection's client, and who is told of what becomes of it. */
struct http_client {
	struct store_peer peer;
	bool admin; /* the API is served to it */
	void *arg;
	/* An answer has been written to the socket whole. */
	void (*answered)(void *arg);
	/* The server has closed the socket and forgets the client. */
	void (*gone)(void *arg);
};

/*
 * Serve the plain stream socket `fd`, which becomes the server's, success or
 * not.  `client` must live until its gone() is called: after the other end of
 * the socket was closed, or, once in any case, before this returns false.
 */
bool http_server_add(struct http_server *server, int fd,
		     struct http_client *client, struct err *err);

#endif
