#include "real.h"
#include "shadow.h"

#include <openssl/err.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static X509 *one(const char *text)
{
	struct shadow s = shadow_read(text);

	return shadow_make(&s);
}

/* ---- names -------------------------------------------------------------- */

static void names_the_subject(void **state)
{
	static const struct {
		const char *label, *type;
		const char *value;
		const char *want;
	} rows[] = {
		{"plain", "CN", "ota.example.com", "CN=ota.example.com"},
		{"quoted", "O", "Entrust, Inc.", "O=Entrust\\, Inc."},
		{"umlaut", "CN", "M\xc3\xbcller", "CN=M\\C3\\BCller"},
		{"line end", "CN", "a\nb", "CN=a\\0Ab"},
		{"escape", "CN", "a\x1b[2J", "CN=a\\1B[2J"},
		{"delete", "CN", "a\x7f", "CN=a\\7F"},
		{"blank in front", "CN", " a", "CN=\\ a"},
	};
	char text[CERTIFICATE_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509_NAME *name = X509_NAME_new();
		X509 *c = one("x<x");

		assert_int_equal(X509_NAME_add_entry_by_txt(
					 name, rows[i].type, MBSTRING_UTF8,
					 (const unsigned char *)rows[i].value,
					 -1, -1, 0),
				 1);
		X509_set_subject_name(c, name);
		X509_set_issuer_name(c, name);
		certificate_subject(c, text);
		if (strcmp(text, rows[i].want) != 0)
			fail_msg("%s: %s", rows[i].label, text);
		certificate_issuer(c, text);
		assert_string_equal(text, rows[i].want);
		X509_NAME_free(name);
		X509_free(c);
	}
}

/* The last attribute comes first (RFC 4514 section 2.1). */
static void turns_names_round(void **state)
{
	struct mint m = {.subject = "CN=R3,O=Let's Encrypt,C=US",
			 .key = shadow_key('a')};
	char text[CERTIFICATE_NAME_SIZE];
	X509 *c = mint(&m);
	X509_NAME_ENTRY *first =
		X509_NAME_get_entry(X509_get_subject_name(c), 0);

	(void)state;
	assert_int_equal(OBJ_obj2nid(X509_NAME_ENTRY_get_object(first)),
			 NID_countryName);
	certificate_subject(c, text);
	assert_string_equal(text, m.subject);
	X509_free(c);
}

/* Strings that are not what their type says. */
static void shows_damaged_names(void **state)
{
	static const struct {
		int type;
		const char *bytes;
		int len;
		const char *want;
	} rows[] = {
		{V_ASN1_UTF8STRING, "a\0b", 3, "CN=a\\00b"},
		{V_ASN1_PRINTABLESTRING, "a\0\n", 3, "CN=a\\00\\0A"},
	};
	char text[CERTIFICATE_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509_NAME *name = X509_NAME_new();
		X509 *c = one("x<x");

		X509_NAME_add_entry_by_NID(name, NID_commonName, rows[i].type,
					   (const unsigned char *)rows[i].bytes,
					   rows[i].len, -1, 0);
		X509_set_subject_name(c, name);
		certificate_subject(c, text);
		if (strcmp(text, rows[i].want) != 0)
			fail_msg("row %zu: %s", i, text);
		assert_int_equal(ERR_peek_error(), 0);
		X509_NAME_free(name);
		X509_free(c);
	}
}

static void cuts_long_names(void **state)
{
	char text[CERTIFICATE_NAME_SIZE + 8], want[CERTIFICATE_NAME_SIZE];
	X509_NAME *name = X509_NAME_new();
	X509 *c = one("x<x");

	(void)state;
	for (int i = 0; i < 20; i++)
		assert_int_equal(
			X509_NAME_add_entry_by_NID(
				name, NID_commonName, MBSTRING_ASC,
				(const unsigned char *)"0123456789012345678901"
						       "2345678901234567890123",
				-1, -1, 0),
			1);
	for (size_t i = 0; i < sizeof(want); i++)
		want[i] =
			"CN=01234567890123456789012345678901234567890123,"[i %
									   48];
	want[sizeof(want) - 1] = '\0';
	memset(text, '!', sizeof(text));
	X509_set_subject_name(c, name);
	certificate_subject(c, text);
	assert_string_equal(text, want);
	assert_int_equal(text[CERTIFICATE_NAME_SIZE], '!');
	X509_NAME_free(name);
	X509_free(c);
}

static void names_those_without_a_subject(void **state)
{
	static const struct {
		const char *names, *want;
	} rows[] = {
		{NULL, "(no subject)"},
		{"DNS:ota.example.com", "(no subject) ota.example.com"},
		{"DNS:a.example,DNS:b.example", "(no subject) a.example"},
		{"IP:192.168.1.10", "(no subject) 192.168.1.10"},
		{"email:a@b.example,DNS:c.example", "(no subject) c.example"},
		{"email:a@b.example", "(no subject)"},
		{"URI:https://a.example", "(no subject)"},
	};
	char text[CERTIFICATE_NAME_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct shadow s = {
			.key = 'a', .signer = 'a', .names = rows[i].names};
		X509 *c = shadow_make(&s);

		certificate_subject(c, text);
		assert_string_equal(text, rows[i].want);
		certificate_issuer(c, text);
		assert_string_equal(text, "(no subject)");
		X509_free(c);
	}
}

/* ---- dates, identity ---------------------------------------------------- */

static void tells_dates(void **state)
{
	static const struct {
		const char *label;
		int64_t from, until;
	} rows[] = {
		{"UTCTime", 946684800, 2524607999},	     /* to 2049 */
		{"GeneralizedTime", 2524608000, 4102444800}, /* 2050, 2100 */
		{"before 1970", -631152000, 0},		     /* 1950 */
		{"the last there is", 0, 253402300799},	     /* 9999 */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *c = one("x<x");

		ASN1_TIME_set(X509_getm_notBefore(c), rows[i].from);
		ASN1_TIME_set(X509_getm_notAfter(c), rows[i].until);
		assert_int_equal(certificate_not_before(c), rows[i].from);
		assert_int_equal(certificate_not_after(c), rows[i].until);
		assert_false(certificate_valid_at(c, rows[i].from - 1));
		assert_true(certificate_valid_at(c, rows[i].from));
		assert_true(certificate_valid_at(c, rows[i].until));
		assert_false(certificate_valid_at(c, rows[i].until + 1));
		X509_free(c);
	}
}

static void never_valid_with_a_damaged_date(void **state)
{
	X509 *c = one("x<x");

	(void)state;
	ASN1_STRING_set(X509_getm_notAfter(c), "991399000000Z", 13);
	assert_int_equal(certificate_not_after(c), 0);
	assert_false(certificate_valid_at(c, MINT_NOW));
	X509_free(c);
}

static void tells_one_from_another(void **state)
{
	static const struct {
		const char *a, *b;
		bool same_holder;
	} rows[] = {
		{"R<X", "R<Y", true},	  {"R<X", "R<R", true},
		{"R<X", "R<X,v1", true},  {"R<X", "S<X/rx", false},
		{"R<X", "R<X/sx", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *a = one(rows[i].a), *b = one(rows[i].b);

		assert_int_equal(certificate_same_holder(a, b),
				 rows[i].same_holder);
		assert_true(certificate_same_holder(a, a));
		assert_true(certificate_equal(a, a));
		assert_false(certificate_equal(a, b));
		X509_free(a);
		X509_free(b);
	}
}

static void measures(void **state)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *made[2];
	unsigned char *der = NULL;
	struct digest digest, want;
	int len;

	(void)state;
	assert_int_equal(shadow_list("R<X X<X", made, 2), 2);
	len = i2d_X509(made[0], &der);
	assert_int_equal(certificate_size(made[0]), len);
	assert_true(digest_of(&want, der, (size_t)len));
	assert_true(certificate_fingerprint(made[0], &digest));
	assert_true(digest_equal(&digest, &want));
	assert_int_equal(certificate_message_size(chain), 7);
	sk_X509_push(chain, made[0]);
	assert_int_equal(certificate_message_size(chain), 10 + len);
	sk_X509_push(chain, made[1]);
	assert_int_equal(certificate_message_size(chain),
			 13 + len + (int)certificate_size(made[1]));
	OPENSSL_free(der);
	sk_X509_free(chain);
	shadow_free(made, 2);
}

/* Sizes that were measured without the message's header. */
static void measures_messages(void **state)
{
	enum { HEADER = 4 };
	static const struct {
		const char *served;
		size_t size;
	} rows[] = {
		{LEAF_R3 " " R3_DST, 2462},
		{LEAF_R3 " " R3_X1 " " X1_DST, 4022},
		{LEAF_YR1 " " YR1 " " YR_X1, 4059},
		{LEAF_YR1 " " YR1 " " YR_X1 " " X1_DST, 5442},
		{LEAF_YE2 " " YE2 " " YE_X2 " " X2_X1, 3370},
		{LEAF_YE2 " " YE2 " " YE_X2 " " X2_X1 " " X1_DST, 4753},
	};

	(void)state;
	if (!real_is_here())
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		STACK_OF(X509) *chain = real_load_all(rows[i].served);

		assert_int_equal(certificate_message_size(chain),
				 HEADER + rows[i].size);
		sk_X509_pop_free(chain, X509_free);
	}
}

/* ---- what it may sign --------------------------------------------------- */

static void tells_cas(void **state)
{
	static const struct {
		const char *text;
		bool is_ca;
		long path_length;
		bool self_issued;
	} rows[] = {
		{"R<X", true, -1, false},
		{"R<R", true, -1, true},
		{"R<R/rx", true, -1, true},
		{"R<X,leaf", false, -1, false},
		{"R<X,bare", false, -1, false},
		{"R<R,v1", false, -1, true},
		{"R<X,pathlen:0", true, 0, false},
		{"R<X,pathlen:2", true, 2, false},
		{"R<X,keyCertSign", true, -1, false},
		{"R<X,cRLSign", false, -1, false},
		{"R<X,serverAuth", true, -1, false},
		{"R<X,clientAuth", false, -1, false},
		{"R<X,anyPurpose", true, -1, false},
		{"R<X,leaf,keyCertSign", false, -1, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *c = one(rows[i].text);

		if (certificate_is_ca(c) != rows[i].is_ca ||
		    certificate_path_length(c) != rows[i].path_length ||
		    certificate_self_issued(c) != rows[i].self_issued)
			fail_msg("%s", rows[i].text);
		X509_free(c);
	}
}

static void checks_signatures(void **state)
{
	static const struct {
		const char *text, *issuer;
		bool good;
	} rows[] = {
		{"R<X", "X<X", true},	       {"R<X", "X<D", true},
		{"R<X", "X<D,leaf", true}, /* nothing else is looked at */
		{"R<X", "Y<D/xd", false},      {"R<X", "X<D/yd", false},
		{"R<X,damaged", "X<D", false}, {"R<X,sha1", "X<D", true},
		{"R<R", "R<R", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *c = one(rows[i].text), *issuer = one(rows[i].issuer);

		if (certificate_signed_by(c, issuer) != rows[i].good)
			fail_msg("%s by %s", rows[i].text, rows[i].issuer);
		assert_int_equal(ERR_peek_error(), 0);
		X509_free(issuer);
		X509_free(c);
	}
}

static void tells_weak_ones(void **state)
{
	/* t: RSA of 512 bits, u: 1024, v: 1536, w: 2048, p: P-224 */
	static const struct {
		const char *text, *want;
		int level;
	} rows[] = {
		{"R<X", NULL, 2},
		{"R<X/wx", NULL, 2},
		{"R<X/px", NULL, 2},
		{"R<X,sha1", "signed with SHA-1", 0},
		{"R<X/rw,md5", "signed with MD5", 0},
		{"R<R,sha1", NULL, 2},
		{"R<R/rx,sha1", "signed with SHA-1", 0}, /* another's key */
		{"R<X/vx", "RSA key of less than 2048 bits", 1},
		{"R<X/ux", "RSA key of 1024 bits", 1},
		{"R<X/tx", "RSA key of less than 1024 bits", 0},
		{"R<R/uu", "RSA key of 1024 bits", 1},
		{"R<X/ux,sha1", "signed with SHA-1", 0}, /* the worse of both */
		{"R<X/tx,sha1", "RSA key of less than 1024 bits", 0},
		{"R<R/uu,sha1", "RSA key of 1024 bits", 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *c = one(rows[i].text);
		int level = -1;
		const char *got = certificate_weakness(c, &level);

		if (level != rows[i].level ||
		    strcmp(got ? got : "-",
			   rows[i].want ? rows[i].want : "-") != 0)
			fail_msg("%s: %s, %d", rows[i].text, got ? got : "-",
				 level);
		assert_ptr_equal(certificate_weakness(c, NULL), got);
		assert_int_equal(ERR_peek_error(), 0);
		X509_free(c);
	}
}

static int make_keys(void **state)
{
	(void)state;
	shadow_set_key('t', EVP_RSA_gen(512));
	shadow_set_key('u', EVP_RSA_gen(1024));
	shadow_set_key('v', EVP_RSA_gen(1536));
	shadow_set_key('w', EVP_RSA_gen(2048));
	shadow_set_key('p', EVP_EC_gen("P-224"));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_subject),
		cmocka_unit_test(turns_names_round),
		cmocka_unit_test(shows_damaged_names),
		cmocka_unit_test(cuts_long_names),
		cmocka_unit_test(names_those_without_a_subject),
		cmocka_unit_test(tells_dates),
		cmocka_unit_test(never_valid_with_a_damaged_date),
		cmocka_unit_test(tells_one_from_another),
		cmocka_unit_test(measures),
		cmocka_unit_test(measures_messages),
		cmocka_unit_test(tells_cas),
		cmocka_unit_test(checks_signatures),
		cmocka_unit_test(tells_weak_ones),
	};

	return cmocka_run_group_tests(tests, make_keys, shadow_forget);
}
