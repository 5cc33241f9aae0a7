/*
 * head - the lines of a request's head, each read strictly by RFC 9112 and
 * RFC 9110 as it comes.
 *
 * A line is given without its CRLF and may hold any byte but LF.  What has
 * more than one reading is refused, also where a standard lets a server be
 * lenient.
 */
#ifndef OTTERD_HTTP_HEAD_H
#define OTTERD_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	HEAD_FIELDS_MAX = 100, /* header and trailer fields of one request */
	HEAD_METHOD_MAX = 24   /* characters; the longest registered has 17 */
};

/* Why a line is refused. */
struct head_fault {
	int status;	    /* for the answer */
	const char *reason; /* a static string */
};

/* What the lines so far have said; all zero before the first. */
struct head {
	uint64_t length; /* of the body, in bytes; at most INT64_MAX */
	bool chunked;	 /* the body is chunked, and `length` is 0 */
	bool started;	 /* the request line was read */
	bool http_1_0;
	bool has_host;
	bool has_length;
	unsigned int fields;
};

/*
 * The request line: 400, 501 for a method over HEAD_METHOD_MAX, or 505 for
 * an HTTP version other than 1.0 and 1.1.  The target is in origin-form, "*"
 * for OPTIONS, or "http://" or "https://" in absolute-form, which section
 * 3.2.2 of RFC 9112 wants every server to take.  CONNECT is refused.
 */
bool head_request_line(struct head *head, const char *line, size_t len,
		       struct head_fault *fault);

/*
 * A header field: 400, 417 for an expectation other than 100-continue, or
 * 431 for more than HEAD_FIELDS_MAX of them.  A blank behind the value of a
 * field that frames the body is refused, although RFC 9112 section 5 allows
 * it: libmicrohttpd 0.9.75 does not understand it.
 */
bool head_field(struct head *head, const char *line, size_t len,
		struct head_fault *fault);

/* The empty line after the last header field: 400. */
bool head_end(const struct head *head, struct head_fault *fault);

/*
 * A field of the trailer behind a chunked body: as head_field(), and 400 for
 * one that RFC 9110 section 6.5.1 keeps out of trailers.
 */
bool head_trailer(struct head *head, const char *line, size_t len,
		  struct head_fault *fault);

/*
 * The line before a chunk (RFC 9112 section 7.1): *size is its hexadecimal
 * number, of at most 15 digits.  Extensions are read by the grammar, without
 * the blanks it only tolerates, and ignored.  400.
 */
bool head_chunk_line(const char *line, size_t len, uint64_t *size,
		     struct head_fault *fault);

#endif
