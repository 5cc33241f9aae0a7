/* Real public certificates, by the names of their files. */
#ifndef OTTERD_TESTS_PKI_REAL_H
#define OTTERD_TESTS_PKI_REAL_H

#include "mint.h"

enum { REAL_NAMES_MAX = 512 };

#define DST    "letsencrypt/dst-root-ca-x3"
#define X1     "letsencrypt/isrg-root-x1"
#define X2     "letsencrypt/isrg-root-x2"
#define X1_DST "letsencrypt/isrg-root-x1-by-dst-root-ca-x3"
#define YR     "letsencrypt/root-yr"
#define YR_X1  "letsencrypt/root-yr-by-isrg-root-x1"
#define YR1    "letsencrypt/yr1-by-root-yr"
#define YE_X2  "letsencrypt/root-ye-by-isrg-root-x2"
#define YE2    "letsencrypt/ye2-by-root-ye"
#define X2_X1  "letsencrypt/isrg-root-x2-by-isrg-root-x1-geny"
#define R3_DST "letsencrypt/r3-by-dst-root-ca-x3"
#define R3_X1  "letsencrypt/r3-by-isrg-root-x1"
#define R11    "letsencrypt/r11-by-isrg-root-x1"
#define X3_DST "letsencrypt/le-authority-x3-by-dst-root-ca-x3"

#define LEAF_YR1 "leaf/leaf-yr1-supabase.com"
#define LEAF_YE2 "leaf/leaf-ye2-valid.ye.test-certs.letsencrypt.org"
#define LEAF_R3	 "leaf/leaf-r3-geoip.elastic.dev"
#define LEAF_R11 "leaf/leaf-r11-badssl.com"
#define LEAF_X3	 "leaf/leaf-le-authority-x3-bookinfo.cloudbuild.site"

/* The folder, once real_is_here(). */
static char real_dir[PATH_MAX];

static inline bool real_is_here(void)
{
	return mint_real(real_dir);
}

static inline X509 *real_load(const char *name)
{
	char file[128];

	snprintf(file, sizeof(file), "%s.pem", name);
	return mint_read(real_dir, file);
}

/* Certificates by their names, with a space after each. */
static inline STACK_OF(X509) * real_load_all(const char *names)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	char copy[REAL_NAMES_MAX], *rest = copy;

	assert_true(snprintf(copy, sizeof(copy), "%s", names) <
		    (int)sizeof(copy));
	for (char *name; (name = strsep(&rest, " "));)
		assert_true(sk_X509_push(chain, real_load(name)) > 0);
	return chain;
}

#endif
