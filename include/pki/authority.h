/*
 * authority - a certificate authority of one's own: its key, its certificate,
 * which devices pin, and the server certificates that it issues.
 *
 * What it makes is taken by the oldest stacks met with: SHA-256, UTCTime,
 * version 3, nothing that must be understood but is not.
 */
#ifndef OTTERD_PKI_AUTHORITY_H
#define OTTERD_PKI_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/err.h"
#include "base/host.h"
#include "pki/naming.h"

/* The end of UTCTime, 2049-12-31T23:59:59Z: devices that pin an authority
 * cannot be told of another one. */
#define AUTHORITY_END INT64_C(2524607999)

struct authority {
	EVP_PKEY *key;
	X509 *certificate;
};

/* Which of key_generate()'s algorithms the devices' TLS takes; NULL ends
 * them.  The first one is taken by all. */
extern const char *const authority_algorithms[];

/*
 * Make a key and a self-signed certificate until AUTHORITY_END that signs
 * server certificates and nothing else.  Its subject is unique.  Both are
 * NULL on failure.
 */
bool authority_make(struct authority *out, const char *algorithm, int64_t now,
		    struct err *err);

/*
 * Read both from their files.  ERR_INVALID when the key is another one or the
 * certificate no authority's; other errors as key_read_private() gives them.
 */
bool authority_read(struct authority *out, const char *key_path,
		    const char *certificate_path, struct err *err);

void authority_free(struct authority *authority); /* NULLs are legal */

/* What a server certificate is to say. */
struct authority_request {
	EVP_PKEY *key;		  /* the server's */
	const struct host *hosts; /* 1 to NAMING_MAX */
	size_t host_count;
	enum naming naming;
	int64_t now; /* UTC seconds */
	int days;    /* it is valid from now, but not past its issuer's end */
};

/*
 * Issue a server certificate.  It begins a day before `now`, because a
 * device's clock may be behind.  ERR_INVALID when the authority has expired.
 * The caller frees *out.
 */
bool authority_issue(X509 **out, const struct authority *authority,
		     const struct authority_request *request, struct err *err);

/* PEM with its NUL; the caller frees it. */
bool authority_write(X509 *certificate, char **pem, size_t *len,
		     struct err *err);

#endif
