/*
 * naming - the hosts that a server's certificate is for.
 *
 * Stacks disagree: browsers, Python and Go read the subjectAltName alone;
 * mbedTLS before 3.5 matches no iPAddress in it, but as long as there is none
 * at all every common name of the subject.  wolfSSL and curl then read the last
 * of them alone.
 */
#ifndef OTTERD_PKI_NAMING_H
#define OTTERD_PKI_NAMING_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "base/err.h"
#include "base/host.h"

enum { NAMING_MAX = 16 }; /* hosts in a certificate, to keep it small */

enum naming {
	NAMING_SAN,	   /* all hosts in the subjectAltName, the first one
			      also as common name */
	NAMING_COMMON_NAME /* each host a common name, no subjectAltName */
};

/*
 * Name the hosts, at least one, in a certificate that is being made.  What is
 * longer than the 64 characters of a common name is left out of those.
 */
bool naming_put(X509 *certificate, const struct host *hosts, size_t count,
		enum naming how, struct err *err);

/*
 * The hosts of a certificate's subjectAltName, in its order.  ERR_INVALID
 * when there are none, more than NAMING_MAX, or others than names and
 * addresses.
 */
bool naming_read(struct host hosts[static NAMING_MAX], size_t *count,
		 const X509 *certificate, struct err *err);

/* By what a certificate is for a host. */
enum naming_match { NAMING_NONE, NAMING_BY_SAN, NAMING_BY_COMMON_NAME };

/* A common name counts only where there is no subjectAltName. */
enum naming_match naming_match(X509 *certificate, const struct host *host);

#endif
