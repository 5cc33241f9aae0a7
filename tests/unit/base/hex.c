#include "base/hex.h"

#include "fixture.h"

static void test_hex(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x09, 0x0a, 0x9f, 0xf0, 0xff};
	uint8_t back[sizeof(bytes)];
	char text[2 * sizeof(bytes) + 1];

	(void)state;
	hex_encode(bytes, sizeof(bytes), text);
	assert_string_equal(text, "00090a9ff0ff");
	assert_true(hex_decode(text, 12, back));
	assert_memory_equal(back, bytes, sizeof(bytes));
	hex_encode(bytes, 0, text);
	assert_string_equal(text, "");
	assert_true(hex_decode("", 0, back));
}

static void test_no_hex(void **state)
{
	static const char wrong[] = {'/', ':', '`', 'g',   'A',
				     'F', ' ', 0,   '\xb0'};
	uint8_t bytes[2];

	(void)state;
	assert_true(hex_decode("09af", 4, bytes));
	assert_false(hex_decode("09af", 3, bytes));
	for (size_t i = 0; i < sizeof(wrong); i++) {
		for (int at = 0; at < 4; at++) {
			char text[] = "09af";

			text[at] = wrong[i];
			assert_false(hex_decode(text, 4, bytes));
		}
	}
}

/* RFC 4648 section 10, and the two last digits. */
static const struct {
	const char *bytes;
	const char *text;
} rows[] = {
	{"", ""},
	{"f", "Zg=="},
	{"fo", "Zm8="},
	{"foo", "Zm9v"},
	{"foob", "Zm9vYg=="},
	{"fooba", "Zm9vYmE="},
	{"foobar", "Zm9vYmFy"},
	{"\xfb\xff\xfe", "+//+"},
};

static void test_base64(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i].bytes), size = 99, at;
		uint8_t *back = malloc(len + 1);
		char *text = malloc(BASE64_SIZE(len));

		base64_encode((const uint8_t *)rows[i].bytes, len, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(strlen(text) + 1, BASE64_SIZE(len));
		assert_true(
			base64_decode(text, strlen(text), back, &size, &at));
		assert_int_equal(size, len);
		assert_memory_equal(back, rows[i].bytes, len);
		free(back);
		free(text);
	}
}

/* Every byte value, at every length modulo 3. */
static void test_all_bytes(void **state)
{
	uint8_t bytes[256], back[3 * BASE64_SIZE(256) / 4];
	char text[BASE64_SIZE(256)];
	size_t size, at;

	(void)state;
	for (size_t i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	for (size_t len = 250; len <= 256; len++) {
		base64_encode(bytes, len, text);
		assert_true(
			base64_decode(text, strlen(text), back, &size, &at));
		assert_int_equal(size, len);
		assert_memory_equal(back, bytes, len);
	}
}

/* Damaged text and the offset of its first wrong character. */
static const struct {
	const char *label;
	const char *text;
	size_t at;
} damaged[] = {
	{"one digit", "Z", 1},
	{"two digits", "Zg", 2},
	{"one padding short", "Zg=", 3},
	{"three digits", "Zm8", 3},
	{"blank within", "Zm9v YmFy", 4},
	{"blank within, even", "Zm9v Ym=", 4},
	{"line end", "Zm9v\nYmFy", 4},
	{"line end behind", "Zm9v\n", 4},
	{"URL's alphabet", "Zm9_", 3},
	{"URL's minus", "-m9v", 0},
	{"padding first", "====", 0},
	{"padding after one", "Z===", 1},
	{"padding within", "Zg==Zm9v", 2},
	{"padding within four", "Z=8v", 1},
	{"more padding", "Zm9v====", 4},
	{"bits behind one byte", "Zh==", 1},
	{"the highest bit behind one byte", "Zo==", 1},
	{"bits behind two bytes", "Zm9=", 2},
	{"the highest bit behind two bytes", "Zm+=", 2},
	{"high byte", "Zm\xe9v", 2},
};

static void test_damaged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		size_t len = strlen(damaged[i].text), size, at = 99;
		uint8_t *bytes = malloc(3 * len / 4 + 1);

		if (base64_decode(damaged[i].text, len, bytes, &size, &at))
			fail_msg("%s: taken", damaged[i].label);
		if (at != damaged[i].at)
			fail_msg("%s: at %zu", damaged[i].label, at);
		free(bytes);
	}
}

/* The room asked for is enough, whatever comes. */
static void test_room(void **state)
{
	(void)state;
	for (size_t len = 0; len < 12; len++) {
		char *text = malloc(len + 1);
		uint8_t *bytes = malloc(len ? 3 * len / 4 : 1);
		size_t size, at;

		memset(text, 'A', len);
		assert_int_equal(base64_decode(text, len, bytes, &size, &at),
				 len % 4 == 0);
		free(text);
		free(bytes);
	}
}

static void test_nul(void **state)
{
	uint8_t bytes[3];
	size_t size, at;

	(void)state;
	assert_false(base64_decode("Zm\0v", 4, bytes, &size, &at));
	assert_int_equal(at, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_no_hex),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
