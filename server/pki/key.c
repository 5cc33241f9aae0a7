#include "pki/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/digest.h"
#include "base/hex.h"
#include "pki/pem.h"

/* Of keys that sign: SP 800-57 asks for the least; see SIGNATURE_MAX. */
enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192 };

/* ---- one block ---------------------------------------------------------- */

static bool is_private_label(const char *label)
{
	return strstr(label, "PRIVATE KEY") != NULL;
}

static bool is_certificate_label(const char *label)
{
	return strcmp(label, PEM_STRING_X509) == 0 ||
	       strcmp(label, PEM_STRING_X509_OLD) == 0;
}

/* Bytes behind the structure that was parsed are an error. */
static bool is_whole(const struct pem_block *block, const unsigned char *end,
		     const char *path, struct err *err)
{
	return end == block->der + block->len ||
	       err_set(err, ERR_INVALID,
		       "%s: bytes follow the %s inside its PEM block", path,
		       block->label);
}

static X509 *parse_certificate(const struct pem_block *block, const char *path,
			       struct err *err)
{
	const unsigned char *at = block->der;
	X509 *x = d2i_X509(NULL, &at, block->len);

	if (!x) {
		err_openssl(err, ERR_INVALID, "%s: damaged %s", path,
			    block->label);
	} else if (!is_whole(block, at, path, err)) {
		X509_free(x);
		x = NULL;
	}
	return x;
}

typedef EVP_PKEY *parse_key(EVP_PKEY **key, const unsigned char **at, long len);

static EVP_PKEY *parse(parse_key *parse_der, const struct pem_block *block,
		       const char *path, struct err *err)
{
	const unsigned char *at = block->der;
	EVP_PKEY *key = parse_der(NULL, &at, block->len);

	if (!key) {
		err_openssl(err, ERR_INVALID, "%s: damaged %s", path,
			    block->label);
	} else if (!is_whole(block, at, path, err)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

/* ---- reading ------------------------------------------------------------ */

static bool refuse_encrypted(const struct pem_block *block, const char *path,
			     struct err *err)
{
	if (strcmp(block->label, PEM_STRING_PKCS8) != 0 &&
	    !strstr(block->header, "ENCRYPTED"))
		return true;
	return err_set(err, ERR_INVALID,
		       "%s: the key is encrypted: write it without a "
		       "passphrase, mode 600 (openssl pkey -in OLD -out NEW)",
		       path);
}

static bool take_private(void *arg, const struct pem_block *block,
			 const char *path, struct err *err)
{
	EVP_PKEY **key = arg;

	if (strcmp(block->label, "EC PARAMETERS") == 0)
		return true; /* openssl-ecparam(1) writes them in front */
	if (!is_private_label(block->label))
		return err_set(err, ERR_INVALID,
			       "%s: holds a %s, expected a PRIVATE KEY", path,
			       block->label);
	if (!refuse_encrypted(block, path, err))
		return false;
	if (*key)
		return err_set(err, ERR_INVALID,
			       "%s: holds more than one private key", path);
	*key = parse(d2i_AutoPrivateKey, block, path, err);
	return *key != NULL;
}

bool key_read_private(EVP_PKEY **out, const char *path, struct err *err)
{
	EVP_PKEY *key = NULL;
	bool ok;

	*out = NULL;
	ok = pem_read(path, KEY_FILE_MAX, PEM_SECRET, take_private, &key, err);
	if (ok && !key)
		ok = err_set(err, ERR_INVALID, "%s: holds no private key",
			     path);
	if (!ok) {
		EVP_PKEY_free(key);
		return false;
	}
	*out = key;
	return true;
}

struct public_part {
	EVP_PKEY *key;
	X509 *certificate;
};

static bool take_public(void *arg, const struct pem_block *block,
			const char *path, struct err *err)
{
	struct public_part *part = arg;

	if (is_private_label(block->label))
		return err_set(err, ERR_INVALID,
			       "%s: holds a private key, expected a public key "
			       "or a certificate; keep the private one where "
			       "only its owner reads it",
			       path);
	if (part->key)
		return err_set(err, ERR_INVALID,
			       "%s: holds more than one key or certificate",
			       path);
	if (strcmp(block->label, PEM_STRING_PUBLIC) == 0) {
		part->key = parse(d2i_PUBKEY, block, path, err);
		return part->key != NULL;
	}
	if (strcmp(block->label, PEM_STRING_RSA_PUBLIC) == 0)
		return err_set(err, ERR_INVALID,
			       "%s: holds an RSA PUBLIC KEY: convert it with: "
			       "openssl rsa -RSAPublicKey_in -pubout",
			       path);
	if (!is_certificate_label(block->label))
		return err_set(err, ERR_INVALID,
			       "%s: holds a %s, expected a PUBLIC KEY or a "
			       "CERTIFICATE",
			       path, block->label);
	part->certificate = parse_certificate(block, path, err);
	if (!part->certificate)
		return false;
	part->key = X509_get_pubkey(part->certificate);
	return part->key ||
	       err_openssl(err, ERR_INVALID, "%s: the certificate's key", path);
}

bool key_read_public(EVP_PKEY **out, X509 **certificate, const char *path,
		     struct err *err)
{
	struct public_part part = {0};
	bool ok;

	*out = NULL;
	if (certificate)
		*certificate = NULL;
	ok = pem_read(path, KEY_FILE_MAX, PEM_PUBLIC, take_public, &part, err);
	if (ok && !part.key)
		ok = err_set(err, ERR_INVALID,
			     "%s: holds no public key and no certificate",
			     path);
	if (!ok) {
		X509_free(part.certificate);
		EVP_PKEY_free(part.key);
		return false;
	}
	if (certificate)
		*certificate = part.certificate;
	else
		X509_free(part.certificate);
	*out = part.key;
	return true;
}

static bool take_certificate(void *arg, const struct pem_block *block,
			     const char *path, struct err *err)
{
	STACK_OF(X509) *chain = arg;
	X509 *x;

	if (!is_certificate_label(block->label))
		return err_set(err, ERR_INVALID,
			       "%s: holds a %s, expected certificates only",
			       path, block->label);
	x = parse_certificate(block, path, err);
	if (!x)
		return err_wrap(err, "certificate %d", sk_X509_num(chain) + 1);
	if (sk_X509_push(chain, x) > 0)
		return true;
	X509_free(x);
	return err_memory(err);
}

bool key_read_certificates(STACK_OF(X509) * *out, const char *path,
			   struct err *err)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	bool ok;

	*out = NULL;
	if (!chain)
		return err_memory(err);
	ok = pem_read(path, KEY_FILE_MAX, PEM_PUBLIC, take_certificate, chain,
		      err);
	if (ok && !sk_X509_num(chain))
		ok = err_set(err, ERR_INVALID, "%s: holds no certificate",
			     path);
	if (!ok) {
		sk_X509_pop_free(chain, X509_free);
		return false;
	}
	*out = chain;
	return true;
}

/* ---- making ------------------------------------------------------------- */

const char *const key_algorithms[] = {"ecdsa-p256", "ecdsa-p384", "ed25519",
				      "rsa-2048",   "rsa-3072",	  "rsa-4096",
				      NULL};

/* How to make each of key_algorithms[], in the same order. */
static const struct {
	const char *curve;
	unsigned int rsa_bits;
} recipes[] = {
	{.curve = "P-256"}, {.curve = "P-384"}, {0}, /* Ed25519 */
	{.rsa_bits = 2048}, {.rsa_bits = 3072}, {.rsa_bits = 4096},
};

_Static_assert(sizeof(recipes) / sizeof(recipes[0]) + 1 ==
		       sizeof(key_algorithms) / sizeof(key_algorithms[0]),
	       "one recipe for each algorithm");

static EVP_PKEY *generate(size_t i)
{
	if (recipes[i].curve)
		return EVP_EC_gen(recipes[i].curve);
	if (recipes[i].rsa_bits)
		return EVP_RSA_gen(recipes[i].rsa_bits);
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

bool key_generate(EVP_PKEY **out, const char *algorithm, struct err *err)
{
	size_t i = 0;

	*out = NULL;
	while (key_algorithms[i] && strcmp(key_algorithms[i], algorithm) != 0)
		i++;
	if (!key_algorithms[i])
		return err_set(err, ERR_INVALID,
			       "'%s' is no known algorithm: expected "
			       "ecdsa-p256, ecdsa-p384, ed25519, rsa-2048, "
			       "rsa-3072 or rsa-4096",
			       algorithm);
	*out = generate(i);
	return *out || err_openssl(err, ERR_SYSTEM, "%s key", algorithm);
}

static bool take_bio(BIO *bio, bool written, char **pem, size_t *len,
		     struct err *err)
{
	char *data;
	long size = bio ? BIO_get_mem_data(bio, &data) : 0;

	*pem = NULL;
	if (!bio || !written || size <= 0) {
		BIO_free(bio);
		return err_openssl(err, ERR_SYSTEM, "PEM");
	}
	*pem = malloc((size_t)size + 1);
	if (*pem) {
		memcpy(*pem, data, (size_t)size);
		(*pem)[size] = '\0';
		*len = (size_t)size;
	}
	BIO_free(bio);
	return *pem || err_memory(err);
}

bool key_write_private(EVP_PKEY *key, char **pem, size_t *len, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	bool written = bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0,
						       NULL, NULL) == 1;

	return take_bio(bio, written, pem, len, err);
}

bool key_write_public(EVP_PKEY *key, char **pem, size_t *len, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool written = bio && PEM_write_bio_PUBKEY(bio, key) == 1;

	return take_bio(bio, written, pem, len, err);
}

/* ---- naming ------------------------------------------------------------- */

bool key_id(EVP_PKEY *key, char id[static KEY_ID_SIZE])
{
	unsigned char *der = NULL;
	struct digest digest;
	int len = i2d_PUBKEY(key, &der);
	bool ok = len > 0 && digest_of(&digest, der, (size_t)len);

	id[0] = '\0';
	OPENSSL_free(der);
	if (ok)
		hex_encode(digest.bytes, (KEY_ID_SIZE - 1) / 2, id);
	return ok;
}

static const char *curve_name(EVP_PKEY *key)
{
	char group[32] = "";

	EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
	if (strcmp(group, "prime256v1") == 0)
		return "ecdsa-p256";
	if (strcmp(group, "secp384r1") == 0)
		return "ecdsa-p384";
	return "unknown";
}

static const char *rsa_name(EVP_PKEY *key)
{
	static const struct {
		int bits;
		const char *name;
	} sizes[] = {{1024, "rsa-1024"},
		     {2048, "rsa-2048"},
		     {3072, "rsa-3072"},
		     {4096, "rsa-4096"},
		     {8192, "rsa-8192"}};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (EVP_PKEY_get_bits(key) == sizes[i].bits)
			return sizes[i].name;
	}
	return "rsa";
}

const char *key_name(EVP_PKEY *key)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_EC:
		return curve_name(key);
	case EVP_PKEY_RSA:
	case EVP_PKEY_RSA_PSS:
		return rsa_name(key);
	case EVP_PKEY_ED25519:
		return "ed25519";
	}
	return "unknown";
}

bool key_check_signing(EVP_PKEY *key, struct err *err)
{
	bool rsa = EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
	int bits = EVP_PKEY_get_bits(key);

	if (rsa && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX))
		return err_set(err, ERR_INVALID,
			       "an RSA key of %d bits: expected %d to %d", bits,
			       RSA_BITS_MIN, RSA_BITS_MAX);
	if (rsa || strcmp(key_name(key), "unknown") != 0)
		return true;
	return err_set(err, ERR_INVALID,
		       "a key of another kind than ECDSA P-256 and P-384, RSA "
		       "and Ed25519");
}
