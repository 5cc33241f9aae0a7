/*
 * config_data - the configuration as plain data.
 *
 * Made by config_load() only, so what is here is within its bounds, every
 * name that is referred to exists, and every path is complete.
 */
#ifndef OTTERD_CONFIG_DATA_H
#define OTTERD_CONFIG_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "config_source.h"

enum { CONFIG_WORKERS_MAX = 64 };

struct config_server {
	char *data_dir;
	char *public_url; /* "https://host[:port]" */
	char **listen;	  /* as listen_open() takes them */
	unsigned int listen_count;
	char **admin_listen; /* when there are any: /api only there */
	unsigned int admin_listen_count;
	enum log_level log_level;
	enum log_form log_form;
	int64_t workers;	/* 0 is one per processor */
	int64_t poll_interval;	/* seconds */
	int64_t max_image_size; /* bytes */
};

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

/* In everything that has a name, the name comes first. */
struct config_anchor {
	char *name;
	char *file;
	bool checks_time;
};

struct config_certificate {
	char *name;
	char *file; /* the chain, leaf first */
	char *key;
};

struct config_profile {
	char *name;
	char **certificates;
	unsigned int certificates_count;
	char *anchor;
	int min_version; /* TLS1_2_VERSION or TLS1_3_VERSION */
};

struct config_rule {
	char *sni;    /* lower case; NULL is any, "" is none */
	int64_t port; /* 0 is any */
	char *source;
	char *max_version;
	char *ja4;
	char *profile;
};

struct config_signer {
	char *name;
	char *file;
};

struct config_legacy_url {
	char *path;
	char *serve;
	char *channel;
};

struct config_product {
	char *name;
	char **signers;
	unsigned int signers_count;
	bool require_signature;
	char *format;
	struct config_legacy_url *legacy_urls;
	unsigned int legacy_urls_count;
};

struct config_tls {
	char **pool;
	unsigned int pool_count;
	struct config_anchor *anchors;
	unsigned int anchors_count;
	struct config_certificate *certificates;
	unsigned int certificates_count;
	struct config_profile *profiles;
	unsigned int profiles_count;
	struct config_rule *select;
	unsigned int select_count;
	char *default_profile;
	char **ladder;
	unsigned int ladder_count;
};

struct config {
	struct config_source *source; /* where each value stands */
	struct config_server server;
	struct config_limits limits;
	struct config_tls tls;
	struct config_signer *signers;
	unsigned int signers_count;
	struct config_product *products;
	unsigned int products_count;
	char *manifest_key;	   /* a file */
	int64_t manifest_lifetime; /* seconds */
	int64_t keep_checkins;	   /* seconds */
};

#endif
