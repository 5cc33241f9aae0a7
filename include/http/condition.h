/*
 * condition - preconditions of a GET or HEAD (RFC 9110 section 13).
 */
#ifndef OTTERD_HTTP_CONDITION_H
#define OTTERD_HTTP_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

/* What the request said; NULL for a header it did not have. */
struct condition_headers {
	const char *if_match;
	const char *if_none_match;
	const char *if_modified_since;
	const char *if_unmodified_since;
	const char *if_range;
};

/* What is there. */
struct condition_state {
	const char *etag; /* strong, with its quotes */
	int64_t modified; /* UTC seconds */
	int64_t now;	  /* UTC seconds */
};

enum condition_outcome {
	CONDITION_PROCEED,
	CONDITION_NOT_MODIFIED, /* 304 */
	CONDITION_FAILED	/* 412 */
};

/* Evaluate in the order of section 13.2.2; malformed dates are ignored. */
enum condition_outcome condition_check(const struct condition_headers *h,
				       const struct condition_state *s);

/*
 * Does If-Range (section 13.1.5) let the Range count?  True without the
 * header.  A weak tag never matches; a date must equal Last-Modified exactly,
 * and Last-Modified must be a strong validator (at least a second old).
 */
bool condition_range_allowed(const struct condition_headers *h,
			     const struct condition_state *s);

#endif
