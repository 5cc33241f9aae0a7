#include "shadow.h"

#include "base/strbuf.h"
#include "pki/chain.h"
#include "pki/climb.h"

enum { MADE_MAX = 16 };

/* "L0 I1 R2": who was reached, and on which level */
static char *describe(const struct climb *climb)
{
	struct strbuf text = {0};

	for (size_t i = 0; i < climb->count; i++) {
		char name[CERTIFICATE_NAME_SIZE];

		certificate_subject(climb->reached[i], name);
		strbuf_printf(&text, "%s%s%d", i ? " " : "", name + 3,
			      climb->level[i]);
	}
	return strbuf_take(&text, NULL);
}

static void climbs(void **state)
{
	static const struct {
		const char *label;
		const char *made; /* the leaf, then the pool */
		bool checks_time;
		const char *reached;
	} cases[] = {
		{"an empty pool", "L<I,leaf", false, "L0"},
		{"two levels", "L<I,leaf R<S I<R", false, "L0 I1 R2"},
		{"no self-signed root", "L<I,leaf I<R R<R", false, "L0 I1"},
		{"another key of that name", "L<I,leaf I<R/xr", false, "L0"},
		{"a damaged signature", "L<I,leaf,damaged I<R", false, "L0"},
		{"no CA", "L<I,leaf I<R,leaf", false, "L0"},
		{"two issuers of one key", "L<I,leaf I<R I<S", false,
		 "L0 I1 I1"},
		{"a circle", "L<I,leaf I<J J<I", false, "L0 I1 J2"},
		{"expired, nobody checks", "L<I,leaf I<R,expired", false,
		 "L0 I1"},
		{"expired", "L<I,leaf I<R,expired", true, "L0"},
		{"not valid yet", "L<I,leaf I<R,future", true, "L0"},
		{"valid", "L<I,leaf I<R", true, "L0 I1"},
		{"as long as a chain may be",
		 "L<A,leaf A<B B<C C<D D<E E<F F<G G<H H<I I<J", false,
		 "L0 A1 B2 C3 D4 E5 F6 G7 H8"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		X509 *made[MADE_MAX];
		size_t count = shadow_list(cases[i].made, made, MADE_MAX);
		struct pool *pool = shadow_pool(made + 1, count - 1);
		const struct anchor anchor = {
			.name = "a", .checks_time = cases[i].checks_time};
		struct climb climb;
		char *text;

		climb_from(&climb, made[0], pool, &anchor, MINT_NOW);
		text = describe(&climb);
		if (strcmp(text, cases[i].reached) != 0)
			fail_msg("%s: %s, wanted %s", cases[i].label, text,
				 cases[i].reached);
		free(text);
		pool_free(pool);
		shadow_free(made, count);
	}
}

static void a_revoked_issuer_is_left_out(void **state)
{
	X509 *made[2], *root[1];
	struct climb climb;
	struct pool *pool;
	const struct anchor anchor = {.name = "a"};

	shadow_list("L<I,leaf I<R", made, 2);
	shadow_list("R<R", root, 1);
	pool = shadow_pool(made + 1, 1);
	must(pool_add(pool, root[0], &failure));
	shadow_write_crl(in_dir(*state, "r.crl"), root[0], 'r', made[1]);
	climb_from(&climb, made[0], pool, &anchor, MINT_NOW);
	assert_int_equal(climb.count, 2);
	must(pool_add_path(pool, in_dir(*state, "r.crl"), &failure));
	climb_from(&climb, made[0], pool, &anchor, MINT_NOW);
	assert_int_equal(climb.count, 1);
	pool_free(pool);
	shadow_free(made, 2);
	shadow_free(root, 1);
}

/* More certificates than a climb holds stop it, and that is all. */
static void a_climb_is_bounded(void **state)
{
	X509 *made[1], *many[CLIMB_MAX];
	const struct anchor anchor = {.name = "a"};
	struct climb climb;
	struct pool *pool;

	(void)state;
	shadow_list("L<I,leaf", made, 1);
	for (size_t i = 0; i < CLIMB_MAX; i++)
		shadow_list("I<R", many + i, 1);
	pool = shadow_pool(many, CLIMB_MAX - 1);
	climb_from(&climb, made[0], pool, &anchor, MINT_NOW);
	assert_int_equal(climb.count, CLIMB_MAX);
	must(pool_add(pool, many[CLIMB_MAX - 1], &failure));
	climb_from(&climb, made[0], pool, &anchor, MINT_NOW);
	assert_int_equal(climb.count, CLIMB_MAX);
	pool_free(pool);
	shadow_free(many, CLIMB_MAX);
	shadow_free(made, 1);
}

/* Also those that nothing is followed through. */
static void signers_are_found(void **state)
{
	static const struct {
		const char *list; /* of the first one, among the others */
		bool found;	  /* the last one */
	} rows[] = {
		{"L<I,leaf X<X I<R", true},	{"L<I,leaf I<R,expired", true},
		{"L<I,leaf I<I", true},		{"L<I,leaf I<R,leaf", true},
		{"L<I,leaf X<X I<R/xr", false}, {"L<I,leaf X<R/ir", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		X509 *made[3];
		size_t count = shadow_list(rows[i].list, made, 3);
		struct pool *pool = shadow_pool(made + 1, count - 1);

		if (climb_signer(made[0], pool) !=
		    (rows[i].found ? made[count - 1] : NULL))
			fail_msg("%s", rows[i].list);
		pool_free(pool);
		shadow_free(made, count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(climbs),
		cmocka_unit_test_setup_teardown(a_revoked_issuer_is_left_out,
						make_dir, remove_dir),
		cmocka_unit_test(a_climb_is_bounded),
		cmocka_unit_test(signers_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, shadow_forget);
}
