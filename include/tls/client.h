/*
 * client - what a ClientHello has told of the client, kept as long as its
 * connection.
 */
#ifndef OTTERD_TLS_CLIENT_H
#define OTTERD_TLS_CLIENT_H

#include <stdint.h>

#include "tls/fingerprint.h"
#include "tls/hello.h"

struct tls_client {
	char sni[HELLO_SNI_SIZE]; /* lower case; "" for none */
	char ja4[FINGERPRINT_JA4_SIZE];
	char ja3[FINGERPRINT_JA3_SIZE];
	const char *looks_like;	   /* or NULL */
	uint16_t max_version;	   /* the greatest it offers: 0x0303 is 1.2 */
	unsigned int max_fragment; /* bytes, or 0: not asked for */
};

#endif
