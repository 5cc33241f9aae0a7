#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Make room for `more` bytes and a NUL. */
static bool reserve(struct strbuf *s, size_t more)
{
	size_t want, room = s->room ? s->room : 128;
	char *data;

	if (more >= STRBUF_MAX - s->len)
		s->failed = true;
	if (s->failed)
		return false;
	want = s->len + more + 1;
	if (want <= s->room)
		return true;
	while (room < want)
		room *= 2;
	data = realloc(s->data, room);
	if (!data) {
		s->failed = true;
		return false;
	}
	s->data = data;
	s->room = room;
	return true;
}

void strbuf_add(struct strbuf *s, const void *data, size_t len)
{
	if (!reserve(s, len))
		return;
	memcpy(s->data + s->len, data, len);
	s->len += len;
	s->data[s->len] = '\0';
}

void strbuf_puts(struct strbuf *s, const char *text)
{
	strbuf_add(s, text, strlen(text));
}

void strbuf_printf(struct strbuf *s, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0) {
		s->failed = true;
		return;
	}
	if (!reserve(s, (size_t)len))
		return;
	va_start(args, fmt);
	vsnprintf(s->data + s->len, (size_t)len + 1, fmt, args);
	va_end(args);
	s->len += (size_t)len;
}

char *strbuf_take(struct strbuf *s, size_t *len)
{
	char *data;

	if (!s->data)
		strbuf_puts(s, "");
	data = s->failed ? NULL : s->data;
	if (len)
		*len = data ? s->len : 0;
	if (!data)
		free(s->data);
	*s = (struct strbuf){0};
	return data;
}

void strbuf_reset(struct strbuf *s)
{
	s->len = 0;
	s->failed = false;
	if (s->data)
		s->data[0] = '\0';
}

void strbuf_free(struct strbuf *s)
{
	free(s->data);
	*s = (struct strbuf){0};
}

bool text_copy(char *field, size_t room, const char *text)
{
	size_t len = strnlen(text, room - 1);

	memcpy(field, text, len);
	field[len] = '\0';
	return !text[len];
}
