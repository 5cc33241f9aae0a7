/* What clients and sockets do to a connection that they should not. */
#include "front_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "tls/conn.h"

/* A listening socket that another process holds too, as systemd does. */
static void drained_front_leaves_a_shared_socket_alone(void **state)
{
	struct fixture *f = start(&roomy);
	struct epoll_event event;
	int shared = dup(f->listen_fd);
	int fd;

	(void)state;
	front_drain(f->front);
	fd = tcp(f);
	assert_int_equal(epoll_wait(f->epoll_fd, &event, 1, 0), 0);
	close(fd);
	close(shared);
	stop(f);
}

static void drain_answers_what_has_arrived(void **state)
{
	struct fixture *f = start(&roomy);
	SSL *ssl = client(f);
	char buf[16];

	(void)state;
	for (int i = 0; i < 20; i++)
		turn(f);
	assert_int_equal(SSL_write(ssl, "ping\n", 5), 5);
	front_drain(f->front);
	back_read(f, buf, 5);
	assert_int_equal(write(f->user->back, "pong\n", 5), 5);
	front_answered(f->user->conn);
	assert_int_equal(client_read(f, ssl, buf, sizeof(buf)), 5);
	assert_memory_equal(buf, "pong\n", 5);
	assert_int_equal(front_connections(f->front), 0);
	client_free(ssl);
	stop(f);
}

/*
 * The client goes on sending what the answer has refused: its bytes must not
 * reset the connection before it has read that answer.
 */
static void refused_sender_can_read_the_reply(void **state)
{
	static const char rest[] = "the body, long refused";
	struct fixture *f = start(&roomy);
	SSL *ssl = client(f);
	char buf[16];

	(void)state;
	SSL_write(ssl, "!\n", 2);
	for (int i = 0; i < 20; i++) /* the answer is out, nothing unread */
		turn(f);
	assert_int_equal(SSL_write(ssl, rest, sizeof(rest)), sizeof(rest));
	for (int i = 0; i < 20; i++)
		turn(f);
	assert_int_equal(SSL_write(ssl, rest, sizeof(rest)), sizeof(rest));
	assert_int_equal(client_read(f, ssl, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "no\n", 3);
	assert_int_equal(SSL_get_shutdown(ssl), SSL_RECEIVED_SHUTDOWN);
	client_free(ssl);
	stop(f);
}

/* The same when the back has answered early and closed. */
static void early_answer_reaches_a_sender(void **state)
{
	struct fixture *f = start(&roomy);
	SSL *ssl = client(f);
	char buf[16];

	(void)state;
	SSL_write(ssl, "b-half a body", 13);
	back_read(f, buf, 13);
	assert_int_equal(write(f->user->back, "bye", 3), 3);
	close(f->user->back);
	f->user->back = -1;
	for (int i = 0; i < 20; i++)
		turn(f);
	assert_int_equal(SSL_write(ssl, "b-more", 6), 6);
	for (int i = 0; i < 20; i++)
		turn(f);
	assert_int_equal(SSL_write(ssl, "b-more", 6), 6);
	assert_int_equal(client_read(f, ssl, buf, sizeof(buf)), 3);
	assert_int_equal(SSL_get_shutdown(ssl), SSL_RECEIVED_SHUTDOWN);
	client_free(ssl);
	stop(f);
}

struct flood {
	int fd;
	_Atomic bool stop;
};

static void *send_for_ever(void *arg)
{
	static const char waste[256 * 1024];
	struct flood *flood = arg;

	while (!atomic_load(&flood->stop))
		(void)!send(flood->fd, waste, sizeof(waste),
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	return NULL;
}

/* One turn of the loop is bounded, however fast a client sends. */
static void flood_does_not_hold_the_loop(void **state)
{
	struct fixture *f = start(&roomy);
	SSL *ssl = client(f);
	struct flood flood = {.fd = SSL_get_fd(ssl)};
	struct wire *wire = &f->user->conn->wire;
	uint64_t before;
	pthread_t thread;

	(void)state;
	SSL_write(ssl, "!\n", 2);
	for (int i = 0; i < 20; i++)
		turn(f);
	before = wire->received;
	pthread_create(&thread, NULL, send_for_ever, &flood);
	for (int i = 0; i < 200; i++) {
		turn(f);
		/* A turn is one event and one tick. */
		assert_in_range(wire->received - before, 0, 2 * WIRE_TURN_MAX);
		before = wire->received;
	}
	atomic_store(&flood.stop, true);
	pthread_join(thread, NULL);
	client_free(ssl);
	stop(f);
}

/* A deadline counts from the event, not from the wait before it. */
static void long_wait_costs_no_deadline(void **state)
{
	struct front_limits limits = roomy;
	struct epoll_event event;
	struct fixture *f;
	int fd;

	(void)state;
	limits.handshake_ms = 1000;
	f = start(&limits);
	front_tick(f->front, 0);
	usleep(1100 * 1000);
	fd = tcp(f);
	assert_int_equal(epoll_wait(f->epoll_fd, &event, 1, 1000), 1);
	front_event(f->front, event.data.ptr, event.events);
	front_tick(f->front, 0);
	assert_int_equal(front_connections(f->front), 1);
	close(fd);
	stop(f);
}

/* What OpenSSL answers by itself leaves without waiting for more. */
static void renegotiation_is_refused_at_once(void **state)
{
	struct fixture *f = start(&roomy);
	uint64_t before;
	SSL *ssl;

	(void)state;
	SSL_CTX_set_max_proto_version(f->client_ctx, TLS1_2_VERSION);
	ssl = client(f);
	before = f->user->conn->wire.sent;
	assert_int_equal(SSL_renegotiate(ssl), 1);
	assert_int_equal(SSL_do_handshake(ssl), -1);
	for (int turns = 0; f->user->conn->wire.sent == before; turns++) {
		assert_true(turns < 1000);
		turn(f);
	}
	client_free(ssl);
	stop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drained_front_leaves_a_shared_socket_alone),
		cmocka_unit_test(drain_answers_what_has_arrived),
		cmocka_unit_test(refused_sender_can_read_the_reply),
		cmocka_unit_test(early_answer_reaches_a_sender),
		cmocka_unit_test(flood_does_not_hold_the_loop),
		cmocka_unit_test(long_wait_costs_no_deadline),
		cmocka_unit_test(renegotiation_is_refused_at_once),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
