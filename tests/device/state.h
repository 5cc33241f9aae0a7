/*
 * state - what the device remembers over a restart, as its flash would.
 */
#ifndef DEVICE_STATE_H
#define DEVICE_STATE_H

#include <jansson.h>
#include <stdbool.h>

#include "fault.h"

struct state {
	const char *path;
	json_int_t serial; /* the highest manifest serial seen */
	char version[65];  /* what it runs */
};

/* A file that is not there leaves *state as it is. */
bool state_load(struct state *state, struct fault *fault);
bool state_save(const struct state *state, struct fault *fault);

#endif
