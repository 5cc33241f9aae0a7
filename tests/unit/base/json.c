#include "base/json.h"

#include "fixture.h"

/* ---- parsing ------------------------------------------------------------ */

static const struct {
	const char *label;
	const char *text;
	const char *why; /* NULL when it is taken */
} texts[] = {
	{"object", "{\"a\":1}", NULL},
	{"array", "[1]", NULL},
	{"blanks around", " {} \n", NULL},
	{"empty", "", "line 1"},
	{"blank", " ", "line 1"},
	{"cut", "{\"a\":1", "line 1"},
	{"bytes after it", "{} {}", "end of file"},
	{"a letter after it", "{}x", "end of file"},
	{"name twice", "{\"a\":1,\"a\":1}", "duplicate"},
	{"name twice, escaped", "{\"a\":1,\"\\u0061\":1}", "duplicate"},
	{"comma at the end", "[1,]", "line 1"},
	{"single quotes", "{'a':1}", "line 1"},
	{"comment", "{}//", "end of file"},
	{"NUL escaped", "{\"a\":\"\\u0000\"}", "\\u0000"},
	{"no UTF-8", "{\"a\":\"\xff\"}", "0xff"},
	{"half a surrogate", "{\"a\":\"\\ud800\"}", "Unicode"},
	{"control character", "{\"a\":\"\t\"}", "control character"},
	{"number too big", "{\"a\":9223372036854775808}", "too big"},
	{"second line", "{\n  \"a\" 1}", "line 2, column 7"},
};

static void test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t len = strlen(texts[i].text);
		char *copy = malloc(len + 1); /* so that asan sees its end */
		json_t *json;

		memcpy(copy, texts[i].text, len);
		if (texts[i].why) {
			must_fail(texts[i].label,
				  (json = json_parse(copy, len, &failure)),
				  ERR_INVALID, texts[i].why);
			if (strncmp(failure.text, "not JSON: line ", 15) != 0)
				fail_msg("%s: %s", texts[i].label,
					 failure.text);
		} else {
			must((json = json_parse(copy, len, &failure)));
			json_decref(json);
		}
		free(copy);
	}
}

static void test_deep(void **state)
{
	char deep[100000];

	(void)state;
	memset(deep, '[', sizeof(deep));
	must_fail("deep", json_parse(deep, sizeof(deep), &failure), ERR_INVALID,
		  "depth");
	must_fail("NUL", json_parse("{}\0", 3, &failure), ERR_INVALID, "line");
}

/* ---- reading by a table ------------------------------------------------- */

#define HEX64                              \
	"00112233445566778899aabbccddeeff" \
	"00112233445566778899aabbccddeeff"

struct all {
	const char *string;
	struct ident ident;
	struct digest digest;
	int64_t integer;
	bool yes;
	json_t *any;
	bool seen;
};

static bool read_all(const char *text, struct all *all)
{
	const struct json_field fields[] = {
		{.name = "string",
		 .kind = JSON_KIND_STRING,
		 .to = &all->string,
		 .min = 2,
		 .max = 4},
		{.name = "ident", .kind = JSON_KIND_IDENT, .to = &all->ident},
		{.name = "digest",
		 .kind = JSON_KIND_DIGEST,
		 .to = &all->digest},
		{.name = "integer",
		 .kind = JSON_KIND_INTEGER,
		 .required = true,
		 .to = &all->integer,
		 .min = -5,
		 .max = 7},
		{.name = "yes",
		 .kind = JSON_KIND_BOOL,
		 .to = &all->yes,
		 .seen = &all->seen},
		{.name = "any", .kind = JSON_KIND_ANY, .to = &all->any},
	};
	json_t *json = json_parse(text, strlen(text), &failure);
	bool ok;

	if (!json)
		fail_msg("%s", failure.text);
	ok = json_read(json, fields, sizeof(fields) / sizeof(fields[0]),
		       &failure);
	/* What is borrowed lives as long as the object. */
	all->string = all->string ? strdup(all->string) : NULL;
	json_incref(all->any);
	json_decref(json);
	return ok;
}

static void free_all(struct all *all)
{
	free((void *)(uintptr_t)all->string);
	json_decref(all->any);
}

static void test_read(void **state)
{
	struct all all = {.ident = {"old"}};

	(void)state;
	must(read_all(
		"{\"any\":[1],\"yes\":true,\"integer\":7,\"ident\":\"a-1\","
		"\"digest\":\"" HEX64 "\",\"string\":\"abcd\"}",
		&all));
	assert_string_equal(all.string, "abcd");
	assert_string_equal(all.ident.text, "a-1");
	assert_int_equal(all.digest.bytes[31], 0xff);
	assert_int_equal(all.integer, 7);
	assert_true(all.yes);
	assert_true(all.seen);
	assert_int_equal(json_array_size(all.any), 1);
	free_all(&all);
}

/* What is absent or null is left alone. */
static void test_left_alone(void **state)
{
	struct all all = {.ident = {"old"}, .yes = true, .seen = true};

	(void)state;
	must(read_all("{\"integer\":-5}", &all));
	assert_string_equal(all.ident.text, "old");
	assert_int_equal(all.integer, -5);
	assert_true(all.yes);
	assert_false(all.seen);
	free_all(&all);
	all = (struct all){.ident = {"old"}, .yes = true};
	must(read_all("{\"integer\":1,\"yes\":null,\"ident\":null,"
		      "\"any\":null,\"string\":null}",
		      &all));
	assert_string_equal(all.ident.text, "old");
	assert_true(all.yes);
	assert_true(all.seen);
	assert_null(all.any);
	assert_null(all.string);
	free_all(&all);
}

/* Each is wrong in one member beside a good integer, or in the integer. */
static const struct {
	const char *label;
	const char *text;
	const char *why;
} wrong[] = {
	{"unknown", "{\"integer\":1,\"other\":1}", "'other' is not known here"},
	{"unknown null", "{\"integer\":1,\"x\":null}", "'x' is not known"},
	{"case", "{\"integer\":1,\"Yes\":true}", "'Yes' is not known"},
	{"missing", "{}", "integer is missing"},
	{"required null", "{\"integer\":null}", "integer is missing"},
	{"no object", "[1]", "expected a JSON object"},
	{"too small", "{\"integer\":-6}", "integer is -6: expected -5 to 7"},
	{"too large", "{\"integer\":8}", "integer is 8: expected -5 to 7"},
	{"fraction", "{\"integer\":1.0}",
	 "integer is a number with a fraction: expected a whole number"},
	{"text number", "{\"integer\":\"1\"}",
	 "integer is a string: expected a whole number"},
	{"number yes", "{\"integer\":1,\"yes\":1}",
	 "yes is a whole number: expected true or false"},
	{"short string", "{\"integer\":1,\"string\":\"a\"}",
	 "string has 1 bytes: expected 2 to 4"},
	{"long string", "{\"integer\":1,\"string\":\"abcde\"}",
	 "string has 5 bytes: expected 2 to 4"},
	{"number string", "{\"integer\":1,\"string\":12}",
	 "string is a whole number: expected a string"},
	{"no ident", "{\"integer\":1,\"ident\":\"a b\"}",
	 "ident is 'a b': expected 1 to 64"},
	{"object ident", "{\"integer\":1,\"ident\":{}}",
	 "ident is an object: expected a string"},
	{"array digest", "{\"integer\":1,\"digest\":[]}",
	 "digest is an array: expected a string"},
	{"short digest", "{\"integer\":1,\"digest\":\"00\"}",
	 "digest is '00': expected 64 lower-case"},
};

static void test_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct all all = {0};

		must_fail(wrong[i].label, read_all(wrong[i].text, &all),
			  ERR_INVALID, wrong[i].why);
		free_all(&all);
	}
}

/* A long value is cut, and never within a character that JSON then lacks. */
static void test_quotes_utf8(void **state)
{
	char text[256] = "{\"integer\":1,\"ident\":\"";
	struct all all = {0};
	json_t *reason;

	(void)state;
	for (int i = 0; i < 79; i++)
		text[strlen(text)] = 'a';
	snprintf(text + strlen(text), 16, "\xc3\xbc\"}");
	must_fail("cut", read_all(text, &all), ERR_INVALID, "aaa");
	reason = json_string(failure.text);
	assert_non_null(reason);
	json_decref(reason);
	free_all(&all);
}

static void test_write(void **state)
{
	json_t *json = json_pack("{s:i, s:s, s:[n, b]}", "z", 1, "a",
				 "\xc3\xbc\n\"", "list", 1);
	size_t len;
	char *text = json_write(json, &len);

	(void)state;
	assert_string_equal(text, "{\"z\":1,\"a\":\"\xc3\xbc\\n\\\"\","
				  "\"list\":[null,true]}");
	assert_int_equal(len, strlen(text));
	free(text);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_quotes_utf8),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
