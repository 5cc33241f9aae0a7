#include "../base/fixture.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "cli/dial.h"

/* ---- endpoints ---------------------------------------------------------- */

static const struct {
	const char *text, *host;
	unsigned int port;
	const char *reason;
} rows[] = {
	{"ota.example.com", "ota.example.com", 443, NULL},
	{"ota.example.com:8443", "ota.example.com", 8443, NULL},
	{"OTA:1", "ota", 1, NULL},
	{"192.0.2.1:65535", "192.0.2.1", 65535, NULL},
	{"::1", "::1", 443, NULL},
	{"[::1]", "::1", 443, NULL},
	{"[::1]:80", "::1", 80, NULL},
	{"a:0", NULL, 0, "is no port"},
	{"a:65536", NULL, 0, "is no port"},
	{"a:", NULL, 0, "is no port"},
	{"a:+1", NULL, 0, "is no port"},
	{"a:1x", NULL, 0, "is no port"},
	{"a:000001", NULL, 0, "is no port"},
	{"[::1]:", NULL, 0, "is no port"},
	{"[::1", NULL, 0, "wanted [ADDRESS]"},
	{"[::1]80", NULL, 0, "wanted [ADDRESS]"},
	{"[a]", NULL, 0, "wanted an IPv6 address"},
	{"[192.0.2.1]:80", NULL, 0, "wanted an IPv6 address"},
	{"", NULL, 0, "is no host"},
	{":80", NULL, 0, "is no host"},
	{"*.example.com", NULL, 0, "is no host"},
	{"user@a", NULL, 0, "is no host"},
	{"::1:x:80", NULL, 0, "is no host"},
};

static void parses(void **state)
{
	struct endpoint e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *text = rows[i].text;

		print_message("case: '%s'\n", text);
		if (rows[i].reason) {
			must_fail(text,
				  endpoint_parse(&e, text, strlen(text), 443,
						 &failure),
				  ERR_INVALID, rows[i].reason);
			continue;
		}
		must(endpoint_parse(&e, text, strlen(text), 443, &failure));
		assert_string_equal(e.host.text, rows[i].host);
		assert_int_equal(e.port, rows[i].port);
	}
	must(endpoint_parse(&e, "a:443/path", 5, 1, &failure));
	assert_int_equal(e.port, 443);
	must_fail("NUL", endpoint_parse(&e, "a\0b", 3, 1, &failure),
		  ERR_INVALID, "too long");
}

static void bounds_the_length(void **state)
{
	char text[ENDPOINT_TEXT_SIZE + 1];
	struct endpoint e;

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 63; i < sizeof(text); i += 64)
		text[i] = '.';
	must(endpoint_parse(&e, text, HOST_TEXT_SIZE - 1, 443, &failure));
	must_fail("host",
		  endpoint_parse(&e, text, HOST_TEXT_SIZE, 443, &failure),
		  ERR_INVALID, "is no host");
	must_fail("copy",
		  endpoint_parse(&e, text, ENDPOINT_TEXT_SIZE, 443, &failure),
		  ERR_INVALID, "too long");
}

static void prints(void **state)
{
	static const struct {
		const char *text, *alone;
	} texts[] = {
		{"a.example:1", "a.example"},
		{"192.0.2.1:443", "192.0.2.1"},
		{"[2001:db8::1]:8443", "[2001:db8::1]"},
	};
	char text[ENDPOINT_TEXT_SIZE];
	struct endpoint e;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		must(endpoint_parse(&e, texts[i].text, strlen(texts[i].text), 1,
				    &failure));
		endpoint_text(&e, true, text);
		assert_string_equal(text, texts[i].text);
		endpoint_text(&e, false, text);
		assert_string_equal(text, texts[i].alone);
	}
}

/* ---- connecting --------------------------------------------------------- */

/* A socket bound to a free port of 127.0.0.1. */
static int bound(unsigned int *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &size), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

static struct endpoint local(unsigned int port)
{
	struct endpoint e = {.port = port};

	must(host_parse(&e.host, "127.0.0.1", false, &failure));
	return e;
}

static void connects(void **state)
{
	struct endpoint reached, to;
	unsigned int port;
	int server = bound(&port), fd, peer;

	(void)state;
	to = local(port);
	must_fail("nobody listens",
		  dial(&fd, &reached, &to, clock_ms() + 5000, &failure),
		  ERR_SYSTEM, "Connection refused");
	assert_int_equal(fd, -1);
	assert_int_equal(listen(server, 1), 0);
	must(dial(&fd, &reached, &to, clock_ms() + 5000, &failure));
	assert_string_equal(reached.host.text, "127.0.0.1");
	assert_int_equal(reached.port, port);
	assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
	must_fail("silence", dial_wait(fd, POLLIN, clock_ms() + 20, &failure),
		  ERR_BUSY, "in time");
	peer = accept(server, NULL, NULL);
	assert_int_equal(write(peer, "x", 1), 1);
	must(dial_wait(fd, POLLIN, clock_ms() + 5000, &failure));
	close(peer);
	close(fd);
	close(server);
}

/* A full backlog takes no more connections, and answers none. */
static void gives_up(void **state)
{
	enum { MANY = 8 };
	struct endpoint reached, to;
	int fds[MANY], server, count = 0;
	unsigned int port;
	uint64_t begin;

	(void)state;
	server = bound(&port);
	to = local(port);
	assert_int_equal(listen(server, 0), 0);
	begin = clock_ms();
	while (count < MANY &&
	       dial(&fds[count], &reached, &to, clock_ms() + 100, &failure))
		count++;
	assert_in_range(count, 1, MANY - 1);
	assert_int_equal(failure.code, ERR_BUSY);
	assert_in_range(clock_ms() - begin, 100, 5000);
	while (count--)
		close(fds[count]);
	close(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),   cmocka_unit_test(bounds_the_length),
		cmocka_unit_test(prints),   cmocka_unit_test(connects),
		cmocka_unit_test(gives_up),

	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
