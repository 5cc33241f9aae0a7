/*
 * anchor - what a fielded device trusts: a root, an intermediate, or a
 * server's own self-signed certificate, compiled into its firmware.
 */
#ifndef OTTERD_PKI_ANCHOR_H
#define OTTERD_PKI_ANCHOR_H

#include <stdbool.h>

#include <openssl/x509.h>

struct anchor {
	const char *name;
	X509 *certificate;
	bool checks_time; /* its devices compare dates with their clock */
};

#endif
