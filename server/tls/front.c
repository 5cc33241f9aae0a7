#include "tls/front.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "tls/conn.h"

enum {
	LISTENERS_MAX = 16,
	ACCEPT_BATCH = 32,     /* connections taken before other events */
	ACCEPT_PAUSE_MS = 250, /* when descriptors or memory have run out */
	PAUSE_MS = 2000,       /* how long an idle connection keeps its back */
	LINGER_MS = 10000,
	POOL_KEEP = 64 /* buffers kept for reuse */
};

struct listener {
	struct conn_watch watch;
	struct front_listener what;
};

struct front {
	struct conn_host host;
	struct tls_profiles *profiles;
	struct listener listeners[LISTENERS_MAX];
	size_t listener_count;
	uint64_t accept_again; /* ms; 0: accepting */
};

static void set_limits(struct conn_host *host,
		       const struct front_limits *limits)
{
	host->options.limits = *limits;
	host->lists[CONN_LIST_HANDSHAKE].after = limits->handshake_ms;
	host->lists[CONN_LIST_HEAD].after = limits->head_ms;
	host->lists[CONN_LIST_PAUSE].after =
		limits->idle_ms < PAUSE_MS ? limits->idle_ms : PAUSE_MS;
	host->lists[CONN_LIST_IDLE].after = limits->idle_ms;
	host->lists[CONN_LIST_BODY].after = limits->stall_ms;
	host->lists[CONN_LIST_ANSWER].after = limits->stall_ms;
	host->lists[CONN_LIST_LINGER].after = LINGER_MS;
}

static void make_metrics(struct conn_host *host, struct metrics *metrics)
{
	host->open_connections =
		metrics_get(metrics, METRIC_GAUGE, "otterd_connections", "",
			    "Connections that are open now.");
	host->accepted =
		metrics_get(metrics, METRIC_COUNTER, "otterd_accepted_total",
			    "", "Connections that were accepted.");
	host->refused =
		metrics_get(metrics, METRIC_COUNTER, "otterd_refused_total", "",
			    "Connections closed at once because of a limit.");
	host->bytes_in = metrics_get(
		metrics, METRIC_COUNTER, "otterd_received_bytes_total", "",
		"Bytes received on connections that have ended.");
	host->bytes_out =
		metrics_get(metrics, METRIC_COUNTER, "otterd_sent_bytes_total",
			    "", "Bytes sent on connections that have ended.");
}

bool front_open(struct front **out, int epoll_fd,
		const struct front_options *options,
		struct tls_profiles *profiles, struct err *err)
{
	struct front *front = calloc(1, sizeof(*front));

	*out = NULL;
	if (!front)
		return err_memory(err);
	front->host.epoll_fd = epoll_fd;
	front->host.options = *options;
	front->host.now = clock_ms();
	front->host.output.size = WIRE_BUFFER_SIZE;
	front->host.output.keep = POOL_KEEP;
	front->host.input.size = options->input_max;
	front->host.input.keep = POOL_KEEP;
	set_limits(&front->host, &options->limits);
	make_metrics(&front->host, options->metrics);
	front->profiles = tls_profiles_ref(profiles);
	front->host.scratch = malloc(WIRE_PLAIN_MAX);
	if (!front->host.scratch) {
		front_close(front);
		return err_memory(err);
	}
	*out = front;
	return true;
}

static bool watch_listener(struct front *front, struct listener *listener)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE,
				    .data.ptr = &listener->watch};

	return epoll_ctl(front->host.epoll_fd, EPOLL_CTL_ADD, listener->what.fd,
			 &event) == 0;
}

bool front_listen(struct front *front, const struct front_listener *what,
		  struct err *err)
{
	struct listener *listener = &front->listeners[front->listener_count];
	int on = 1;

	if (front->listener_count == LISTENERS_MAX) {
		close(what->fd);
		return err_set(err, ERR_INVALID, "more than %d listeners",
			       LISTENERS_MAX);
	}
	listener->watch = (struct conn_watch){CONN_WATCH_LISTENER, listener};
	listener->what = *what;
	/* Connections inherit it. */
	setsockopt(what->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!watch_listener(front, listener)) {
		close(what->fd);
		return err_sys(err, "epoll");
	}
	front->listener_count++;
	return true;
}

/* ---- accepting ---------------------------------------------------------- */

static void unwatch_listeners(struct front *front)
{
	for (size_t i = 0; i < front->listener_count; i++)
		epoll_ctl(front->host.epoll_fd, EPOLL_CTL_DEL,
			  front->listeners[i].what.fd, NULL);
}

/* Without a descriptor to spare, accepting would only spin. */
static void pause_accepting(struct front *front, const char *reason)
{
	log_event(LOG_WARN, "accept", "pausing for %d ms: %s", ACCEPT_PAUSE_MS,
		  reason);
	unwatch_listeners(front);
	front->accept_again = front->host.now + ACCEPT_PAUSE_MS;
}

static void go_on_accepting(struct front *front)
{
	if (!front->accept_again || front->host.now < front->accept_again)
		return;
	front->accept_again = 0;
	for (size_t i = 0; i < front->listener_count; i++)
		watch_listener(front, &front->listeners[i]);
}

/* A socket that others share stays in the epoll when it is just closed. */
static void close_listeners(struct front *front)
{
	unwatch_listeners(front);
	for (size_t i = 0; i < front->listener_count; i++)
		close(front->listeners[i].what.fd);
	front->listener_count = 0;
}

static void accept_all(struct front *front, struct listener *listener)
{
	struct conn_host *host = &front->host;

	for (int i = 0; i < ACCEPT_BATCH && !host->draining; i++) {
		struct sockaddr_storage address = {0};
		socklen_t len = sizeof(address);
		int fd = accept4(listener->what.fd, (struct sockaddr *)&address,
				 &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM)
				pause_accepting(front, strerror(errno));
			if (errno != ECONNABORTED && errno != EINTR)
				return;
			continue;
		}
		if (!tls_sources_enter(host->options.sources, &address)) {
			/* Before the handshake, where it costs least. */
			metric_add(host->refused, 1);
			close(fd);
			continue;
		}
		metric_add(host->accepted, 1);
		if (!conn_open(host, fd, &address, &listener->what,
			       front->profiles))
			tls_sources_leave(host->options.sources, &address);
	}
}

/* ---- the loop ----------------------------------------------------------- */

void front_event(struct front *front, void *data, uint32_t events)
{
	struct conn_watch *watch = data;

	/* The wait may have been long; deadlines begin with the event. */
	front->host.now = clock_ms();
	switch (watch->kind) {
	case CONN_WATCH_LISTENER:
		accept_all(front, watch->owner);
		return;
	case CONN_WATCH_CLIENT:
		conn_event(watch->owner, false, events);
		return;
	case CONN_WATCH_BACK:
		conn_event(watch->owner, true, events);
		return;
	}
}

static void pump_pending(struct conn_host *host)
{
	struct front_conn *c = host->pending;

	host->pending = NULL;
	while (c) {
		struct front_conn *next = c->next_pending;

		c->pending = false;
		if (c->state != CONN_GONE)
			conn_pump(c);
		c = next;
	}
}

static struct front_conn *conn_of(struct deadline *d)
{
	return (struct front_conn *)((char *)d -
				     offsetof(struct front_conn, deadline));
}

int front_tick(struct front *front, int max)
{
	struct conn_host *host = &front->host;
	uint64_t wait = (uint64_t)max;
	struct deadline *d;

	host->now = clock_ms();
	pump_pending(host);
	for (int i = 0; i < CONN_LISTS; i++) {
		while ((d = deadline_due(&host->lists[i], host->now)))
			conn_expire(conn_of(d));
	}
	conn_reap(host);
	go_on_accepting(front);
	if (host->pending)
		return 0;
	if (front->accept_again && front->accept_again - host->now < wait)
		wait = front->accept_again - host->now;
	for (int i = 0; i < CONN_LISTS; i++)
		wait = deadline_wait(&host->lists[i], host->now, wait);
	return (int)wait;
}

bool front_fed(struct front *front)
{
	bool fed = front->host.fed;

	front->host.fed = false;
	return fed;
}

void front_configure(struct front *front, struct tls_profiles *profiles,
		     const struct front_limits *limits)
{
	tls_profiles_unref(front->profiles);
	front->profiles = tls_profiles_ref(profiles);
	set_limits(&front->host, limits);
}

void front_drain(struct front *front)
{
	struct conn_host *host = &front->host;

	host->draining = true;
	front->accept_again = 0;
	close_listeners(front);
	for (int i = 0; i < CONN_LISTS; i++) {
		struct deadline *d = host->lists[i].first;

		while (d) {
			struct deadline *next = d->next;

			conn_close_idle(conn_of(d));
			d = next;
		}
	}
}

size_t front_connections(const struct front *front)
{
	return front->host.connections;
}

void front_close(struct front *front)
{
	struct conn_host *host;

	if (!front)
		return;
	host = &front->host;
	close_listeners(front);
	for (int i = 0; i < CONN_LISTS; i++) {
		while (host->lists[i].first)
			conn_close(conn_of(host->lists[i].first));
	}
	pump_pending(host);
	conn_reap(host);
	wire_pool_drop(&host->output);
	wire_pool_drop(&host->input);
	free(host->scratch);
	tls_profiles_unref(front->profiles);
	free(front);
}

void front_answered(struct front_conn *c)
{
	c->answered = true;
	c->back_readable = true;
	conn_wake(c);
}

/* ---- what is known ------------------------------------------------------ */

const struct sockaddr_storage *front_conn_address(const struct front_conn *c)
{
	return &c->choice.address;
}

const char *front_conn_version(const struct front_conn *c)
{
	return SSL_get_version(c->ssl);
}

const char *front_conn_cipher(const struct front_conn *c)
{
	return SSL_get_cipher_name(c->ssl);
}

const char *front_conn_profile(const struct front_conn *c)
{
	return c->choice.profile ? tls_profile_name(c->choice.profile) : "";
}

const struct tls_client *front_conn_client(const struct front_conn *c)
{
	return &c->choice.client;
}

int front_conn_tag(const struct front_conn *c)
{
	return c->tag;
}
