#include "openssl.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "base/file.h"
#include "base/hex.h"
#include "pki/key.h"

/* Files made by openssl(1), in the directory of the group. */
static const char *const recipes[] = {
	"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
	"-out p256.key",
	"openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 "
	"-out p384.key",
	"openssl genpkey -algorithm ED25519 -out ed.key",
	"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 "
	"-out rsa.key",
	"openssl genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 "
	"-out pss.key",
	"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 "
	"-out small.key",
	"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2040 "
	"-out odd.key",
	"openssl ecparam -name secp256k1 -genkey -noout -out k1.key",
	"openssl ecparam -name secp521r1 -genkey -noout -out p521.key",
	"openssl genpkey -algorithm ED448 -out ed448.key",
	/* the other forms of private keys */
	"openssl ecparam -name prime256v1 -genkey -out ecparam.key",
	"openssl rsa -in rsa.key -traditional -out traditional.key",
	"openssl pkey -in p256.key -text -out text.key",
	"openssl pkey -in p256.key -aes128 -passout pass:x -out encrypted.key",
	"openssl rsa -in rsa.key -traditional -aes128 -passout pass:x "
	"-out encrypted-old.key",
	"cat p256.key p384.key >two.key",
	/* public keys and certificates */
	"for k in p256 p384 ed rsa pss small odd k1 p521 ed448; do "
	"openssl pkey -in $k.key -pubout -out $k.pub || exit 1; done",
	"openssl rsa -in rsa.key -RSAPublicKey_out -out pkcs1.pub",
	"openssl req -x509 -new -key p256.key -subj /CN=a -days 1 -out a.pem",
	"openssl req -x509 -new -key p384.key -subj /CN=b -days 1 -out b.pem",
	"openssl x509 -in a.pem -text -out text.pem",
	"openssl x509 -in a.pem -outform DER -out a.der",
	"openssl x509 -in a.pem -trustout -out trusted.pem",
	"openssl req -new -key p256.key -subj /CN=a -out a.csr",
	"cat a.pem b.pem >chain.pem",
	"cat text.pem b.pem >text-chain.pem",
	"cat a.pem p256.key >both.pem; cp both.pem both.key",
	"cat p256.pub p384.pub >two.pub",
	"cat a.pem p256.pub >mixed.pem",
	"sed '2s/./*/' a.pem >star.pem; sed '2s/./*/' p256.key >star.key",
	/* DER that is cut, and DER that is followed by a byte */
	"(cat a.der; printf x) | openssl base64 | "
	"(echo '-----BEGIN CERTIFICATE-----'; cat; "
	"echo '-----END CERTIFICATE-----') >long.pem",
	"head -c 100 a.der | openssl base64 | "
	"(echo '-----BEGIN CERTIFICATE-----'; cat; "
	"echo '-----END CERTIFICATE-----') >cut.pem",
	"(openssl pkey -in p256.key -outform DER; printf x) | openssl base64 | "
	"(echo '-----BEGIN PRIVATE KEY-----'; cat; "
	"echo '-----END PRIVATE KEY-----') >long.key",
	"(openssl pkey -in p256.key -pubout -outform DER; printf x) | "
	"openssl base64 | (echo '-----BEGIN PUBLIC KEY-----'; cat; "
	"echo '-----END PUBLIC KEY-----') >long.pub",
	"cat a.pem cut.pem >cut-chain.pem",
	"sed 's/^-----BEGIN/----BEGIN/' b.pem | cat a.pem - >hidden.pem",
	"echo nothing >empty.pem; cp empty.pem empty.key",
	"cp p256.key open.key; chmod 644 open.key",
};

static int make_files(void **state)
{
	if (make_dir(state))
		return -1;
	for (size_t i = 0; i < sizeof(recipes) / sizeof(recipes[0]); i++)
		run_in(*state, "%s", recipes[i]);
	return 0;
}

/* ---- private keys ------------------------------------------------------- */

static void reads_private_keys(void **state)
{
	static const struct {
		const char *file;
		const char *name;
		const char *public_file;
	} rows[] = {
		{"p256.key", "ecdsa-p256", "p256.pub"},
		{"p384.key", "ecdsa-p384", "p384.pub"},
		{"ed.key", "ed25519", "ed.pub"},
		{"rsa.key", "rsa-2048", "rsa.pub"},
		{"pss.key", "rsa-2048", "pss.pub"},
		{"traditional.key", "rsa-2048", "rsa.pub"},
		{"text.key", "ecdsa-p256", "p256.pub"},
		{"small.key", "rsa-1024", "small.pub"},
		{"odd.key", "rsa", "odd.pub"},
		{"k1.key", "unknown", "k1.pub"},
		{"p521.key", "unknown", "p521.pub"},
		{"ed448.key", "unknown", "ed448.pub"},
		{"ecparam.key", "ecdsa-p256", NULL},
	};
	EVP_PKEY *key, *public;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		must(key_read_private(&key, in_dir(*state, rows[i].file),
				      &failure));
		if (strcmp(key_name(key), rows[i].name) != 0)
			fail_msg("%s: %s", rows[i].file, key_name(key));
		if (rows[i].public_file) {
			must(key_read_public(
				&public, NULL,
				in_dir(*state, rows[i].public_file), &failure));
			if (EVP_PKEY_eq(key, public) != 1)
				fail_msg("%s: another key", rows[i].file);
			EVP_PKEY_free(public);
		}
		EVP_PKEY_free(key);
	}
}

static void refuses_private_keys(void **state)
{
	static const struct {
		const char *file;
		enum err_code code;
		const char *part;
	} rows[] = {
		{"none.key", ERR_NOT_FOUND, "none.key"},
		{"empty.key", ERR_INVALID, "holds no private key"},
		{"open.key", ERR_DENIED, "chmod"},
		{"encrypted.key", ERR_INVALID, "the key is encrypted"},
		{"encrypted-old.key", ERR_INVALID, "the key is encrypted"},
		{"two.key", ERR_INVALID, "more than one private key"},
		{"both.key", ERR_INVALID, "holds a CERTIFICATE"},
		{"a.pem", ERR_INVALID, "holds a CERTIFICATE"},
		{"p256.pub", ERR_INVALID, "holds a PUBLIC KEY"},
		{"star.key", ERR_INVALID, "star.key:2: damaged PEM"},
		{"long.key", ERR_INVALID, "bytes follow the PRIVATE KEY"},
		{"a.der", ERR_INVALID, "binary"},
	};
	EVP_PKEY *key;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		key = (EVP_PKEY *)state;
		must_fail(rows[i].file,
			  key_read_private(&key, in_dir(*state, rows[i].file),
					   &failure),
			  rows[i].code, rows[i].part);
		assert_null(key);
	}
}

/* ---- public keys -------------------------------------------------------- */

static void reads_public_keys(void **state)
{
	static const struct {
		const char *file;
		bool certificate;
		const char *name;
	} rows[] = {
		{"p256.pub", false, "ecdsa-p256"},
		{"rsa.pub", false, "rsa-2048"},
		{"a.pem", true, "ecdsa-p256"},
		{"text.pem", true, "ecdsa-p256"},
		{"b.pem", true, "ecdsa-p384"},
	};
	X509 *certificate;
	EVP_PKEY *key;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *path = in_dir(*state, rows[i].file);

		must(key_read_public(&key, &certificate, path, &failure));
		assert_string_equal(key_name(key), rows[i].name);
		assert_int_equal(certificate != NULL, rows[i].certificate);
		X509_free(certificate);
		EVP_PKEY_free(key);
		must(key_read_public(&key, NULL, path, &failure));
		assert_string_equal(key_name(key), rows[i].name);
		EVP_PKEY_free(key);
	}
}

static void refuses_public_keys(void **state)
{
	static const struct {
		const char *file;
		enum err_code code;
		const char *part;
	} rows[] = {
		{"none.pub", ERR_NOT_FOUND, "none.pub"},
		{"empty.pem", ERR_INVALID, "no public key and no certificate"},
		{"p256.key", ERR_INVALID, "holds a private key"},
		{"traditional.key", ERR_INVALID, "holds a private key"},
		{"encrypted.key", ERR_INVALID, "holds a private key"},
		{"both.pem", ERR_INVALID, "holds a private key"},
		{"two.pub", ERR_INVALID, "more than one"},
		{"chain.pem", ERR_INVALID, "more than one"},
		{"mixed.pem", ERR_INVALID, "more than one"},
		{"trusted.pem", ERR_INVALID, "holds a TRUSTED CERTIFICATE"},
		{"a.csr", ERR_INVALID, "holds a CERTIFICATE REQUEST"},
		{"pkcs1.pub", ERR_INVALID, "openssl rsa -RSAPublicKey_in"},
		{"long.pub", ERR_INVALID, "bytes follow the PUBLIC KEY"},
		{"long.pem", ERR_INVALID, "bytes follow the CERTIFICATE"},
		{"cut.pem", ERR_INVALID, "damaged CERTIFICATE"},
	};
	X509 *certificate;
	EVP_PKEY *key;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		must_fail(rows[i].file,
			  key_read_public(&key, &certificate,
					  in_dir(*state, rows[i].file),
					  &failure),
			  rows[i].code, rows[i].part);
		assert_null(key);
		assert_null(certificate);
	}
}

/* ---- certificates ------------------------------------------------------- */

static void reads_certificates_in_order(void **state)
{
	static const struct {
		const char *file;
		const char *names[3];
	} rows[] = {
		{"a.pem", {"a"}},
		{"chain.pem", {"a", "b"}},
		{"text-chain.pem", {"a", "b"}},
	};
	STACK_OF(X509) * chain;
	char name[8];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int n = 0;

		must(key_read_certificates(&chain, in_dir(*state, rows[i].file),
					   &failure));
		for (; rows[i].names[n]; n++) {
			X509_NAME_get_text_by_NID(
				X509_get_subject_name(sk_X509_value(chain, n)),
				NID_commonName, name, sizeof(name));
			assert_string_equal(name, rows[i].names[n]);
		}
		assert_int_equal(sk_X509_num(chain), n);
		sk_X509_pop_free(chain, X509_free);
	}
}

static void refuses_certificates(void **state)
{
	static const struct {
		const char *file;
		enum err_code code;
		const char *part;
	} rows[] = {
		{"none.pem", ERR_NOT_FOUND, "none.pem"},
		{"empty.pem", ERR_INVALID, "holds no certificate"},
		{"both.pem", ERR_INVALID, "holds a PRIVATE KEY"},
		{"mixed.pem", ERR_INVALID, "holds a PUBLIC KEY"},
		{"trusted.pem", ERR_INVALID, "holds a TRUSTED CERTIFICATE"},
		{"star.pem", ERR_INVALID, "star.pem:2: damaged PEM"},
		{"long.pem", ERR_INVALID, "bytes follow the CERTIFICATE"},
		{"cut.pem", ERR_INVALID, "certificate 1: "},
		{"cut-chain.pem", ERR_INVALID, "certificate 2: "},
		{"hidden.pem", ERR_INVALID, "an END line without its BEGIN"},
		{"a.der", ERR_INVALID, "binary"},
	};
	STACK_OF(X509) * chain;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		must_fail(rows[i].file,
			  key_read_certificates(&chain,
						in_dir(*state, rows[i].file),
						&failure),
			  rows[i].code, rows[i].part);
		assert_null(chain);
	}
}

/* ---- making and naming -------------------------------------------------- */

static void write_pem(const char *path, EVP_PKEY *key,
		      bool (*write)(EVP_PKEY *, char **, size_t *,
				    struct err *))
{
	size_t len;
	char *pem;

	must(write(key, &pem, &len, &failure));
	assert_int_equal(strlen(pem), len);
	write_file(path, pem, len, 0600);
	free(pem);
}

/* Each kind that can be made is written, known to openssl(1), read again. */
static void makes_each_kind(void **state)
{
	EVP_PKEY *key, *again;

	for (size_t i = 0; key_algorithms[i]; i++) {
		must(key_generate(&key, key_algorithms[i], &failure));
		assert_string_equal(key_name(key), key_algorithms[i]);
		must(key_check_signing(key, &failure));
		write_pem(in_dir(*state, "new.key"), key, key_write_private);
		write_pem(in_dir(*state, "new.pub"), key, key_write_public);
		run_in(*state, "grep -q '^-----BEGIN PRIVATE KEY-----$' "
			       "new.key && openssl pkey -in new.key -pubout | "
			       "cmp - new.pub");
		must(key_read_private(&again, in_dir(*state, "new.key"),
				      &failure));
		assert_int_equal(EVP_PKEY_eq(key, again), 1);
		EVP_PKEY_free(again);
		must(key_read_public(&again, NULL, in_dir(*state, "new.pub"),
				     &failure));
		assert_int_equal(EVP_PKEY_eq(key, again), 1);
		EVP_PKEY_free(again);
		EVP_PKEY_free(key);
	}
	must_fail("unknown", key_generate(&key, "rsa-1024", &failure),
		  ERR_INVALID, "'rsa-1024' is no known algorithm");
	assert_null(key);
}

static void ids_are_half_of_the_public_keys_digest(void **state)
{
	static const char *const files[] = {"p256.pub", "a.pem"};
	char id[KEY_ID_SIZE], *want;
	EVP_PKEY *key;
	size_t len;

	run_in(*state, "openssl pkey -pubin -in p256.pub -outform DER | "
		       "openssl dgst -sha256 -r | head -c 32 >p256.id");
	must(file_read(in_dir(*state, "p256.id"), 64, &want, &len, &failure));
	assert_int_equal(len, KEY_ID_SIZE - 1);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		must(key_read_public(&key, NULL, in_dir(*state, files[i]),
				     &failure));
		assert_true(key_id(key, id));
		assert_string_equal(id, want);
		EVP_PKEY_free(key);
	}
	free(want);
}

static void says_what_may_sign(void **state)
{
	static const struct {
		const char *file;
		const char *part; /* NULL: it may */
	} rows[] = {
		{"p256.pub", NULL},
		{"p384.pub", NULL},
		{"ed.pub", NULL},
		{"rsa.pub", NULL},
		{"pss.pub", NULL},
		{"small.pub", "1024 bits: expected 2048"},
		{"odd.pub", "2040 bits"},
		{"k1.pub", "another kind"},
		{"p521.pub", "another kind"},
		{"ed448.pub", "another kind"},
	};
	EVP_PKEY *key;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		must(key_read_public(&key, NULL, in_dir(*state, rows[i].file),
				     &failure));
		if (!rows[i].part)
			must(key_check_signing(key, &failure));
		else
			must_fail(rows[i].file,
				  key_check_signing(key, &failure), ERR_INVALID,
				  rows[i].part);
		EVP_PKEY_free(key);
	}
}

/* A public key of `bits`, made without looking for primes. */
static EVP_PKEY *rsa_of(int bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	unsigned char modulus[2048] = {0};
	size_t len = (size_t)(bits + 7) / 8;
	unsigned int exponent = 65537;
	EVP_PKEY *key = NULL;

	/* OpenSSL's parameters are in the machine's order, little-endian. */
	modulus[0] = 1;
	modulus[len - 1] = (unsigned char)(1 << (bits + 7) % 8);
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, modulus, len),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, (unsigned char *)&exponent,
			      sizeof(exponent)),
		OSSL_PARAM_END};
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, parameters),
		1);
	EVP_PKEY_CTX_free(ctx);
	assert_int_equal(EVP_PKEY_get_bits(key), bits);
	return key;
}

static void keeps_the_bounds_of_rsa(void **state)
{
	static const struct {
		int bits;
		bool may;
	} rows[] = {{2047, false}, {2048, true}, {8192, true}, {8193, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EVP_PKEY *key = rsa_of(rows[i].bits);

		if (key_check_signing(key, &failure) != rows[i].may)
			fail_msg("%d bits", rows[i].bits);
		EVP_PKEY_free(key);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_private_keys),
		cmocka_unit_test(refuses_private_keys),
		cmocka_unit_test(reads_public_keys),
		cmocka_unit_test(refuses_public_keys),
		cmocka_unit_test(reads_certificates_in_order),
		cmocka_unit_test(refuses_certificates),
		cmocka_unit_test(makes_each_kind),
		cmocka_unit_test(ids_are_half_of_the_public_keys_digest),
		cmocka_unit_test(says_what_may_sign),
		cmocka_unit_test(keeps_the_bounds_of_rsa),
	};

	return cmocka_run_group_tests(tests, make_files, remove_dir);
}
