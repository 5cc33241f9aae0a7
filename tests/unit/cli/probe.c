#include <cli/probe.c> /* the one in server/, not this one */

#include "../base/fixture.h"

static const struct {
	const char *url, *host;
	unsigned int port;
	const char *authority, *path; /* NULL: refused */
} urls[] = {
	{"https://ota.example.com", "ota.example.com", 443, "ota.example.com",
	 "/healthz"},
	{"https://ota.example.com/", "ota.example.com", 443, "ota.example.com",
	 "/healthz"},
	{"https://ota.example.com:443", "ota.example.com", 443,
	 "ota.example.com", "/healthz"},
	{"https://ota.example.com:8443/a?b=c", "ota.example.com", 8443,
	 "ota.example.com:8443", "/a?b=c"},
	{"https://[::1]:8443", "::1", 8443, "[::1]:8443", "/healthz"},
	{"https://192.0.2.1", "192.0.2.1", 443, "192.0.2.1", "/healthz"},
	{"http://ota.example.com", NULL, 0, NULL, NULL},
	{"ota.example.com", NULL, 0, NULL, NULL},
	{"https://", NULL, 0, NULL, NULL},
	{"https:///a", NULL, 0, NULL, NULL},
	{"https://a/b c", NULL, 0, NULL, NULL},
	{"https://a/b\r\nX: y", NULL, 0, NULL, NULL},
	{"https://a/#b", NULL, 0, NULL, NULL},
	{"https://a/\x7f", NULL, 0, NULL, NULL},
	{"https://a/\xc3\xb6", NULL, 0, NULL, NULL},
	{"https://u@a", NULL, 0, NULL, NULL},
	{"https://a?b", NULL, 0, NULL, NULL},
};

static void reads_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		struct probe probe = {0};
		bool ok = read_url(&probe, urls[i].url, &failure);

		print_message("case: %s\n", urls[i].url);
		assert_int_equal(ok, urls[i].path != NULL);
		if (!ok)
			continue;
		assert_string_equal(probe.url.host.text, urls[i].host);
		assert_int_equal(probe.url.port, urls[i].port);
		assert_string_equal(probe.authority, urls[i].authority);
		assert_string_equal(probe.path, urls[i].path);
	}
}

static void reads_fragments(void **state)
{
	static const struct {
		const char *text;
		unsigned int bytes; /* 0: refused */
	} rows[] = {{"512", 512},   {"1024", 1024}, {"2048", 2048},
		    {"4096", 4096}, {"256", 0},	    {"511", 0},
		    {"513", 0},	    {"8192", 0},    {"0", 0},
		    {"-512", 0},    {"512 ", 0},    {"", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned int bytes = 0;

		print_message("case: '%s'\n", rows[i].text);
		assert_int_equal(read_fragment(&bytes, rows[i].text, &failure),
				 rows[i].bytes != 0);
		assert_int_equal(bytes, rows[i].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_urls),
		cmocka_unit_test(reads_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
