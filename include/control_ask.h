/*
 * control_ask - the command's side of the daemon's control socket.
 */
#ifndef OTTERD_CONTROL_ASK_H
#define OTTERD_CONTROL_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/un.h>

#include <jansson.h>

#include "base/err.h"

#define CONTROL_SOCKET "control.sock"

enum { CONTROL_LINE_MAX = 4096 }; /* bytes of a request, with its end */

/*
 * The socket's address in the directory behind `dir_fd`, by way of /proc so
 * that a long path fits.  For use in this process, while dir_fd is open.
 */
void control_address(struct sockaddr_un *address, int dir_fd);

/*
 * Have the daemon run a verb and wait for its answer.  The caller owns
 * *answer and closes *fd, the file that came along or -1.  ERR_BUSY when no
 * daemon listens or it has no place for another command; what it refuses is
 * ERR_INVALID with its reason.
 */
bool control_ask(const char *data_dir, const json_t *request, json_t **answer,
		 int *fd, struct err *err);

#endif
