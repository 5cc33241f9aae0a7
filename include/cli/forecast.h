/*
 * forecast - which devices a date will strand, as `otterd chains --report`
 * tells it.
 */
#ifndef OTTERD_CLI_FORECAST_H
#define OTTERD_CLI_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct forecast_options {
	const char *config; /* the file */
	int64_t within;	    /* seconds from now */
	bool all;	    /* name all devices, not the first hundred */
	bool json;
};

/*
 * Print for each profile of the configuration, and for each that devices used
 * last and the configuration no longer has, how many devices depend on it,
 * when its links end, and which devices that strands.  *stranded is how many
 * those are.  While there is no database there are none, which standard error
 * says.
 */
bool forecast(const struct forecast_options *options, int64_t *stranded,
	      struct err *err);

#endif
