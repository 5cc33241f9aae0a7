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

#include "http/head.h"
#include "http/target.h"

enum {
	GATE_HEAD_MAX = 16 * 1024,	 /* bytes of a head, unless told less */
	GATE_LINE_MAX = TARGET_MAX + 64, /* bytes of a request line */
	GATE_CHUNK_LINE_MAX = 256,	 /* bytes of a chunk's size line */
	GATE_TRAILER_MAX = 4096		 /* bytes of a chunked body's trailer */
};

enum gate_phase {
	GATE_IDLE, /* before the first byte of a request */
	GATE_HEAD, /* inside a request's head */
	GATE_BODY, /* inside its body */
	GATE_DONE  /* the whole request has passed; its answer is due */
};

/* Private: what comes next in a body. */
enum gate_part { GATE_DATA, GATE_CHUNK_LINE, GATE_CHUNK_END, GATE_TRAILER };

/* Plain value; all zero is a connection before its first request. */
struct gate {
	enum gate_phase phase;
	size_t head_max; /* bytes; 0 means GATE_HEAD_MAX */

	/* The rest is private. */
	struct head head;    /* what the lines so far said */
	size_t line;	     /* where the current line of the head begins */
	size_t scanned;	     /* its bytes before this hold no LF */
	bool blank;	     /* an empty line was dropped */
	enum gate_part part; /* of the body */
	uint64_t left;	     /* bytes of the body or of this chunk */
	size_t trailer;	     /* bytes of the trailer so far */
};

enum gate_verdict {
	GATE_MORE,  /* nothing can pass before more bytes come */
	GATE_PASS,  /* *pass bytes may go on; look at g->phase */
	GATE_REJECT /* answer with *status and close; *reason says why */
};

/*
 * Judge buf[0..len), which begins where the last call's *skip and *pass
 * ended.  Heads, size lines of chunks and fields of trailers pass only as a
 * whole, data as it comes; never bytes of two requests in one call.  Nothing
 * that has not passed has to be longer than head_max to be judged.
 *
 * After a request's last byte the phase is GATE_DONE and nothing more passes
 * until gate_next().  One empty line before a request line is dropped as
 * RFC 9112 section 2.2 asks: *skip says how many bytes to drop before the
 * *pass bytes, with GATE_MORE too.
 *
 * *status is 400, or 414 for a request line over GATE_LINE_MAX, 417 for an
 * unknown expectation, 431 for a head or trailer over its bounds, 501 for an
 * endless method, 505 for an HTTP version other than 1.0 and 1.1.  *reason is
 * a static string.  After GATE_REJECT the gate is of no more use.
 */
enum gate_verdict gate_feed(struct gate *g, const char *buf, size_t len,
			    size_t *skip, size_t *pass, int *status,
			    const char **reason);

/* The answer has gone out: expect the next request. */
void gate_next(struct gate *g);

#endif
