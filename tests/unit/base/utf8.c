#include "base/utf8.h"

#include "fixture.h"

static const struct {
	const char *label;
	const char *text;
	size_t len;
} rows[] = {
	{"end", "", 0},
	{"unit separator", "\x1f", 0},
	{"blank", " ", 1},
	{"tilde", "~", 1},
	{"delete", "\x7f", 0},
	{"lone trailing byte", "\x80", 0},
	{"overlong slash", "\xc0\xaf", 0},
	{"overlong, last lead", "\xc1\xbf", 0},
	{"last of C1", "\xc2\x9f", 0},
	{"first after C1", "\xc2\xa0", 2},
	{"U+07FF", "\xdf\xbf", 2},
	{"two, cut", "\xdf", 0},
	{"two, broken", "\xdf ", 0},
	{"three, overlong", "\xe0\x9f\xbf", 0},
	{"U+0800", "\xe0\xa0\x80", 3},
	{"three, cut", "\xe0\xa0", 0},
	{"U+D7FF", "\xed\x9f\xbf", 3},
	{"surrogate", "\xed\xa0\x80", 0},
	{"U+E000", "\xee\x80\x80", 3},
	{"U+FFFF", "\xef\xbf\xbf", 3},
	{"four, overlong", "\xf0\x8f\xbf\xbf", 0},
	{"U+10000", "\xf0\x90\x80\x80", 4},
	{"four, cut", "\xf0\x90\x80", 0},
	{"four, broken", "\xf0\x90\x80 ", 0},
	{"U+10FFFF", "\xf4\x8f\xbf\xbf", 4},
	{"U+110000", "\xf4\x90\x80\x80", 0},
	{"no lead byte", "\xf5\x80\x80\x80", 0},
	{"0xff", "\xff", 0},
};

static void test_printable(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = utf8_printable(rows[i].text);

		if (len != rows[i].len)
			fail_msg("%s: %zu", rows[i].label, len);
	}
}

static void test_mend(void **state)
{
	static const struct {
		const char *from, *to;
	} texts[] = {
		{"", ""},
		{"gr\xc3\xbcn", "gr\xc3\xbcn"},
		{"a\nb\x1b[2J", "a?b?[2J"},
		{"\xff\xfe", "??"},
		{"cut \xe2\x82", "cut ??"},
		{"\xe2\x82\"", "??\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[32];

		snprintf(text, sizeof(text), "%s", texts[i].from);
		utf8_mend(text);
		assert_string_equal(text, texts[i].to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_mend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
