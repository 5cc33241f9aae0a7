/*
 * exchange - a request's dealings with libmicrohttpd: the reply that is being
 * put together and the job that is under way.
 *
 * For http/request and http/server; handlers do not look at it.
 */
#ifndef OTTERD_HTTP_EXCHANGE_H
#define OTTERD_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>

#include "base/err.h"
#include "base/job.h"

struct db;
struct request;

enum { EXCHANGE_HEADERS_MAX = 12 }; /* that reply_header() may add */

struct exchange {
	struct request *request; /* whose it is */
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
	bool (*run)(struct db *db, void *state, struct err *err);
	void (*done)(struct request *r, bool ok, const struct err *err);
};

/* Remember a header for the reply. */
void exchange_header(struct exchange *x, const char *name, const char *value);

/* Hand the reply to libmicrohttpd. */
enum MHD_Result exchange_send(struct exchange *x);

/* Free what it holds, and itself.  NULL is legal. */
void exchange_free(struct exchange *x);

#endif
