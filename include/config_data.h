/*
 * config_data - the configuration as plain data.
 *
 * What config_load() returns: names refer to what exists, numbers are within
 * bounds, paths are relative to the file no more.
 */
#ifndef OTTERD_CONFIG_DATA_H
#define OTTERD_CONFIG_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

struct config_limits {
	int64_t handshake_timeout; /* seconds */
	int64_t head_timeout;	   /* seconds */
	int64_t idle_timeout;	   /* seconds */
	int64_t stall_timeout;	   /* seconds */
	int64_t drain_timeout;	   /* seconds */
	int64_t min_rate;	   /* bytes/s */
	int64_t max_connections;
	int64_t max_connections_per_source;
	int64_t max_request_head; /* bytes */
};

struct config_certificate {
	char *name;
	char *file; /* PEM, leaf first */
	char *key;  /* PEM */
};

/* What devices in the field trust. */
struct config_anchor {
	char *name;
	char *file;	   /* PEM: one certificate */
	bool ignores_time; /* checks_time: false */
};

struct config_profile {
	char *name;
	char **certificates; /* names of config_certificate */
	size_t certificate_count;
	char *anchor;	    /* a config_anchor's name, or NULL */
	int min_version;    /* TLS1_VERSION to TLS1_3_VERSION */
	int security_level; /* of OpenSSL, 0 to 2 */
	char *ciphers;	    /* an OpenSSL cipher list for TLS 1.2 and older, or
			       NULL */
};

/* First match wins; at least one of them is set beside the profile. */
struct config_rule {
	char *sni;	   /* lower case; "" is no SNI; NULL is any */
	unsigned int port; /* 0 is any */
	char *source;	   /* CIDR, or NULL */
	int max_version;   /* TLS1_VERSION to TLS1_3_VERSION: the client offers
			      no greater one; 0 is any */
	char *ja4;	   /* a pattern with * and ?, or NULL */
	char *profile;	   /* a config_profile's name */
};

struct config_signer {
	char *name;
	char *file; /* PEM: a public key or a certificate */
};

enum config_format { CONFIG_FORMAT_ANY, CONFIG_FORMAT_RAW };

struct config_product {
	char *name;
	char **signers; /* names of config_signer */
	size_t signer_count;
	bool allow_unsigned; /* require_signature: false */
	enum config_format format;
};

struct config_places; /* where each key stands in the file */

struct config {
	char *path; /* of the file, as given */
	char *data_dir;
	char *public_url; /* https://host[:port] */
	char **listen;
	size_t listen_count;
	char **admin_listen; /* none: the API is served everywhere */
	size_t admin_listen_count;
	int64_t workers;	/* 0: one per CPU */
	int64_t poll_interval;	/* seconds */
	int64_t max_image_size; /* bytes */
	struct config_limits limits;
	enum log_level log_level;
	enum log_form log_form;

	char **pool; /* folders and files of loose certificates */
	size_t pool_count;
	struct config_anchor *anchors;
	size_t anchor_count;
	struct config_certificate *certificates;
	size_t certificate_count;
	struct config_profile *profiles;
	size_t profile_count;
	struct config_rule *rules;
	size_t rule_count;
	char *default_profile;
	char **ladder; /* profiles to be offered in turn */
	size_t ladder_count;

	struct config_signer *signers;
	size_t signer_count;
	struct config_product *products;
	size_t product_count;

	char *manifest_key;	   /* PEM */
	int64_t manifest_lifetime; /* seconds */
	int64_t keep_checkins;	   /* seconds */

	struct config_places *places;
};

#endif
