#include "config_check.h"

#include <ctype.h>
#include <string.h>

#include <openssl/ssl.h>

#include "base/ident.h"
#include "base/network.h"
#include "config_address.h"
#include "config_document.h"
#include "config_names.h"

static bool check_names(const struct config *config, struct config_names list,
			struct err *err)
{
	for (size_t i = 0; i < list.count; i++) {
		const char *name = names_at(&list, i);
		struct ident ident;

		if (!ident_parse(&ident, name, strlen(name)))
			err_set(err, ERR_INVALID, "got '%.80s', wanted %s",
				name, ident_rule);
		else if (names_find(&list, name) < i)
			err_set(err, ERR_INVALID, "a second %s '%s'", list.kind,
				name);
		else
			continue;
		return document_wrap(config->places, err, "%s[%zu].name",
				     list.key, i);
	}
	return true;
}

static bool check_name(const struct config_names *list, const char *name,
		       struct err *err)
{
	return names_find(list, name) < list->count ||
	       err_set(err, ERR_NOT_FOUND, "no %s '%.80s' in %s", list->kind,
		       name, list->key);
}

static bool check_profile(const struct config *config, size_t i,
			  struct err *err)
{
	struct config_names certificates = names_of_certificates(config);
	struct config_names anchors = names_of_anchors(config);
	const struct config_profile *p = &config->profiles[i];

	for (size_t j = 0; j < p->certificate_count; j++) {
		if (!check_name(&certificates, p->certificates[j], err))
			return document_wrap(
				config->places, err,
				"tls.profiles[%zu].certificates[%zu]", i, j);
	}
	if (p->anchor && !check_name(&anchors, p->anchor, err))
		return document_wrap(config->places, err,
				     "tls.profiles[%zu].anchor", i);
	if (p->ciphers && strchr(p->ciphers, '@')) {
		err_set(err, ERR_INVALID,
			"got '@', wanted ciphers only: the level has a key of "
			"its own, security_level");
		return document_wrap(config->places, err,
				     "tls.profiles[%zu].ciphers", i);
	}
	if (p->min_version >= TLS1_2_VERSION || p->security_level == 0)
		return true;
	err_set(err, ERR_INVALID,
		"got %d, wanted 0 with a min_version below 1.2, which OpenSSL "
		"speaks at no other level",
		p->security_level);
	return document_wrap(config->places, err,
			     "tls.profiles[%zu].security_level", i);
}

static bool check_profiles(const struct config *config, struct err *err)
{
	for (size_t i = 0; i < config->profile_count; i++) {
		if (!check_profile(config, i, err))
			return false;
	}
	return true;
}

static bool check_ladder(const struct config *config, struct err *err)
{
	struct config_names profiles = names_of_profiles(config);

	for (size_t i = 0; i < config->ladder_count; i++) {
		const char *name = config->ladder[i];
		size_t j = 0;

		while (strcmp(config->ladder[j], name) != 0)
			j++;
		if (j < i)
			err_set(err, ERR_INVALID, "'%.80s' a second time",
				name);
		else if (check_name(&profiles, name, err))
			continue;
		return document_wrap(config->places, err, "tls.ladder[%zu]", i);
	}
	return true;
}

static bool check_rule(const struct config *config, struct config_rule *rule,
		       const char **member, struct err *err)
{
	static const char ja4_set[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_*?";
	struct config_names list = names_of_profiles(config);
	struct network network;

	*member = ".sni";
	if (rule->sni && !address_is_sni(rule->sni))
		return err_set(err, ERR_INVALID,
			       "got '%.80s', wanted a host name, \"*.\" and a "
			       "host name, an address, or \"\" for none",
			       rule->sni);
	*member = ".source";
	if (rule->source && !network_parse(&network, rule->source))
		return err_set(err, ERR_INVALID,
			       "got '%.80s', wanted \"192.0.2.0/24\", "
			       "\"2001:db8::/32\" or one address",
			       rule->source);
	*member = ".ja4";
	if (rule->ja4 && (!*rule->ja4 || rule->ja4[strspn(rule->ja4, ja4_set)]))
		return err_set(err, ERR_INVALID,
			       "got '%.80s', wanted a JA4 as GET "
			       "/api/v1/handshakes shows it, with * for any "
			       "characters and ? for one",
			       rule->ja4);
	*member = "";
	if (!rule->sni && !rule->port && !rule->source && !rule->max_version &&
	    !rule->ja4)
		return err_set(err, ERR_INVALID,
			       "matches every client, wanted sni, port, "
			       "source, max_version or ja4");
	*member = ".profile";
	return check_name(&list, rule->profile, err);
}

static bool check_rules(const struct config *config, struct err *err)
{
	for (size_t i = 0; i < config->rule_count; i++) {
		struct config_rule *rule = &config->rules[i];
		const char *member;

		if (!check_rule(config, rule, &member, err))
			return document_wrap(config->places, err,
					     "tls.select[%zu]%s", i, member);
		for (char *p = rule->sni; p && *p; p++)
			*p = (char)tolower((unsigned char)*p);
	}
	return true;
}

static bool check_default_profile(const struct config *config, struct err *err)
{
	struct config_names list = names_of_profiles(config);

	return check_name(&list, config->default_profile, err) ||
	       document_wrap(config->places, err, "tls.default_profile");
}

static bool check_products(const struct config *config, struct err *err)
{
	struct config_names list = names_of_signers(config);

	for (size_t i = 0; i < config->product_count; i++) {
		const struct config_product *p = &config->products[i];

		if (!p->signer_count && !p->allow_unsigned) {
			err_set(err, ERR_INVALID,
				"none, wanted at least one or "
				"require_signature: false");
			return document_wrap(config->places, err,
					     "products[%zu].signers", i);
		}
		for (size_t j = 0; j < p->signer_count; j++) {
			if (!check_name(&list, p->signers[j], err))
				return document_wrap(
					config->places, err,
					"products[%zu].signers[%zu]", i, j);
		}
	}
	return true;
}

/* ---- addresses ---------------------------------------------------------- */

static bool check_address(const char *address, unsigned int *port,
			  struct err *err)
{
	return address_is_listen(address, port) ||
	       err_set(err, ERR_INVALID,
		       "got '%.80s', wanted \"192.0.2.1:8443\" or "
		       "\"[::]:8443\"",
		       address);
}

/*
 * The API has ports of its own, since of a socket that systemd hands over
 * only the port says which it is.
 */
static bool check_admin_port(const struct config *config, unsigned int port,
			     struct err *err)
{
	for (size_t i = 0; port && i < config->listen_count; i++) {
		unsigned int other;

		if (address_is_listen(config->listen[i], &other) &&
		    other == port)
			return err_set(err, ERR_INVALID,
				       "port %u is in server.listen too, "
				       "wanted another one",
				       port);
	}
	return true;
}

static bool check_addresses(const struct config *config, struct err *err)
{
	unsigned int port;

	for (size_t i = 0; i < config->listen_count; i++) {
		if (!check_address(config->listen[i], &port, err))
			return document_wrap(config->places, err,
					     "server.listen[%zu]", i);
	}
	for (size_t i = 0; i < config->admin_listen_count; i++) {
		if (!check_address(config->admin_listen[i], &port, err) ||
		    !check_admin_port(config, port, err))
			return document_wrap(config->places, err,
					     "server.admin_listen[%zu]", i);
	}
	return true;
}

static bool check_url(const struct config *config, struct err *err)
{
	if (address_is_url(config->public_url))
		return true;
	err_set(err, ERR_INVALID,
		"got '%.200s', wanted \"https://HOST\" or "
		"\"https://HOST:PORT\" and nothing behind it",
		config->public_url);
	return document_wrap(config->places, err, "server.public_url");
}

static bool check_manifest(const struct config *config, struct err *err)
{
	if (config->manifest_key)
		return true;
	err_set(err, ERR_INVALID,
		"missing; 'otterd keygen --out manifest-key.pem' makes one");
	return document_wrap(config->places, err, "manifest.key");
}

bool config_check(struct config *config, struct err *err)
{
	return check_url(config, err) && check_addresses(config, err) &&
	       check_names(config, names_of_anchors(config), err) &&
	       check_names(config, names_of_certificates(config), err) &&
	       check_names(config, names_of_profiles(config), err) &&
	       check_names(config, names_of_signers(config), err) &&
	       check_names(config, names_of_products(config), err) &&
	       check_profiles(config, err) && check_rules(config, err) &&
	       check_ladder(config, err) &&
	       check_default_profile(config, err) &&
	       check_products(config, err) && check_manifest(config, err);
}
