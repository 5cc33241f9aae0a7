#include "http/multipart.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/strbuf.h"

enum { SIZE = 1000 };

static const struct byte_range some[] = {{0, 1}, {990, 10}, {5, 200}};

/* An open file whose byte n is n % 251. */
static int open_file(size_t size)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)(i % 251);

		assert_int_equal(write(fd, &byte, 1), 1);
	}
	return fd;
}

static struct multipart *make(const struct byte_range *ranges, size_t count)
{
	struct multipart *m;
	struct err err;

	assert_true(multipart_new(&m, open_file(SIZE), SIZE, ranges, count,
				  "a/b", &err));
	return m;
}

/* Written down as RFC 9110 section 14.6 shows it. */
static void expect_body(const struct multipart *m,
			const struct byte_range *ranges, size_t count,
			struct strbuf *out)
{
	const char *boundary = strstr(multipart_type(m), "boundary=") + 9;

	for (size_t i = 0; i < count; i++) {
		strbuf_printf(out,
			      "%s--%s\r\nContent-Type: a/b\r\n"
			      "Content-Range: bytes %d-%d/1000\r\n\r\n",
			      i ? "\r\n" : "", boundary, (int)ranges[i].first,
			      (int)(ranges[i].first + ranges[i].length - 1));
		for (size_t k = 0; k < ranges[i].length; k++) {
			unsigned char byte =
				(unsigned char)((ranges[i].first + k) % 251);

			strbuf_add(out, &byte, 1);
		}
	}
	strbuf_printf(out, "\r\n--%s--\r\n", boundary);
}

static void check_blocks(const struct multipart *m, const struct strbuf *whole,
			 size_t block)
{
	char *buf = malloc(block);
	size_t pos = 0;
	int64_t n;

	assert_non_null(buf);
	while ((n = multipart_read(m, pos, buf, block)) > 0) {
		size_t left = whole->len - pos;

		assert_int_equal(n, left < block ? left : block);
		assert_memory_equal(buf, whole->data + pos, (size_t)n);
		pos += (size_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(pos, whole->len);
	free(buf);
}

static void test_body(void **state)
{
	static const size_t blocks[] = {1, 2, 7, 64, 333, 32768};
	struct multipart *m = make(some, 3);
	struct strbuf whole = {0};

	(void)state;
	expect_body(m, some, 3, &whole);
	assert_int_equal(multipart_length(m), whole.len);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
		check_blocks(m, &whole, blocks[i]);
	strbuf_free(&whole);
	multipart_free(m);
}

static void test_many(void **state)
{
	struct byte_range ranges[RANGE_MAX];
	struct strbuf whole = {0};
	struct multipart *m;

	(void)state;
	for (size_t i = 0; i < RANGE_MAX; i++)
		ranges[i] = (struct byte_range){10 * i, 1 + i % 9};
	m = make(ranges, RANGE_MAX);
	expect_body(m, ranges, RANGE_MAX, &whole);
	assert_int_equal(multipart_length(m), whole.len);
	check_blocks(m, &whole, 100);
	strbuf_free(&whole);
	multipart_free(m);
}

static void test_boundary(void **state)
{
	static const char prefix[] = "multipart/byteranges; boundary=";
	struct multipart *a = make(some, 2);
	struct multipart *b = make(some, 2);
	const char *boundary = multipart_type(a) + strlen(prefix);

	(void)state;
	assert_memory_equal(multipart_type(a), prefix, strlen(prefix));
	assert_int_equal(strlen(boundary), 32);
	assert_int_equal(strspn(boundary, "0123456789abcdef"), 32);
	assert_string_not_equal(multipart_type(a), multipart_type(b));
	multipart_free(a);
	multipart_free(b);
	multipart_free(NULL);
}

static void test_faults(void **state)
{
	static const struct byte_range end[] = {{0, 1}, {SIZE - 1, 1}};
	char type[300], buf[SIZE];
	int fd = open_file(SIZE - 1);
	struct multipart *m;
	struct err err;

	(void)state;
	assert_true(multipart_new(&m, fd, SIZE, end, 2, "a/b", &err));
	assert_int_equal(multipart_read(m, 0, buf, sizeof(buf)), -1);
	assert_int_equal(ftruncate(fd, SIZE), 0);
	assert_int_equal(multipart_read(m, 0, buf, sizeof(buf)),
			 multipart_length(m));
	multipart_free(m);
	assert_int_equal(fcntl(fd, F_GETFD), -1);

	memset(type, 'a', sizeof(type));
	type[sizeof(type) - 1] = '\0';
	fd = open_file(SIZE);
	assert_false(multipart_new(&m, fd, SIZE, end, 2, type, &err));
	assert_null(m);
	assert_int_equal(err.code, ERR_TOO_LARGE);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_boundary),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
