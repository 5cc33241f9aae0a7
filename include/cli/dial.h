/*
 * dial - connect to a server within a time.
 */
#ifndef OTTERD_CLI_DIAL_H
#define OTTERD_CLI_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/host.h"

enum { ENDPOINT_TEXT_SIZE = HOST_TEXT_SIZE + 8 }; /* "[", "]:65535", NUL */

struct endpoint {
	struct host host;
	unsigned int port; /* 1 to 65535 */
};

/*
 * Read `len` characters: "HOST", "HOST:PORT", with IPv6 addresses in
 * brackets; without a port they need none.  ERR_INVALID says what is wrong.
 */
bool endpoint_parse(struct endpoint *out, const char *text, size_t len,
		    unsigned int default_port, struct err *err);

/* "ota.example.com:8443", "[::1]:8443"; without `port` just the host. */
void endpoint_text(const struct endpoint *endpoint, bool port,
		   char text[static ENDPOINT_TEXT_SIZE]);

/*
 * Connect to each of the host's addresses in turn until one answers, all
 * before `deadline` of clock_ms().  *fd is non-blocking and the caller's, and
 * *reached the address that answered; -1 on failure, which is ERR_BUSY when
 * the time was over.  Looking up a name has the resolver's own time.
 */
bool dial(int *fd, struct endpoint *reached, const struct endpoint *endpoint,
	  uint64_t deadline, struct err *err);

/*
 * Wait until poll(2)'s `events` come on fd, or the deadline, which is false
 * with ERR_BUSY.
 */
bool dial_wait(int fd, short events, uint64_t deadline, struct err *err);

#endif
