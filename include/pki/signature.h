/*
 * signature - detached signatures over the bytes of a file.
 *
 * ECDSA P-256 and P-384 (FIPS 186-4; DER as RFC 3279 section 2.2.3), RSA
 * PKCS#1 v1.5 and PSS from 2048 bits (RFC 8017 sections 8.1 and 8.2, salt as
 * long as the digest or any when verifying) over SHA-256, SHA-384 or SHA-512,
 * and Ed25519 (RFC 8032, pure).
 */
#ifndef OTTERD_PKI_SIGNATURE_H
#define OTTERD_PKI_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "base/ident.h"

enum {
	SIGNATURE_MAX = 1024,	       /* bytes: RSA-8192 */
	SIGNATURE_TEXT_MAX = 4 * 1024, /* bytes of base64 with line ends */
	SIGNATURE_ALGORITHM_SIZE = 24  /* "rsa-pkcs1-sha256" and a NUL */
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

/*
 * Read a signature as it arrives: binary, or base64 text with line ends as
 * openssl-base64(1) and base64(1) write it.  Text that begins as base64 and
 * is damaged is refused with the offset of the first wrong character.
 */
bool signature_read(struct signature *out, const void *data, size_t len,
		    struct err *err);

/*
 * Check `sig` over the `size` bytes of the regular file `fd` (its offset is
 * neither used nor moved).  allowed[0..allowed_count) are the signers that
 * count; known[0..known_count) are all those configured and only serve to
 * name the cause.  On success *by says who and how.
 *
 * A refusal is ERR_INVALID and its reason names the cause: unknown signer;
 * wrong digest (the signature is by one of these keys, but over other bytes:
 * the SHA-1, the hexadecimal digest, the digest hashed again, for RSA PKCS#1
 * the digest it really holds); not DER (with what it looks like: raw r||s,
 * base64 inside base64, a PEM block); signed with X but only Y is allowed; a
 * key that is too small.
 *
 * Reads the whole file, so not for a worker's thread.
 */
bool signature_verify(const struct signature *sig, int fd, uint64_t size,
		      const struct signer *const *allowed, size_t allowed_count,
		      const struct signer *known, size_t known_count,
		      struct signed_by *by, struct err *err);

/*
 * Sign the `size` bytes of the file `fd`: ECDSA with the curve's own SHA-2,
 * RSA as PKCS#1 v1.5 or, with `pss`, as PSS, over SHA-256, and Ed25519.
 */
bool signature_make(struct signature *out, EVP_PKEY *key, bool pss, int fd,
		    uint64_t size, struct err *err);

#endif
