/*
 * daemon - the parts of a running otterd, started in order and stopped in
 * the reverse one.
 */
#ifndef OTTERD_DAEMON_H
#define OTTERD_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct daemon;

/*
 * Start everything for the configuration file `path`: read it, open the
 * stores, listen, start the threads.  Clients are served when it returns.
 */
bool daemon_start(struct daemon **out, const char *path, struct err *err);

/*
 * Read the configuration, keys and chains again.  On failure *err says why
 * and everything stays as it was.
 */
bool daemon_reload(struct daemon *daemon, struct err *err);

/* What is to be done from time to time, about once a second: write down how
 * handshakes went, take over certificates that have changed. */
void daemon_tick(struct daemon *daemon);

/* The control socket's descriptor, and serving one command on it. */
int daemon_control_fd(const struct daemon *daemon);
void daemon_serve_control(struct daemon *daemon);

/* Is every worker's loop turning? */
bool daemon_healthy(const struct daemon *daemon);

/* Stop accepting; answers under way go on. */
void daemon_drain(struct daemon *daemon);
bool daemon_drained(const struct daemon *daemon);

/* How long draining may take at most, ms. */
int daemon_drain_ms(const struct daemon *daemon);

/* Stop everything; what was acknowledged is on disk.  NULL is legal. */
void daemon_stop(struct daemon *daemon);

#endif
