/*
 * trust - a public key the device carries, and signatures made with it.
 *
 * mbedTLS 2.28 knows ECDSA and RSA.  It has no Ed25519, so neither has this
 * device.
 */
#ifndef DEVICE_TRUST_H
#define DEVICE_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fault.h"

enum { TRUST_ID_SIZE = 33, TRUST_HEX_SIZE = 65, TRUST_HASH_MAX = 64 };

struct trust; /* one public key */

bool trust_load(struct trust **out, const char *pem_file, struct fault *fault);
void trust_free(struct trust *trust);

/* The first 16 bytes of the SHA-256 of the SubjectPublicKeyInfo, in hex. */
const char *trust_id(const struct trust *trust);

/* Can this key have made a signature of that algorithm? */
bool trust_fits(const struct trust *trust, const char *algorithm);

/*
 * Check base64 `signature` over `len` bytes, or over a file from its start.
 * `algorithm` is as in a manifest, "ecdsa-p256-sha256".  `exit` is the fault's
 * when it does not hold.
 */
bool trust_check(const struct trust *trust, const char *algorithm,
		 const char *signature, const void *data, size_t len,
		 enum device_exit exit, struct fault *fault);
bool trust_check_file(const struct trust *trust, const char *algorithm,
		      const char *signature, FILE *file, enum device_exit exit,
		      struct fault *fault);

/* SHA-256 of a file from its start, in lower-case hexadecimal. */
bool trust_sha256_file(FILE *file, char hex[static TRUST_HEX_SIZE],
		       struct fault *fault);

#endif
