#include "config_schema.h"

#include <openssl/ssl.h>

enum {
	NEEDED = CYAML_FLAG_POINTER,
	OPTIONAL = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
	WORD = CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL,
	LATER = -1 /* a word that is not supported yet */
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define TEXT(key, flags, structure, member)                      \
	CYAML_FIELD_STRING_PTR(key, flags, structure, member, 1, \
			       CONFIG_TEXT_MAX)

#define NUMBER(key, which) \
	TEXT(key, OPTIONAL, struct config_file, numbers[which])

#define LIST(key, flags, structure, member, count, entry, min, max)      \
	CYAML_FIELD_SEQUENCE_COUNT(key, flags, structure, member, count, \
				   entry, min, max)

/*
 * A mapping whose values go into the same struct as those around it, so that
 * struct config need not be nested as the file is.
 */
#define SECTION(name, flags_, fields_)                           \
	{                                                        \
		.key = name, .value = {                          \
			.type = CYAML_MAPPING,                   \
			.flags = flags_,                         \
			.data_size = sizeof(struct config_file), \
			.mapping.fields = fields_                \
		}                                                \
	}

#define LATER_KEY(key) CYAML_FIELD_IGNORE(key, CYAML_FLAG_OPTIONAL)

static const cyaml_strval_t levels[] = {{"error", LOG_ERROR},
					{"warning", LOG_WARN},
					{"info", LOG_INFO},
					{"debug", LOG_FINE}};

static const cyaml_strval_t forms[] = {{"text", LOG_TEXT}, {"json", LOG_JSON}};

static const cyaml_strval_t versions[] = {{"1.0", TLS1_VERSION},
					  {"1.1", TLS1_1_VERSION},
					  {"1.2", TLS1_2_VERSION},
					  {"1.3", TLS1_3_VERSION}};

static const cyaml_strval_t security_levels[] = {{"0", CONFIG_SECURITY(0)},
						 {"1", CONFIG_SECURITY(1)},
						 {"2", CONFIG_SECURITY(2)}};

/* For keys that are true by default, where calloc() leaves false: held as
 * their opposite. */
static const cyaml_strval_t opposite[] = {{"true", false}, {"false", true}};

static const cyaml_strval_t formats[] = {
	{"any", CONFIG_FORMAT_ANY}, {"raw", CONFIG_FORMAT_RAW},
	{"esp32", LATER},	    {"mcuboot", LATER},
	{"swupdate", LATER},	    {"rauc", LATER}};

static const cyaml_schema_value_t text = {
	CYAML_VALUE_STRING(NEEDED, char, 1, CONFIG_TEXT_MAX)};

/* ---- server ------------------------------------------------------------- */

static const cyaml_schema_field_t limit_fields[] = {
	NUMBER("handshake_timeout", CONFIG_HANDSHAKE_TIMEOUT),
	NUMBER("head_timeout", CONFIG_HEAD_TIMEOUT),
	NUMBER("idle_timeout", CONFIG_IDLE_TIMEOUT),
	NUMBER("stall_timeout", CONFIG_STALL_TIMEOUT),
	NUMBER("drain_timeout", CONFIG_DRAIN_TIMEOUT),
	NUMBER("min_rate", CONFIG_MIN_RATE),
	NUMBER("max_connections", CONFIG_MAX_CONNECTIONS),
	NUMBER("max_connections_per_source", CONFIG_MAX_CONNECTIONS_PER_SOURCE),
	NUMBER("max_request_head", CONFIG_MAX_REQUEST_HEAD),
	CYAML_FIELD_END};

static const cyaml_schema_field_t log_fields[] = {
	CYAML_FIELD_ENUM("level", WORD, struct config_file, config.log_level,
			 levels, COUNT_OF(levels)),
	CYAML_FIELD_ENUM("form", WORD, struct config_file, config.log_form,
			 forms, COUNT_OF(forms)),
	CYAML_FIELD_END};

static const cyaml_schema_field_t server_fields[] = {
	TEXT("data_dir", NEEDED, struct config_file, config.data_dir),
	TEXT("public_url", NEEDED, struct config_file, config.public_url),
	LIST("listen", OPTIONAL, struct config_file, config.listen,
	     config.listen_count, &text, 1, CONFIG_LISTEN_MAX),
	LIST("admin_listen", OPTIONAL, struct config_file, config.admin_listen,
	     config.admin_listen_count, &text, 0, CONFIG_LISTEN_MAX),
	NUMBER("workers", CONFIG_WORKERS),
	NUMBER("poll_interval", CONFIG_POLL_INTERVAL),
	NUMBER("max_image_size", CONFIG_MAX_IMAGE_SIZE),
	SECTION("limits", CYAML_FLAG_OPTIONAL, limit_fields),
	SECTION("log", CYAML_FLAG_OPTIONAL, log_fields),
	CYAML_FIELD_END};

/* ---- tls ---------------------------------------------------------------- */

static const cyaml_schema_field_t certificate_fields[] = {
	TEXT("name", NEEDED, struct config_certificate, name),
	TEXT("file", NEEDED, struct config_certificate, file),
	TEXT("key", NEEDED, struct config_certificate, key), CYAML_FIELD_END};

static const cyaml_schema_value_t certificate = {CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct config_certificate, certificate_fields)};

static const cyaml_schema_field_t anchor_fields[] = {
	TEXT("name", NEEDED, struct config_anchor, name),
	TEXT("file", NEEDED, struct config_anchor, file),
	CYAML_FIELD_ENUM("checks_time", WORD, struct config_anchor,
			 ignores_time, opposite, COUNT_OF(opposite)),
	CYAML_FIELD_END};

static const cyaml_schema_value_t anchor = {CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct config_anchor, anchor_fields)};

static const cyaml_schema_field_t profile_fields[] = {
	TEXT("name", NEEDED, struct config_profile, name),
	LIST("certificates", NEEDED, struct config_profile, certificates,
	     certificate_count, &text, 1, CONFIG_LIST_MAX),
	TEXT("anchor", OPTIONAL, struct config_profile, anchor),
	CYAML_FIELD_ENUM("min_version", WORD, struct config_profile,
			 min_version, versions, COUNT_OF(versions)),
	CYAML_FIELD_ENUM("security_level", WORD, struct config_profile,
			 security_level, security_levels,
			 COUNT_OF(security_levels)),
	TEXT("ciphers", OPTIONAL, struct config_profile, ciphers),
	CYAML_FIELD_END};

static const cyaml_schema_value_t profile = {CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct config_profile, profile_fields)};

static const cyaml_schema_field_t rule_fields[] = {
	CYAML_FIELD_STRING_PTR("sni", OPTIONAL, struct config_rule, sni, 0,
			       CONFIG_TEXT_MAX),
	CYAML_FIELD_UINT("port", CYAML_FLAG_OPTIONAL, struct config_rule, port),
	TEXT("source", OPTIONAL, struct config_rule, source),
	CYAML_FIELD_ENUM("max_version", WORD, struct config_rule, max_version,
			 versions, COUNT_OF(versions)),
	TEXT("ja4", OPTIONAL, struct config_rule, ja4),
	TEXT("profile", NEEDED, struct config_rule, profile),
	CYAML_FIELD_END};

static const cyaml_schema_value_t rule = {CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct config_rule, rule_fields)};

static const cyaml_schema_field_t tls_fields[] = {
	LIST("pool", OPTIONAL, struct config_file, config.pool,
	     config.pool_count, &text, 0, CONFIG_LIST_MAX),
	LIST("anchors", OPTIONAL, struct config_file, config.anchors,
	     config.anchor_count, &anchor, 0, CONFIG_LIST_MAX),
	LIST("certificates", NEEDED, struct config_file, config.certificates,
	     config.certificate_count, &certificate, 1, CONFIG_LIST_MAX),
	LIST("profiles", NEEDED, struct config_file, config.profiles,
	     config.profile_count, &profile, 1, CONFIG_LIST_MAX),
	LIST("select", OPTIONAL, struct config_file, config.rules,
	     config.rule_count, &rule, 0, CONFIG_LIST_MAX),
	TEXT("default_profile", OPTIONAL, struct config_file,
	     config.default_profile),
	LIST("ladder", OPTIONAL, struct config_file, config.ladder,
	     config.ladder_count, &text, 0, CONFIG_LADDER_MAX),
	CYAML_FIELD_END};

/* ---- the rest ------------------------------------------------------------ */

static const cyaml_schema_field_t signer_fields[] = {
	TEXT("name", NEEDED, struct config_signer, name),
	TEXT("file", NEEDED, struct config_signer, file), CYAML_FIELD_END};

static const cyaml_schema_value_t signer = {CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct config_signer, signer_fields)};

static const cyaml_schema_field_t product_fields[] = {
	TEXT("name", NEEDED, struct config_product, name),
	LIST("signers", OPTIONAL, struct config_product, signers, signer_count,
	     &text, 0, CONFIG_LIST_MAX),
	CYAML_FIELD_ENUM("require_signature", WORD, struct config_product,
			 allow_unsigned, opposite, COUNT_OF(opposite)),
	CYAML_FIELD_ENUM("format", WORD, struct config_product, format, formats,
			 COUNT_OF(formats)),
	LATER_KEY("legacy_urls"),
	CYAML_FIELD_END};

static const cyaml_schema_value_t product = {CYAML_VALUE_MAPPING(
	CYAML_FLAG_DEFAULT, struct config_product, product_fields)};

static const cyaml_schema_field_t manifest_fields[] = {
	TEXT("key", OPTIONAL, struct config_file, config.manifest_key),
	NUMBER("lifetime", CONFIG_MANIFEST_LIFETIME), CYAML_FIELD_END};

static const cyaml_schema_field_t checkin_fields[] = {
	NUMBER("keep", CONFIG_KEEP_CHECKINS), CYAML_FIELD_END};

static const cyaml_schema_field_t file_fields[] = {
	SECTION("server", CYAML_FLAG_DEFAULT, server_fields),
	SECTION("tls", CYAML_FLAG_DEFAULT, tls_fields),
	LIST("signers", OPTIONAL, struct config_file, config.signers,
	     config.signer_count, &signer, 0, CONFIG_LIST_MAX),
	LIST("products", OPTIONAL, struct config_file, config.products,
	     config.product_count, &product, 0, CONFIG_LIST_MAX),
	SECTION("manifest", CYAML_FLAG_OPTIONAL, manifest_fields),
	SECTION("checkins", CYAML_FLAG_OPTIONAL, checkin_fields),
	CYAML_FIELD_END};

const cyaml_schema_value_t config_schema = {CYAML_VALUE_MAPPING(
	CYAML_FLAG_POINTER, struct config_file, file_fields)};
