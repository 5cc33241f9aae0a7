/*
 * pem - the blocks of a PEM file, read strictly (RFC 7468).
 *
 * OpenSSL skips what it does not understand, so that a damaged BEGIN line
 * hides a block.  Here text may stand between blocks, as openssl-x509(1)
 * -text writes it, but nothing that looks like a BEGIN or END line, and
 * inside a block there is base64 and nothing else.
 */
#ifndef OTTERD_PKI_PEM_H
#define OTTERD_PKI_PEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum pem_secrecy {
	PEM_PUBLIC,
	PEM_SECRET /* read by file_read_secret(), and wiped after use */
};

struct pem_block {
	char *label;	    /* "CERTIFICATE" */
	char *header;	    /* "" but for old encrypted private keys */
	unsigned char *der; /* what the base64 says */
	long len;
};

/* Take one block; what it points to lives for the call.  False ends it. */
typedef bool pem_take(void *arg, const struct pem_block *block,
		      const char *path, struct err *err);

/*
 * Give each block of the file, at most `max` bytes, to take() in order.
 * ERR_INVALID names the line of what is damaged; the other errors are those
 * of file_read() and of take().
 */
bool pem_read(const char *path, size_t max, enum pem_secrecy secrecy,
	      pem_take *take, void *arg, struct err *err);

#endif
