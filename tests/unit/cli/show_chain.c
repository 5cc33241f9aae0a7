#include "cli/show_chain.h"

#include "../pki/mint.h"
#include "base/strbuf.h"
#include "capture.h"

enum { TEXT_SIZE = 4096 };

#define DAYS(n) (MINT_NOW + (int64_t)(n)*MINT_DAY)

/* A root, an intermediate and a leaf. */
struct made {
	EVP_PKEY *keys[3];
	X509 *root, *middle, *leaf;
	STACK_OF(X509) * chain; /* leaf and intermediate */
};

static int make(void **state)
{
	static struct made m;
	struct mint mint_root = {.subject = "CN=Root,O=Shadow", .ca = true};
	struct mint mint_middle = {.subject = "CN=Middle",
				   .ca = true,
				   .not_before = DAYS(-10),
				   .not_after = DAYS(10)};
	struct mint mint_leaf = {.subject = "CN=a\nb"};

	for (int i = 0; i < 3; i++)
		m.keys[i] = mint_key(i ? "ecdsa-p256" : "rsa-2048");
	mint_root.key = m.keys[2];
	m.root = mint(&mint_root);
	mint_middle.key = m.keys[1];
	mint_middle.issuer = m.root;
	mint_middle.issuer_key = m.keys[2];
	m.middle = mint(&mint_middle);
	mint_leaf.key = m.keys[0];
	mint_leaf.issuer = m.middle;
	mint_leaf.issuer_key = m.keys[1];
	m.leaf = mint(&mint_leaf);
	m.chain = sk_X509_new_null();
	sk_X509_push(m.chain, m.leaf);
	sk_X509_push(m.chain, m.middle);
	*state = &m;
	return 0;
}

static int drop(void **state)
{
	struct made *m = *state;

	sk_X509_free(m->chain);
	X509_free(m->root);
	X509_free(m->middle);
	X509_free(m->leaf);
	for (int i = 0; i < 3; i++)
		EVP_PKEY_free(m->keys[i]);
	return 0;
}

static void shown(char text[static TEXT_SIZE], const STACK_OF(X509) * chain,
		  const struct anchor *anchor, int64_t now)
{
	capture(stdout, text, TEXT_SIZE,
		show_chain("main", chain, anchor, now));
}

static void check_holds(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static void test_chain(void **state)
{
	const struct made *m = *state;
	const struct anchor anchor = {.name = "root", .certificate = m->root};
	char text[TEXT_SIZE], want[TEXT_SIZE];
	int leaf = i2d_X509(m->leaf, NULL), middle = i2d_X509(m->middle, NULL);

	snprintf(want, sizeof(want),
		 "  certificate:    main (rsa-2048)\n"
		 "  message:        %d bytes, 2 certificates\n"
		 "     1  %5d bytes  until 2027-11-21T04:00:00Z  CN=a\\0Ab\n"
		 "     2  %5d bytes  until 2026-12-01T04:00:00Z  CN=Middle\n"
		 "     -     not sent  until 2027-11-21T04:00:00Z  "
		 "CN=Root,O=Shadow\n",
		 4 + 3 + 3 + leaf + 3 + middle, leaf, middle);
	shown(text, m->chain, &anchor, MINT_NOW);
	assert_string_equal(text, want);
}

/* Both sides of both ends of the intermediate's time. */
static void test_dates(void **state)
{
	const struct made *m = *state;
	static const struct {
		const char *label;
		int64_t now;
		const char *line;
	} rows[] = {
		{"before", DAYS(-10) - 1, "from  2026-11-11T04:00:00Z"},
		{"first second", DAYS(-10), "until 2026-12-01T04:00:00Z"},
		{"last second", DAYS(10), "until 2026-12-01T04:00:00Z"},
		{"after", DAYS(10) + 1, "ended 2026-12-01T04:00:00Z"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[TEXT_SIZE], want[TEXT_SIZE];

		print_message("case: %s\n", rows[i].label);
		shown(text, m->chain, NULL, rows[i].now);
		snprintf(want, sizeof(want), "%s  CN=Middle\n", rows[i].line);
		check_holds(text, want);
	}
}

/* What is told of the place above the last link. */
static void test_top(void **state)
{
	const struct made *m = *state;
	STACK_OF(X509) *alone = sk_X509_new_null();
	const struct anchor itself = {.name = "root", .certificate = m->root};
	char text[TEXT_SIZE];

	shown(text, m->chain, NULL, MINT_NOW);
	check_holds(text, "     -     not sent                              "
			  "CN=Root,O=Shadow\n");
	sk_X509_push(alone, m->root);
	shown(text, alone, NULL, MINT_NOW);
	assert_null(strstr(text, "not sent"));
	check_holds(text, " 1 certificate\n");
	shown(text, alone, &itself, MINT_NOW);
	assert_null(strstr(text, "not sent"));
	sk_X509_free(alone);
}

static void test_chain_of(void **state)
{
	const struct made *m = *state;
	const STACK_OF(X509) *const chains[] = {m->chain};
	const struct presentation sent = {.chains = chains, .chain_count = 1};

	assert_ptr_equal(show_chain_of(&sent, m->leaf), m->chain);
	assert_null(show_chain_of(&sent, m->middle));
}

static void test_json(void **state)
{
	const struct made *m = *state;
	const struct finding finding = {.level = FINDING_WARNING,
					.text = "it is so"};
	json_t *links = show_links_json(m->chain), *findings = json_array();
	const json_t *middle = json_array_get(links, 1);

	assert_int_equal(json_array_size(links), 2);
	assert_string_equal(
		json_string_value(json_object_get(middle, "subject")),
		"CN=Middle");
	assert_string_equal(
		json_string_value(json_object_get(middle, "issuer")),
		"CN=Root,O=Shadow");
	assert_string_equal(
		json_string_value(json_object_get(middle, "not_after")),
		"2026-12-01T04:00:00Z");
	assert_int_equal(json_integer_value(json_object_get(middle, "bytes")),
			 i2d_X509(m->middle, NULL));
	assert_int_equal(json_string_length(json_object_get(middle, "sha256")),
			 64);
	json_decref(links);
	show_finding_json(&findings, &finding);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(findings, 0), "level")),
			    "warning");
	json_decref(findings);
}

static void test_print_json(void **state)
{
	struct err err;
	char text[TEXT_SIZE];

	(void)state;
	capture(stdout, text, sizeof(text),
		assert_true(show_json(json_pack("{s:i}", "a", 1), &err)));
	assert_string_equal(text, "{\"a\":1}\n");
	assert_false(show_json(NULL, &err));
	assert_int_equal(err.code, ERR_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain), cmocka_unit_test(test_dates),
		cmocka_unit_test(test_top),   cmocka_unit_test(test_chain_of),
		cmocka_unit_test(test_json),  cmocka_unit_test(test_print_json),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
