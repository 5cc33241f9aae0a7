/*
 * exchange - what http/server and http/request share of a request under way.
 * Handlers do not look at it.
 */
#ifndef OTTERD_HTTP_EXCHANGE_H
#define OTTERD_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include "base/job.h"
#include "http/request.h"

enum { EXCHANGE_HEADERS_MAX = 12 }; /* that reply_header() may add */

struct request_private {
	struct request request;
	struct MHD_Connection *connection;
	struct port *port;	 /* where jobs come back */
	size_t *waiting;	 /* the server's count of requests in a job */
	uint64_t started_us;	 /* clock_us() */
	struct err target_fault; /* why the target could not be parsed */
	bool begun;		 /* routed and allowed */
	bool handled;		 /* handle() was called */
	bool suspended;		 /* by libmicrohttpd, until the job is back */

	uint64_t dropped; /* bytes of the body that came after the reply */

	bool replied;
	unsigned int status;
	struct MHD_Response *response; /* until it is queued */
	struct {
		const char *name; /* static */
		char *value;
	} headers[EXCHANGE_HEADERS_MAX];
	size_t header_count;

	struct job job;
	request_run *run;
	request_done *done;
};

/* Free what a request holds. */
void exchange_free(struct request_private *x);

/* Hand the reply to libmicrohttpd. */
enum MHD_Result exchange_send(struct request_private *x);

#endif
