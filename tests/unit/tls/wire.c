#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/wire.h"

struct fixture {
	struct wire_pool pool;
	struct wire wire;
	BIO *bio;
	int peer;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	int pair[2];

	assert_int_equal(
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
	f->pool.size = WIRE_BUFFER_SIZE;
	f->pool.keep = 2;
	f->wire.fd = pair[0];
	f->wire.pool = &f->pool;
	f->wire.writable = true;
	f->peer = pair[1];
	f->bio = wire_bio_new(&f->wire);
	assert_non_null(f->bio);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	BIO_free(f->bio);
	wire_release(&f->wire);
	wire_pool_drop(&f->pool);
	close(f->wire.fd);
	if (f->peer >= 0)
		close(f->peer);
	free(f);
	return 0;
}

static void reads_only_when_readable(void **state)
{
	struct fixture *f = *state;
	char buf[16];

	assert_int_equal(write(f->peer, "abc", 3), 3);
	assert_int_equal(BIO_read(f->bio, buf, sizeof(buf)), -1);
	assert_true(BIO_should_read(f->bio));
	f->wire.readable = true;
	assert_int_equal(BIO_read(f->bio, buf, sizeof(buf)), 3);
	assert_false(f->wire.readable); /* a short read: it is empty */
	assert_int_equal(f->wire.received, 3);
}

static void a_turn_has_an_end(void **state)
{
	struct fixture *f = *state;
	char buf[3];

	assert_int_equal(write(f->peer, "abc", 3), 3);
	f->wire.readable = true;
	f->wire.turn = WIRE_TURN_MAX;
	assert_int_equal(BIO_read(f->bio, buf, 3), -1);
	assert_true(BIO_should_read(f->bio));
	assert_true(f->wire.readable);
	assert_true(wire_discard(&f->wire));
	f->wire.turn = WIRE_TURN_MAX - 1;
	assert_int_equal(BIO_read(f->bio, buf, 3), 3);
}

static void full_read_keeps_readable(void **state)
{
	struct fixture *f = *state;
	char buf[3];

	assert_int_equal(write(f->peer, "abc", 3), 3);
	f->wire.readable = true;
	assert_int_equal(BIO_read(f->bio, buf, 3), 3);
	assert_true(f->wire.readable);
	assert_int_equal(BIO_read(f->bio, buf, 3), -1);
	assert_false(f->wire.readable);
	assert_false(f->wire.ended);
}

static void hung_up_reads_to_the_end(void **state)
{
	struct fixture *f = *state;
	char buf[16];

	assert_int_equal(write(f->peer, "abc", 3), 3);
	close(f->peer);
	f->peer = -1;
	f->wire.readable = true;
	f->wire.hung_up = true;
	assert_int_equal(BIO_read(f->bio, buf, sizeof(buf)), 3);
	assert_int_equal(BIO_read(f->bio, buf, sizeof(buf)), 0);
	assert_true(f->wire.ended);
	assert_false(BIO_should_retry(f->bio));
}

static void gathers_until_flush(void **state)
{
	struct fixture *f = *state;
	char buf[16];

	assert_int_equal(BIO_write(f->bio, "ab", 2), 2);
	assert_int_equal(BIO_write(f->bio, "cd", 2), 2);
	assert_int_equal(read(f->peer, buf, sizeof(buf)), -1);
	assert_true(wire_flush(&f->wire));
	assert_int_equal(read(f->peer, buf, sizeof(buf)), 4);
	assert_memory_equal(buf, "abcd", 4);
	assert_null(f->wire.out);
	assert_int_equal(f->pool.kept, 1);
}

static void waits_when_full(void **state)
{
	struct fixture *f = *state;
	static char data[WIRE_PLAIN_MAX], back[WIRE_PLAIN_MAX];
	size_t written = 0, got = 0;
	ssize_t n;

	do {
		assert_int_equal(BIO_write(f->bio, data, sizeof(data)),
				 sizeof(data));
		written += sizeof(data);
	} while (wire_flush(&f->wire));
	assert_false(f->wire.writable);
	assert_non_null(f->wire.out);
	while (got < written) {
		n = read(f->peer, back, sizeof(back));
		if (n > 0)
			got += (size_t)n;
		f->wire.writable = true;
		wire_flush(&f->wire);
	}
	assert_int_equal(got, written);
	assert_int_equal(f->wire.sent, written);
	assert_null(f->wire.out);
}

static void broken_drops_output(void **state)
{
	struct fixture *f = *state;

	close(f->peer);
	f->peer = -1;
	assert_int_equal(BIO_write(f->bio, "ab", 2), 2);
	assert_true(wire_flush(&f->wire));
	assert_true(f->wire.broken);
	assert_int_equal(f->wire.sent, 0);
	assert_int_equal(BIO_write(f->bio, "ab", 2), 2);
	assert_null(f->wire.out);
}

static void pool_keeps_no_more_than_told(void **state)
{
	struct fixture *f = *state;
	void *buffers[3];

	for (int i = 0; i < 3; i++)
		buffers[i] = wire_pool_get(&f->pool);
	for (int i = 0; i < 3; i++)
		wire_pool_put(&f->pool, buffers[i]);
	assert_int_equal(f->pool.kept, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_only_when_readable, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_turn_has_an_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(full_read_keeps_readable, setup,
						teardown),
		cmocka_unit_test_setup_teardown(hung_up_reads_to_the_end, setup,
						teardown),
		cmocka_unit_test_setup_teardown(gathers_until_flush, setup,
						teardown),
		cmocka_unit_test_setup_teardown(waits_when_full, setup,
						teardown),
		cmocka_unit_test_setup_teardown(broken_drops_output, setup,
						teardown),
		cmocka_unit_test_setup_teardown(pool_keeps_no_more_than_told,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
