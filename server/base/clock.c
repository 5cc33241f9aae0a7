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

/* otterd never calls setlocale, so names of days and months are English. */
static void put(int64_t utc, const char *form,
		char text[static CLOCK_TEXT_SIZE])
{
	time_t when = (time_t)utc;
	struct tm tm;

	if (!gmtime_r(&when, &tm) ||
	    !strftime(text, CLOCK_TEXT_SIZE, form, &tm))
		text[0] = '\0';
}

static bool take(const char *text, const char *form, int64_t *utc)
{
	struct tm tm = {0};
	const char *end = strptime(text, form, &tm);

	if (!end || *end)
		return false;
	*utc = (int64_t)timegm(&tm);
	return true;
}

void clock_rfc3339(int64_t utc, char text[static CLOCK_TEXT_SIZE])
{
	put(utc, "%Y-%m-%dT%H:%M:%SZ", text);
}

bool clock_parse_rfc3339(const char *text, int64_t *utc)
{
	return take(text, "%Y-%m-%dT%H:%M:%SZ", utc);
}

void clock_http_date(int64_t utc, char text[static CLOCK_TEXT_SIZE])
{
	put(utc, "%a, %d %b %Y %H:%M:%S GMT", text);
}

bool clock_parse_http_date(const char *text, int64_t *utc)
{
	return take(text, "%a, %d %b %Y %H:%M:%S GMT", utc) ||
	       take(text, "%A, %d-%b-%y %H:%M:%S GMT", utc) ||
	       take(text, "%a %b %e %H:%M:%S %Y", utc);
}
