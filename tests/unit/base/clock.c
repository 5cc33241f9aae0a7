#include "base/clock.h"

#include <time.h>

#include "fixture.h"

static void test_monotonic(void **state)
{
	uint64_t ms = clock_ms(), us = clock_us();
	struct timespec now;
	int64_t before = (int64_t)time(NULL), utc;
	uint64_t later;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &now);
	later = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	assert_true(ms <= us / 1000 && us <= later);
	assert_true(clock_us() >= later);
	utc = clock_utc();
	assert_true(before <= utc && utc <= (int64_t)time(NULL));
}

/* Times and their two texts. */
static const struct {
	int64_t utc;
	const char *rfc3339;
	const char *http;
} times[] = {
	{0, "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
	{784111777, "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 GMT"},
	{951827696, "2000-02-29T12:34:56Z", "Tue, 29 Feb 2000 12:34:56 GMT"},
	{1795233600, "2026-11-21T04:00:00Z", "Sat, 21 Nov 2026 04:00:00 GMT"},
	{2147483648, "2038-01-19T03:14:08Z", "Tue, 19 Jan 2038 03:14:08 GMT"},
	{253402300799, "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"},
};

static void test_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char text[CLOCK_TEXT_SIZE];
		int64_t utc = -1;

		clock_rfc3339(times[i].utc, text);
		assert_string_equal(text, times[i].rfc3339);
		assert_true(clock_parse_rfc3339(text, &utc));
		assert_int_equal(utc, times[i].utc);
		clock_http_date(times[i].utc, text);
		assert_string_equal(text, times[i].http);
		utc = -1;
		assert_true(clock_parse_http_date(text, &utc));
		assert_int_equal(utc, times[i].utc);
	}
}

/* Years of any length fit or give "". */
static void test_far_times(void **state)
{
	char text[CLOCK_TEXT_SIZE];

	(void)state;
	clock_rfc3339(INT64_MAX, text);
	assert_string_equal(text, "");
	clock_http_date(INT64_MIN, text);
	assert_string_equal(text, "");
	clock_rfc3339(67767976233532799, text);
	assert_string_equal(text, "2147483647-12-31T23:59:59Z");
}

static void test_no_rfc3339(void **state)
{
	static const char *const texts[] = {
		"",
		"2026-11-21T04:00:00",
		"2026-11-21T04:00:00z",
		"2026-11-21t04:00:00Z",
		"2026-11-21 04:00:00Z",
		"2026-11-21T04:00:00Z ",
		" 2026-11-21T04:00:00Z",
		"2026-11-21T04:00:00Z\n",
		"2026-11-21T 4:00:00Z",
		"2026-11-21T4:00:00Z",
		"2026-11-21T04:00:00.5Z",
		"2026-11-21T04:00:00+00:00",
		"2026-11-21T24:00:00Z",
		"2026-11-21T04:60:00Z",
		"2026-11-21T04:00:60Z",
		"2026-11-31T04:00:00Z",
		"2026-02-29T04:00:00Z",
		"2026-13-21T04:00:00Z",
		"2026-00-21T04:00:00Z",
		"2026-11-00T04:00:00Z",
		"26-11-21T04:00:00Z",
		"+2026-11-21T04:00:00Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t utc = -7;

		if (clock_parse_rfc3339(texts[i], &utc))
			fail_msg("'%s' was taken", texts[i]);
		assert_int_equal(utc, -7);
	}
}

/* The three forms of RFC 9110 section 5.6.7. */
static void test_http_forms(void **state)
{
	static const struct {
		const char *text;
		int64_t utc;
	} rows[] = {
		{"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
		{"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
		{"Sun Nov  6 08:49:37 1994", 784111777},
		{"Wed Nov 16 08:49:37 1994", 784975777},
		{"Saturday, 21-Nov-26 04:00:00 GMT", 1795233600},
		{"Thursday, 01-Jan-70 00:00:00 GMT", -7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t utc = -7;
		bool ok = clock_parse_http_date(rows[i].text, &utc);

		if (ok != (rows[i].utc != -7) || utc != rows[i].utc)
			fail_msg("'%s': %d, %lld", rows[i].text, ok,
				 (long long)utc);
	}
}

/* Two digits mean the year that is at most 50 years ahead. */
static void test_two_digits(void **state)
{
	int64_t now = clock_utc();

	(void)state;
	for (int years = -49; years <= 49; years++) {
		time_t when = (time_t)(now + (int64_t)years * 31556952);
		int64_t utc = -7;
		char text[64];
		struct tm tm;

		gmtime_r(&when, &tm);
		strftime(text, sizeof(text), "%A, %d-%b-%y %H:%M:%S GMT", &tm);
		if (!clock_parse_http_date(text, &utc) || utc != (int64_t)when)
			fail_msg("%d years, '%s': %lld", years, text,
				 (long long)utc);
	}
}

static void test_no_http_date(void **state)
{
	static const char *const texts[] = {
		"",
		"Sun, 06 Nov 1994 08:49:37",
		"Sun, 06 Nov 1994 08:49:37 GMT ",
		"Sun, 06 Nov 1994 08:49:37 UTC",
		"Sun, 06 Nov 1994 08:49:37 gmt",
		"Mon, 06 Nov 1994 08:49:37 GMT",
		"Sun, 6 Nov 1994 08:49:37 GMT",
		"Sun,06Nov1994 08:49:37GMT",
		"Sun, 06 Nov 94 08:49:37 GMT",
		"Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 31 Nov 1994 08:49:37 GMT",
		"Sun, 06-Nov-94 08:49:37 GMT",
		"Monday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov 6 08:49:37 1994",
		"Sun Nov 06 08:49:37 1994",
		"Sun Nov  6 08:49:37 1994 GMT",
		"784111777",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t utc = -7;

		if (clock_parse_http_date(texts[i], &utc))
			fail_msg("'%s' was taken", texts[i]);
		assert_int_equal(utc, -7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_monotonic),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_far_times),
		cmocka_unit_test(test_no_rfc3339),
		cmocka_unit_test(test_http_forms),
		cmocka_unit_test(test_two_digits),
		cmocka_unit_test(test_no_http_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
