#include "http/server.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/auth.h"
#include "http/exchange.h"
#include "http/route.h"

enum {
	/*
	 * Of libmicrohttpd, for each connection beside the longest head: the
	 * table of its fields and the answer's head.  Cleared at each request,
	 * so not larger than needed.
	 */
	CONNECTION_MEMORY = 8 * 1024,
	CONNECTIONS_MAX = 1000000,   /* the front has the limit that counts */
	RUNS_MAX = 8,		     /* of libmicrohttpd before other events */
	DROP_MAX = 16 * 1024 * 1024, /* bytes of a body after its answer */
	SERIES_MAX = 256	     /* route and status pairs counted apart */
};

/* The metrics of one route and status, found by a short linear search. */
struct series {
	const char *route;
	unsigned int status;
	struct metric *requests;
	struct metric *seconds;
};

struct http_server {
	struct MHD_Daemon *daemon;
	int epoll_fd;
	const struct app *app;
	struct db *db;
	struct port *port;
	struct signing *signing;
	size_t waiting;
	struct http_client *adding; /* whose connection is being added */
	struct series series[SERIES_MAX];
	size_t series_count;
};

/* Set by on_connection(). */
static struct http_client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info->socket_context;
}

/* ---- one request -------------------------------------------------------- */

/*
 * Called with the request target as it was sent, before anything else.  What
 * it returns is the request's in all later calls.
 */
static void *on_target(void *cls, const char *raw,
		       struct MHD_Connection *connection)
{
	struct http_server *server = cls;
	struct exchange *x = calloc(1, sizeof(*x));
	struct request *r = calloc(1, sizeof(*r));

	if (!x || !r) {
		free(x);
		free(r);
		return NULL;
	}
	x->request = r;
	x->connection = connection;
	x->port = server->port;
	x->waiting = &server->waiting;
	x->started_us = clock_us();
	r->exchange = x;
	r->app = server->app;
	r->db = server->db;
	r->signing = server->signing;
	r->peer = &client_of(connection)->peer;
	r->view = current_get(server->app->current);
	target_parse(&r->target, raw, &x->target_fault);
	return x;
}

/* "5" -> 5; the gate has let through nothing but digits. */
static uint64_t announced_length(const struct request *r)
{
	const char *text = request_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);

	if (text)
		return strtoull(text, NULL, 10);
	return request_header(r, MHD_HTTP_HEADER_TRANSFER_ENCODING) ? UINT64_MAX
								    : 0;
}

static bool find_route(struct request *r, bool admin)
{
	char allow[ROUTE_ALLOW_SIZE];

	switch (route_find(r->method, &r->target, admin, &r->route, r->params,
			   allow)) {
	case ROUTE_FOUND:
		return true;
	case ROUTE_NO_PATH:
		reply_problem(r, MHD_HTTP_NOT_FOUND, "there is nothing here");
		return false;
	case ROUTE_NO_METHOD:
		reply_header(r, MHD_HTTP_HEADER_ALLOW, allow);
		reply_problem(r, MHD_HTTP_METHOD_NOT_ALLOWED,
			      "%.16s is not possible here, only %s", r->method,
			      allow);
		return false;
	}
	return false;
}

static bool allowed(struct request *r)
{
	struct err err;

	if (r->route->role == ROLE_NONE)
		return true;
	if (!auth_check(r->db, request_header(r, MHD_HTTP_HEADER_AUTHORIZATION),
			&r->who, &r->role, &err)) {
		if (err.code != ERR_DENIED) {
			reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
			return false;
		}
		reply_header(r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
		reply_problem(r, MHD_HTTP_UNAUTHORIZED, "%s", err.text);
		return false;
	}
	if (r->role >= r->route->role)
		return true;
	reply_problem(r, MHD_HTTP_FORBIDDEN,
		      "this needs the role %s; the token '%s' is a %s",
		      role_name(r->route->role), r->who.text,
		      role_name(r->role));
	return false;
}

static bool body_fits(struct request *r)
{
	if (r->route->begin || !r->content_length)
		return true;
	if (r->content_length == UINT64_MAX && r->route->body_max)
		return true;
	if (r->content_length <= r->route->body_max)
		return true;
	reply_problem(r, MHD_HTTP_CONTENT_TOO_LARGE,
		      "the body is too large: at most %zu bytes are taken",
		      r->route->body_max);
	return false;
}

/* The head is there: route, authorize, and prepare for the body. */
static void begin(struct exchange *x, const char *method)
{
	const struct http_client *client = client_of(x->connection);
	struct request *r = x->request;

	x->begun = true;
	r->method = method;
	r->content_length = announced_length(r);
	if (x->target_fault.code) {
		reply_problem(r,
			      x->target_fault.code == ERR_TOO_LARGE
				      ? MHD_HTTP_URI_TOO_LONG
				      : MHD_HTTP_BAD_REQUEST,
			      "%s", x->target_fault.text);
		return;
	}
	if (!find_route(r, client->admin) || !allowed(r) || !body_fits(r))
		return;
	if (r->route->begin)
		r->route->begin(r);
}

/* False when the client sends on and on although it has its answer. */
static bool take_body(struct exchange *x, const char *data, size_t len)
{
	struct request *r = x->request;

	if (x->replied) {
		x->dropped += len;
		return x->dropped <= DROP_MAX;
	}
	if (r->route->body) {
		r->route->body(r, data, len);
		return true;
	}
	if (r->body.len + len > r->route->body_max)
		reply_problem(r, MHD_HTTP_CONTENT_TOO_LARGE,
			      "the body is too large: at most %zu bytes are "
			      "taken",
			      r->route->body_max);
	else
		strbuf_add(&r->body, data, len);
	return true;
}

static void handle(struct exchange *x)
{
	struct request *r = x->request;

	x->handled = true;
	if (r->body.failed)
		reply_problem(r, MHD_HTTP_INTERNAL_SERVER_ERROR,
			      "out of memory");
	else
		r->route->handle(r);
}

/*
 * An answer that comes before the body of a POST or PUT makes libmicrohttpd
 * close the connection, which spares the rest of a large body.  After any
 * other method it would take the body for the next request, so there the
 * body is read and dropped first.
 */
static bool may_send_early(const struct exchange *x)
{
	const struct request *r = x->request;

	return r->content_length && (strcmp(r->method, "PUT") == 0 ||
				     strcmp(r->method, "POST") == 0);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *upload_data,
				  size_t *upload_size, void **con_cls)
{
	struct exchange *x = *con_cls;

	(void)cls;
	(void)connection;
	(void)url;
	(void)version;
	if (!x)
		return MHD_NO;
	if (!x->begun) {
		begin(x, method);
		return x->replied && may_send_early(x) ? exchange_send(x)
						       : MHD_YES;
	}
	if (*upload_size) {
		if (!take_body(x, upload_data, *upload_size))
			return MHD_NO;
		*upload_size = 0;
		return MHD_YES;
	}
	if (!x->handled && !x->replied)
		handle(x);
	return x->replied ? exchange_send(x) : MHD_YES;
}

/* ---- counting ----------------------------------------------------------- */

static struct series *find_series(struct http_server *server, const char *route,
				  unsigned int status)
{
	struct series *series;
	char labels[128];

	for (size_t i = 0; i < server->series_count; i++) {
		series = &server->series[i];
		if (series->route == route && series->status == status)
			return series;
	}
	if (server->series_count == SERIES_MAX)
		return NULL;
	series = &server->series[server->series_count++];
	series->route = route;
	series->status = status;
	snprintf(labels, sizeof(labels), "route=\"%s\",status=\"%u\"", route,
		 status);
	series->requests = metrics_get(server->app->metrics, METRIC_COUNTER,
				       "otterd_requests_total", labels,
				       "Requests by route and status.");
	snprintf(labels, sizeof(labels), "route=\"%s\"", route);
	series->seconds =
		metrics_get(server->app->metrics, METRIC_HISTOGRAM,
			    "otterd_request_seconds", labels,
			    "Time from a request's head to its answer's end.");
	return series;
}

static void count(struct http_server *server, const struct exchange *x)
{
	static const char no_route[] = "none";
	const struct route *route = x->request->route;
	struct series *series =
		find_series(server, route ? route->name : no_route, x->status);

	if (!series)
		return;
	metric_add(series->requests, 1);
	metric_time(series->seconds, clock_us() - x->started_us);
}

static void on_completed(void *cls, struct MHD_Connection *connection,
			 void **con_cls, enum MHD_RequestTerminationCode code)
{
	struct http_server *server = cls;
	struct exchange *x = *con_cls;
	struct http_client *client = client_of(connection);

	if (x) {
		if (x->status)
			count(server, x);
		request_free(x->request);
	}
	*con_cls = NULL;
	if (code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		client->answered(client->arg);
}

/* ---- connections -------------------------------------------------------- */

static void on_connection(void *cls, struct MHD_Connection *connection,
			  void **socket_context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct http_server *server = cls;
	struct http_client *client;

	(void)connection;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = server->adding;
		server->adding = NULL;
		return;
	}
	client = *socket_context;
	client->gone(client->arg);
}

bool http_server_add(struct http_server *server, int fd,
		     struct http_client *client, struct err *err)
{
	struct sockaddr_in nobody = {.sin_family = AF_INET};

	server->adding = client;
	if (MHD_add_connection(server->daemon, fd, (struct sockaddr *)&nobody,
			       sizeof(nobody)) == MHD_YES)
		return true;
	/* It has closed fd, and told of the end if it had told of the start. */
	err_sys(err, "libmicrohttpd takes no connection");
	if (server->adding)
		client->gone(client->arg);
	server->adding = NULL;
	return false;
}

/* ---- the daemon --------------------------------------------------------- */

static void on_log(void *cls, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));
static void on_log(void *cls, const char *fmt, va_list args)
{
	char text[256];
	int len;

	(void)cls;
	len = vsnprintf(text, sizeof(text), fmt, args);
	while (len > 0 && len < (int)sizeof(text) && text[len - 1] == '\n')
		text[--len] = '\0';
	log_event(LOG_FINE, "http", "%s", text);
}

/* The target is taken apart by http/target, once and strictly. */
static size_t leave_escaped(void *cls, struct MHD_Connection *connection,
			    char *text)
{
	(void)cls;
	(void)connection;
	return strlen(text);
}

bool http_server_open(struct http_server **out, const struct app *app,
		      struct db *db, struct port *port, size_t head_max,
		      struct err *err)
{
	struct http_server *server = calloc(1, sizeof(*server));
	const union MHD_DaemonInfo *info;

	*out = NULL;
	if (!server)
		return err_memory(err);
	server->app = app;
	server->db = db;
	server->port = port;
	server->signing = signing_new();
	if (!server->signing) {
		free(server);
		return err_memory(err);
	}
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET |
			MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER,
		on_log, NULL, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		0u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		head_max + CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK,
		on_target, server, MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped,
		NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
		MHD_OPTION_END);
	if (!server->daemon) {
		signing_free(server->signing);
		free(server);
		return err_sys(err, "libmicrohttpd");
	}
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	server->epoll_fd = info->epoll_fd;
	*out = server;
	return true;
}

void http_server_close(struct http_server *server)
{
	if (!server)
		return;
	MHD_stop_daemon(server->daemon);
	signing_free(server->signing);
	free(server);
}

int http_server_fd(const struct http_server *server)
{
	return server->epoll_fd;
}

/* All requests of one run see the database as of one moment. */
bool http_server_run(struct http_server *server)
{
	MHD_UNSIGNED_LONG_LONG wait = 0;
	bool again = true;
	struct err err;

	if (!db_read_begin(server->db, &err))
		log_event(LOG_ERROR, "database", "%s", err.text);
	for (int i = 0; again && i < RUNS_MAX; i++) {
		MHD_run(server->daemon);
		again = MHD_get_timeout(server->daemon, &wait) == MHD_YES &&
			!wait;
	}
	db_read_end(server->db);
	return again;
}

size_t http_server_waiting(const struct http_server *server)
{
	return server->waiting;
}
