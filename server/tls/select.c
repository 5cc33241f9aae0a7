#include "tls/select.h"

#include <stdlib.h>
#include <string.h>

struct tls_rules {
	size_t count;
	struct rule {
		struct tls_rule is; /* points into the rest */
		char *sni, *ja4;
		struct network source;
	} rules[];
};

/* "*.example.com" stands for one label, as in RFC 6125 section 6.4.3. */
static bool name_matches(const char *pattern, const char *sni)
{
	const char *dot;

	if (strncmp(pattern, "*.", 2) != 0)
		return strcmp(pattern, sni) == 0;
	dot = strchr(sni, '.');
	return dot && dot != sni && strcmp(pattern + 1, dot) == 0;
}

static bool matches(const struct tls_rule *rule,
		    const struct tls_client *client,
		    const struct sockaddr_storage *address, int port)
{
	return (!rule->port || rule->port == port) &&
	       (!rule->sni || name_matches(rule->sni, client->sni)) &&
	       (!rule->source || network_contains(rule->source, address)) &&
	       (!rule->max_version ||
		client->max_version <= rule->max_version) &&
	       (!rule->ja4 || fingerprint_matches(rule->ja4, client->ja4));
}

size_t tls_rules_choose(const struct tls_rules *rules,
			const struct tls_client *client,
			const struct sockaddr_storage *address, int port,
			size_t otherwise)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (matches(&rules->rules[i].is, client, address, port))
			return rules->rules[i].is.profile;
	}
	return otherwise;
}

static bool copy(struct rule *to, const struct tls_rule *from)
{
	to->is = *from;
	if (from->sni) {
		to->sni = strdup(from->sni);
		to->is.sni = to->sni;
	}
	if (from->ja4) {
		to->ja4 = strdup(from->ja4);
		to->is.ja4 = to->ja4;
	}
	if (from->source) {
		to->source = *from->source;
		to->is.source = &to->source;
	}
	return (!from->sni || to->sni) && (!from->ja4 || to->ja4);
}

struct tls_rules *tls_rules_new(const struct tls_rule *rules, size_t count)
{
	struct tls_rules *copies =
		calloc(1, sizeof(*copies) + count * sizeof(struct rule));

	if (!copies)
		return NULL;
	copies->count = count;
	for (size_t i = 0; i < count; i++) {
		if (!copy(&copies->rules[i], &rules[i])) {
			tls_rules_free(copies);
			return NULL;
		}
	}
	return copies;
}

void tls_rules_free(struct tls_rules *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->count; i++) {
		free(rules->rules[i].sni);
		free(rules->rules[i].ja4);
	}
	free(rules);
}
