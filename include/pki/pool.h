/*
 * pool - loose public certificates to build chains from.
 *
 * Filled once, from one thread; read by any afterwards.
 */
#ifndef OTTERD_PKI_POOL_H
#define OTTERD_PKI_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "base/err.h"

enum {
	POOL_MAX = 4096,   /* certificates, so that building stays quick */
	POOL_CRL_MAX = 64, /* CRLs; each is searched for each link */
	POOL_FILE_MAX = 16 * 1024 * 1024, /* bytes: a large CA's CRL fits */
	POOL_DEPTH_MAX = 4		  /* folders in folders */
};

struct pool;

bool pool_new(struct pool **out, struct err *err);
void pool_free(struct pool *pool); /* NULL is legal */

/*
 * Add what the file `path` holds: certificates and CRLs ("X509 CRL") in PEM,
 * read strictly, with certificates in OpenSSL's TRUSTED form and private keys
 * refused by name; or, as CAs publish them, one certificate or one CRL in DER
 * and nothing behind it, when the file is a *.der, *.cer, *.crt or *.crl that
 * begins as DER does.  Of a folder each of these and *.pem is added, also in
 * folders below it, in the order of their names; hidden ones are skipped.
 * The error names the file.
 */
bool pool_add_path(struct pool *pool, const char *path, struct err *err);

/* Add one certificate, which is counted up; one that is there is skipped. */
bool pool_add(struct pool *pool, X509 *certificate, struct err *err);

size_t pool_count(const struct pool *pool);
X509 *pool_at(const struct pool *pool, size_t i);

/*
 * Is it known to be revoked: by a CRL in the pool whose signature holds, or
 * because it is one of the public certificates that pki/known.h lists so?
 */
bool pool_revoked(const struct pool *pool, X509 *certificate);

#endif
