#include "explaining.h"

#include "pki/certificate.h"

static const char *const way_to_dst[] = {
	"letsencrypt/yr1-by-root-yr.pem",
	"letsencrypt/root-yr-by-isrg-root-x1.pem",
	"letsencrypt/isrg-root-x1-by-dst-root-ca-x3.pem",
};

/* Whichever link is left out, that one is named and no other. */
static void the_missing_link_is_named(void **state)
{
	char dir[PATH_MAX], hex[DIGEST_HEX_SIZE];
	X509 *anchor, *links[3], *leaves[2] = {NULL};

	(void)state;
	if (!mint_real(dir))
		skip();
	anchor = mint_read(dir, "letsencrypt/dst-root-ca-x3.pem");
	leaves[0] = mint_read(dir, "leaf/leaf-yr1-supabase.com.pem");
	for (size_t i = 0; i < 3; i++)
		links[i] = mint_read(dir, way_to_dst[i]);
	for (size_t i = 0; i < 3; i++) {
		X509 *rest[] = {links[(i + 1) % 3], links[(i + 2) % 3], NULL};
		struct pool *pool = make_pool(rest);
		char *text = explain(leaves, pool, anchor, false);
		struct digest digest;

		check_lines(way_to_dst[i], text);
		assert_true(certificate_fingerprint(links[i], &digest));
		digest_hex(&digest, hex);
		assert_int_equal(count(text, "missing in tls.pool"), 1);
		assert_non_null(strstr(text, hex));
		free(text);
		pool_free(pool);
	}
	for (size_t i = 0; i < 3; i++)
		X509_free(links[i]);
	X509_free(anchor);
	X509_free(leaves[0]);
}

/* Revoked ones are never asked for, even when they would fit. */
static void real_anchors(void **state)
{
	static const struct {
		const char *anchor, *leaf, *says;
		bool checks_time;
	} cases[] = {
		{"letsencrypt/r3-by-dst-root-ca-x3.pem",
		 "leaf/leaf-yr1-supabase.com.pem",
		 "accept only a server certificate that its key itself signed",
		 false},
		{"letsencrypt/dst-root-ca-x3.pem",
		 "leaf/leaf-yr1-supabase.com.pem", "no server can satisfy",
		 true},
		{"roots/verisign-class3-g5.pem",
		 "leaf/leaf-yr1-supabase.com.pem", "no CA issues under", false},
		{"roots/verisign-class3-pca-1024-md2.pem",
		 "leaf/leaf-yr1-supabase.com.pem", "no CA issues under", false},
		{"roots/baltimore-cybertrust-root.pem",
		 "leaf/leaf-yr1-supabase.com.pem", "still issues server",
		 false},
		{"roots/baltimore-cybertrust-root.pem",
		 "leaf/leaf-yr1-supabase.com.pem", "no server can satisfy",
		 true},
		{"roots/digicert-global-root-g2.pem",
		 "leaf/leaf-yr1-supabase.com.pem",
		 "needed: it is not known here whether this CA still issues",
		 true},
		{"roots/globalsign-root-r3.pem",
		 "leaf/leaf-yr1-supabase.com.pem",
		 "needed: it is not known here whether this CA still issues",
		 true},
		{"roots/globalsign-root-r3.pem", "leaf/leaf-r11-badssl.com.pem",
		 "needed: it is not known here whether this CA still issues",
		 false},
		{"roots/globalsign-root-r1.pem",
		 "leaf/leaf-yr1-supabase.com.pem",
		 "would work: a certificate from Google Trust Services", false},
		{"roots/starfield-class-2.pem",
		 "leaf/leaf-yr1-supabase.com.pem",
		 "would work: an exportable public certificate from AWS", true},
		{"leaf/leaf-r11-badssl.com.pem",
		 "leaf/leaf-yr1-supabase.com.pem", "mbedTLS (ESP32) never",
		 false},
	};
	char dir[PATH_MAX], path[PATH_MAX + 16];
	struct pool *pool;
	struct err err;

	(void)state;
	if (!mint_real(dir))
		skip();
	assert_true(pool_new(&pool, &err));
	snprintf(path, sizeof(path), "%s/letsencrypt", dir);
	assert_true(pool_add_path(pool, path, &err));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		X509 *anchor = mint_read(dir, cases[i].anchor);
		X509 *leaves[2] = {mint_read(dir, cases[i].leaf)};
		char *text =
			explain(leaves, pool, anchor, cases[i].checks_time);

		check_lines(cases[i].anchor, text);
		if (!strstr(text, cases[i].says))
			fail_msg("%s: no '%s' in\n%s", cases[i].anchor,
				 cases[i].says, text);
		assert_null(strstr(text, "revoked"));
		free(text);
		X509_free(anchor);
		X509_free(leaves[0]);
	}
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_missing_link_is_named),
		cmocka_unit_test(real_anchors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
