/* Chains of real public certificates, where they lie beside the checkout. */
#include "../base/fixture.h"
#include "mint.h"

#include <openssl/x509_vfy.h>

#include "pki/certificate.h"
#include "pki/chain.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

enum { NAMES_MAX = 512 };

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

static char dir[PATH_MAX];

static X509 *load(const char *name)
{
	char file[128];

	snprintf(file, sizeof(file), "%s.pem", name);
	return mint_read(dir, file);
}

/* Certificates by their names, with a space after each. */
static STACK_OF(X509) * load_all(const char *names)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	char copy[NAMES_MAX], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", names);
	for (char *name; (name = strsep(&rest, " "));)
		assert_true(sk_X509_push(chain, load(name)) > 0);
	return chain;
}

static void free_chain(STACK_OF(X509) * chain)
{
	sk_X509_pop_free(chain, X509_free);
}

static int load_dir(void **state)
{
	struct pool *pool = NULL;

	if (mint_real(dir)) {
		must(pool_new(&pool, &failure));
		must(pool_add_path(pool, dir, &failure));
	}
	*state = pool;
	return 0;
}

static int free_pool(void **state)
{
	pool_free(*state);
	return 0;
}

static bool same(const STACK_OF(X509) * a, const STACK_OF(X509) * b)
{
	if (sk_X509_num(a) != sk_X509_num(b))
		return false;
	for (int i = 0; i < sk_X509_num(a); i++) {
		if (!certificate_equal(sk_X509_value(a, i),
				       sk_X509_value(b, i)))
			return false;
	}
	return true;
}

/* OpenSSL's own opinion, the anchor being all that it trusts. */
static bool openssl_accepts(STACK_OF(X509) * chain, X509 *anchor)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	bool ok;

	assert_true(store && context);
	X509_STORE_add_cert(store, anchor);
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN |
					    X509_V_FLAG_NO_CHECK_TIME);
	X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain);
	ok = X509_verify_cert(context) == 1;
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return ok;
}

/* ---- building ----------------------------------------------------------- */

/* A day on which the Generation Y certificates are valid, and the leaves. */
enum { ON_2026_08_01 = 1785542400 };

static void builds(void **state)
{
	static const struct {
		const char *leaf, *anchor;
		const char *want; /* after the leaf; NULL for no chain */
		bool checks_time;
		const char *reason;
		const char *same_as; /* the file of intermediates, too */
	} rows[] = {
		{LEAF_YR1, DST, YR1 " " YR_X1 " " X1_DST, false, NULL,
		 "chains/int-yr1-to-dst-root-ca-x3"},
		{LEAF_YR1, X1, YR1 " " YR_X1, false, NULL,
		 "chains/int-yr1-to-isrg-root-x1"},
		{LEAF_YR1, X1_DST, YR1 " " YR_X1, false, NULL, NULL},
		{LEAF_YR1, YR, YR1, false, NULL, NULL},
		{LEAF_YR1, YR_X1, YR1, false, NULL, NULL},
		{LEAF_YR1, YR1, "", false, NULL, NULL},
		{LEAF_YR1, R3_DST, NULL, false,
		 "no chain leads from CN=supabase.com", NULL},
		{LEAF_YR1, X2, NULL, false, "no chain leads", NULL},
		{LEAF_YR1, LEAF_YR1, "", false, NULL, NULL},
		{LEAF_YR1, LEAF_R3, NULL, false, "no chain leads", NULL},
		{LEAF_R3, R3_DST, "", false, NULL, NULL},
		{LEAF_R3, R3_X1, "", false, NULL, NULL},
		{LEAF_R3, DST, R3_DST, false, NULL,
		 "chains/int-r3-to-dst-root-ca-x3"},
		{LEAF_R3, X1, R3_X1, false, NULL,
		 "chains/int-r3-to-isrg-root-x1"},
		{LEAF_YE2, X2, YE2 " " YE_X2, false, NULL, NULL},
		{LEAF_YE2, X1, YE2 " " YE_X2 " " X2_X1, false, NULL,
		 "chains/int-ye2-to-isrg-root-x1"},
		{LEAF_YE2, DST, YE2 " " YE_X2 " " X2_X1 " " X1_DST, false, NULL,
		 "chains/int-ye2-to-dst-root-ca-x3"},
		{LEAF_R11, X1, R11, false, NULL, NULL},
		{LEAF_R11, DST, R11 " " X1_DST, false, NULL, NULL},
		{LEAF_X3, DST, X3_DST, false, NULL, NULL},
		{LEAF_X3, "roots/globalsign-root-r1", NULL, false,
		 "no chain leads", NULL},

		{LEAF_YR1, X1, YR1 " " YR_X1, true, NULL, NULL},
		{LEAF_YR1, DST, NULL, true,
		 "O=Internet Security Research Group,C=US expired on "
		 "2024-09-30T18:14:03Z",
		 NULL},
		{LEAF_YE2, X2, NULL, true,
		 "(no subject) valid.ye.test-certs.letsencrypt.org begins on "
		 "2026-10-01T16:52:10Z",
		 NULL},
		{LEAF_R3, R3_DST, NULL, true,
		 "CN=geoip.elastic.dev expired on 2021-11-09T09:01:35Z", NULL},
		{LEAF_R3, DST, NULL, true,
		 "CN=geoip.elastic.dev expired on 2021-11-09T09:01:35Z", NULL},
		{LEAF_R11, DST, NULL, true,
		 "CN=*.badssl.com expired on 2025-02-04T16:37:14Z", NULL},
	};

	if (!*state)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *leaf = load(rows[i].leaf);
		struct anchor anchor = {.name = rows[i].anchor,
					.certificate = load(rows[i].anchor),
					.checks_time = rows[i].checks_time};
		STACK_OF(X509) * chain, *want;
		char names[NAMES_MAX];
		bool found;

		failure.text[0] = '\0';
		found = chain_build(&chain, leaf, *state, &anchor,
				    ON_2026_08_01, &failure);
		if (found != (rows[i].want != NULL) ||
		    (!found && !strstr(failure.text, rows[i].reason)))
			fail_msg("%s to %s: %d: %s", rows[i].leaf,
				 rows[i].anchor, found, failure.text);
		if (found) {
			snprintf(names, sizeof(names), "%s%s%s", rows[i].leaf,
				 *rows[i].want ? " " : "", rows[i].want);
			want = load_all(names);
			if (!same(chain, want))
				fail_msg("%s to %s: not %s", rows[i].leaf,
					 rows[i].anchor, names);
			if (!openssl_accepts(chain, anchor.certificate))
				fail_msg("%s to %s: refused by OpenSSL",
					 rows[i].leaf, rows[i].anchor);
			free_chain(want);
		}
		if (found && rows[i].same_as) {
			char path[2 * PATH_MAX];

			snprintf(path, sizeof(path), "%s/%s.pem", dir,
				 rows[i].same_as);
			must(key_read_certificates(&want, path, &failure));
			X509_free(sk_X509_shift(chain));
			if (!same(chain, want))
				fail_msg("%s differs", path);
			free_chain(want);
		}
		free_chain(chain);
		X509_free(anchor.certificate);
		X509_free(leaf);
	}
}

/* One leaf to one anchor; true when there is a chain. */
static bool compare(const struct pool *pool, STACK_OF(X509) * all, X509 *leaf,
		    X509 *top)
{
	const struct anchor anchor = {.name = "it", .certificate = top};
	char from[CERTIFICATE_NAME_SIZE], to[CERTIFICATE_NAME_SIZE];
	STACK_OF(X509) * chain;
	bool found =
		chain_build(&chain, leaf, pool, &anchor, MINT_NOW, &failure);
	bool right;

	assert_true(sk_X509_unshift(all, leaf) > 0);
	right = openssl_accepts(found ? chain : all, top) == found;
	sk_X509_shift(all);
	free_chain(chain);
	if (right)
		return found;
	certificate_subject(leaf, from);
	certificate_subject(top, to);
	fail_msg("%s to %s: found %d, OpenSSL differs", from, to, found);
	return false;
}

/*
 * From every fourth certificate, self-signed ones left out, to every other:
 * OpenSSL takes what is found, and finds none with all at hand where none is
 * found.
 */
static void agrees_with_openssl(void **state)
{
	const struct pool *pool = *state;
	STACK_OF(X509) * all;
	size_t chains = 0;

	if (!pool)
		skip();
	all = sk_X509_new_null();
	for (size_t i = 0; i < pool_count(pool); i++)
		assert_true(sk_X509_push(all, pool_at(pool, i)) > 0);
	for (size_t i = 0; i < pool_count(pool); i += 4) {
		X509 *leaf = pool_at(pool, i);

		for (size_t k = 0; k < pool_count(pool); k++)
			if (i != k && !certificate_self_issued(leaf))
				chains += compare(pool, all, leaf,
						  pool_at(pool, k));
	}
	assert_true(chains > 20);
	sk_X509_free(all);
}

/* ---- accepting ---------------------------------------------------------- */

enum { ANCHORS = 5, DASH = -1 };

/* What was measured with mbedTLS 2.13.1 of ESP-IDF 3.2: 0 or an alert. */
static void accepts_as_measured(void **state)
{
	static const char *const anchors[ANCHORS] = {DST, X1, YR, YR1, R3_DST};
	static const struct {
		const char *served;
		int alerts[ANCHORS];
	} rows[] = {
		{LEAF_YR1 " " YR1 " " YR_X1, {48, 0, 0, 0, 48}},
		{LEAF_YR1 " " YR1 " " YR_X1 " " X1_DST, {0, 0, 0, 0, 48}},
		{LEAF_YR1 " " YR1 " " YR_X1 " " X1 " " X1_DST,
		 {0, 0, 0, 0, 48}},
		{LEAF_YR1 " " X1_DST " " YR1 " " YR_X1, {48, 0, 0, 0, 48}},
		{LEAF_YR1 " " X1_DST " " YR_X1 " " YR1, {48, 48, 0, 0, 48}},
		{LEAF_YR1 " " YR_X1 " " YR1 " " X1_DST, {48, 48, 0, 0, 48}},
		{LEAF_R3 " " R3_DST, {0, 48, DASH, DASH, 0}},
		{LEAF_R3 " " R3_X1, {48, 0, DASH, DASH, 0}},
		{LEAF_R3 " " R3_X1 " " X1_DST, {0, 0, DASH, DASH, 0}},
		{LEAF_R3 " " R3_X1 " " R3_DST, {48, 0, DASH, DASH, 0}},
		{LEAF_R3, {48, 48, DASH, DASH, 0}},
		{LEAF_YE2 " " YE2 " " YE_X2 " " X2_X1 " " X1_DST,
		 {0, 0, DASH, DASH, DASH}},
	};

	if (!*state)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		STACK_OF(X509) *chain = load_all(rows[i].served);

		for (int k = 0; k < ANCHORS; k++) {
			struct anchor anchor = {.name = anchors[k]};
			int alert;

			if (rows[i].alerts[k] == DASH)
				continue;
			anchor.certificate = load(anchors[k]);
			failure.text[0] = '\0';
			chain_accepts(chain, &anchor, MINT_NOW, &alert,
				      &failure);
			if (alert != rows[i].alerts[k])
				fail_msg("%s with %s: %d, %s", rows[i].served,
					 anchors[k], alert, failure.text);
			X509_free(anchor.certificate);
		}
		free_chain(chain);
	}
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

	if (!*state)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		STACK_OF(X509) *chain = load_all(rows[i].served);

		assert_int_equal(certificate_message_size(chain),
				 HEADER + rows[i].size);
		free_chain(chain);
	}
}

/* MANIFEST.tsv says which; what was published instead is not. */
static void knows_the_revoked(void **state)
{
	static const struct {
		const char *name;
		bool revoked;
	} rows[] = {
		{"letsencrypt/root-yr-by-isrg-root-x1-revoked", true},
		{"letsencrypt/root-ye-by-isrg-root-x2-revoked", true},
		{"letsencrypt/isrg-root-x2-by-isrg-root-x1-geny-revoked", true},
		{YR_X1, false},
		{YE_X2, false},
		{X2_X1, false},
	};

	if (!*state)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *c = load(rows[i].name);

		if (pool_revoked(*state, c) != rows[i].revoked)
			fail_msg("%s", rows[i].name);
		X509_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds),
		cmocka_unit_test(agrees_with_openssl),
		cmocka_unit_test(accepts_as_measured),
		cmocka_unit_test(measures_messages),
		cmocka_unit_test(knows_the_revoked),
	};

	return cmocka_run_group_tests(tests, load_dir, free_pool);
}
