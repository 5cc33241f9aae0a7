/*
 * ident - the names that devices, products, channels and versions go by.
 *
 * 1 to 64 characters of A-Z a-z 0-9 . _ : + - and the first one a letter or
 * a digit.  An ident needs no escaping in JSON, HTTP, SQL or a log line.
 */
#ifndef OTTERD_BASE_IDENT_H
#define OTTERD_BASE_IDENT_H

#include <stdbool.h>
#include <stddef.h>

enum { IDENT_MAX = 64 }; /* characters */

struct ident {
	char text[IDENT_MAX + 1]; /* "" where none was given */
};

/* Read `len` characters; false, and *id empty, when they are no ident. */
bool ident_parse(struct ident *id, const char *text, size_t len);

bool ident_equal(const struct ident *a, const struct ident *b);

/* What ident_parse() takes, in words, for error messages. */
extern const char ident_rule[];

#endif
