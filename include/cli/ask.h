/*
 * ask - have a verb done: by the daemon, or by this process while none runs.
 */
#ifndef OTTERD_CLI_ASK_H
#define OTTERD_CLI_ASK_H

#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"

/*
 * Run `request` (see verb.h), whose reference is taken over, NULL meaning
 * out of memory, for the data directory of the configuration `config`.
 * Whoever holds the database's lock does it: the daemon, over its control
 * socket, or this process, which takes the lock and, as root, works as the
 * directory's owner, so that the daemon can use what it makes.  The caller
 * owns *answer and closes *fd, the file that came along or -1.
 */
bool ask(const char *config, json_t *request, json_t **answer, int *fd,
	 struct err *err);

#endif
