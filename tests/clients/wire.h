/*
 * wire - a TCP connection that knows what TLS records went over it: fatal
 * alerts in plain text, and handshake records larger than a device's buffer.
 */
#ifndef CLIENT_WIRE_H
#define CLIENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* One direction. */
struct wire_flow {
	unsigned char head[7]; /* of the record: 5 bytes, and 2 of its body */
	size_t at;	       /* bytes of the record so far */
	int alert;	       /* the first fatal one, or -1 */
	size_t largest;	       /* body of a handshake record, bytes */
};

struct wire {
	int fd;
	struct wire_flow sent, got;
	size_t buffer;	  /* handshake records above it end it; 0: none do */
	bool overflowed;  /* that happened */
	bool peer_closed; /* the end came, or a reset */
	bool timed_out;
};

/* Connect to 127.0.0.1, from `source` if that is not NULL. */
bool wire_open(struct wire *wire, const char *source, unsigned int port);

/* Close it; with `reset` by an RST, as lwIP does with unread bytes. */
void wire_close(struct wire *wire, bool reset);

/* Bytes sent or received; 0 at the peer's end; -1 when it broke. */
ssize_t wire_send(struct wire *wire, const void *data, size_t len);
ssize_t wire_receive(struct wire *wire, void *buf, size_t size);

#endif
