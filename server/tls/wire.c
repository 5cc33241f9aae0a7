#include "tls/wire.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>
#include <openssl/err.h>

enum {
	/*
	 * Records stay small while an answer is young: a device with little
	 * memory reads them whole, and loses less when its link is slow.
	 */
	SMALL_RECORD = 4096,
	SMALL_UNTIL = 64 * 1024,
	LARGE_RECORD = 16384
};

static pthread_once_t method_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *method;

/* ---- the pool ----------------------------------------------------------- */

void *wire_pool_get(struct wire_pool *pool)
{
	void *buffer = pool->free_list;

	if (!buffer)
		return malloc(pool->size);
	memcpy(&pool->free_list, buffer, sizeof(void *));
	pool->kept--;
	return buffer;
}

void wire_pool_put(struct wire_pool *pool, void *buffer)
{
	if (!buffer)
		return;
	if (pool->kept >= pool->keep) {
		free(buffer);
		return;
	}
	memcpy(buffer, &pool->free_list, sizeof(void *));
	pool->free_list = buffer;
	pool->kept++;
}

void wire_pool_drop(struct wire_pool *pool)
{
	pool->keep = 0;
	while (pool->free_list)
		free(wire_pool_get(pool));
}

/* ---- the socket --------------------------------------------------------- */

/* recv(2) that keeps the flags; -1 with *retry when nothing is there. */
static ssize_t take(struct wire *w, void *buf, size_t len, bool *retry)
{
	ssize_t n;

	*retry = !w->ended && (!w->readable || w->turn >= WIRE_TURN_MAX);
	if (*retry || w->ended)
		return -1;
	do {
		n = recv(w->fd, buf, len, 0);
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		w->received += (uint64_t)n;
		w->turn += (size_t)n;
		/* A short read has emptied the socket; epoll tells of more. */
		if ((size_t)n < len && !w->hung_up)
			w->readable = false;
		return n;
	}
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		w->readable = false;
		*retry = true;
		return -1;
	}
	w->ended = true;
	return n;
}

bool wire_write(SSL *ssl, const char *data, size_t len, uint64_t *carried)
{
	while (len) {
		size_t max =
			*carried < SMALL_UNTIL ? SMALL_RECORD : LARGE_RECORD;
		int n;

		ERR_clear_error();
		n = SSL_write(ssl, data, (int)(len < max ? len : max));
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
		*carried += (uint64_t)n;
	}
	return true;
}

bool wire_flush(struct wire *w)
{
	while (w->out) {
		ssize_t n;

		if (!w->broken && !w->writable)
			return false;
		n = w->broken ? (ssize_t)(w->out_len - w->out_at)
			      : send(w->fd, w->out + w->out_at,
				     w->out_len - w->out_at, MSG_NOSIGNAL);
		if (n < 0) {
			if (errno == EAGAIN || errno == EWOULDBLOCK)
				w->writable = false;
			else if (errno != EINTR)
				w->broken = true;
			continue;
		}
		if (!w->broken)
			w->sent += (uint64_t)n;
		w->out_at += (size_t)n;
		if (w->out_at == w->out_len)
			wire_release(w);
	}
	return true;
}

uint64_t wire_acknowledged(const struct wire *w)
{
	int queued = 0;

	/* What is known of a broken socket is that nothing more comes. */
	if (ioctl(w->fd, SIOCOUTQ, &queued) < 0 || (uint64_t)queued > w->sent)
		return w->sent;
	return w->sent - (uint64_t)queued;
}

bool wire_discard(struct wire *w)
{
	char waste[4096];
	bool retry;

	while (take(w, waste, sizeof(waste), &retry) > 0)
		continue;
	return retry;
}

void wire_release(struct wire *w)
{
	wire_pool_put(w->pool, w->out);
	w->out = NULL;
	w->out_at = 0;
	w->out_len = 0;
}

/* ---- the BIO ------------------------------------------------------------ */

static int bio_read(BIO *bio, char *buf, int len)
{
	bool retry;
	ssize_t n = take(BIO_get_data(bio), buf, (size_t)len, &retry);

	BIO_clear_retry_flags(bio);
	if (retry)
		BIO_set_retry_read(bio);
	return (int)n;
}

static int bio_write(BIO *bio, const char *data, int len)
{
	struct wire *w = BIO_get_data(bio);
	size_t room;

	BIO_clear_retry_flags(bio);
	if (w->broken)
		return len;
	if (!w->out)
		w->out = wire_pool_get(w->pool);
	if (!w->out)
		return -1;
	room = WIRE_BUFFER_SIZE - w->out_len;
	if ((size_t)len > room)
		len = (int)room;
	if (!len) {
		BIO_set_retry_write(bio);
		return -1;
	}
	memcpy(w->out + w->out_len, data, (size_t)len);
	w->out_len += (size_t)len;
	return len;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH;
}

static void make_method(void)
{
	method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
			      "wire");
	if (!method)
		return;
	BIO_meth_set_read(method, bio_read);
	BIO_meth_set_write(method, bio_write);
	BIO_meth_set_ctrl(method, bio_ctrl);
}

BIO *wire_bio_new(struct wire *w)
{
	BIO *bio;

	pthread_once(&method_once, make_method);
	bio = method ? BIO_new(method) : NULL;
	if (!bio)
		return NULL;
	BIO_set_data(bio, w);
	BIO_set_init(bio, 1);
	return bio;
}
