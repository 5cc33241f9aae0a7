/*
 * conn - one connection of a front: its states, and the bytes through it.
 *
 * For tls/front only; everybody else sees tls/front.h.
 */
#ifndef OTTERD_TLS_CONN_H
#define OTTERD_TLS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "tls/deadline.h"
#include "tls/front_options.h"
#include "tls/profile.h"
#include "tls/wire.h"

/* What an epoll event belongs to. */
enum conn_watch_kind {
	CONN_WATCH_LISTENER,
	CONN_WATCH_CLIENT,
	CONN_WATCH_BACK
};
struct conn_watch {
	enum conn_watch_kind kind;
	void *owner;
};

enum conn_list {
	CONN_LIST_HANDSHAKE,
	CONN_LIST_HEAD,
	CONN_LIST_PAUSE, /* idle, with the back still there */
	CONN_LIST_IDLE,
	CONN_LIST_BODY,
	CONN_LIST_ANSWER,
	CONN_LIST_LINGER,
	CONN_LISTS
};

/* What all connections of a front share. */
struct conn_host {
	int epoll_fd;
	struct front_options options;
	struct deadline_list lists[CONN_LISTS];
	struct wire_pool output;    /* of WIRE_BUFFER_SIZE */
	struct wire_pool input;	    /* of options.input_max */
	char *scratch;		    /* WIRE_PLAIN_MAX bytes from a back */
	struct front_conn *pending; /* to be pumped before the next wait */
	struct front_conn *gone;    /* closed; freed before the next wait */
	size_t connections;
	bool draining;
	bool fed;
	uint64_t now; /* clock_ms() of this turn of the loop */
	struct metric *open_connections, *accepted, *refused;
	struct metric *bytes_in, *bytes_out;
};

enum conn_state {
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_FLUSH,  /* our last bytes are on their way */
	CONN_LINGER, /* all sent; dropping input until the client closes */
	CONN_GONE
};

struct front_conn {
	struct conn_host *host;
	enum conn_state state;
	enum front_phase phase;
	struct front_conn *next_pending, *next_gone;
	bool pending;
	struct deadline deadline;
	uint64_t window_bytes; /* received or acknowledged when it began */
	bool cut;	       /* ended inside a request: more of it may come */

	struct wire wire;
	SSL *ssl;
	struct tls_profiles *profiles;
	struct tls_choice choice;
	int tag;

	char *in; /* what the client sent and is not forwarded */
	size_t in_at, in_len;
	size_t passed; /* of it, from in_at on: may be forwarded */

	int back; /* our end of the socketpair, or -1 */
	bool back_readable, back_writable, back_hung_up;
	bool back_broken;      /* takes no more input */
	bool back_waits;       /* EPOLLOUT is asked for */
	bool answered;	       /* the answer is in the socketpair whole */
	uint64_t answer_bytes; /* carried in this answer */

	struct conn_watch client_watch, back_watch;
	void *user;
};

/*
 * Take over the accepted socket `fd`, whose source has been counted in.
 * False when out of memory; the socket is closed then.
 */
bool conn_open(struct conn_host *host, int fd,
	       const struct sockaddr_storage *address,
	       const struct front_listener *listener,
	       struct tls_profiles *profiles);

/* An epoll event on one of its two sockets. */
void conn_event(struct front_conn *c, bool back, uint32_t events);

/* Go on as far as possible without waiting. */
void conn_pump(struct front_conn *c);

/* Its deadline has passed. */
void conn_expire(struct front_conn *c);

/* Close it at once; it is freed by conn_reap(). */
void conn_close(struct front_conn *c);

/* Put it on the list of those to be pumped. */
void conn_wake(struct front_conn *c);

/* Close it if it is between two requests. */
void conn_close_idle(struct front_conn *c);

/* Free what was closed. */
void conn_reap(struct conn_host *host);

#endif
