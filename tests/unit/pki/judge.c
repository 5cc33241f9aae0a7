#include "holders.h"
#include "judging.h"
#include "shadow.h"

/* ---- a world ------------------------------------------------------------- */

enum {
	SOON = MINT_NOW + JUDGE_EXPIRES_SOON,
	LONG_AGO = MINT_NOW - 40 * MINT_DAY /* 2026-10-12 */
};

static struct {
	EVP_PKEY *root_key, *inter_key, *leaf_key, *weak_key, *ec_key;
	X509 *root, *old_root, *soon_root, *other_root, *inter, *old_inter;
	X509 *leaf, *ec_leaf, *soon_leaf, *later_leaf, *old_leaf, *last_leaf;
	X509 *young_leaf, *sha1_leaf, *weak_leaf, *inter_self, *issued;
	X509 *self_end, *self_end_again, *x1_by_root, *yr_by_root;
} w;

static const char host[] = "CN=ota.example.com";

static X509 *make_ca(const char *name, EVP_PKEY *key, X509 *issuer,
		     int64_t not_after)
{
	return mint_keep(mint(&(struct mint){.subject = name,
					     .key = key,
					     .issuer = issuer,
					     .issuer_key = w.root_key,
					     .ca = true,
					     .not_after = not_after}));
}

static X509 *make_leaf(EVP_PKEY *key, int64_t not_before, int64_t not_after,
		       const char *hash)
{
	return mint_keep(mint(&(struct mint){.subject = host,
					     .key = key,
					     .issuer = w.inter,
					     .issuer_key = w.inter_key,
					     .not_before = not_before,
					     .not_after = not_after,
					     .hash = hash}));
}

static EVP_PKEY *make_weak_key(void)
{
	EVP_PKEY *key = EVP_RSA_gen(1024);

	assert_non_null(key);
	return key;
}

static void make_authorities(void)
{
	w.root = make_ca("CN=Root", w.root_key, NULL, 0);
	w.old_root = make_ca("CN=Root", w.root_key, NULL, LONG_AGO);
	w.soon_root = make_ca("CN=Root", w.root_key, NULL, SOON);
	w.other_root = mint_keep(mint(&(struct mint){
		.subject = "CN=Other Root", .key = w.ec_key, .ca = true}));
	w.inter = make_ca("CN=Inter", w.inter_key, w.root, 0);
	w.old_inter = make_ca("CN=Inter", w.inter_key, w.root, LONG_AGO);
	w.inter_self = mint_keep(mint(&(struct mint){
		.subject = "CN=Inter", .key = w.inter_key, .ca = true}));
	w.x1_by_root = mint_keep(holder_mint(
		(struct mint){.subject = "CN=ISRG Root X1,O=Internet Security "
					 "Research Group,C=US",
			      .issuer = w.root,
			      .ca = true},
		holder_isrg_root_x1, w.root_key));
	w.yr_by_root = mint_keep(
		holder_mint((struct mint){.subject = "CN=Root YR,O=ISRG,C=US",
					  .issuer = w.root,
					  .ca = true},
			    holder_root_yr, w.root_key));
}

static void make_leaves(void)
{
	EVP_PKEY *key = w.leaf_key;
	const struct mint self = {.subject = host, .key = key};

	w.leaf = make_leaf(key, 0, 0, NULL);
	w.ec_leaf = make_leaf(w.ec_key, 0, 0, NULL);
	w.soon_leaf = make_leaf(key, 0, SOON, NULL);
	w.later_leaf = make_leaf(key, 0, SOON + 1, NULL);
	w.last_leaf = make_leaf(key, 0, MINT_NOW, NULL);
	w.old_leaf = make_leaf(key, 0, MINT_NOW - 1, NULL);
	w.young_leaf = make_leaf(key, MINT_NOW + 1, 0, NULL);
	w.sha1_leaf = make_leaf(key, 0, 0, "SHA1");
	w.weak_leaf = make_leaf(w.weak_key, 0, 0, NULL);
	w.issued = make_leaf(key, 0, 0, NULL);
	w.self_end = mint_keep(mint(&self));
	w.self_end_again = mint_keep(mint(&self));
}

static int make_world(void **state)
{
	(void)state;
	w.root_key = mint_key("rsa-2048");
	w.inter_key = mint_key("rsa-2048");
	w.leaf_key = mint_key("rsa-2048");
	w.weak_key = make_weak_key();
	w.ec_key = mint_key("ecdsa-p256");
	make_authorities();
	make_leaves();
	return 0;
}

static int free_world(void **state)
{
	(void)state;
	mint_free_kept();
	EVP_PKEY_free(w.root_key);
	EVP_PKEY_free(w.inter_key);
	EVP_PKEY_free(w.leaf_key);
	EVP_PKEY_free(w.weak_key);
	EVP_PKEY_free(w.ec_key);
	return shadow_forget(state);
}

/* ---- what is found ------------------------------------------------------- */

static const struct situation {
	const char *label;
	X509 **chain[LINKS], **second[LINKS];
	X509 **anchor;
	bool checks_time;
	int security_level;
	const char *says;  /* or NULL */
	const char *never; /* or NULL */
} situations[] = {
	{"all is well",
	 {&w.leaf, &w.inter},
	 {NULL},
	 &w.root,
	 true,
	 2,
	 NULL,
	 "error"},
	{"all is well, no warning either",
	 {&w.leaf, &w.inter},
	 {NULL},
	 &w.root,
	 true,
	 2,
	 NULL,
	 "warning"},
	{"nothing to send",
	 {NULL},
	 {NULL},
	 &w.root,
	 false,
	 2,
	 "error: profile legacy has no chain to send\n",
	 NULL},

	/* dates */
	{"valid to this very second",
	 {&w.last_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 true,
	 2,
	 "warning: rsa-2048 chain: CN=ota.example.com signed by "
	 "CN=Inter expires on 2026-11-21, in 0 days\n",
	 "error"},
	{"expired a second ago",
	 {&w.old_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 true,
	 2,
	 "error: rsa-2048 chain: CN=ota.example.com signed by CN=Inter "
	 "expired on 2026-11-21; devices that check the time refuse "
	 "it\n",
	 "expires on"},
	{"expired, nobody checks",
	 {&w.old_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 false,
	 2,
	 "note: rsa-2048 chain: CN=ota.example.com signed by CN=Inter "
	 "expired on 2026-11-21; its devices do not check the time, "
	 "but those that do refuse it\n",
	 "error"},
	{"expired, and no anchor",
	 {&w.leaf, &w.old_inter},
	 {NULL},
	 NULL,
	 false,
	 2,
	 "error: rsa-2048 chain: CN=Inter signed by CN=Root expired on "
	 "2026-10-12; devices that check the time refuse it\n",
	 "refuse it with alert"},
	{"not valid for another second",
	 {&w.young_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 true,
	 2,
	 "error: rsa-2048 chain: CN=ota.example.com signed by CN=Inter "
	 "is valid from 2026-11-21 on only; ",
	 NULL},
	{"thirty days left",
	 {&w.soon_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 true,
	 2,
	 "warning: rsa-2048 chain: CN=ota.example.com signed by "
	 "CN=Inter expires on 2026-12-21, in 30 days\n",
	 "error"},
	{"a second more",
	 {&w.later_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 true,
	 2,
	 NULL,
	 "expires on"},
	{"thirty days left, nobody checks",
	 {&w.soon_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 false,
	 2,
	 "note: rsa-2048 chain: CN=ota.example.com signed by CN=Inter "
	 "expires on 2026-12-21",
	 "warning"},
	{"the anchor has expired",
	 {&w.leaf, &w.inter},
	 {NULL},
	 &w.old_root,
	 true,
	 2,
	 "warning: the anchor CN=Root itself expired on 2026-10-12; ",
	 "error"},
	{"the anchor has expired, nobody checks",
	 {&w.leaf, &w.inter},
	 {NULL},
	 &w.old_root,
	 false,
	 2,
	 NULL,
	 "itself expired"},
	{"the anchor expires soon",
	 {&w.leaf, &w.inter},
	 {NULL},
	 &w.soon_root,
	 true,
	 2,
	 "warning: the anchor CN=Root itself expires on 2026-12-21, in "
	 "30 days; ",
	 "error"},

	/* the anchor */
	{"another anchor",
	 {&w.leaf, &w.inter},
	 {NULL},
	 &w.other_root,
	 true,
	 2,
	 "error: rsa-2048 chain: devices that trust field (CN=Other "
	 "Root) refuse it with alert 48: ",
	 NULL},
	{"another anchor, and expired",
	 {&w.old_leaf, &w.inter},
	 {NULL},
	 &w.other_root,
	 true,
	 2,
	 "refuse it with alert 48: ",
	 "alert 45"},
	{"no anchor",
	 {&w.leaf, &w.inter},
	 {NULL},
	 NULL,
	 false,
	 2,
	 NULL,
	 "refuse it with alert"},
	{"a pinned leaf that a CA issued",
	 {&w.leaf, &w.inter},
	 {NULL},
	 &w.issued,
	 false,
	 2,
	 "warning: rsa-2048 chain: the devices pinned "
	 "CN=ota.example.com, which is no CA but was signed by "
	 "CN=Inter: BearSSL accepts it, mbedTLS never does\n",
	 "error"},
	{"a self-signed certificate made anew",
	 {&w.self_end_again},
	 {NULL},
	 &w.self_end,
	 false,
	 2,
	 "warning: rsa-2048 chain: the devices pinned another "
	 "self-signed certificate of CN=ota.example.com with CA:FALSE",
	 "error"},
	{"the pinned self-signed certificate",
	 {&w.self_end},
	 {NULL},
	 &w.self_end,
	 false,
	 2,
	 NULL,
	 "pinned"},
	{"two kinds of key for an anchor",
	 {&w.leaf, &w.inter},
	 {&w.ec_leaf, &w.inter},
	 &w.root,
	 false,
	 2,
	 "warning: profile legacy has an ECDSA certificate beside an "
	 "RSA one",
	 "error"},
	{"two kinds of key for everybody",
	 {&w.leaf, &w.inter},
	 {&w.ec_leaf, &w.inter},
	 NULL,
	 false,
	 2,
	 NULL,
	 "beside an RSA one"},
	{"one kind of key twice",
	 {&w.leaf, &w.inter},
	 {&w.soon_leaf, &w.inter},
	 &w.root,
	 false,
	 2,
	 NULL,
	 "beside an RSA one"},

	/* strength */
	{"SHA-1 at level 1",
	 {&w.sha1_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 false,
	 1,
	 "error: rsa-2048 chain: CN=ota.example.com signed by "
	 "CN=Inter: signed with SHA-1 needs security level 0, profile "
	 "legacy has 1, so that OpenSSL refuses to send it\n",
	 "which security level"},
	{"SHA-1 at level 0",
	 {&w.sha1_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 false,
	 0,
	 "warning: rsa-2048 chain: CN=ota.example.com signed by "
	 "CN=Inter: signed with SHA-1, which security level 0 allows",
	 "error"},
	{"1024 bits at level 2",
	 {&w.weak_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 false,
	 2,
	 "RSA key of 1024 bits needs security level 1, profile legacy "
	 "has 2",
	 NULL},
	{"1024 bits at level 1",
	 {&w.weak_leaf, &w.inter},
	 {NULL},
	 &w.root,
	 false,
	 1,
	 "RSA key of 1024 bits, which security level 1 allows",
	 "error"},

	/* shape */
	{"a root on top",
	 {&w.leaf, &w.inter, &w.root},
	 {NULL},
	 &w.root,
	 false,
	 2,
	 "warning: rsa-2048 chain: CN=Root is self-signed: who trusts "
	 "it has it, and it costs ",
	 "out of order"},
	{"out of order",
	 {&w.leaf, &w.x1_by_root, &w.inter},
	 {NULL},
	 &w.root,
	 false,
	 2,
	 "warning: rsa-2048 chain: CN=ISRG Root X1,O=Internet Security "
	 "Research Group,C=US signed by CN=Root did not sign "
	 "CN=ota.example.com before it: out of order or beside the "
	 "path",
	 "CN=Inter signed by CN=Root did not"},
	{"two of one name",
	 {&w.leaf, &w.inter, &w.old_inter},
	 {NULL},
	 &w.root,
	 false,
	 2,
	 "CN=Inter signed by CN=Root did not sign CN=Inter before it",
	 NULL},

	/* cross-signs */
	{"a known root cross-signed",
	 {&w.leaf, &w.inter, &w.x1_by_root},
	 {NULL},
	 NULL,
	 false,
	 2,
	 "note: rsa-2048 chain: the cross-sign of CN=ISRG Root "
	 "X1,O=Internet Security Research Group,C=US by CN=Root on "
	 "top makes esp_crt_bundle devices (ESP-IDF 4 and 5) fail "
	 "with alert 49 when their bundle does not hold CN=Root\n",
	 NULL},
	{"a root that no bundle holds, cross-signed",
	 {&w.leaf, &w.inter, &w.yr_by_root},
	 {NULL},
	 NULL,
	 false,
	 2,
	 NULL,
	 "esp_crt_bundle"},
	{"an intermediate on top",
	 {&w.leaf, &w.inter},
	 {NULL},
	 NULL,
	 false,
	 2,
	 NULL,
	 "esp_crt_bundle"},
};

static void collect(X509 **links, X509 **const *from)
{
	for (size_t i = 0; i < LINKS; i++)
		links[i] = from[i] ? *from[i] : NULL;
}

static void check_situation(const struct situation *s)
{
	const struct anchor anchor = {
		.name = "field",
		.certificate = s->anchor ? *s->anchor : NULL,
		.checks_time = s->checks_time,
	};
	X509 *chain[LINKS], *second[LINKS];
	char *text;

	collect(chain, s->chain);
	collect(second, s->second);
	text = judge_chains(chain, second, &anchor, s->security_level, NULL);
	assert_non_null(text);
	if (s->says && !strstr(text, s->says))
		fail_msg("%s: no '%s' in\n%s", s->label, s->says, text);
	if (s->never && strstr(text, s->never))
		fail_msg("%s: '%s' in\n%s", s->label, s->never, text);
	free(text);
}

static void findings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(situations) / sizeof(situations[0]); i++)
		check_situation(&situations[i]);
}

/* A root in the operator's pool counts as one that bundles may hold. */
static void cross_sign_of_a_root_in_the_pool(void **state)
{
	X509 *chain[LINKS] = {w.leaf, w.inter}, *none[LINKS] = {NULL};
	struct pool *pool;
	struct err err;
	char *text;

	(void)state;
	assert_true(pool_new(&pool, &err));
	assert_true(pool_add(pool, w.root, &err));
	text = judge_chains(chain, none, NULL, 2, pool);
	assert_null(strstr(text, "esp_crt_bundle"));
	free(text);
	assert_true(pool_add(pool, w.inter_self, &err));
	text = judge_chains(chain, none, NULL, 2, pool);
	assert_non_null(strstr(text, "cross-sign of CN=Inter by CN=Root"));
	free(text);
	chain[1] = w.inter_self;
	text = judge_chains(chain, none, NULL, 2, pool);
	assert_null(strstr(text, "esp_crt_bundle"));
	free(text);
	pool_free(pool);
}

static void a_revoked_link(void **state)
{
	X509 *made[2], *root[1], *chain[LINKS] = {NULL}, *none[LINKS] = {NULL};
	struct pool *pool;
	char *text;

	shadow_list("L<I,leaf I<R", made, 2);
	shadow_list("R<R", root, 1);
	memcpy(chain, made, sizeof(made));
	pool = shadow_pool(root, 1);
	text = judge_chains(chain, none, NULL, 2, pool);
	assert_null(strstr(text, "revoked"));
	free(text);
	shadow_write_crl(in_dir(*state, "r.crl"), root[0], 'r', made[1]);
	must(pool_add_path(pool, in_dir(*state, "r.crl"), &failure));
	text = judge_chains(chain, none, NULL, 2, pool);
	assert_non_null(strstr(text, "warning: ecdsa-p256 chain: CN=I signed "
				     "by CN=R is revoked\n"));
	free(text);
	pool_free(pool);
	shadow_free(made, 2);
	shadow_free(root, 1);
}

/* ---- the first end ------------------------------------------------------- */

static void first_end(void **state)
{
	const struct {
		X509 *chain[LINKS];
		int64_t end;
		int which;
	} cases[] = {
		{{w.leaf, w.old_inter}, LONG_AGO, 1},
		{{w.soon_leaf, w.inter}, SOON, 0},
		{{w.soon_leaf, w.soon_leaf}, SOON, 0},
		{{NULL}, INT64_MAX, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		STACK_OF(X509) *chain = make_stack(cases[i].chain);
		int which = -1;

		assert_int_equal(judge_first_end(chain, &which), cases[i].end);
		assert_int_equal(which, cases[i].which);
		assert_int_equal(judge_first_end(chain, NULL), cases[i].end);
		sk_X509_free(chain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings),
		cmocka_unit_test(cross_sign_of_a_root_in_the_pool),
		cmocka_unit_test_setup_teardown(a_revoked_link, make_dir,
						remove_dir),
		cmocka_unit_test(first_end),
	};

	return cmocka_run_group_tests(tests, make_world, free_world);
}
