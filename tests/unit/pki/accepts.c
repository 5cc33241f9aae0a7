#include "real.h"
#include "shadow.h"

#include "pki/chain.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

enum { WORDS_MAX = 16 };

/* Certificates as shadow.h writes them: the chain as it is sent, the anchor. */
struct row {
	const char *label, *chain, *anchor;
	int alert;	    /* 0: accepted */
	const char *reason; /* or a part of it */
	bool checks_time;
};

static void check_row(const struct row *row)
{
	X509 *made[WORDS_MAX];
	size_t count = shadow_list(row->chain, made, WORDS_MAX);
	STACK_OF(X509) *chain = sk_X509_new_null();
	struct anchor anchor = {.name = "it", .checks_time = row->checks_time};
	int alert = -1;
	bool ok;

	for (size_t i = 0; i < count; i++)
		assert_true(sk_X509_push(chain, made[i]) > 0);
	shadow_list(row->anchor, &anchor.certificate, 1);
	failure.text[0] = '\0';
	failure.code = ERR_NONE;
	ok = chain_accepts(chain, &anchor, MINT_NOW, &alert, &failure);
	if (ok != !row->alert || alert != row->alert)
		fail_msg("%s: alert %d, wanted %d: %s", row->label, alert,
			 row->alert, failure.text);
	if (!ok &&
	    (failure.code != ERR_INVALID || !strstr(failure.text, row->reason)))
		fail_msg("%s: %s", row->label, failure.text);
	assert_int_equal(
		chain_accepts(chain, &anchor, MINT_NOW, NULL, &failure), ok);
	sk_X509_free(chain);
	shadow_free(made, count);
	X509_free(anchor.certificate);
}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

static void looks_forward_only(void **state)
{
	static const struct row rows[] = {
		{.label = "in order",
		 .chain = "h<R,leaf R<X X<D",
		 .anchor = "D<D"},
		{.label = "without the last",
		 .chain = "h<R,leaf R<X",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "certificate 2 (CN=R): its issuer CN=X is neither "
			   "the anchor nor"},
		{.label = "out of order",
		 .chain = "h<R,leaf X<D R<X",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "certificate 3 (CN=R): its issuer CN=X"},
		{.label = "out of order beyond what is needed",
		 .chain = "h<R,leaf X<D R<X",
		 .anchor = "X<X"},
		{.label = "something else in between",
		 .chain = "h<R,leaf Z<Z R<X Y<Z X<D E<D",
		 .anchor = "D<D"},
		{.label = "a dead end in front of the way",
		 .chain = "h<R,leaf R<Y R<X X<D",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "certificate 2 (CN=R): its issuer CN=Y"},
		{.label = "a dead end behind it",
		 .chain = "h<R,leaf R<X X<D R<Y",
		 .anchor = "D<D"},
		{.label = "a root in front of its cross-sign",
		 .chain = "h<X,leaf X<X X<D",
		 .anchor = "D<D"},
		{.label = "the wrong key in front of the right one",
		 .chain = "h<R,leaf R<D/xd R<D",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "certificate 1 (CN=h): its signature is not by "
			   "certificate 2"},
		{.label = "no CA in front of one",
		 .chain = "h<R,leaf R<D,leaf R<D",
		 .anchor = "D<D"},
		{.label = "the wrong key for an anchor",
		 .chain = "h<R,leaf R<D",
		 .anchor = "D<D/ee",
		 .alert = 48,
		 .reason = "its issuer CN=D"},
		{.label = "an anchor is preferred to what follows",
		 .chain = "h<R,leaf R<D/xd",
		 .anchor = "R<D"},
		{.label = "a self-signed one is no way by itself",
		 .chain = "h<R,leaf R<R",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "certificate 2 (CN=R)"},
		{.label = "a damaged signature",
		 .chain = "h<R,leaf R<D,damaged",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "certificate 2 (CN=R): its issuer CN=D"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void honours_flags(void **state)
{
	static const struct row rows[] = {
		{.label = "CA:FALSE in between",
		 .chain = "h<R,leaf R<D,leaf",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "its issuer CN=R"},
		{.label = "version 1 in between",
		 .chain = "h<R,leaf R<D,v1",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "its issuer CN=R"},
		{.label = "an anchor of version 1",
		 .chain = "h<R,leaf R<D",
		 .anchor = "D<D,v1"},
		{.label = "an anchor with CA:FALSE",
		 .chain = "h<R,leaf R<D",
		 .anchor = "D<D,leaf",
		 .alert = 48,
		 .reason = "its issuer CN=D"},
		{.label = "a CA that may only sign CRLs",
		 .chain = "h<R,leaf R<D,cRLSign",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "its issuer CN=R"},
		{.label = "a CA for clients: nobody looks",
		 .chain = "h<R,leaf R<D,clientAuth",
		 .anchor = "D<D"},
		{.label = "a path length that fits",
		 .chain = "h<R,leaf R<X X<D,pathlen:1",
		 .anchor = "D<D"},
		{.label = "a path length that does not",
		 .chain = "h<R,leaf R<X X<D,pathlen:0",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "certificate 2 (CN=R): its issuer CN=X"},
		{.label = "the anchor's path length fits",
		 .chain = "h<R,leaf R<D",
		 .anchor = "D<D,pathlen:1"},
		{.label = "the anchor's path length does not",
		 .chain = "h<R,leaf R<D",
		 .anchor = "D<D,pathlen:0",
		 .alert = 48,
		 .reason = "its issuer CN=D"},
		{.label = "self-issued links do not count",
		 .chain = "h<R,leaf R<R/rs R<R/st R<D/td,pathlen:1",
		 .anchor = "D<D"},
		{.label = "but the last one below does",
		 .chain = "h<R,leaf R<R/rs R<R/st R<D/td,pathlen:0",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "certificate 3 (CN=R): its issuer CN=R"},
		{.label = "and a self-issued leaf takes nothing off",
		 .chain = "R<R/hr,leaf R<R/rs R<D/sd,pathlen:0",
		 .anchor = "D<D",
		 .alert = 48,
		 .reason = "certificate 2 (CN=R): its issuer CN=R"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void checks_what_the_leaf_is_for(void **state)
{
	static const struct row rows[] = {
		{.label = "a leaf for signatures",
		 .chain = "h<D,leaf,digitalSignature",
		 .anchor = "D<D"},
		{.label = "a leaf that may not sign a handshake",
		 .chain = "h<D,leaf,keyCertSign",
		 .anchor = "D<D",
		 .alert = 43,
		 .reason = "certificate 1 (CN=h): its keyUsage leaves"},
		{.label = "a leaf for servers",
		 .chain = "h<D,leaf,serverAuth",
		 .anchor = "D<D"},
		{.label = "a leaf for anything",
		 .chain = "h<D,leaf,anyPurpose",
		 .anchor = "D<D"},
		{.label = "a leaf for clients",
		 .chain = "h<D,leaf,clientAuth",
		 .anchor = "D<D",
		 .alert = 43,
		 .reason = "its extendedKeyUsage leaves serverAuth out"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void refuses_weak_ones(void **state)
{
	/* z is an RSA key of 1024 bits, y one of 2048, w is Ed25519 */
	static const struct row rows[] = {
		{.label = "SHA-256", .chain = "h<R,leaf R<D", .anchor = "D<D"},
		{.label = "SHA-1 at the leaf",
		 .chain = "h<R,leaf,sha1 R<D",
		 .anchor = "D<D",
		 .alert = 46,
		 .reason = "certificate 1 (CN=h): signed with SHA-1"},
		{.label = "SHA-1 at a link",
		 .chain = "h<R,leaf R<D,sha1",
		 .anchor = "D<D",
		 .alert = 46,
		 .reason = "certificate 2 (CN=R): signed with SHA-1"},
		{.label = "SHA-1 at the anchor",
		 .chain = "h<R,leaf R<D",
		 .anchor = "D<D,sha1"},
		{.label = "SHA-1 of an extra one",
		 .chain = "h<R,leaf R<D D<E,sha1",
		 .anchor = "D<D"},
		{.label = "MD5",
		 .chain = "h<R/hy,leaf,md5 R<D/yd",
		 .anchor = "D<D",
		 .alert = 46,
		 .reason = "signed with MD5"},
		{.label = "RSA of 2048 bits",
		 .chain = "h<R/yy,leaf R<D/yy",
		 .anchor = "D<D/yy"},
		{.label = "RSA of 1024 bits at the leaf",
		 .chain = "h<R/zr,leaf R<D",
		 .anchor = "D<D",
		 .alert = 43,
		 .reason = "certificate 1 (CN=h): an RSA key of 1024 bits"},
		{.label = "RSA of 1024 bits at a link",
		 .chain = "h<R/hz,leaf R<D/zd",
		 .anchor = "D<D",
		 .alert = 43,
		 .reason = "certificate 2 (CN=R): an RSA key of 1024 bits"},
		{.label = "RSA of 1024 bits at the anchor",
		 .chain = "h<R,leaf R<D/rz",
		 .anchor = "D<D/zz",
		 .alert = 43,
		 .reason = "the anchor (CN=D): an RSA key of 1024 bits"},
		{.label = "a kind of key it does not know",
		 .chain = "h<R,leaf R<D Z<Z/wd",
		 .anchor = "D<D",
		 .alert = 42,
		 .reason = "certificate 3 (CN=Z): a key of a kind"},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

static void checks_time(void **state)
{
	static const struct row rows[] = {
		{.label = "time is not checked",
		 .chain = "h<R,leaf,expired R<D,future",
		 .anchor = "D<D,expired"},
		{.label = "time is checked",
		 .chain = "h<R,leaf R<D",
		 .anchor = "D<D",
		 .checks_time = true},
		{.label = "the leaf ends now",
		 .chain = "h<R,leaf,until+0 R<D",
		 .anchor = "D<D",
		 .checks_time = true},
		{.label = "the leaf has ended",
		 .chain = "h<R,leaf,until-1 R<D",
		 .anchor = "D<D",
		 .alert = 45,
		 .reason = "certificate 1 (CN=h): expired",
		 .checks_time = true},
		{.label = "a link has ended",
		 .chain = "h<R,leaf R<D,until-1",
		 .anchor = "D<D",
		 .alert = 45,
		 .reason = "certificate 2 (CN=R): expired",
		 .checks_time = true},
		{.label = "the anchor has ended",
		 .chain = "h<R,leaf R<D",
		 .anchor = "D<D,until-1",
		 .alert = 45,
		 .reason = "the anchor (CN=D): expired",
		 .checks_time = true},
		{.label = "an extra one has ended",
		 .chain = "h<R,leaf R<D D<E,expired",
		 .anchor = "D<D",
		 .checks_time = true},
		{.label = "a link begins now",
		 .chain = "h<R,leaf R<D,from+0",
		 .anchor = "D<D",
		 .checks_time = true},
		{.label = "a link begins later",
		 .chain = "h<R,leaf R<D,from+1",
		 .anchor = "D<D",
		 .alert = 46,
		 .reason = "certificate 2 (CN=R): not valid yet",
		 .checks_time = true},
		{.label = "one that has ended stands in front of one that has "
			  "not",
		 .chain = "h<R,leaf R<D,expired R<D",
		 .anchor = "D<D",
		 .checks_time = true},
		{.label = "the first of two that have ended",
		 .chain = "h<R,leaf,expired R<D,expired",
		 .anchor = "D<D",
		 .alert = 45,
		 .reason = "certificate 1 (CN=h)",
		 .checks_time = true},
		{.label = "45 hides 48",
		 .chain = "h<R,leaf,expired R<D",
		 .anchor = "E<E",
		 .alert = 45,
		 .reason = "certificate 1 (CN=h): expired",
		 .checks_time = true},
		{.label = "48 hides 46",
		 .chain = "h<R,leaf,future R<D",
		 .anchor = "E<E",
		 .alert = 48,
		 .reason = "its issuer CN=D",
		 .checks_time = true},
		{.label = "43 hides 45",
		 .chain = "h<R,leaf,clientAuth,expired R<D",
		 .anchor = "D<D",
		 .alert = 43,
		 .reason = "extendedKeyUsage",
		 .checks_time = true},
	};

	(void)state;
	check_rows(rows, COUNT(rows));
}

/* A link that stands between the last that is taken and the anchor. */
static void counts(void **state)
{
	static const struct row rows[] = {
		{.label = "8 links",
		 .chain = "A<B,leaf B<C C<D D<E E<F F<G G<H H<I I<J",
		 .anchor = "J<J"},
		{.label = "9 links",
		 .chain = "A<B,leaf B<C C<D D<E E<F F<G G<H H<I I<J J<K",
		 .anchor = "K<K",
		 .alert = 49,
		 .reason = "more than 9 certificates on the way"},
		{.label = "9 links, the way ends before",
		 .chain = "A<B,leaf B<C C<D D<E E<F F<G G<H H<I I<J J<K",
		 .anchor = "J<J"},
	};
	STACK_OF(X509) *nothing = sk_X509_new_null();
	struct shadow s = shadow_read("D<D");
	struct anchor anchor = {.name = "it", .certificate = shadow_make(&s)};
	int alert;

	(void)state;
	check_rows(rows, COUNT(rows));
	must_fail("nothing",
		  chain_accepts(nothing, &anchor, MINT_NOW, &alert, &failure),
		  ERR_INVALID, "no certificate at all");
	assert_int_equal(alert, 42);
	X509_free(anchor.certificate);
	sk_X509_free(nothing);
}

/* mbedTLS reads the whole message before it looks for a way. */
static void refuses_unknown_extensions(void **state)
{
	static const struct {
		int nid;
		const char *value;
		int alert;
	} rows[] = {
		{NID_name_constraints, "permitted;DNS:example.com", 0},
		{NID_name_constraints, "critical,permitted;DNS:example.com",
		 42},
		{NID_subject_alt_name, "critical,DNS:example.com", 0},
		{NID_subject_alt_name, "DNS:example.com", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		STACK_OF(X509) *chain = sk_X509_new_null();
		struct anchor anchor = {.name = "it"};
		X509 *leaf;
		int alert;

		shadow_list("h<D,leaf", &leaf, 1);
		shadow_list("D<D", &anchor.certificate, 1);
		mint_extension(leaf, rows[i].nid, rows[i].value);
		assert_true(X509_sign(leaf, shadow_key('d'), EVP_sha256()) > 0);
		sk_X509_push(chain, leaf);
		chain_accepts(chain, &anchor, MINT_NOW, &alert, &failure);
		if (alert != rows[i].alert)
			fail_msg("%s: %d, %s", rows[i].value, alert,
				 failure.text);
		sk_X509_free(chain);
		X509_free(leaf);
		X509_free(anchor.certificate);
	}
}

/* ---- real ones ---------------------------------------------------------- */

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

	(void)state;
	if (!real_is_here())
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		STACK_OF(X509) *chain = real_load_all(rows[i].served);

		for (int k = 0; k < ANCHORS; k++) {
			struct anchor anchor = {.name = anchors[k]};
			int alert;

			if (rows[i].alerts[k] == DASH)
				continue;
			anchor.certificate = real_load(anchors[k]);
			failure.text[0] = '\0';
			chain_accepts(chain, &anchor, MINT_NOW, &alert,
				      &failure);
			if (alert != rows[i].alerts[k])
				fail_msg("%s with %s: %d, %s", rows[i].served,
					 anchors[k], alert, failure.text);
			X509_free(anchor.certificate);
		}
		sk_X509_pop_free(chain, X509_free);
	}
}

static int make_keys(void **state)
{
	(void)state;
	shadow_set_key('y', mint_key("rsa-2048"));
	shadow_set_key('z', EVP_RSA_gen(1024));
	shadow_set_key('w', mint_key("ed25519"));
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looks_forward_only),
		cmocka_unit_test(honours_flags),
		cmocka_unit_test(checks_what_the_leaf_is_for),
		cmocka_unit_test(refuses_weak_ones),
		cmocka_unit_test(checks_time),
		cmocka_unit_test(counts),
		cmocka_unit_test(refuses_unknown_extensions),
		cmocka_unit_test(accepts_as_measured),
	};

	return cmocka_run_group_tests(tests, make_keys, shadow_forget);
}
