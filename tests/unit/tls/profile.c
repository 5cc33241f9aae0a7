#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/strbuf.h"
#include "tls/profile.h"

/* ---- key pairs made on the spot ----------------------------------------- */

struct pair {
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
	struct tls_certificate cert;
};

static void make_pair(struct pair *p, const char *name, EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *subject = X509_get_subject_name(x);

	p->key = key;
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
				   (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, subject);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	p->chain = sk_X509_new_null();
	sk_X509_push(p->chain, x);
	p->cert = (struct tls_certificate){name, key, p->chain};
}

static void free_pair(struct pair *p)
{
	EVP_PKEY_free(p->key);
	sk_X509_pop_free(p->chain, X509_free);
}

static struct tls_profile_spec
profile(const char *name, const struct tls_certificate *certificates,
	size_t count)
{
	return (struct tls_profile_spec){.name = name,
					 .certificates = certificates,
					 .certificate_count = count,
					 .min_version = TLS1_2_VERSION,
					 .security_level = 2};
}

static struct tls_profiles *build(const struct tls_profile_spec *profiles,
				  size_t count, const struct tls_rule *rules,
				  size_t rule_count, struct err *err)
{
	const struct tls_profiles_spec spec = {.profiles = profiles,
					       .profile_count = count,
					       .rules = rules,
					       .rule_count = rule_count};
	struct tls_profiles *set;

	tls_profiles_build(&set, &spec, err);
	return set;
}

/* ---- tests -------------------------------------------------------------- */

static void chooses_by_rule(void **state)
{
	static const struct {
		const char *label, *sni;
		int port;
		const char *profile;
	} rows[] = {
		{"nothing matches", "other.example", 1, "default"},
		{"name", "old.example", 1, "old"},
		{"name, but a longer one", "old.example.x", 1, "default"},
		{"no name", "", 1, "nameless"},
		{"no name, on another port", "", 2, "default"},
		{"one label for the star", "a.wild.example", 1, "old"},
		{"two labels for the star", "a.b.wild.example", 1, "default"},
		{"no label for the star", "wild.example", 1, "default"},
		{"empty label for the star", ".wild.example", 1, "default"},
		{"port", "other.example", 9, "nameless"},
		{"first match wins", "old.example", 9, "old"},
	};
	const struct tls_rule rules[] = {
		{.sni = "old.example", .profile = 1},
		{.sni = "*.wild.example", .profile = 1},
		{.sni = "", .port = 1, .profile = 2},
		{.port = 9, .profile = 2},
	};
	struct pair pair;
	struct tls_profile_spec specs[3];
	struct tls_profiles *set;
	struct err err;

	(void)state;
	make_pair(&pair, "rsa", EVP_RSA_gen(2048));
	specs[0] = profile("default", &pair.cert, 1);
	specs[1] = profile("old", &pair.cert, 1);
	specs[2] = profile("nameless", &pair.cert, 1);
	set = build(specs, 3, rules, 4, &err);
	assert_non_null(set);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sockaddr_storage address = {.ss_family = AF_INET};
		struct tls_client client = {0};
		const struct tls_profile *p;

		text_copy(client.sni, sizeof(client.sni), rows[i].sni);
		p = tls_profiles_choose(set, &client, &address, rows[i].port);

		if (strcmp(tls_profile_name(p), rows[i].profile) != 0)
			fail_msg("%s: got %s, want %s", rows[i].label,
				 tls_profile_name(p), rows[i].profile);
	}
	tls_profiles_unref(set);
	free_pair(&pair);
}

static void refuses_small_key(void **state)
{
	struct pair pair;
	struct tls_profile_spec spec;
	struct tls_profiles *set;
	struct err err;

	(void)state;
	make_pair(&pair, "tiny", EVP_RSA_gen(1024));
	spec = profile("p", &pair.cert, 1);
	assert_null(build(&spec, 1, NULL, 0, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_string_equal(err.text,
			    "profile p: certificate tiny at security level 2: "
			    "ee key too small");
	spec.security_level = 1;
	set = build(&spec, 1, NULL, 0, &err);
	assert_non_null(set);
	tls_profiles_unref(set);
	free_pair(&pair);
}

static void refuses_foreign_key(void **state)
{
	struct pair a, b;
	struct tls_profile_spec spec;
	struct err err;

	(void)state;
	make_pair(&a, "a", EVP_RSA_gen(2048));
	make_pair(&b, "b", EVP_RSA_gen(2048));
	a.cert.key = b.key;
	spec = profile("p", &a.cert, 1);
	assert_null(build(&spec, 1, NULL, 0, &err));
	assert_non_null(strstr(err.text, "profile p: certificate a at "));
	free_pair(&a);
	free_pair(&b);
}

static void refuses_two_of_a_kind(void **state)
{
	struct pair a, b, c;
	struct tls_certificate certificates[2];
	const struct tls_profile_spec spec = profile("p", certificates, 2);
	struct tls_profiles *set;
	struct err err;

	(void)state;
	make_pair(&a, "a", EVP_RSA_gen(2048));
	make_pair(&b, "b", EVP_RSA_gen(2048));
	make_pair(&c, "c", EVP_EC_gen("P-256"));
	certificates[0] = a.cert;
	certificates[1] = b.cert;
	assert_null(build(&spec, 1, NULL, 0, &err));
	assert_string_equal(err.text, "profile p: certificate b: a second one "
				      "with a key of the same kind");
	certificates[1] = c.cert;
	set = build(&spec, 1, NULL, 0, &err);
	assert_non_null(set);
	tls_profiles_unref(set);
	free_pair(&a);
	free_pair(&b);
	free_pair(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_by_rule),
		cmocka_unit_test(refuses_small_key),
		cmocka_unit_test(refuses_foreign_key),
		cmocka_unit_test(refuses_two_of_a_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
