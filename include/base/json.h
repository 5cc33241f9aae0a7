/*
 * json - jansson, told to be strict, with errors in our form.
 */
#ifndef OTTERD_BASE_JSON_H
#define OTTERD_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/ident.h"

/*
 * Parse one JSON text (RFC 8259); duplicate names and bytes after it are
 * errors.  The caller owns the result; NULL with ERR_INVALID, the line and
 * the column in *err.
 */
json_t *json_parse(const char *data, size_t len, struct err *err);

/* How one member of an object is read. */
enum json_kind {
	JSON_KIND_STRING,  /* const char **, borrowed from the object */
	JSON_KIND_IDENT,   /* struct ident * */
	JSON_KIND_DIGEST,  /* struct digest *, from 64 hexadecimal digits */
	JSON_KIND_INTEGER, /* int64_t *, min..max */
	JSON_KIND_BOOL,	   /* bool * */
	JSON_KIND_ANY	   /* json_t **, borrowed from the object */
};

struct json_field {
	const char *name;
	enum json_kind kind;
	bool required;
	void *to;    /* left alone when the member is absent or null */
	int64_t min; /* for JSON_KIND_INTEGER; a string's least length */
	int64_t max; /* for JSON_KIND_INTEGER; a string's greatest length */
	bool *seen;  /* may be NULL; set to whether the member was there */
};

/*
 * Read the members of `object` by a table.  A member the table does not name,
 * a missing required one, a wrong type or a value out of bounds is
 * ERR_INVALID and the reason names the member, what was got and wanted.
 */
bool json_read(const json_t *object, const struct json_field *fields,
	       size_t count, struct err *err);

/*
 * Write compactly, in the order of insertion.  The caller frees the result.
 * NULL when out of memory.
 */
char *json_write(const json_t *value, size_t *len);

#endif
