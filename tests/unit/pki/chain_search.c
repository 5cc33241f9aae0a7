/* The search of chain.c against one that tries everything, and its effort. */
#include "real.h"
#include "shadow.h"

#include <time.h>

#include <openssl/x509_vfy.h>

#include "pki/chain.c"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* ---- trying everything -------------------------------------------------- */

enum { WORLD = 8, WORLDS = 200 };

/* The leaf, the anchor, then what else there is; all but the leaf in a pool. */
struct trial {
	X509 *made[WORLD];
	struct pool *pool;
	struct anchor anchor;
	bool signs[WORLD][WORLD]; /* [issuer][child] */
	bool used[WORLD];
	int64_t best[COST_KINDS];
	bool found;
};

static bool is_less(const int64_t *a, const int64_t *b)
{
	for (int i = 0; i < COST_KINDS; i++) {
		if (a[i] != b[i])
			return a[i] < b[i];
	}
	return false;
}

static void add_cost(const struct trial *t, X509 *c, int64_t *cost)
{
	cost[COST_REVOKED] += pool_revoked(t->pool, c);
	cost[COST_WEAK] += certificate_weakness(c, NULL) != NULL;
	cost[COST_LENGTH] += 1;
	cost[COST_EXPIRED] += !certificate_valid_at(c, MINT_NOW);
	cost[COST_AGE] -= certificate_not_before(c);
}

static bool may_stand(X509 *issuer, bool is_anchor, long counted)
{
	long most = certificate_path_length(issuer);

	return (certificate_is_ca(issuer) ||
		(is_anchor && X509_get_version(issuer) == X509_VERSION_1)) &&
	       (most < 0 || counted <= most);
}

static void try_all(struct trial *t, int child, long counted,
		    const int64_t *cost)
{
	if (t->signs[1][child] && may_stand(t->made[1], true, counted) &&
	    (!t->found || is_less(cost, t->best))) {
		t->found = true;
		memcpy(t->best, cost, sizeof(t->best));
	}
	for (int i = 1; i < WORLD; i++) {
		X509 *c = t->made[i];
		bool valid = certificate_valid_at(c, MINT_NOW);
		int64_t more[COST_KINDS];

		if (t->used[i] || !t->signs[i][child] || t->signs[i][i] ||
		    !may_stand(c, false, counted) ||
		    (t->anchor.checks_time && !valid))
			continue;
		memcpy(more, cost, sizeof(more));
		add_cost(t, c, more);
		t->used[i] = true;
		try_all(t, i, counted + !certificate_self_issued(c), more);
		t->used[i] = false;
	}
}

/* ---- random worlds ------------------------------------------------------ */

/* Few names and keys, so that there are circles and several ways. */
static struct shadow random_certificate(void)
{
	static const char *const constraints[] = {NULL,
						  NULL,
						  NULL,
						  NULL,
						  NULL,
						  "critical,CA:TRUE,pathlen:0",
						  "critical,CA:TRUE,pathlen:1",
						  "critical,CA:FALSE"};
	struct shadow s = {
		.constraints = constraints[rand() % (int)COUNT(constraints)],
		.hash = rand() % 5 ? NULL : "SHA1",
		.not_before = MINT_NOW - MINT_DAY * (1 + rand() % 9),
		.not_after = rand() % 4 ? 0 : SHADOW_EXPIRED,
		.version_1 = rand() % 16 == 0,
		.damaged = rand() % 16 == 0};
	int subject = rand() % 4, issuer = rand() % 4;

	snprintf(s.subject, sizeof(s.subject), "%c", 'A' + subject);
	snprintf(s.issuer, sizeof(s.issuer), "%c", 'A' + issuer);
	/* Mostly one key for each name. */
	s.key = (char)((rand() % 5 ? 'a' : 'm') + subject);
	s.signer = (char)((rand() % 5 ? 'a' : 'm') + issuer);
	return s;
}

static void make_trial(struct trial *t, const char *dir)
{
	for (int i = 0; i < WORLD; i++) {
		struct shadow s = random_certificate();

		t->made[i] = shadow_make(&s);
	}
	t->pool = shadow_pool(t->made + 1, WORLD - 1);
	t->anchor = (struct anchor){.name = "it",
				    .certificate = t->made[1],
				    .checks_time = rand() % 4 == 0};
	for (int i = 0; i < WORLD / 4; i++) {
		const char *path = in_dir(dir, "list.crl");
		char signer = (char)('a' + rand() % 4);

		shadow_write_crl(path, t->made[1 + rand() % (WORLD - 1)],
				 signer, t->made[1 + rand() % (WORLD - 1)]);
		must(pool_add_path(t->pool, path, &failure));
	}
	for (int i = 1; i < WORLD; i++) {
		for (int k = 0; k < WORLD; k++)
			t->signs[i][k] =
				certificate_signed_by(t->made[k], t->made[i]);
	}
}

/* OpenSSL, which only trusts the anchor. */
static bool openssl_accepts(X509 *leaf, STACK_OF(X509) * others,
			    const struct anchor *anchor)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	bool ok;

	assert_true(store && context);
	X509_STORE_add_cert(store, anchor->certificate);
	X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN |
					    X509_V_FLAG_NO_CHECK_TIME);
	X509_STORE_CTX_init(context, store, leaf, others);
	ok = X509_verify_cert(context) == 1;
	X509_STORE_CTX_free(context);
	X509_STORE_free(store);
	return ok;
}

/* What was found is right in itself, whatever the search thinks. */
static void check_cost(const struct trial *t, STACK_OF(X509) * chain)
{
	int64_t cost[COST_KINDS] = {0};
	bool strong = true, ok;

	assert_ptr_equal(sk_X509_value(chain, 0), t->made[0]);
	for (int i = 1; i < sk_X509_num(chain); i++)
		add_cost(t, sk_X509_value(chain, i), cost);
	assert_memory_equal(cost, t->best, sizeof(cost));
	for (int i = 0; i < sk_X509_num(chain); i++) {
		X509 *c = sk_X509_value(chain, i);

		/*
		 * mbedTLS looks at a self-signed leaf's hash too, and has
		 * pathLenConstraint count the last self-issued link below.
		 */
		strong = strong && !certificate_weakness(c, NULL) &&
			 !certificate_self_issued(c);
	}
	ok = chain_accepts(chain, &t->anchor, MINT_NOW, NULL, &failure);
	if (strong && !ok && !t->anchor.checks_time)
		fail_msg("refused: %s", failure.text);
}

static bool check_trial(struct trial *t)
{
	STACK_OF(X509) * chain;
	bool found = chain_build(&chain, t->made[0], t->pool, &t->anchor,
				 MINT_NOW, &failure);
	bool direct = is_the_anchor(t->made[0], &t->anchor) ||
		      is_directly_trusted(t->made[0], &t->anchor);
	const int64_t nothing[COST_KINDS] = {0};

	if (!t->anchor.checks_time ||
	    certificate_valid_at(t->made[0], MINT_NOW))
		try_all(t, 0, 0, nothing);
	if (t->found)
		assert_true(found);
	else
		assert_true(!found || direct);
	if (t->found)
		check_cost(t, chain);
	sk_X509_pop_free(chain, X509_free);
	return t->found;
}

static void check_openssl(const struct trial *t)
{
	STACK_OF(X509) * chain, *all = sk_X509_new_null();
	struct anchor anchor = t->anchor;
	bool found;

	anchor.checks_time = false;
	found = chain_build(&chain, t->made[0], t->pool, &anchor, MINT_NOW,
			    &failure);
	for (int i = 1; i < WORLD; i++)
		sk_X509_push(all, t->made[i]);
	if (!found && openssl_accepts(t->made[0], all, &anchor))
		fail_msg("OpenSSL finds a chain: %s", failure.text);
	sk_X509_free(all);
	sk_X509_pop_free(chain, X509_free);
}

static void finds_the_cheapest(void **state)
{
	unsigned int seed = (unsigned int)time(NULL);
	int found = 0;

	print_message("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < WORLDS; i++) {
		struct trial t = {0};

		make_trial(&t, *state);
		found += check_trial(&t);
		check_openssl(&t);
		shadow_free(t.made, WORLD);
		pool_free(t.pool);
	}
	print_message("%d of %d with a chain\n", found, WORLDS);
	assert_in_range(found, WORLDS / 20, WORLDS - WORLDS / 20);
}

/* ---- real certificates -------------------------------------------------- */

static void free_chain(STACK_OF(X509) * chain)
{
	sk_X509_pop_free(chain, X509_free);
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

/* A day on which the Generation Y certificates are valid, and the leaves. */
enum { ON_2026_08_01 = 1785542400 };

struct row {
	const char *leaf, *anchor;
	const char *want; /* after the leaf; NULL for no chain */
	bool checks_time;
	const char *reason;
	const char *same_as; /* the file of intermediates, too */
};

static const struct row wanted[] = {
	{LEAF_YR1, DST, YR1 " " YR_X1 " " X1_DST, false, NULL,
	 "chains/int-yr1-to-dst-root-ca-x3"},
	{LEAF_YR1, X1, YR1 " " YR_X1, false, NULL,
	 "chains/int-yr1-to-isrg-root-x1"},
	{LEAF_YR1, X1_DST, YR1 " " YR_X1, false, NULL, NULL},
	{LEAF_YR1, YR, YR1, false, NULL, NULL},
	{LEAF_YR1, YR_X1, YR1, false, NULL, NULL},
	{LEAF_YR1, YR1, "", false, NULL, NULL},
	{LEAF_YR1, R3_DST, NULL, false, "no chain leads from CN=supabase.com",
	 NULL},
	{LEAF_YR1, X2, NULL, false, "no chain leads", NULL},
	{LEAF_YR1, LEAF_YR1, "", false, NULL, NULL},
	{LEAF_YR1, LEAF_R3, NULL, false, "no chain leads", NULL},
	{LEAF_R3, R3_DST, "", false, NULL, NULL},
	{LEAF_R3, R3_X1, "", false, NULL, NULL},
	{LEAF_R3, DST, R3_DST, false, NULL, "chains/int-r3-to-dst-root-ca-x3"},
	{LEAF_R3, X1, R3_X1, false, NULL, "chains/int-r3-to-isrg-root-x1"},
	{LEAF_YE2, X2, YE2 " " YE_X2, false, NULL, NULL},
	{LEAF_YE2, X1, YE2 " " YE_X2 " " X2_X1, false, NULL,
	 "chains/int-ye2-to-isrg-root-x1"},
	{LEAF_YE2, DST, YE2 " " YE_X2 " " X2_X1 " " X1_DST, false, NULL,
	 "chains/int-ye2-to-dst-root-ca-x3"},
	{LEAF_R11, X1, R11, false, NULL, NULL},
	{LEAF_R11, DST, R11 " " X1_DST, false, NULL, NULL},
	{LEAF_X3, DST, X3_DST, false, NULL, NULL},
	{LEAF_X3, "roots/globalsign-root-r1", NULL, false, "no chain leads",
	 NULL},

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

/* The chain is what the row says, and what the folder holds ready. */
static void check_chain(const struct row *row, STACK_OF(X509) * chain)
{
	char text[2 * PATH_MAX];
	STACK_OF(X509) * want;

	snprintf(text, sizeof(text), "%s%s%s", row->leaf, *row->want ? " " : "",
		 row->want);
	want = real_load_all(text);
	if (!same(chain, want))
		fail_msg("%s to %s: not %s", row->leaf, row->anchor, text);
	free_chain(want);
	if (!row->same_as)
		return;
	snprintf(text, sizeof(text), "%s/%s.pem", real_dir, row->same_as);
	must(key_read_certificates(&want, text, &failure));
	assert_true(sk_X509_unshift(want, X509_dup(sk_X509_value(chain, 0))) >
		    0);
	if (!same(chain, want))
		fail_msg("%s differs", text);
	free_chain(want);
}

static void check_row(const struct row *row, const struct pool *pool)
{
	X509 *leaf = real_load(row->leaf);
	struct anchor anchor = {.name = row->anchor,
				.certificate = real_load(row->anchor),
				.checks_time = row->checks_time};
	STACK_OF(X509) * chain;
	bool found;

	failure.text[0] = '\0';
	found = chain_build(&chain, leaf, pool, &anchor, ON_2026_08_01,
			    &failure);
	if (found != (row->want != NULL) ||
	    (!found && !strstr(failure.text, row->reason)))
		fail_msg("%s to %s: %d: %s", row->leaf, row->anchor, found,
			 failure.text);
	if (found) {
		check_chain(row, chain);
		if (!openssl_accepts(sk_X509_value(chain, 0), chain, &anchor))
			fail_msg("%s to %s: refused by OpenSSL", row->leaf,
				 row->anchor);
	}
	free_chain(chain);
	X509_free(anchor.certificate);
	X509_free(leaf);
}

static void builds(void **state)
{
	if (!*state)
		skip();
	for (size_t i = 0; i < COUNT(wanted); i++)
		check_row(&wanted[i], *state);
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

	right = openssl_accepts(leaf, found ? chain : all, &anchor) == found;
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

static int load_pool_of_all(void **state)
{
	struct pool *pool = NULL;

	if (real_is_here()) {
		must(pool_new(&pool, &failure));
		must(pool_add_path(pool, real_dir, &failure));
	}
	*state = pool;
	return 0;
}

static int free_pool(void **state)
{
	pool_free(*state);
	return 0;
}

/* ---- effort ------------------------------------------------------------- */

static void add(struct pool *pool, const char *text)
{
	struct shadow s = shadow_read(text);
	X509 *c = shadow_make(&s);

	must(pool_add(pool, c, &failure));
	X509_free(c);
}

/* Signatures that were checked for a chain of `links` and the leaf. */
static unsigned int count_signatures(const struct pool *pool, X509 *leaf,
				     const struct anchor *anchor, int links)
{
	struct search s = {.pool = pool, .anchor = anchor, .now = MINT_NOW};
	const struct path *best;

	must(search(&s, leaf, &best, &failure));
	assert_int_equal(best != NULL, links >= 0);
	for (; best; best = best->below)
		links--;
	assert_int_equal(links, -1);
	search_free(&s);
	return s.signatures;
}

/* Full pools whose certificates all have the same name. */
static void does_not_explode(void **state)
{
	static const struct {
		const char *label, *even, *odd; /* what is there again, again */
		int links;
		unsigned int signatures; /* at most */
	} rows[] = {
		/* the leaf once for each holder, each variant once for each */
		{"variants of one key", "R<D", "R<D", 1, 2 + 2 * POOL_MAX},
		/* one more to see that each is no root */
		{"a ring of two keys", "R<R/rs", "R<R/sr", -1,
		 3 + 4 * POOL_MAX},
	};
	struct shadow leaf = shadow_read("host<R,leaf");
	struct shadow root = shadow_read("D<D");
	X509 *host = shadow_make(&leaf);
	struct anchor anchor = {.name = "it",
				.certificate = shadow_make(&root)};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pool *pool;
		unsigned int count;

		must(pool_new(&pool, &failure));
		for (int k = 0; k < POOL_MAX; k++)
			add(pool, k % 2 ? rows[i].odd : rows[i].even);
		count = count_signatures(pool, host, &anchor, rows[i].links);
		print_message("%s: %u signatures\n", rows[i].label, count);
		if (count > rows[i].signatures)
			fail_msg("%s: %u signatures", rows[i].label, count);
		pool_free(pool);
	}
	X509_free(anchor.certificate);
	X509_free(host);
}

/* Many keys of one name that sign each other: the bound ends it. */
static void gives_up(void **state)
{
	enum { MANY = 1500 };
	struct shadow leaf = shadow_read("host<R/ha,leaf");
	struct shadow root = shadow_read("D<D");
	X509 *host = shadow_make(&leaf);
	struct anchor anchor = {.name = "it",
				.certificate = shadow_make(&root)};
	STACK_OF(X509) * chain;
	struct pool *pool;

	(void)state;
	must(pool_new(&pool, &failure));
	for (int i = 0; i < MANY; i++) {
		char text[] = "R<R/ab";

		/* a variant of the issuer, or of one of 25 others */
		text[4] = (char)(i % 2 ? 'a' : 'b' + i / 2 % 25);
		text[5] = i % 2 ? '0' : '1';
		add(pool, text);
	}
	must_fail("many keys",
		  chain_build(&chain, host, pool, &anchor, MINT_NOW, &failure),
		  ERR_TOO_LARGE, "have the name CN=R");
	assert_null(chain);
	pool_free(pool);
	X509_free(anchor.certificate);
	X509_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_the_cheapest, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(builds, load_pool_of_all,
						free_pool),
		cmocka_unit_test_setup_teardown(agrees_with_openssl,
						load_pool_of_all, free_pool),
		cmocka_unit_test(does_not_explode),
		cmocka_unit_test(gives_up),
	};

	return cmocka_run_group_tests(tests, NULL, shadow_forget);
}
