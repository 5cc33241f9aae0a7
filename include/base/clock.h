/*
 * clock - the two clocks and the ways time is written.
 *
 * Deadlines use the monotonic clock, in milliseconds.  What people and
 * devices see uses UTC, in seconds since 1970.
 */
#ifndef OTTERD_BASE_CLOCK_H
#define OTTERD_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_TEXT_SIZE = 40 }; /* bytes for any text form, with the NUL */

/* Milliseconds or microseconds of CLOCK_MONOTONIC.  Any thread. */
uint64_t clock_ms(void);
uint64_t clock_us(void);

/* Seconds since 1970 UTC.  Any thread. */
int64_t clock_utc(void);

/* "2026-11-21T04:00:00Z", RFC 3339 section 5.6. */
void clock_rfc3339(int64_t utc, char text[static CLOCK_TEXT_SIZE]);

/* Read exactly that form; nothing may follow.  False when it is not. */
bool clock_parse_rfc3339(const char *text, int64_t *utc);

/* "Sat, 21 Nov 2026 04:00:00 GMT", IMF-fixdate of RFC 9110 section 5.6.7. */
void clock_http_date(int64_t utc, char text[static CLOCK_TEXT_SIZE]);

/*
 * Read an HTTP-date in any of the three forms of RFC 9110 section 5.6.7.
 * False when it is none of them.
 */
bool clock_parse_http_date(const char *text, int64_t *utc);

#endif
