#include "trust.h"

#include <stdlib.h>
#include <string.h>

#include <mbedtls/base64.h>
#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>

enum { SIGNATURE_MAX = 1024, SPKI_MAX = 2048 };

struct trust {
	mbedtls_pk_context key;
	char id[TRUST_ID_SIZE];
};

/* The algorithms a manifest may name and how mbedTLS calls them. */
static const struct algorithm {
	const char *name;
	mbedtls_pk_type_t type;
	mbedtls_md_type_t hash;
	size_t curve_bits; /* 0 for RSA */
} algorithms[] = {
	{"ecdsa-p256-sha256", MBEDTLS_PK_ECDSA, MBEDTLS_MD_SHA256, 256},
	{"ecdsa-p384-sha384", MBEDTLS_PK_ECDSA, MBEDTLS_MD_SHA384, 384},
	{"rsa-pkcs1-sha256", MBEDTLS_PK_RSA, MBEDTLS_MD_SHA256, 0},
	{"rsa-pkcs1-sha384", MBEDTLS_PK_RSA, MBEDTLS_MD_SHA384, 0},
	{"rsa-pkcs1-sha512", MBEDTLS_PK_RSA, MBEDTLS_MD_SHA512, 0},
	{"rsa-pss-sha256", MBEDTLS_PK_RSASSA_PSS, MBEDTLS_MD_SHA256, 0},
	{"rsa-pss-sha384", MBEDTLS_PK_RSASSA_PSS, MBEDTLS_MD_SHA384, 0},
	{"rsa-pss-sha512", MBEDTLS_PK_RSASSA_PSS, MBEDTLS_MD_SHA512, 0},
};

static const struct algorithm *find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		if (strcmp(algorithms[i].name, name) == 0)
			return &algorithms[i];
	return NULL;
}

static void to_hex(const unsigned char *bytes, size_t len, char *hex)
{
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

static bool make_id(struct trust *trust)
{
	unsigned char der[SPKI_MAX];
	unsigned char hash[32];
	/* The DER is written at the end of the buffer. */
	int len = mbedtls_pk_write_pubkey_der(&trust->key, der, sizeof(der));

	if (len <= 0 ||
	    mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256),
		       der + sizeof(der) - len, (size_t)len, hash) != 0)
		return false;
	to_hex(hash, (TRUST_ID_SIZE - 1) / 2, trust->id);
	return true;
}

bool trust_load(struct trust **out, const char *pem_file, struct fault *fault)
{
	struct trust *trust = calloc(1, sizeof(*trust));
	int code;

	*out = NULL;
	if (!trust)
		return fault_set(fault, DEVICE_SELF, "out of memory");
	mbedtls_pk_init(&trust->key);
	code = mbedtls_pk_parse_public_keyfile(&trust->key, pem_file);
	if (code != 0) {
		fault_mbedtls(fault, DEVICE_SELF, code, "key %s", pem_file);
		goto fail;
	}
	if (!make_id(trust)) {
		fault_set(fault, DEVICE_SELF, "key %s: no id", pem_file);
		goto fail;
	}
	*out = trust;
	return true;
fail:
	trust_free(trust);
	return false;
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	mbedtls_pk_free(&trust->key);
	free(trust);
}

const char *trust_id(const struct trust *trust)
{
	return trust->id;
}

bool trust_fits(const struct trust *trust, const char *algorithm)
{
	const struct algorithm *a = find(algorithm);

	if (!a)
		return false;
	if (a->curve_bits == 0)
		return mbedtls_pk_can_do(&trust->key, MBEDTLS_PK_RSA);
	return mbedtls_pk_can_do(&trust->key, MBEDTLS_PK_ECDSA) &&
	       mbedtls_pk_get_bitlen(&trust->key) == a->curve_bits;
}

static bool check_hash(const struct trust *trust, const struct algorithm *a,
		       const char *signature, const unsigned char *hash,
		       enum device_exit exit, struct fault *fault)
{
	const mbedtls_pk_rsassa_pss_options pss = {
		.mgf1_hash_id = a->hash,
		.expected_salt_len = MBEDTLS_RSA_SALT_LEN_ANY,
	};
	unsigned char der[SIGNATURE_MAX];
	mbedtls_pk_context key = trust->key;
	size_t len;
	int code = mbedtls_base64_decode(der, sizeof(der), &len,
					 (const unsigned char *)signature,
					 strlen(signature));

	if (code != 0)
		return fault_mbedtls(fault, exit, code, "signature's base64");
	code = mbedtls_pk_verify_ext(
		a->type, a->type == MBEDTLS_PK_RSASSA_PSS ? &pss : NULL, &key,
		a->hash, hash,
		mbedtls_md_get_size(mbedtls_md_info_from_type(a->hash)), der,
		len);
	if (code != 0)
		return fault_mbedtls(fault, exit, code, "signature (%s)",
				     a->name);
	return true;
}

/* The algorithm, or NULL after saying why this key cannot check it. */
static const struct algorithm *usable(const struct trust *trust,
				      const char *name, enum device_exit exit,
				      struct fault *fault)
{
	if (strcmp(name, "ed25519") == 0)
		fault_set(fault, exit,
			  "signed with ed25519: mbedTLS 2.28 has "
			  "none, so this device cannot check it");
	else if (!trust_fits(trust, name))
		fault_set(fault, exit, "signed with %s: the key is another",
			  name);
	else
		return find(name);
	return NULL;
}

bool trust_check(const struct trust *trust, const char *algorithm,
		 const char *signature, const void *data, size_t len,
		 enum device_exit exit, struct fault *fault)
{
	unsigned char hash[TRUST_HASH_MAX];
	const struct algorithm *a = usable(trust, algorithm, exit, fault);

	if (!a)
		return false;
	if (mbedtls_md(mbedtls_md_info_from_type(a->hash), data, len, hash) !=
	    0)
		return fault_set(fault, DEVICE_SELF, "hash failed");
	return check_hash(trust, a, signature, hash, exit, fault);
}

static bool hash_file(FILE *file, mbedtls_md_type_t type, unsigned char *hash,
		      struct fault *fault)
{
	unsigned char block[4096];
	mbedtls_md_context_t md;
	size_t len;
	int code;

	rewind(file);
	mbedtls_md_init(&md);
	code = mbedtls_md_setup(&md, mbedtls_md_info_from_type(type), 0);
	if (code == 0)
		code = mbedtls_md_starts(&md);
	while (code == 0 && (len = fread(block, 1, sizeof(block), file)) > 0)
		code = mbedtls_md_update(&md, block, len);
	if (code == 0)
		code = mbedtls_md_finish(&md, hash);
	mbedtls_md_free(&md);
	if (code != 0 || ferror(file))
		return fault_set(fault, DEVICE_SELF, "cannot hash the file");
	return true;
}

bool trust_check_file(const struct trust *trust, const char *algorithm,
		      const char *signature, FILE *file, enum device_exit exit,
		      struct fault *fault)
{
	unsigned char hash[TRUST_HASH_MAX];
	const struct algorithm *a = usable(trust, algorithm, exit, fault);

	return a && hash_file(file, a->hash, hash, fault) &&
	       check_hash(trust, a, signature, hash, exit, fault);
}

bool trust_sha256_file(FILE *file, char hex[static TRUST_HEX_SIZE],
		       struct fault *fault)
{
	unsigned char hash[TRUST_HASH_MAX];

	if (!hash_file(file, MBEDTLS_MD_SHA256, hash, fault))
		return false;
	to_hex(hash, 32, hex);
	return true;
}
