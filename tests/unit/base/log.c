#include "base/log.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>

#include "fixture.h"

/* What log_event() wrote, with standard error in a file meanwhile. */
struct capture {
	FILE *file;
	int saved;
	char text[16 * 1024];
	size_t len;
};

static void begin(struct capture *c)
{
	c->file = tmpfile();
	assert_non_null(c->file);
	c->saved = dup(STDERR_FILENO);
	assert_true(dup2(fileno(c->file), STDERR_FILENO) >= 0);
}

static void end(struct capture *c)
{
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	rewind(c->file);
	c->len = fread(c->text, 1, sizeof(c->text) - 1, c->file);
	c->text[c->len] = '\0';
	fclose(c->file);
}

static const char *logged(struct capture *c, enum log_form form,
			  const char *event, const char *message)
{
	log_setup(LOG_INFO, form);
	begin(c);
	log_event(LOG_WARN, event, "%s", message);
	end(c);
	return c->text;
}

static const struct {
	const char *label;
	const char *message;
	const char *text; /* what stands in a text line */
	const char *json; /* and in a JSON line */
} rows[] = {
	{"plain", "all is well", "all is well", "all is well"},
	{"empty", "", "", ""},
	{"forged line", "a\n<3>reload: b", "a\\x0a<3>reload: b",
	 "a\\u000a<3>reload: b"},
	{"return", "a\rb", "a\\x0db", "a\\u000db"},
	{"escape", "\x1b[2J", "\\x1b[2J", "\\u001b[2J"},
	{"delete", "\x7f", "\\x7f", "\\u007f"},
	{"C1", "\xc2\x9b", "\\xc2\\x9b", "\\\\xc2\\\\x9b"},
	{"quote", "a\",\"b\":\"", "a\",\"b\":\"", "a\\\",\\\"b\\\":\\\""},
	{"backslash", "\\", "\\", "\\\\"},
	{"umlaut", "gr\xc3\xbcn", "gr\xc3\xbcn", "gr\xc3\xbcn"},
	{"no UTF-8", "\xff", "\\xff", "\\\\xff"},
	{"percent", "%s%n", "%s%n", "%s%n"},
};

static void test_text(void **state)
{
	struct capture c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[256];

		snprintf(want, sizeof(want), "<4>upload: %s\n", rows[i].text);
		if (strcmp(logged(&c, LOG_TEXT, "upload", rows[i].message),
			   want) != 0)
			fail_msg("%s: %s", rows[i].label, c.text);
	}
}

static void test_json(void **state)
{
	struct capture c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[256];
		json_t *json;

		snprintf(want, sizeof(want), "\"message\":\"%s\"}\n",
			 rows[i].json);
		logged(&c, LOG_JSON, "upload", rows[i].message);
		if (!strstr(c.text, want))
			fail_msg("%s: %s", rows[i].label, c.text);
		assert_ptr_equal(strchr(c.text, '\n'), c.text + c.len - 1);
		json = json_loads(c.text, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(json);
		assert_int_equal(json_object_size(json), 4);
		assert_string_equal(
			json_string_value(json_object_get(json, "level")),
			"warning");
		assert_string_equal(
			json_string_value(json_object_get(json, "event")),
			"upload");
		assert_int_equal(
			json_string_length(json_object_get(json, "time")), 20);
		json_decref(json);
	}
}

/* The longest of everything still is one whole line. */
static void test_longest(void **state)
{
	static const char bytes[] = {'a', '\x01', '\xff', '"'};
	char message[2000], event[100];
	struct capture c;

	(void)state;
	memset(event, '\x01', sizeof(event) - 1);
	event[sizeof(event) - 1] = '\0';
	for (size_t i = 0; i < sizeof(bytes); i++) {
		memset(message, bytes[i], sizeof(message) - 1);
		message[sizeof(message) - 1] = '\0';
		logged(&c, LOG_TEXT, event, message);
		assert_ptr_equal(strchr(c.text, '\n'), c.text + c.len - 1);
		logged(&c, LOG_JSON, event, message);
		assert_ptr_equal(strchr(c.text, '\n'), c.text + c.len - 1);
		assert_string_equal(c.text + c.len - 3, "\"}\n");
		assert_true(c.len > 1000);
	}
}

static void test_levels(void **state)
{
	static const enum log_level levels[] = {LOG_ERROR, LOG_WARN, LOG_INFO,
						LOG_FINE};
	struct capture c;

	(void)state;
	for (size_t set = 0; set < 4; set++) {
		log_setup(levels[set], LOG_TEXT);
		for (size_t i = 0; i < 4; i++) {
			begin(&c);
			log_event(levels[i], "e", "m");
			end(&c);
			assert_int_equal(log_wants(levels[i]), i <= set);
			assert_int_equal(c.len > 0, i <= set);
			if (c.len)
				assert_int_equal(c.text[1], '0' + levels[i]);
		}
	}
}

enum { THREADS = 4, LINES = 200 };

static void *write_lines(void *arg)
{
	for (int i = 0; i < LINES; i++)
		log_event(LOG_INFO, "e", "%s", (const char *)arg);
	return NULL;
}

/* Lines of several threads never mix. */
static void test_threads(void **state)
{
	static char texts[THREADS][2] = {"a", "b", "c", "d"};
	pthread_t threads[THREADS];
	struct capture c;
	int lines = 0;

	(void)state;
	log_setup(LOG_INFO, LOG_TEXT);
	begin(&c);
	fcntl(STDERR_FILENO, F_SETFL, O_APPEND); /* as the journal's */
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, write_lines, texts[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	end(&c);
	for (char *at = c.text; *at; at += strlen("<6>e: a\n"), lines++) {
		assert_memory_equal(at, "<6>e: ", 6);
		assert_true(at[6] >= 'a' && at[6] <= 'd' && at[7] == '\n');
	}
	assert_int_equal(lines, THREADS * LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),	cmocka_unit_test(test_json),
		cmocka_unit_test(test_longest), cmocka_unit_test(test_levels),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
