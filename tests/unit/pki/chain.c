#include "shadow.h"

#include "pki/chain.h"

enum { WORLD_MAX = 16 };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void say_chain(const STACK_OF(X509) * chain)
{
	for (int i = 0; i < sk_X509_num(chain); i++) {
		char subject[CERTIFICATE_NAME_SIZE],
			issuer[CERTIFICATE_NAME_SIZE];

		certificate_subject(sk_X509_value(chain, i), subject);
		certificate_issuer(sk_X509_value(chain, i), issuer);
		print_message("  %d: %s, by %s\n", i, subject, issuer);
	}
}

/* ---- worlds ------------------------------------------------------------- */

/*
 * Certificates as shadow.h writes them, the leaf first, then the anchor.  The
 * chain that is wanted is said by places in the list, "02" being the leaf and
 * the third one.
 */
struct world {
	const char *label, *list;
	const char *want;   /* NULL: there is none */
	const char *reason; /* why, NULL for the usual one */
	bool checks_time;
	bool crl_of_last; /* the anchor has revoked the last one */
	bool refused;	  /* by mbedTLS */
};

static void compare(const struct world *w, const STACK_OF(X509) * chain,
		    X509 *const *made)
{
	bool same = sk_X509_num(chain) == (int)strlen(w->want);

	for (int i = 0; same && i < sk_X509_num(chain); i++)
		same = certificate_equal(sk_X509_value(chain, i),
					 made[w->want[i] - '0']);
	if (same)
		return;
	say_chain(chain);
	fail_msg("%s: wanted %s", w->label, w->want);
}

static void check_accepted(const struct world *w, const STACK_OF(X509) * chain,
			   const struct anchor *anchor)
{
	bool ok = chain_accepts(chain, anchor, MINT_NOW, NULL, &failure);

	if (ok == w->refused)
		fail_msg("%s: accepted: %d, %s", w->label, ok,
			 ok ? "" : failure.text);
}

static void check_refusal(const struct world *w)
{
	const char *reason = w->reason ? w->reason
				       : "no chain leads from CN=host to the "
					 "anchor device";

	assert_int_equal(failure.code, ERR_NOT_FOUND);
	if (!strstr(failure.text, reason))
		fail_msg("%s: %s", w->label, failure.text);
}

/* The pool's certificates in this order or turned round. */
static struct pool *fill(const struct world *w, const char *dir, X509 **made,
			 size_t count, bool turned)
{
	const char *crl = in_dir(dir, "list.crl");
	struct pool *pool;

	must(pool_new(&pool, &failure));
	for (size_t i = 0; i < count; i++)
		must(pool_add(pool, made[turned ? count - 1 - i : i],
			      &failure));
	if (w->crl_of_last) {
		shadow_write_crl(crl, made[1], 'd', made[count - 1]);
		must(pool_add_path(pool, crl, &failure));
	}
	return pool;
}

static void check_world(const struct world *w, const char *dir, bool turned)
{
	X509 *made[WORLD_MAX];
	size_t count = shadow_list(w->list, made, WORLD_MAX);
	struct anchor anchor = {.name = "device",
				.certificate = made[1],
				.checks_time = w->checks_time};
	struct pool *pool = fill(w, dir, made, count, turned);
	STACK_OF(X509) * chain;
	bool found;

	failure.text[0] = '\0';
	found = chain_build(&chain, made[0], pool, &anchor, MINT_NOW, &failure);
	if (found != (w->want != NULL)) {
		say_chain(chain);
		fail_msg("%s: found %d: %s", w->label, found, failure.text);
	}
	if (found) {
		compare(w, chain, made);
		check_accepted(w, chain, &anchor);
	} else {
		assert_null(chain);
		check_refusal(w);
	}
	sk_X509_pop_free(chain, X509_free);
	shadow_free(made, count);
	pool_free(pool);
}

static void check_worlds(const struct world *worlds, size_t count,
			 const char *dir)
{
	for (size_t i = 0; i < count; i++) {
		check_world(&worlds[i], dir, false);
		check_world(&worlds[i], dir, true);
	}
}

/* Mostly of the shape of DST, X1, Root YR and an intermediate R. */
static void finds_the_way(void **state)
{
	static const struct world worlds[] = {
		{.label = "through cross-signs, roots left out",
		 .list = "host<R,leaf D<D,expired X<D Y<X R<Y X<X Y<Y",
		 .want = "0432"},
		{.label = "only as far as the anchor",
		 .list = "host<R,leaf X<X X<D Y<X R<Y D<D,expired",
		 .want = "043"},
		{.label = "an intermediate is the anchor",
		 .list = "host<R,leaf Y<X X<D Y<X R<Y",
		 .want = "04"},
		{.label = "the issuer is the anchor",
		 .list = "host<R,leaf R<Y X<D Y<X R<Y",
		 .want = "0"},
		{.label = "the anchor's key under another name",
		 .list = "host<R,leaf E<E/dd X<D Y<X R<Y"},
		{.label = "the anchor's name with another key",
		 .list = "host<R,leaf D<D/ee X<D Y<X R<Y"},
		{.label = "a link is missing",
		 .list = "host<R,leaf D<D,expired X<D R<Y"},
		{.label = "nothing but the leaf",
		 .list = "host<R,leaf D<D,expired"},
		{.label = "right name, wrong key",
		 .list = "host<R,leaf D<D,expired X<D Y<X R<Y/qy"},
		{.label = "beside it the right key",
		 .list = "host<R,leaf D<D,expired X<D Y<X R<Y/qy R<Y",
		 .want = "0532"},
		{.label = "a damaged link",
		 .list = "host<R,leaf D<D,expired X<D,damaged Y<X R<Y"},
		{.label = "beside it a whole one",
		 .list = "host<R,leaf D<D,expired X<D,damaged Y<X R<Y X<D",
		 .want = "0435"},
		{.label = "a circle of cross-signs, and no way",
		 .list = "host<R,leaf D<D,expired R<S S<T T<R"},
		{.label = "a circle of cross-signs, and a way",
		 .list = "host<R,leaf D<D,expired R<S S<T T<R T<D",
		 .want = "0235"},
		{.label = "the anchor stands in the pool as a cross-sign",
		 .list = "host<R,leaf X<D X<D Y<X R<Y D<D,expired",
		 .want = "043"},
		{.label = "a rolled-over key is a link",
		 .list = "host<R,leaf Y<Y/zz Y<Y/yz R<Y",
		 .want = "032"},
		{.label = "empty subject of the leaf",
		 .list = "<R/hr,leaf R<R",
		 .want = "0"},
		{.label = "a leaf that may sign",
		 .list = "host<R R<R",
		 .want = "0"},
	};

	check_worlds(worlds, COUNT(worlds), *state);
}

static void honours_ca_flags(void **state)
{
	static const struct world worlds[] = {
		{.label = "CA:FALSE in between",
		 .list = "host<R,leaf D<D,expired R<D,leaf"},
		{.label = "no basicConstraints in between",
		 .list = "host<R,leaf D<D,expired R<D,bare"},
		{.label = "version 1 in between",
		 .list = "host<R,leaf D<D,expired R<D,v1"},
		{.label = "keyUsage without keyCertSign",
		 .list = "host<R,leaf D<D,expired R<D,cRLSign"},
		{.label = "keyUsage with keyCertSign",
		 .list = "host<R,leaf D<D,expired R<D,keyCertSign",
		 .want = "02"},
		{.label = "for clients",
		 .list = "host<R,leaf D<D,expired R<D,clientAuth"},
		{.label = "for servers",
		 .list = "host<R,leaf D<D,expired R<D,serverAuth",
		 .want = "02"},
		{.label = "for anything",
		 .list = "host<R,leaf D<D,expired R<D,anyPurpose",
		 .want = "02"},
		{.label = "an anchor of version 1",
		 .list = "host<R,leaf D<D,v1 R<D",
		 .want = "02"},
		{.label = "an anchor with CA:FALSE",
		 .list = "host<R,leaf D<D,leaf R<D"},
		{.label = "an anchor without basicConstraints",
		 .list = "host<R,leaf D<D,bare R<D"},
		{.label = "an anchor with a damaged signature",
		 .list = "host<R,leaf D<D,damaged R<D",
		 .want = "02"},
	};

	check_worlds(worlds, COUNT(worlds), *state);
}

static void honours_path_lengths(void **state)
{
	static const struct world worlds[] = {
		{.label = "0 right above the leaf",
		 .list = "host<R,leaf D<D,expired R<D,pathlen:0",
		 .want = "02"},
		{.label = "0 above a link",
		 .list = "host<R,leaf D<D,expired X<D,pathlen:0 R<X"},
		{.label = "1 above a link",
		 .list = "host<R,leaf D<D,expired X<D,pathlen:1 R<X",
		 .want = "032"},
		{.label = "1 above two links",
		 .list = "host<R,leaf D<D,expired X<D,pathlen:1 Y<X R<Y"},
		{.label = "the anchor's 0, one link",
		 .list = "host<R,leaf D<D,pathlen:0 R<D"},
		{.label = "the anchor's 1, one link",
		 .list = "host<R,leaf D<D,pathlen:1 R<D",
		 .want = "02"},
		{.label = "a longer way where the shorter one breaks it",
		 .list = "host<R,leaf D<D,expired X<D,pathlen:0 R<X R<Y Y<Z "
			 "Z<D",
		 .want = "0456"},
		{.label =
			 "self-issued links do not count, says RFC 5280; mbedTLS "
			 "counts the last one",
		 .list = "host<R,leaf D<D,expired R<D/sd,pathlen:0 R<R/rs",
		 .want = "032",
		 .refused = true},
		{.label = "nor the one before last",
		 .list = "host<R,leaf D<D,expired R<D/td,pathlen:1 R<R/st "
			 "R<R/rs",
		 .want = "0432"},
	};

	check_worlds(worlds, COUNT(worlds), *state);
}

static void prefers(void **state)
{
	static const struct world worlds[] = {
		{.label = "the newest",
		 .list = "host<R,leaf D<D,expired R<D,from-9 R<D,from-8 "
			 "R<D,from-10",
		 .want = "03"},
		{.label = "a valid one to a newer one that is not valid yet",
		 .list = "host<R,leaf D<D,expired R<D R<D,future",
		 .want = "02"},
		{.label = "a valid one to a newer one that has expired",
		 .list = "host<R,leaf D<D,expired R<D,from-9,until-1 "
			 "R<D,from-10",
		 .want = "03"},
		{.label = "an expired one to none",
		 .list = "host<R,leaf D<D,expired R<D,expired",
		 .want = "02"},
		{.label = "the shorter to one that has not expired",
		 .list = "host<R,leaf D<D,expired R<D,expired R<X X<D",
		 .want = "02"},
		{.label = "the longer to a weak one",
		 .list = "host<R,leaf D<D,expired R<D,sha1 R<X X<D",
		 .want = "034"},
		{.label = "a weak one to none",
		 .list = "host<R,leaf D<D,expired R<D,sha1",
		 .want = "02",
		 .refused = true},
		{.label = "the longer to a revoked one",
		 .list = "host<R,leaf D<D,expired R<X X<D R<D",
		 .want = "023",
		 .crl_of_last = true},
		{.label = "a weak one to a revoked one",
		 .list = "host<R,leaf D<D,expired R<D,sha1 R<D",
		 .want = "02",
		 .crl_of_last = true,
		 .refused = true},
		{.label = "a revoked one to none",
		 .list = "host<R,leaf D<D,expired R<D",
		 .want = "02",
		 .crl_of_last = true},
		{.label = "what the longer way saves further up",
		 .list = "host<R,leaf D<D,expired R<X X<D,sha1 R<Y Y<Z Z<D",
		 .want = "0456"},
	};

	check_worlds(worlds, COUNT(worlds), *state);
}

static void checks_time(void **state)
{
	static const struct world worlds[] = {
		{.label = "all valid",
		 .list = "host<R,leaf D<D X<D Y<X R<Y",
		 .want = "0432",
		 .checks_time = true},
		{.label = "the anchor has expired: BearSSL does not mind",
		 .list = "host<R,leaf D<D,expired R<D",
		 .want = "02",
		 .checks_time = true,
		 .refused = true},
		{.label = "a link has expired",
		 .list = "host<R,leaf D<D R<D,until-1",
		 .reason = "CN=R expired on 2026-11-21T03:59:59Z",
		 .checks_time = true},
		{.label = "a link ends this second",
		 .list = "host<R,leaf D<D R<D,until+0",
		 .want = "02",
		 .checks_time = true},
		{.label = "a link begins this second",
		 .list = "host<R,leaf D<D R<D,from+0",
		 .want = "02",
		 .checks_time = true},
		{.label = "a link begins later",
		 .list = "host<R,leaf D<D R<D,from+1",
		 .reason = "CN=R begins on 2026-11-21T04:00:01Z",
		 .checks_time = true},
		{.label = "the leaf has expired",
		 .list = "host<D,leaf,expired D<D",
		 .reason = "CN=host expired on 2026-11-20T04:00:00Z",
		 .checks_time = true},
		{.label = "a longer way that is valid",
		 .list = "host<R,leaf D<D R<D,expired R<X X<D",
		 .want = "034",
		 .checks_time = true},
		{.label = "no way at all",
		 .list = "host<R,leaf D<D X<D",
		 .checks_time = true},
	};

	check_worlds(worlds, COUNT(worlds), *state);
}

/* Case 4: the anchor is a server's own certificate. */
static void takes_a_server_for_an_anchor(void **state)
{
	static const struct world worlds[] = {
		{.label = "CA:TRUE, issued again",
		 .list = "host<host host<host",
		 .want = "0"},
		{.label = "CA:TRUE, a new leaf signed by it",
		 .list = "other<host/mh,leaf host<host",
		 .want = "0"},
		{.label = "CA:TRUE, another key",
		 .list = "host<host/mm host<host"},
		{.label = "CA:TRUE, same subject and key, signed by another",
		 .list = "host<R host<host"},
		{.label = "CA:FALSE, issued again: BearSSL only",
		 .list = "host<host,leaf host<host,leaf",
		 .want = "0",
		 .refused = true},
		{.label = "CA:FALSE, a new leaf signed by it",
		 .list = "other<host/mh,leaf host<host,leaf",
		 .reason = "no chain leads from CN=other"},
		{.label =
			 "issued by a CA, again with the same key: BearSSL only",
		 .list = "host<S,leaf host<R,leaf",
		 .want = "0",
		 .refused = true},
		{.label = "issued by a CA, another key",
		 .list = "host<R/mr,leaf host<R,leaf"},
		{.label = "issued again and expired",
		 .list = "host<host,leaf,expired host<host,leaf",
		 .reason = "CN=host expired on",
		 .checks_time = true},
		{.label = "CA:TRUE, issued again after it expired",
		 .list = "host<host host<host,expired",
		 .want = "0",
		 .checks_time = true,
		 .refused = true},
	};

	check_worlds(worlds, COUNT(worlds), *state);
}

/* The very same certificate, whatever it says of itself. */
static void takes_the_anchor_itself(void **state)
{
	static const struct {
		const char *text;
		bool found;
		bool accepted; /* by mbedTLS */
	} rows[] = {
		{"host<host", true, true},
		{"host<host,leaf", true, true},
		{"host<host,bare", true, true},
		{"host<host,v1", true, true},
		{"host<host,expired", true, true},
		{"host<host,leaf,damaged", true, true},
		{"host<R,leaf", true, false},
		{"host<R", false, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct anchor anchor = {.name = "it"};
		STACK_OF(X509) * chain;
		struct pool *pool;

		shadow_list(rows[i].text, &anchor.certificate, 1);
		pool = shadow_pool(&anchor.certificate, 1);
		if (chain_build(&chain, anchor.certificate, pool, &anchor,
				MINT_NOW, &failure) != rows[i].found)
			fail_msg("%s", rows[i].text);
		assert_int_equal(sk_X509_num(chain), rows[i].found ? 1 : -1);
		if (chain && chain_accepts(chain, &anchor, MINT_NOW, NULL,
					   &failure) != rows[i].accepted)
			fail_msg("%s", rows[i].text);
		sk_X509_pop_free(chain, X509_free);
		shadow_free(&anchor.certificate, 1);
		pool_free(pool);
	}
}

/* As many links as a device takes, and one more. */
static void ends_at_the_bound(void **state)
{
	static const struct {
		const char *list;
		int found;
	} rows[] = {
		{"A<B B<C C<D D<E E<F F<G G<H H<I I<J J<J", CHAIN_MAX},
		{"A<B B<C C<D D<E E<F F<G G<H H<I I<J J<K K<K", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		X509 *made[WORLD_MAX];
		size_t count = shadow_list(rows[i].list, made, WORLD_MAX);
		struct anchor anchor = {.name = "top",
					.certificate = made[count - 1]};
		struct pool *pool = shadow_pool(made, count);
		STACK_OF(X509) * chain;
		bool found = chain_build(&chain, made[0], pool, &anchor,
					 MINT_NOW, &failure);

		assert_int_equal(found, rows[i].found != 0);
		assert_int_equal(found ? sk_X509_num(chain) : 0, rows[i].found);
		if (found)
			must(chain_accepts(chain, &anchor, MINT_NOW, NULL,
					   &failure));
		sk_X509_pop_free(chain, X509_free);
		shadow_free(made, count);
		pool_free(pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_the_way, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(honours_ca_flags, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(honours_path_lengths, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(prefers, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(checks_time, make_dir,
						remove_dir),
		cmocka_unit_test_setup_teardown(takes_a_server_for_an_anchor,
						make_dir, remove_dir),
		cmocka_unit_test(takes_the_anchor_itself),
		cmocka_unit_test(ends_at_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, shadow_forget);
}
