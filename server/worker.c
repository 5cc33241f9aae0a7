#include "worker.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <microhttpd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/network.h"
#include "http/gate.h"
#include "http/server.h"

enum {
	EVENTS_MAX = 256,   /* of one epoll_wait() */
	TURN_MAX_MS = 1000, /* how long the loop may sleep */
	REPLY_MAX = 512,    /* bytes of an answer to a refused head */
	INPUT_SPARE = 1024  /* beside the longest head */
};

struct worker {
	pthread_t thread;
	bool started;
	int epoll_fd;
	const struct app *app;
	struct port *port;
	struct db *db;
	struct http_server *http;
	bool http_again; /* it has more to do straight away */
	struct front *front;
	size_t head_max;
	bool draining;
	char reply[REPLY_MAX]; /* to the head refused last */
	_Atomic bool stop;
	_Atomic bool ended;
	_Atomic uint64_t heartbeat;
};

/* ---- one client: where the front and libmicrohttpd meet ----------------- */

struct client {
	struct http_client http;
	struct gate gate;
	struct front_conn *conn; /* NULL once the front has closed it */
	struct worker *worker;
	int holders; /* the front, and each connection of libmicrohttpd */
};

static void release(struct client *client)
{
	if (--client->holders == 0)
		free(client);
}

static void on_answered(void *arg)
{
	struct client *client = arg;

	/* An answer before the end of the body is libmicrohttpd's last. */
	if (client->gate.phase != GATE_DONE)
		return;
	gate_next(&client->gate);
	if (client->conn)
		front_answered(client->conn);
}

static void on_gone(void *arg)
{
	release(arg);
}

static void *on_opened(void *arg, struct front_conn *conn)
{
	struct worker *worker = arg;
	struct client *client = calloc(1, sizeof(*client));
	struct store_peer *peer;

	if (!client)
		return NULL;
	client->worker = worker;
	client->conn = conn;
	client->holders = 1;
	client->gate.head_max = worker->head_max;
	client->http.admin = front_conn_tag(conn);
	client->http.arg = client;
	client->http.answered = on_answered;
	client->http.gone = on_gone;
	peer = &client->http.peer;
	network_address(front_conn_address(conn), peer->address);
	text_copy(peer->tls_version, STORE_WORD_SIZE, front_conn_version(conn));
	text_copy(peer->cipher, STORE_WORD_SIZE, front_conn_cipher(conn));
	text_copy(peer->profile, sizeof(peer->profile),
		  front_conn_profile(conn));
	text_copy(peer->fingerprint, sizeof(peer->fingerprint),
		  front_conn_client(conn)->ja4);
	return client;
}

static void on_closed(void *user)
{
	struct client *client = user;

	client->conn = NULL;
	release(client);
}

static const char *refusal(struct worker *worker, int status,
			   const char *reason)
{
	const char *phrase = MHD_get_reason_phrase_for((unsigned int)status);
	char body[REPLY_MAX / 2];
	int len = snprintf(body, sizeof(body),
			   "{\"title\":\"%s\",\"status\":%d,\"detail\":"
			   "\"%s\"}",
			   phrase, status, reason);

	snprintf(worker->reply, sizeof(worker->reply),
		 "HTTP/1.1 %d %s\r\n"
		 "Content-Type: application/problem+json\r\n"
		 "Content-Length: %d\r\n"
		 "Connection: close\r\n\r\n%s",
		 status, phrase, len, body);
	return worker->reply;
}

static enum front_phase phase_of(enum gate_phase phase)
{
	switch (phase) {
	case GATE_IDLE:
		return FRONT_IDLE;
	case GATE_HEAD:
		return FRONT_HEAD;
	case GATE_BODY:
		return FRONT_BODY;
	case GATE_DONE:
		return FRONT_ANSWER;
	}
	return FRONT_IDLE;
}

static enum front_verdict on_input(void *user, const char *buf, size_t len,
				   size_t *skip, size_t *pass,
				   enum front_phase *phase, const char **reply)
{
	struct client *client = user;
	const char *reason = "";
	int status = 0;
	enum gate_verdict verdict = gate_feed(&client->gate, buf, len, skip,
					      pass, &status, &reason);

	*phase = phase_of(client->gate.phase);
	switch (verdict) {
	case GATE_MORE:
		return FRONT_MORE;
	case GATE_PASS:
		return FRONT_PASS;
	case GATE_REJECT:
		break;
	}
	log_event(LOG_FINE, "refused", "%s: %d %s", client->http.peer.address,
		  status, reason);
	*reply = refusal(client->worker, status, reason);
	return FRONT_REJECT;
}

static bool on_back(void *user, int fd)
{
	struct client *client = user;
	struct err err;

	client->holders++;
	if (http_server_add(client->worker->http, fd, &client->http, &err))
		return true;
	log_event(LOG_WARN, "connection", "%s", err.text);
	return false;
}

static const struct front_ops front_ops = {
	.opened = on_opened,
	.closed = on_closed,
	.input = on_input,
	.back = on_back,
};

/* ---- the loop ----------------------------------------------------------- */

static bool finished(const struct worker *worker)
{
	if (atomic_load(&worker->stop))
		return true;
	return worker->draining && !front_connections(worker->front) &&
	       !http_server_waiting(worker->http);
}

static void turn(struct worker *worker)
{
	struct epoll_event events[EVENTS_MAX];
	int wait = front_tick(worker->front, TURN_MAX_MS);
	int count = epoll_wait(worker->epoll_fd, events, EVENTS_MAX,
			       worker->http_again ? 0 : wait);
	bool run_http = worker->http_again;

	atomic_store(&worker->heartbeat, clock_ms());
	for (int i = 0; i < count; i++) {
		void *data = events[i].data.ptr;

		if (data == worker->http) {
			run_http = true;
		} else if (data == worker->port) {
			port_drain(worker->port);
			run_http = true;
		} else {
			front_event(worker->front, data, events[i].events);
		}
	}
	if (front_fed(worker->front) || run_http)
		worker->http_again = http_server_run(worker->http);
}

static void *run_worker(void *arg)
{
	struct worker *worker = arg;

	pthread_setname_np(pthread_self(), "worker");
	while (!finished(worker))
		turn(worker);
	atomic_store(&worker->ended, true);
	return NULL;
}

/* ---- orders from other threads ------------------------------------------ */

/* Carried to the worker as a job that has nothing left to do but done(). */
struct order {
	struct job job;
	struct worker *worker;
	struct worker_settings settings;
};

static struct order *new_order(struct worker *worker,
			       void (*done)(struct job *job))
{
	struct order *order = calloc(1, sizeof(*order));

	if (!order)
		return NULL;
	order->worker = worker;
	order->job.done = done;
	return order;
}

static void obey_configure(struct job *job)
{
	struct order *order = (struct order *)job;

	front_configure(order->worker->front, order->settings.profiles,
			&order->settings.limits);
	tls_profiles_unref(order->settings.profiles);
	free(order);
}

void worker_configure(struct worker *worker,
		      const struct worker_settings *settings)
{
	struct order *order = new_order(worker, obey_configure);

	if (!order)
		return;
	order->settings = *settings;
	tls_profiles_ref(settings->profiles);
	port_post(worker->port, &order->job);
}

static void obey_drain(struct job *job)
{
	struct order *order = (struct order *)job;

	order->worker->draining = true;
	front_drain(order->worker->front);
	free(order);
}

void worker_drain(struct worker *worker)
{
	struct order *order = new_order(worker, obey_drain);

	if (order)
		port_post(worker->port, &order->job);
	else
		atomic_store(&worker->stop, true);
}

static void obey_nothing(struct job *job)
{
	free(job);
}

/* Without memory its loop still turns once a second. */
static void wake(struct worker *worker)
{
	struct order *order = new_order(worker, obey_nothing);

	if (order)
		port_post(worker->port, &order->job);
}

bool worker_ended(const struct worker *worker)
{
	return atomic_load(&worker->ended);
}

uint64_t worker_heartbeat(const struct worker *worker)
{
	return atomic_load(&worker->heartbeat);
}

/* ---- life --------------------------------------------------------------- */

static bool watch(struct worker *worker, int fd, void *data, struct err *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};

	if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return err_sys(err, "epoll");
	return true;
}

static bool open_front(struct worker *worker,
		       const struct worker_shared *shared,
		       const struct worker_settings *settings, struct err *err)
{
	static const char late_reply[] =
		"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n"
		"Connection: close\r\n\r\n";
	static const char short_reply[] =
		"HTTP/1.1 400 Bad Request\r\n"
		"Content-Type: application/problem+json\r\n"
		"Content-Length: 78\r\nConnection: close\r\n\r\n"
		"{\"title\":\"Bad Request\",\"status\":400,"
		"\"detail\":\"the request ends in its middle\"}";
	struct front_options options = {.ops = &front_ops,
					.arg = worker,
					.limits = settings->limits,
					.input_max =
						worker->head_max + INPUT_SPARE,
					.late_reply = late_reply,
					.short_reply = short_reply,
					.sources = shared->sources,
					.tally = shared->tally,
					.metrics = worker->app->metrics};

	return front_open(&worker->front, worker->epoll_fd, &options,
			  settings->profiles, err);
}

bool worker_open(struct worker **out, const struct worker_shared *shared,
		 const struct worker_settings *settings, struct err *err)
{
	const struct app *app = shared->app;
	struct worker *worker = calloc(1, sizeof(*worker));

	*out = NULL;
	if (!worker)
		return err_memory(err);
	worker->app = app;
	worker->head_max = shared->head_max;
	atomic_store(&worker->heartbeat, clock_ms());
	worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (worker->epoll_fd < 0) {
		err_sys(err, "epoll");
		goto fail;
	}
	if (!port_open(&worker->port, err) ||
	    !db_open(&worker->db, app->data_dir, DB_READER, err) ||
	    !http_server_open(&worker->http, app, worker->db, worker->port,
			      shared->head_max, err) ||
	    !open_front(worker, shared, settings, err) ||
	    !watch(worker, port_fd(worker->port), worker->port, err) ||
	    !watch(worker, http_server_fd(worker->http), worker->http, err))
		goto fail;
	*out = worker;
	return true;
fail:
	worker_close(worker);
	return false;
}

bool worker_listen(struct worker *worker, int fd, int port, bool admin,
		   struct err *err)
{
	struct front_listener listener = {.fd = fd, .port = port, .tag = admin};

	return front_listen(worker->front, &listener, err);
}

bool worker_start(struct worker *worker, struct err *err)
{
	int failed = pthread_create(&worker->thread, NULL, run_worker, worker);

	if (failed)
		return err_set(err, ERR_SYSTEM, "thread: %s", strerror(failed));
	worker->started = true;
	return true;
}

/* The jobs of requests must be back before the requests can be freed. */
static void await_jobs(struct worker *worker)
{
	while (http_server_waiting(worker->http)) {
		struct epoll_event event;

		epoll_wait(worker->epoll_fd, &event, 1, TURN_MAX_MS);
		port_drain(worker->port);
		http_server_run(worker->http);
	}
	port_drain(worker->port);
}

void worker_close(struct worker *worker)
{
	if (!worker)
		return;
	if (worker->started) {
		atomic_store(&worker->stop, true);
		wake(worker);
		pthread_join(worker->thread, NULL);
		/* Orders that came too late still look for the front. */
		port_drain(worker->port);
	}
	front_close(worker->front);
	if (worker->http)
		await_jobs(worker);
	http_server_close(worker->http);
	db_close(worker->db);
	port_close(worker->port);
	if (worker->epoll_fd >= 0)
		close(worker->epoll_fd);
	free(worker);
}
