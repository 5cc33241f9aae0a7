#include "config_names.h"

#include <string.h>

#define NAMES(key_, kind_, list, count_)        \
	((struct config_names){.key = key_,     \
			       .kind = kind_,   \
			       .items = list,   \
			       .count = count_, \
			       .stride = sizeof((list)[0])})

struct config_names names_of_certificates(const struct config *config)
{
	return NAMES("tls.certificates", "certificate", config->certificates,
		     config->certificate_count);
}

struct config_names names_of_profiles(const struct config *config)
{
	return NAMES("tls.profiles", "profile", config->profiles,
		     config->profile_count);
}

struct config_names names_of_anchors(const struct config *config)
{
	return NAMES("tls.anchors", "anchor", config->anchors,
		     config->anchor_count);
}

struct config_names names_of_signers(const struct config *config)
{
	return NAMES("signers", "signer", config->signers,
		     config->signer_count);
}

struct config_names names_of_products(const struct config *config)
{
	return NAMES("products", "product", config->products,
		     config->product_count);
}

const char *names_at(const struct config_names *names, size_t i)
{
	const void *item = (const char *)names->items + i * names->stride;

	return *(char *const *)item;
}

size_t names_find(const struct config_names *names, const char *name)
{
	size_t i = 0;

	while (i < names->count && strcmp(names_at(names, i), name) != 0)
		i++;
	return i;
}
