#include "config_fixture.h"

static void test_form(void **state)
{
	static const struct refusal rows[] = {
		{"unknown key", "  log:", "  logs:",
		 "8: server: unknown key 'logs', known are data_dir, "
		 "public_url, listen, admin_listen, workers, poll_interval, "
		 "max_image_size, limits, log"},
		{"unknown key in a list", "key: ec.key", "keys: ec.key",
		 "13: tls.certificates[1]: unknown key 'keys', known are "
		 "name, file, key"},
		{"unknown section", "manifest:", "manifests:",
		 "30: unknown key 'manifests', known are server, tls, "
		 "signers, products, manifest, checkins"},
		{"repeated key", "  log:", "  data_dir: other\n  log:",
		 "8: server.data_dir: repeated, it stands on line 2 already"},
		{"repeated section", "checkins: {keep: 30d}", "signers: []",
		 "31: signers: repeated, it stands on line 24 already"},
		{"missing key", "  data_dir: data\n", "",
		 "1: server.data_dir: missing"},
		{"missing key in a list", ", file: rsa.pem", "",
		 "12: tls.certificates[0].file: missing"},
		{"a key that is a list",
		 "checkins:", "[checkins]:", "31: got a list, wanted a key"},
		{"a list for text", "data_dir: data", "data_dir: [data]",
		 "2: server.data_dir: got a list, wanted text"},
		{"nothing for text", "data_dir: data",
		 "data_dir:", "2: server.data_dir: got nothing, wanted text"},
		{"empty text", "data_dir: data", "data_dir: \"\"",
		 "2: server.data_dir: got '', wanted text"},
		{"control character", "data_dir: data", "data_dir: \"a\\nb\"",
		 "2: server.data_dir: control character \\x0a"},
		{"NUL", "data_dir: data", "data_dir: \"a\\0b\"",
		 "2: server.data_dir: control character \\x00"},
		{"text for a list", "signers: [codesign]", "signers: codesign",
		 "28: products[0].signers: got 'codesign', wanted a list"},
		{"text for a mapping", "{keep: 30d}", "30d",
		 "31: checkins: got '30d', wanted a mapping"},
		{"list for a mapping", "{keep: 30d}", "[30d]",
		 "31: checkins: got a list, wanted a mapping"},
		{"mapping for text", "data_dir: data", "data_dir: {a: b}",
		 "2: server.data_dir: got a mapping, wanted text"},
		{"nothing in a section", "{keep: 30d}", "",
		 "31: checkins: got nothing, wanted a mapping"},
		{"empty list", "certificates: [le-rsa]}", "certificates: []}",
		 "18: tls.profiles[1].certificates: got 0 entries, wanted 1 "
		 "to 1000"},
		{"unknown word", "level: debug", "level: loud",
		 "8: server.log.level: got 'loud', wanted error or warning "
		 "or info or debug"},
		{"word in capitals", "level: debug", "level: Debug",
		 "8: server.log.level: got 'Debug', wanted error or warning "
		 "or info or debug"},
		{"SSL 3", "\"1.3\"", "\"0.9\"",
		 "17: tls.profiles[0].min_version: got '0.9', wanted 1.0 or "
		 "1.1 or 1.2 or 1.3"},
		{"security level", "{name: old,",
		 "{name: old, security_level: 3,",
		 "18: tls.profiles[1].security_level: got '3', wanted 0 or 1 "
		 "or 2"},
		{"no boolean", "require_signature: false",
		 "require_signature: off",
		 "29: products[1].require_signature: got 'off', wanted true "
		 "or false"},
	};

	(void)state;
	CHECK_REFUSALS(rows);
}

static void test_document(void **state)
{
	static const struct refusal rows[] = {
		{"no YAML", "data_dir: data", "data_dir: [data",
		 "3: not YAML: did not find expected ',' or ']'"},
		{"tab", "  data_dir", "\tdata_dir",
		 "2: not YAML: found character that cannot start any token"},
		{"no UTF-8", "data_dir: data", "data_dir: \xff",
		 "2: not UTF-8 text: invalid leading UTF-8 octet"},
		{"second document", "checkins: {keep: 30d}",
		 "---\ncheckins: {keep: 30d}",
		 "32: a second document, wanted one only"},
		{"unknown alias", "file: rsa.pem", "file: *nobody",
		 "12: not YAML: found undefined alias"},
	};

	(void)state;
	CHECK_REFUSALS(rows);
	write_file("", 0);
	check_refused("empty file", "1: the file is empty");
	write_file("# nothing\n", 10);
	check_refused("comment only", "1: the file is empty");
	write_file("- a\n", 4);
	check_refused("list", "1: got a list, wanted a mapping");
}

/* Nobody may believe these in force. */
static void test_unsupported(void **state)
{
	static const struct refusal rows[] = {
		{"legacy_urls", "format: raw",
		 "legacy_urls: [{path: /a, serve: image}]",
		 "29: products[1].legacy_urls: not supported yet"},
		{"format", "format: raw", "format: esp32",
		 "29: products[1].format: 'esp32' is not supported yet, "
		 "wanted any or raw"},
	};

	(void)state;
	CHECK_REFUSALS(rows);
}

/* ---- bounds of lists and texts ---------------------------------------------
 */

/* A file whose list `signers` has this many entries. */
static void write_signers(unsigned int count)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fprintf(file, "%ssigners:\n", least);
	for (unsigned int i = 0; i < count; i++)
		fprintf(file, "  - {name: s%u, file: s.pem}\n", i);
	assert_int_equal(fclose(file), 0);
}

static void test_list_bound(void **state)
{
	struct config *config;

	(void)state;
	write_signers(1000);
	config = load();
	assert_int_equal(config->signer_count, 1000);
	assert_int_equal(config_signer(config, "s999"), 999);
	config_free(config);
	write_signers(1001);
	check_refused("1001 signers",
		      "6: signers: got 1001 entries, wanted 0 to 1000");
}

static void test_text_bound(void **state)
{
	char key[4097 + sizeof("key: ")];
	struct config *config;

	(void)state;
	snprintf(key, sizeof(key), "key: /%04095d", 0);
	write_changed("key: manifest.key", key);
	config = load();
	assert_int_equal(strlen(config->manifest_key), 4096);
	config_free(config);
	snprintf(key, sizeof(key), "key: /%04096d", 0);
	write_changed("key: manifest.key", key);
	check_refused("long text", "30: manifest.key: got 4097 characters, "
				   "wanted at most 4096");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_document),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_list_bound),
		cmocka_unit_test(test_text_bound),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
