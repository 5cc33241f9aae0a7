/*
 * judge - what a profile's chains will and will not satisfy, and why.
 */
#ifndef OTTERD_PKI_JUDGE_H
#define OTTERD_PKI_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "pki/anchor.h"
#include "pki/pool.h"

/* What a profile sends. */
struct presentation {
	const char *profile;
	const struct anchor *anchor;	     /* or NULL: whoever accepts it */
	const STACK_OF(X509) *const *chains; /* leaf first, as they are sent,
						one per kind of key */
	size_t chain_count;
	int security_level; /* of OpenSSL, 0 to 2 */
};

enum finding_level {
	FINDING_NOTE,	 /* good to know */
	FINDING_WARNING, /* will hurt somebody, or soon */
	FINDING_ERROR	 /* does not work now */
};

struct finding {
	enum finding_level level;
	const char *text; /* one line, for the call */
};

enum { JUDGE_EXPIRES_SOON = 30 * 24 * 60 * 60 }; /* seconds */

/*
 * Give each finding, errors first, to each():
 * - error: there is no chain; a link has expired or is not valid yet, and the
 *   devices check time (without an anchor they are taken to); the anchor does
 *   not accept the chain; a link needs a lower security level than the
 *   profile has, so that OpenSSL will not send it;
 * - warning: a link expires within JUDGE_EXPIRES_SOON; the anchor itself has
 *   expired or will so soon, and its devices check time; the Certificate
 *   message is larger than 4096 or than 16384 bytes; an ECDSA chain beside an
 *   RSA one in a profile with an anchor; links out of order, beside the path,
 *   or a self-signed root on top; a revoked link; a weak link that the
 *   security level allows, but mbedTLS does not; pinned certificates that
 *   only some stacks accept (a CA-issued leaf: BearSSL yes, mbedTLS no);
 * - note: what of the dates is left out of account because the devices do not
 *   check time, and that those which do will fail; a cross-sign on top that
 *   kills esp_crt_bundle devices whose bundle does not hold the last issuer;
 *   the smallest max_fragment_length (RFC 6066 section 4) that a client may
 *   have asked for if mbedTLS before 3.6.3 is to take the message in; a
 *   message larger than the 1500 bytes of Zephyr's default.
 *
 * The pool, which may be NULL, is asked for what is revoked and for roots.
 */
void judge(const struct presentation *what, const struct pool *pool,
	   int64_t now, void (*each)(void *arg, const struct finding *finding),
	   void *arg);

/* "note", "warning", "error" */
const char *finding_level_name(enum finding_level level);

/*
 * When the first link of the chain ends for a device that checks time, UTC
 * seconds; *which, when not NULL, is its place in the chain.
 */
int64_t judge_first_end(const STACK_OF(X509) * chain, int *which);

#endif
