#include <cli/check.c> /* the one in server/, not this one */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#define NOW	    INT64_C(1795000000) /* 2026-11-18T11:06:40Z */
#define THIRTY_DAYS (INT64_C(30) * 86400)

static X509 *make(int64_t end)
{
	X509 *certificate = X509_new();

	assert_non_null(certificate);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN",
				   MBSTRING_UTF8, (const unsigned char *)"a\nb",
				   -1, -1, 0);
	assert_non_null(
		ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)end));
	return certificate;
}

/* What the certificate makes us say on standard error. */
static void warning_of(const X509 *certificate, char *text, size_t room)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	warn_of("main", certificate, NOW);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(fileno(file), text, room - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	fclose(file);
}

static const struct {
	const char *label;
	int64_t end;
	const char *text;
} rows[] = {
	{"far", NOW + THIRTY_DAYS, ""},
	{"near", NOW + THIRTY_DAYS - 1,
	 "warning: certificate main: CN=a\\0Ab expires on "
	 "2026-12-18T11:06:39Z\n"},
	{"last second", NOW,
	 "warning: certificate main: CN=a\\0Ab expires on "
	 "2026-11-18T11:06:40Z\n"},
	{"over", NOW - 1,
	 "warning: certificate main: CN=a\\0Ab expired on "
	 "2026-11-18T11:06:39Z\n"},
};

static void warns_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		X509 *certificate = make(rows[i].end);
		char text[512];

		warning_of(certificate, text, sizeof(text));
		X509_free(certificate);
		print_message("case: %s\n", rows[i].label);
		assert_string_equal(text, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warns_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
