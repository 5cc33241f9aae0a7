#include "signatures.h"

#include <openssl/ec.h>

static const char p256_command[] = "dgst -sha256 -sign p256.key image";

static const struct {
	const char *command;
	const char *allowed;
	const char *part;
} bad[] = {
	{"dgst -sha256 -sign x256.key image", "p256",
	 "unknown signer, or over other bytes: it does not hold over this "
	 "image for p256 (ecdsa-p256)"},
	{"dgst -sha256 -sign x256.key image", "rsa p256",
	 "unknown signer, or over other bytes"},
	{"dgst -sha256 -sign xrsa.key image", "rsa", "unknown signer"},
	{"pkeyutl -sign -rawin -inkey xed.key -in image", "ed",
	 "unknown signer"},
	{"dgst -sha256 -sign p256.key longer", "p256", "over other bytes"},
	{"pkeyutl -sign -rawin -inkey ed.key -in longer", "ed",
	 "over other bytes"},
	{"dgst -sha256 -sign rsa.key " PSS "longer", "rsa", "over other bytes"},
	/* signed with X, but only Y is allowed */
	{"dgst -sha256 -sign other.key image", "p256",
	 "signed with other (ecdsa-p256), but the product allows only p256 "
	 "(ecdsa-p256)"},
	{"dgst -sha512 -sign rsa.key " PSS "image", "p256 ed",
	 "signed with rsa (rsa-2048), but the product allows only p256 "
	 "(ecdsa-p256), ed (ed25519)"},
	{"pkeyutl -sign -rawin -inkey ed.key -in image", "rsa",
	 "signed with ed (ed25519), but the product allows only rsa"},
	/* wrong digest */
	{"dgst -sha1 -sign p256.key image", "p256",
	 "wrong digest: made with p256 over the SHA-1 of the image"},
	{"dgst -sha1 -sign rsa.key image", "rsa",
	 "wrong digest: made with rsa over the SHA-1 of the image"},
	{"dgst -sha1 -sign rsa.key " PSS "image", "rsa",
	 "wrong digest: made with rsa over the SHA-1 of the image"},
	{"dgst -sha256 -sign p256.key sha256", "p256",
	 "wrong digest: made with p256, but over the SHA-256 of the image, "
	 "not over"},
	{"dgst -sha256 -sign rsa.key sha256", "rsa",
	 "wrong digest: made with rsa, but over the SHA-256 of the image, not"},
	{"pkeyutl -sign -rawin -inkey ed.key -in sha256", "ed",
	 "wrong digest: made with ed, but over the SHA-256 of the image, not"},
	{"pkeyutl -sign -rawin -inkey ed.key -in sha512", "ed",
	 "wrong digest: made with ed, but over the SHA-512 of the image, not"},
	{"dgst -sha256 -sign p256.key sha256.hex", "p256",
	 "wrong digest: made with p256, but over the SHA-256 of the image in "
	 "hexadecimal"},
	{"dgst -sha256 -sign p384.key sha256.line", "p384",
	 "wrong digest: made with p384, but over the SHA-256 of the image in "
	 "hexadecimal"},
	{"pkeyutl -sign -rawin -inkey ed.key -in sha256.line", "ed",
	 "wrong digest: made with ed, but over the SHA-256 of the image in "
	 "hexadecimal"},
	{"dgst -sha256 -sign rsa.key " PSS "sha512.hex", "rsa",
	 "wrong digest: made with rsa, but over the SHA-512 of the image in "
	 "hexadecimal"},
	{"dgst -sha256 -sign other.key sha256.hex", "p256",
	 "wrong digest: made with other"},
	{"dgst -md5 -sign rsa.key image", "rsa",
	 "wrong digest: made with rsa over a md5, expected SHA-256"},
	{"pkeyutl -sign -inkey rsa.key -in sha256", "rsa",
	 "wrong digest: made with rsa over 32 bytes that do not name their "
	 "hash"},
	/* not what an allowed key makes */
	{"dgst -sha256 -sign xrsa.key image", "p256",
	 "not DER: 256 bytes that look like an RSA signature of 2048 bits; "
	 "expected a signature in DER if ECDSA by p256 (ecdsa-p256)"},
	{"dgst -sha256 -sign x256.key image", "rsa",
	 "bytes that look like an ECDSA signature in DER"},
	{"dgst -sha256 -sign x256.key image", "ed", "unknown signer: "},
	{"pkeyutl -sign -rawin -inkey xed.key -in image", "p256 ed",
	 "not DER, or an unknown signer's: 64 bytes"},
	/* keys that may not sign */
	{"dgst -sha256 -sign small.key image", "small",
	 "signer small: an RSA key of 1024 bits: expected 2048"},
	{"dgst -sha256 -sign k1.key image", "k1",
	 "signer k1: a key of another kind"},
	{"dgst -sha512 -sign p521.key image", "p521",
	 "signer p521: a key of another kind"},
	{"dgst -sha256 -sign p256.key image", "", "the product has no signers"},
};

static void names_the_cause(void **state)
{
	struct signature sig;
	struct signed_by by;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sign(*state, bad[i].command, &sig);
		must_fail(bad[i].command,
			  verify(&sig, bad[i].allowed, &by, &failure),
			  ERR_INVALID, bad[i].part);
	}
}

static char *load_text(const char *path)
{
	char *data;
	size_t len;

	must(file_read(path, FILES_MAX, &data, &len, &failure));
	return data;
}

/* RSA PKCS#1 says what it was made over: both digests are told. */
static void tells_the_digest_inside(void **state)
{
	static const struct {
		const char *command, *name, *got, *want;
	} rows[] = {
		{"dgst -sha256 -sign rsa.key longer", "SHA-256", "longer.hex",
		 "sha256.hex"},
		{"dgst -sha512 -sign rsa.key longer", "SHA-512",
		 "longer512.hex", "image512.hex"},
	};
	struct signature sig;
	struct signed_by by;
	char part[512];

	for (size_t i = 0; i < 2; i++) {
		char *got = load_text(in_dir(*state, rows[i].got));
		char *want = load_text(in_dir(*state, rows[i].want));

		snprintf(part, sizeof(part),
			 "signature: wrong digest: made with rsa over other "
			 "bytes, whose %s is %s; the image's is %s",
			 rows[i].name, got, want);
		sign(*state, rows[i].command, &sig);
		must_fail(rows[i].command,
			  verify(&sig, "rsa p256", &by, &failure), ERR_INVALID,
			  part);
		free(got);
		free(want);
	}
}

/* r and s side by side, as JOSE and PKCS#11 have them. */
static void to_raw(struct signature *sig, int half)
{
	const unsigned char *at = sig->bytes;
	ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &at, (long)sig->len);

	assert_non_null(parsed);
	BN_bn2binpad(ECDSA_SIG_get0_r(parsed), sig->bytes, half);
	BN_bn2binpad(ECDSA_SIG_get0_s(parsed), sig->bytes + half, half);
	sig->len = 2 * (size_t)half;
	ECDSA_SIG_free(parsed);
}

static void tells_raw_r_and_s(void **state)
{
	static const struct {
		const char *command, *allowed, *part;
		int half;
	} rows[] = {
		{"dgst -sha256 -sign p256.key image", "p256",
		 "not DER: 64 bytes that look like the raw r and s of a P-256",
		 32},
		{"dgst -sha256 -sign p256.key image", "p256 rsa",
		 "not DER: 64 bytes that look like the raw r and s of a P-256",
		 32},
		{"dgst -sha256 -sign p256.key image", "p256 rsa ed",
		 "not DER, or an unknown signer's: 64 bytes that look like "
		 "the raw r and s of a P-256",
		 32},
		{"dgst -sha384 -sign p384.key image", "p384 ed",
		 "not DER: 96 bytes that look like the raw r and s of a P-384",
		 48},
	};
	struct signature sig;
	struct signed_by by;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sign(*state, rows[i].command, &sig);
		must(verify(&sig, rows[i].allowed, &by, &failure));
		to_raw(&sig, rows[i].half);
		must_fail(rows[i].part,
			  verify(&sig, rows[i].allowed, &by, &failure),
			  ERR_INVALID, rows[i].part);
	}
}

static void tells_text_inside_base64(void **state)
{
	static const struct {
		const char *command, *part;
	} rows[] = {
		{"base64 sig | base64", "look like base64 text inside base64"},
		{"base64 -w 0 sig | base64 -w 0",
		 "look like base64 text inside base64"},
		{"cat p256.pub | base64", "look like a PEM block"},
	};
	struct signature sig;
	struct signed_by by;

	sign(*state, p256_command, &sig);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run_in(*state, "{ %s; } >sig.text", rows[i].command);
		load(in_dir(*state, "sig.text"), &sig);
		must_fail(rows[i].command, verify(&sig, "p256", &by, &failure),
			  ERR_INVALID, rows[i].part);
	}
}

static void der_ends_where_it_says(void **state)
{
	struct signature sig;
	struct signed_by by;

	sign(*state, p256_command, &sig);
	sig.bytes[sig.len] = 0;
	sig.len++;
	must_fail("a byte more", verify(&sig, "p256", &by, &failure),
		  ERR_INVALID, "not DER");
	sig.len -= 2;
	must_fail("a byte less", verify(&sig, "p256", &by, &failure),
		  ERR_INVALID, "not DER");
	sig.len++;
	must(verify(&sig, "p256", &by, &failure));
	sign(*state, "dgst -sha256 -sign rsa.key image", &sig);
	sig.len--;
	must_fail("RSA cut", verify(&sig, "rsa", &by, &failure), ERR_INVALID,
		  "unknown signer: 255 bytes");
}

static void tells_a_file_that_is_too_short(void **state)
{
	struct signature sig;
	struct signed_by by;

	sign(*state, p256_command, &sig);
	must_fail("hashed",
		  verify_size(&sig, "p256", IMAGE_SIZE + 1, &by, &failure),
		  ERR_SYSTEM, "shorter");
	sign(*state, "pkeyutl -sign -rawin -inkey ed.key -in image", &sig);
	must_fail("mapped",
		  verify_size(&sig, "ed", IMAGE_SIZE + 1, &by, &failure),
		  ERR_SYSTEM, "shorter");
	must_fail("one byte less is other bytes",
		  verify_size(&sig, "ed", IMAGE_SIZE - 1, &by, &failure),
		  ERR_INVALID, "over other bytes");
	must_fail("nothing at all", verify_size(&sig, "ed", 0, &by, &failure),
		  ERR_INVALID, "over other bytes");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_cause),
		cmocka_unit_test(tells_the_digest_inside),
		cmocka_unit_test(tells_raw_r_and_s),
		cmocka_unit_test(tells_text_inside_base64),
		cmocka_unit_test(der_ends_where_it_says),
		cmocka_unit_test(tells_a_file_that_is_too_short),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
