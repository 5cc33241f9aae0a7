#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t monotonic(uint64_t per_second)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * per_second +
	       (uint64_t)now.tv_nsec / (1000000000 / per_second);
}

uint64_t clock_ms(void)
{
	return monotonic(1000);
}

uint64_t clock_us(void)
{
	return monotonic(1000000);
}

int64_t clock_utc(void)
{
	return (int64_t)time(NULL);
}

/*
 * otterd never calls setlocale, so names of days and months are English.
 * "%C%y" is the year in four digits; "%Y" would not pad it.
 */
static void put(int64_t utc, const char *form,
		char text[static CLOCK_TEXT_SIZE])
{
	time_t when = (time_t)utc;
	struct tm tm;

	if (!gmtime_r(&when, &tm) ||
	    !strftime(text, CLOCK_TEXT_SIZE, form, &tm))
		text[0] = '\0';
}

/* strptime() takes blanks and a 31st of February: compare what it read. */
static bool is_exactly(const char *text, const char *form, int64_t utc)
{
	char again[CLOCK_TEXT_SIZE];

	put(utc, form, again);
	return strcmp(text, again) == 0;
}

static bool take(const char *text, const char *form, int64_t *utc)
{
	struct tm tm = {0};
	int64_t when;

	if (!strptime(text, form, &tm))
		return false;
	when = (int64_t)timegm(&tm);
	if (!is_exactly(text, form, when))
		return false;
	*utc = when;
	return true;
}

/*
 * A year of two digits that seems more than 50 years ahead is one of the
 * century before, RFC 9110 section 5.6.7.
 */
static bool take_rfc850(const char *text, int64_t *utc)
{
	static const char form[] = "%A, %d-%b-%y %H:%M:%S GMT";
	struct tm tm = {0}, ahead;
	time_t limit = (time_t)clock_utc();
	int64_t when;

	if (!strptime(text, form, &tm) || !gmtime_r(&limit, &ahead))
		return false;
	ahead.tm_year += 50;
	limit = timegm(&ahead);
	tm.tm_year = tm.tm_year % 100 + 100; /* years since 1900: 20xx */
	when = (int64_t)timegm(&tm);
	if (when > (int64_t)limit) {
		tm.tm_year -= 100;
		when = (int64_t)timegm(&tm);
	}
	if (!is_exactly(text, form, when))
		return false;
	*utc = when;
	return true;
}

void clock_rfc3339(int64_t utc, char text[static CLOCK_TEXT_SIZE])
{
	put(utc, "%C%y-%m-%dT%H:%M:%SZ", text);
}

bool clock_parse_rfc3339(const char *text, int64_t *utc)
{
	return take(text, "%C%y-%m-%dT%H:%M:%SZ", utc);
}

void clock_http_date(int64_t utc, char text[static CLOCK_TEXT_SIZE])
{
	put(utc, "%a, %d %b %C%y %H:%M:%S GMT", text);
}

bool clock_parse_http_date(const char *text, int64_t *utc)
{
	return take(text, "%a, %d %b %C%y %H:%M:%S GMT", utc) ||
	       take(text, "%a %b %e %H:%M:%S %C%y", utc) ||
	       take_rfc850(text, utc);
}
