/*
 * chain - the way from a server's certificate to what a device trusts.
 *
 * Devices do not search as a browser does: mbedTLS takes the first
 * certificate of the issuer's name that stands further down the list and
 * never turns back, BearSSL wants the exact order.  So a chain holds the path
 * and nothing beside it.
 */
#ifndef OTTERD_PKI_CHAIN_H
#define OTTERD_PKI_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "pki/anchor.h"
#include "pki/pool.h"

/* Certificates that are sent at most: mbedTLS takes 8 beside the leaf. */
enum { CHAIN_MAX = 9 };

/*
 * Find the chain from `leaf` through the pool to the anchor: leaf first, each
 * signed by the next (signatures verified), the last one signed by the
 * anchor, which is not sent itself; or the leaf alone when it is the anchor
 * or has the subject and key of an anchor that is self-signed.  CA flags and
 * path lengths hold (RFC 5280 section 6.1.4); the anchor's own dates and
 * signature do not count.  Self-signed roots never appear.
 *
 * Of several paths: one without revoked certificates first, then one without
 * weak ones (certificate_weakness()), then the shortest, then the one with
 * the fewest expired links, then the one whose links were issued last.  With
 * anchor->checks_time all links are valid at `now`, UTC seconds.
 *
 * The caller frees *out with sk_X509_pop_free(*out, X509_free).  ERR_NOT_FOUND
 * when there is none; chain_explain() says more.
 */
bool chain_build(STACK_OF(X509) * *out, X509 *leaf, const struct pool *pool,
		 const struct anchor *anchor, int64_t now, struct err *err);

/*
 * Would a device with that anchor accept `chain` as it was sent, leaf first?
 * Judged as mbedTLS does it: the anchor first, else the first certificate
 * further down whose subject is the wanted issuer, no turning back.  Dates
 * count when the anchor's devices check them, the server's name does not.
 * ERR_INVALID says which link failed and how; *alert, when not NULL, is what
 * such a device sends: 48 unknown_ca, 45 certificate_expired, 46
 * certificate_unknown (not yet valid), 43 unsupported_certificate; 0 when
 * accepted.
 */
bool chain_accepts(const STACK_OF(X509) * chain, const struct anchor *anchor,
		   int64_t now, int *alert, struct err *err);

/*
 * Append why no chain exists from any of `leaves` to the anchor and what
 * would be needed, as sentences of one line each: how far each leaf gets; the
 * certificate that is missing, by subject and SHA-256, and where its CA
 * publishes it when it is a known public one; that only a leaf which an
 * intermediate itself signed can work for those who pinned it; that a key
 * which was not kept cannot be replaced; that all paths are expired.
 */
void chain_explain(struct strbuf *out, const STACK_OF(X509) * leaves,
		   const struct pool *pool, const struct anchor *anchor,
		   int64_t now);

#endif
