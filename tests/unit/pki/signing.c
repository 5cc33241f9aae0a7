#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "pki/signing.h"

static bool verifies(EVP_PKEY *key, const EVP_MD *md, const char *message,
		     const struct signature *sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, md, NULL, key), 1);
	ok = EVP_DigestVerify(ctx, sig->bytes, sig->len,
			      (const unsigned char *)message,
			      strlen(message)) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}

static void sign(struct signing *s, EVP_PKEY *key, const char *message,
		 struct signature *sig, const char *want)
{
	const char *algorithm;
	struct err err;

	if (!signing_sign(s, key, message, strlen(message), sig, &algorithm,
			  &err))
		fail_msg("%s", err.text);
	assert_string_equal(algorithm, want);
}

static void signs_with_each_kind(void **state)
{
	struct {
		EVP_PKEY *key;
		const EVP_MD *md;
		const char *algorithm;
	} rows[] = {
		{EVP_EC_gen("P-256"), EVP_sha256(), "ecdsa-p256-sha256"},
		{EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL, "ed25519"},
	};
	struct signing *s = signing_new();
	struct signature sig;
	char message[32];

	(void)state;
	/* Turn by turn, so that the key changes each time. */
	for (int i = 0; i < 20; i++) {
		size_t row = (size_t)i % 2;

		snprintf(message, sizeof(message), "message %d", i);
		sign(s, rows[row].key, message, &sig, rows[row].algorithm);
		assert_true(
			verifies(rows[row].key, rows[row].md, message, &sig));
		message[0] ^= 1;
		assert_false(
			verifies(rows[row].key, rows[row].md, message, &sig));
	}
	for (size_t i = 0; i < 2; i++)
		EVP_PKEY_free(rows[i].key);
	signing_free(s);
}

/* ECDSA signatures are random: equal ones come from the memo. */
static void remembers_the_same_message_only(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	struct signing *s = signing_new();
	struct signature a, b;

	(void)state;
	sign(s, key, "same", &a, "ecdsa-p256-sha256");
	sign(s, key, "same", &b, "ecdsa-p256-sha256");
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.bytes, b.bytes, a.len);
	sign(s, key, "sama", &b, "ecdsa-p256-sha256");
	assert_true(verifies(key, EVP_sha256(), "sama", &b));
	sign(s, other, "same", &b, "ecdsa-p256-sha256");
	assert_true(verifies(other, EVP_sha256(), "same", &b));
	assert_false(verifies(key, EVP_sha256(), "same", &b));
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	signing_free(s);
}

static void refuses_other_keys(void **state)
{
	EVP_PKEY *keys[] = {EVP_RSA_gen(2048), EVP_EC_gen("P-384")};
	static const char *const names[] = {"rsa-2048", "ecdsa-p384"};
	struct signing *s = signing_new();
	struct signature sig;
	const char *algorithm;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_false(signing_sign(s, keys[i], "m", 1, &sig, &algorithm,
					  &err));
		assert_int_equal(err.code, ERR_INVALID);
		assert_non_null(strstr(err.text, names[i]));
		EVP_PKEY_free(keys[i]);
	}
	signing_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_with_each_kind),
		cmocka_unit_test(remembers_the_same_message_only),
		cmocka_unit_test(refuses_other_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
