/*
 * client - what the four TLS stacks of fielded devices have in common.
 *
 * Each program is main.c, wire.c and one stack; main.c does the tries and the
 * request, a stack does TLS as devices built on it do.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "wire.h"

struct client_options {
	const char *host;	   /* SNI, name check */
	const char *anchor;	   /* PEM file: one certificate, or a bundle */
	bool no_sni;		   /* and no name check, as ESP-IDF has it */
	bool check_time;	   /* where a device may have no clock */
	bool bundle;		   /* as esp_crt_bundle verifies */
	unsigned int max_fragment; /* bytes to ask for; 0: the stack's way */
	int tls_minor;		   /* greatest version: 1.0 to 1.3 are 1 to 4;
				      0: the stack's greatest */
	time_t clock;		   /* the device's, UTC */
};

/* What a stack can be told beside the rest; main.c refuses others. */
enum client_can {
	CAN_IGNORE_TIME = 1, /* does so unless check_time is set */
	CAN_BUNDLE = 2,
	CAN_MAX_FRAGMENT = 4,
	CAN_SMALL_BUFFER = 8 /* as large as its buffer is a handshake record */
};

struct client; /* a stack's own */

struct client_stack {
	const char *name;
	unsigned int can; /* of enum client_can */

	/* Read the anchor and get ready.  NULL when that fails, with a line
	 * on stderr. */
	struct client *(*ready)(const struct client_options *options);
	/* Shake hands over the connected wire, which is borrowed until end().
	 * False when it failed; the wire knows of alerts. */
	bool (*shake)(struct client *client, struct wire *wire);
	bool (*write)(struct client *client, const void *data, size_t len);
	/* Bytes that came; 0 at the end, however it came. */
	size_t (*read)(struct client *client, void *buf, size_t size);
	/* Say goodbye when the handshake went well; forget the connection. */
	void (*end)(struct client *client);
	void (*done)(struct client *client);
};

/* Of the one stack that is linked in. */
extern const struct client_stack client_stack;

/* A line on stderr, with the stack's name. */
void client_complain(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif
