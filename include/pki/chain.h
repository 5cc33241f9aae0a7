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
 * anchor, which is not sent itself.  CA flags and path lengths hold (RFC 5280
 * section 6.1.4), the anchor's too; a version 1 anchor counts as a CA.  The
 * anchor's own dates and signature do not count.  Self-signed certificates
 * never appear, but for the leaf.
 *
 * An anchor that is a server's own certificate takes the leaf alone when
 * - it is that very certificate, self-issued: every stack;
 * - the anchor is a CA (CA:TRUE, version 1) and signed it: every stack;
 * - the anchor is none and the leaf has its subject and key, whoever signed
 *   either: BearSSL, not mbedTLS, so chain_accepts() says no.
 *
 * Of several paths: the one with the fewest revoked certificates first, then
 * with the fewest weak ones (certificate_weakness()), then the shortest, then
 * the one with the fewest links that are not valid at `now`, then the one
 * whose links were issued last.  The same certificates give the same chain in
 * whatever order they stand in the pool.  With anchor->checks_time all links
 * are valid at `now`, UTC seconds.
 *
 * The caller frees *out with sk_X509_pop_free(*out, X509_free).  ERR_NOT_FOUND
 * when there is none, which names the link that spoils it and its date when
 * it is for time only; chain_explain() says more.  ERR_TOO_LARGE when
 * thousands of keys of one name would have to be tried.
 */
bool chain_build(STACK_OF(X509) * *out, X509 *leaf, const struct pool *pool,
		 const struct anchor *anchor, int64_t now, struct err *err);

/*
 * Would a device with that anchor accept `chain` as it was sent, leaf first?
 * Judged as mbedTLS 2.x does it (x509_crt.c): the anchor first, else the
 * first CA further down whose subject is the wanted issuer, whether or not
 * its key fits, no turning back.  Dates, the anchor's too, count when its
 * devices check them; the server's name does not.
 *
 * ERR_INVALID says which link failed and how, the leaf being certificate 1;
 * *alert, when not NULL, is what such a device sends (RFC 5246 section
 * 7.2.2), 0 when it accepts.  Of several faults the first of these counts:
 * 42 bad_certificate, a certificate that it cannot read; 49 access_denied,
 * more than CHAIN_MAX on the way; 43 unsupported_certificate, the leaf's key
 * usage or an RSA key below 2048 bits; 45 certificate_expired; 48 unknown_ca;
 * 46 certificate_unknown, SHA-1 or a link that is not valid yet.
 */
bool chain_accepts(const STACK_OF(X509) * chain, const struct anchor *anchor,
		   int64_t now, int *alert, struct err *err);

/*
 * Append why no chain exists from any of `leaves` to the anchor and what
 * would be needed, as sentences of one line each: how far each leaf gets; the
 * certificate that is missing, by subject and SHA-256 and where its CA
 * publishes it when it is a known public one, else by its place; that only a
 * leaf which an intermediate itself signed can work for those who pinned it;
 * that a key which was not kept cannot be replaced; that all paths are
 * expired.  That no server can help is said where it is proven only: the
 * anchor has ended or its CA is known to be closed, and time is checked.
 *
 * The first line of each leaf begins with "no chain: ", each line of what
 * would be needed with "needed: ", the others tell more of why.
 */
void chain_explain(struct strbuf *out, const STACK_OF(X509) * leaves,
		   const struct pool *pool, const struct anchor *anchor,
		   int64_t now);

#endif
