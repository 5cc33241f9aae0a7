#include "state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

bool state_load(struct state *state, struct fault *fault)
{
	const char *version;
	json_error_t error;
	json_t *json;
	bool ok = true;

	if (access(state->path, F_OK) != 0 && errno == ENOENT)
		return true;
	json = json_load_file(state->path, 0, &error);
	if (json_unpack_ex(json, &error, 0, "{s:I, s:s}", "serial",
			   &state->serial, "version", &version) != 0)
		ok = fault_set(fault, DEVICE_SELF, "%s: %s", state->path,
			       error.text);
	else
		snprintf(state->version, sizeof(state->version), "%s", version);
	json_decref(json);
	return ok;
}

bool state_save(const struct state *state, struct fault *fault)
{
	json_t *json =
		json_pack("{s:I, s:s}", "serial", (json_int_t)state->serial,
			  "version", state->version);
	int code = json_dump_file(json, state->path, JSON_COMPACT);

	json_decref(json);
	if (code != 0)
		return fault_set(fault, DEVICE_SELF, "%s: %s", state->path,
				 strerror(errno));
	return true;
}
