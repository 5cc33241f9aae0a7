#include "base/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct sockaddr_storage address(const char *text)
{
	struct sockaddr_storage a = {0};
	struct sockaddr_in6 *in6 = (void *)&a;
	struct sockaddr_in *in = (void *)&a;

	if (strchr(text, ':')) {
		a.ss_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, text, &in6->sin6_addr), 1);
	} else {
		a.ss_family = AF_INET;
		assert_int_equal(inet_pton(AF_INET, text, &in->sin_addr), 1);
	}
	return a;
}

static void test_parse(void **state)
{
	static const struct {
		const char *text, *shown; /* NULL: refused */
	} rows[] = {
		{"192.0.2.0/24", "192.0.2.0/24"},
		{"192.0.2.7", "192.0.2.7/32"},
		{"192.0.2.7/32", "192.0.2.7/32"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"2001:db8::/32", "2001:db8::/32"},
		{"2001:db8::1", "2001:db8::1/128"},
		{"::/0", "::/0"},
		{"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128",
		 "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/128"},
		{"192.0.2.1/24", NULL},
		{"192.0.2.0/33", NULL},
		{"2001:db8::/129", NULL},
		{"2001:db8::1/32", NULL},
		{"192.0.2.0/", NULL},
		{"192.0.2.0/+8", NULL},
		{"192.0.2.0/0024", NULL},
		{"192.0.2.0/24 ", NULL},
		{"192.0.2", NULL},
		{"", NULL},
		{"/24", NULL},
		{"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		 NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[NETWORK_TEXT_SIZE];
		struct network n;
		bool ok = network_parse(&n, rows[i].text);

		if (ok != (rows[i].shown != NULL))
			fail_msg("%s: %d", rows[i].text, ok);
		if (!ok)
			continue;
		network_text(&n, text);
		assert_string_equal(text, rows[i].shown);
	}
}

static void test_contains(void **state)
{
	static const struct {
		const char *network, *address;
		bool inside;
	} rows[] = {
		{"192.0.2.0/24", "192.0.2.0", true},
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.0/24", "::ffff:192.0.2.9", true},
		{"192.0.2.0/24", "2001:db8::1", false},
		{"0.0.0.0/0", "203.0.113.9", true},
		{"0.0.0.0/0", "2001:db8::1", false},
		{"::/0", "203.0.113.9", true},
		{"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sockaddr_storage a = address(rows[i].address);
		struct network n;

		assert_true(network_parse(&n, rows[i].network));
		if (network_contains(&n, &a) != rows[i].inside)
			fail_msg("%s in %s", rows[i].address, rows[i].network);
	}
}

static void test_around(void **state)
{
	static const struct {
		const char *address, *network, *plain;
	} rows[] = {
		{"192.0.2.77", "192.0.2.0/24", "192.0.2.77"},
		{"::ffff:192.0.2.77", "192.0.2.0/24", "192.0.2.77"},
		{"2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1:2:3::4"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sockaddr_storage a = address(rows[i].address);
		char text[NETWORK_TEXT_SIZE];
		struct network n;

		network_around(&n, &a, 24, 64);
		network_text(&n, text);
		assert_string_equal(text, rows[i].network);
		network_address(&a, text);
		assert_string_equal(text, rows[i].plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_around),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
