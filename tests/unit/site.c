#include "site.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/file.h"
#include "base/strbuf.h"

enum { NAME_SIZE = 128, TEXT_SIZE = 8192 };

static char start[PATH_MAX]; /* the directory we came from */
static char directory[] = "/tmp/otterd-site-XXXXXX";

static const char good[] =
	"server: {data_dir: data, public_url: \"https://ota.example.com\",\n"
	"  poll_interval: 1h, max_image_size: 1M}\n"
	"tls:\n"
	"  certificates:\n"
	"    - {name: rsa, file: rsa.pem, key: rsa.key}\n" /* 5 */
	"    - {name: ec, file: ec.pem, key: ec.key}\n"	   /* 6 */
	"  profiles:\n"					   /* 7 */
	"    - {name: modern, certificates: [ec, rsa], min_version: 1.3}\n"
	"    - {name: old, certificates: [rsa]}\n"
	"  select: [{sni: Old.Example.com, profile: old}]\n"
	"signers:\n"
	"  - {name: one, file: one.pub}\n" /* 12 */
	"  - {name: two, file: rsa.pem}\n" /* 13 */
	"products:\n"
	"  - {name: inklay, signers: [two, one]}\n"
	"  - {name: demo, require_signature: false}\n"
	"manifest: {key: manifest.key, lifetime: 2h}\n"; /* 17 */

/* ---- files ----------------------------------------------------------------
 */

static void write_text(const char *name, const char *text, mode_t mode)
{
	struct err err;

	if (!file_replace(name, text, strlen(text), mode, &err))
		fail_msg("%s", err.text);
}

static void write_key(const char *name, EVP_PKEY *key)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fchmod(fileno(file), 0600), 0);
	assert_int_equal(
		PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(file), 0);
}

static void write_public(const char *name, EVP_PKEY *key)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(PEM_write_PUBKEY(file, key), 1);
	assert_int_equal(fclose(file), 0);
}

static void write_certificate(const char *name, EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, subject);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(file, x), 1);
	assert_int_equal(fclose(file), 0);
	X509_free(x);
}

/* KEY.key, KEY.pub and KEY.pem of a new key. */
static void make_files(const char *name, EVP_PKEY *key)
{
	char file[NAME_SIZE];

	assert_non_null(key);
	snprintf(file, sizeof(file), "%s.key", name);
	write_key(file, key);
	snprintf(file, sizeof(file), "%s.pub", name);
	write_public(file, key);
	snprintf(file, sizeof(file), "%s.pem", name);
	write_certificate(file, key);
	EVP_PKEY_free(key);
}

static int make_directory(void **state)
{
	EVP_PKEY *ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	(void)state;
	if (!getcwd(start, sizeof(start)) || !mkdtemp(directory) ||
	    chdir(directory) < 0)
		return -1;
	make_files("rsa", EVP_RSA_gen(2048));
	make_files("small", EVP_RSA_gen(1024));
	make_files("below", EVP_RSA_gen(2040));
	make_files("ec", EVP_EC_gen("P-256"));
	make_files("one", EVP_EC_gen("P-384"));
	make_files("k1", EVP_EC_gen("secp256k1"));
	make_files("p521", EVP_EC_gen("P-521"));
	make_files("manifest", EVP_EC_gen("P-256"));
	assert_non_null(ed25519);
	write_key("ed25519.key", ed25519);
	write_public("ed25519.pub", ed25519);
	EVP_PKEY_free(ed25519);
	write_text("empty.pem", "", 0644);
	return 0;
}

static int remove_directory(void **state)
{
	char command[NAME_SIZE];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return chdir(start) || system(command);
}

/* ---- loading --------------------------------------------------------------
 */

/* Read the good configuration with its first `from` replaced by `to`. */
static struct config *config_with(const char *from, const char *to)
{
	const char *at = strstr(good, from);
	struct config *config;
	char text[TEXT_SIZE];
	struct err err;

	if (!at)
		fail_msg("'%s' is not in the good file", from);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, to,
		 at + strlen(from));
	write_text("otterd.yaml", text, 0644);
	if (!config_load(&config, "otterd.yaml", &err))
		fail_msg("%s", err.text);
	return config;
}

static struct loaded_site *load_with(const char *from, const char *to)
{
	struct config *config = config_with(from, to);
	struct loaded_site *loaded;
	struct err err;

	if (!site_load(&loaded, config, NULL, NULL, &err))
		fail_msg("'%s': %s", to, err.text);
	assert_ptr_equal(site_config(loaded), config);
	return loaded;
}

static void test_site(void **state)
{
	struct loaded_site *loaded = load_with("", "");
	const struct site *site = site_of(loaded);

	(void)state;
	assert_string_equal(site->public_url, "https://ota.example.com");
	assert_int_equal(site->poll_interval, 3600);
	assert_int_equal(site->manifest_lifetime, 7200);
	assert_int_equal(site->max_image_size, 1 << 20);
	assert_non_null(site->manifest.key);
	assert_int_equal(strlen(site->manifest.id), KEY_ID_SIZE - 1);
	assert_int_equal(site->signer_count, 2);
	assert_string_equal(site->signers[0].name.text, "one");
	assert_string_equal(key_name(site->signers[0].key), "ecdsa-p384");
	assert_string_equal(key_name(site->signers[1].key), "rsa-2048");
	site_free(loaded);
}

static void test_products(void **state)
{
	struct loaded_site *loaded = load_with("", "");
	const struct site *site = site_of(loaded);

	(void)state;
	assert_int_equal(site->product_count, 2);
	assert_string_equal(site->products[0].name.text, "inklay");
	assert_true(site->products[0].require_signature);
	assert_int_equal(site->products[0].signer_count, 2);
	assert_ptr_equal(site->products[0].signers[0], &site->signers[1]);
	assert_ptr_equal(site->products[0].signers[1], &site->signers[0]);
	assert_false(site->products[1].require_signature);
	assert_int_equal(site->products[1].signer_count, 0);
	site_free(loaded);
}

static const char *choice(const struct tls_profiles *set, const char *sni)
{
	struct sockaddr_storage address = {.ss_family = AF_INET};
	struct tls_client client = {0};

	text_copy(client.sni, sizeof(client.sni), sni);
	return tls_profile_name(
		tls_profiles_choose(set, &client, &address, 443));
}

static void check_choice(const struct loaded_site *loaded, const char *sni,
			 const char *want)
{
	assert_string_equal(choice(site_profiles(loaded), sni), want);
}

static void test_profiles(void **state)
{
	struct loaded_site *loaded = load_with("", "");
	const struct tls_certificate *certificates = site_certificates(loaded);

	(void)state;
	check_choice(loaded, "old.example.com", "old");
	check_choice(loaded, "ota.example.com", "modern");
	check_choice(loaded, "", "modern");
	assert_string_equal(certificates[1].name, "ec");
	assert_string_equal(key_name(certificates[1].key), "ecdsa-p256");
	assert_int_equal(sk_X509_num(certificates[1].chain), 1);
	site_free(loaded);
	loaded = load_with("signers:\n", "  default_profile: old\nsigners:\n");
	check_choice(loaded, "ota.example.com", "old");
	site_free(loaded);
}

/* A profile outlives the site it came from. */
static void test_profiles_are_counted(void **state)
{
	struct loaded_site *loaded = load_with("", "");
	struct tls_profiles *set = tls_profiles_ref(site_profiles(loaded));

	(void)state;
	site_free(loaded);
	assert_string_equal(choice(set, "old.example.com"), "old");
	tls_profiles_unref(set);
}

static void test_keys_accepted(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{"one.pub", "ec.pub"},		 {"one.pub", "rsa.pub"},
		{"one.pub", "ed25519.pub"},	 {"one.pub", "ec.pem"},
		{"manifest.key", "ed25519.key"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		site_free(load_with(rows[i].from, rows[i].to));
}

/* ---- what is refused --------------------------------------------------------
 */

static void check_refused(const char *label, const char *from, const char *to,
			  const char *want)
{
	struct config *config = config_with(from, to);
	struct loaded_site *loaded;
	struct err err;

	if (site_load(&loaded, config, NULL, NULL, &err))
		fail_msg("%s: accepted", label);
	assert_null(loaded);
	if (strcmp(err.text, want) != 0)
		fail_msg("%s:\n got  %s\n want %s", label, err.text, want);
	config_free(config);
}

static void test_refused(void **state)
{
	static const struct {
		const char *label, *from, *to, *want;
	} rows[] = {
		{"no such chain", "file: rsa.pem", "file: none.pem",
		 "otterd.yaml:5: tls.certificates[0].file: none.pem: No such "
		 "file or directory"},
		{"an empty chain", "file: ec.pem", "file: empty.pem",
		 "otterd.yaml:6: tls.certificates[1].file: empty.pem: holds "
		 "no certificate"},
		{"no such key", "key: ec.key", "key: none.key",
		 "otterd.yaml:6: tls.certificates[1].key: none.key: No such "
		 "file or directory"},
		{"another key", "key: ec.key", "key: manifest.key",
		 "otterd.yaml:6: tls.certificates[1].key: manifest.key is "
		 "not the key of the first certificate in ec.pem: key values "
		 "mismatch"},
		{"a key too small for TLS", "file: rsa.pem, key: rsa.key",
		 "file: small.pem, key: small.key",
		 "otterd.yaml:8: tls.profiles[0].certificates: CN=small.pem: "
		 "RSA key of 1024 bits, which needs security_level: 1"},
		{"no such signer", "one.pub", "none.pub",
		 "otterd.yaml:12: signers[0].file: none.pub: No such file or "
		 "directory"},
		{"a small signer", "one.pub", "below.pub",
		 "otterd.yaml:12: signers[0].file: below.pub: an RSA key of "
		 "2040 bits: expected 2048 to 8192"},
		{"a signer on another curve", "one.pub", "p521.pub",
		 "otterd.yaml:12: signers[0].file: p521.pub: a key of another "
		 "kind than ECDSA P-256 and P-384, RSA and Ed25519"},
		{"no such manifest key", "manifest.key", "none.key",
		 "otterd.yaml:17: manifest.key: none.key does not exist; "
		 "'otterd keygen --out none.key' makes it"},
		{"manifest key RSA", "manifest.key", "rsa.key",
		 "otterd.yaml:17: manifest.key: rsa.key: got a key of kind "
		 "rsa-2048, wanted ecdsa-p256 or ed25519"},
		{"manifest key P-384", "manifest.key", "one.key",
		 "otterd.yaml:17: manifest.key: one.key: got a key of kind "
		 "ecdsa-p384, wanted ecdsa-p256 or ed25519"},
		{"manifest key of 256 bits on another curve", "manifest.key",
		 "k1.key",
		 "otterd.yaml:17: manifest.key: k1.key: got a key of kind "
		 "unknown, wanted ecdsa-p256 or ed25519"},
		{"manifest key public", "manifest.key", "manifest.pub",
		 "otterd.yaml:17: manifest.key: manifest.pub: holds a PUBLIC "
		 "KEY, expected a PRIVATE KEY"},
	};

	(void)state;
	assert_int_equal(chmod("manifest.pub", 0600), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_refused(rows[i].label, rows[i].from, rows[i].to,
			      rows[i].want);
}

static void test_open_key(void **state)
{
	(void)state;
	assert_int_equal(chmod("ec.key", 0604), 0);
	check_refused("a key that others read", "", "",
		      "otterd.yaml:6: tls.certificates[1].key: ec.key: others "
		      "may use this secret (mode 0604): mend it with: chmod "
		      "600 ec.key");
	assert_int_equal(chmod("ec.key", 0600), 0);
	site_free(load_with("", ""));
}

static void test_free_nothing(void **state)
{
	(void)state;
	site_free(NULL);
	config_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_site),
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_profiles_are_counted),
		cmocka_unit_test(test_keys_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_open_key),
		cmocka_unit_test(test_free_nothing),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
