#include "explaining.h"
#include "holders.h"

/* ---- a world ------------------------------------------------------------- */

enum {
	LONG_AGO = MINT_NOW - 40 * MINT_DAY, /* 2026-10-12 */
	DST_ENDED = 1633010475,		     /* 2021-09-30 */
	R3_ENDED = 1632943300		     /* 2021-09-29 */
};

static struct {
	EVP_PKEY *root_key, *inter_key, *leaf_key, *ec_key;
	/* a private PKI */
	X509 *root, *old_root, *ended_root, *short_root, *inter, *old_inter,
		*low, *pinned_inter;
	X509 *leaf, *old_leaf, *low_leaf, *stray_leaf, *direct_leaf;
	/* servers' certificates that are pinned themselves */
	X509 *self_end, *self_end_again, *self_other_name, *issued;
	/* names and keys of public CAs, signed by whom we like */
	X509 *dst, *dst_by_name, *equifax, *x2, *r3, *yr2, *yr1;
	X509 *yr1_leaf, *ye1_leaf, *r46;
} w;

static const char host[] = "CN=ota.example.com,O=Example";

static X509 *make_ca(const char *name, EVP_PKEY *key, X509 *issuer,
		     EVP_PKEY *issuer_key, const char *path_length,
		     int64_t not_after)
{
	return mint_keep(mint(&(struct mint){.subject = name,
					     .key = key,
					     .issuer = issuer,
					     .issuer_key = issuer_key,
					     .ca = true,
					     .path_length = path_length,
					     .not_after = not_after}));
}

static X509 *make_leaf(EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
		       int64_t not_after)
{
	return mint_keep(mint(&(struct mint){.subject = host,
					     .key = key,
					     .issuer = issuer,
					     .issuer_key = issuer_key,
					     .not_after = not_after}));
}

static void make_private(void)
{
	static const char root[] = "CN=Private Root";
	static const char inter[] = "CN=Private Intermediate";
	EVP_PKEY *top = w.root_key, *mid = w.inter_key, *key = w.leaf_key;

	w.root = make_ca(root, top, NULL, NULL, NULL, 0);
	w.old_root = make_ca("CN=Old Root", key, NULL, NULL, NULL, 0);
	w.ended_root =
		make_ca("CN=Ended Root", key, NULL, NULL, NULL, LONG_AGO);
	w.short_root = make_ca(root, top, NULL, NULL, "0", 0);
	w.inter = make_ca(inter, mid, w.root, top, NULL, 0);
	w.old_inter = make_ca(inter, mid, w.root, top, NULL, LONG_AGO);
	w.pinned_inter = make_ca(inter, w.ec_key, w.root, top, "0", 0);
	w.low = make_ca("CN=Low", key, w.inter, mid, "0", 0);
	w.leaf = make_leaf(key, w.inter, mid, 0);
	w.old_leaf = make_leaf(key, w.inter, mid, LONG_AGO);
	w.low_leaf = make_leaf(w.ec_key, w.low, key, 0);
	w.stray_leaf = make_leaf(key, w.root, mid, 0);
	w.direct_leaf = make_leaf(key, w.root, top, 0);
	w.self_end = make_leaf(w.ec_key, NULL, NULL, 0);
	w.self_end_again = make_leaf(w.ec_key, NULL, NULL, 0);
	w.self_other_name = mint_keep(mint(
		&(struct mint){.subject = "CN=192.168.1.10", .key = w.ec_key}));
	w.issued = make_leaf(w.ec_key, w.inter, mid, 0);
}

static X509 *make_holder(const char *subject, X509 *issuer, const char *pem,
			 const char *path_length, int64_t not_after)
{
	return mint_keep(holder_mint((struct mint){.subject = subject,
						   .issuer = issuer,
						   .ca = true,
						   .path_length = path_length,
						   .not_after = not_after},
				     pem, w.root_key));
}

static void make_public(void)
{
	static const char dst[] =
		"CN=DST Root CA X3,O=Digital Signature Trust Co.";
	static const char x2[] =
		"CN=ISRG Root X2,O=Internet Security Research Group,C=US";
	static const char yr1[] = "CN=YR1,O=Let's Encrypt,C=US";
	X509 *yr = make_ca("CN=Root YR,O=ISRG,C=US", w.root_key, NULL, NULL,
			   NULL, 0);
	X509 *ye1 = make_ca("CN=YE1,O=Let's Encrypt,C=US", w.inter_key, NULL,
			    NULL, NULL, 0);

	w.dst = make_holder(dst, NULL, holder_dst_root_ca_x3, NULL, DST_ENDED);
	w.dst_by_name = make_ca(dst, w.root_key, NULL, NULL, NULL, 0);
	w.equifax = make_holder("OU=Equifax Secure Certificate Authority,"
				"O=Equifax,C=US",
				NULL, holder_equifax, NULL, 0);
	w.x2 = make_holder(x2, NULL, holder_isrg_root_x2, NULL, 0);
	w.r46 = make_holder("CN=GlobalSign Root R46,O=GlobalSign nv-sa,C=BE",
			    NULL, holder_globalsign_r46, NULL, 0);
	w.r3 = make_holder("CN=R3,O=Let's Encrypt,C=US", w.dst, holder_r3, "0",
			   R3_ENDED);
	w.yr2 = make_holder("CN=YR2,O=Let's Encrypt,C=US", yr, holder_yr2, "0",
			    0);
	w.yr1 = make_ca(yr1, w.inter_key, yr, w.root_key, "0", 0);
	w.yr1_leaf = make_leaf(w.leaf_key, w.yr1, w.inter_key, 0);
	w.ye1_leaf = make_leaf(w.ec_key, ye1, w.inter_key, 0);
}

static int make_world(void **state)
{
	(void)state;
	w.root_key = mint_key("ecdsa-p256");
	w.inter_key = mint_key("ecdsa-p256");
	w.leaf_key = mint_key("rsa-2048");
	w.ec_key = mint_key("ecdsa-p256");
	make_private();
	make_public();
	return 0;
}

static int free_world(void **state)
{
	(void)state;
	mint_free_kept();
	EVP_PKEY_free(w.root_key);
	EVP_PKEY_free(w.inter_key);
	EVP_PKEY_free(w.leaf_key);
	EVP_PKEY_free(w.ec_key);
	return 0;
}

/* ---- what is said -------------------------------------------------------- */

static const char x1_by_dst[] =
	"missing in tls.pool: CN=ISRG Root X1,O=Internet Security Research "
	"Group,C=US signed by CN=DST Root CA X3,O=Digital Signature Trust "
	"Co., SHA-256 6d99fb265eb1c5b3744765fcbc648f3cd8e1bffafdc4c2f99b9d47cf"
	"7ff1c24f, from https://letsencrypt.org/certs/"
	"isrg-root-x1-cross-signed.pem (expired 2024-09-30; devices that do "
	"not check time still accept it)\n";
static const char yr_by_x1[] =
	"missing in tls.pool: CN=Root YR,O=ISRG,C=US signed by CN=ISRG Root "
	"X1,O=Internet Security Research Group,C=US, SHA-256 072639d0b140d5bf"
	"fae16ad9c3f6cc6086040621f51ee61a6d46a8915c07cf76, from "
	"https://letsencrypt.org/certs/gen-y/root-yr-by-x1.pem\n";

static const char still_issues[] =
	"needed: it is not known here whether this CA still issues server "
	"certificates; one of its certificates, or one of a CA that it "
	"signed, would do";

enum { PARTS = 6, CERTIFICATES = 5 };

static const struct question {
	const char *label;
	X509 **anchor;
	bool checks_time;
	X509 **leaves[CERTIFICATES];
	X509 **pool[CERTIFICATES];
	size_t missing;		 /* certificates that it names */
	const char *says[PARTS]; /* in this order */
	const char *never;	 /* or NULL */
} questions[] = {
	{"nothing in the pool",
	 &w.dst,
	 false,
	 {&w.yr1_leaf},
	 {NULL},
	 3,
	 {"CN=ota.example.com,O=Example (rsa-2048): reaches "
	  "CN=ota.example.com,O=Example, signed by "
	  "CN=YR1,O=Let's Encrypt,C=US; ",
	  "missing in tls.pool: CN=YR1,", yr_by_x1, x1_by_dst},
	 "would work"},
	{"the first link in the pool",
	 &w.dst,
	 false,
	 {&w.yr1_leaf},
	 {&w.yr1},
	 2,
	 {"reaches CN=YR1,O=Let's Encrypt,C=US, signed by CN=Root "
	  "YR,O=ISRG,C=US; ",
	  yr_by_x1, x1_by_dst},
	 "CN=YR1,O=Let's Encrypt,C=US signed by"},
	{"the other kind of key",
	 &w.dst,
	 false,
	 {&w.ye1_leaf},
	 {NULL},
	 4,
	 {"(ecdsa-p256): reaches", "CN=YE1,", "CN=Root YE,", "CN=ISRG Root X2,",
	  x1_by_dst},
	 "the anchor itself"},
	{"a leaf of another CA",
	 &w.dst,
	 false,
	 {&w.leaf},
	 {&w.inter},
	 7,
	 {"reaches CN=Private Intermediate, signed by CN=Private "
	  "Root; and nothing in the pool or known leads from there "
	  "to CN=DST Root CA X3",
	  "would work: an RSA certificate from Let's Encrypt, signed "
	  "by CN=YR1,",
	  yr_by_x1, "would work: an ECDSA certificate from Let's Encrypt"},
	 NULL},
	{"no leaf at all",
	 &w.x2,
	 false,
	 {NULL},
	 {NULL},
	 2,
	 {"would work: an ECDSA certificate from Let's Encrypt", "CN=YE1,",
	  "CN=Root YE,O=ISRG,C=US signed by CN=ISRG Root X2"},
	 "to be had today"},
	{"only the wrong kind of key",
	 &w.x2,
	 false,
	 {&w.yr1_leaf},
	 {NULL},
	 2,
	 {"(rsa-2048): reaches", "leads from there to CN=ISRG Root X2",
	  "would work: an ECDSA certificate from Let's Encrypt"},
	 "an RSA certificate"},
	{"time is checked, but there is a valid way",
	 &w.x2,
	 true,
	 {&w.ye1_leaf},
	 {NULL},
	 2,
	 {"(ecdsa-p256): reaches", "CN=YE1,", "CN=Root YE,"},
	 "no server"},
	{"time is checked, and all ways have expired",
	 &w.dst,
	 true,
	 {&w.yr1_leaf},
	 {NULL},
	 0,
	 {"reaches CN=ota.example.com",
	  "expired: CN=ISRG Root X1,O=Internet Security Research "
	  "Group,C=US signed by CN=DST Root CA X3,O=Digital Signature "
	  "Trust Co. ended 2024-09-30\n",
	  "no server can satisfy devices that pinned it and check the "
	  "time",
	  "the anchor itself ended 2021-09-30: mbedTLS and OpenSSL"},
	 "expired: CN=Root YR"},
	{"a root of the same name only",
	 &w.dst_by_name,
	 false,
	 {&w.yr1_leaf},
	 {NULL},
	 0,
	 {"is no public CA that is known here", still_issues},
	 "would work"},
	{"a known root that has ended",
	 &w.equifax,
	 false,
	 {&w.yr1_leaf},
	 {NULL},
	 0,
	 {"no CA issues under OU=Equifax Secure Certificate "
	  "Authority,O=Equifax,C=US any more: only a server "
	  "certificate that was kept from then works",
	  "a private key that was not kept cannot be replaced"},
	 "would work"},
	{"pinned R3",
	 &w.r3,
	 false,
	 {&w.yr1_leaf},
	 {NULL},
	 0,
	 {"was signed by CN=YR1,O=Let's Encrypt,C=US, not by "
	  "CN=R3,O=Let's Encrypt,C=US\n",
	  "accept only a server certificate that its key itself "
	  "signed, with the private key of that certificate\n",
	  "signed server certificates from 2020-12 until 2024-06-06, "
	  "no longer issues: nobody can obtain a new one\n",
	  "look for a kept one in backups", "for any host name\n"},
	 "no server"},
	{"pinned R3, and time is checked",
	 &w.r3,
	 true,
	 {&w.yr1_leaf},
	 {NULL},
	 0,
	 {"nobody can obtain a new one\n",
	  "it ended 2025-09-15, and nothing that it signed is still "
	  "valid: no server can satisfy"},
	 "look for a kept one"},
	{"a pinned intermediate that still issues",
	 &w.yr2,
	 false,
	 {&w.yr1_leaf},
	 {NULL},
	 0,
	 {"not by CN=YR2,O=Let's Encrypt,C=US\n",
	  "would work: an RSA certificate from Let's Encrypt, but "
	  "only when this intermediate signs it"},
	 "nobody"},
	{"a pinned intermediate of a private CA",
	 &w.pinned_inter,
	 false,
	 {&w.yr1_leaf, &w.leaf},
	 {NULL},
	 0,
	 {"was signed by CN=YR1,",
	  "was signed by another key of the name CN=Private "
	  "Intermediate\n",
	  "only from whoever holds the key of this CA;"},
	 "would work"},
	{"a private root, and an unknown leaf",
	 &w.root,
	 false,
	 {&w.yr1_leaf},
	 {&w.inter},
	 0,
	 {"leads from there to CN=Private Root\n",
	  "needed: CN=Private Root is no public CA that is known here; if it "
	  "is your own, whoever holds its private key can sign a new server "
	  "certificate with it\n",
	  still_issues},
	 "new firmware"},
	{"a leaf of another key of that name",
	 &w.root,
	 false,
	 {&w.stray_leaf},
	 {NULL},
	 0,
	 {"signed by CN=Private Root; but the key of that name which "
	  "signed it is not the anchor's\n"},
	 "would work"},
	{"only the leaf, of an intermediate that is nowhere",
	 &w.root,
	 true,
	 {&w.leaf},
	 {NULL},
	 0,
	 {"no chain: CN=ota.example.com,O=Example (rsa-2048): reaches",
	  "needed: your file holds only the leaf: its intermediate CN=Private "
	  "Intermediate is missing in it or in tls.pool\n",
	  still_issues},
	 "new firmware"},
	{"a cross-sign that is nowhere",
	 &w.old_root,
	 true,
	 {&w.leaf},
	 {&w.inter},
	 1,
	 {"needed: missing in tls.pool: a certificate for CN=Private Root "
	  "signed by CN=Old Root (or by something that it signed)\n",
	  still_issues},
	 "new firmware"},
	{"its root instead of the cross-sign",
	 &w.old_root,
	 true,
	 {&w.direct_leaf},
	 {&w.root},
	 1,
	 {"needed: missing in tls.pool: a certificate for CN=Private Root "
	  "signed by CN=Old Root (or by something that it signed)\n"},
	 "only the leaf"},
	{"a private root that has ended, and time is checked",
	 &w.ended_root,
	 true,
	 {&w.leaf},
	 {&w.inter},
	 0,
	 {"if it is your own, whoever holds its private key",
	  "the anchor itself ended 2026-10-12: mbedTLS and OpenSSL"},
	 "still issues"},
	{"a private root that has ended, and time is not checked",
	 &w.ended_root,
	 false,
	 {&w.leaf},
	 {&w.inter},
	 1,
	 {"needed: missing in tls.pool: a certificate for CN=Private Root "
	  "signed by CN=Ended Root",
	  still_issues},
	 "new firmware"},
	{"a self-signed leaf",
	 &w.root,
	 false,
	 {&w.self_end},
	 {NULL},
	 0,
	 {"nothing in the pool or known leads from there", still_issues},
	 "only the leaf"},
	{"no leaf, and a private root",
	 &w.root,
	 false,
	 {NULL},
	 {NULL},
	 0,
	 {"no chain: there is no server certificate\n", still_issues},
	 "new firmware"},
	{"a known root that has ended, with only a leaf",
	 &w.equifax,
	 false,
	 {&w.leaf},
	 {NULL},
	 0,
	 {"needed: your file holds only the leaf", "was kept from then works"},
	 "cannot be replaced"},
	{"a known root that has ended, and time is checked",
	 &w.equifax,
	 true,
	 {&w.leaf},
	 {NULL},
	 0,
	 {"no server can satisfy"},
	 "needed"},
	{"a known CA of which it is not known whether it issues",
	 &w.r46,
	 true,
	 {&w.yr1_leaf, &w.leaf},
	 {&w.inter},
	 1,
	 {"missing in tls.pool: a certificate for CN=Private Root signed by "
	  "CN=GlobalSign Root R46,",
	  still_issues},
	 "no server can"},
	{"a path that is too long",
	 &w.short_root,
	 false,
	 {&w.low_leaf},
	 {&w.low, &w.inter},
	 0,
	 {"reaches CN=Private Intermediate, signed by CN=Private "
	  "Root; but a date, a path length, a CA flag or a "
	  "revocation forbids this way\n"},
	 "would work"},
	{"only the leaf has expired",
	 &w.root,
	 true,
	 {&w.old_leaf},
	 {&w.inter},
	 0,
	 {"(rsa-2048): leads to CN=Private Root, but its devices "
	  "check the time\n",
	  "expired: CN=ota.example.com,O=Example signed by "
	  "CN=Private Intermediate ended 2026-10-12\n",
	  "renew it: nothing else is missing\n"},
	 "no public CA"},
	{"a link has expired",
	 &w.root,
	 true,
	 {&w.leaf},
	 {&w.old_inter},
	 1,
	 {"expired: CN=Private Intermediate signed by CN=Private Root "
	  "ended 2026-10-12\n",
	  "reaches CN=ota.example.com,O=Example, signed by",
	  "needed: missing in tls.pool: a valid certificate for CN=Private "
	  "Intermediate signed by CN=Private Root (or by something that it "
	  "signed)\n",
	  "no public CA that is known here"},
	 "renew"},
	{"a pinned self-signed certificate",
	 &w.self_end,
	 false,
	 {&w.yr1_leaf, &w.self_end_again, &w.self_other_name},
	 {NULL},
	 0,
	 {"has the pinned subject, but another key\n",
	  "has the pinned subject and key, but is another",
	  "CN=192.168.1.10 (ecdsa-p256): has the pinned key, but "
	  "another subject\n",
	  "self-signed certificate with CA:FALSE: mbedTLS (ESP32) "
	  "accepts only this very certificate, SHA-256 ",
	  "BearSSL (ESP8266) accepts any certificate with the subject "
	  "CN=ota.example.com,O=Example and that key\n",
	  "a private key that was not kept cannot be replaced"},
	 "would work"},
	{"a pinned certificate of another server",
	 &w.self_other_name,
	 false,
	 {&w.yr1_leaf},
	 {NULL},
	 0,
	 {"has neither the pinned subject nor its key\n"},
	 NULL},
	{"a pinned certificate that a CA issued",
	 &w.issued,
	 false,
	 {&w.yr1_leaf},
	 {NULL},
	 0,
	 {"is a server's certificate that CN=Private Intermediate "
	  "issued, and no CA: mbedTLS (ESP32) never accepts such a "
	  "pin",
	  "BearSSL (ESP8266) accepts any certificate"},
	 "would work"},
};

static void collect(X509 **certificates, X509 **const *from)
{
	for (size_t i = 0; i < CERTIFICATES; i++)
		certificates[i] = from[i] ? *from[i] : NULL;
}

/* One for each leaf, at the start of a line; and one where there is none. */
static void check_labels(const struct question *q, const char *text)
{
	size_t leaves = 0, lines = count(text, "\nno chain: ");

	while (leaves < CERTIFICATES && q->leaves[leaves])
		leaves++;
	lines += strncmp(text, "no chain: ", 10) == 0;
	if (lines != (leaves ? leaves : 1) ||
	    count(text, "no chain: ") != lines ||
	    count(text, "needed: ") != count(text, "\nneeded: "))
		fail_msg("%s: labels of\n%s", q->label, text);
}

static void check_answer(const struct question *q, const char *text)
{
	const char *at = text;

	check_lines(q->label, text);
	check_labels(q, text);
	for (size_t k = 0; k < PARTS && q->says[k]; k++) {
		at = strstr(at, q->says[k]);
		if (!at)
			fail_msg("%s: no '%s' in\n%s", q->label, q->says[k],
				 text);
	}
	if (q->never && strstr(text, q->never))
		fail_msg("%s: '%s' in\n%s", q->label, q->never, text);
	if (count(text, "missing in tls.pool") != q->missing)
		fail_msg("%s: not %zu missing in\n%s", q->label, q->missing,
			 text);
}

static void explanations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		const struct question *q = &questions[i];
		X509 *leaves[CERTIFICATES], *certificates[CERTIFICATES];
		struct pool *pool;
		char *text;

		collect(leaves, q->leaves);
		collect(certificates, q->pool);
		pool = make_pool(certificates);
		text = explain(leaves, pool, *q->anchor, q->checks_time);
		assert_non_null(text);
		check_answer(q, text);
		free(text);
		pool_free(pool);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(explanations),
	};

	return cmocka_run_group_tests(tests, make_world, free_world);
}
