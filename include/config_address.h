/* config_address - the forms of addresses and host names. */
#ifndef OTTERD_CONFIG_ADDRESS_H
#define OTTERD_CONFIG_ADDRESS_H

#include <stdbool.h>

/* "192.0.2.1:8443" or "[2001:db8::1]:8443"; port 0 lets the kernel choose. */
bool address_is_listen(const char *text, unsigned int *port);

/* "https://HOST" or "https://HOST:PORT", and nothing behind it. */
bool address_is_url(const char *text);

/* "", a host name, "*." and a host name, or an address: RFC 6066 section 3 has
 * none in SNI, but mbedTLS, BearSSL and wolfSSL send them. */
bool address_is_sni(const char *text);

#endif
