#include "tls/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <openssl/err.h>

#include "tls/handshake.h"

/* ---- life --------------------------------------------------------------- */

static void wait_in(struct front_conn *c, enum conn_list list)
{
	deadline_set(&c->deadline, &c->host->lists[list], c->host->now);
}

static bool watch(struct conn_host *host, int fd, struct conn_watch *w,
		  uint32_t events)
{
	struct epoll_event event = {.events = events | EPOLLET, .data.ptr = w};

	return epoll_ctl(host->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void free_conn(struct front_conn *c)
{
	SSL_free(c->ssl);
	tls_profiles_unref(c->profiles);
	free(c);
}

bool conn_open(struct conn_host *host, int fd,
	       const struct sockaddr_storage *address,
	       const struct front_listener *listener,
	       struct tls_profiles *profiles)
{
	struct front_conn *c = calloc(1, sizeof(*c));
	BIO *bio;

	if (!c)
		goto fail;
	c->host = host;
	c->back = -1;
	c->wire = (struct wire){
		.fd = fd, .writable = true, .pool = &host->output};
	c->profiles = tls_profiles_ref(profiles);
	c->choice.port = listener->port;
	c->choice.address = *address;
	c->choice.begun = host->now;
	c->tag = listener->tag;
	c->client_watch = (struct conn_watch){CONN_WATCH_CLIENT, c};
	c->back_watch = (struct conn_watch){CONN_WATCH_BACK, c};
	c->ssl = tls_profiles_accept(profiles, &c->choice);
	bio = c->ssl ? wire_bio_new(&c->wire) : NULL;
	if (!bio)
		goto fail;
	SSL_set_bio(c->ssl, bio, bio);
	if (!watch(host, fd, &c->client_watch, EPOLLIN | EPOLLOUT | EPOLLRDHUP))
		goto fail;
	host->connections++;
	metric_add(host->open_connections, 1);
	wait_in(c, CONN_LIST_HANDSHAKE);
	return true;
fail:
	if (c)
		free_conn(c);
	close(fd);
	return false;
}

static void close_back(struct front_conn *c)
{
	if (c->back >= 0)
		close(c->back);
	c->back = -1;
	c->back_readable = false;
	c->back_hung_up = false;
	c->back_broken = false;
	c->back_waits = false;
}

static void drop_input(struct front_conn *c)
{
	wire_pool_put(&c->host->input, c->in);
	c->in = NULL;
	c->in_at = 0;
	c->in_len = 0;
	c->passed = 0;
}

void conn_close(struct front_conn *c)
{
	struct conn_host *host = c->host;

	if (c->state == CONN_GONE)
		return;
	handshake_gone(c->ssl, &c->choice,
		       c->state != CONN_HANDSHAKE && c->wire.ended,
		       host->options.tally);
	c->state = CONN_GONE;
	deadline_clear(&c->deadline);
	close_back(c);
	drop_input(c);
	wire_release(&c->wire);
	close(c->wire.fd);
	metric_add(host->bytes_in, (int64_t)c->wire.received);
	metric_add(host->bytes_out, (int64_t)c->wire.sent);
	metric_add(host->open_connections, -1);
	tls_sources_leave(host->options.sources, &c->choice.address);
	host->connections--;
	if (c->user)
		host->options.ops->closed(c->user);
	c->user = NULL;
	c->next_gone = host->gone;
	host->gone = c;
}

void conn_reap(struct conn_host *host)
{
	struct front_conn *c = host->gone;
	struct front_conn *again = NULL;

	while (c) {
		struct front_conn *next = c->next_gone;

		if (c->pending) { /* its turn comes once more */
			c->next_gone = again;
			again = c;
		} else {
			free_conn(c);
		}
		c = next;
	}
	host->gone = again;
}

void conn_wake(struct front_conn *c)
{
	if (c->pending)
		return;
	c->pending = true;
	c->next_pending = c->host->pending;
	c->host->pending = c;
}

/* ---- ending ------------------------------------------------------------- */

/* Our side is done: close_notify, then close once everything is sent. */
static void finish(struct front_conn *c)
{
	close_back(c);
	ERR_clear_error();
	SSL_shutdown(c->ssl);
	c->state = CONN_FLUSH;
	c->cut |= c->phase == FRONT_HEAD || c->phase == FRONT_BODY;
	c->window_bytes = wire_acknowledged(&c->wire);
	wait_in(c, CONN_LIST_ANSWER);
}

/*
 * Closing a socket with unread input, or before more input, would reset it
 * and the client could lose our last bytes: what it still sends is read and
 * dropped for a while.
 */
static void after_flush(struct front_conn *c)
{
	if (c->state == CONN_FLUSH) {
		if (!wire_flush(&c->wire))
			return;
		if (c->wire.ended ||
		    (!c->cut && !c->wire.readable && !c->in_len)) {
			conn_close(c);
			return;
		}
		shutdown(c->wire.fd, SHUT_WR);
		drop_input(c);
		c->state = CONN_LINGER;
		wait_in(c, CONN_LIST_LINGER);
	}
	if (!wire_discard(&c->wire))
		conn_close(c);
}

static void refuse(struct front_conn *c, const char *reply)
{
	ERR_clear_error();
	SSL_write(c->ssl, reply, (int)strlen(reply));
	c->cut = true;
	finish(c);
	after_flush(c);
}

/* ---- handshake ---------------------------------------------------------- */

static void shake_hands(struct front_conn *c)
{
	switch (handshake_step(c->ssl, &c->choice, &c->wire.ended,
			       c->host->options.tally)) {
	case HANDSHAKE_GOES_ON:
		wire_flush(&c->wire);
		return;
	case HANDSHAKE_BROKEN:
		wire_flush(&c->wire); /* our own alert */
		conn_close(c);
		return;
	case HANDSHAKE_COMPLETE:
		break;
	}
	c->state = CONN_OPEN;
	wait_in(c, CONN_LIST_HEAD);
	c->user = c->host->options.ops->opened(c->host->options.arg, c);
	if (!c->user)
		conn_close(c);
}

/* ---- from the client to the back ---------------------------------------- */

static void set_phase(struct front_conn *c, enum front_phase phase)
{
	static const enum conn_list lists[] = {[FRONT_IDLE] = CONN_LIST_PAUSE,
					       [FRONT_HEAD] = CONN_LIST_HEAD,
					       [FRONT_BODY] = CONN_LIST_BODY,
					       [FRONT_ANSWER] =
						       CONN_LIST_ANSWER};

	if (phase == c->phase)
		return;
	c->phase = phase;
	if (phase == FRONT_BODY)
		c->window_bytes = c->wire.received;
	else if (phase == FRONT_ANSWER)
		c->window_bytes = wire_acknowledged(&c->wire);
	wait_in(c, lists[phase]);
}

static bool open_back(struct front_conn *c)
{
	int pair[2];

	if (c->back >= 0)
		return true;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       pair) < 0)
		return false;
	c->back = pair[0];
	c->back_writable = true;
	if (watch(c->host, c->back, &c->back_watch, EPOLLIN | EPOLLRDHUP))
		return c->host->options.ops->back(c->user, pair[1]);
	close(pair[1]);
	return false;
}

/* Ask epoll for EPOLLOUT too, the first time that the back is full. */
static void wait_for_back(struct front_conn *c)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP |
					      EPOLLET,
				    .data.ptr = &c->back_watch};

	c->back_writable = false;
	if (!c->back_waits)
		epoll_ctl(c->host->epoll_fd, EPOLL_CTL_MOD, c->back, &event);
	c->back_waits = true;
}

/* Forward what the gate has let through.  True when something moved. */
static bool forward(struct front_conn *c)
{
	ssize_t n;

	if (!c->passed || (!c->back_writable && !c->back_broken))
		return false;
	n = c->back_broken
		    ? (ssize_t)c->passed
		    : send(c->back, c->in + c->in_at, c->passed, MSG_NOSIGNAL);
	if (n < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			wait_for_back(c);
			return false;
		}
		/* It answered early and closed: its answer is to be read. */
		c->back_broken = true;
		c->back_readable = true;
		return true;
	}
	c->host->fed = true;
	c->in_at += (size_t)n;
	c->passed -= (size_t)n;
	if (c->in_at == c->in_len)
		drop_input(c);
	return true;
}

/* Let the gate judge what has not passed.  True when something moved. */
static bool judge(struct front_conn *c)
{
	enum front_phase phase = c->phase;
	enum front_verdict verdict;
	const char *reply = NULL;
	size_t skip = 0;

	if (c->passed || c->in_at == c->in_len || c->phase == FRONT_ANSWER)
		return false;
	handshake_used(c->ssl, &c->choice, c->host->options.tally);
	verdict = c->host->options.ops->input(c->user, c->in + c->in_at,
					      c->in_len - c->in_at, &skip,
					      &c->passed, &phase, &reply);
	c->in_at += skip;
	if (verdict == FRONT_REJECT) {
		c->passed = 0;
		refuse(c, reply);
		return false;
	}
	set_phase(c, phase);
	if (c->in_at == c->in_len)
		drop_input(c);
	if (verdict == FRONT_MORE)
		return false;
	if (!open_back(c)) {
		conn_close(c);
		return false;
	}
	return true;
}

/* The client has ended its side. */
static void input_ended(struct front_conn *c)
{
	if (c->phase == FRONT_HEAD || c->phase == FRONT_BODY) {
		refuse(c, c->host->options.short_reply);
	} else if (c->phase == FRONT_IDLE) {
		finish(c);
		after_flush(c);
	}
}

/* Read more from the client.  True when something came. */
static bool take_input(struct front_conn *c)
{
	size_t max = c->host->options.input_max;
	int n;

	if (c->passed || c->phase == FRONT_ANSWER ||
	    (!c->wire.readable && !SSL_has_pending(c->ssl)))
		return false;
	if (!c->in)
		c->in = wire_pool_get(&c->host->input);
	if (!c->in) {
		conn_close(c);
		return false;
	}
	if (c->in_at) {
		memmove(c->in, c->in + c->in_at, c->in_len - c->in_at);
		c->in_len -= c->in_at;
		c->in_at = 0;
	}
	ERR_clear_error();
	n = SSL_read(c->ssl, c->in + c->in_len, (int)(max - c->in_len));
	if (n > 0) {
		c->in_len += (size_t)n;
		return true;
	}
	if (!c->in_len)
		drop_input(c);
	switch (SSL_get_error(c->ssl, n)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return false;
	case SSL_ERROR_ZERO_RETURN:
		input_ended(c);
		return false;
	}
	conn_close(c);
	return false;
}

/* ---- from the back to the client ---------------------------------------- */

/* Carry a piece of the answer.  True when something moved. */
static bool carry_answer(struct front_conn *c)
{
	ssize_t n;

	if (c->back < 0 || !c->back_readable)
		return false;
	n = read(c->back, c->host->scratch, WIRE_PLAIN_MAX);
	if (n > 0) {
		if (n < WIRE_PLAIN_MAX && !c->back_hung_up)
			c->back_readable = false;
		/* The wire has room for all of it. */
		if (!wire_write(c->ssl, c->host->scratch, (size_t)n,
				&c->answer_bytes))
			conn_close(c);
		return true;
	}
	if (n < 0 && errno == EINTR)
		return true;
	c->back_readable = false;
	if (n < 0 && errno == EAGAIN)
		return false;
	/* The back closed: nothing more is coming. */
	finish(c);
	after_flush(c);
	return false;
}

/* The answer is out: on to the next request. */
static void end_answer(struct front_conn *c)
{
	c->answered = false;
	c->answer_bytes = 0;
	set_phase(c, FRONT_IDLE);
	if (c->host->draining && c->in_at == c->in_len) {
		finish(c);
		after_flush(c);
	}
}

/* ---- both ways ---------------------------------------------------------- */

/*
 * Before an answer's first byte nothing is sent: what waits (the session
 * ticket of a new connection) leaves with it.
 */
static bool flush(struct front_conn *c)
{
	if (c->phase == FRONT_ANSWER && !c->answer_bytes && !c->back_readable)
		return false;
	return wire_flush(&c->wire);
}

static bool step(struct front_conn *c)
{
	bool moved = take_input(c);

	if (c->state == CONN_OPEN)
		moved |= judge(c);
	if (c->state == CONN_OPEN)
		moved |= forward(c);
	if (c->state != CONN_OPEN || !flush(c))
		return moved;
	moved |= carry_answer(c);
	if (c->state == CONN_OPEN && c->answered && !c->back_readable &&
	    wire_flush(&c->wire)) {
		end_answer(c);
		moved = true;
	}
	return moved;
}

void conn_pump(struct front_conn *c)
{
	uint64_t end = c->wire.sent + WIRE_TURN_MAX;

	c->wire.turn = 0;
	if (c->state == CONN_HANDSHAKE)
		shake_hands(c);
	while (c->state == CONN_OPEN && c->wire.sent < end && step(c))
		continue;
	if (c->state == CONN_FLUSH || c->state == CONN_LINGER)
		after_flush(c);
	else if (c->state == CONN_OPEN)
		flush(c); /* what reading has made OpenSSL say */
	if (c->state != CONN_GONE &&
	    (c->wire.sent >= end || c->wire.turn >= WIRE_TURN_MAX))
		conn_wake(c);
}

void conn_event(struct front_conn *c, bool back, uint32_t events)
{
	if (c->state == CONN_GONE)
		return;
	if (back) {
		if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			c->back_hung_up = true;
		c->back_readable |= (events & EPOLLIN) || c->back_hung_up;
		c->back_writable |= (events & EPOLLOUT) != 0;
	} else {
		if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			c->wire.hung_up = true;
		c->wire.readable |= (events & EPOLLIN) || c->wire.hung_up;
		c->wire.writable |= (events & EPOLLOUT) != 0;
	}
	conn_pump(c);
	/* A reset while the answer is awaited has nobody left to tell. */
	if (!back && (events & (EPOLLHUP | EPOLLERR)) &&
	    c->state == CONN_OPEN && c->phase == FRONT_ANSWER)
		conn_close(c);
}

/* ---- deadlines ---------------------------------------------------------- */

/* Was the rate kept over the window that ends now? */
static bool kept_rate(struct front_conn *c, uint64_t bytes)
{
	const struct front_limits *limits = &c->host->options.limits;
	uint64_t want = (uint64_t)limits->min_rate * limits->stall_ms / 1000;
	uint64_t got = bytes > c->window_bytes ? bytes - c->window_bytes : 0;

	c->window_bytes = bytes;
	return got >= want;
}

static void expire_open(struct front_conn *c)
{
	switch (c->phase) {
	case FRONT_IDLE:
		if (c->back >= 0) {
			close_back(c);
			wait_in(c, CONN_LIST_IDLE);
			return;
		}
		finish(c);
		after_flush(c);
		return;
	case FRONT_HEAD:
		refuse(c, c->host->options.late_reply);
		return;
	case FRONT_BODY:
		if (c->passed || kept_rate(c, c->wire.received))
			wait_in(c, CONN_LIST_BODY);
		else
			refuse(c, c->host->options.late_reply);
		return;
	case FRONT_ANSWER:
		if (!c->wire.out || kept_rate(c, wire_acknowledged(&c->wire)))
			wait_in(c, CONN_LIST_ANSWER);
		else
			conn_close(c);
		return;
	}
}

void conn_expire(struct front_conn *c)
{
	switch (c->state) {
	case CONN_HANDSHAKE:
		handshake_expired(&c->choice, c->host->options.tally);
		conn_close(c);
		return;
	case CONN_OPEN:
		expire_open(c);
		return;
	case CONN_FLUSH:
		if (kept_rate(c, wire_acknowledged(&c->wire)))
			wait_in(c, CONN_LIST_ANSWER);
		else
			conn_close(c);
		return;
	case CONN_LINGER:
		conn_close(c);
		return;
	case CONN_GONE:
		return;
	}
}

void conn_close_idle(struct front_conn *c)
{
	if (c->state != CONN_OPEN || c->phase != FRONT_IDLE)
		return;
	/* A request that has arrived, unseen so far, is still answered. */
	c->wire.readable = true;
	conn_pump(c);
	if (c->state != CONN_OPEN || c->phase != FRONT_IDLE)
		return;
	finish(c);
	after_flush(c);
}
