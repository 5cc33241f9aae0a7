/* The ways of bytes through a front, and its deadlines and limits. */
#include "front_fixture.h"

#include <errno.h>

static void carries_both_ways(void **state)
{
	struct fixture *f = start(&roomy);
	SSL *ssl = client(f);
	char buf[16];

	(void)state;
	for (int i = 0; i < 3; i++) { /* one connection, several requests */
		assert_int_equal(SSL_write(ssl, "ping\n", 5), 5);
		back_read(f, buf, 5);
		assert_memory_equal(buf, "ping\n", 5);
		assert_int_equal(write(f->user->back, "pong\n", 5), 5);
		front_answered(f->user->conn);
		assert_int_equal(client_read(f, ssl, buf, 5), 5);
		assert_memory_equal(buf, "pong\n", 5);
	}
	client_free(ssl);
	stop(f);
}

/* A second request that came with the first waits for the first's answer. */
static void keeps_requests_apart(void **state)
{
	struct fixture *f = start(&roomy);
	SSL *ssl = client(f);
	char buf[16];

	(void)state;
	assert_int_equal(SSL_write(ssl, "one\ntwo\n", 8), 8);
	back_read(f, buf, 4);
	for (int i = 0; i < 20; i++)
		turn(f);
	assert_int_equal(read(f->user->back, buf, sizeof(buf)), -1);
	assert_int_equal(write(f->user->back, "1", 1), 1);
	front_answered(f->user->conn);
	back_read(f, buf, 4);
	assert_memory_equal(buf, "two\n", 4);
	assert_int_equal(client_read(f, ssl, buf, 1), 1);
	client_free(ssl);
	stop(f);
}

static void carries_much(void **state)
{
	enum { SIZE = 8 * 1024 * 1024 };
	struct fixture *f = start(&roomy);
	SSL *ssl = client(f);
	char *sent = malloc(SIZE), *got = malloc(SIZE);
	unsigned int seed = 1;
	size_t written = 0, read_so_far = 0;
	char buf[16];

	(void)state;
	for (size_t i = 0; i < SIZE; i++)
		sent[i] = (char)rand_r(&seed);
	SSL_write(ssl, "get\n", 4);
	back_read(f, buf, 4);
	fcntl(f->user->back, F_SETFL, O_NONBLOCK);
	while (read_so_far < SIZE) {
		ssize_t n =
			write(f->user->back, sent + written, SIZE - written);
		int r;

		written += n > 0 ? (size_t)n : 0;
		turn(f);
		r = SSL_read(ssl, got + read_so_far, 60000);
		read_so_far += r > 0 ? (size_t)r : 0;
	}
	assert_memory_equal(sent, got, SIZE);
	free(sent);
	free(got);
	client_free(ssl);
	stop(f);
}

static void back_that_closes_ends_the_connection(void **state)
{
	struct fixture *f = start(&roomy);
	SSL *ssl = client(f);
	char buf[16];

	(void)state;
	SSL_write(ssl, "get\n", 4);
	back_read(f, buf, 4);
	assert_int_equal(write(f->user->back, "bye", 3), 3);
	close(f->user->back);
	f->user->back = -1;
	assert_int_equal(client_read(f, ssl, buf, sizeof(buf)), 3);
	assert_int_equal(SSL_get_shutdown(ssl), SSL_RECEIVED_SHUTDOWN);
	client_free(ssl);
	stop(f);
}

static void refused_input_gets_the_reply(void **state)
{
	struct fixture *f = start(&roomy);
	SSL *ssl = client(f);
	char buf[16];

	(void)state;
	SSL_write(ssl, "!\n", 2);
	assert_int_equal(client_read(f, ssl, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "no\n", 3);
	client_free(ssl);
	stop(f);
}

static void cut_request_gets_the_short_reply(void **state)
{
	struct fixture *f = start(&roomy);
	SSL *ssl = client(f);
	char buf[16];

	(void)state;
	SSL_write(ssl, "b-half a body", 13);
	back_read(f, buf, 13);
	SSL_shutdown(ssl);
	assert_int_equal(client_read(f, ssl, buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "short\n", 6);
	client_free(ssl);
	stop(f);
}

/* Each phase's deadline on its own, all others far away. */
static void deadlines(void **state)
{
	static const struct {
		const char *label, *input, *reply;
		size_t offset; /* of the limit in struct front_limits */
	} rows[] = {
		{"no request", "", "", offsetof(struct front_limits, head_ms)},
		{"half a head", "abc", "late\n",
		 offsetof(struct front_limits, head_ms)},
		{"half a body", "b-half", "late\n",
		 offsetof(struct front_limits, stall_ms)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct front_limits limits = roomy;
		struct fixture *f;
		SSL *ssl;
		char buf[16];
		size_t got;

		limits.min_rate = 1000000;
		*(unsigned int *)((char *)&limits + rows[i].offset) = 20;
		f = start(&limits);
		ssl = client(f);
		if (rows[i].input[0])
			SSL_write(ssl, rows[i].input,
				  (int)strlen(rows[i].input));
		got = client_read(f, ssl, buf, sizeof(buf));
		if (got != strlen(rows[i].reply) ||
		    memcmp(buf, rows[i].reply, got) != 0)
			fail_msg("%s: got %zu bytes", rows[i].label, got);
		client_free(ssl);
		stop(f);
	}
}

static void idle_and_handshake_deadlines(void **state)
{
	struct front_limits limits = roomy;
	struct fixture *f;
	SSL *ssl;
	char buf[16];
	int fd;

	(void)state;
	limits.idle_ms = 20;
	limits.handshake_ms = 20;
	f = start(&limits);
	ssl = client(f);
	SSL_write(ssl, "ping\n", 5);
	back_read(f, buf, 5);
	front_answered(f->user->conn);
	assert_int_equal(client_read(f, ssl, buf, sizeof(buf)), 0);
	assert_int_equal(SSL_get_shutdown(ssl), SSL_RECEIVED_SHUTDOWN);
	client_free(ssl);
	fd = tcp(f);
	for (int turns = 0; read(fd, buf, 1) != 0; turns++) {
		assert_true(turns < TURNS_MAX);
		turn(f);
	}
	close(fd);
	stop(f);
}

static void reader_that_takes_nothing_is_closed(void **state)
{
	struct front_limits limits = roomy;
	struct fixture *f;
	static char much[256 * 1024];
	char buf[16];
	SSL *ssl;

	(void)state;
	limits.stall_ms = 20;
	limits.min_rate = 1000000;
	f = start(&limits);
	ssl = client(f);
	SSL_write(ssl, "get\n", 4);
	back_read(f, buf, 4);
	fcntl(f->user->back, F_SETFL, O_NONBLOCK);
	for (int turns = 0; f->user; turns++) {
		assert_true(turns < TURNS_MAX);
		if (f->user->back >= 0)
			(void)!write(f->user->back, much, sizeof(much));
		turn(f);
	}
	assert_int_equal(front_connections(f->front), 0);
	client_free(ssl);
	stop(f);
}

static void limits_a_source(void **state)
{
	struct fixture *f = start(&roomy);
	int fds[4];
	char byte;

	(void)state;
	for (int i = 0; i < 4; i++)
		fds[i] = tcp(f);
	for (int turns = 0; read(fds[3], &byte, 1) < 0 && errno == EAGAIN;
	     turns++) {
		assert_true(turns < TURNS_MAX);
		turn(f);
	}
	assert_int_equal(front_connections(f->front), 3);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	stop(f);
}

static void drain_closes_idle_and_finishes_the_rest(void **state)
{
	struct fixture *f = start(&roomy);
	SSL *idle = client(f);
	struct user *busy_user;
	SSL *busy;
	char buf[16];

	(void)state;
	f->user = NULL;
	busy = client(f);
	busy_user = f->user;
	SSL_write(busy, "get\n", 4);
	back_read(f, buf, 4);
	front_drain(f->front);
	assert_int_equal(client_read(f, idle, buf, 1), 0);
	assert_int_equal(write(busy_user->back, "end", 3), 3);
	front_answered(busy_user->conn);
	assert_int_equal(client_read(f, busy, buf, sizeof(buf)), 3);
	for (int turns = 0; front_connections(f->front); turns++) {
		assert_true(turns < TURNS_MAX);
		turn(f);
	}
	client_free(idle);
	client_free(busy);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_both_ways),
		cmocka_unit_test(keeps_requests_apart),
		cmocka_unit_test(carries_much),
		cmocka_unit_test(back_that_closes_ends_the_connection),
		cmocka_unit_test(refused_input_gets_the_reply),
		cmocka_unit_test(cut_request_gets_the_short_reply),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(idle_and_handshake_deadlines),
		cmocka_unit_test(reader_that_takes_nothing_is_closed),
		cmocka_unit_test(limits_a_source),
		cmocka_unit_test(drain_closes_idle_and_finishes_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
