#include "config_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define A10	 "aaaaaaaaaa"
#define A50	 A10 A10 A10 A10 A10
#define A63	 A50 A10 "aaa"
#define NAME_253 A63 "." A63 "." A63 "." A50 A10 "a"

struct row {
	const char *text;
	bool good;
};

static void check(const struct row *rows, size_t count,
		  bool (*judge)(const char *))
{
	for (size_t i = 0; i < count; i++) {
		if (judge(rows[i].text) != rows[i].good)
			fail_msg("'%s' %s", rows[i].text,
				 rows[i].good ? "refused" : "accepted");
	}
}

#define CHECK(rows, judge) check(rows, sizeof(rows) / sizeof((rows)[0]), judge)

static void test_listen(void **state)
{
	static const struct {
		const char *text;
		int port; /* -1: refused */
	} rows[] = {
		{"[::]:8443", 8443},
		{"0.0.0.0:443", 443},
		{"192.0.2.1:1", 1},
		{"[2001:db8::1]:65535", 65535},
		{"127.0.0.1:0", 0},
		{"[2001:db8::1]:65536", -1},
		{"192.0.2.1:4294967297", -1},
		{"192.0.2.1", -1},
		{"192.0.2.1:", -1},
		{"192.0.2.1:+1", -1},
		{"192.0.2.1:1 ", -1},
		{"192.0.2.1:https", -1},
		{"192.0.2:1", -1},
		{"192.0.2.256:1", -1},
		{"[192.0.2.1]:1", -1},
		{"2001:db8::1:8443", -1},
		{"[2001:db8::1]", -1},
		{"[2001:db8::1:8443", -1},
		{"[]:8443", -1},
		{"]:8443", -1},
		{"[:8443", -1},
		{":8443", -1},
		{"8443", -1},
		{"*:8443", -1},
		{"localhost:8443", -1},
		{"", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int port = 0;
		bool good = address_is_listen(rows[i].text, &port);

		if (good != (rows[i].port >= 0) ||
		    (good && port != (unsigned int)rows[i].port))
			fail_msg("'%s': %s, port %u", rows[i].text,
				 good ? "accepted" : "refused", port);
	}
}

static void test_url(void **state)
{
	static const struct row rows[] = {
		{"https://ota.example.com", true},
		{"https://ota.example.com:8443", true},
		{"https://OTA.example.com", true},
		{"https://localhost", true},
		{"https://192.0.2.1:8443", true},
		{"https://[2001:db8::1]", true},
		{"https://[2001:db8::1]:8443", true},
		{"https://1.example.com", true},
		{"https://" NAME_253, true},
		{"https://" NAME_253 "a", false},
		{"https://ota.example.com/", false},
		{"https://ota.example.com/ota", false},
		{"https://ota.example.com?", false},
		{"https://ota.example.com#", false},
		{"https://ota.example.com ", false},
		{"https://me@ota.example.com", false},
		{"https://ota.example.com.", false},
		{"https://ota..example.com", false},
		{"https://.example.com", false},
		{"https://ota.example.com:0", false},
		{"https://ota.example.com:65535", true},
		{"https://ota.example.com:65536", false},
		{"https://ota.example.com:", false},
		{"https://ota.example.com:8443:1", false},
		{"https://2001:db8::1", false},
		{"https://192.0.2.256", false},
		{"https://192.0.2", false},
		{"https://\"", false},
		{"https://", false},
		{"http://ota.example.com", false},
		{"HTTPS://ota.example.com", false},
		{"ota.example.com", false},
		{"", false},
	};

	(void)state;
	CHECK(rows, address_is_url);
}

static void test_sni(void **state)
{
	static const struct row rows[] = {
		{"", true},
		{"ota.example.com", true},
		{"OTA_1.example.com", true},
		{"*.example.com", true},
		{A63 ".com", true},
		{A63 "a.com", false},
		{NAME_253, true},
		{NAME_253 "a", false},
		{"*", false},
		{"*.", false},
		{"*example.com", false},
		{"ota.*.com", false},
		{"*.*.com", false},
		{"ota.example.com.", false},
		{".", false},
		{"192.0.2.1", true},
		{"192.0.2.256", false},
		{"*.192.0.2.1", false},
		{"2001:db8::1", true},
		{"[2001:db8::1]", false},
		{"ota.example.com:443", false},
		{"ota example", false},
		{"\xc3\xb6.example.com", false},
	};

	(void)state;
	CHECK(rows, address_is_sni);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listen),
		cmocka_unit_test(test_url),
		cmocka_unit_test(test_sni),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
