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
#include "pki/signer.h"

/* Bound on a signature as text: base64 with line ends. */
enum { SIGNATURE_TEXT_MAX = 4 * 1024 }; /* bytes */

/*
 * Read a signature as it arrives: binary, or base64 text with line ends as
 * openssl-base64(1) and base64(1) write it.  Damaged base64 is refused with
 * the line and the offset in it of the first wrong character; hexadecimal and
 * PEM are refused by name.
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
 * wrong digest (the signature is by a known key, but over other bytes: the
 * SHA-1, the digest or its hexadecimal form instead of the image, for RSA
 * PKCS#1 the digest it really holds); not DER (with what it looks like: raw
 * r||s, base64 inside base64, a PEM block); signed with X but only Y is
 * allowed; a key that may not sign, key_check_signing().
 *
 * Reads the whole file, so not for a worker's thread.
 */
bool signature_verify(const struct signature *sig, int fd, uint64_t size,
		      const struct signer *const *allowed, size_t allowed_count,
		      const struct signer *known, size_t known_count,
		      struct signed_by *by, struct err *err);

/*
 * Sign the `size` bytes of the file `fd`: ECDSA with the curve's own SHA-2,
 * RSA as PKCS#1 v1.5 or, with `pss` or a key restricted to it, as PSS, over
 * SHA-256, and Ed25519.  ERR_INVALID for a key that may not sign and for an
 * empty file.
 */
bool signature_make(struct signature *out, EVP_PKEY *key, bool pss, int fd,
		    uint64_t size, struct err *err);

#endif
