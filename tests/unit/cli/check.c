#include <cli/check.c> /* the one in server/, not this one */

#include "capture.h"

enum { TEXT_SIZE = 1024 };

#define TEXT(literal) ((char[]){literal}) /* that is not constant */

static void test_rules(void **state)
{
	const struct {
		const char *label;
		struct config_rule rule;
		const char *text;
	} rows[] = {
		{"a name",
		 {.sni = TEXT("a.example"), .profile = TEXT("p")},
		 "select sni a.example: profile p\n"},
		{"no name",
		 {.sni = TEXT(""), .profile = TEXT("p")},
		 "select sni (none): profile p\n"},
		{"a port",
		 {.port = 8443, .profile = TEXT("p")},
		 "select port 8443: profile p\n"},
		{"a source",
		 {.source = TEXT("192.0.2.0/24"), .profile = TEXT("p")},
		 "select source 192.0.2.0/24: profile p\n"},
		{"1.0",
		 {.max_version = TLS1_VERSION, .profile = TEXT("p")},
		 "select max_version 1.0: profile p\n"},
		{"1.1",
		 {.max_version = TLS1_1_VERSION, .profile = TEXT("p")},
		 "select max_version 1.1: profile p\n"},
		{"1.2",
		 {.max_version = TLS1_2_VERSION, .profile = TEXT("p")},
		 "select max_version 1.2: profile p\n"},
		{"1.3",
		 {.max_version = TLS1_3_VERSION, .profile = TEXT("p")},
		 "select max_version 1.3: profile p\n"},
		{"a fingerprint",
		 {.ja4 = TEXT("t12?49*"), .profile = TEXT("p")},
		 "select ja4 t12?49*: profile p\n"},
		{"all",
		 {.sni = TEXT("*.a"),
		  .port = 1,
		  .source = TEXT("::/0"),
		  .max_version = TLS1_2_VERSION,
		  .ja4 = TEXT("t*"),
		  .profile = TEXT("old")},
		 "select sni *.a port 1 source ::/0 max_version 1.2 ja4 t*: "
		 "profile old\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[TEXT_SIZE];

		capture(stdout, text, sizeof(text), print_rule(&rows[i].rule));
		print_message("case: %s\n", rows[i].label);
		assert_string_equal(text, rows[i].text);
	}
}

static void test_ladder(void **state)
{
	static char one[] = "modern", other[] = "dst-x3";
	static char *rungs[] = {one, other};
	static const struct {
		size_t count;
		const char *text;
	} rows[] = {{0, "ladder: off\n"},
		    {1, "ladder: modern\n"},
		    {2, "ladder: modern, dst-x3\n"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct config config = {.ladder = rungs,
					      .ladder_count = rows[i].count};
		char text[TEXT_SIZE];

		capture(stdout, text, sizeof(text), print_ladder(&config));
		assert_string_equal(text, rows[i].text);
	}
}

static void test_ranges(void **state)
{
	static const struct {
		int version;
		const char *range;
	} rows[] = {{TLS1_VERSION, "TLS 1.0 to 1.3"},
		    {TLS1_1_VERSION, "TLS 1.1 to 1.3"},
		    {TLS1_2_VERSION, "TLS 1.2 and 1.3"},
		    {TLS1_3_VERSION, "TLS 1.3"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(
			versions[version_row(rows[i].version)].range,
			rows[i].range);
}

/* What is said, where, and whether the exit status is 1 for it. */
static void test_levels(void **state)
{
	static const struct {
		enum finding_level level;
		const char *out, *err;
		bool error;
	} rows[] = {
		{FINDING_NOTE, "  note:           it is so\n", "", false},
		{FINDING_WARNING, "", "warning: profile p: it is so\n", false},
		{FINDING_ERROR, "", "error: profile p: it is so\n", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct finding finding = {.level = rows[i].level,
						.text = "it is so"};
		struct complaint complaint = {.profile = "p"};
		char out[TEXT_SIZE], text[TEXT_SIZE];

		capture(stdout, out, sizeof(out), print_note(NULL, &finding));
		capture(stderr, text, sizeof(text),
			complain(&complaint, &finding));
		assert_string_equal(out, rows[i].out);
		assert_string_equal(text, rows[i].err);
		assert_int_equal(complaint.error, rows[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_ladder),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
