#include "pki/signing.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "pki/key.h"

enum {
	MEMO_SIZE = 64,	    /* signatures kept */
	MEMO_SIGNATURE = 72 /* bytes: the longest DER one of P-256 */
};

struct memo {
	bool used;
	struct digest message;
	uint8_t bytes[MEMO_SIGNATURE];
	size_t len;
};

struct signing {
	EVP_PKEY *key;
	EVP_PKEY_CTX *ecdsa; /* prepared; NULL for Ed25519 */
	EVP_MD_CTX *ed25519;
	struct memo memo[MEMO_SIZE]; /* by the message's digest */
};

struct signing *signing_new(void)
{
	return calloc(1, sizeof(struct signing));
}

static void forget(struct signing *s)
{
	EVP_PKEY_CTX_free(s->ecdsa);
	EVP_MD_CTX_free(s->ed25519);
	EVP_PKEY_free(s->key);
	*s = (struct signing){0};
}

void signing_free(struct signing *s)
{
	if (!s)
		return;
	forget(s);
	free(s);
}

static bool prepare(struct signing *s, EVP_PKEY *key, struct err *err)
{
	int kind = EVP_PKEY_get_base_id(key);

	if (s->key == key)
		return true;
	forget(s);
	if (kind == EVP_PKEY_ED25519) {
		s->ed25519 = EVP_MD_CTX_new();
		if (!s->ed25519)
			return err_memory(err);
	} else if (kind == EVP_PKEY_EC && EVP_PKEY_get_bits(key) == 256) {
		s->ecdsa = EVP_PKEY_CTX_new(key, NULL);
		if (!s->ecdsa || EVP_PKEY_sign_init(s->ecdsa) != 1)
			return err_openssl(err, ERR_SYSTEM, "signing");
	} else {
		return err_set(err, ERR_INVALID,
			       "a manifest is signed with Ed25519 or ECDSA "
			       "P-256, not with %s",
			       key_name(key));
	}
	EVP_PKEY_up_ref(key);
	s->key = key;
	return true;
}

static bool make(struct signing *s, const void *data, size_t len,
		 const struct digest *digest, struct signature *out)
{
	out->len = sizeof(out->bytes);
	if (s->ecdsa)
		return EVP_PKEY_sign(s->ecdsa, out->bytes, &out->len,
				     digest->bytes, DIGEST_SIZE) == 1;
	return EVP_DigestSignInit(s->ed25519, NULL, NULL, NULL, s->key) == 1 &&
	       EVP_DigestSign(s->ed25519, out->bytes, &out->len, data, len) ==
		       1;
}

bool signing_sign(struct signing *s, EVP_PKEY *key, const void *data,
		  size_t len, struct signature *out, const char **algorithm,
		  struct err *err)
{
	struct digest digest;
	struct memo *memo;

	if (!prepare(s, key, err))
		return false;
	*algorithm = s->ecdsa ? "ecdsa-p256-sha256" : "ed25519";
	if (!digest_of(&digest, data, len))
		return err_openssl(err, ERR_SYSTEM, "SHA-256");
	memo = &s->memo[digest.bytes[0] % MEMO_SIZE];
	if (memo->used && digest_equal(&memo->message, &digest)) {
		memcpy(out->bytes, memo->bytes, memo->len);
		out->len = memo->len;
		return true;
	}
	if (!make(s, data, len, &digest, out))
		return err_openssl(err, ERR_SYSTEM, "signing");
	if (out->len <= MEMO_SIGNATURE) {
		memo->used = true;
		memo->message = digest;
		memcpy(memo->bytes, out->bytes, out->len);
		memo->len = out->len;
	}
	return true;
}
