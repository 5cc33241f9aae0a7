/*
 * config_names - what the configuration calls by a name.
 */
#ifndef OTTERD_CONFIG_NAMES_H
#define OTTERD_CONFIG_NAMES_H

#include <stddef.h>

#include "config_data.h"

/* A list of structs that begin with their name. */
struct config_names {
	const char *key;  /* of the list */
	const char *kind; /* of one entry */
	const void *items;
	size_t count;
	size_t stride; /* bytes */
};

/* Borrowed from the configuration. */
struct config_names names_of_certificates(const struct config *config);
struct config_names names_of_profiles(const struct config *config);
struct config_names names_of_anchors(const struct config *config);
struct config_names names_of_signers(const struct config *config);
struct config_names names_of_products(const struct config *config);

const char *names_at(const struct config_names *names, size_t i);

/* The first index of a name, or the count when there is none. */
size_t names_find(const struct config_names *names, const char *name);

#endif
