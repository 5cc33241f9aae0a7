/*
 * config_check - does the configuration agree with itself?
 */
#ifndef OTTERD_CONFIG_CHECK_H
#define OTTERD_CONFIG_CHECK_H

#include <stdbool.h>

#include "base/err.h"
#include "config_data.h"

/*
 * Check addresses, names and what refers to them, and write SNI in lower
 * case.  Defaults are filled in already.  Reasons as config_load() gives
 * them.
 */
bool config_check(struct config *config, struct err *err);

#endif
