#include "pki/refusal.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/hex.h"
#include "pki/key.h"

enum { LIST_SIZE = 256 }; /* bytes of a list of names in a reason */

/*
 * Each step below knows one cause.  It returns true when that is not it, and
 * false with the reason in *err.
 */
typedef bool step(const struct refusal *r, struct err *err);

/* "codesign-2026 (ecdsa-p256), old (rsa-2048)" */
static void list_allowed(const struct refusal *r, char list[static LIST_SIZE])
{
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; i < r->allowed_count && used < LIST_SIZE; i++)
		used += (size_t)snprintf(list + used, LIST_SIZE - used,
					 "%s%s (%s)", i ? ", " : "",
					 r->allowed[i]->name.text,
					 key_name(r->allowed[i]->key));
}

/* ---- signed with X, but only Y is allowed ------------------------------- */

static bool not_by_another(const struct refusal *r, struct err *err)
{
	char list[LIST_SIZE];
	struct proof proof;

	list_allowed(r, list);
	for (size_t i = 0; i < r->known_count; i++) {
		if (!proof_try(&proof, r->message, r->known[i].key, r->sig,
			       PROOF_SHA256, PROOF_SHA512, err))
			return false;
		if (proof.holds)
			return err_set(err, ERR_INVALID,
				       "signature: signed with %s (%s), but "
				       "the product allows only %s",
				       r->known[i].name.text,
				       key_name(r->known[i].key), list);
	}
	return true;
}

/* ---- wrong digest ------------------------------------------------------- */

static bool not_over_sha1(const struct refusal *r, struct err *err)
{
	struct proof proof;

	for (size_t i = 0; i < r->known_count; i++) {
		if (!proof_try(&proof, r->message, r->known[i].key, r->sig,
			       PROOF_SHA1, PROOF_SHA1, err))
			return false;
		if (proof.holds)
			return err_set(err, ERR_INVALID,
				       "signature: wrong digest: made with %s "
				       "over the SHA-1 of the image, which is "
				       "not accepted",
				       r->known[i].name.text);
	}
	return true;
}

static bool not_over(const struct refusal *r, const void *data, size_t size,
		     const char *hash, const char *form, struct err *err)
{
	struct proof_message other = {.data = data, .size = size};
	struct proof proof;

	for (size_t i = 0; i < r->known_count; i++) {
		if (!proof_try(&proof, &other, r->known[i].key, r->sig,
			       PROOF_SHA256, PROOF_SHA512, err))
			return false;
		if (proof.holds)
			return err_set(err, ERR_INVALID,
				       "signature: wrong digest: made with %s, "
				       "but over the %s of the image%s, not "
				       "over the image itself",
				       r->known[i].name.text, hash, form);
	}
	return true;
}

/* What people sign by mistake: what sha256sum(1) or openssl-dgst(1) wrote. */
static bool not_over_a_digest(const struct refusal *r, struct err *err)
{
	static const enum proof_hash hashes[] = {PROOF_SHA256, PROOF_SHA512};
	static const char in_hex[] = " in hexadecimal";
	char hex[2 * EVP_MAX_MD_SIZE + 1];

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		const char *name = proof_hash_name(hashes[i]);
		const struct proof_digest *digest =
			&r->message->digests[hashes[i]];
		size_t len;

		if (!proof_digest(r->message, hashes[i], err))
			return false;
		len = 2 * digest->len;
		hex_encode(digest->bytes, digest->len, hex);
		if (!not_over(r, digest->bytes, digest->len, name, "", err) ||
		    !not_over(r, hex, len, name, in_hex, err))
			return false;
		hex[len] = '\n';
		if (!not_over(r, hex, len + 1, name, in_hex, err))
			return false;
	}
	return true;
}

/* What is inside an RSA PKCS#1 v1.5 signature, when the key made it. */
static bool recover(EVP_PKEY *key, const struct signature *sig,
		    uint8_t raw[static SIGNATURE_MAX], size_t *len)
{
	EVP_PKEY_CTX *ctx;
	bool ok;

	if (!EVP_PKEY_is_a(key, "RSA") || !proof_fits(key, sig))
		return false;
	*len = SIGNATURE_MAX;
	ctx = EVP_PKEY_CTX_new(key, NULL);
	ok = ctx && EVP_PKEY_verify_recover_init(ctx) == 1 &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	     EVP_PKEY_verify_recover(ctx, raw, len, sig->bytes, sig->len) == 1;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

static bool explain_digest(const struct refusal *r, const char *name, int nid,
			   const ASN1_OCTET_STRING *digest, struct err *err)
{
	char got[2 * EVP_MAX_MD_SIZE + 1], want[2 * EVP_MAX_MD_SIZE + 1];
	enum proof_hash hash;
	int len = ASN1_STRING_length(digest);

	if (!proof_hash_of(nid, &hash) || len > EVP_MAX_MD_SIZE)
		return err_set(err, ERR_INVALID,
			       "signature: wrong digest: made with %s over a "
			       "%s, expected SHA-256, SHA-384 or SHA-512",
			       name, OBJ_nid2ln(nid));
	if (!proof_digest(r->message, hash, err))
		return false;
	hex_encode(ASN1_STRING_get0_data(digest), (size_t)len, got);
	hex_encode(r->message->digests[hash].bytes,
		   r->message->digests[hash].len, want);
	return err_set(
		err, ERR_INVALID,
		"signature: wrong digest: made with %s over other bytes, "
		"whose %s is %s; the image's is %s",
		name, proof_hash_name(hash), got, want);
}

static bool explain_content(const struct refusal *r, const char *name,
			    const uint8_t *raw, size_t len, struct err *err)
{
	const unsigned char *at = raw;
	X509_SIG *info = d2i_X509_SIG(NULL, &at, (long)len);
	const ASN1_OCTET_STRING *digest;
	const ASN1_OBJECT *object;
	const X509_ALGOR *algorithm;

	ERR_clear_error();
	if (!info)
		return err_set(err, ERR_INVALID,
			       "signature: wrong digest: made with %s over %zu "
			       "bytes that do not name their hash; sign with: "
			       "openssl dgst -sha256 -sign",
			       name, len);
	X509_SIG_get0(info, &algorithm, &digest);
	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	explain_digest(r, name, OBJ_obj2nid(object), digest, err);
	X509_SIG_free(info);
	return false;
}

static bool not_over_other_bytes(const struct refusal *r, struct err *err)
{
	uint8_t raw[SIGNATURE_MAX];
	size_t len;

	for (size_t i = 0; i < r->known_count; i++) {
		if (recover(r->known[i].key, r->sig, raw, &len))
			return explain_content(r, r->known[i].name.text, raw,
					       len, err);
	}
	return true;
}

/* ---- not DER, or no form that an allowed key makes ----------------------- */

static bool is_text(const char *data, size_t len, const char *set)
{
	for (size_t i = 0; i < len; i++) {
		if (!data[i] || !strchr(set, data[i]))
			return false;
	}
	return true;
}

/* What bytes that no allowed key can have made look like. */
static const char *looks_like(const struct signature *sig)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789+/=\r\n";
	static const char begin[] = "-----BEGIN ";
	static const struct {
		size_t len;
		const char *what;
	} sizes[] = {
		{64, "the raw r and s of a P-256 signature"},
		{96, "the raw r and s of a P-384 signature"},
		{256, "an RSA signature of 2048 bits"},
		{384, "an RSA signature of 3072 bits"},
		{512, "an RSA signature of 4096 bits"},
	};
	const char *text = (const char *)sig->bytes;

	if (is_text(text, sig->len, base64))
		return "base64 text inside base64";
	if (sig->len >= strlen(begin) &&
	    memcmp(text, begin, strlen(begin)) == 0)
		return "a PEM block";
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (sig->len == sizes[i].len)
			return sizes[i].what;
	}
	if (sig->bytes[0] == 0x30)
		return "an ECDSA signature in DER, whole, cut or with bytes "
		       "behind it";
	return "no signature of a known form";
}

/* 64 bytes may be Ed25519, and as likely the raw r and s of P-256. */
static bool has_a_form(const struct refusal *r, struct err *err)
{
	bool fits = false, pure = false, der = false;
	char list[LIST_SIZE];

	for (size_t i = 0; i < r->allowed_count; i++) {
		EVP_PKEY *key = r->allowed[i]->key;

		der = der || EVP_PKEY_is_a(key, "EC");
		if (proof_fits(key, r->sig)) {
			fits = true;
			pure = pure || EVP_PKEY_is_a(key, "ED25519");
		}
	}
	if (fits && !(der && pure))
		return true;
	list_allowed(r, list);
	return err_set(err, ERR_INVALID,
		       "signature: %s%s: %zu bytes that look like %s; expected "
		       "a signature%s by %s",
		       der ? "not DER" : "unknown signer",
		       fits ? ", or an unknown signer's" : "", r->sig->len,
		       looks_like(r->sig), der ? " in DER if ECDSA" : "", list);
}

/* ---- all ---------------------------------------------------------------- */

static bool unknown(const struct refusal *r, struct err *err)
{
	char list[LIST_SIZE];

	list_allowed(r, list);
	return err_set(err, ERR_INVALID,
		       "signature: unknown signer, or over other bytes: it "
		       "does not hold over this image for %s",
		       list);
}

bool refusal_explain(const struct refusal *r, struct err *err)
{
	static step *const steps[] = {
		not_by_another,	      not_over_sha1, not_over_a_digest,
		not_over_other_bytes, has_a_form,    unknown,
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (!steps[i](r, err))
			return false;
	}
	return false;
}
