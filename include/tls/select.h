/*
 * select - the rules by which a client gets a profile: first match wins.
 */
#ifndef OTTERD_TLS_SELECT_H
#define OTTERD_TLS_SELECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/network.h"
#include "tls/client.h"

/* A rule matches when all that it sets match. */
struct tls_rule {
	const char *sni; /* lower case; "" is "no SNI"; NULL is any; "*.x" one
			    label in front of x */
	int port;	 /* the local one; 0 is any */
	const struct network *source; /* NULL is any */
	uint16_t max_version;	      /* the client offers no greater one; 0 is
					 any */
	const char *ja4; /* a pattern, fingerprint_matches(); NULL is any */
	size_t profile;	 /* what it chooses */
};

struct tls_rules;

/* A copy of the rules; NULL when out of memory. */
struct tls_rules *tls_rules_new(const struct tls_rule *rules, size_t count);
void tls_rules_free(struct tls_rules *rules); /* NULL is legal */

/* The first match's profile, or `otherwise`. */
size_t tls_rules_choose(const struct tls_rules *rules,
			const struct tls_client *client,
			const struct sockaddr_storage *address, int port,
			size_t otherwise);

#endif
