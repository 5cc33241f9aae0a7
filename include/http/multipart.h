/*
 * multipart - a multipart/byteranges body (RFC 9110 section 14.6) over an
 * open file, produced piece by piece.
 */
#ifndef OTTERD_HTTP_MULTIPART_H
#define OTTERD_HTTP_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "http/range.h"

struct multipart;

/*
 * Up to RANGE_MAX ranges of the file `fd` of `size` bytes, whose Content-Type
 * `type` is a literal.  The file becomes the multipart's, success or not.
 * The boundary is random, lower-case, unquoted and without '='.
 */
bool multipart_new(struct multipart **out, int fd, uint64_t size,
		   const struct byte_range *ranges, size_t count,
		   const char *type, struct err *err);
void multipart_free(struct multipart *m);

/* Bytes of the whole body, for Content-Length. */
uint64_t multipart_length(const struct multipart *m);

/* "multipart/byteranges; boundary=...", exactly so spaced. */
const char *multipart_type(const struct multipart *m);

/*
 * Fill buf with up to `max` bytes from body offset `pos`; 0 at the end, -1 on
 * a read error or a file that became shorter.
 */
int64_t multipart_read(const struct multipart *m, uint64_t pos, char *buf,
		       size_t max);

#endif
