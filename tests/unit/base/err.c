#include "base/err.h"

#include <errno.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "fixture.h"

static void test_set(void **state)
{
	struct err err = {.sys = 5};

	(void)state;
	assert_false(err_set(&err, ERR_DENIED, "%s is %d", "x", 7));
	assert_int_equal(err.code, ERR_DENIED);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.text, "x is 7");
}

static void test_sys(void **state)
{
	static const struct {
		int sys;
		enum err_code code;
	} rows[] = {
		{ENOENT, ERR_NOT_FOUND}, {EEXIST, ERR_CONFLICT},
		{ENOSPC, ERR_NO_SPACE},	 {EDQUOT, ERR_NO_SPACE},
		{EFBIG, ERR_TOO_LARGE},	 {ENOMEM, ERR_MEMORY},
		{EIO, ERR_SYSTEM},	 {EACCES, ERR_SYSTEM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[128];
		struct err err;

		snprintf(want, sizeof(want), "f 1: %s", strerror(rows[i].sys));
		errno = rows[i].sys;
		assert_false(err_sys(&err, "f %d", 1));
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(err.sys, rows[i].sys);
		assert_string_equal(err.text, want);
	}
}

static void test_wrap(void **state)
{
	struct err err;

	(void)state;
	errno = ENOSPC;
	err_sys(&err, "write");
	assert_false(err_wrap(&err, "image %d", 3));
	assert_string_equal(err.text,
			    "image 3: write: No space left on device");
	assert_int_equal(err.code, ERR_NO_SPACE);
	assert_int_equal(err.sys, ENOSPC);
}

/* However long the parts are, the text is cut and ends. */
static void test_bounds(void **state)
{
	char longest[2 * ERR_TEXT_SIZE];
	struct err err;

	(void)state;
	for (size_t len = ERR_TEXT_SIZE - 3; len < ERR_TEXT_SIZE + 3; len++) {
		size_t want = len < ERR_TEXT_SIZE ? len : ERR_TEXT_SIZE - 1;

		memset(longest, 'a', len);
		longest[len] = '\0';
		err_set(&err, ERR_INVALID, "%s", longest);
		assert_int_equal(strlen(err.text), want);
		err_wrap(&err, "%s", longest);
		assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
		errno = EIO;
		err_sys(&err, "%s", longest);
		assert_int_equal(strlen(err.text), ERR_TEXT_SIZE - 1);
		assert_non_null(strstr(err.text, "aa: Input/output error"));
		err_wrap(&err, "f");
		assert_memory_equal(err.text, "f: aa", 5);
	}
}

/* Both sides of the bound where the front is cut, here within a character. */
static void test_cut(void **state)
{
	static const char reason[] = ": out of memory";
	enum { ROOM = ERR_TEXT_SIZE - sizeof(reason) }; /* an even number */
	char want[ERR_TEXT_SIZE + 8];

	(void)state;
	for (size_t len = ROOM - 1; len <= ROOM + 1; len++) {
		char front[ROOM + 2] = "x";
		struct err err;

		for (size_t i = 1; i < len; i++)
			front[i] = i % 2 ? '\xc3' : '\xbc';
		err_memory(&err);
		err_wrap(&err, "%s", front);
		front[ROOM] = '\0';
		if (len >= ROOM)
			front[ROOM - 1] = '?';
		snprintf(want, sizeof(want), "%s%s", front, reason);
		assert_string_equal(err.text, want);
	}
}

/* What peers sent is quoted: no control characters, always UTF-8. */
static void test_quotes(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, ERR_INVALID, "'%.2s' \xc3\xbc", "\xe2\x82\xac");
	assert_string_equal(err.text, "'\?\?' \xc3\xbc");
	err_set(&err, ERR_INVALID, "a\nb\x1b");
	assert_string_equal(err.text, "a?b?");
	err_wrap(&err, "c\r");
	assert_string_equal(err.text, "c?: a?b?");
	errno = ENOENT;
	err_sys(&err, "\xff");
	assert_string_equal(err.text, "?: No such file or directory");
}

static void test_memory(void **state)
{
	struct err err;

	(void)state;
	assert_false(err_memory(&err));
	assert_int_equal(err.code, ERR_MEMORY);
	assert_string_equal(err.text, "out of memory");
}

/* The oldest reason is told, and none is left for the next failure. */
static void test_openssl(void **state)
{
	struct err err;

	(void)state;
	ERR_raise(ERR_LIB_EVP, EVP_R_DECODE_ERROR);
	ERR_raise(ERR_LIB_EVP, EVP_R_INVALID_KEY);
	assert_false(err_openssl(&err, ERR_INVALID, "key %d", 1));
	assert_int_equal(err.code, ERR_INVALID);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.text, "key 1: decode error");
	assert_int_equal(ERR_peek_error(), 0);
	err_openssl(&err, ERR_SYSTEM, "key 2");
	assert_string_equal(err.text, "key 2: no reason given");
	ERR_raise(ERR_LIB_SYS, EACCES);
	err_openssl(&err, ERR_SYSTEM, "key 3");
	assert_string_equal(err.text, "key 3: Permission denied");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),    cmocka_unit_test(test_sys),
		cmocka_unit_test(test_wrap),   cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_cut),    cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_memory), cmocka_unit_test(test_openssl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
