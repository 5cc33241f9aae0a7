#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	MESSAGE_SIZE = 1024,		   /* bytes; longer ones are cut */
	LINE_SIZE = 6 * MESSAGE_SIZE + 256 /* every byte escaped, and names */
};

static _Atomic int log_level = LOG_INFO;
static _Atomic int log_form = LOG_TEXT;

void log_setup(enum log_level level, enum log_form form)
{
	atomic_store(&log_level, (int)level);
	atomic_store(&log_form, (int)form);
}

bool log_wants(enum log_level level)
{
	return (int)level <= atomic_load(&log_level);
}

/* Append `text` so that it cannot end the line or, in JSON, the string. */
static size_t put_text(char *line, size_t used, const char *text, bool json)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (json && (c == '"' || c == '\\')) {
			line[used++] = '\\';
			line[used++] = (char)c;
		} else if (c < 0x20 || c == 0x7f) {
			used += (size_t)sprintf(
				line + used, json ? "\\u%04x" : "\\x%02x", c);
		} else {
			line[used++] = (char)c;
		}
	}
	return used;
}

static const char *level_name(enum log_level level)
{
	switch (level) {
	case LOG_ERROR:
		return "error";
	case LOG_WARN:
		return "warning";
	case LOG_INFO:
		return "info";
	case LOG_FINE:
		return "debug";
	}
	return "info";
}

static size_t put_line(char line[static LINE_SIZE], enum log_level level,
		       const char *event, const char *message)
{
	bool json = atomic_load(&log_form) == LOG_JSON;
	char now[CLOCK_TEXT_SIZE];
	size_t used;

	if (json) {
		clock_rfc3339(clock_utc(), now);
		used = (size_t)snprintf(line, LINE_SIZE,
					"{\"time\":\"%s\",\"level\":\"%s\","
					"\"event\":\"%s\",\"message\":\"",
					now, level_name(level), event);
	} else {
		used = (size_t)snprintf(line, LINE_SIZE, "<%d>%s: ", level,
					event);
	}
	used = put_text(line, used, message, json);
	if (json) {
		line[used++] = '"';
		line[used++] = '}';
	}
	line[used++] = '\n';
	return used;
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	char message[MESSAGE_SIZE];
	char line[LINE_SIZE];
	va_list args;
	size_t used;

	if (!log_wants(level))
		return;
	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	used = put_line(line, level, event, message);
	if (write(STDERR_FILENO, line, used) < 0)
		return; /* nowhere left to say it */
}
