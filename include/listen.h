/*
 * listen - the listening sockets.
 */
#ifndef OTTERD_LISTEN_H
#define OTTERD_LISTEN_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Listen on "192.0.2.1:8443", "[2001:db8::1]:8443" or "[::]:8443", which
 * takes IPv4 too.  SO_REUSEPORT: each worker opens its own and the kernel
 * shares the connections out.  *fd is non-blocking and the caller's.
 */
bool listen_open(int *fd, const char *address, struct err *err);

/*
 * Does nobody listen on the address yet?  To be asked before the first
 * listen_open(), because SO_REUSEPORT lets a second server of the same user
 * in, and each then gets half of the connections.
 */
bool listen_is_free(const char *address, struct err *err);

/* The port a socket is bound to, or 0 when it has none. */
int listen_port(int fd);

#endif
