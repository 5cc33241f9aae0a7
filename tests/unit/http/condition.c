#include "http/condition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ETAG   "\"abc\""
#define OTHER  "\"abd\""
#define BEFORE "Sat, 21 Nov 2026 03:59:59 GMT"
#define AT     "Sat, 21 Nov 2026 04:00:00 GMT"
#define AFTER  "Sat, 21 Nov 2026 04:00:01 GMT"

enum { MODIFIED = 1795233600 }; /* AT */

static const struct condition_state now = {ETAG, MODIFIED, MODIFIED + 1};

static const struct {
	const char *label;
	struct condition_headers headers;
	enum condition_outcome expected;
} rows[] = {
	{"nothing", {0}, CONDITION_PROCEED},

	{"if-match", {.if_match = ETAG}, CONDITION_PROCEED},
	{"if-match, another", {.if_match = OTHER}, CONDITION_FAILED},
	{"if-match, any", {.if_match = "*"}, CONDITION_PROCEED},
	{"if-match, weak", {.if_match = "W/" ETAG}, CONDITION_FAILED},
	{"if-match, list", {.if_match = OTHER ", " ETAG}, CONDITION_PROCEED},
	{"if-match, list without",
	 {.if_match = OTHER ",\"\""},
	 CONDITION_FAILED},
	{"if-match, unquoted", {.if_match = "abc"}, CONDITION_FAILED},
	{"if-match, open quote", {.if_match = "\"abc"}, CONDITION_FAILED},
	{"if-match, shorter", {.if_match = "\"ab\""}, CONDITION_FAILED},
	{"if-match, longer", {.if_match = "\"abcd\""}, CONDITION_FAILED},
	{"if-match, empty", {.if_match = ""}, CONDITION_FAILED},
	{"if-match, no comma", {.if_match = OTHER " " ETAG}, CONDITION_FAILED},

	{"unmodified, same", {.if_unmodified_since = AT}, CONDITION_PROCEED},
	{"unmodified, later",
	 {.if_unmodified_since = AFTER},
	 CONDITION_PROCEED},
	{"unmodified, earlier",
	 {.if_unmodified_since = BEFORE},
	 CONDITION_FAILED},
	{"unmodified, malformed",
	 {.if_unmodified_since = "yesterday"},
	 CONDITION_PROCEED},
	{"if-match goes first",
	 {.if_match = ETAG, .if_unmodified_since = BEFORE},
	 CONDITION_PROCEED},

	{"if-none-match", {.if_none_match = ETAG}, CONDITION_NOT_MODIFIED},
	{"if-none-match, another", {.if_none_match = OTHER}, CONDITION_PROCEED},
	{"if-none-match, any", {.if_none_match = "*"}, CONDITION_NOT_MODIFIED},
	{"if-none-match, weak",
	 {.if_none_match = "W/" ETAG},
	 CONDITION_NOT_MODIFIED},
	{"if-none-match, lower-case w",
	 {.if_none_match = "w/" ETAG},
	 CONDITION_PROCEED},
	{"if-none-match, list",
	 {.if_none_match = ",W/" OTHER " ,\t" ETAG ",x"},
	 CONDITION_NOT_MODIFIED},
	{"if-none-match, unquoted",
	 {.if_none_match = "abc"},
	 CONDITION_PROCEED},
	{"if-none-match, comma in a tag",
	 {.if_none_match = "\"a,b\"," ETAG},
	 CONDITION_NOT_MODIFIED},
	{"if-none-match, blank in a tag",
	 {.if_none_match = "\"a b\"," ETAG},
	 CONDITION_PROCEED},

	{"modified, same", {.if_modified_since = AT}, CONDITION_NOT_MODIFIED},
	{"modified, later",
	 {.if_modified_since = AFTER},
	 CONDITION_NOT_MODIFIED},
	{"modified, earlier", {.if_modified_since = BEFORE}, CONDITION_PROCEED},
	{"modified, malformed",
	 {.if_modified_since = AT "x"},
	 CONDITION_PROCEED},
	{"modified, RFC 850",
	 {.if_modified_since = "Saturday, 21-Nov-26 04:00:00 GMT"},
	 CONDITION_NOT_MODIFIED},
	{"modified, asctime",
	 {.if_modified_since = "Sat Nov 21 04:00:00 2026"},
	 CONDITION_NOT_MODIFIED},
	{"if-none-match goes first",
	 {.if_none_match = OTHER, .if_modified_since = AT},
	 CONDITION_PROCEED},
	{"if-none-match goes first, matching",
	 {.if_none_match = ETAG, .if_modified_since = BEFORE},
	 CONDITION_NOT_MODIFIED},
	{"both sides hold",
	 {.if_match = ETAG, .if_none_match = ETAG},
	 CONDITION_NOT_MODIFIED},
	{"if-match fails before if-none-match",
	 {.if_match = OTHER, .if_none_match = ETAG},
	 CONDITION_FAILED},
	{"unmodified fails before modified",
	 {.if_unmodified_since = BEFORE, .if_modified_since = AT},
	 CONDITION_FAILED},
};

static void test_check(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		enum condition_outcome got =
			condition_check(&rows[i].headers, &now);

		if (got != rows[i].expected)
			fail_msg("%s: %d, expected %d", rows[i].label, got,
				 rows[i].expected);
	}
}

static const struct {
	const char *label;
	const char *if_range;
	int age; /* seconds since it was modified */
	bool expected;
} ranges[] = {
	{"none", NULL, 1, true},
	{"tag", ETAG, 0, true},
	{"another tag", OTHER, 1, false},
	{"weak tag", "W/" ETAG, 1, false},
	{"list", ETAG "," ETAG, 1, false},
	{"any", "*", 1, false},
	{"unquoted", "abc", 1, false},
	{"empty", "", 1, false},
	{"date", AT, 1, true},
	{"date within the second", AT, 0, false},
	{"later date", AFTER, 9, false},
	{"earlier date", BEFORE, 9, false},
	{"malformed date", "Sat, 21 Nov 2026", 9, false},
};

static void test_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		struct condition_headers headers = {.if_range =
							    ranges[i].if_range};
		struct condition_state s = {ETAG, MODIFIED,
					    MODIFIED + ranges[i].age};

		if (condition_range_allowed(&headers, &s) != ranges[i].expected)
			fail_msg("%s: not %d", ranges[i].label,
				 ranges[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
