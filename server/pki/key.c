#include "pki/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/hex.h"

/* ---- PEM blocks --------------------------------------------------------- */

/* One block of a file; data is OpenSSL's to free. */
struct block {
	char *label;
	char *header; /* "Proc-Type: 4,ENCRYPTED" of old encrypted keys */
	unsigned char *der;
	long len;
};

static void free_block(struct block *block)
{
	OPENSSL_free(block->label);
	OPENSSL_free(block->header);
	OPENSSL_clear_free(block->der, block->der ? (size_t)block->len : 0);
	*block = (struct block){0};
}

enum next { NEXT_BLOCK, NEXT_END, NEXT_BROKEN };

/* Text before a block is allowed, as openssl-x509(1) -text writes it. */
static enum next next_block(BIO *bio, struct block *block, const char *path,
			    struct err *err)
{
	ERR_clear_error();
	if (PEM_read_bio(bio, &block->label, &block->header, &block->der,
			 &block->len) == 1)
		return NEXT_BLOCK;
	if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
		ERR_clear_error();
		return NEXT_END;
	}
	err_openssl(err, ERR_INVALID, "%s: damaged PEM", path);
	return NEXT_BROKEN;
}

static bool is_private_label(const char *label)
{
	return strstr(label, "PRIVATE KEY") != NULL;
}

static bool is_certificate_label(const char *label)
{
	return strcmp(label, PEM_STRING_X509) == 0 ||
	       strcmp(label, PEM_STRING_X509_OLD) == 0;
}

/* Parse to the end: bytes behind the structure are an error. */
static X509 *parse_certificate(const struct block *block)
{
	const unsigned char *at = block->der;
	X509 *x = d2i_X509(NULL, &at, block->len);

	if (x && at != block->der + block->len) {
		X509_free(x);
		return NULL;
	}
	return x;
}

static EVP_PKEY *parse_public(const struct block *block)
{
	const unsigned char *at = block->der;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, block->len);

	if (key && at != block->der + block->len) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

/* ---- reading ------------------------------------------------------------ */

typedef bool take_block(void *arg, const struct block *block, const char *path,
			struct err *err);

/* Give each block of a file to take(), until it says no. */
static bool read_blocks(const char *path, bool secret, take_block *take,
			void *arg, struct err *err)
{
	struct block block = {0};
	enum next next;
	bool ok;
	char *pem;
	size_t len;
	BIO *bio;

	ok = secret ? file_read_secret(path, KEY_FILE_MAX, &pem, &len, err)
		    : file_read(path, KEY_FILE_MAX, &pem, &len, err);
	if (!ok)
		return false;
	bio = secret ? BIO_new(BIO_s_secmem()) : BIO_new(BIO_s_mem());
	if (!bio || BIO_write(bio, pem, (int)len) != (int)len)
		ok = len ? err_memory(err) : true;
	while (ok && (next = next_block(bio, &block, path, err)) != NEXT_END) {
		ok = next == NEXT_BLOCK && take(arg, &block, path, err);
		free_block(&block);
	}
	BIO_free(bio);
	OPENSSL_cleanse(pem, len);
	free(pem);
	return ok;
}

static bool refuse_encrypted(const struct block *block, const char *path,
			     struct err *err)
{
	if (strcmp(block->label, PEM_STRING_PKCS8) != 0 &&
	    !(block->header && strstr(block->header, "ENCRYPTED")))
		return true;
	return err_set(err, ERR_INVALID,
		       "%s: the key is encrypted: write it without a "
		       "passphrase, mode 600 (openssl pkey -in OLD -out NEW)",
		       path);
}

static bool take_private(void *arg, const struct block *block, const char *path,
			 struct err *err)
{
	EVP_PKEY **key = arg;
	const unsigned char *at = block->der;

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
	*key = d2i_AutoPrivateKey(NULL, &at, block->len);
	if (!*key)
		return err_openssl(err, ERR_INVALID, "%s: damaged %s", path,
				   block->label);
	if (at != block->der + block->len)
		return err_set(err, ERR_INVALID,
			       "%s: bytes follow the key inside its PEM block",
			       path);
	return true;
}

bool key_read_private(EVP_PKEY **out, const char *path, struct err *err)
{
	EVP_PKEY *key = NULL;
	bool ok;

	*out = NULL;
	ok = read_blocks(path, true, take_private, &key, err);
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

static bool take_public(void *arg, const struct block *block, const char *path,
			struct err *err)
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
	if (is_certificate_label(block->label)) {
		part->certificate = parse_certificate(block);
		if (part->certificate)
			part->key = X509_get_pubkey(part->certificate);
	} else if (strcmp(block->label, PEM_STRING_PUBLIC) == 0) {
		part->key = parse_public(block);
	} else {
		return err_set(err, ERR_INVALID,
			       "%s: holds a %s, expected a PUBLIC KEY or a "
			       "CERTIFICATE",
			       path, block->label);
	}
	return part->key || err_openssl(err, ERR_INVALID, "%s: damaged %s",
					path, block->label);
}

bool key_read_public(EVP_PKEY **out, X509 **certificate, const char *path,
		     struct err *err)
{
	struct public_part part = {0};
	bool ok;

	*out = NULL;
	if (certificate)
		*certificate = NULL;
	ok = read_blocks(path, false, take_public, &part, err);
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

static bool take_certificate(void *arg, const struct block *block,
			     const char *path, struct err *err)
{
	STACK_OF(X509) *chain = arg;
	X509 *x;

	if (!is_certificate_label(block->label))
		return err_set(err, ERR_INVALID,
			       "%s: holds a %s, expected certificates only",
			       path, block->label);
	x = parse_certificate(block);
	if (!x)
		return err_openssl(err, ERR_INVALID,
				   "%s: certificate %d is damaged", path,
				   sk_X509_num(chain) + 1);
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
	ok = read_blocks(path, false, take_certificate, chain, err);
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

static EVP_PKEY *generate(const char *algorithm)
{
	if (strcmp(algorithm, "ecdsa-p256") == 0)
		return EVP_EC_gen("P-256");
	if (strcmp(algorithm, "ecdsa-p384") == 0)
		return EVP_EC_gen("P-384");
	if (strcmp(algorithm, "ed25519") == 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return EVP_RSA_gen((unsigned int)atoi(algorithm + strlen("rsa-")));
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
	*out = generate(algorithm);
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
