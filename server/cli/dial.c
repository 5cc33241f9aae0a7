#include "cli/dial.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { PORT_MAX = 65535, PORT_DIGITS = 5 };

/* ---- where -------------------------------------------------------------- */

static bool parse_port(unsigned int *port, const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > PORT_DIGITS || text[digits])
		return false;
	*port = (unsigned int)strtoul(text, NULL, 10);
	return *port >= 1 && *port <= PORT_MAX;
}

/*
 * Cut the text into a host, without its brackets, and a port, or NULL.  False
 * when brackets are wrong.
 */
static bool split(char *text, const char **host, const char **port)
{
	char *end = text[0] == '[' ? strchr(text, ']') : strchr(text, ':');

	*host = text;
	*port = NULL;
	if (text[0] == '[') {
		if (!end || (end[1] && end[1] != ':'))
			return false;
		*host = text + 1;
		*end++ = '\0';
	} else if (end && strchr(end + 1, ':')) {
		return true; /* an IPv6 address without brackets */
	}
	if (end && *end) {
		*end = '\0';
		*port = end + 1;
	}
	return true;
}

bool endpoint_parse(struct endpoint *out, const char *text, size_t len,
		    unsigned int default_port, struct err *err)
{
	char copy[ENDPOINT_TEXT_SIZE];
	const char *host, *port;

	*out = (struct endpoint){.port = default_port};
	if (len >= sizeof(copy) || memchr(text, '\0', len))
		return err_set(err, ERR_INVALID, "the host is too long");
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (!split(copy, &host, &port))
		return err_set(err, ERR_INVALID,
			       "'%.*s': wanted [ADDRESS] or [ADDRESS]:PORT",
			       (int)len, text);
	if (!host_parse(&out->host, host, false, err))
		return false;
	if (copy[0] == '[' && out->host.address_len != 16)
		return err_set(err, ERR_INVALID,
			       "'%s' in brackets: wanted an IPv6 address",
			       host);
	return !port || parse_port(&out->port, port) ||
	       err_set(err, ERR_INVALID, "'%s' is no port: wanted 1 to %d",
		       port, PORT_MAX);
}

void endpoint_text(const struct endpoint *endpoint, bool port,
		   char text[static ENDPOINT_TEXT_SIZE])
{
	bool brackets = endpoint->host.address_len == 16;
	int len = snprintf(text, ENDPOINT_TEXT_SIZE, "%s%s%s",
			   brackets ? "[" : "", endpoint->host.text,
			   brackets ? "]" : "");

	if (port)
		snprintf(text + len, ENDPOINT_TEXT_SIZE - (size_t)len, ":%u",
			 endpoint->port);
}

/* ---- connecting --------------------------------------------------------- */

bool dial_wait(int fd, short events, uint64_t deadline, struct err *err)
{
	struct pollfd poller = {.fd = fd, .events = events};

	for (;;) {
		uint64_t now = clock_ms();
		uint64_t left = deadline > now ? deadline - now : 0;
		int n = poll(&poller, 1, left > INT_MAX ? INT_MAX : (int)left);

		if (n > 0)
			return true;
		if (n == 0)
			return err_set(err, ERR_BUSY, "no answer in time");
		if (errno != EINTR)
			return err_sys(err, "poll");
	}
}

static bool finish_connect(int fd, uint64_t deadline, struct err *err)
{
	socklen_t size = sizeof(errno);
	int error = 0;

	if (!dial_wait(fd, POLLOUT, deadline, err))
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return err_sys(err, "connect");
	errno = error;
	return error == 0 || err_sys(err, "connect");
}

static bool connect_one(int *out, const struct addrinfo *to, uint64_t deadline,
			struct err *err)
{
	int fd = socket(to->ai_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool ok;

	if (fd < 0)
		return err_sys(err, "socket");
	ok = connect(fd, to->ai_addr, to->ai_addrlen) == 0 ||
	     (errno == EINPROGRESS ? finish_connect(fd, deadline, err)
				   : err_sys(err, "connect"));
	if (!ok) {
		close(fd);
		return false;
	}
	*out = fd;
	return true;
}

static void note_reached(struct endpoint *reached, const struct addrinfo *to)
{
	const struct sockaddr_in6 *in6 = (const void *)to->ai_addr;
	const struct sockaddr_in *in = (const void *)to->ai_addr;

	if (to->ai_family == AF_INET6)
		host_from_address(&reached->host, in6->sin6_addr.s6_addr, 16);
	else
		host_from_address(&reached->host, (const void *)&in->sin_addr,
				  4);
}

/* Each address gets its share of the time that is left. */
static bool connect_any(int *fd, struct endpoint *reached,
			const struct addrinfo *found, uint64_t deadline,
			struct err *err)
{
	uint64_t count = 0;

	for (const struct addrinfo *a = found; a; a = a->ai_next)
		count++;
	for (const struct addrinfo *a = found; a; a = a->ai_next) {
		uint64_t now = clock_ms();
		uint64_t left = deadline > now ? deadline - now : 0;

		if (connect_one(fd, a, now + left / count--, err)) {
			note_reached(reached, a);
			return true;
		}
	}
	return false;
}

bool dial(int *fd, struct endpoint *reached, const struct endpoint *endpoint,
	  uint64_t deadline, struct err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_NUMERICSERV};
	char port[PORT_DIGITS + 1], text[ENDPOINT_TEXT_SIZE];
	struct addrinfo *found;
	int failed;
	bool ok;

	*fd = -1;
	*reached = (struct endpoint){.port = endpoint->port};
	snprintf(port, sizeof(port), "%u", endpoint->port % (PORT_MAX + 1));
	failed = getaddrinfo(endpoint->host.text, port, &hints, &found);
	if (failed)
		return err_set(err, ERR_NOT_FOUND, "%s: %s",
			       endpoint->host.text, gai_strerror(failed));
	ok = connect_any(fd, reached, found, deadline, err);
	freeaddrinfo(found);
	endpoint_text(endpoint, true, text);
	return ok || err_wrap(err, "%s", text);
}
