/*
 * link - the device's one TLS connection, as ESP-IDF makes it with mbedTLS:
 * one pinned certificate, no clock, SNI only when names are checked.
 */
#ifndef DEVICE_LINK_H
#define DEVICE_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

enum { LINK_RECORD_MAX = 16384 }; /* bytes of plaintext in one record */

struct link_options {
	const char *address; /* where to connect */
	const char *port;
	const char *name;   /* the server's name; NULL: no SNI, no check */
	const char *anchor; /* PEM file */
	int tls_minor;	    /* greatest version: 1, 2, 3 for TLS 1.0 to 1.2 */
	unsigned int stall_ms; /* silence after which the link is given up */
};

struct link;

/* Read the anchor and get ready; no connection yet. */
bool link_new(struct link **out, const struct link_options *options,
	      struct fault *fault);
void link_free(struct link *link);

/* Connect, unless connected. */
bool link_up(struct link *link, struct fault *fault);

/* Close with a close_notify, or at once as when the radio is lost. */
void link_down(struct link *link);
void link_cut(struct link *link);

/* How many connections were made so far. */
unsigned int link_connects(const struct link *link);

/* "TLSv1.2" and the cipher suite of the connection. */
const char *link_version(const struct link *link);
const char *link_cipher(const struct link *link);

bool link_write(struct link *link, const void *data, size_t len,
		struct fault *fault);

/*
 * Read at most `size` bytes, never of more than one record.  *got is 0 at
 * the end of the stream, whether it was announced or not.
 */
bool link_read(struct link *link, void *buf, size_t size, size_t *got,
	       struct fault *fault);

#endif
