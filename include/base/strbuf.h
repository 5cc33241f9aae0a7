/*
 * strbuf - a string that grows.
 *
 * A failed allocation is remembered and makes everything after it a no-op,
 * so a caller may check once, at the end.
 */
#ifndef OTTERD_BASE_STRBUF_H
#define OTTERD_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

enum { STRBUF_MAX = 1 << 30 }; /* bytes, with the NUL; more is a failure */

/* Zero-initialise it; data is NUL-terminated once anything was added. */
struct strbuf {
	char *data;
	size_t len;  /* bytes, without the NUL */
	size_t room; /* bytes allocated */
	bool failed; /* out of memory, too long, or the format failed */
};

void strbuf_add(struct strbuf *s, const void *data, size_t len);
void strbuf_puts(struct strbuf *s, const char *text);
void strbuf_printf(struct strbuf *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Give the string away: the caller owns the result and frees it with free().
 * *len, when not NULL, gets its length.  NULL when anything failed; *s is
 * empty afterwards in both cases.
 */
char *strbuf_take(struct strbuf *s, size_t *len);

/* Forget the content, keep the memory. */
void strbuf_reset(struct strbuf *s);
void strbuf_free(struct strbuf *s);

/*
 * Copy a string into a field of `room` bytes, cut to fit and always with its
 * NUL.  False when it was cut.
 */
bool text_copy(char *field, size_t room, const char *text);

#endif
