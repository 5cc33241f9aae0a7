/*
 * hello_fixture - ClientHellos made from their lists, for the tests of what
 * reads them.
 */
#ifndef OTTERD_TESTS_HELLO_FIXTURE_H
#define OTTERD_TESTS_HELLO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tls/hello.h"

enum { MESSAGE_MAX = 32 * 1024 };

/*
 * A message as hexadecimal text, where blanks do not count; NULL is what an
 * ordinary hello has there.
 */
struct parts {
	const char *type;	  /* "01" */
	const char *version;	  /* "0303" */
	const char *session_id;	  /* with its length */
	const char *ciphers;	  /* without the length */
	const char *raw_ciphers;  /* instead, with the length */
	const char *compressions; /* with the length */
	const char *extensions;	  /* "000a=00020017,0017=", or "" */
	const char *rest;	  /* instead: all after the compressions */
};

struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t len;
};

static inline void put_bytes(struct message *m, const uint8_t *bytes,
			     size_t len)
{
	assert_true(m->len + len <= sizeof(m->bytes));
	memcpy(m->bytes + m->len, bytes, len);
	m->len += len;
}

static inline void put_number(struct message *m, size_t width, size_t value)
{
	for (size_t i = width; i > 0; i--) {
		uint8_t byte = (uint8_t)(value >> 8 * (i - 1));

		put_bytes(m, &byte, 1);
	}
}

/* Put what hexadecimal digits say, up to anything else but a blank. */
static inline const char *put_digits(struct message *m, const char *text)
{
	unsigned int byte;
	int used;

	while (sscanf(text, " %2x%n", &byte, &used) == 1) {
		put_number(m, 1, byte);
		text += used;
	}
	return text;
}

static inline void fill_length(struct message *m, size_t at, size_t width)
{
	size_t end = m->len;

	m->len = at;
	put_number(m, width, end - at - width);
	m->len = end;
}

/* Begin a vector whose length takes `width` bytes; fill_length() ends it. */
static inline size_t begin_vector(struct message *m, size_t width)
{
	size_t at = m->len;

	put_number(m, width, 0);
	return at;
}

/* "000a=00020017,0017=": a type, '=' and the body, with commas between. */
static inline void put_extensions(struct message *m, const char *text)
{
	size_t all = begin_vector(m, 2);

	while (*text) {
		size_t body;

		text = put_digits(m, text);
		assert_int_equal(*text, '=');
		body = begin_vector(m, 2);
		text = put_digits(m, text + 1);
		fill_length(m, body, 2);
		text += *text == ',';
	}
	fill_length(m, all, 2);
}

static inline const char *or_usual(const char *text, const char *usual)
{
	return text ? text : usual;
}

static inline void make_message(struct message *m, const struct parts *p)
{
	static const uint8_t random[32] = {0x5a};
	size_t all, ciphers;

	m->len = 0;
	put_digits(m, or_usual(p->type, "01"));
	all = begin_vector(m, 3);
	put_digits(m, or_usual(p->version, "0303"));
	put_bytes(m, random, sizeof(random));
	put_digits(m, or_usual(p->session_id, "00"));
	if (p->raw_ciphers) {
		put_digits(m, p->raw_ciphers);
	} else {
		ciphers = begin_vector(m, 2);
		put_digits(m, or_usual(p->ciphers, "c02f 00ff"));
		fill_length(m, ciphers, 2);
	}
	put_digits(m, or_usual(p->compressions, "0100"));
	if (p->rest)
		put_digits(m, p->rest);
	else
		put_extensions(m, or_usual(p->extensions, "0017="));
	fill_length(m, all, 3);
}

/* Parse a copy of exactly that size, so that a byte past it is noticed. */
static inline bool parse_exactly(struct hello *out, const uint8_t *bytes,
				 size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	bool ok;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	ok = hello_parse(out, copy, len);
	free(copy);
	return ok;
}

static inline bool parse_parts(struct hello *out, const struct parts *p)
{
	static struct message m;

	make_message(&m, p);
	return parse_exactly(out, m.bytes, m.len);
}

#endif
