/*
 * front_options - what the user of a front supplies: the limits, and what it
 * does with the bytes.
 */
#ifndef OTTERD_TLS_FRONT_OPTIONS_H
#define OTTERD_TLS_FRONT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/metrics.h"
#include "tls/sources.h"
#include "tls/tally.h"

struct front_conn;

struct front_limits {
	unsigned int handshake_ms; /* from accept to the end of the handshake */
	unsigned int head_ms;	   /* from the first byte of a request's head,
				      or the end of the handshake, to the
				      head's end */
	unsigned int idle_ms;	   /* between requests */
	unsigned int stall_ms;	   /* the window over which the rate counts */
	unsigned int min_rate;	   /* bytes/s that a body must bring and an
				      answer be taken at, over each window */
};

enum front_phase { FRONT_IDLE, FRONT_HEAD, FRONT_BODY, FRONT_ANSWER };

enum front_verdict { FRONT_MORE, FRONT_PASS, FRONT_REJECT };

/* What the user does for the front. */
struct front_ops {
	/*
	 * A handshake is done.  The result is `user` in the other calls; NULL
	 * refuses the connection.
	 */
	void *(*opened)(void *arg, struct front_conn *conn);
	/* The connection is gone. */
	void (*closed)(void *user);
	/*
	 * Judge what the client sent and has not passed yet: `skip` bytes to
	 * drop, then `pass` bytes to forward, and the phase after them.  On
	 * FRONT_REJECT *reply, which the user keeps, is sent and the
	 * connection closed.
	 */
	enum front_verdict (*input)(void *user, const char *buf, size_t len,
				    size_t *skip, size_t *pass,
				    enum front_phase *phase,
				    const char **reply);
	/* Serve the plain end `fd`, which becomes the user's.  False closes
	 * the connection. */
	bool (*back)(void *user, int fd);
};

struct front_options {
	const struct front_ops *ops;
	void *arg; /* for opened() */
	struct front_limits limits;
	size_t input_max; /* bytes kept of what has not passed: the longest
			     head */
	const char *late_reply;	 /* sent when a request takes too long */
	const char *short_reply; /* sent when a request ends in its middle */
	struct tls_sources *sources; /* shared by all fronts */
	struct tls_tally *tally;     /* likewise */
	struct metrics *metrics;
};

/* A listening socket of this front. */
struct front_listener {
	int fd;	  /* non-blocking; the front's from then on */
	int port; /* what tls_rule.port compares with */
	int tag;  /* the user's, see front_conn_tag() */
};

#endif
