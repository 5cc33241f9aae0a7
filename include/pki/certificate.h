/*
 * certificate - what a certificate says of itself, and whether one signed
 * another (RFC 5280).
 *
 * Works on OpenSSL's X509, which stays the caller's.  Any thread.
 */
#ifndef OTTERD_PKI_CERTIFICATE_H
#define OTTERD_PKI_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "base/digest.h"

enum { CERTIFICATE_NAME_SIZE = 512 }; /* bytes, with the NUL */

/*
 * Subject or issuer as RFC 4514 writes it, "CN=R3,O=Let's Encrypt,C=US", cut
 * to fit; what is no printable ASCII is escaped.  An empty subject is shown
 * as its first dNSName or iPAddress, "(no subject) ota.example.com".
 */
void certificate_subject(const X509 *c,
			 char text[static CERTIFICATE_NAME_SIZE]);
void certificate_issuer(const X509 *c, char text[static CERTIFICATE_NAME_SIZE]);

/* UTC seconds.  A time that cannot be read is 0. */
int64_t certificate_not_before(const X509 *c);
int64_t certificate_not_after(const X509 *c);
bool certificate_valid_at(const X509 *c, int64_t utc);

/* SHA-256 of the DER, as browsers and `openssl x509 -fingerprint` show it. */
bool certificate_fingerprint(const X509 *c, struct digest *digest);

size_t certificate_size(const X509 *c); /* bytes of DER */

/* Issuer and subject are the same name. */
bool certificate_self_issued(const X509 *c);

/*
 * May it sign other certificates: basicConstraints CA:TRUE and, when there is
 * a keyUsage, keyCertSign (sections 4.2.1.9 and 4.2.1.3); no extendedKeyUsage
 * that leaves serverAuth out.  A version 1 certificate may not.
 */
bool certificate_is_ca(X509 *c);

/* pathLenConstraint, or -1 when there is none. */
long certificate_path_length(X509 *c);

/*
 * Why a link of a chain needs a lower security level, or NULL: "signed with
 * SHA-1", "RSA key of 1024 bits".  *level, when not NULL, gets the highest
 * OpenSSL security level that takes it: 0 or 1; 2 when NULL is returned.  The
 * signature of a self-signed certificate does not count.
 */
const char *certificate_weakness(X509 *c, int *level);

/*
 * Did the key of `issuer` sign `c`, and is its name the issuer's name?
 * Nothing else is looked at.
 */
bool certificate_signed_by(X509 *c, X509 *issuer);

/* Same subject name and same public key. */
bool certificate_same_holder(const X509 *a, const X509 *b);
bool certificate_equal(const X509 *a, const X509 *b);

/*
 * Bytes of the handshake message Certificate in TLS 1.2 (RFC 5246 section
 * 7.4.2), with its header of 4; a TLS 1.3 one is 2 longer per certificate and
 * 1 in all (RFC 8446 section 4.4.2), and encrypted.
 */
size_t certificate_message_size(const STACK_OF(X509) * chain);

#endif
