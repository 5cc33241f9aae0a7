/*
 * config - the configuration file, read whole and checked.
 *
 * What config_load() returns holds everything the file says or leaves to a
 * default: names refer to what exists, numbers are within bounds, paths are
 * relative to the file no more.
 */
#ifndef OTTERD_CONFIG_H
#define OTTERD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"

#define CONFIG_DEFAULT_PATH "/etc/otterd/otterd.yaml"

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

struct config_profile {
	char *name;
	char **certificates; /* names of config_certificate */
	size_t certificate_count;
	int min_version; /* TLS1_2_VERSION or TLS1_3_VERSION */
};

/* First match wins; at least one of sni and port is set. */
struct config_rule {
	char *sni;	   /* lower case; "" is no SNI; NULL is any */
	unsigned int port; /* 0 is any */
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

	struct config_certificate *certificates;
	size_t certificate_count;
	struct config_profile *profiles;
	size_t profile_count;
	struct config_rule *rules;
	size_t rule_count;
	char *default_profile;

	struct config_signer *signers;
	size_t signer_count;
	struct config_product *products;
	size_t product_count;

	char *manifest_key;	   /* PEM */
	int64_t manifest_lifetime; /* seconds */
	int64_t keep_checkins;	   /* seconds */

	struct config_places *places;
};

/*
 * Read and check the file.  The caller owns *out.  ERR_INVALID reads
 * "FILE:LINE: KEY: what was got and what is wanted".  No file that the
 * configuration names is opened.
 */
bool config_load(struct config **out, const char *path, struct err *err);
void config_free(struct config *config); /* NULL is legal */

/*
 * Put "FILE:LINE: KEY: " before the reason in *err, for what turned out wrong
 * later with the key that the format names, as "tls.certificates[0].file".
 * The line is that of the nearest key around it when it has none itself.
 * Always returns false.
 */
bool config_wrap(const struct config *config, struct err *err,
		 const char *key_fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The index of the certificate, profile or signer of that name, which the
 * configuration holds. */
size_t config_certificate(const struct config *config, const char *name);
size_t config_profile(const struct config *config, const char *name);
size_t config_signer(const struct config *config, const char *name);

#endif
