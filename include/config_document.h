/*
 * config_document - the configuration file as a YAML document: is it of the
 * schema's form, and on which line does each key stand?
 *
 * libcyaml reads values into structs, but lets repeated keys and misspelt
 * booleans pass and forgets the lines.  So the document is walked beside
 * libcyaml's own schema first.
 */
#ifndef OTTERD_CONFIG_DOCUMENT_H
#define OTTERD_CONFIG_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include <cyaml/cyaml.h>

#include "base/err.h"

struct config_places;

/*
 * Check the `len` bytes of the file `path` against a schema of mappings,
 * lists, texts, words (CYAML_ENUM), ports (CYAML_UINT) and keys that are not
 * supported yet (CYAML_IGNORE: refused unless an empty list).  A word whose
 * value is negative is not supported yet.  The caller owns *out.  ERR_INVALID
 * reads "FILE:LINE: KEY: reason".
 */
bool document_check(struct config_places **out, const char *path,
		    const char *text, size_t len,
		    const cyaml_schema_value_t *schema, struct err *err);
void document_free(struct config_places *places); /* NULL is legal */

/*
 * Put "FILE:LINE: KEY: " before the reason in *err.  The format makes the
 * key, as "tls.profiles[0].certificates[2]"; when the file does not have it,
 * the line is that of the nearest key around it.  Always returns false.
 */
bool document_wrap(const struct config_places *places, struct err *err,
		   const char *key_fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
