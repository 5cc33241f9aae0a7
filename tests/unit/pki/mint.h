/*
 * Certificates minted in memory for the tests of this room, and the real
 * public ones where a folder of them lies beside the checkout.
 */
#ifndef OTTERD_TESTS_PKI_MINT_H
#define OTTERD_TESTS_PKI_MINT_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "pki/key.h"

enum {
	MINT_NOW = 1795233600, /* 2026-11-21 04:00 UTC */
	MINT_DAY = 24 * 60 * 60
};

struct mint {
	const char *subject; /* "CN=a,O=b", as RFC 4514 writes it */
	EVP_PKEY *key;
	X509 *issuer;	      /* NULL: it signs itself */
	EVP_PKEY *issuer_key; /* its key */
	bool ca;
	const char *path_length; /* "0", or NULL for none */
	int64_t not_before;	 /* 0: a year before MINT_NOW */
	int64_t not_after;	 /* 0: a year after MINT_NOW */
	const char *hash;	 /* NULL: SHA256 */
	int padding;		 /* bytes that make it larger */
};

static inline EVP_PKEY *mint_key(const char *algorithm)
{
	struct err err;
	EVP_PKEY *key;

	if (!key_generate(&key, algorithm, &err))
		fail_msg("%s", err.text);
	return key;
}

static inline X509_NAME *mint_name(const char *text)
{
	X509_NAME *name = X509_NAME_new();
	char copy[512], *rest = copy;

	assert_true(snprintf(copy, sizeof(copy), "%s", text) <
		    (int)sizeof(copy));
	for (char *part; (part = strsep(&rest, ","));) {
		char *value = strchr(part, '=');

		assert_non_null(value);
		*value++ = '\0';
		/* before the others */
		assert_int_equal(
			X509_NAME_add_entry_by_txt(name, part, MBSTRING_ASC,
						   (const unsigned char *)value,
						   -1, 0, 0),
			1);
	}
	return name;
}

static inline void mint_extension(X509 *c, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(e);
	assert_int_equal(X509_add_ext(c, e, -1), 1);
	X509_EXTENSION_free(e);
}

static inline void mint_constraints(X509 *c, const struct mint *m)
{
	char value[64];

	snprintf(value, sizeof(value), "critical,CA:%s%s%s",
		 m->ca ? "TRUE" : "FALSE", m->path_length ? ",pathlen:" : "",
		 m->path_length ? m->path_length : "");
	mint_extension(c, NID_basic_constraints, value);
	if (m->ca)
		mint_extension(c, NID_key_usage, "critical,keyCertSign");
	if (m->padding) {
		char *pad = calloc(1, (size_t)m->padding + 1);

		assert_non_null(pad);
		memset(pad, '.', (size_t)m->padding);
		mint_extension(c, NID_netscape_comment, pad);
		free(pad);
	}
}

/* The caller frees it. */
static inline X509 *mint(const struct mint *m)
{
	static long serial;
	X509 *c = X509_new();
	X509_NAME *subject = mint_name(m->subject);

	assert_non_null(c);
	X509_set_version(c, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(c), ++serial);
	X509_set_subject_name(c, subject);
	X509_set_issuer_name(c, m->issuer ? X509_get_subject_name(m->issuer)
					  : subject);
	X509_NAME_free(subject);
	ASN1_TIME_set(X509_getm_notBefore(c),
		      m->not_before ? m->not_before
				    : MINT_NOW - 365 * MINT_DAY);
	ASN1_TIME_set(X509_getm_notAfter(c),
		      m->not_after ? m->not_after : MINT_NOW + 365 * MINT_DAY);
	X509_set_pubkey(c, m->key);
	mint_constraints(c, m);
	assert_true(X509_sign(c, m->issuer_key ? m->issuer_key : m->key,
			      EVP_get_digestbyname(m->hash ? m->hash
							   : "SHA256")) > 0);
	return c;
}

static X509 *mint_kept[64];
static size_t mint_kept_count;

/* Have mint_free_kept() free it. */
static inline X509 *mint_keep(X509 *c)
{
	assert_true(mint_kept_count < sizeof(mint_kept) / sizeof(*mint_kept));
	return mint_kept[mint_kept_count++] = c;
}

static inline void mint_free_kept(void)
{
	while (mint_kept_count)
		X509_free(mint_kept[--mint_kept_count]);
}

/*
 * The folder of real certificates: shared/certs in a folder above this
 * program.  False, with the reason printed, when there is none.
 */
static inline bool mint_real(char dir[static PATH_MAX])
{
	char probe[PATH_MAX + 32];
	ssize_t len = readlink("/proc/self/exe", dir, PATH_MAX - 16);

	for (char *end = dir + (len < 0 ? 0 : len); end > dir; end--) {
		if (*end != '/' && *end != '\0')
			continue;
		snprintf(end, 16, "/shared/certs");
		snprintf(probe, sizeof(probe), "%s/MANIFEST.tsv", dir);
		if (!access(probe, R_OK))
			return true;
		*end = '/';
	}
	print_message("skipped: no shared/certs beside the checkout\n");
	return false;
}

/* The only certificate of a file; the caller frees it. */
static inline X509 *mint_read(const char *dir, const char *name)
{
	char path[2 * PATH_MAX];
	STACK_OF(X509) * chain;
	struct err err;
	X509 *c;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!key_read_certificates(&chain, path, &err))
		fail_msg("%s", err.text);
	c = sk_X509_shift(chain);
	assert_int_equal(sk_X509_num(chain), 0);
	sk_X509_free(chain);
	return c;
}

#endif
