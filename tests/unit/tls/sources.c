#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls/sources.h"

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage s = {0};
	struct sockaddr_in *in = (void *)&s;
	struct sockaddr_in6 *in6 = (void *)&s;

	if (strchr(text, ':')) {
		s.ss_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
	} else {
		s.ss_family = AF_INET;
		assert_int_equal(inet_pton(AF_INET, text, &in->sin_addr), 1);
	}
	return s;
}

static struct tls_sources *make(unsigned int per_source, unsigned int total)
{
	struct tls_sources *s;
	struct err err;

	assert_true(tls_sources_new(&s, &err));
	tls_sources_limit(s, per_source, total);
	return s;
}

static void limits_one_source(void **state)
{
	struct tls_sources *s = make(2, 100);
	struct sockaddr_storage a = address("192.0.2.1");
	struct sockaddr_storage b = address("192.0.2.2");

	(void)state;
	assert_true(tls_sources_enter(s, &a));
	assert_true(tls_sources_enter(s, &a));
	assert_false(tls_sources_enter(s, &a));
	assert_true(tls_sources_enter(s, &b));
	tls_sources_leave(s, &a);
	assert_true(tls_sources_enter(s, &a));
	assert_false(tls_sources_enter(s, &a));
	tls_sources_free(s);
}

static void limits_all(void **state)
{
	struct tls_sources *s = make(10, 2);
	struct sockaddr_storage a = address("192.0.2.1");
	struct sockaddr_storage b = address("192.0.2.2");
	struct sockaddr_storage c = address("192.0.2.3");

	(void)state;
	assert_true(tls_sources_enter(s, &a));
	assert_true(tls_sources_enter(s, &b));
	assert_false(tls_sources_enter(s, &c));
	tls_sources_leave(s, &a);
	assert_true(tls_sources_enter(s, &c));
	tls_sources_free(s);
}

static void same_source(void **state)
{
	static const struct {
		const char *label, *a, *b;
		bool same;
	} rows[] = {
		{"IPv4, one bit apart", "192.0.2.0", "192.0.2.1", false},
		{"mapped IPv4 is IPv4", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"IPv6, one /64", "2001:db8:0:1::1", "2001:db8:0:1:f::2", true},
		{"IPv6, next /64", "2001:db8:0:1::1", "2001:db8:0:2::1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls_sources *s = make(1, 100);
		struct sockaddr_storage a = address(rows[i].a);
		struct sockaddr_storage b = address(rows[i].b);

		assert_true(tls_sources_enter(s, &a));
		if (tls_sources_enter(s, &b) == rows[i].same)
			fail_msg("%s", rows[i].label);
		tls_sources_free(s);
	}
}

/* Random coming and going beside a plain array that cannot be wrong. */
static void many_sources(void **state)
{
	enum { SOURCES = 3000, STEPS = 200000, LIMIT = 3 };
	unsigned int *counts = calloc(SOURCES, sizeof(*counts));
	struct tls_sources *s = make(LIMIT, 1000000);
	unsigned int seed = (unsigned int)arc4random();

	(void)state;
	print_message("seed %u\n", seed);
	for (int i = 0; i < STEPS; i++) {
		unsigned int n = (unsigned int)rand_r(&seed) % SOURCES;
		struct sockaddr_storage a = {.ss_family = AF_INET};

		((struct sockaddr_in *)&a)->sin_addr.s_addr = htonl(n);
		if (rand_r(&seed) % 2) {
			assert_int_equal(tls_sources_enter(s, &a),
					 counts[n] < LIMIT);
			counts[n] += counts[n] < LIMIT;
		} else if (counts[n]) {
			tls_sources_leave(s, &a);
			counts[n]--;
		}
	}
	free(counts);
	tls_sources_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_one_source),
		cmocka_unit_test(limits_all),
		cmocka_unit_test(same_source),
		cmocka_unit_test(many_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
