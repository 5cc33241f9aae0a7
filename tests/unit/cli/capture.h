/* What a call prints, for the tests of commands. */
#ifndef OTTERD_TESTS_CLI_CAPTURE_H
#define OTTERD_TESTS_CLI_CAPTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

/* A stream that goes to a file for a while. */
struct capture {
	FILE *stream; /* stdout or stderr */
	FILE *file;
	int saved;
};

static inline struct capture capture_begin(FILE *stream)
{
	struct capture c = {.stream = stream, .file = tmpfile()};

	assert_non_null(c.file);
	fflush(stream);
	c.saved = dup(fileno(stream));
	dup2(fileno(c.file), fileno(stream));
	return c;
}

/* What was written, cut to fit. */
static inline void capture_end(struct capture *c, char *text, size_t room)
{
	ssize_t n;

	fflush(c->stream);
	dup2(c->saved, fileno(c->stream));
	close(c->saved);
	n = pread(fileno(c->file), text, room - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	fclose(c->file);
}

/* What the call writes to the stream. */
#define capture(stream, text, room, call)                     \
	do {                                                  \
		struct capture begun = capture_begin(stream); \
		call;                                         \
		capture_end(&begun, text, room);              \
	} while (0)

#endif
