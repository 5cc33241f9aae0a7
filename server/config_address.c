#include "config_address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

enum {
	LABEL_MAX = 63, /* RFC 1035 section 2.3.4 */
	HOST_NAME_LONGEST = 253,
	HOST_SIZE = 256, /* of any host, with brackets and the NUL */
	PORT_MAX = 65535
};

static const char scheme[] = "https://";

static bool parse_port(const char *text, unsigned int *port)
{
	unsigned long value;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	value = strtoul(text, &end, 10);
	*port = (unsigned int)value;
	return !*end && value <= PORT_MAX;
}

static bool is_ipv4(const char *host)
{
	struct in_addr address;

	return inet_pton(AF_INET, host, &address) == 1;
}

/* In brackets, as in a URL. */
static bool is_ipv6(const char *host)
{
	size_t len = strlen(host);
	char text[HOST_SIZE];
	struct in6_addr address;

	if (len < 2 || host[0] != '[' || host[len - 1] != ']' ||
	    !text_copy(text, sizeof(text), host + 1))
		return false;
	text[len - 2] = '\0';
	return inet_pton(AF_INET6, text, &address) == 1;
}

/* A host name (RFC 1123 section 2.1); '_' is met with in the field. */
static bool is_name(const char *host)
{
	size_t label = 0;
	const char *p;

	for (p = host; *p; p++) {
		if (*p == '.' && label > 0)
			label = 0;
		else if (isalnum((unsigned char)*p) || *p == '-' || *p == '_')
			label++;
		else
			return false;
		if (label > LABEL_MAX)
			return false;
	}
	return label > 0 && p - host <= HOST_NAME_LONGEST;
}

/* Does a name end in a number?  Then it is an address gone wrong. */
static bool ends_in_number(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot ? dot + 1 : name;

	return last[strspn(last, "0123456789")] == '\0';
}

/* Split "HOST:PORT"; *port is NULL when there is none. */
static bool split(const char *text, char host[static HOST_SIZE],
		  const char **port)
{
	const char *colon = strrchr(text, ':');

	if (!text_copy(host, HOST_SIZE, text))
		return false;
	*port = NULL;
	if (colon && !strchr(colon, ']')) {
		host[colon - text] = '\0';
		*port = colon + 1;
	}
	return true;
}

bool address_is_listen(const char *text, unsigned int *port)
{
	char host[HOST_SIZE];
	const char *port_text;

	return split(text, host, &port_text) && port_text &&
	       parse_port(port_text, port) && (is_ipv4(host) || is_ipv6(host));
}

bool address_is_url(const char *text)
{
	char host[HOST_SIZE];
	const char *port_text;
	unsigned int port = 0;

	if (strncmp(text, scheme, strlen(scheme)) != 0 ||
	    !split(text + strlen(scheme), host, &port_text))
		return false;
	if (port_text && (!parse_port(port_text, &port) || !port))
		return false;
	return is_ipv4(host) || is_ipv6(host) ||
	       (is_name(host) && !ends_in_number(host));
}

bool address_is_sni(const char *text)
{
	struct in6_addr in6;

	if (!*text || is_ipv4(text) || inet_pton(AF_INET6, text, &in6) == 1)
		return true;
	if (strncmp(text, "*.", 2) == 0)
		text += 2;
	return is_name(text) && !ends_in_number(text);
}
