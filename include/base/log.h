/*
 * log - one line per event on standard error.
 *
 * Text lines begin with the journal's priority, "<6>event: message", as
 * sd-daemon(3) describes; JSON lines are one object each.  Bytes that could
 * forge a line (control characters) or are not UTF-8 are written as \xNN, in
 * JSON as \u00NN and \\xNN.
 */
#ifndef OTTERD_BASE_LOG_H
#define OTTERD_BASE_LOG_H

#include <stdbool.h>

/* The numbers are syslog's, RFC 5424 section 6.2.1. */
enum log_level { LOG_ERROR = 3, LOG_WARN = 4, LOG_INFO = 6, LOG_FINE = 7 };

enum log_form { LOG_TEXT, LOG_JSON };

/*
 * Choose the least urgent level that is written and the form.  The start is
 * LOG_INFO and LOG_TEXT.  Any thread.
 */
void log_setup(enum log_level level, enum log_form form);

/* Say whether events of this level are written.  Any thread. */
bool log_wants(enum log_level level);

/*
 * Write one event.  `event` is a short word for what happened ("upload",
 * "reload"); the message says the rest.  One write(2), so lines of several
 * threads never mix.  Any thread.
 */
void log_event(enum log_level level, const char *event, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
