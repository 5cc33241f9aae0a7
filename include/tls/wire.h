/*
 * wire - the TCP side of a TLS connection, as an OpenSSL BIO.
 *
 * It reads only while the socket is known to be readable, so that no call
 * ends in EAGAIN without need, and gathers what OpenSSL writes, so that
 * several records leave in one send(2).  Used with edge-triggered epoll.
 */
#ifndef OTTERD_TLS_WIRE_H
#define OTTERD_TLS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

/*
 * Plaintext that may be written between two flushes, and room for it as
 * records: an overhead of 40 bytes each, the smallest records of 512 bytes,
 * and handshake messages beside them.
 */
enum {
	WIRE_PLAIN_MAX = 64 * 1024,
	WIRE_BUFFER_SIZE = WIRE_PLAIN_MAX + WIRE_PLAIN_MAX / 512 * 40 + 16384
};

/* Bytes of one connection before the others have their turn. */
enum { WIRE_TURN_MAX = 512 * 1024 };

/* Buffers of one size, kept for the next connection that needs one. */
struct wire_pool {
	void *free_list;
	size_t size; /* bytes of each */
	size_t kept; /* in the list */
	size_t keep; /* at most */
};

void *wire_pool_get(struct wire_pool *pool); /* NULL when out of memory */
void wire_pool_put(struct wire_pool *pool, void *buffer); /* NULL is legal */
void wire_pool_drop(struct wire_pool *pool); /* free all in the list */

struct wire {
	int fd;
	bool readable; /* a read may bring something */
	bool writable; /* a write may take something */
	bool hung_up;  /* the peer closed or reset: read on until the end */
	bool ended;    /* nothing more will come */
	bool broken;   /* nothing more can be sent; output is dropped */
	struct wire_pool *pool; /* for out, of WIRE_BUFFER_SIZE */
	char *out;		/* NULL when there is nothing to send */
	size_t out_at, out_len;
	uint64_t received, sent; /* bytes since the start */
	size_t turn; /* bytes read in this turn, which its owner begins with
			0; at WIRE_TURN_MAX reading has to be tried again */
};

/* A new BIO on `w`, which must outlive it; NULL when out of memory. */
BIO *wire_bio_new(struct wire *w);

/*
 * Write plaintext as records that fit an answer of which *carried bytes went
 * before, and count it there.  False when OpenSSL did not take all of it.
 */
bool wire_write(SSL *ssl, const char *data, size_t len, uint64_t *carried);

/* Send what was gathered.  True when nothing is left to be sent. */
bool wire_flush(struct wire *w);

/* Bytes that have reached the peer, as its TCP says. */
uint64_t wire_acknowledged(const struct wire *w);

/* Read and drop what comes.  False when the end was reached. */
bool wire_discard(struct wire *w);

/* Give the buffer back; the descriptor stays. */
void wire_release(struct wire *w);

#endif
