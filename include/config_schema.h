/*
 * config_schema - which keys the configuration file has, for libcyaml.
 */
#ifndef OTTERD_CONFIG_SCHEMA_H
#define OTTERD_CONFIG_SCHEMA_H

#include <cyaml/cyaml.h>

#include "config_data.h"
#include "config_number.h"

/* What libcyaml fills.  struct config comes first: who has one has both. */
struct config_file {
	struct config config;
	char *numbers[CONFIG_NUMBERS]; /* as written; NULL: not there */
	_Atomic int sharers;	       /* owners beside the first one */
};

enum {
	CONFIG_LIST_MAX = 1000, /* entries of any list */
	CONFIG_LISTEN_MAX = 16, /* addresses; every worker has a descriptor
				   for each */
	CONFIG_LADDER_MAX = 15, /* profiles beside the default one */
	CONFIG_TEXT_MAX = 4096	/* characters: PATH_MAX */
};

/* A security level as libcyaml fills it in, where 0 is "not there". */
#define CONFIG_SECURITY(level) ((level) + 1)

extern const cyaml_schema_value_t config_schema;

#endif
