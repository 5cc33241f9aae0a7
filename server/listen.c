#include "listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, ADDRESS_MAX = 128 };

/* Split "host:port"; brackets around the host are taken off. */
static bool split(char *text, const char **host, const char **port)
{
	char *colon = strrchr(text, ':');
	size_t len;

	if (!colon)
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = text;
	len = strlen(text);
	if (text[0] != '[')
		return !strchr(text, ':');
	if (text[len - 1] != ']')
		return false;
	text[len - 1] = '\0';
	*host = text + 1;
	return true;
}

static bool resolve(const char *address, struct addrinfo **found,
		    struct err *err)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST |
						   AI_NUMERICSERV | AI_PASSIVE,
				       .ai_socktype = SOCK_STREAM};
	char text[ADDRESS_MAX];
	const char *host, *port;

	if (strlen(address) >= sizeof(text))
		return err_set(err, ERR_INVALID, "listen address too long");
	memcpy(text, address, strlen(address) + 1);
	if (!split(text, &host, &port) ||
	    getaddrinfo(host, port, &hints, found) != 0)
		return err_set(err, ERR_INVALID,
			       "'%s' is no address to listen on: expected "
			       "\"192.0.2.1:8443\" or \"[::]:8443\"",
			       address);
	return true;
}

static bool set_options(int fd, int family, bool shared)
{
	int on = 1, off = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    (shared &&
	     setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on))))
		return false;
	return family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY,
						&off, sizeof(off)) == 0;
}

static bool open_bound(int *fd, const char *address, bool shared,
		       struct err *err)
{
	struct addrinfo *found;

	*fd = -1;
	if (!resolve(address, &found, err))
		return false;
	*fd = socket(found->ai_family,
		     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0 || !set_options(*fd, found->ai_family, shared) ||
	    bind(*fd, found->ai_addr, found->ai_addrlen) < 0) {
		err_sys(err, "listen on %s", address);
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	}
	freeaddrinfo(found);
	return *fd >= 0;
}

bool listen_is_free(const char *address, struct err *err)
{
	int fd;

	if (!open_bound(&fd, address, false, err))
		return false;
	close(fd);
	return true;
}

bool listen_open(int *fd, const char *address, struct err *err)
{
	if (!open_bound(fd, address, true, err))
		return false;
	if (listen(*fd, BACKLOG) == 0)
		return true;
	err_sys(err, "listen on %s", address);
	close(*fd);
	*fd = -1;
	return false;
}

int listen_port(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return 0;
	if (address.ss_family == AF_INET)
		return ntohs(((struct sockaddr_in *)&address)->sin_port);
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return 0;
}
