#include "holders.h"

#include "base/strbuf.h"
#include "pki/certificate.h"
#include "pki/way.h"

static EVP_PKEY *signer;

static int make_key(void **state)
{
	(void)state;
	signer = mint_key("ecdsa-p256");
	return 0;
}

static int free_key(void **state)
{
	(void)state;
	EVP_PKEY_free(signer);
	return 0;
}

static const char dst[] = "CN=DST Root CA X3,O=Digital Signature Trust Co.";
static const char x1[] =
	"CN=ISRG Root X1,O=Internet Security Research Group,C=US";
static const char x2[] =
	"CN=ISRG Root X2,O=Internet Security Research Group,C=US";
static const char r3[] = "CN=R3,O=Let's Encrypt,C=US";
static const char yr1[] = "CN=YR1,O=Let's Encrypt,C=US";
static const char ye1[] = "CN=YE1,O=Let's Encrypt,C=US";

static struct way *make_way(const char *subject, const char *key,
			    bool checks_time, const struct pool *pool)
{
	const struct mint m = {.subject = subject, .ca = true};
	const struct mint own = {.subject = subject, .ca = true, .key = signer};
	struct anchor anchor = {.name = "a", .checks_time = checks_time};
	struct pool *empty = NULL;
	struct way *way;
	struct err err;

	if (!pool) {
		assert_true(pool_new(&empty, &err));
		pool = empty;
	}
	anchor.certificate = key ? holder_mint(m, key, signer) : mint(&own);
	if (!way_new(&way, pool, &anchor, MINT_NOW, &err))
		fail_msg("%s", err.text);
	X509_free(anchor.certificate);
	pool_free(empty);
	return way;
}

static void ways(void **state)
{
	static const struct {
		const char *label, *anchor, *key;
		bool checks_time;
		const char *issuer;
		const char *names; /* of the rows, in order */
	} cases[] = {
		{"RSA to the old root", dst, holder_dst_root_ca_x3, false, yr1,
		 "YR1, by Root YR; Root YR, by ISRG Root X1; ISRG Root X1, by "
		 "DST Root CA X3; "},
		{"ECDSA to the old root", dst, holder_dst_root_ca_x3, false,
		 ye1,
		 "YE1, by Root YE; Root YE, by ISRG Root X2; ISRG Root X2, by "
		 "ISRG Root X1 (2026); ISRG Root X1, by DST Root CA X3; "},
		{"a way that has expired", dst, holder_dst_root_ca_x3, true,
		 yr1, ""},
		{"a valid one", x1, holder_isrg_root_x1, true, yr1,
		 "YR1, by Root YR; Root YR, by ISRG Root X1; "},
		{"not the expired cross-sign", x1, holder_isrg_root_x1, true,
		 x2, "ISRG Root X2, by ISRG Root X1 (2026); "},
		{"straight to the anchor", dst, holder_dst_root_ca_x3, false,
		 r3, "R3, by DST Root CA X3; "},
		{"the other kind of key", x2, holder_isrg_root_x2, false, yr1,
		 ""},
		{"an unknown issuer", dst, holder_dst_root_ca_x3, false,
		 "CN=Nobody", ""},
		{"a root of that name only", dst, NULL, false, yr1, ""},
		{"a key of another name", x2, holder_isrg_root_x1, false, yr1,
		 ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct way *way = make_way(cases[i].anchor, cases[i].key,
					   cases[i].checks_time, NULL);
		const struct known *row = way_from(way, cases[i].issuer);
		struct strbuf names = {0};
		unsigned int links = 0;

		strbuf_puts(&names, "");
		for (const struct known *k = row; k; k = way_next(way, k)) {
			strbuf_printf(&names, "%s; ", k->name);
			assert_false(k->revoked);
			assert_false(way_in_pool(way, k));
			links++;
		}
		if (row)
			assert_int_equal(way_missing(way, row), links);
		if (strcmp(names.data ? names.data : "", cases[i].names) != 0)
			fail_msg("%s: %s", cases[i].label, names.data);
		strbuf_free(&names);
		way_free(way);
	}
}

static const struct known *row_named(const char *name)
{
	for (size_t i = 0; i < known_count(); i++) {
		if (!strcmp(known_at(i)->name, name))
			return known_at(i);
	}
	fail_msg("no %s", name);
	return NULL;
}

static void holders(void **state)
{
	static const struct {
		const char *row;
		bool leads;
		unsigned int missing;
	} cases[] = {
		{"ISRG Root X1, by DST Root CA X3", true, 0}, /* the anchor */
		{"ISRG Root X1", true, 0},
		{"Root YR", true, 1},
		{"YR1, by Root YR", true, 2},
		{"DST Root CA X3", false, 0},
		{"GTS Root R1", false, 0},
	};
	struct way *way = make_way(x1, holder_isrg_root_x1, false, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct known *first;
		unsigned int missing;

		assert_int_equal(
			way_of(way, row_named(cases[i].row), &first, &missing),
			cases[i].leads);
		if (cases[i].leads)
			assert_int_equal(missing, cases[i].missing);
		assert_int_equal(first != NULL,
				 cases[i].leads && cases[i].missing);
	}
	way_free(way);
}

static void what_can_be_had(void **state)
{
	const struct {
		const char *subject, *holder;
		bool checks_time, want;
	} rows[] = {
		{dst, holder_dst_root_ca_x3, false, true},
		{dst, holder_dst_root_ca_x3, true, false},
		{dst, holder_isrg_root_x1, false, false},
		{x1, holder_isrg_root_x1, true, true},
		{"CN=GlobalSign Root R46,O=GlobalSign nv-sa,C=BE",
		 holder_globalsign_r46, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct way *way = make_way(rows[i].subject, rows[i].holder,
					   rows[i].checks_time, NULL);

		print_message("case: %zu\n", i);
		assert_int_equal(way_obtainable(way), rows[i].want);
		way_free(way);
	}
}

/* What the operator has need not be found. */
static void the_pool_counts(void **state)
{
	char dir[PATH_MAX];
	const struct known *row;
	struct pool *pool;
	struct way *way;
	struct err err;
	X509 *c;

	(void)state;
	if (!mint_real(dir))
		skip();
	assert_true(pool_new(&pool, &err));
	c = mint_read(dir, "letsencrypt/root-yr-by-isrg-root-x1.pem");
	assert_true(pool_add(pool, c, &err));
	way = make_way(dst, holder_dst_root_ca_x3, false, pool);
	row = way_from(way, yr1);
	assert_int_equal(way_missing(way, row), 2);
	assert_false(way_in_pool(way, row));
	assert_true(way_in_pool(way, way_next(way, row)));
	way_free(way);
	X509_free(c);
	pool_free(pool);
}

static void nothing_to_free(void **state)
{
	(void)state;
	way_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways),
		cmocka_unit_test(holders),
		cmocka_unit_test(what_can_be_had),
		cmocka_unit_test(the_pool_counts),
		cmocka_unit_test(nothing_to_free),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
