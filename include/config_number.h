/*
 * config_number - the numbers of the configuration: their units, bounds and
 * defaults, in one table.
 */
#ifndef OTTERD_CONFIG_NUMBER_H
#define OTTERD_CONFIG_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum config_number {
	CONFIG_WORKERS,
	CONFIG_POLL_INTERVAL,
	CONFIG_MAX_IMAGE_SIZE,
	CONFIG_HANDSHAKE_TIMEOUT,
	CONFIG_HEAD_TIMEOUT,
	CONFIG_IDLE_TIMEOUT,
	CONFIG_STALL_TIMEOUT,
	CONFIG_DRAIN_TIMEOUT,
	CONFIG_MIN_RATE,
	CONFIG_MAX_CONNECTIONS,
	CONFIG_MAX_CONNECTIONS_PER_SOURCE,
	CONFIG_MAX_REQUEST_HEAD,
	CONFIG_MANIFEST_LIFETIME,
	CONFIG_KEEP_CHECKINS,
	CONFIG_NUMBERS
};

/* The key it stands under, and where it goes in struct config. */
const char *number_key(enum config_number which);
size_t number_offset(enum config_number which);

/*
 * Read a number as written: durations as "30s", "5m", "24h", "90d", in
 * seconds; sizes as "4096", "512K", "16M", "1G", in bytes.  NULL is its
 * default.  ERR_INVALID says what was got and what is wanted.
 */
bool number_read(int64_t *value, enum config_number which, const char *text,
		 struct err *err);

#endif
