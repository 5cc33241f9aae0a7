#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tls/select.h"

enum { OTHERWISE = 99, MATCHED = 7 };

static struct network network(const char *text)
{
	struct network n;

	assert_true(network_parse(&n, text));
	return n;
}

/* One client, and rules that differ from one that matches it in one thing. */
static void matches_all_keys(void **state)
{
	struct network near = network("192.0.2.0/24");
	struct network far = network("198.51.100.0/24");
	const struct {
		const char *label;
		struct tls_rule rule;
		bool matches;
	} rows[] = {
		{"all keys",
		 {"a.example", 443, &near, 0x0303, "t12d*", MATCHED},
		 true},
		{"another name",
		 {"b.example", 443, &near, 0x0303, "t12d*", MATCHED},
		 false},
		{"another port",
		 {"a.example", 444, &near, 0x0303, "t12d*", MATCHED},
		 false},
		{"another source",
		 {"a.example", 443, &far, 0x0303, "t12d*", MATCHED},
		 false},
		{"a client that can do more",
		 {"a.example", 443, &near, 0x0302, "t12d*", MATCHED},
		 false},
		{"a client that can do less",
		 {"a.example", 443, &near, 0x0304, "t12d*", MATCHED},
		 true},
		{"another fingerprint",
		 {"a.example", 443, &near, 0x0303, "t13d*", MATCHED},
		 false},
		{"any fingerprint",
		 {"a.example", 443, &near, 0x0303, NULL, MATCHED},
		 true},
		{"any version",
		 {"a.example", 443, &near, 0, NULL, MATCHED},
		 true},
		{"any source",
		 {"a.example", 443, NULL, 0, NULL, MATCHED},
		 true},
		{"any port", {"a.example", 0, NULL, 0, NULL, MATCHED}, true},
		{"anything", {NULL, 0, NULL, 0, NULL, MATCHED}, true},
		{"only those without a name",
		 {"", 0, NULL, 0, NULL, MATCHED},
		 false},
	};
	struct sockaddr_storage address = {.ss_family = AF_INET};
	struct tls_client client = {.max_version = 0x0303};
	struct sockaddr_in *in = (void *)&address;

	(void)state;
	inet_pton(AF_INET, "192.0.2.9", &in->sin_addr);
	text_copy(client.sni, sizeof(client.sni), "a.example");
	text_copy(client.ja4, sizeof(client.ja4),
		  "t12d490700_4b815dab2718_7b0ba9b4cf08");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls_rules *rules = tls_rules_new(&rows[i].rule, 1);
		size_t got;

		assert_non_null(rules);
		got = tls_rules_choose(rules, &client, &address, 443,
				       OTHERWISE);
		if (got != (rows[i].matches ? MATCHED : OTHERWISE))
			fail_msg("%s: got %zu", rows[i].label, got);
		tls_rules_free(rules);
	}
}

/* The rules are copies, and the first that matches wins. */
static void first_match_wins(void **state)
{
	struct sockaddr_storage address = {.ss_family = AF_INET};
	struct network everywhere = network("0.0.0.0/0");
	struct tls_client client = {0};
	char sni[] = "a.example", ja4[] = "t1*";
	struct tls_rule rule[] = {
		{.sni = sni, .profile = 1},
		{.ja4 = ja4, .source = &everywhere, .profile = 2},
		{.sni = "", .profile = 3},
	};
	struct tls_rules *rules = tls_rules_new(rule, 3);

	(void)state;
	memset(sni, 'x', strlen(sni));
	memset(ja4, 'x', strlen(ja4));
	memset(&everywhere, 0xff, sizeof(everywhere));
	text_copy(client.ja4, sizeof(client.ja4), "t12d");
	text_copy(client.sni, sizeof(client.sni), "a.example");
	assert_int_equal(tls_rules_choose(rules, &client, &address, 1, 0), 1);
	client.sni[0] = '\0';
	assert_int_equal(tls_rules_choose(rules, &client, &address, 1, 0), 2);
	client.ja4[0] = '\0';
	assert_int_equal(tls_rules_choose(rules, &client, &address, 1, 0), 3);
	client.sni[0] = 'b';
	assert_int_equal(tls_rules_choose(rules, &client, &address, 1, 0), 0);
	tls_rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_all_keys),
		cmocka_unit_test(first_match_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
