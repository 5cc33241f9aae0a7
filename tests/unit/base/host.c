#include "fixture.h"

#include "base/host.h"

#define A63  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define D63  A63 "." A63 "." A63 "."
#define D253 D63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* What is right in both ways of asking, or only where patterns are. */
enum want { NEVER, PATTERN, ALWAYS };

static const struct {
	const char *text;
	enum want want;
	const char *wanted_text;
	size_t address_len;
} rows[] = {
	{"ota.example.com", ALWAYS, "ota.example.com", 0},
	{"OTA.Example.COM", ALWAYS, "ota.example.com", 0},
	{"localhost", ALWAYS, "localhost", 0},
	{"a_b-c.example", ALWAYS, "a_b-c.example", 0},
	{"4u.example", ALWAYS, "4u.example", 0},
	{"xn--bcher-kva.example", ALWAYS, "xn--bcher-kva.example", 0},
	{A63 ".com", ALWAYS, A63 ".com", 0},
	{A63 "a.com", NEVER, NULL, 0},
	{D253, ALWAYS, D253, 0},
	{D253 "a", NEVER, NULL, 0},
	{"*.example.com", PATTERN, "*.example.com", 0},
	{"*.com", NEVER, NULL, 0},
	{"*", NEVER, NULL, 0},
	{"*.*.com", NEVER, NULL, 0},
	{"a*.example.com", NEVER, NULL, 0},
	{"a.*.example.com", NEVER, NULL, 0},
	{"*.192.0.2.1", NEVER, NULL, 0},
	{"", NEVER, NULL, 0},
	{".", NEVER, NULL, 0},
	{"ota.example.com.", NEVER, NULL, 0},
	{".example.com", NEVER, NULL, 0},
	{"a..b", NEVER, NULL, 0},
	{"-a.example", NEVER, NULL, 0},
	{"a-.example", NEVER, NULL, 0},
	{"ota example", NEVER, NULL, 0},
	{"b\xc3\xbc"
	 "cher.example",
	 NEVER, NULL, 0},
	{"ota.example.com:443", NEVER, NULL, 0},
	{"https://ota.example.com", NEVER, NULL, 0},
	{"192.0.2.1", ALWAYS, "192.0.2.1", 4},
	{"255.255.255.255", ALWAYS, "255.255.255.255", 4},
	{"192.0.2.256", NEVER, NULL, 0},
	{"192.0.2", NEVER, NULL, 0},
	{"192.0.2.01", NEVER, NULL, 0},
	{"192.0.2.1/24", NEVER, NULL, 0},
	{"::1", ALWAYS, "::1", 16},
	{"2001:DB8:0::1", ALWAYS, "2001:db8::1", 16},
	{"[::1]", NEVER, NULL, 0},
	{"fe80::1%eth0", NEVER, NULL, 0},
	{"2001:db8::g", NEVER, NULL, 0},
};

static void parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(*rows); i++) {
		bool patterns = i % 2;
		bool good = rows[i / 2].want + patterns > 1;
		const char *text = rows[i / 2].text;
		struct host host;

		print_message("case: '%s'%s\n", text,
			      patterns ? ", patterns" : "");
		if (!good) {
			must_fail(text,
				  host_parse(&host, text, patterns, &failure),
				  ERR_INVALID, "is no host: wanted");
			assert_string_equal(host.text, "");
			continue;
		}
		must(host_parse(&host, text, patterns, &failure));
		assert_string_equal(host.text, rows[i / 2].wanted_text);
		assert_int_equal(host.address_len, rows[i / 2].address_len);
		assert_int_equal(host.wildcard, rows[i / 2].want == PATTERN);
	}
}

static void compares(void **state)
{
	struct host a, b, c;

	(void)state;
	must(host_parse(&a, "2001:db8::0:1", false, &failure));
	must(host_parse(&b, "2001:db8::1", false, &failure));
	must(host_parse(&c, "2001:db8::2", false, &failure));
	assert_true(host_equal(&a, &b));
	assert_false(host_equal(&a, &c));
	assert_memory_equal(a.address, b.address, 16);
}

static void takes_bytes(void **state)
{
	static const uint8_t bytes[16] = {192, 0, 2, 1, [15] = 9};
	static const struct {
		size_t len;
		const char *text; /* or NULL */
	} lengths[] = {{0, NULL}, {3, NULL},  {4, "192.0.2.1"},
		       {5, NULL}, {15, NULL}, {16, "c000:201::9"},
		       {17, NULL}};
	struct host host;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const char *text = lengths[i].text;

		print_message("case: %zu bytes\n", lengths[i].len);
		assert_int_equal(
			host_from_address(&host, bytes, lengths[i].len),
			text != NULL);
		assert_string_equal(host.text, text ? text : "");
		assert_int_equal(host.address_len, text ? lengths[i].len : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(compares),
		cmocka_unit_test(takes_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
