#include "pki/signature.h"

#include <stdio.h>
#include <string.h>

#include <openssl/rsa.h>

#include "base/hex.h"
#include "pki/key.h"
#include "pki/proof.h"
#include "pki/refusal.h"

/* ---- reading ------------------------------------------------------------ */

/* Digits of the shortest signature, Ed25519's, written in hexadecimal. */
enum { HEX_MIN = 128 };

static bool is_line_end(char c)
{
	return c == '\n' || c == '\r';
}

/*
 * Seven of eight characters are printable: damaged text is still text.  Of
 * the random bytes of a signature three of eight are.
 */
static bool is_text(const char *data, size_t len)
{
	size_t printable = 0;

	for (size_t i = 0; i < len; i++)
		printable += is_line_end(data[i]) ||
			     (data[i] >= ' ' && data[i] <= '~');
	return 8 * printable >= 7 * len;
}

static bool is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!text[i] || !strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	}
	return len >= HEX_MIN;
}

/* Character number `skip` of `text`, line ends not counted, is wrong. */
static bool damaged_at(const char *text, size_t skip, struct err *err)
{
	size_t line = 1, column = 1;

	for (; skip || is_line_end(*text); text++) {
		if (!is_line_end(*text)) {
			skip--;
			column++;
		} else if (*text == '\n') {
			line++;
			column = 1;
		}
	}
	return err_set(err, ERR_INVALID,
		       "signature: base64 damaged at character %zu of line %zu",
		       column, line);
}

static bool read_base64(struct signature *out, const char *text, size_t len,
			struct err *err)
{
	char joined[SIGNATURE_TEXT_MAX];
	uint8_t bytes[SIGNATURE_TEXT_MAX];
	size_t used = 0, size = 0, at;

	for (size_t i = 0; i < len; i++) {
		if (!is_line_end(text[i]))
			joined[used++] = text[i];
	}
	if (is_hex(joined, used))
		return err_set(err, ERR_INVALID,
			       "signature: hexadecimal, expected binary or "
			       "base64");
	if (!base64_decode(joined, used, bytes, &size, &at)) {
		if (at < used)
			return damaged_at(text, at, err);
		return err_set(err, ERR_INVALID,
			       "signature: base64 damaged: %zu characters, "
			       "which is not a multiple of 4",
			       used);
	}
	if (!size || size > sizeof(out->bytes))
		return err_set(err, ERR_INVALID,
			       "signature: %zu bytes, expected 1 to %d", size,
			       SIGNATURE_MAX);
	memcpy(out->bytes, bytes, size);
	out->len = size;
	return true;
}

static bool read_text(struct signature *out, const char *text, size_t len,
		      struct err *err)
{
	static const char begin[] = "-----BEGIN ";

	if (len > SIGNATURE_TEXT_MAX)
		return err_set(err, ERR_INVALID,
			       "signature: %zu characters, at most %d are "
			       "taken",
			       len, SIGNATURE_TEXT_MAX);
	if (len >= strlen(begin) && memcmp(text, begin, strlen(begin)) == 0)
		return err_set(err, ERR_INVALID,
			       "signature: a PEM block, expected the bare "
			       "signature, binary or base64");
	return read_base64(out, text, len, err);
}

bool signature_read(struct signature *out, const void *data, size_t len,
		    struct err *err)
{
	out->len = 0;
	if (!len)
		return err_set(err, ERR_INVALID, "signature: empty");
	if (is_text(data, len))
		return read_text(out, data, len, err);
	if (len > sizeof(out->bytes))
		return err_set(err, ERR_INVALID,
			       "signature: %zu bytes, at most %d are taken",
			       len, SIGNATURE_MAX);
	memcpy(out->bytes, data, len);
	out->len = len;
	return true;
}

/* ---- checking ----------------------------------------------------------- */

static bool accept(const struct signer *signer, const struct proof *proof,
		   struct signed_by *by, struct err *err)
{
	if (!key_check_signing(signer->key, err))
		return err_wrap(err, "signer %s", signer->name.text);
	by->signer = signer->name;
	proof_name(proof, signer->key, by->algorithm);
	return true;
}

bool signature_verify(const struct signature *sig, int fd, uint64_t size,
		      const struct signer *const *allowed, size_t allowed_count,
		      const struct signer *known, size_t known_count,
		      struct signed_by *by, struct err *err)
{
	struct proof_message message = {.fd = fd, .size = size};
	struct proof proof;

	if (!allowed_count)
		return err_set(err, ERR_INVALID,
			       "signature: the product has no signers");
	/* One hash for all keys, then the next: the first is nearly always it.
	 */
	for (int hash = PROOF_SHA256; hash <= PROOF_SHA512; hash++) {
		for (size_t i = 0; i < allowed_count; i++) {
			if (!proof_try(&proof, &message, allowed[i]->key, sig,
				       (enum proof_hash)hash,
				       (enum proof_hash)hash, err))
				return false;
			if (proof.holds)
				return accept(allowed[i], &proof, by, err);
		}
	}
	return refusal_explain(&(struct refusal){sig, &message, allowed,
						 allowed_count, known,
						 known_count},
			       err);
}

/* ---- making ------------------------------------------------------------- */

static bool sign(struct signature *out, EVP_PKEY *key, const EVP_MD *md,
		 bool pss, const void *data, size_t size, struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *options = NULL;
	bool ok;

	out->len = sizeof(out->bytes);
	ok = ctx && EVP_DigestSignInit(ctx, &options, md, NULL, key) == 1 &&
	     (!pss || (EVP_PKEY_CTX_set_rsa_padding(
			       options, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(
			       options, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
	     EVP_DigestSign(ctx, out->bytes, &out->len, data, size) == 1;
	EVP_MD_CTX_free(ctx);
	return ok || err_openssl(err, ERR_SYSTEM, "signing");
}

/* The hash that suits a key; Ed25519 brings its own. */
static const EVP_MD *hash_for(EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "ED25519"))
		return NULL;
	if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 384)
		return EVP_sha384();
	return EVP_sha256();
}

bool signature_make(struct signature *out, EVP_PKEY *key, bool pss, int fd,
		    uint64_t size, struct err *err)
{
	const struct proof_message message = {.fd = fd, .size = size};
	const void *data;
	bool ok;

	out->len = 0;
	if (!key_check_signing(key, err))
		return false;
	if (EVP_PKEY_is_a(key, "RSA-PSS"))
		pss = true;
	else if (pss && !EVP_PKEY_is_a(key, "RSA"))
		return err_set(err, ERR_INVALID, "PSS needs an RSA key");
	if (!size)
		return err_set(err, ERR_INVALID, "the image is empty");
	if (!proof_map(&message, &data, err))
		return false;
	ok = sign(out, key, hash_for(key), pss, data, size, err);
	proof_unmap(&message, data);
	return ok;
}
