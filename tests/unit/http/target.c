#include "http/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The bad one differs from the good one in one thing. */
static const struct {
	const char *label;
	const char *good;
	const char *path; /* of the good one */
	const char *args; /* of the good one, as name=value; */
	const char *bad;
} pairs[] = {
	{"no slash", "/a", "/a", "", "a"},
	{"nothing", "/", "/", "", ""},
	{"asterisk and more", "*", "*", "", "**"},
	{"absolute-form", "https://a:1/b?c=d", "/b", "c=d;", "gopher://a:1/b"},
	{"absolute-form without a path", "HTTP://a", "/", "", "HTTP:/a"},
	{"absolute-form with a query alone", "http://a?b", "/", "b=;", "a?b"},
	{"escape of one digit", "/%41", "/A", "", "/%4"},
	{"escape without digits", "/%7e", "/~", "", "/%"},
	{"escape that is not hexadecimal", "/%5F", "/_", "", "/%5G"},
	{"escaped NUL", "/%20", "/ ", "", "/%00"},
	{"escaped control character", "/%20", "/ ", "", "/%1f"},
	{"escaped DEL", "/%7E", "/~", "", "/%7F"},
	{"escaped non-ASCII", "/%7E", "/~", "", "/%80"},
	{"raw control character", "/ ", "/ ", "", "/\x1f"},
	{"raw non-ASCII", "/e", "/e", "", "/\xe4"},
	{"escaped slash", "/a%2e", "/a.", "", "/a%2f"},
	{"segment of a dot", "/a/.b", "/a/.b", "", "/a/./b"},
	{"segment of a dot at the end", "/a/b.", "/a/b.", "", "/a/."},
	{"segment of two dots", "/a/..b/", "/a/..b/", "", "/a/../b"},
	{"escaped segment of two dots", "/%2e%2e.", "/...", "", "/%2e%2e"},
	{"two dots behind two slashes", "//a..", "//a..", "", "//.."},
	{"three dots", "/...", "/...", "", "/.."},
	{"argument without a name", "/?a=b", "/", "a=b;", "/?=b"},
	{"argument twice", "/?a=1&b=2", "/", "a=1;b=2;", "/?a=1&a=2"},
	{"argument twice, once escaped", "/?a=1&%62=1", "/", "a=1;b=1;",
	 "/?a=1&%61=1"},
	{"argument without a value twice", "/?a&b", "/", "a=;b=;", "/?a&a"},
	{"escaped NUL in an argument", "/?a=%21", "/", "a=!;", "/?a=%00"},
	{"bad escape in a name", "/?%61=b", "/", "a=b;", "/?%6=b"},
	{"25 arguments", "/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q&r&s&t&u&v&w&x",
	 "/",
	 "a=;b=;c=;d=;e=;f=;g=;h=;i=;j=;k=;l=;m=;n=;o=;p=;q=;r=;s=;t=;u=;v=;w="
	 ";x=;",
	 "/?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q&r&s&t&u&v&w&x&y"},
	/* no pair: what has one reading */
	{"every digit of an escape", "/%30%39%4a%4F%6A%6f", "/09JOjo", "",
	 NULL},
	{"empty query", "/a?", "/a", "", NULL},
	{"empty pieces", "/a?&b=1&&c&", "/a", "b=1;c=;", NULL},
	{"plus stands for itself", "/a+b?c=d+e", "/a+b", "c=d+e;", NULL},
	{"escaped separators", "/a%3Fb?c%3D=d%26e", "/a?b", "c==d&e;", NULL},
	{"second equals sign and question mark", "/a?b=c=d?e", "/a", "b=c=d?e;",
	 NULL},
	{"slashes in the query", "/a?b=%2F../", "/a", "b=/../;", NULL},
};

static void check_good(const char *label, const char *raw, const char *path,
		       const char *args)
{
	struct target *t = malloc(sizeof(*t));
	char text[TARGET_MAX] = "";
	struct err err = {0};

	assert_non_null(t);
	memset(t, 'x', sizeof(*t));
	if (!target_parse(t, raw, &err))
		fail_msg("%s: %s", label, err.text);
	for (size_t i = 0; i < t->arg_count; i++) {
		size_t len = strlen(text);

		snprintf(text + len, sizeof(text) - len, "%s=%s;",
			 t->args[i].name, t->args[i].value);
		assert_ptr_equal(target_arg(t, t->args[i].name),
				 t->args[i].value);
	}
	if (strcmp(t->path, path) || strcmp(text, args))
		fail_msg("%s: '%s' and '%s'", label, t->path, text);
	assert_null(target_arg(t, "none"));
	free(t);
}

static void check_bad(const char *label, const char *raw, enum err_code code)
{
	struct target *t = malloc(sizeof(*t));
	struct err err = {0};

	assert_non_null(t);
	if (target_parse(t, raw, &err))
		fail_msg("%s: taken", label);
	if (err.code != code || !err.text[0])
		fail_msg("%s: %d %s", label, err.code, err.text);
	free(t);
}

static void test_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		check_good(pairs[i].label, pairs[i].good, pairs[i].path,
			   pairs[i].args);
		if (pairs[i].bad)
			check_bad(pairs[i].label, pairs[i].bad, ERR_INVALID);
	}
}

/* The bound is on what was sent; decoding never makes it longer. */
static void test_length(void **state)
{
	static const char *const prefixes[] = {"/", "/?", "/?a=", "/%41?b"};
	char raw[TARGET_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		struct target t;
		struct err err;

		memset(raw, 'a', sizeof(raw));
		memcpy(raw, prefixes[i], strlen(prefixes[i]));
		raw[TARGET_MAX] = '\0';
		assert_true(target_parse(&t, raw, &err));
		raw[TARGET_MAX] = 'a';
		raw[TARGET_MAX + 1] = '\0';
		check_bad(prefixes[i], raw, ERR_TOO_LARGE);
	}
}

static void test_known(void **state)
{
	static const char *const names[] = {"product", "device", NULL};
	static const char *const none[] = {NULL};
	struct target t;
	struct err err;

	(void)state;
	assert_true(target_parse(&t, "/?device=1&product=2", &err));
	assert_true(target_args_known(&t, names, &err));
	assert_true(target_parse(&t, "/?device=1&products=2", &err));
	assert_false(target_args_known(&t, names, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_string_equal(err.text, "unknown argument 'products', known: "
				      "product, device");
	assert_false(target_args_known(&t, none, &err));
	assert_string_equal(err.text, "unknown argument 'device', known: none");
	assert_true(target_parse(&t, "/", &err));
	assert_true(target_args_known(&t, none, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
