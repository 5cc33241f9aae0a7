/*
 * request - one HTTP request on its way through a handler.
 *
 * A handler answers exactly once, with one of the reply_*() calls, either
 * straight away or from the done() of a job it handed to the writer or the
 * chores.  Everything here runs on the thread of the request's worker, except
 * a job's run().
 */
#ifndef OTTERD_HTTP_REQUEST_H
#define OTTERD_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>
#include <microhttpd.h>

#include "base/err.h"
#include "base/ident.h"
#include "base/job.h"
#include "base/strbuf.h"
#include "http/app.h"
#include "http/target.h"
#include "pki/signing.h"
#include "store/access.h"
#include "store/checkin.h"
#include "store/db.h"

enum { REQUEST_PARAMS_MAX = 4, REQUEST_BODY_MAX = 64 * 1024 };

struct exchange;
struct request;

/* One row of the table of routes. */
struct route {
	const char *method;  /* "GET" serves HEAD too */
	const char *pattern; /* "/api/v1/products/:/images/:": ':' is one
				segment, kept in params */
	const char *name;    /* in metrics: "images" */
	enum role role;	     /* the least role; ROLE_NONE is for everybody */
	bool admin;	     /* only where the API is served */
	size_t body_max;     /* bytes of a collected body; 0: none allowed */

	/* A streamed body: begin() before it, body() for each piece; both may
	 * reply, after which the rest of the body is dropped.  NULL: the body
	 * is collected in request->body. */
	void (*begin)(struct request *r);
	void (*body)(struct request *r, const void *data, size_t len);

	void (*handle)(struct request *r); /* the body is complete */
};

struct request {
	const struct route *route;
	const struct app *app;
	struct view *view;	 /* held from start to end */
	struct db *db;		 /* the worker's reader */
	struct signing *signing; /* the worker's, for manifests */
	const char *method;	 /* as sent: "GET", "HEAD", "PUT", ... */
	struct target target;
	const char *params[REQUEST_PARAMS_MAX]; /* decoded segments */
	const struct store_peer *peer;
	struct ident who; /* the token's name, when the route needs one */
	enum role role;
	uint64_t content_length; /* UINT64_MAX when not announced */
	struct strbuf body;	 /* collected; NUL-terminated, may be empty */

	/* The handler's own state, freed with free_state() at the end. */
	void *state;
	void (*free_state)(void *state);

	struct exchange *exchange; /* with libmicrohttpd */
};

/* Free a request with its state and its exchange.  NULL is legal. */
void request_free(struct request *r);

/* A request header's value, or NULL. */
const char *request_header(const struct request *r, const char *name);

/*
 * Read params[index] or a query argument as an ident.  False after replying
 * 400 that names what it should be.  request_arg_ident() leaves *id empty and
 * returns true when the argument is absent and not required.
 */
bool request_param_ident(struct request *r, int index, const char *what,
			 struct ident *id);
bool request_param_digest(struct request *r, int index, struct digest *d);
bool request_arg_ident(struct request *r, const char *name, bool required,
		       struct ident *id);

/* An integer argument between min and max; `absent` when not given. */
bool request_arg_integer(struct request *r, const char *name, int64_t min,
			 int64_t max, int64_t absent, int64_t *value);

/* The configured product of params[index], or false after replying 404. */
bool request_param_product(struct request *r, int index,
			   const struct product **product);

/* The collected body as a JSON object (new reference), or NULL after 400. */
json_t *request_json(struct request *r);

/*
 * Hand work to the writer or the chores.  `run` gets r->state as `state`; it
 * must not touch r, which its worker owns.  `done` runs later on the
 * worker's thread and replies; a failed job has `err` set.  `db` is NULL
 * among the chores.
 */
typedef bool request_run(struct db *db, void *state, struct err *err);
typedef void request_done(struct request *r, bool ok, const struct err *err);
void request_write(struct request *r, request_run *run, request_done *done);
void request_write_plain(struct request *r, request_run *run,
			 request_done *done); /* see writer_submit_plain() */
void request_chore(struct request *r, request_run *run, request_done *done);

/* Add a header to the reply to come. */
void reply_header(struct request *r, const char *name, const char *value);

/* Status without a body. */
void reply_empty(struct request *r, unsigned int status);

/* 304 for a representation of `size` bytes, whose length it tells (RFC 9110
 * section 8.6). */
void reply_unmodified(struct request *r, uint64_t size);

/* A body of text; `type` is its media type.  `text` is copied. */
void reply_text(struct request *r, unsigned int status, const char *type,
		const char *text, size_t len);

/* The same, but `text` is given away and freed with free(). */
void reply_owned(struct request *r, unsigned int status, const char *type,
		 char *text, size_t len);

/* A JSON body; takes over the reference.  NULL (out of memory) is 500. */
void reply_json(struct request *r, unsigned int status, json_t *json);

/* Any libmicrohttpd response; takes it over.  NULL is 500. */
void reply_response(struct request *r, unsigned int status,
		    struct MHD_Response *response);

/*
 * RFC 9457 problem: type about:blank, title the status's phrase, `detail`
 * the reason.  What it says of our own faults goes to the log in full and to
 * the client as a plain "internal error" (500).
 */
void reply_problem(struct request *r, unsigned int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The problem for an error: ERR_INVALID is `invalid` (400 or 422),
 * ERR_NOT_FOUND 404, ERR_CONFLICT 409, ERR_DENIED 403, ERR_TOO_LARGE 413,
 * ERR_NO_SPACE 507, ERR_BUSY 503, all others 500.
 */
void reply_err(struct request *r, unsigned int invalid, const struct err *err);

#endif
