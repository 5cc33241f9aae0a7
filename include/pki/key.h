/*
 * key - private and public keys and certificates from PEM files, which
 * pki/pem.h reads.
 *
 * Keys and certificates are OpenSSL's own types; whoever
 * gets one owns it and frees it with EVP_PKEY_free() or X509_free().
 */
#ifndef OTTERD_PKI_KEY_H
#define OTTERD_PKI_KEY_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/err.h"

enum { KEY_ID_SIZE = 33 }; /* 32 hexadecimal digits and a NUL */

/* Bound on a PEM file, bytes: a chain of ten RSA-4096 certificates fits. */
enum { KEY_FILE_MAX = 64 * 1024 };

/*
 * Read an unencrypted private key.  Refused when group or others may read it
 * (file_read_secret()), when it is encrypted, or when the file holds anything
 * else, a certificate for example; the reason says which.
 */
bool key_read_private(EVP_PKEY **out, const char *path, struct err *err);

/*
 * Read the public key in a PEM file that holds either a public key or one
 * certificate.  *certificate, when not NULL, is set to the certificate or
 * NULL.  A private key given by mistake is refused by name.
 */
bool key_read_public(EVP_PKEY **out, X509 **certificate, const char *path,
		     struct err *err);

/*
 * Read certificates, at least one, in the order of the file, and nothing
 * else.  The caller frees with sk_X509_pop_free(chain, X509_free).
 */
bool key_read_certificates(STACK_OF(X509) * *out, const char *path,
			   struct err *err);

/* The names key_generate() knows, NULL-terminated, for help texts. */
extern const char *const key_algorithms[];

/*
 * Make a key: ecdsa-p256, ecdsa-p384, ed25519, rsa-2048, rsa-3072, rsa-4096.
 * ERR_INVALID names the known ones when `algorithm` is none of them.
 */
bool key_generate(EVP_PKEY **out, const char *algorithm, struct err *err);

/* PKCS#8 PEM of a private key, SubjectPublicKeyInfo PEM of a public one. */
bool key_write_private(EVP_PKEY *key, char **pem, size_t *len, struct err *err);
bool key_write_public(EVP_PKEY *key, char **pem, size_t *len, struct err *err);

/*
 * The first 16 bytes of the SHA-256 of the SubjectPublicKeyInfo (RFC 5280
 * section 4.1) in hexadecimal: the same for a key, its certificate and its
 * successors with the same key.
 */
bool key_id(EVP_PKEY *key, char id[static KEY_ID_SIZE]);

/*
 * "ecdsa-p256", "rsa-2048", "ed25519"; "rsa" for an uncommon size, "unknown"
 * for another kind.
 */
const char *key_name(EVP_PKEY *key);

/*
 * May this key sign images?  ECDSA P-256 and P-384, Ed25519 and RSA of 2048
 * to 8192 bits may, also RSA that is restricted to PSS.  Else ERR_INVALID says
 * why.
 */
bool key_check_signing(EVP_PKEY *key, struct err *err);

#endif
