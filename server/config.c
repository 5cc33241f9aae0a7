#include "config.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include "base/file.h"
#include "config_check.h"
#include "config_document.h"
#include "config_names.h"
#include "config_schema.h"

enum {
	FILE_MAX = 1024 * 1024, /* bytes */
	KEY_SIZE = 256		/* bytes of "tls.profiles[0].name" */
};

static const char default_listen[] = "[::]:8443";

static const cyaml_config_t cyaml = {.mem_fn = cyaml_mem,
				     .flags = CYAML_CFG_DEFAULT};

static struct config_file *file_of(struct config *config)
{
	return (struct config_file *)config;
}

void config_free(struct config *config)
{
	if (!config || atomic_fetch_sub(&file_of(config)->sharers, 1) > 0)
		return;
	document_free(config->places);
	free(config->path);
	cyaml_free(&cyaml, &config_schema, file_of(config), 0);
}

struct config *config_share(const struct config *config)
{
	struct config_file *file = file_of((struct config *)config);

	atomic_fetch_add(&file->sharers, 1);
	return &file->config;
}

bool config_wrap(const struct config *config, struct err *err,
		 const char *key_fmt, ...)
{
	char key[KEY_SIZE];
	va_list args;

	va_start(args, key_fmt);
	vsnprintf(key, sizeof(key), key_fmt, args);
	va_end(args);
	return document_wrap(config->places, err, "%s", key);
}

size_t config_anchor(const struct config *config, const char *name)
{
	struct config_names names = names_of_anchors(config);

	return names_find(&names, name);
}

size_t config_certificate(const struct config *config, const char *name)
{
	struct config_names names = names_of_certificates(config);

	return names_find(&names, name);
}

size_t config_profile(const struct config *config, const char *name)
{
	struct config_names names = names_of_profiles(config);

	return names_find(&names, name);
}

size_t config_signer(const struct config *config, const char *name)
{
	struct config_names names = names_of_signers(config);

	return names_find(&names, name);
}

/* ---- what libcyaml leaves to do ----------------------------------------- */

static bool read_numbers(struct config_file *file, struct err *err)
{
	struct config *config = &file->config;

	for (enum config_number i = 0; i < CONFIG_NUMBERS; i++) {
		void *to = (char *)config + number_offset(i);

		if (!number_read(to, i, file->numbers[i], err))
			return config_wrap(config, err, "%s", number_key(i));
	}
	return true;
}

static bool fill_listen(struct config *config)
{
	if (config->listen_count)
		return true;
	config->listen = calloc(1, sizeof(*config->listen));
	if (!config->listen)
		return false;
	config->listen[0] = strdup(default_listen);
	config->listen_count = 1;
	return config->listen[0];
}

/* OpenSSL speaks TLS 1.0 and 1.1 at level 0 only. */
static void fill_profile(struct config_profile *profile)
{
	if (!profile->min_version)
		profile->min_version = TLS1_2_VERSION;
	if (!profile->security_level)
		profile->security_level = CONFIG_SECURITY(
			profile->min_version < TLS1_2_VERSION ? 0 : 2);
	profile->security_level -= CONFIG_SECURITY(0);
}

static bool fill_defaults(struct config *config, struct err *err)
{
	if (!config->log_level)
		config->log_level = LOG_INFO;
	for (size_t i = 0; i < config->profile_count; i++)
		fill_profile(&config->profiles[i]);
	if (!config->default_profile)
		config->default_profile = strdup(config->profiles[0].name);
	return (config->default_profile && fill_listen(config)) ||
	       err_memory(err);
}

/* Make a relative path relative to the directory of the file. */
static bool complete_path(char **path, const struct config *config)
{
	const char *slash = strrchr(config->path, '/');
	char *complete;

	if (!*path || (*path)[0] == '/' || !slash)
		return true;
	if (asprintf(&complete, "%.*s%s", (int)(slash + 1 - config->path),
		     config->path, *path) < 0)
		return false;
	free(*path);
	*path = complete;
	return true;
}

static bool complete_paths(struct config *config, struct err *err)
{
	bool ok = complete_path(&config->data_dir, config) &&
		  complete_path(&config->manifest_key, config);

	for (size_t i = 0; i < config->certificate_count; i++) {
		ok = ok &&
		     complete_path(&config->certificates[i].file, config) &&
		     complete_path(&config->certificates[i].key, config);
	}
	for (size_t i = 0; i < config->pool_count; i++)
		ok = ok && complete_path(&config->pool[i], config);
	for (size_t i = 0; i < config->anchor_count; i++)
		ok = ok && complete_path(&config->anchors[i].file, config);
	for (size_t i = 0; i < config->signer_count; i++)
		ok = ok && complete_path(&config->signers[i].file, config);
	return ok || err_memory(err);
}

/* ---- reading ------------------------------------------------------------ */

/* The document has been checked, so that only memory can be wanting. */
static bool fill_struct(struct config_file **out, const char *path,
			const char *text, size_t len, struct err *err)
{
	cyaml_data_t *data = NULL;
	cyaml_err_t fault = cyaml_load_data((const uint8_t *)text, len, &cyaml,
					    &config_schema, &data, NULL);

	*out = data;
	if (fault == CYAML_OK)
		return true;
	return err_set(err, fault == CYAML_ERR_OOM ? ERR_MEMORY : ERR_INVALID,
		       "%s: %s", path, cyaml_strerror(fault));
}

static bool read_text(struct config **out, const char *path, const char *text,
		      size_t len, struct err *err)
{
	struct config_places *places;
	struct config_file *file;

	if (!document_check(&places, path, text, len, &config_schema, err))
		return false;
	if (!fill_struct(&file, path, text, len, err)) {
		document_free(places);
		return false;
	}
	*out = &file->config;
	(*out)->places = places;
	(*out)->path = strdup(path);
	if (!(*out)->path)
		return err_memory(err);
	return read_numbers(file, err) && fill_defaults(*out, err) &&
	       config_check(*out, err) && complete_paths(*out, err);
}

bool config_load(struct config **out, const char *path, struct err *err)
{
	char *text;
	size_t len;
	bool ok;

	*out = NULL;
	if (!file_read(path, FILE_MAX, &text, &len, err))
		return false;
	ok = read_text(out, path, text, len, err);
	free(text);
	if (!ok) {
		config_free(*out);
		*out = NULL;
	}
	return ok;
}
