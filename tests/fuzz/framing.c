/*
 * The gate and libmicrohttpd must agree: a request that passes the gate is
 * answered by libmicrohttpd as one request, with 200, and with a body of the
 * length that the gate saw.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "http/gate.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)          \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

enum { TURNS = 40 }; /* of libmicrohttpd's loop, many more than it needs */

static struct MHD_Daemon *daemon_of_all;

/* What libmicrohttpd made of an input. */
static size_t requests;
static size_t body_len;

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *data,
				  size_t *len, void **state)
{
	static int begun;
	struct MHD_Response *response;
	enum MHD_Result result;

	(void)cls;
	(void)url;
	(void)method;
	(void)version;
	(void)data;
	if (!*state) {
		*state = &begun;
		return MHD_YES;
	}
	body_len += *len;
	if (*len) {
		*len = 0;
		return MHD_YES;
	}
	requests++;
	response = MHD_create_response_from_buffer(0, NULL,
						   MHD_RESPMEM_PERSISTENT);
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	signal(SIGPIPE, SIG_IGN);
	daemon_of_all = MHD_start_daemon(
		MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL, 0, NULL, NULL,
		on_request, NULL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_END);
	CHECK(daemon_of_all);
	return 0;
}

/* The first request in `data`, as far as it passed. */
struct request {
	char *at;
	size_t len;
	size_t body; /* bytes, decoded */
};

/* False when the gate lets no whole request through. */
static bool pass_gate(struct request *r, const char *data, size_t size)
{
	struct gate gate = {0};
	size_t used = 0;

	/* Byte by byte, so that each pass is of one kind. */
	for (size_t len = 1; len <= size && gate.phase != GATE_DONE; len++) {
		bool in_data =
			gate.phase == GATE_BODY && gate.part == GATE_DATA;
		const char *reason;
		size_t skip, pass;
		int status;

		if (gate_feed(&gate, data + used, len - used, &skip, &pass,
			      &status, &reason) == GATE_REJECT)
			return false;
		memcpy(r->at + r->len, data + used + skip, pass);
		r->len += pass;
		r->body += in_data ? pass : 0;
		used += skip + pass;
	}
	return gate.phase == GATE_DONE;
}

/* Let libmicrohttpd read it; what it answers goes to `answer`. */
static void serve(const struct request *r, char *answer, size_t max)
{
	struct sockaddr nobody = {.sa_family = AF_INET};
	size_t len = 0;
	int ends[2];

	requests = 0;
	body_len = 0;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
	CHECK(MHD_add_connection(daemon_of_all, ends[0], &nobody,
				 sizeof(nobody)) == MHD_YES);
	CHECK(write(ends[1], r->at, r->len) == (ssize_t)r->len);
	for (int i = 0; i < TURNS; i++) {
		ssize_t n;

		MHD_run(daemon_of_all);
		n = read(ends[1], answer + len, max - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	answer[len] = '\0';
	close(ends[1]);
	MHD_run(daemon_of_all);
}

static void check_answer(const char *answer)
{
	static const char proceed[] = "HTTP/1.1 100 Continue\r\n\r\n";
	static const char ok[] = "HTTP/1.1 200 OK\r\n";
	const char *end;

	if (strncmp(answer, proceed, strlen(proceed)) == 0)
		answer += strlen(proceed);
	CHECK(strncmp(answer, ok, strlen(ok)) == 0);
	end = strstr(answer, "\r\n\r\n");
	CHECK(end && !end[4]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request r = {.at = malloc(size + 1)};
	char answer[4096];

	CHECK(r.at);
	if (pass_gate(&r, (const char *)data, size)) {
		serve(&r, answer, sizeof(answer));
		check_answer(answer);
		CHECK(requests == 1 && body_len == r.body);
	}
	free(r.at);
	return 0;
}
