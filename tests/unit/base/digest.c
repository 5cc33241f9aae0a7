#include "base/digest.h"

#include "fixture.h"

/* FIPS 180-4's examples; the third is a million times 'a'. */
static const struct {
	const char *text;
	size_t times;
	const char *hex;
} rows[] = {
	{"", 1,
	 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc", 1,
	 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"aaaaaaaaaa", 100000,
	 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct hasher *h = hasher_new();
		char hex[DIGEST_HEX_SIZE];
		struct digest d;

		assert_non_null(h);
		for (size_t k = 0; k < rows[i].times; k++)
			assert_true(hasher_add(h, rows[i].text,
					       strlen(rows[i].text)));
		assert_true(hasher_finish(h, &d));
		hasher_free(h);
		digest_hex(&d, hex);
		assert_string_equal(hex, rows[i].hex);
	}
}

static void test_at_once(void **state)
{
	struct digest d, want;

	(void)state;
	assert_true(digest_of(&d, "abc", 3));
	assert_true(digest_parse(&want, rows[1].hex, 64));
	assert_true(digest_equal(&d, &want));
	assert_true(digest_of(&d, NULL, 0));
	assert_true(digest_parse(&want, rows[0].hex, 64));
	assert_true(digest_equal(&d, &want));
	hasher_free(NULL);
}

static void test_parse(void **state)
{
	char hex[DIGEST_HEX_SIZE + 1];
	struct digest d;

	(void)state;
	snprintf(hex, sizeof(hex), "%s0", rows[1].hex);
	assert_true(digest_parse(&d, hex, 64));
	assert_false(digest_parse(&d, hex, 63));
	assert_false(digest_parse(&d, hex, 65));
	assert_false(digest_parse(&d, hex, 0));
	hex[0] = 'B';
	assert_false(digest_parse(&d, hex, 64));
	hex[0] = 'b';
	hex[63] = 'g';
	assert_false(digest_parse(&d, hex, 64));
	hex[63] = '/';
	assert_false(digest_parse(&d, hex, 64));
	hex[63] = '\0';
	assert_false(digest_parse(&d, hex, 64));
}

static void test_equal(void **state)
{
	struct digest a = {{0}}, b = {{0}};

	(void)state;
	assert_true(digest_equal(&a, &b));
	for (int i = 0; i < DIGEST_SIZE; i++) {
		b.bytes[i] = 1;
		assert_false(digest_equal(&a, &b));
		b.bytes[i] = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
