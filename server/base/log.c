#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "base/utf8.h"

enum {
	MESSAGE_SIZE = 1024, /* bytes; longer ones are cut */
	EVENT_MAX = 32,	     /* bytes; a longer one is cut */
	ESCAPED = 6,	     /* bytes that one becomes at most: \u001b */
	LINE_SIZE = ESCAPED * (MESSAGE_SIZE + EVENT_MAX) + 256 /* and names */
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

/* A line being written; LINE_SIZE has room for everything escaped. */
struct line {
	char text[LINE_SIZE];
	size_t used;
};

static void put(struct line *line, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void put(struct line *line, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line->text + line->used, LINE_SIZE - line->used, fmt,
			args);
	va_end(args);
	if (len > 0 && (size_t)len < LINE_SIZE - line->used)
		line->used += (size_t)len;
}

/* A byte that could forge a line, or that is no text at all. */
static void put_escaped(struct line *line, unsigned char c, bool json)
{
	if (!json)
		put(line, "\\x%02x", c);
	else if (c < 0x80)
		put(line, "\\u%04x", c);
	else
		put(line, "\\\\x%02x", c); /* JSON holds only characters */
}

/* Append `text` so that it cannot end the line or, in JSON, the string. */
static void put_text(struct line *line, const char *text, bool json)
{
	while (*text) {
		size_t len = utf8_printable(text);

		if (!len) {
			put_escaped(line, (unsigned char)*text++, json);
			continue;
		}
		if (json && (*text == '"' || *text == '\\'))
			line->text[line->used++] = '\\';
		memcpy(line->text + line->used, text, len);
		line->used += len;
		text += len;
	}
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

static void put_line(struct line *line, enum log_level level, const char *event,
		     const char *message)
{
	bool json = atomic_load(&log_form) == LOG_JSON;
	char now[CLOCK_TEXT_SIZE], name[EVENT_MAX + 1];

	text_copy(name, sizeof(name), event);
	if (json) {
		clock_rfc3339(clock_utc(), now);
		put(line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"", now,
		    level_name(level));
	} else {
		put(line, "<%d>", (int)level);
	}
	put_text(line, name, json);
	put(line, json ? "\",\"message\":\"" : ": ");
	put_text(line, message, json);
	put(line, json ? "\"}\n" : "\n");
}

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	char message[MESSAGE_SIZE];
	struct line line;
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	line.used = 0;
	put_line(&line, level, event, message);
	if (write(STDERR_FILENO, line.text, line.used) < 0)
		return; /* nowhere left to say it */
}
