#include "signatures.h"

/* ---- what holds --------------------------------------------------------- */

static const struct {
	const char *command;
	const char *signer;
	const char *algorithm;
} good[] = {
	{"dgst -sha256 -sign p256.key image", "p256", "ecdsa-p256-sha256"},
	{"dgst -sha384 -sign p256.key image", "p256", "ecdsa-p256-sha384"},
	{"dgst -sha512 -sign p256.key image", "p256", "ecdsa-p256-sha512"},
	{"dgst -sha256 -sign p384.key image", "p384", "ecdsa-p384-sha256"},
	{"dgst -sha384 -sign p384.key image", "p384", "ecdsa-p384-sha384"},
	{"dgst -sha256 -sign rsa.key image", "rsa", "rsa-pkcs1-sha256"},
	{"dgst -sha384 -sign rsa.key image", "rsa", "rsa-pkcs1-sha384"},
	{"dgst -sha512 -sign rsa.key image", "rsa", "rsa-pkcs1-sha512"},
	{"dgst -sha256 -sign rsa.key " PSS "image", "rsa", "rsa-pss-sha256"},
	{"dgst -sha512 -sign rsa.key " PSS "image", "rsa", "rsa-pss-sha512"},
	{"dgst -sha256 -sign rsa.key " PSS "-sigopt rsa_pss_saltlen:0 image",
	 "rsa", "rsa-pss-sha256"},
	{"dgst -sha256 -sign rsa.key " PSS "-sigopt rsa_pss_saltlen:32 image",
	 "rsa", "rsa-pss-sha256"},
	{"dgst -sha256 -sign rsa.key " PSS "-sigopt rsa_pss_saltlen:222 image",
	 "rsa", "rsa-pss-sha256"},
	{"dgst -sha256 -sign pss.key image", "pss", "rsa-pss-sha256"},
	{"pkeyutl -sign -rawin -inkey ed.key -in image", "ed", "ed25519"},
	/* as it is done with a digest made before */
	{"pkeyutl -sign -inkey p256.key -in sha256", "p256",
	 "ecdsa-p256-sha256"},
	{"pkeyutl -sign -inkey rsa.key -pkeyopt digest:sha256 -in sha256",
	 "rsa", "rsa-pkcs1-sha256"},
};

static void takes_what_openssl_signs(void **state)
{
	struct signature sig;
	struct signed_by by;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		sign(*state, good[i].command, &sig);
		/* alone, and among others */
		must(verify(&sig, good[i].signer, &by, &failure));
		must(verify(&sig, "other pss ed rsa p384 p256", &by, &failure));
		if (strcmp(by.signer.text, good[i].signer) != 0 ||
		    strcmp(by.algorithm, good[i].algorithm) != 0)
			fail_msg("%s: %s by %s", good[i].command, by.algorithm,
				 by.signer.text);
	}
}

static void takes_each_written_form(void **state)
{
	static const char *const forms[] = {
		"openssl base64 -in sig",
		"openssl base64 -A -in sig",
		"base64 sig",
		"base64 -w 0 sig",
		"base64 -w 60 sig | sed 's/$/\\r/'",
	};
	struct signature binary, text;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		sign(*state, good[i].command, &binary);
		run_in(*state, "%s >sig.text",
		       forms[i % (sizeof(forms) / sizeof(forms[0]))]);
		load(in_dir(*state, "sig.text"), &text);
		assert_int_equal(binary.len, text.len);
		assert_memory_equal(binary.bytes, text.bytes, text.len);
	}
}

static void leaves_the_offset_alone(void **state)
{
	struct signature sig;
	struct signed_by by;

	assert_int_equal(lseek(image_fd, 5, SEEK_SET), 5);
	sign(*state, good[0].command, &sig);
	must(verify(&sig, "p256", &by, &failure));
	assert_int_equal(lseek(image_fd, 0, SEEK_CUR), 5);
}

/* One bit of each byte in turn: nothing of a signature is free. */
static void every_bit_counts(void **state)
{
	static const char *const commands[] = {
		"dgst -sha256 -sign p256.key image",
		"pkeyutl -sign -rawin -inkey ed.key -in image",
		"dgst -sha256 -sign rsa.key image",
	};
	struct signature sig;
	struct signed_by by;

	for (size_t i = 0; i < 3; i++) {
		sign(*state, commands[i], &sig);
		for (size_t at = 0; at < sig.len; at += 7) {
			sig.bytes[at] ^= (uint8_t)(1 << at % 8);
			must_fail(commands[i],
				  verify(&sig, "p256 ed rsa", &by, &failure),
				  ERR_INVALID, "signature: ");
			sig.bytes[at] ^= (uint8_t)(1 << at % 8);
		}
		must(verify(&sig, "p256 ed rsa", &by, &failure));
	}
}

/* ---- reading ------------------------------------------------------------ */

static void reads_or_says_where(void **state)
{
	static const struct {
		const char *label, *data;
		const char *part; /* NULL: it is taken */
		size_t len;	  /* 0: up to the NUL */
	} rows[] = {
		{"base64", "MEUCIQDx", NULL, 0},
		{"with padding", "MEUCIQ==", NULL, 0},
		{"with a line end", "MEUCIQDx\n", NULL, 0},
		{"over two lines", "MEUC\r\nIQDx\r\n", NULL, 0},
		{"empty", "", "signature: empty", 0},
		{"only line ends", "\n\n", "0 bytes", 0},
		{"wrong character", "MEUC!QDx",
		 "base64 damaged at character 5 of line 1", 0},
		{"in the next line", "MEUC\nI!Dx",
		 "base64 damaged at character 2 of line 2", 0},
		{"first of a line", "MEUC\r\n\r\n!QDx",
		 "base64 damaged at character 1 of line 3", 0},
		{"a blank", "MEUC IQDx",
		 "base64 damaged at character 5 of line 1", 0},
		{"a control character", "MEUC\001QDx",
		 "base64 damaged at character 5 of line 1", 0},
		{"a NUL", "MEUC\0QDx",
		 "base64 damaged at character 5 of line 1", 8},
		{"a high byte", "MEUCIQ\xffx",
		 "base64 damaged at character 7 of line 1", 0},
		{"the first is wrong", "!EUCIQDx",
		 "base64 damaged at character 1 of line 1", 0},
		{"padding inside", "MEU=IQDx",
		 "base64 damaged at character 4 of line 1", 0},
		{"pad bits",
		 "MEUCIR==", "base64 damaged at character 6 of line 1", 0},
		{"cut", "MEUCIQD", "7 characters, which is not a multiple of 4",
		 0},
		{"a dash", "-", "base64 damaged at character 1", 0},
		{"PEM", "-----BEGIN CMS-----\nMEUC\n-----END CMS-----\n",
		 "a PEM block", 0},
		{"binary", "\x30\x03\x02\x01\x01", NULL, 0},
	};
	struct signature sig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = rows[i].len ? rows[i].len : strlen(rows[i].data);

		if (!rows[i].part) {
			must(signature_read(&sig, rows[i].data, len, &failure));
			continue;
		}
		must_fail(rows[i].label,
			  signature_read(&sig, rows[i].data, len, &failure),
			  ERR_INVALID, rows[i].part);
		assert_int_equal(sig.len, 0);
	}
}

static void fill_text(char *text, size_t len, const char *digits)
{
	for (size_t i = 0; i < len; i++)
		text[i] = digits[i % strlen(digits)];
}

static void keeps_the_bounds_of_signatures(void **state)
{
	static const struct {
		const char *label, *digits;
		size_t len;
		const char *part; /* NULL: it is taken */
	} rows[] = {
		{"binary", "\xf0", SIGNATURE_MAX, NULL},
		{"binary, one more", "\xf0", SIGNATURE_MAX + 1,
		 "1025 bytes, at most 1024"},
		{"base64", "QUJD", SIGNATURE_MAX / 3 * 4, NULL},
		{"base64, one more", "QUJD", SIGNATURE_MAX / 3 * 4 + 4,
		 "1026 bytes, expected 1 to 1024"},
		{"line ends", "QUJD\n\n\n\n\n\n\n\n\n\n\n\n",
		 SIGNATURE_TEXT_MAX, NULL},
		{"line ends only", "\n", SIGNATURE_TEXT_MAX, "0 bytes"},
		{"line ends, one more", "\n", SIGNATURE_TEXT_MAX + 1,
		 "4097 characters, at most 4096"},
		{"hexadecimal", "3045", 128, "hexadecimal, expected"},
		{"capitals", "3045ABEF\n", 144, "hexadecimal, expected"},
		{"too short for it", "3045", 124, NULL},
		{"no digit", "3045ABEG", 128, NULL},
	};
	char text[SIGNATURE_TEXT_MAX + 1];
	struct signature sig;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fill_text(text, rows[i].len, rows[i].digits);
		if (!rows[i].part)
			must(signature_read(&sig, text, rows[i].len, &failure));
		else
			must_fail(rows[i].label,
				  signature_read(&sig, text, rows[i].len,
						 &failure),
				  ERR_INVALID, rows[i].part);
	}
}

/* ---- making ------------------------------------------------------------- */

static bool make(const char *dir, const char *name, bool pss, uint64_t size,
		 struct signature *sig, struct err *err)
{
	EVP_PKEY *key;
	char file[32];
	bool ok;

	snprintf(file, sizeof(file), "%s.key", name);
	must(key_read_private(&key, in_dir(dir, file), &failure));
	ok = signature_make(sig, key, pss, image_fd, size, err);
	EVP_PKEY_free(key);
	return ok;
}

static void openssl_takes_what_we_sign(void **state)
{
	static const struct {
		const char *name;
		bool pss;
		const char *algorithm;
		const char *check;
	} rows[] = {
		{"p256", false, "ecdsa-p256-sha256",
		 "dgst -sha256 -verify p256.pub -signature made image"},
		{"p384", false, "ecdsa-p384-sha384",
		 "dgst -sha384 -verify p384.pub -signature made image"},
		{"rsa", false, "rsa-pkcs1-sha256",
		 "dgst -sha256 -verify rsa.pub -signature made image"},
		{"rsa", true, "rsa-pss-sha256",
		 "dgst -sha256 -verify rsa.pub " PSS
		 "-sigopt rsa_pss_saltlen:32 -signature made image"},
		{"pss", false, "rsa-pss-sha256",
		 "dgst -sha256 -verify pss.pub -sigopt rsa_pss_saltlen:32 -signature made image"},
		{"ed", false, "ed25519",
		 "pkeyutl -verify -rawin -pubin -inkey ed.pub -sigfile made "
		 "-in image"},
	};
	struct signature sig;
	struct signed_by by;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		must(make(*state, rows[i].name, rows[i].pss, IMAGE_SIZE, &sig,
			  &failure));
		write_file(in_dir(*state, "made"), sig.bytes, sig.len, 0600);
		run_in(*state, "openssl %s", rows[i].check);
		must(verify(&sig, rows[i].name, &by, &failure));
		assert_string_equal(by.algorithm, rows[i].algorithm);
	}
}

static void refuses_to_sign(void **state)
{
	static const struct {
		const char *name;
		bool pss;
		uint64_t size;
		enum err_code code;
		const char *part;
	} rows[] = {
		{"p256", true, IMAGE_SIZE, ERR_INVALID, "PSS needs an RSA key"},
		{"ed", true, IMAGE_SIZE, ERR_INVALID, "PSS needs an RSA key"},
		{"small", false, IMAGE_SIZE, ERR_INVALID, "1024 bits"},
		{"k1", false, IMAGE_SIZE, ERR_INVALID, "another kind"},
		{"p521", false, IMAGE_SIZE, ERR_INVALID, "another kind"},
		{"p256", false, 0, ERR_INVALID, "empty"},
		{"p256", false, IMAGE_SIZE + 1, ERR_SYSTEM, "shorter"},
	};
	struct signature sig;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		must_fail(rows[i].part,
			  make(*state, rows[i].name, rows[i].pss, rows[i].size,
			       &sig, &failure),
			  rows[i].code, rows[i].part);
	must_fail("a public key",
		  signature_make(&sig, signer_of("p256")->key, false, image_fd,
				 IMAGE_SIZE, &failure),
		  ERR_SYSTEM, "signing");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_openssl_signs),
		cmocka_unit_test(takes_each_written_form),
		cmocka_unit_test(leaves_the_offset_alone),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(reads_or_says_where),
		cmocka_unit_test(keeps_the_bounds_of_signatures),
		cmocka_unit_test(openssl_takes_what_we_sign),
		cmocka_unit_test(refuses_to_sign),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
