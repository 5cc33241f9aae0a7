/*
 * range - the byte ranges that a request asks for (RFC 9110 section 14).
 */
#ifndef OTTERD_HTTP_RANGE_H
#define OTTERD_HTTP_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RANGE_MAX = 64,	      /* ranges of one request; more are not honoured */
	RANGE_OVERLAP_MAX = 2 /* of them may overlap with another */
};

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
 * more than RANGE_OVERLAP_MAX that overlap is ignored (14.2 allows it).
 * Order is kept.
 */
enum range_outcome range_parse(const char *value, uint64_t size,
			       struct byte_range ranges[static RANGE_MAX],
			       size_t *count);

#endif
