#include "http/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "http/exchange.h"

/* ---- what came in ------------------------------------------------------- */

const char *request_header(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->exchange->connection,
					   MHD_HEADER_KIND, name);
}

static bool bad_ident(struct request *r, const char *what, const char *got)
{
	reply_problem(r, MHD_HTTP_BAD_REQUEST, "%s is '%.80s': expected %s",
		      what, got, ident_rule);
	return false;
}

bool request_param_ident(struct request *r, int index, const char *what,
			 struct ident *id)
{
	const char *text = r->params[index];

	return ident_parse(id, text, strlen(text)) || bad_ident(r, what, text);
}

bool request_param_digest(struct request *r, int index, struct digest *d)
{
	const char *text = r->params[index];

	if (digest_parse(d, text, strlen(text)))
		return true;
	reply_problem(r, MHD_HTTP_BAD_REQUEST,
		      "'%.80s' is no image: expected a SHA-256 as 64 "
		      "lower-case hexadecimal digits",
		      text);
	return false;
}

bool request_arg_ident(struct request *r, const char *name, bool required,
		       struct ident *id)
{
	const char *text = target_arg(&r->target, name);

	id->text[0] = '\0';
	if (!text && !required)
		return true;
	if (text)
		return ident_parse(id, text, strlen(text)) ||
		       bad_ident(r, name, text);
	reply_problem(r, MHD_HTTP_BAD_REQUEST,
		      "the argument '%s' is missing: expected %s", name,
		      ident_rule);
	return false;
}

bool request_arg_integer(struct request *r, const char *name, int64_t min,
			 int64_t max, int64_t absent, int64_t *value)
{
	const char *text = target_arg(&r->target, name);
	int64_t number = 0;
	size_t len = text ? strlen(text) : 0;
	bool ok = len > 0 && len <= 18;

	*value = absent;
	if (!text)
		return true;
	for (size_t i = 0; ok && i < len; i++) {
		ok = text[i] >= '0' && text[i] <= '9';
		number = number * 10 + (text[i] - '0');
	}
	if (ok && number >= min && number <= max) {
		*value = number;
		return true;
	}
	reply_problem(r, MHD_HTTP_BAD_REQUEST,
		      "%s is '%.40s': expected a number from %lld to %lld",
		      name, text, (long long)min, (long long)max);
	return false;
}

bool request_param_product(struct request *r, int index,
			   const struct product **product)
{
	struct ident name;

	*product = NULL;
	if (!request_param_ident(r, index, "the product", &name))
		return false;
	*product = catalog_product(r->view->catalog, &name);
	if (*product)
		return true;
	reply_problem(r, MHD_HTTP_NOT_FOUND,
		      "there is no product '%s' in the configuration",
		      name.text);
	return false;
}

json_t *request_json(struct request *r)
{
	struct err err;
	json_t *json =
		json_parse(r->body.data ? r->body.data : "", r->body.len, &err);

	if (!json) {
		reply_err(r, MHD_HTTP_BAD_REQUEST, &err);
		return NULL;
	}
	if (json_is_object(json))
		return json;
	json_decref(json);
	reply_problem(r, MHD_HTTP_BAD_REQUEST, "expected a JSON object");
	return NULL;
}

/* ---- jobs --------------------------------------------------------------- */

static struct exchange *exchange_of(struct job *job)
{
	return (struct exchange *)((char *)job -
				   offsetof(struct exchange, job));
}

static bool run_job(struct job *job, void *context, struct err *err)
{
	struct exchange *x = exchange_of(job);

	return x->run(context, x->request->state, err);
}

static void job_done(struct job *job)
{
	struct exchange *x = exchange_of(job);

	--*x->waiting;
	x->done(x->request, job->ok, &job->err);
	if (x->replied && x->suspended) {
		x->suspended = false;
		MHD_resume_connection(x->connection);
	}
}

static struct job *prepare_job(struct request *r, request_run *run,
			       request_done *done)
{
	struct exchange *x = r->exchange;

	x->run = run;
	x->done = done;
	x->job.run = run_job;
	x->job.done = job_done;
	x->job.port = x->port;
	++*x->waiting;
	if (!x->suspended) {
		x->suspended = true;
		MHD_suspend_connection(x->connection);
	}
	return &x->job;
}

void request_write(struct request *r, request_run *run, request_done *done)
{
	writer_submit(r->app->writer, prepare_job(r, run, done));
}

void request_write_plain(struct request *r, request_run *run,
			 request_done *done)
{
	writer_submit_plain(r->app->writer, prepare_job(r, run, done));
}

void request_chore(struct request *r, request_run *run, request_done *done)
{
	chores_submit(r->app->chores, prepare_job(r, run, done));
}

/* ---- replies ------------------------------------------------------------ */

void reply_header(struct request *r, const char *name, const char *value)
{
	exchange_header(r->exchange, name, value);
}

void reply_response(struct request *r, unsigned int status,
		    struct MHD_Response *response)
{
	struct exchange *x = r->exchange;

	if (x->replied) {
		if (response)
			MHD_destroy_response(response);
		return;
	}
	x->replied = true;
	x->status = response ? status : MHD_HTTP_INTERNAL_SERVER_ERROR;
	x->response = response;
}

void reply_empty(struct request *r, unsigned int status)
{
	reply_response(r, status,
		       MHD_create_response_from_buffer(0, NULL,
						       MHD_RESPMEM_PERSISTENT));
}

/* No byte of it is ever asked for. */
static ssize_t read_nothing(void *cls, uint64_t pos, char *buf, size_t max)
{
	(void)cls;
	(void)pos;
	(void)buf;
	(void)max;
	return MHD_CONTENT_READER_END_WITH_ERROR;
}

void reply_unmodified(struct request *r, uint64_t size)
{
	reply_response(r, MHD_HTTP_NOT_MODIFIED,
		       MHD_create_response_from_callback(
			       size, 1024, read_nothing, NULL, NULL));
}

void reply_owned(struct request *r, unsigned int status, const char *type,
		 char *text, size_t len)
{
	struct MHD_Response *response =
		text ? MHD_create_response_from_buffer(len, text,
						       MHD_RESPMEM_MUST_FREE)
		     : NULL;

	if (!response)
		free(text);
	reply_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	reply_response(r, status, response);
}

void reply_text(struct request *r, unsigned int status, const char *type,
		const char *text, size_t len)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);

	reply_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	reply_response(r, status, response);
}

static void reply_json_as(struct request *r, unsigned int status,
			  const char *type, json_t *json)
{
	size_t len = 0;
	char *text = json ? json_write(json, &len) : NULL;

	json_decref(json);
	reply_owned(r, status, type, text, len);
}

void reply_json(struct request *r, unsigned int status, json_t *json)
{
	reply_json_as(r, status, "application/json", json);
}

/* RFC 9457 section 3.1; without a type it is about:blank. */
static void send_problem(struct request *r, unsigned int status,
			 const char *detail)
{
	reply_json_as(r, status, "application/problem+json",
		      json_pack("{s:s, s:i, s:s}", "title",
				MHD_get_reason_phrase_for(status), "status",
				(int)status, "detail", detail));
}

void reply_problem(struct request *r, unsigned int status, const char *fmt, ...)
{
	char detail[ERR_TEXT_SIZE];
	va_list args;

	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	utf8_mend(detail);
	if (status == MHD_HTTP_INTERNAL_SERVER_ERROR) {
		log_event(LOG_ERROR, "request", "%s %s: %s", r->method,
			  r->route ? r->route->name : "-", detail);
		snprintf(detail, sizeof(detail),
			 "internal error; the server's log says more");
	}
	send_problem(r, status, detail);
}

static unsigned int status_of(enum err_code code, unsigned int invalid)
{
	switch (code) {
	case ERR_INVALID:
		return invalid;
	case ERR_NOT_FOUND:
		return MHD_HTTP_NOT_FOUND;
	case ERR_CONFLICT:
		return MHD_HTTP_CONFLICT;
	case ERR_DENIED:
		return MHD_HTTP_FORBIDDEN;
	case ERR_TOO_LARGE:
		return MHD_HTTP_CONTENT_TOO_LARGE;
	case ERR_NO_SPACE:
		return MHD_HTTP_INSUFFICIENT_STORAGE;
	case ERR_BUSY:
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	case ERR_NONE:
	case ERR_MEMORY:
	case ERR_SYSTEM:
		break;
	}
	return MHD_HTTP_INTERNAL_SERVER_ERROR;
}

void reply_err(struct request *r, unsigned int invalid, const struct err *err)
{
	unsigned int status = status_of(err->code, invalid);

	if (status == MHD_HTTP_INSUFFICIENT_STORAGE)
		log_event(LOG_ERROR, "disk", "%s", err->text);
	reply_problem(r, status, "%s", err->text);
}

void request_free(struct request *r)
{
	if (!r)
		return;
	if (r->free_state)
		r->free_state(r->state);
	exchange_free(r->exchange);
	strbuf_free(&r->body);
	view_unref(r->view);
	free(r);
}
