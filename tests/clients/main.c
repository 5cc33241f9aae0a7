/*
 * client-STACK - connects as a fielded device does and asks for one page,
 * again when it could not; one line for each try, then "ok tries=N" or
 * "failed tries=N".
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

enum { EXIT_USAGE = 2, HEAD_SIZE = 4096 };

struct run {
	struct client_options client;
	const char *source; /* address to connect from, or NULL */
	const char *path;
	unsigned int port;
	unsigned int tries;
	unsigned int pause_ms;
	time_t at_ms; /* when to begin, ms since 1970; 0: now */
	unsigned int buffer;
	bool reset;
};

static const char usage[] =
	"usage: client-%s --port N --host NAME --anchor PEM [option ...]\n"
	"  --no-sni       send no SNI and check no name\n"
	"  --check-time   compare dates with the clock\n"
	"  --clock UTC    seconds since 1970 (now)\n"
	"  --bundle       the anchors are an esp_crt_bundle\n"
	"  --buffer N     no handshake record above N bytes is taken\n"
	"  --mfl N        ask for records of N bytes: 512, 1024, 2048, 4096\n"
	"  --tls V        greatest version: 1.0 1.1 1.2 1.3\n"
	"  --path PATH    of the page (/healthz)\n"
	"  --source A     IPv4 address to connect from\n"
	"  --tries N --pause MS\n"
	"  --at MS        begin then, milliseconds since 1970\n"
	"  --reset        end a failed handshake by a reset\n";

void client_complain(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "client-%s: ", client_stack.name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

/* ---- one try ---- */

/* The status of the answer, or 0.  The answer is read to its end. */
static int ask(const struct run *run, struct client *client)
{
	char text[HEAD_SIZE], rest[HEAD_SIZE];
	size_t len = 0, n;
	int status = 0;

	n = (size_t)snprintf(text, sizeof(text),
			     "GET %s HTTP/1.1\r\nHost: %s\r\n"
			     "Connection: close\r\n\r\n",
			     run->path, run->client.host);
	if (n >= sizeof(text) || !client_stack.write(client, text, n))
		return 0;
	while (len < sizeof(text) - 1 &&
	       (n = client_stack.read(client, text + len,
				      sizeof(text) - 1 - len)) > 0)
		len += n;
	while (n > 0)
		n = client_stack.read(client, rest, sizeof(rest));
	text[len] = '\0';
	if (sscanf(text, "HTTP/1.%*1[01] %3d ", &status) != 1)
		return 0;
	return status;
}

/* Why there was no answer: a refusal is the client's own. */
static void tell_failure(const struct wire *wire, bool shaken)
{
	if (shaken)
		printf("failed no-answer\n");
	else if (wire->sent.alert >= 0)
		printf("refused alert=%d\n", wire->sent.alert);
	else if (wire->got.alert >= 0)
		printf("failed alert=%d\n", wire->got.alert);
	else if (wire->timed_out)
		printf("failed timeout\n");
	else if (wire->peer_closed)
		printf("failed closed\n");
	else
		printf("refused closed\n");
}

static bool attempt(const struct run *run, struct client *client,
		    unsigned int number)
{
	struct wire wire;
	bool shaken;
	int status = 0;

	printf("try %u: ", number);
	if (!wire_open(&wire, run->source, run->port)) {
		printf("failed connect: %s\n", strerror(errno));
		return false;
	}
	wire.buffer = run->buffer;
	shaken = client_stack.shake(client, &wire);
	if (shaken)
		status = ask(run, client);
	if (status > 0)
		printf("ok status=%d\n", status);
	else
		tell_failure(&wire, shaken);
	client_stack.end(client);
	wire_close(&wire, run->reset && !shaken);
	return status > 0;
}

static struct timespec time_of(time_t ms)
{
	return (struct timespec){.tv_sec = ms / 1000,
				 .tv_nsec = (ms % 1000) * 1000000};
}

static int try_often(const struct run *run, struct client *client)
{
	const struct timespec begin = time_of(run->at_ms);
	const struct timespec pause = time_of(run->pause_ms);
	unsigned int i;

	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &begin, NULL);
	for (i = 1; i <= run->tries; i++) {
		if (i > 1)
			nanosleep(&pause, NULL);
		if (attempt(run, client, i)) {
			printf("ok tries=%u\n", i);
			return EXIT_SUCCESS;
		}
	}
	printf("failed tries=%u\n", run->tries);
	return EXIT_FAILURE;
}

/* ---- options ---- */

enum option_kind { TEXT, NUMBER, SWITCH, TIME, TLS };

struct option_row {
	const char *name;
	enum option_kind kind;
	void *to;
	unsigned int need; /* of enum client_can */
};

static bool set_number(unsigned int *to, const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*to = (unsigned int)value;
	return end != text && *end == '\0' && value <= INT_MAX;
}

static bool set_time(time_t *to, const char *text)
{
	char *end;

	*to = strtoll(text, &end, 10);
	return end != text && *end == '\0';
}

static bool set_tls(int *minor, const char *text)
{
	static const char *const names[] = {"", "1.0", "1.1", "1.2", "1.3"};

	for (*minor = 1; *minor <= 4; (*minor)++)
		if (strcmp(names[*minor], text) == 0)
			return true;
	return false;
}

static bool set_option(const struct option_row *row, const char *text)
{
	if (row->need && !(client_stack.can & row->need)) {
		client_complain("this stack has no --%s", row->name);
		return false;
	}
	switch (row->kind) {
	case TEXT:
		*(const char **)row->to = text;
		return true;
	case NUMBER:
		return set_number(row->to, text);
	case SWITCH:
		*(bool *)row->to = true;
		return true;
	case TIME:
		return set_time(row->to, text);
	case TLS:
		return set_tls(row->to, text);
	}
	return false;
}

static bool read_options(struct run *run, int argc, char **argv)
{
	struct client_options *client = &run->client;
	const struct option_row rows[] = {
		{"port", NUMBER, &run->port, 0},
		{"host", TEXT, &client->host, 0},
		{"anchor", TEXT, &client->anchor, 0},
		{"no-sni", SWITCH, &client->no_sni, 0},
		{"check-time", SWITCH, &client->check_time, CAN_IGNORE_TIME},
		{"clock", TIME, &client->clock, 0},
		{"bundle", SWITCH, &client->bundle, CAN_BUNDLE},
		{"buffer", NUMBER, &run->buffer, CAN_SMALL_BUFFER},
		{"mfl", NUMBER, &client->max_fragment, CAN_MAX_FRAGMENT},
		{"tls", TLS, &client->tls_minor, 0},
		{"path", TEXT, &run->path, 0},
		{"source", TEXT, &run->source, 0},
		{"tries", NUMBER, &run->tries, 0},
		{"pause", NUMBER, &run->pause_ms, 0},
		{"at", TIME, &run->at_ms, 0},
		{"reset", SWITCH, &run->reset, 0},
	};
	enum { COUNT = sizeof(rows) / sizeof(rows[0]) };
	struct option options[COUNT + 1] = {0};
	int i, index, c;

	for (i = 0; i < COUNT; i++) {
		options[i].name = rows[i].name;
		options[i].has_arg = rows[i].kind == SWITCH ? no_argument
							    : required_argument;
	}
	while ((c = getopt_long(argc, argv, "", options, &index)) != -1)
		if (c != 0 || !set_option(&rows[index], optarg))
			return false;
	return optind == argc && client->host && client->anchor &&
	       run->port > 0 && run->port <= UINT16_MAX && run->tries > 0;
}

int main(int argc, char **argv)
{
	struct run run = {
		.client.clock = time(NULL),
		.path = "/healthz",
		.tries = 1,
	};
	struct client *client;
	int status;

	if (!read_options(&run, argc, argv)) {
		fprintf(stderr, usage, client_stack.name);
		return EXIT_USAGE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	client = client_stack.ready(&run.client);
	if (!client)
		return EXIT_USAGE;
	status = try_often(&run, client);
	client_stack.done(client);
	return status;
}
