#include "base/ident.h"

#include "fixture.h"

static bool taken(const char *text, size_t len)
{
	struct ident id = {"old"};
	bool ok = ident_parse(&id, text, len);

	if (ok) {
		assert_memory_equal(id.text, text, len);
		assert_int_equal(strlen(id.text), len);
	} else {
		assert_string_equal(id.text, "");
	}
	return ok;
}

static void test_characters(void **state)
{
	static const char others[] = "._:+-";

	(void)state;
	for (int c = 0; c < 256; c++) {
		char text[] = {'a', (char)c, 'b'};
		bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z');
		bool other = c && strchr(others, c);

		if (taken(text, 3) != (alnum || other) ||
		    taken(text, 2) != (alnum || other) ||
		    taken(text + 1, 2) != alnum)
			fail_msg("character %d", c);
	}
}

static void test_length(void **state)
{
	char text[IDENT_MAX + 2];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_false(taken(text, 0));
	assert_true(taken(text, 1));
	assert_true(taken(text, IDENT_MAX));
	assert_false(taken(text, IDENT_MAX + 1));
}

static void test_equal(void **state)
{
	struct ident a, b;

	(void)state;
	assert_true(ident_parse(&a, "2.0", 3) && ident_parse(&b, "2.0", 3));
	assert_true(ident_equal(&a, &b));
	assert_true(ident_parse(&b, "2.00", 4));
	assert_false(ident_equal(&a, &b));
	assert_true(ident_parse(&a, "Ab", 2) && ident_parse(&b, "ab", 2));
	assert_false(ident_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
