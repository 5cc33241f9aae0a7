/*
 * signer - what a detached signature is, and who may make one.
 */
#ifndef OTTERD_PKI_SIGNER_H
#define OTTERD_PKI_SIGNER_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "base/ident.h"

enum {
	SIGNATURE_MAX = 1024,	      /* bytes: RSA-8192 */
	SIGNATURE_ALGORITHM_SIZE = 24 /* "rsa-pkcs1-sha256" and a NUL */
};

struct signature {
	uint8_t bytes[SIGNATURE_MAX];
	size_t len;
};

/* Who may sign.  The key stays its owner's. */
struct signer {
	struct ident name;
	EVP_PKEY *key;
};

struct signed_by {
	struct ident signer;
	char algorithm[SIGNATURE_ALGORITHM_SIZE]; /* "ecdsa-p256-sha256" */
};

#endif
