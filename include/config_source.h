/*
 * config_source - the configuration file as libyaml reads it, so that every
 * fault can be told with its line.
 *
 * Values go by their path: "server.listen", "tls.profiles[2].name".
 */
#ifndef OTTERD_CONFIG_SOURCE_H
#define OTTERD_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#include "base/err.h"

enum {
	CONFIG_FILE_MAX = 1024 * 1024, /* bytes */
	CONFIG_PATH_SIZE = 256	       /* bytes of a path, with the NUL */
};

struct config_source {
	char *name; /* the file, as the user wrote it */
	char *text;
	size_t len;
	bool parsed; /* `document` holds something */
	yaml_document_t document;
};

/*
 * Read and parse one document.  ERR_INVALID for text that is not YAML, for
 * an empty or a second document and for aliases, with file and line.
 */
bool source_open(struct config_source **out, const char *name, struct err *err);
void source_close(struct config_source *source); /* NULL is legal */

/* The value at a path, or NULL. */
yaml_node_t *source_find(const struct config_source *source, const char *path);

/* The value of a key of a mapping, or NULL. */
yaml_node_t *source_member(const struct config_source *source,
			   const yaml_node_t *mapping, const char *key);

/* The nth value of a list, or NULL. */
yaml_node_t *source_item(const struct config_source *source,
			 const yaml_node_t *list, size_t n);

/* A scalar's text. */
const char *source_text(const yaml_node_t *scalar);

/*
 * Fill *err with "FILE:LINE: PATH: " and a reason.  The line is that of the
 * value at `path` or, where it has none, of what it would be in.  Always
 * returns false.
 */
bool source_fault(const struct config_source *source, struct err *err,
		  const char *path, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Put "FILE:LINE: PATH: " before the reason that *err holds, the path being
 * given by a format.  Always returns false. */
bool source_wrap(const struct config_source *source, struct err *err,
		 const char *path_fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
