/*
 * show_chain - chains, anchors and findings, as commands show them: lines for
 * people, one fact each, and JSON for scripts.
 *
 * Lines go to standard output.  The caller owns what is json_t, which is NULL
 * when out of memory.
 */
#ifndef OTTERD_CLI_SHOW_CHAIN_H
#define OTTERD_CLI_SHOW_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>
#include <openssl/x509.h>

#include "base/err.h"
#include "pki/anchor.h"
#include "pki/judge.h"

/* "  LABEL:     VALUE", the values in one column. */
void show_fact(const char *label, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * A chain as it is sent, with the key pair that it is of: "certificate:",
 * "message:", and a line for each link with its place, size, end and subject.
 * A last line, "not sent", is what the top was signed by: the anchor, or with
 * NULL the issuer's name.
 */
void show_chain(const char *certificate, const STACK_OF(X509) * chain,
		const struct anchor *anchor, int64_t now);

/* The one of the chains that begins with `leaf`, or NULL. */
const STACK_OF(X509) *
	show_chain_of(const struct presentation *sent, const X509 *leaf);

/* Whether its devices check the time, as a value. */
const char *show_devices(const struct anchor *anchor);

/* The links as an array of objects. */
json_t *show_links_json(const STACK_OF(X509) * chain);

/*
 * For judge(): a line for the finding, or an object for the list, a
 * json_t **, which is NULL once memory has run out.
 */
void show_finding(void *none, const struct finding *finding);
void show_finding_json(void *list, const struct finding *finding);

/* Print the value on a line and drop it; NULL is out of memory. */
bool show_json(json_t *value, struct err *err);

#endif
