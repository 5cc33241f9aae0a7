/*
 * config - the configuration file, read and judged.
 *
 * For commands and top-level files only: all others are told what they need.
 */
#ifndef OTTERD_CONFIG_H
#define OTTERD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "config_data.h"

#define CONFIG_DEFAULT_PATH "/etc/otterd/otterd.yaml"

/*
 * Read the file `path`.  Relative paths in it are made relative to its
 * directory.  The files it names are not opened.  On failure *out is NULL and
 * the reason begins with "FILE:LINE: ".  The caller owns *out.
 */
bool config_load(struct config **out, const char *path, struct err *err);
void config_free(struct config *config); /* NULL is legal */

/* Where a name that the configuration refers to stands in its list. */
size_t config_certificate(const struct config *config, const char *name);
size_t config_profile(const struct config *config, const char *name);
size_t config_signer(const struct config *config, const char *name);

#endif
