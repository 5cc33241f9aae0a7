#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { RECORD_HEAD = 5, TYPE_ALERT = 21, TYPE_HANDSHAKE = 22, FATAL = 2 };
enum { PATIENCE = 30 }; /* seconds until a silent peer is given up */

static size_t body_size(const struct wire_flow *flow)
{
	return (size_t)flow->head[3] << 8 | flow->head[4];
}

/* A record is complete.  Encrypted alerts are longer than two bytes. */
static void flow_record(struct wire_flow *flow)
{
	if (flow->head[0] == TYPE_ALERT && body_size(flow) == 2 &&
	    flow->head[5] == FATAL && flow->alert < 0)
		flow->alert = flow->head[6];
	flow->at = 0;
}

static void flow_byte(struct wire_flow *flow, unsigned char byte)
{
	if (flow->at < sizeof(flow->head))
		flow->head[flow->at] = byte;
	flow->at++;
	if (flow->at < RECORD_HEAD)
		return;
	if (flow->at == RECORD_HEAD && flow->head[0] == TYPE_HANDSHAKE &&
	    body_size(flow) > flow->largest)
		flow->largest = body_size(flow);
	if (flow->at == RECORD_HEAD + body_size(flow))
		flow_record(flow);
}

static void flow_add(struct wire_flow *flow, const unsigned char *data,
		     size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		flow_byte(flow, data[i]);
}

static bool set_patience(int fd)
{
	const struct timeval patience = {.tv_sec = PATIENCE};

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			  sizeof(patience)) == 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			  sizeof(patience)) == 0;
}

bool wire_open(struct wire *wire, const char *source, unsigned int port)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	*wire = (struct wire){.sent.alert = -1, .got.alert = -1};
	wire->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (wire->fd < 0)
		return false;
	if (set_patience(wire->fd) &&
	    (!source ||
	     (inet_pton(AF_INET, source, &from.sin_addr) == 1 &&
	      bind(wire->fd, (struct sockaddr *)&from, sizeof(from)) == 0)) &&
	    connect(wire->fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return true;
	close(wire->fd);
	wire->fd = -1;
	return false;
}

void wire_close(struct wire *wire, bool reset)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (reset)
		setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(wire->fd);
	wire->fd = -1;
}

static void note_error(struct wire *wire)
{
	if (errno == EAGAIN || errno == EWOULDBLOCK)
		wire->timed_out = true;
	else if (errno == ECONNRESET || errno == EPIPE)
		wire->peer_closed = true;
}

ssize_t wire_send(struct wire *wire, const void *data, size_t len)
{
	ssize_t n = send(wire->fd, data, len, MSG_NOSIGNAL);

	if (n < 0)
		note_error(wire);
	else
		flow_add(&wire->sent, data, (size_t)n);
	return n;
}

ssize_t wire_receive(struct wire *wire, void *buf, size_t size)
{
	ssize_t n = recv(wire->fd, buf, size, 0);

	if (n < 0) {
		note_error(wire);
		return n;
	}
	if (n == 0)
		wire->peer_closed = true;
	flow_add(&wire->got, buf, (size_t)n);
	if (wire->buffer > 0 && wire->got.largest > wire->buffer) {
		wire->overflowed = true;
		return -1;
	}
	return n;
}
