/*
 * network - an IP address prefix, as "192.0.2.0/24" or "2001:db8::/32".
 */
#ifndef OTTERD_BASE_NETWORK_H
#define OTTERD_BASE_NETWORK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
	NETWORK_TEXT_SIZE = 52, /* INET6_ADDRSTRLEN, "/128" and a NUL */
	ADDRESS_TEXT_SIZE = 46	/* INET6_ADDRSTRLEN */
};

/* IPv4 as an IPv4-mapped IPv6 prefix (RFC 4291 section 2.5.5.2). */
struct network {
	uint8_t bytes[16];
	unsigned int bits;
};

/*
 * Read "ADDRESS/BITS", or an address alone for just that one.  False for
 * anything else, and when a bit behind the prefix is set.
 */
bool network_parse(struct network *out, const char *text);

/* Is an AF_INET or AF_INET6 address in it? */
bool network_contains(const struct network *network,
		      const struct sockaddr_storage *address);

/*
 * The network around an address: the first v4_bits of an IPv4 one, also when
 * it is mapped into IPv6, else the first v6_bits; and its text.
 */
void network_around(struct network *out, const struct sockaddr_storage *address,
		    unsigned int v4_bits, unsigned int v6_bits);
void network_text(const struct network *network,
		  char text[static NETWORK_TEXT_SIZE]);

/* An address without its port; IPv4 in its own form also when mapped. */
void network_address(const struct sockaddr_storage *address,
		     char text[static ADDRESS_TEXT_SIZE]);

#endif
