#include "config_fixture.h"

#include <openssl/ssl.h>

static void assert_path(const char *got, const char *file)
{
	char want[2 * PATH_SIZE];

	snprintf(want, sizeof(want), "%s/%s", directory, file);
	assert_string_equal(got, want);
}

static void test_values(void **state)
{
	struct config *c;

	(void)state;
	write_file(good, strlen(good));
	c = load();
	assert_string_equal(c->path, path);
	assert_path(c->data_dir, "data");
	assert_string_equal(c->public_url, "https://ota.example.com");
	assert_int_equal(c->listen_count, 2);
	assert_string_equal(c->listen[1], "192.0.2.1:443");
	assert_int_equal(c->admin_listen_count, 1);
	assert_string_equal(c->admin_listen[0], "127.0.0.1:9000");
	assert_int_equal(c->limits.min_rate, 1024);
	assert_int_equal(c->log_level, LOG_FINE);
	assert_int_equal(c->log_form, LOG_JSON);
	assert_int_equal(c->keep_checkins, 30 * 86400);
	assert_path(c->manifest_key, "manifest.key");
	config_free(c);
}

static void test_tls(void **state)
{
	struct config *c;

	(void)state;
	write_file(good, strlen(good));
	c = load();
	assert_int_equal(c->certificate_count, 2);
	assert_path(c->certificates[0].file, "rsa.pem");
	assert_path(c->certificates[0].key, "../rsa.key");
	assert_string_equal(c->certificates[1].file, "/tls/ec.pem");
	assert_int_equal(c->profile_count, 2);
	assert_int_equal(c->profiles[0].min_version, TLS1_3_VERSION);
	assert_int_equal(c->profiles[0].certificate_count, 2);
	assert_string_equal(c->profiles[0].certificates[1], "le-rsa");
	assert_int_equal(c->profiles[1].min_version, TLS1_2_VERSION);
	assert_int_equal(c->rule_count, 3);
	assert_string_equal(c->rules[0].sni, "*.old.example.com");
	assert_int_equal(c->rules[0].port, 0);
	assert_null(c->rules[1].sni);
	assert_int_equal(c->rules[1].port, 443);
	assert_string_equal(c->rules[2].sni, "");
	assert_string_equal(c->default_profile, "old");
	assert_int_equal(config_certificate(c, "le-ecdsa"), 1);
	assert_int_equal(config_profile(c, "modern"), 0);
	assert_int_equal(config_signer(c, "codesign"), 0);
	config_free(c);
}

/* What old devices need. */
static void test_old_tls(void **state)
{
	struct config *c, *shared;

	(void)state;
	write_changed("  pool: []\n",
		      "  pool: [certs.d]\n"
		      "  anchors: [{name: a, file: a.pem, checks_time: false}, "
		      "{name: b, file: /b.pem}]\n"
		      "  ladder: [modern, old]\n");
	c = load();
	assert_int_equal(c->pool_count, 1);
	assert_path(c->pool[0], "certs.d");
	assert_int_equal(c->anchor_count, 2);
	assert_path(c->anchors[0].file, "a.pem");
	assert_true(c->anchors[0].ignores_time);
	assert_string_equal(c->anchors[1].file, "/b.pem");
	assert_false(c->anchors[1].ignores_time);
	assert_int_equal(config_anchor(c, "b"), 1);
	assert_int_equal(c->ladder_count, 2);
	assert_string_equal(c->ladder[1], "old");
	shared = config_share(c);
	config_free(c);
	assert_string_equal(shared->ladder[0], "modern");
	config_free(shared);
}

static void test_profile_levels(void **state)
{
	static const struct {
		const char *keys;
		int min_version, level;
	} rows[] = {
		{"", TLS1_2_VERSION, 2},
		{"min_version: \"1.1\", ", TLS1_1_VERSION, 0},
		{"min_version: \"1.0\", ", TLS1_VERSION, 0},
		{"security_level: 0, ", TLS1_2_VERSION, 0},
		{"security_level: 1, ", TLS1_2_VERSION, 1},
		{"security_level: 2, ", TLS1_2_VERSION, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char changed[PATH_SIZE];
		struct config *c;

		snprintf(changed, sizeof(changed), "{name: old, %s",
			 rows[i].keys);
		write_changed("{name: old, ", changed);
		c = load();
		assert_int_equal(c->profiles[1].min_version,
				 rows[i].min_version);
		assert_int_equal(c->profiles[1].security_level, rows[i].level);
		config_free(c);
	}
}

static void test_select(void **state)
{
	struct config *c;

	(void)state;
	write_changed("{port: 443,", "{source: 192.0.2.0/24, ja4: \"t12?49*\", "
				     "max_version: \"1.2\",");
	c = load();
	assert_string_equal(c->rules[1].source, "192.0.2.0/24");
	assert_string_equal(c->rules[1].ja4, "t12?49*");
	assert_int_equal(c->rules[1].max_version, TLS1_2_VERSION);
	assert_int_equal(c->rules[0].max_version, 0);
	config_free(c);
}

static void test_products(void **state)
{
	struct config *c;

	(void)state;
	write_file(good, strlen(good));
	c = load();
	assert_int_equal(c->signer_count, 1);
	assert_path(c->signers[0].file, "codesign.pem");
	assert_int_equal(c->product_count, 2);
	assert_string_equal(c->products[0].name, "inklay");
	assert_string_equal(c->products[0].signers[0], "codesign");
	assert_false(c->products[0].allow_unsigned);
	assert_int_equal(c->products[0].format, CONFIG_FORMAT_ANY);
	assert_true(c->products[1].allow_unsigned);
	assert_int_equal(c->products[1].signer_count, 0);
	assert_int_equal(c->products[1].format, CONFIG_FORMAT_RAW);
	config_free(c);
}

static void test_defaults(void **state)
{
	struct config *c;

	(void)state;
	write_file(least, strlen(least));
	c = load();
	assert_string_equal(c->data_dir, "/data");
	assert_int_equal(c->listen_count, 1);
	assert_string_equal(c->listen[0], "[::]:8443");
	assert_int_equal(c->admin_listen_count, 0);
	assert_int_equal(c->workers, 0);
	assert_int_equal(c->poll_interval, 24 * 3600);
	assert_int_equal(c->max_image_size, 256 << 20);
	assert_int_equal(c->limits.handshake_timeout, 15);
	assert_int_equal(c->limits.head_timeout, 20);
	assert_int_equal(c->limits.idle_timeout, 60);
	assert_int_equal(c->limits.stall_timeout, 120);
	assert_int_equal(c->limits.drain_timeout, 60);
	assert_int_equal(c->limits.min_rate, 64);
	assert_int_equal(c->limits.max_connections, 20000);
	assert_int_equal(c->limits.max_connections_per_source, 256);
	assert_int_equal(c->limits.max_request_head, 8192);
	assert_int_equal(c->log_level, LOG_INFO);
	assert_int_equal(c->log_form, LOG_TEXT);
	assert_string_equal(c->default_profile, "p");
	assert_int_equal(c->manifest_lifetime, 7 * 86400);
	assert_int_equal(c->keep_checkins, 90 * 86400);
	assert_int_equal(c->product_count, 0);
	config_free(c);
}

/* Other ways to write what is allowed. */
static void test_accepted(void **state)
{
	static const struct {
		const char *label, *from, *to;
	} rows[] = {
		{"an empty list", "  admin_listen:\n    - 127.0.0.1:9000\n",
		 "  admin_listen: []\n"},
		{"no ladder", "  pool: []\n", "  ladder: []\n"},
		{"a number as text", "443, prof", "\"443\", prof"},
		{"a version as a number", "\"1.3\"", "1.3"},
		{"an alias", "{name: codesign, file: codesign.pem}",
		 "{name: &n codesign, file: *n}"},
		{"the marks of a document", "server:\n  data_dir",
		 "---\nserver:\n  data_dir"},
		{"the highest port", "port: 443", "port: 65535"},
		{"the lowest port", "port: 443", "port: 1"},
		{"any port", "127.0.0.1:9000", "127.0.0.1:0"},
		{"any port for both",
		 "[::]:8443\", \"192.0.2.1:443\"]\n  admin_listen:\n"
		 "    - 127.0.0.1:9000\n",
		 "[::]:0\"]\n  admin_listen: [\"127.0.0.1:0\"]\n"},
		{"sni and port", "port: 443,", "port: 443, sni: a,"},
		{"true", "require_signature: false",
		 "signers: [codesign], require_signature: true"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *config;
		struct err err;

		write_changed(rows[i].from, rows[i].to);
		if (!config_load(&config, path, &err))
			fail_msg("%s: refused: %s", rows[i].label, err.text);
		config_free(config);
	}
}

static void test_number(void **state)
{
	static const struct refusal rows[] = {
		{"rate", "min_rate: 1K", "min_rate: fast",
		 "7: server.limits.min_rate: got 'fast', wanted a size from 1 "
		 "to 1M"},
		{"keep", "keep: 30d", "keep: 30",
		 "31: checkins.keep: got '30', wanted a duration from 1m to "
		 "3650d"},
	};

	(void)state;
	CHECK_REFUSALS(rows);
}

/* ---- the file and its place ------------------------------------------------
 */

static void test_missing_file(void **state)
{
	struct config *config;
	char want[2 * PATH_SIZE];
	struct err err;

	(void)state;
	unlink(path);
	assert_false(config_load(&config, path, &err));
	assert_null(config);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	snprintf(want, sizeof(want), "%s: No such file or directory", path);
	assert_string_equal(err.text, want);
}

static void test_relative(void **state)
{
	struct config *config;
	struct err err;

	(void)state;
	write_file(good, strlen(good));
	assert_int_equal(chdir(directory), 0);
	assert_true(config_load(&config, "otterd.yaml", &err));
	assert_string_equal(config->data_dir, "data");
	config_free(config);
	assert_true(config_load(&config, "./otterd.yaml", &err));
	assert_string_equal(config->data_dir, "./data");
	config_free(config);
	assert_int_equal(chdir("/"), 0);
}

static void test_wrap(void **state)
{
	static const struct {
		const char *key;
		unsigned int line;
	} rows[] = {
		{"tls.certificates[1].file", 13},
		{"tls.profiles[0].certificates[1]", 16},
		{"tls.profiles", 14},
		{"tls.profiles[0].anchor", 15},
		{"tls.profilesque", 9},
		{"manifest.lifetime", 30},
		{"elsewhere", 1},
	};
	struct config *config;

	(void)state;
	write_file(good, strlen(good));
	config = load();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[2 * PATH_SIZE];
		struct err err;

		err_set(&err, ERR_INVALID, "reason");
		assert_false(config_wrap(config, &err, "%s", rows[i].key));
		snprintf(want, sizeof(want), "%s:%u: %s: reason", path,
			 rows[i].line, rows[i].key);
		assert_string_equal(err.text, want);
		assert_int_equal(err.code, ERR_INVALID);
	}
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_old_tls),
		cmocka_unit_test(test_profile_levels),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_missing_file),
		cmocka_unit_test(test_relative),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
