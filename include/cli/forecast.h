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
 * when its links end, and which devices are stranded: those of a profile that
 * is no more, and where time counts those for whom a link or the anchor ends
 * within the time.  Who was seen since an end does not mind that end.
 *
 * *stranded is how many there are; standard error tells of them too, and that
 * there is no database yet.  The reason of a fault in the configuration or in
 * a file begins with FILE:LINE.
 */
bool forecast(const struct forecast_options *options, int64_t *stranded,
	      struct err *err);

#endif
