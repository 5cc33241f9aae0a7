#include "base/strbuf.h"

#include "fixture.h"

static void test_grows(void **state)
{
	struct strbuf s = {0};
	char want[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(want) - 1; i++) {
		want[i] = (char)('a' + i % 26);
		want[i + 1] = '\0';
		if (i % 2)
			strbuf_add(&s, &want[i], 1);
		else
			strbuf_printf(&s, "%c", want[i]);
		assert_int_equal(s.len, i + 1);
		assert_string_equal(s.data, want);
		assert_true(s.room > s.len);
	}
	strbuf_free(&s);
	assert_null(s.data);
	strbuf_free(&s);
}

/* The first allocation is 128 bytes: one side and the other. */
static void test_bound(void **state)
{
	(void)state;
	for (int len = 126; len <= 129; len++) {
		struct strbuf s = {0};

		strbuf_printf(&s, "%*s", len, "x");
		assert_int_equal(s.len, len);
		assert_int_equal(strlen(s.data), len);
		strbuf_puts(&s, "");
		strbuf_puts(&s, "yz");
		assert_int_equal(strlen(s.data), len + 2);
		strbuf_free(&s);
	}
}

static void test_nul_inside(void **state)
{
	struct strbuf s = {0};

	(void)state;
	strbuf_add(&s, "a\0b", 3);
	assert_int_equal(s.len, 3);
	assert_memory_equal(s.data, "a\0b", 4);
	strbuf_free(&s);
}

static void test_take(void **state)
{
	struct strbuf s = {0};
	size_t len = 9;
	char *text;

	(void)state;
	text = strbuf_take(&s, &len);
	assert_string_equal(text, "");
	assert_int_equal(len, 0);
	free(text);
	strbuf_puts(&s, "abc");
	text = strbuf_take(&s, &len);
	assert_string_equal(text, "abc");
	assert_int_equal(len, 3);
	free(text);
	assert_null(s.data);
	assert_int_equal(s.len, 0);
	strbuf_puts(&s, "d");
	text = strbuf_take(&s, NULL);
	assert_string_equal(text, "d");
	free(text);
}

static void test_reset(void **state)
{
	struct strbuf s = {0};

	(void)state;
	strbuf_reset(&s);
	strbuf_puts(&s, "abc");
	strbuf_reset(&s);
	assert_string_equal(s.data, "");
	assert_int_equal(s.len, 0);
	strbuf_puts(&s, "d");
	assert_string_equal(s.data, "d");
	strbuf_free(&s);
}

/* After a failure nothing is added and nothing is taken. */
static void test_failed(void **state)
{
	struct strbuf s = {0};
	size_t len = 9;

	(void)state;
	strbuf_puts(&s, "abc");
	strbuf_add(&s, "d", STRBUF_MAX - 3);
	assert_true(s.failed);
	strbuf_puts(&s, "e");
	strbuf_printf(&s, "%d", 1);
	assert_string_equal(s.data, "abc");
	assert_null(strbuf_take(&s, &len));
	assert_int_equal(len, 0);
	assert_false(s.failed);
	assert_null(s.data);
}

static void test_overflow(void **state)
{
	struct strbuf s = {0};

	(void)state;
	strbuf_puts(&s, "abc");
	strbuf_add(&s, "d", SIZE_MAX - 2);
	assert_true(s.failed);
	assert_string_equal(s.data, "abc");
	strbuf_free(&s);
}

static void test_text_copy(void **state)
{
	char field[4] = "xxx";

	(void)state;
	assert_true(text_copy(field, sizeof(field), ""));
	assert_string_equal(field, "");
	assert_true(text_copy(field, sizeof(field), "abc"));
	assert_string_equal(field, "abc");
	assert_false(text_copy(field, sizeof(field), "abcd"));
	assert_string_equal(field, "abc");
	assert_false(text_copy(field, 1, "a"));
	assert_string_equal(field, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_nul_inside),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_text_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
