#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

enum { MAPPED_BITS = 96 };

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* Any address as an IPv6 one; true when it is a mapped IPv4 one. */
static bool to_bytes(const struct sockaddr_storage *address, uint8_t bytes[16])
{
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_in *in = (const void *)address;

	if (address->ss_family == AF_INET) {
		memcpy(bytes, mapped, sizeof(mapped));
		memcpy(bytes + sizeof(mapped), &in->sin_addr, 4);
		return true;
	}
	memcpy(bytes, &in6->sin6_addr, 16);
	return memcmp(bytes, mapped, sizeof(mapped)) == 0;
}

/* Clear what lies behind the prefix.  True when anything was set there. */
static bool cut(uint8_t bytes[16], unsigned int bits)
{
	bool any = false;

	for (unsigned int i = bits; i < 128; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		any |= (bytes[i / 8] & bit) != 0;
		bytes[i / 8] &= (uint8_t)~bit;
	}
	return any;
}

static bool parse_address(struct network *out, const char *text,
			  unsigned int *most)
{
	if (inet_pton(AF_INET, text, out->bytes + sizeof(mapped)) == 1) {
		memcpy(out->bytes, mapped, sizeof(mapped));
		*most = 32;
		return true;
	}
	*most = 128;
	return inet_pton(AF_INET6, text, out->bytes) == 1;
}

static bool parse_bits(const char *text, unsigned int most, unsigned int *bits)
{
	size_t len = strspn(text, "0123456789");

	if (len < 1 || len > 3 || text[len])
		return false;
	*bits = (unsigned int)strtoul(text, NULL, 10);
	return *bits <= most;
}

bool network_parse(struct network *out, const char *text)
{
	const char *slash = strchr(text, '/');
	char address[ADDRESS_TEXT_SIZE];
	unsigned int most;

	if (!text_copy(address, sizeof(address), text) && !slash)
		return false;
	if (slash && (size_t)(slash - text) >= sizeof(address))
		return false;
	if (slash)
		address[slash - text] = '\0';
	if (!parse_address(out, address, &most))
		return false;
	out->bits = most;
	if (slash && !parse_bits(slash + 1, most, &out->bits))
		return false;
	if (most == 32)
		out->bits += MAPPED_BITS;
	return !cut(out->bytes, out->bits);
}

bool network_contains(const struct network *network,
		      const struct sockaddr_storage *address)
{
	uint8_t bytes[16];

	to_bytes(address, bytes);
	cut(bytes, network->bits);
	return memcmp(bytes, network->bytes, sizeof(bytes)) == 0;
}

void network_around(struct network *out, const struct sockaddr_storage *address,
		    unsigned int v4_bits, unsigned int v6_bits)
{
	bool v4 = to_bytes(address, out->bytes);

	out->bits = v4 ? MAPPED_BITS + v4_bits : v6_bits;
	cut(out->bytes, out->bits);
}

void network_text(const struct network *network,
		  char text[static NETWORK_TEXT_SIZE])
{
	bool v4 = network->bits >= MAPPED_BITS &&
		  memcmp(network->bytes, mapped, sizeof(mapped)) == 0;
	char address[ADDRESS_TEXT_SIZE];

	if (v4)
		inet_ntop(AF_INET, network->bytes + sizeof(mapped), address,
			  sizeof(address));
	else
		inet_ntop(AF_INET6, network->bytes, address, sizeof(address));
	snprintf(text, NETWORK_TEXT_SIZE, "%s/%u", address,
		 v4 ? network->bits - MAPPED_BITS : network->bits);
}

void network_address(const struct sockaddr_storage *address,
		     char text[static ADDRESS_TEXT_SIZE])
{
	uint8_t bytes[16];

	if (to_bytes(address, bytes))
		inet_ntop(AF_INET, bytes + sizeof(mapped), text,
			  ADDRESS_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, bytes, text, ADDRESS_TEXT_SIZE);
}
