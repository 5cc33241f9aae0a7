#include "pki/known.h"

#include <string.h>

static const struct known_family *const families[] = {
	&known_letsencrypt,
	&known_others,
};

enum { FAMILIES = sizeof(families) / sizeof(families[0]) };

size_t known_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < FAMILIES; i++)
		count += families[i]->count;
	return count;
}

const struct known *known_at(size_t i)
{
	for (size_t f = 0; f < FAMILIES; f++) {
		if (i < families[f]->count)
			return &families[f]->rows[i];
		i -= families[f]->count;
	}
	return NULL;
}

const struct known *known_find(const struct digest *sha256)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(sha256, hex);
	for (size_t i = 0; i < known_count(); i++) {
		if (!strcmp(known_at(i)->sha256, hex))
			return known_at(i);
	}
	return NULL;
}

const struct known *known_holder(const char *subject, const char *key_id)
{
	for (size_t i = 0; i < known_count(); i++) {
		if (!strcmp(known_at(i)->subject, subject) &&
		    (!key_id || !strcmp(known_at(i)->key_id, key_id)))
			return known_at(i);
	}
	return NULL;
}
