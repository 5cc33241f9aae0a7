/*
 * config - the configuration file, read whole and checked.
 */
#ifndef OTTERD_CONFIG_H
#define OTTERD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "config_data.h"

#define CONFIG_DEFAULT_PATH "/etc/otterd/otterd.yaml"

/*
 * Read and check the file.  The caller owns *out.  ERR_INVALID reads
 * "FILE:LINE: KEY: what was got and what is wanted".  No file that the
 * configuration names is opened.
 */
bool config_load(struct config **out, const char *path, struct err *err);
void config_free(struct config *config); /* NULL is legal */

/* One more owner of the same configuration, who frees it too.  Any thread. */
struct config *config_share(const struct config *config);

/*
 * Put "FILE:LINE: KEY: " before the reason in *err, for what turned out wrong
 * later with the key that the format names, as "tls.certificates[0].file".
 * The line is that of the nearest key around it when it has none itself.
 * Always returns false.
 */
bool config_wrap(const struct config *config, struct err *err,
		 const char *key_fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The index of the certificate, anchor, profile or signer of that name, which
 * the configuration holds. */
size_t config_anchor(const struct config *config, const char *name);
size_t config_certificate(const struct config *config, const char *name);
size_t config_profile(const struct config *config, const char *name);
size_t config_signer(const struct config *config, const char *name);

#endif
