/*
 * gate - the strict check of what a client sends, before libmicrohttpd sees
 * a byte of it, and the framing that says where each request ends.
 *
 * libmicrohttpd 0.9.75 parses laxly (two lengths at once, "Content-Length :",
 * bare CR and LF, NUL, "%00", ...), which lets one request hide in another.
 * The gate reads every head and every chunk by RFC 9112 and lets through only
 * what has one meaning.  It keeps no copy: the caller shows it the bytes that
 * have not passed yet.
 */
#ifndef OTTERD_HTTP_GATE_H
#define OTTERD_HTTP_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GATE_HEAD_MAX = 16 * 1024, /* bytes of a head, unless told less */
	GATE_FIELDS_MAX = 100,	   /* header fields in one head */
	GATE_CHUNK_LINE_MAX = 256, /* bytes of a chunk's size line */
	GATE_TRAILER_MAX = 4096	   /* bytes of a chunked body's trailer */
};

enum gate_phase {
	GATE_IDLE, /* before the first byte of a request */
	GATE_HEAD, /* inside a request's head */
	GATE_BODY, /* inside its body */
	GATE_DONE  /* the whole request has passed; its answer is due */
};

/* Plain value; all zero is a connection before its first request. */
struct gate {
	enum gate_phase phase;
	size_t head_max;     /* bytes; 0 means GATE_HEAD_MAX */
	size_t scanned;	     /* of the head, so that none is scanned twice */
	uint64_t body_left;  /* bytes of a body with a known length, or of the
				current chunk */
	int chunk_state;     /* private; 0 when the body is not chunked */
	size_t line_len;     /* of the chunk line or trailer so far */
	uint64_t chunk_size; /* being read */
};

enum gate_verdict {
	GATE_MORE,  /* nothing can pass before more bytes come */
	GATE_PASS,  /* *pass bytes may go on; look at g->phase */
	GATE_REJECT /* answer with *status and close; *reason says why */
};

/*
 * Judge buf[0..len), which begins where the last call's *pass ended.  A head
 * passes only as a whole, a body as it comes; never bytes of two requests in
 * one call.  After a request's last byte the phase is GATE_DONE and nothing
 * more passes until gate_next().  Empty lines before a request line are
 * dropped as RFC 9112 section 2.2 asks: they pass no byte, *skip says how
 * many bytes to drop first.
 *
 * *status is 400, or 431 for a head over its bounds, 414 for a request line
 * over them, 501 for a transfer coding other than chunked, 505 for an HTTP
 * version other than 1.0 and 1.1.  *reason is a static string.
 */
enum gate_verdict gate_feed(struct gate *g, const char *buf, size_t len,
			    size_t *skip, size_t *pass, int *status,
			    const char **reason);

/* The answer has gone out: expect the next request. */
void gate_next(struct gate *g);

#endif
