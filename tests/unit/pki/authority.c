#include "openssl.h"

#include <openssl/x509v3.h>

#include "base/clock.h"
#include "pki/authority.h"
#include "pki/certificate.h"
#include "pki/key.h"

enum { DAY = 24 * 60 * 60 };

#define NOW INT64_C(1795000000) /* 2026-11-18T11:06:40Z */

static int make_files(void **state)
{
	if (make_dir(state))
		return -1;
	run_in(*state,
	       "for k in ca other; do openssl ecparam -name prime256v1 -genkey "
	       "-noout -out $k.key || exit 1; done; "
	       "openssl req -x509 -new -key ca.key -days 30 -subj /CN=ca "
	       "-out ca.pem; "
	       "openssl req -x509 -new -key ca.key -days 30 -subj /CN=leaf "
	       "-addext basicConstraints=CA:FALSE -out leaf.pem; "
	       "openssl pkey -in ca.key -pubout -out ca.pub");
	return 0;
}

static void save(const char *dir, const char *name, X509 *certificate)
{
	size_t len;
	char *pem;

	must(authority_write(certificate, &pem, &len, &failure));
	assert_int_equal(strlen(pem), len);
	write_file(in_dir(dir, name), pem, len, 0644);
	free(pem);
}

static EVP_PKEY *new_key(const char *algorithm)
{
	EVP_PKEY *key;

	must(key_generate(&key, algorithm, &failure));
	return key;
}

static struct authority new_authority(const char *algorithm, int64_t now)
{
	struct authority ca;

	must(authority_make(&ca, algorithm, now, &failure));
	return ca;
}

/* ---- the authority ------------------------------------------------------ */

static void makes_authorities(void **state)
{
	(void)state;
	for (size_t i = 0; authority_algorithms[i]; i++) {
		struct authority ca =
			new_authority(authority_algorithms[i], NOW);
		X509 *c = ca.certificate;
		const ASN1_TIME *end = X509_get0_notAfter(c);

		print_message("case: %s\n", authority_algorithms[i]);
		assert_string_equal(key_name(ca.key), authority_algorithms[i]);
		assert_int_equal(X509_check_private_key(c, ca.key), 1);
		assert_int_equal(X509_get_version(c), X509_VERSION_3);
		assert_true(certificate_is_ca(c));
		assert_true(certificate_signed_by(c, c));
		assert_int_equal(certificate_path_length(c), 0);
		assert_int_equal(certificate_not_before(c), NOW - DAY);
		assert_int_equal(ASN1_STRING_type(end), V_ASN1_UTCTIME);
		assert_string_equal((const char *)ASN1_STRING_get0_data(end),
				    "491231235959Z");
		assert_null(certificate_weakness(c, NULL));
		authority_free(&ca);
		assert_null(ca.key);
	}
}

static void names_no_two_alike(void **state)
{
	struct authority a = new_authority("ecdsa-p256", NOW);
	struct authority b = new_authority("ecdsa-p256", NOW);

	(void)state;
	assert_int_not_equal(
		X509_NAME_cmp(X509_get_subject_name(a.certificate),
			      X509_get_subject_name(b.certificate)),
		0);
	authority_free(&a);
	authority_free(&b);
}

static void refuses_algorithms(void **state)
{
	struct authority ca;

	(void)state;
	must_fail("rot13", authority_make(&ca, "rot13", NOW, &failure),
		  ERR_INVALID, "rot13");
	assert_null(ca.key);
	assert_null(ca.certificate);
}

static void reads_authorities(void **state)
{
	static const struct {
		const char *label, *key, *certificate;
		enum err_code code;
		const char *reason;
	} rows[] = {
		{"good", "ca.key", "ca.pem", ERR_NONE, NULL},
		{"another key", "other.key", "ca.pem", ERR_INVALID,
		 "is not the key of"},
		{"no CA", "ca.key", "leaf.pem", ERR_INVALID,
		 "no certificate of an authority"},
		{"no certificate", "ca.key", "ca.pub", ERR_INVALID,
		 "expected a certificate"},
		{"no key", "ca.pem", "ca.pem", ERR_DENIED, "chmod 600"},
		{"not there", "x.key", "ca.pem", ERR_NOT_FOUND, "x.key"},
	};

	run_in(*state, "chmod 644 ca.pem");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *key = in_dir(*state, rows[i].key);
		const char *pem = in_dir(*state, rows[i].certificate);
		struct authority ca;

		print_message("case: %s\n", rows[i].label);
		if (rows[i].reason)
			must_fail(rows[i].label,
				  authority_read(&ca, key, pem, &failure),
				  rows[i].code, rows[i].reason);
		else
			must(authority_read(&ca, key, pem, &failure));
		assert_int_equal(ca.key != NULL, !rows[i].reason);
		assert_int_equal(ca.certificate != NULL, !rows[i].reason);
		authority_free(&ca);
	}
}

/* ---- what it issues ----------------------------------------------------- */

static const struct {
	const char *label, *ca, *key;
	enum naming naming;
	uint32_t usage;
	const char *verify; /* an option for openssl-verify(1) */
} rows[] = {
	{"rsa", "rsa-2048", "rsa-2048", NAMING_SAN,
	 KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
	 "-verify_hostname ota.example.com -verify_ip 192.0.2.1"},
	{"ecdsa", "ecdsa-p256", "ecdsa-p384", NAMING_SAN, KU_DIGITAL_SIGNATURE,
	 "-verify_hostname ota.example.com -verify_ip 192.0.2.1"},
	{"by common name", "ecdsa-p256", "rsa-2048", NAMING_COMMON_NAME,
	 KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
	 "-verify_hostname ota.example.com"},
};

static void issues(void **state)
{
	struct host hosts[2];
	int64_t now = clock_utc();

	must(host_parse(&hosts[0], "ota.example.com", false, &failure));
	must(host_parse(&hosts[1], "192.0.2.1", false, &failure));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct authority ca = new_authority(rows[i].ca, now);
		struct authority_request request = {.key = new_key(rows[i].key),
						    .hosts = hosts,
						    .host_count = 2,
						    .naming = rows[i].naming,
						    .now = now,
						    .days = 30};
		X509 *leaf;

		print_message("case: %s\n", rows[i].label);
		must(authority_issue(&leaf, &ca, &request, &failure));
		assert_int_equal(certificate_not_before(leaf), now - DAY);
		assert_int_equal(certificate_not_after(leaf), now + 30 * DAY);
		assert_int_equal(X509_get_key_usage(leaf), rows[i].usage);
		assert_int_equal(X509_get_extended_key_usage(leaf),
				 XKU_SSL_SERVER);
		assert_int_equal(X509_check_private_key(leaf, request.key), 1);
		save(*state, "issuer.pem", ca.certificate);
		save(*state, "server.pem", leaf);
		run_in(*state,
		       "openssl verify -x509_strict -purpose sslserver %s "
		       "-CAfile issuer.pem server.pem",
		       rows[i].verify);
		X509_free(leaf);
		EVP_PKEY_free(request.key);
		authority_free(&ca);
	}
}

static void ends_in_time(void **state)
{
	static const struct {
		const char *label;
		int64_t now;
		int days;
		int64_t end; /* 0: refused */
	} ends[] = {
		{"one day", NOW, 1, NOW + DAY},
		{"to its issuer's end", AUTHORITY_END - DAY, 1, AUTHORITY_END},
		{"past it", AUTHORITY_END - DAY + 1, 1, AUTHORITY_END},
		{"far past it", NOW, 36500, AUTHORITY_END},
		{"its last second", AUTHORITY_END - 1, 1, AUTHORITY_END},
		{"over", AUTHORITY_END, 1, 0},
	};
	struct authority ca = new_authority("ecdsa-p256", NOW);
	struct authority_request request = {.key = ca.key, .host_count = 1};
	struct host host;

	(void)state;
	must(host_parse(&host, "localhost", false, &failure));
	request.hosts = &host;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		X509 *leaf;

		print_message("case: %s\n", ends[i].label);
		request.now = ends[i].now;
		request.days = ends[i].days;
		if (!ends[i].end) {
			must_fail(
				"over",
				authority_issue(&leaf, &ca, &request, &failure),
				ERR_INVALID, "has expired");
			assert_null(leaf);
			continue;
		}
		must(authority_issue(&leaf, &ca, &request, &failure));
		assert_int_equal(certificate_not_after(leaf), ends[i].end);
		X509_free(leaf);
	}
	authority_free(&ca);
}

static void numbers_no_two_alike(void **state)
{
	struct authority ca = new_authority("ecdsa-p256", NOW);
	struct authority_request request = {
		.key = ca.key, .host_count = 1, .now = NOW, .days = 1};
	struct host host;
	X509 *a, *b;

	(void)state;
	must(host_parse(&host, "localhost", false, &failure));
	request.hosts = &host;
	must(authority_issue(&a, &ca, &request, &failure));
	must(authority_issue(&b, &ca, &request, &failure));
	assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(a),
					      X509_get0_serialNumber(b)),
			     0);
	assert_int_equal(ASN1_STRING_type(X509_get0_serialNumber(a)),
			 V_ASN1_INTEGER); /* positive */
	X509_free(a);
	X509_free(b);
	authority_free(&ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(makes_authorities),
		cmocka_unit_test(names_no_two_alike),
		cmocka_unit_test(refuses_algorithms),
		cmocka_unit_test(reads_authorities),
		cmocka_unit_test(issues),
		cmocka_unit_test(ends_in_time),
		cmocka_unit_test(numbers_no_two_alike),
	};

	return cmocka_run_group_tests(tests, make_files, remove_dir);
}
