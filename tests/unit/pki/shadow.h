/*
 * A public key infrastructure in memory, written down in a few letters per
 * certificate.
 */
#ifndef OTTERD_TESTS_PKI_SHADOW_H
#define OTTERD_TESTS_PKI_SHADOW_H

#include "../base/fixture.h"
#include "mint.h"

#include <openssl/pem.h>

#include "pki/certificate.h"
#include "pki/pool.h"

enum {
	SHADOW_YEAR = 365 * MINT_DAY,
	SHADOW_EXPIRED = MINT_NOW - MINT_DAY,
	SHADOW_FUTURE = MINT_NOW + MINT_DAY
};

/*
 * A certificate.  As text: "X<D" is a CA named CN=X by CN=D, valid, the key
 * of the one being 'x' and of the other 'd', their first letters in lower
 * case; "X<D/yz" has the key 'y' and was signed by 'z'; options follow, each
 * after a comma, see shadow_option().
 */
struct shadow {
	char subject[16], issuer[16]; /* "" is the empty name */
	char key, signer;	      /* letters */
	const char *constraints;      /* NULL: "critical,CA:TRUE"; "": none */
	const char *usage;	      /* keyUsage; NULL: none */
	const char *purposes;	      /* extendedKeyUsage; NULL: none */
	const char *names;	      /* subjectAltName; NULL: none */
	const char *hash;	      /* NULL: SHA256 */
	int64_t not_before;	      /* 0: a year before MINT_NOW */
	int64_t not_after;	      /* 0: a year after MINT_NOW */
	bool version_1;		      /* which has no extensions */
	bool damaged;		      /* one bit of the signature */
};

static inline void shadow_option(struct shadow *s, const char *text)
{
	const struct {
		const char *text;
		const char **field;
		const char *value;
	} options[] = {
		{"leaf", &s->constraints, "critical,CA:FALSE"},
		{"bare", &s->constraints, ""},
		{"pathlen:0", &s->constraints, "critical,CA:TRUE,pathlen:0"},
		{"pathlen:1", &s->constraints, "critical,CA:TRUE,pathlen:1"},
		{"pathlen:2", &s->constraints, "critical,CA:TRUE,pathlen:2"},
		{"digitalSignature", &s->usage, "digitalSignature"},
		{"keyCertSign", &s->usage, "keyCertSign"},
		{"cRLSign", &s->usage, "cRLSign"},
		{"clientAuth", &s->purposes, "clientAuth"},
		{"serverAuth", &s->purposes, "serverAuth"},
		{"anyPurpose", &s->purposes, "anyExtendedKeyUsage"},
		{"sha1", &s->hash, "SHA1"},
		{"md5", &s->hash, "MD5"},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (strcmp(options[i].text, text) == 0) {
			*options[i].field = options[i].value;
			return;
		}
	}
	if (strcmp(text, "expired") == 0)
		s->not_after = SHADOW_EXPIRED;
	else if (strcmp(text, "future") == 0)
		s->not_before = SHADOW_FUTURE;
	else if (strncmp(text, "from", 4) == 0) /* "from-9", seconds */
		s->not_before = MINT_NOW + atoi(text + 4);
	else if (strncmp(text, "until", 5) == 0)
		s->not_after = MINT_NOW + atoi(text + 5);
	else if (strcmp(text, "v1") == 0)
		s->version_1 = true;
	else if (strcmp(text, "damaged") == 0)
		s->damaged = true;
	else
		fail_msg("no option '%s'", text);
}

static inline char shadow_letter(const char *name)
{
	return *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
}

static inline struct shadow shadow_read(const char *text)
{
	struct shadow s = {0};
	char copy[128], *rest = copy, *names, *keys;

	assert_true(snprintf(copy, sizeof(copy), "%s", text) <
		    (int)sizeof(copy));
	keys = strsep(&rest, ",");
	names = strsep(&keys, "/");
	snprintf(s.subject, sizeof(s.subject), "%s", strsep(&names, "<"));
	assert_non_null(names);
	snprintf(s.issuer, sizeof(s.issuer), "%s", names);
	s.key = keys ? keys[0] : shadow_letter(s.subject);
	s.signer = keys ? keys[1] : shadow_letter(s.issuer);
	for (char *option; (option = strsep(&rest, ","));)
		shadow_option(&s, option);
	return s;
}

static EVP_PKEY *shadow_keys[128];

/* Give a letter another kind of key than ecdsa-p256, before its first use. */
static inline void shadow_set_key(char letter, EVP_PKEY *key)
{
	assert_null(shadow_keys[(int)letter]);
	shadow_keys[(int)letter] = key;
}

/* The key of a letter, the same one all through the program. */
static inline EVP_PKEY *shadow_key(char letter)
{
	EVP_PKEY **key = &shadow_keys[(int)letter];

	if (!*key)
		*key = mint_key("ecdsa-p256");
	return *key;
}

/* Free the keys; they are made anew when they are wanted again. */
static inline int shadow_forget(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(shadow_keys) / sizeof(*shadow_keys);
	     i++) {
		EVP_PKEY_free(shadow_keys[i]);
		shadow_keys[i] = NULL;
	}
	return 0;
}

static inline X509_NAME *shadow_name(const char *common)
{
	X509_NAME *name = X509_NAME_new();

	assert_non_null(name);
	if (*common)
		assert_int_equal(X509_NAME_add_entry_by_NID(
					 name, NID_commonName, MBSTRING_UTF8,
					 (const unsigned char *)common, -1, -1,
					 0),
				 1);
	return name;
}

static inline void shadow_extensions(X509 *c, const struct shadow *s)
{
	const char *constraints =
		s->constraints ? s->constraints : "critical,CA:TRUE";

	if (*constraints)
		mint_extension(c, NID_basic_constraints, constraints);
	if (s->usage)
		mint_extension(c, NID_key_usage, s->usage);
	if (s->purposes)
		mint_extension(c, NID_ext_key_usage, s->purposes);
	if (s->names)
		mint_extension(c, NID_subject_alt_name, s->names);
}

/* Change the last bit of a signature. */
static inline X509 *shadow_damage(X509 *c)
{
	unsigned char *der = NULL;
	const unsigned char *at;
	int len = i2d_X509(c, &der);

	assert_true(len > 0);
	der[len - 1] ^= 1;
	X509_free(c);
	at = der;
	c = d2i_X509(NULL, &at, len);
	assert_non_null(c);
	OPENSSL_free(der);
	return c;
}

/* The caller frees it. */
static inline X509 *shadow_make(const struct shadow *s)
{
	static long serial;
	X509_NAME *subject = shadow_name(s->subject);
	X509_NAME *issuer = shadow_name(s->issuer);
	X509 *c = X509_new();

	assert_non_null(c);
	X509_set_version(c, s->version_1 ? X509_VERSION_1 : X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c), ++serial);
	X509_set_subject_name(c, subject);
	X509_set_issuer_name(c, issuer);
	X509_NAME_free(subject);
	X509_NAME_free(issuer);
	ASN1_TIME_set(X509_getm_notBefore(c),
		      s->not_before ? s->not_before : MINT_NOW - SHADOW_YEAR);
	ASN1_TIME_set(X509_getm_notAfter(c),
		      s->not_after ? s->not_after : MINT_NOW + SHADOW_YEAR);
	X509_set_pubkey(c, shadow_key(s->key));
	if (!s->version_1)
		shadow_extensions(c, s);
	assert_true(X509_sign(c, shadow_key(s->signer),
			      EVP_get_digestbyname(s->hash ? s->hash
							   : "SHA256")) > 0);
	return s->damaged ? shadow_damage(c) : c;
}

/* Make what the words of a text say, at most `max`; how many they were. */
static inline size_t shadow_list(const char *text, X509 **made, size_t max)
{
	char copy[512], *rest = copy;
	size_t count = 0;

	assert_true(snprintf(copy, sizeof(copy), "%s", text) <
		    (int)sizeof(copy));
	for (char *word; (word = strsep(&rest, " ")); count++) {
		struct shadow s = shadow_read(word);

		assert_true(count < max);
		made[count] = shadow_make(&s);
	}
	return count;
}

static inline void shadow_free(X509 **made, size_t count)
{
	for (size_t i = 0; i < count; i++)
		X509_free(made[i]);
}

/* A pool that holds them; the caller frees it. */
static inline struct pool *shadow_pool(X509 *const *made, size_t count)
{
	struct pool *pool;

	must(pool_new(&pool, &failure));
	for (size_t i = 0; i < count; i++)
		must(pool_add(pool, made[i], &failure));
	return pool;
}

/* Write a CRL of the issuer's, in PEM, that lists one certificate. */
static inline void shadow_write_crl(const char *path, const X509 *issuer,
				    char signer, X509 *revoked)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, MINT_NOW - MINT_DAY);
	X509_REVOKED *entry = X509_REVOKED_new();
	BIO *bio = BIO_new_file(path, "w");

	assert_true(crl && when && entry && bio);
	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer));
	X509_CRL_set1_lastUpdate(crl, when);
	X509_CRL_set1_nextUpdate(crl, when);
	X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked));
	X509_REVOKED_set_revocationDate(entry, when);
	assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
	assert_true(X509_CRL_sign(crl, shadow_key(signer), EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
	BIO_free(bio);
	ASN1_TIME_free(when);
	X509_CRL_free(crl);
}

#endif
