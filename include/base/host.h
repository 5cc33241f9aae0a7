/*
 * host - what a server is called: a DNS name or an IP address.
 */
#ifndef OTTERD_BASE_HOST_H
#define OTTERD_BASE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { HOST_TEXT_SIZE = 254 }; /* RFC 1035: a name of 253, and the NUL */

struct host {
	char text[HOST_TEXT_SIZE]; /* lower case; an address as inet_ntop(3)
				      writes it, without brackets */
	uint8_t address[16];
	size_t address_len; /* 4, 16, or 0 for a name */
	bool wildcard;	    /* "*." and a name */
};

/*
 * Read a host name (RFC 1123 section 2.1; '_' is met with in the field) or an
 * address.  "*." and a name of at least two labels is a host too when
 * `patterns`, as certificates have them.  A name that ends in a number is an
 * address gone wrong.  ERR_INVALID says what was got and wanted.
 */
bool host_parse(struct host *out, const char *text, bool patterns,
		struct err *err);

/* An address of 4 or 16 bytes in network order; false for another length. */
bool host_from_address(struct host *out, const uint8_t *bytes, size_t len);

bool host_equal(const struct host *a, const struct host *b);

#endif
