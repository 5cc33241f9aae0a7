#include <cli/probe_link.c> /* the one in server/, not this one */

#include "../base/fixture.h"

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
	const char *label, *head;
	int status; /* 0: refused */
	const char *profile;
} answers[] = {
	{"plain", OK "\r\n", 200, ""},
	{"1.0", "HTTP/1.0 404 Not Found\r\n\r\n", 404, ""},
	{"no phrase", "HTTP/1.1 503\r\n\r\n", 503, ""},
	{"a profile", OK "TLS-Profile: modern\r\n\r\n", 200, "modern"},
	{"a later field", OK "A: b\r\nTLS-Profile: x\r\n\r\n", 200, "x"},
	{"small letters", OK "tls-profile: x\r\n\r\n", 200, "x"},
	{"no blank", OK "TLS-Profile:x\r\n\r\n", 200, "x"},
	{"blanks", OK "TLS-Profile: \t x\t \r\n\r\n", 200, "x"},
	{"blank before the colon", OK "TLS-Profile : x\r\n\r\n", 200, ""},
	{"empty", OK "TLS-Profile:\r\n\r\n", 200, ""},
	{"two words", OK "TLS-Profile: a b\r\n\r\n", 200, ""},
	{"control characters", OK "TLS-Profile: \x1b[2J\r\n\r\n", 200, ""},
	{"a longer name", OK "TLS-Profiles: x\r\n\r\n", 200, ""},
	{"a shorter name", OK "TLS-Profil: x\r\n\r\n", 200, ""},
	{"the body", OK "\r\nTLS-Profile: x\r\n\r\n", 200, ""},
	{"a value's end", OK "A: TLS-Profile: x\r\n\r\n", 200, ""},
	{"two digits", "HTTP/1.1 20 OK\r\n\r\n", 0, ""},
	{"four digits", "HTTP/1.1 2000 OK\r\n\r\n", 0, ""},
	{"no number", "HTTP/1.1 OK\r\n\r\n", 0, ""},
	{"another version", "HTTP/2.0 200 OK\r\n\r\n", 0, ""},
	{"another protocol", "SSH-2.0-x\r\n\r\n", 0, ""},
	{"nothing", "\r\n\r\n", 0, ""},
};

static void reads_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct probe_seen seen = {0};
		const char *head = answers[i].head;

		print_message("case: %s\n", answers[i].label);
		if (answers[i].status)
			must(read_answer(&seen, head, &failure));
		else
			must_fail(answers[i].label,
				  read_answer(&seen, head, &failure),
				  ERR_INVALID, "no HTTP/1.1");
		assert_int_equal(seen.status, answers[i].status);
		assert_string_equal(seen.profile.text, answers[i].profile);
	}
}

static void names_alerts(void **state)
{
	static const struct {
		int alert;
		const char *name;
	} rows[] = {
		{42, "bad_certificate"},     {43, "unsupported_certificate"},
		{45, "certificate_expired"}, {46, "certificate_unknown"},
		{48, "unknown_ca"},	     {49, "access_denied"},
		{80, "internal_error"},	     {255, "unknown"}};
	char name[PROBE_ALERT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		probe_alert_name(rows[i].alert, name);
		assert_string_equal(name, rows[i].name);
	}
}

static void knows_fragments(void **state)
{
	static const unsigned int bytes[] = {0, 512, 1024, 2048, 4096};

	(void)state;
	for (uint8_t mode = 0; mode < 5; mode++)
		assert_int_equal(fragment_bytes(mode), bytes[mode]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_answers),
		cmocka_unit_test(names_alerts),
		cmocka_unit_test(knows_fragments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
