#include "judging.h"

static const char host[] = "CN=ota.example.com";
static EVP_PKEY *rsa, *ecdsa;

static int make_keys(void **state)
{
	(void)state;
	rsa = mint_key("rsa-2048");
	ecdsa = mint_key("ecdsa-p256");
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ecdsa);
	return 0;
}

/* ---- sizes --------------------------------------------------------------- */

/* A leaf alone whose Certificate message has so many bytes. */
static X509 *make_sized(size_t want)
{
	struct mint m = {.subject = host, .key = rsa, .padding = 100};
	STACK_OF(X509) *chain = sk_X509_new_null();
	X509 *c = NULL;
	size_t size = 0;

	for (int i = 0; i < 8 && size != want; i++) {
		m.padding += (int)want - (int)size - (size ? 0 : 1000);
		X509_free(c);
		c = mint(&m);
		sk_X509_zero(chain);
		sk_X509_push(chain, c);
		size = certificate_message_size(chain);
	}
	sk_X509_free(chain);
	assert_int_equal(size, want);
	return c;
}

static void sizes(void **state)
{
	static const struct {
		size_t size;
		const char *says, *never;
	} cases[] = {
		{1024, "of 1024 bytes fits a max_fragment_length of 1024:",
		 "is larger than"},
		{1025, "of 1025 bytes fits a max_fragment_length of 2048:",
		 "is larger than"},
		{1500, "max_fragment_length of 2048", "is larger than"},
		{1501,
		 "note: rsa-2048 chain: its Certificate message of 1501 "
		 "bytes is larger than 1500, which Zephyr's",
		 "warning"},
		{2048, "max_fragment_length of 2048:", "of 4096"},
		{2049, "max_fragment_length of 4096:", "of 2048"},
		{4096, "max_fragment_length of 4096:", "warning"},
		{4097,
		 "warning: rsa-2048 chain: its Certificate message of "
		 "4097 bytes is larger than 4096; devices with an input "
		 "buffer of that size close",
		 "than 16384"},
		{4097, "of 4097 bytes fits no max_fragment_length:", NULL},
		{16384, "of 16384 bytes is larger than 4096;", "than 16384"},
		{16385,
		 "warning: rsa-2048 chain: its Certificate message of "
		 "16385 bytes is larger than 16384; most devices close",
		 "than 4096"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		X509 *chain[LINKS] = {make_sized(cases[i].size)};
		X509 *none[LINKS] = {NULL};
		const struct anchor anchor = {.name = "field",
					      .certificate = chain[0]};
		char *text = judge_chains(chain, none, &anchor, 2, NULL);

		if (!strstr(text, cases[i].says))
			fail_msg("%zu: no '%s' in\n%s", cases[i].size,
				 cases[i].says, text);
		if (cases[i].never && strstr(text, cases[i].never))
			fail_msg("%zu: '%s' in\n%s", cases[i].size,
				 cases[i].never, text);
		free(text);
		X509_free(chain[0]);
	}
}

/* An ECDSA certificate alone is the only one so small. */
static void the_smallest_fragment(void **state)
{
	X509 *c = mint(&(struct mint){.subject = "CN=a", .key = ecdsa});
	X509 *chain[LINKS] = {c}, *none[LINKS] = {NULL};
	char *text = judge_chains(chain, none, NULL, 2, NULL);

	(void)state;
	assert_null(strstr(text, "max_fragment_length"));
	free(text);
	X509_free(c);
}

/* ---- the real certificates ----------------------------------------------- */

static const char x1_by_dst[] =
	"letsencrypt/isrg-root-x1-by-dst-root-ca-x3.pem";

static const struct {
	const char *files[LINKS];
	const char *anchor;
	bool checks_time;
	const char *says, *never;
} real[] = {
	{{"leaf/leaf-yr1-supabase.com.pem", "letsencrypt/yr1-by-root-yr.pem",
	  "letsencrypt/root-yr-by-isrg-root-x1.pem"},
	 "letsencrypt/isrg-root-x1.pem",
	 false,
	 "of 4063 bytes fits a max_fragment_length of 4096",
	 "warning"},
	{{"leaf/leaf-yr1-supabase.com.pem", "letsencrypt/yr1-by-root-yr.pem",
	  "letsencrypt/root-yr-by-isrg-root-x1.pem"},
	 "letsencrypt/isrg-root-x1.pem",
	 false,
	 "expired on 2026-10-09; its devices do not check the time",
	 "esp_crt_bundle"},
	{{"leaf/leaf-yr1-supabase.com.pem", "letsencrypt/yr1-by-root-yr.pem",
	  "letsencrypt/root-yr-by-isrg-root-x1.pem", x1_by_dst},
	 "letsencrypt/dst-root-ca-x3.pem",
	 false,
	 "message of 5446 bytes is larger than 4096",
	 "error"},
	{{"leaf/leaf-yr1-supabase.com.pem", "letsencrypt/yr1-by-root-yr.pem",
	  "letsencrypt/root-yr-by-isrg-root-x1.pem", x1_by_dst},
	 "letsencrypt/dst-root-ca-x3.pem",
	 false,
	 "makes esp_crt_bundle devices (ESP-IDF 4 and 5) fail with "
	 "alert 49 when their bundle does not hold CN=DST Root CA X3",
	 "out of order"},
	{{"leaf/leaf-yr1-supabase.com.pem", "letsencrypt/yr1-by-root-yr.pem",
	  "letsencrypt/root-yr-by-isrg-root-x1.pem", x1_by_dst},
	 "letsencrypt/dst-root-ca-x3.pem",
	 true,
	 "C=US signed by CN=DST Root CA X3,O=Digital Signature Trust "
	 "Co. expired on 2024-09-30; devices that check",
	 "refuse it with alert"},
	{{"leaf/leaf-yr1-supabase.com.pem", "letsencrypt/yr1-by-root-yr.pem",
	  "letsencrypt/root-yr-by-isrg-root-x1-revoked.pem"},
	 "letsencrypt/isrg-root-x1.pem",
	 false,
	 "CN=Root YR,O=ISRG,C=US signed by CN=ISRG Root X1,O=Internet "
	 "Security Research Group,C=US is revoked",
	 "error"},
	{{"leaf/leaf-r3-geoip.elastic.dev.pem"},
	 "letsencrypt/r3-by-dst-root-ca-x3.pem",
	 false,
	 "expired on 2021-11-09; its devices do not check the time",
	 "error"},
};

static void real_chains(void **state)
{
	char dir[PATH_MAX];
	struct pool *pool;
	struct err err;

	(void)state;
	if (!mint_real(dir))
		skip();
	assert_true(pool_new(&pool, &err));
	for (size_t i = 0; i < sizeof(real) / sizeof(real[0]); i++) {
		X509 *chain[LINKS] = {NULL}, *none[LINKS] = {NULL};
		struct anchor anchor = {
			.name = "field",
			.certificate = mint_read(dir, real[i].anchor),
			.checks_time = real[i].checks_time,
		};
		char *text;

		for (size_t k = 0; k < LINKS && real[i].files[k]; k++)
			chain[k] = mint_read(dir, real[i].files[k]);
		text = judge_chains(chain, none, &anchor, 2, pool);
		if (!strstr(text, real[i].says))
			fail_msg("%zu: no '%s' in\n%s", i, real[i].says, text);
		if (strstr(text, real[i].never))
			fail_msg("%zu: '%s' in\n%s", i, real[i].never, text);
		free(text);
		for (size_t k = 0; k < LINKS; k++)
			X509_free(chain[k]);
		X509_free(anchor.certificate);
	}
	pool_free(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(the_smallest_fragment),
		cmocka_unit_test(real_chains),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
