/* Connections that libmicrohttpd takes, and those it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server.h"

static void note_end(void *arg)
{
	++*(int *)arg;
}

static struct http_server *open_server(void)
{
	static const struct app nothing;
	struct http_server *server;
	struct err err;

	assert_true(
		http_server_open(&server, &nothing, NULL, NULL, 4096, &err));
	return server;
}

/* The end of a connection is told once, whoever closed it. */
static void tells_of_the_end_once(void **state)
{
	struct http_server *server = open_server();
	int ends = 0, fds[2];
	struct http_client client = {.arg = &ends, .gone = note_end};
	struct err err;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_true(http_server_add(server, fds[0], &client, &err));
	assert_int_equal(ends, 0);
	http_server_close(server);
	assert_int_equal(ends, 1);
	close(fds[1]);
}

/* A file cannot be watched by epoll: libmicrohttpd begins and gives up. */
static void refused_socket_ends_once(void **state)
{
	struct http_server *server = open_server();
	FILE *file = tmpfile();
	int ends = 0;
	struct http_client client = {.arg = &ends, .gone = note_end};
	struct err err;

	(void)state;
	assert_non_null(file);
	assert_false(http_server_add(server, dup(fileno(file)), &client, &err));
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_int_equal(ends, 1);
	http_server_close(server);
	assert_int_equal(ends, 1);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_the_end_once),
		cmocka_unit_test(refused_socket_ends_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
