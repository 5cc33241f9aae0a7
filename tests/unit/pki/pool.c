#include "real.h"
#include "shadow.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* ---- files -------------------------------------------------------------- */

/* The PEM of what shadow_list() makes, and what comes after it. */
static void put(const char *path, const char *list, const char *after)
{
	X509 *made[8];
	size_t count = *list ? shadow_list(list, made, 8) : 0;
	BIO *bio = BIO_new_file(path, "w");

	assert_non_null(bio);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(PEM_write_bio_X509(bio, made[i]), 1);
	BIO_puts(bio, after);
	BIO_free(bio);
	shadow_free(made, count);
}

static const char *folder(const char *dir, const char *name)
{
	const char *path = in_dir(dir, name);

	assert_int_equal(mkdir(path, 0700), 0);
	return path;
}

/* The common names in the pool's order. */
static void same(const struct pool *pool, const char *want)
{
	char got[256] = "", subject[CERTIFICATE_NAME_SIZE];
	size_t used = 0;

	for (size_t i = 0; i < pool_count(pool); i++) {
		certificate_subject(pool_at(pool, i), subject);
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s ",
					 subject + strlen("CN="));
	}
	if (strcmp(got, want) != 0)
		fail_msg("'%s', wanted '%s'", got, want);
}

static void reads_a_file(void **state)
{
	const char *path = in_dir(*state, "file");
	struct pool *pool;

	must(pool_new(&pool, &failure));
	assert_int_equal(pool_count(pool), 0);
	put(path, "A<A B<A", "text\n");
	must(pool_add_path(pool, path, &failure));
	same(pool, "A B ");
	must(pool_add_path(pool, path, &failure)); /* once more */
	same(pool, "A B ");
	pool_free(pool);
	pool_free(NULL);
}

static void reads_folders(void **state)
{
	const char *dir = *state;
	struct pool *pool;

	folder(dir, "pool");
	folder(dir, "pool/b");
	folder(dir, "pool/b/c");
	folder(dir, "pool/.hidden");
	folder(dir, "pool/empty");
	put(in_dir(dir, "pool/a.pem"), "A<A", "");
	put(in_dir(dir, "pool/Z.crt"), "Z<Z", "");
	put(in_dir(dir, "pool/b/b.pem"), "B<B", "");
	put(in_dir(dir, "pool/b/c/d.pem"), "D<D", "");
	put(in_dir(dir, "pool/c.pem"), "C<C", "");
	put(in_dir(dir, "pool/.hidden.pem"), "H<H", "");
	put(in_dir(dir, "pool/.hidden/h.pem"), "H<H", "");
	put(in_dir(dir, "pool/README"), "", "no PEM\n");
	put(in_dir(dir, "pool/n.pem.bak"), "N<N", "");
	put(in_dir(dir, "pool/pem"), "N<N", "");
	put(in_dir(dir, "elsewhere"), "E<E", "");
	assert_int_equal(symlink("../elsewhere", in_dir(dir, "pool/e.pem")), 0);

	must(pool_new(&pool, &failure));
	must(pool_add_path(pool, in_dir(dir, "pool"), &failure));
	same(pool, "Z A B D C E ");
	pool_free(pool);
}

static void ends_at_the_depth(void **state)
{
	static const char *const folders[] = {"a", "a/1", "a/1/2", "a/1/2/3",
					      "a/1/2/3/4"};
	const char *dir = *state;
	struct pool *pool;

	for (size_t i = 0; i < COUNT(folders); i++)
		folder(dir, folders[i]);
	put(in_dir(dir, "a/1/2/3/4/x.pem"), "X<X", "");
	must(pool_new(&pool, &failure));
	must(pool_add_path(pool, in_dir(dir, "a"), &failure));
	same(pool, "X ");
	folder(dir, "a/1/2/3/4/5");
	must_fail("too deep", pool_add_path(pool, in_dir(dir, "a"), &failure),
		  ERR_TOO_LARGE, "a/1/2/3/4/5: more than 4 folders in folders");
	assert_int_equal(rmdir(in_dir(dir, "a/1/2/3/4/5")), 0);
	assert_int_equal(symlink("../a", in_dir(dir, "a/round")), 0);
	must_fail("a circle", pool_add_path(pool, in_dir(dir, "a"), &failure),
		  ERR_TOO_LARGE, "more than 4 folders in folders");
	pool_free(pool);
}

static void refuses_files(void **state)
{
	static const struct {
		const char *label, *list, *after, *reason;
	} rows[] = {
		{"nothing", "", "", "holds no certificate and no CRL"},
		{"text", "", "a\n", "holds no certificate and no CRL"},
		{"a private key", "A<A",
		 "-----BEGIN PRIVATE KEY-----\nAAAA\n"
		 "-----END PRIVATE KEY-----\n",
		 "holds a private key"},
		{"an old private key", "A<A",
		 "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"
		 "-----END RSA PRIVATE KEY-----\n",
		 "holds a private key"},
		{"OpenSSL's own form", "A<A",
		 "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n"
		 "-----END TRUSTED CERTIFICATE-----\n",
		 "holds a TRUSTED CERTIFICATE"},
		{"a public key", "A<A",
		 "-----BEGIN PUBLIC KEY-----\nAAAA\n"
		 "-----END PUBLIC KEY-----\n",
		 "holds a PUBLIC KEY, expected"},
		{"no certificate inside", "A<A",
		 "-----BEGIN CERTIFICATE-----\nAAAA\n"
		 "-----END CERTIFICATE-----\n",
		 "damaged CERTIFICATE"},
		{"no CRL inside", "A<A",
		 "-----BEGIN X509 CRL-----\nAAAA\n"
		 "-----END X509 CRL-----\n",
		 "damaged X509 CRL"},
		{"a block without its end", "A<A",
		 "-----BEGIN CERTIFICATE-----\nAAAA\n", "without its END"},
	};
	const char *dir = *state;
	struct pool *pool;

	must(pool_new(&pool, &failure));
	folder(dir, "p");
	for (size_t i = 0; i < COUNT(rows); i++) {
		put(in_dir(dir, "p/f.pem"), rows[i].list, rows[i].after);
		must_fail(rows[i].label,
			  pool_add_path(pool, in_dir(dir, "p"), &failure),
			  ERR_INVALID, rows[i].reason);
		if (!strstr(failure.text, "p/f.pem"))
			fail_msg("%s: no name: %s", rows[i].label,
				 failure.text);
	}
	must_fail("missing", pool_add_path(pool, in_dir(dir, "none"), &failure),
		  ERR_NOT_FOUND, "none");
	assert_int_equal(symlink("nowhere", in_dir(dir, "p/a.pem")), 0);
	must_fail("dangling", pool_add_path(pool, in_dir(dir, "p"), &failure),
		  ERR_NOT_FOUND, "p/a.pem");
	pool_free(pool);
}

/* Bytes that follow inside a block are no part of the certificate. */
static void refuses_leftovers(void **state)
{
	const char *path = in_dir(*state, "file.pem");
	BIO *bio = BIO_new_file(path, "w");
	unsigned char *der = NULL, *longer;
	struct pool *pool;
	X509 *made;
	int len;

	shadow_list("A<A", &made, 1);
	len = i2d_X509(made, &der);
	longer = calloc(1, (size_t)len + 1);
	assert_true(bio && longer && len > 0);
	memcpy(longer, der, (size_t)len);
	PEM_write_bio(bio, "CERTIFICATE", "", longer, len + 1);
	BIO_free(bio);
	must(pool_new(&pool, &failure));
	must_fail("leftover", pool_add_path(pool, path, &failure), ERR_INVALID,
		  "bytes follow the CERTIFICATE inside its PEM block");
	assert_int_equal(pool_count(pool), 0);
	pool_free(pool);
	OPENSSL_free(der);
	free(longer);
	X509_free(made);
}

/* ---- DER ----------------------------------------------------------------- */

/* `change` is added to the number of bytes that are written. */
static void put_der(const char *path, const unsigned char *der, int len,
		    int change)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (int i = 0; i < len + change; i++)
		fputc(i < len ? der[i] : 0, file);
	assert_int_equal(fclose(file), 0);
}

static int crl_der(const char *pem, unsigned char **der)
{
	BIO *bio = BIO_new_file(pem, "r");
	X509_CRL *crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	int len = i2d_X509_CRL(crl, der);

	assert_true(len > 0);
	X509_CRL_free(crl);
	BIO_free(bio);
	return len;
}

static int key_der(unsigned char **der)
{
	EVP_PKEY *key = mint_key("rsa-2048");
	int len = i2d_PrivateKey(key, der);

	assert_true(len > 0);
	EVP_PKEY_free(key);
	return len;
}

static void reads_der(void **state)
{
	static const char damaged[] = "not one certificate or CRL";
	static const struct {
		const char *file;
		char what;  /* a certificate, CRL or key */
		int change; /* of the number of bytes */
		const char *reason;
	} rows[] = {
		{"f.der", 'c', 0, NULL},    {"f.cer", 'c', 0, NULL},
		{"f.crt", 'c', 0, NULL},    {"f.crl", 'l', 0, NULL},
		{"f.der", 'l', 0, NULL},    {"f.crl", 'c', 0, NULL},
		{"f.der", 'c', 1, damaged}, {"f.der", 'c', -1, damaged},
		{"f.crl", 'l', 1, damaged}, {"f.crl", 'l', -1, damaged},
		{"f.der", 'k', 0, damaged}, {"f.pem", 'c', 0, "expected PEM"},
	};
	const char *dir = *state;
	unsigned char *der[3] = {NULL};
	X509 *made[2];
	int len[3];

	shadow_list("R<D D<D", made, 2);
	shadow_write_crl(in_dir(dir, "list"), made[1], 'd', made[0]);
	len[0] = i2d_X509(made[0], &der[0]);
	len[1] = crl_der(in_dir(dir, "list"), &der[1]);
	len[2] = key_der(&der[2]);
	folder(dir, "p");
	for (size_t i = 0; i < COUNT(rows) * 2; i++) {
		const char *file = in_dir(dir, "p");
		int w = (int)(strchr("clk", rows[i / 2].what) - "clk");
		const char *reason = rows[i / 2].reason;
		char path[PATH_MAX + 16];
		struct pool *pool;

		snprintf(path, sizeof(path), "%s/%s", file, rows[i / 2].file);
		put_der(path, der[w], len[w], rows[i / 2].change);
		must(pool_new(&pool, &failure));
		for (int k = 0; k < 2; k++)
			must(pool_add(pool, made[k], &failure));
		if (i % 2 == 0) /* by its name, else in its folder */
			file = path;
		if (reason)
			must_fail(path, pool_add_path(pool, file, &failure),
				  ERR_INVALID, reason);
		else
			must(pool_add_path(pool, file, &failure));
		assert_int_equal(pool_count(pool), 2);
		assert_int_equal(pool_revoked(pool, made[0]),
				 !reason && w == 1);
		pool_free(pool);
		assert_int_equal(unlink(path), 0);
	}
	for (int i = 0; i < 3; i++)
		OPENSSL_free(der[i]);
	shadow_free(made, 2);
}

/* As CAs publish them: DER and PEM under the same endings. */
static void reads_mixed_folders(void **state)
{
	const char *dir = *state;
	unsigned char *der = NULL;
	struct pool *pool;
	X509 *made;
	int len;

	shadow_list("A<A", &made, 1);
	len = i2d_X509(made, &der);
	folder(dir, "pool");
	put_der(in_dir(dir, "pool/a.cer"), der, len, 0);
	put(in_dir(dir, "pool/b.cer"), "B<B", "");
	put(in_dir(dir, "pool/c.der"), "C<C", "");
	put(in_dir(dir, "pool/d.pem"), "D<D", "");
	put(in_dir(dir, "pool/e.txt"), "E<E", "");
	must(pool_new(&pool, &failure));
	must(pool_add_path(pool, in_dir(dir, "pool"), &failure));
	same(pool, "A B C D ");
	put(in_dir(dir, "pool/k.der"), "",
	    "-----BEGIN PRIVATE KEY-----\nAAAA\n"
	    "-----END PRIVATE KEY-----\n");
	must_fail("a key", pool_add_path(pool, in_dir(dir, "pool"), &failure),
		  ERR_INVALID, "k.der: holds a private key");
	pool_free(pool);
	OPENSSL_free(der);
	X509_free(made);
}

/* ---- bounds ------------------------------------------------------------- */

/* The same certificate with another number: nobody verifies it here. */
static X509 *numbered(X509 *like, long number)
{
	X509 *c = X509_dup(like);

	assert_non_null(c);
	ASN1_INTEGER_set(X509_get_serialNumber(c), number);
	/* OpenSSL keeps what was signed until it is told */
	assert_true(i2d_re_X509_tbs(c, NULL) > 0);
	return c;
}

static void ends_at_the_bound(void **state)
{
	struct pool *pool;
	X509 *made;

	(void)state;
	shadow_list("A<A", &made, 1);
	must(pool_new(&pool, &failure));
	for (int i = 0; i <= POOL_MAX; i++) {
		X509 *c = numbered(made, 1000000 + i);

		if (i < POOL_MAX)
			must(pool_add(pool, c, &failure));
		else
			must_fail("one more", pool_add(pool, c, &failure),
				  ERR_TOO_LARGE, "more than 4096 certificates");
		X509_free(c);
	}
	assert_int_equal(pool_count(pool), POOL_MAX);
	must(pool_add(pool, pool_at(pool, 7), &failure)); /* it is there */
	pool_free(pool);
	X509_free(made);
}

static void counts_crls(void **state)
{
	const char *path = in_dir(*state, "list.crl");
	struct pool *pool;
	X509 *made;

	shadow_list("A<A", &made, 1);
	shadow_write_crl(path, made, 'a', made);
	must(pool_new(&pool, &failure));
	for (int i = 0; i < POOL_CRL_MAX; i++)
		must(pool_add_path(pool, path, &failure));
	must_fail("one more", pool_add_path(pool, path, &failure),
		  ERR_TOO_LARGE, "more than 64 CRLs");
	pool_free(pool);
	X509_free(made);
}

/* ---- revocation --------------------------------------------------------- */

/* The first certificate's issuer is the second; the third one is another. */
static void reads_crls(void **state)
{
	static const struct {
		const char *label, *list;
		int issuer; /* of the CRL, a place in the list */
		char signer;
		int revoked; /* the place of what the CRL lists */
		bool want;   /* is the first one revoked? */
	} rows[] = {
		{"by its issuer", "R<D D<D E<E", 1, 'd', 0, true},
		{"another one", "R<D D<D E<E", 1, 'd', 2, false},
		{"by another CA", "R<D D<D E<E", 2, 'e', 0, false},
		{"signed with another key", "R<D D<D E<E", 1, 'e', 0, false},
		{"by another key of that name", "R<D D<D D<E/fe", 1, 'f', 0,
		 true},
		{"the issuer is not in the pool", "R<D E<E D<D/gg", 2, 'd', 0,
		 false},
		{"the issuer may sign CRLs", "R<D D<D,cRLSign E<E", 1, 'd', 0,
		 true},
		{"the issuer may not", "R<D D<D,keyCertSign E<E", 1, 'd', 0,
		 false},
	};
	const char *path = in_dir(*state, "list.crl");

	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *made[3];
		size_t count = shadow_list(rows[i].list, made, 3);
		struct pool *pool;

		shadow_write_crl(path, made[rows[i].issuer], rows[i].signer,
				 made[rows[i].revoked]);
		must(pool_new(&pool, &failure));
		must(pool_add_path(pool, path, &failure)); /* before others */
		assert_false(pool_revoked(pool, made[0]));
		for (size_t k = 0; k < count; k++)
			must(pool_add(pool, made[k], &failure));
		if (pool_revoked(pool, made[0]) != rows[i].want)
			fail_msg("%s", rows[i].label);
		pool_free(pool);
		shadow_free(made, count);
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

	struct pool *pool;

	(void)state;
	if (!real_is_here())
		skip();
	must(pool_new(&pool, &failure));
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *c = real_load(rows[i].name);

		if (pool_revoked(pool, c) != rows[i].revoked)
			fail_msg("%s", rows[i].name);
		X509_free(c);
	}
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_a_file, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(reads_folders, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(ends_at_the_depth, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(refuses_files, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(refuses_leftovers, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(reads_der, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(reads_mixed_folders, make_dir,
						remove_dir),
		cmocka_unit_test(ends_at_the_bound),
		cmocka_unit_test_setup_teardown(counts_crls, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(reads_crls, make_dir,
						remove_dir),
		cmocka_unit_test(knows_the_revoked),
	};

	return cmocka_run_group_tests(tests, NULL, shadow_forget);
}
