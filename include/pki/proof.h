/*
 * proof - does a signature hold over a message, for a key?
 *
 * The message is a file that is never held in memory, or some bytes.  Its
 * digests are made when they are first needed.
 */
#ifndef OTTERD_PKI_PROOF_H
#define OTTERD_PKI_PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "pki/signer.h"

/* What a signature is made over, in the order that is worth trying. */
enum proof_hash {
	PROOF_SHA256,
	PROOF_PURE, /* Ed25519: the message itself */
	PROOF_SHA384,
	PROOF_SHA512,
	PROOF_SHA1, /* not accepted, but worth naming */
	PROOF_HASHES
};

struct proof_digest {
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned int len; /* 0 when it was not made yet */
};

struct proof_message {
	const void *data; /* `size` bytes, or NULL: those of the file */
	int fd;		  /* a regular file; its offset is not used */
	uint64_t size;
	struct proof_digest digests[PROOF_HASHES];
};

/* How a signature holds. */
struct proof {
	bool holds;
	enum proof_hash hash;
	bool pss; /* RSA PSS, not PKCS#1 v1.5 */
};

/* Make sure of one digest.  ERR_SYSTEM when the file cannot be read. */
bool proof_digest(struct proof_message *message, enum proof_hash hash,
		  struct err *err);

/* The whole message as bytes until proof_unmap(). */
bool proof_map(const struct proof_message *message, const void **data,
	       struct err *err);
void proof_unmap(const struct proof_message *message, const void *data);

/*
 * Could `key` have made such bytes?  ECDSA is DER to its end, RSA as long as
 * the modulus, Ed25519 64 bytes.
 */
bool proof_fits(EVP_PKEY *key, const struct signature *sig);

/*
 * Try the hashes from..to.  False only when the message cannot be read; a
 * signature that does not hold is true, and !out->holds.
 */
bool proof_try(struct proof *out, struct proof_message *message, EVP_PKEY *key,
	       const struct signature *sig, enum proof_hash from,
	       enum proof_hash to, struct err *err);

/* "ecdsa-p256-sha256", "rsa-pss-sha256", "ed25519". */
void proof_name(const struct proof *proof, EVP_PKEY *key,
		char name[static SIGNATURE_ALGORITHM_SIZE]);

/* "SHA-256" */
const char *proof_hash_name(enum proof_hash hash);

/* The hash of OpenSSL's number; false when it is none of these. */
bool proof_hash_of(int nid, enum proof_hash *hash);

#endif
