/*
 * exchange - HTTP requests and answers on the device's connection, as little
 * of HTTP/1.1 (RFC 9112) as a device gets by with.
 */
#ifndef DEVICE_EXCHANGE_H
#define DEVICE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"
#include "link.h"

enum {
	EXCHANGE_HEAD_MAX = 2048,     /* bytes of an answer's head */
	EXCHANGE_IMAGE_HEAD_MAX = 512 /* ESP-IDF v3.2: DEFAULT_HTTP_BUF_SIZE */
};

struct exchange {
	struct link *link;
	const char *host; /* for the Host field */

	/* The answer. */
	int status;
	uint64_t length;  /* of the body, bytes */
	uint64_t left;	  /* of the body, bytes not read yet */
	size_t head_size; /* bytes, with the empty line */
	bool one_record;  /* the head came in the first record whole */
	bool keep;	  /* the connection may carry another request */
	char head[EXCHANGE_HEAD_MAX + 1];

	/* What came and was not read yet. */
	char input[LINK_RECORD_MAX];
	size_t at, end;
};

/*
 * Send a request and read the answer's head.  `fields` are complete header
 * lines.  *
 */
bool exchange_start(struct exchange *x, const char *method, const char *path,
		    const char *fields, const char *body, struct fault *fault);

/*
 * The same for an image: the head must be under EXCHANGE_IMAGE_HEAD_MAX and
 * come in one record.
 */
bool exchange_start_image(struct exchange *x, const char *path,
			  const char *fields, struct fault *fault);

/* Copy a field of the answer's head; false when it is not there or too long. */
bool exchange_field(const struct exchange *x, const char *name, char *value,
		    size_t size);

/* Read at most `size` bytes of the body; *got is 0 when all has been read.
 * A connection that ends before is DEVICE_NETWORK. */
bool exchange_read(struct exchange *x, void *buf, size_t size, size_t *got,
		   struct fault *fault);

/* Read a whole body of at most `max` bytes; *body is NUL-terminated and the
 * caller's to free(). */
bool exchange_body(struct exchange *x, size_t max, char **body, size_t *len,
		   struct fault *fault);

/* After the body: close the connection if the server wants that. */
void exchange_end(struct exchange *x);

#endif
