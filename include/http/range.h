/*
 * range - byte ranges (RFC 9110 section 14) and multipart/byteranges (14.6).
 */
#ifndef OTTERD_HTTP_RANGE_H
#define OTTERD_HTTP_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { RANGE_MAX = 64 }; /* ranges of one request; more are not honoured */

struct byte_range {
	uint64_t first;	 /* offset of the first byte */
	uint64_t length; /* bytes, at least 1 */
};

enum range_outcome {
	RANGE_IGNORE,	    /* answer as if there were no Range */
	RANGE_PARTIAL,	    /* 206 with the ranges found */
	RANGE_UNSATISFIABLE /* 416 */
};

/*
 * Read the value of a Range header for a representation of `size` bytes.  A
 * range that ends past the end is cut; one that begins past it is left out; a
 * value that is malformed, of another unit, has more than RANGE_MAX ranges or
 * more than two that overlap is ignored (14.2 allows it).  Order is kept.
 */
enum range_outcome range_parse(const char *value, uint64_t size,
			       struct byte_range ranges[static RANGE_MAX],
			       size_t *count);

/* A multipart/byteranges body over an open file, produced piece by piece. */
struct multipart;

/*
 * `type` is the parts' Content-Type.  The file `fd` becomes the multipart's,
 * success or not.  The boundary is lower-case, unquoted, without '=', and
 * does not depend on the content.
 */
bool multipart_new(struct multipart **out, int fd, uint64_t size,
		   const struct byte_range *ranges, size_t count,
		   const char *type, struct err *err);
void multipart_free(struct multipart *m);

/* Bytes of the whole body, for Content-Length. */
uint64_t multipart_length(const struct multipart *m);

/* "multipart/byteranges; boundary=...", exactly so spaced. */
const char *multipart_type(const struct multipart *m);

/* Fill buf with up to `max` bytes from body offset `pos`; 0 at the end, -1 on
 * a read error or a file that became shorter. */
int64_t multipart_read(struct multipart *m, uint64_t pos, char *buf,
		       size_t max);

#endif
