#include "fleet/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/hex.h"

static struct ident ident(const char *text)
{
	struct ident id;

	if (!ident_parse(&id, text, strlen(text)))
		fail_msg("'%s' is no ident", text);
	return id;
}

/* 2026-11-21T04:00:00Z */
enum { NOW = 1795233600, WEEK = 7 * 86400, DAY = 86400 };

static struct manifest_input input(void)
{
	struct manifest_input in = {.serial = 42,
				    .now = NOW,
				    .lifetime = WEEK,
				    .poll_interval = 0,
				    .reason = ROLLOUT_UP_TO_DATE};

	in.product = ident("inklay");
	in.device = ident("a4cf12fe01");
	return in;
}

static void check_body(const struct manifest_input *in, const char *want)
{
	struct strbuf body = {0};

	manifest_write(&body, in);
	assert_false(body.failed);
	assert_string_equal(body.data, want);
	assert_int_equal(body.len, strlen(want));
	strbuf_free(&body);
}

#define HEAD                                                              \
	"{\"schema\":1,\"product\":\"inklay\",\"device\":\"a4cf12fe01\"," \
	"\"serial\":42,\"issued\":\"2026-11-21T04:00:00Z\","              \
	"\"expires\":\"2026-11-28T04:00:00Z\",\"poll_after\":0,"

static void test_without_update(void **state)
{
	struct manifest_input in = input();

	(void)state;
	check_body(&in, HEAD "\"reason\":\"up-to-date\",\"update\":null}");
	in.reason = ROLLOUT_NOT_YET;
	check_body(&in, HEAD "\"reason\":\"not-yet\",\"update\":null}");
}

static void test_with_update(void **state)
{
	char update[] = "{\"release\":7}, and what is not of it";
	struct offer offer = {.update_json = update, .update_len = 13};
	struct manifest_input in = input();

	(void)state;
	in.reason = ROLLOUT_UPDATE;
	in.offer = &offer;
	check_body(&in, HEAD "\"reason\":\"update\",\"update\":"
			     "{\"release\":7}}");
}

static void test_appends(void **state)
{
	struct manifest_input in = input();
	struct strbuf body = {0};

	(void)state;
	strbuf_puts(&body, "before ");
	manifest_write(&body, &in);
	assert_memory_equal(body.data, "before {\"schema\"", 16);
	strbuf_free(&body);
}

/* "name=\"value\"" out of the header; the value is the caller's to free. */
static char *field(const char *header, const char *name)
{
	const char *at = strstr(header, name), *end;

	assert_non_null(at);
	at += strlen(name);
	assert_memory_equal(at, "=\"", 2);
	at += 2;
	end = strchr(at, '"');
	assert_non_null(end);
	return strndup(at, (size_t)(end - at));
}

static bool verifies(EVP_PKEY *key, const EVP_MD *md, const char *base64,
		     const char *body, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t bytes[256];
	size_t size, at;
	bool ok;

	assert_true(base64_decode(base64, strlen(base64), bytes, &size, &at));
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, md, NULL, key), 1);
	ok = EVP_DigestVerify(ctx, bytes, size, (const uint8_t *)body, len) ==
	     1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static void check_signing(EVP_PKEY *key, const EVP_MD *md, const char *name)
{
	struct manifest_signer signer = {.key = key};
	struct signing *signing = signing_new();
	char body[64];
	char header[MANIFEST_SIGNATURE_SIZE], want[MANIFEST_SIGNATURE_SIZE];
	struct err err;
	char *sig, *alg;

	assert_true(key_id(key, signer.id));
	/* ECDSA's signatures differ in length from one to the next. */
	for (int i = 0; i < 64; i++) {
		size_t len = (size_t)snprintf(body, sizeof(body),
					      "{\"serial\":%d}", i);

		if (!manifest_sign(header, signing, &signer, body, len, &err))
			fail_msg("%s", err.text);
		alg = field(header, "alg");
		sig = field(header, "sig");
		assert_string_equal(alg, name);
		snprintf(want, sizeof(want),
			 "keyid=\"%s\", alg=\"%s\", sig=\"%s\"", signer.id, alg,
			 sig);
		assert_string_equal(header, want);
		assert_true(verifies(key, md, sig, body, len));
		assert_false(verifies(key, md, sig, body, len - 1));
		free(alg);
		free(sig);
	}
	signing_free(signing);
}

static void test_sign_ecdsa(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	(void)state;
	check_signing(key, EVP_sha256(), "ecdsa-p256-sha256");
	EVP_PKEY_free(key);
}

static void test_sign_ed25519(void **state)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	(void)state;
	check_signing(key, NULL, "ed25519");
	EVP_PKEY_free(key);
}

static void test_sign_refuses_rsa(void **state)
{
	struct manifest_signer signer = {.key = EVP_RSA_gen(2048), .id = "k1"};
	char header[MANIFEST_SIGNATURE_SIZE] = "left over";
	struct signing *signing = signing_new();
	struct err err = {0};

	(void)state;
	assert_false(manifest_sign(header, signing, &signer, "{}", 2, &err));
	assert_int_equal(err.code, ERR_INVALID);
	assert_non_null(strstr(err.text, "manifest key k1: "));
	assert_string_equal(header, "");
	signing_free(signing);
	EVP_PKEY_free(signer.key);
}

static void test_poll_after_bounds(void **state)
{
	static const struct {
		int64_t interval, least, greatest;
	} rows[] = {
		{0, 0, 0},    {1, 1, 1},      {9, 9, 9},	   {10, 9, 11},
		{19, 18, 20}, {100, 90, 110}, {DAY, 77760, 95039},
	};
	struct ident device = ident("d");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool low = false, high = false;

		for (int64_t now = NOW; now < NOW + 50000; now++) {
			int64_t after = manifest_poll_after(&device, now,
							    rows[i].interval);

			assert_in_range(after, rows[i].least, rows[i].greatest);
			low |= after == rows[i].least;
			high |= after == rows[i].greatest;
		}
		if (!low || !high)
			fail_msg("interval %lld: a bound was never met",
				 (long long)rows[i].interval);
	}
}

/* Devices that poll in the same second ask again all over the span. */
static void test_poll_after_parts_a_fleet(void **state)
{
	enum { DEVICES = 10000, SLICES = 20 };
	int slices[SLICES] = {0};

	(void)state;
	for (int i = 0; i < DEVICES; i++) {
		struct ident device;
		char name[24];
		int64_t after;

		snprintf(name, sizeof(name), "device-%06d", i);
		device = ident(name);
		after = manifest_poll_after(&device, NOW, DAY);
		slices[(after - 77760) * SLICES / (95040 - 77760 + 1)]++;
	}
	/* 500 are expected; six standard deviations are 131. */
	for (int i = 0; i < SLICES; i++)
		assert_in_range(slices[i], 369, 631);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_update),
		cmocka_unit_test(test_with_update),
		cmocka_unit_test(test_appends),
		cmocka_unit_test(test_sign_ecdsa),
		cmocka_unit_test(test_sign_ed25519),
		cmocka_unit_test(test_sign_refuses_rsa),
		cmocka_unit_test(test_poll_after_bounds),
		cmocka_unit_test(test_poll_after_parts_a_fleet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
