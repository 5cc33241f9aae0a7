#include "pki/signature.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/hex.h"
#include "pki/key.h"

enum {
	READ_SIZE = 256 * 1024, /* bytes of the file at once */
	RSA_BITS_MIN = 2048,
	LIST_SIZE = 256 /* bytes of a list of names in a reason */
};

/* ---- reading ------------------------------------------------------------ */

static bool is_text(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c != '\n' && c != '\r' && (c < 0x20 || c > 0x7e))
			return false;
	}
	return len > 0;
}

/* Base64 with line ends; they do not count for the offset told. */
static bool read_base64(struct signature *out, const char *text, size_t len,
			struct err *err)
{
	char joined[SIGNATURE_TEXT_MAX];
	uint8_t bytes[SIGNATURE_TEXT_MAX];
	size_t used = 0, size = 0, at;

	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\n' && text[i] != '\r')
			joined[used++] = text[i];
	}
	if (!base64_decode(joined, used, bytes, &size, &at)) {
		if (at == used)
			return err_set(err, ERR_INVALID,
				       "signature: base64 damaged: %zu "
				       "characters, which is not a multiple "
				       "of 4",
				       used);
		return err_set(err, ERR_INVALID,
			       "signature: base64 damaged at character %zu",
			       at + 1);
	}
	if (!size || size > sizeof(out->bytes))
		return err_set(err, ERR_INVALID,
			       "signature: %zu bytes, expected 1 to %d", size,
			       SIGNATURE_MAX);
	memcpy(out->bytes, bytes, size);
	out->len = size;
	return true;
}

bool signature_read(struct signature *out, const void *data, size_t len,
		    struct err *err)
{
	const char *text = data;

	out->len = 0;
	if (!len)
		return err_set(err, ERR_INVALID, "signature: empty");
	if (is_text(text, len)) {
		if (len > SIGNATURE_TEXT_MAX)
			return err_set(err, ERR_INVALID,
				       "signature: %zu characters, at most %d "
				       "are taken",
				       len, SIGNATURE_TEXT_MAX);
		if (strncmp(text, "-----BEGIN ", len < 11 ? len : 11) == 0)
			return err_set(err, ERR_INVALID,
				       "signature: a PEM block, expected the "
				       "bare signature, binary or base64");
		return read_base64(out, text, len, err);
	}
	if (len > sizeof(out->bytes))
		return err_set(err, ERR_INVALID,
			       "signature: %zu bytes, at most %d are taken",
			       len, SIGNATURE_MAX);
	memcpy(out->bytes, data, len);
	out->len = len;
	return true;
}

/* ---- digests of the file ------------------------------------------------ */

enum hash { HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_SHA1, HASHES };

static const struct {
	const char *name;
	const char *label; /* for people */
	const EVP_MD *(*md)(void);
} hashes[HASHES] = {
	[HASH_SHA256] = {"sha256", "SHA-256", EVP_sha256},
	[HASH_SHA384] = {"sha384", "SHA-384", EVP_sha384},
	[HASH_SHA512] = {"sha512", "SHA-512", EVP_sha512},
	[HASH_SHA1] = {"sha1", "SHA-1", EVP_sha1},
};

struct digests {
	unsigned char bytes[HASHES][EVP_MAX_MD_SIZE];
	unsigned int len[HASHES];
};

static bool hash_bytes(struct digests *d, const void *data, size_t len,
		       struct err *err)
{
	for (int i = 0; i < HASHES; i++) {
		if (EVP_Digest(data, len, d->bytes[i], &d->len[i],
			       hashes[i].md(), NULL) != 1)
			return err_openssl(err, ERR_SYSTEM, "digest");
	}
	return true;
}

static bool read_and_hash(EVP_MD_CTX *ctx[HASHES], int fd, uint64_t size,
			  char *buf, struct err *err)
{
	uint64_t at = 0;

	while (at < size) {
		ssize_t n = pread(fd, buf, READ_SIZE, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "image");
		if (!n)
			return err_set(err, ERR_SYSTEM,
				       "the image became shorter");
		if ((uint64_t)n > size - at)
			n = (ssize_t)(size - at);
		for (int i = 0; i < HASHES; i++) {
			if (EVP_DigestUpdate(ctx[i], buf, (size_t)n) != 1)
				return err_openssl(err, ERR_SYSTEM, "digest");
		}
		at += (uint64_t)n;
	}
	return true;
}

static bool hash_file(struct digests *d, int fd, uint64_t size, struct err *err)
{
	EVP_MD_CTX *ctx[HASHES] = {0};
	char *buf = malloc(READ_SIZE);
	bool ok = buf ? true : err_memory(err);

	for (int i = 0; ok && i < HASHES; i++) {
		ctx[i] = EVP_MD_CTX_new();
		if (!ctx[i] ||
		    EVP_DigestInit_ex(ctx[i], hashes[i].md(), NULL) != 1)
			ok = err_openssl(err, ERR_SYSTEM, "digest");
	}
	ok = ok && read_and_hash(ctx, fd, size, buf, err);
	for (int i = 0; i < HASHES; i++) {
		if (ok &&
		    EVP_DigestFinal_ex(ctx[i], d->bytes[i], &d->len[i]) != 1)
			ok = err_openssl(err, ERR_SYSTEM, "digest");
		EVP_MD_CTX_free(ctx[i]);
	}
	free(buf);
	return ok;
}

/* ---- one key ------------------------------------------------------------ */

/* How a key's signature held. */
struct match {
	enum hash hash;
	bool pss;
};

static bool holds(EVP_PKEY *key, int padding, enum hash hash,
		  const struct digests *d, const struct signature *sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok =
		ctx && EVP_PKEY_verify_init(ctx) == 1 &&
		(!padding || EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1) &&
		(padding != RSA_PKCS1_PSS_PADDING ||
		 EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_AUTO) ==
			 1) &&
		EVP_PKEY_CTX_set_signature_md(ctx, hashes[hash].md()) == 1 &&
		EVP_PKEY_verify(ctx, sig->bytes, sig->len, d->bytes[hash],
				d->len[hash]) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

/* Does the signature hold over one of the digests from..to? */
static bool holds_any(EVP_PKEY *key, enum hash from, enum hash to,
		      const struct digests *d, const struct signature *sig,
		      struct match *match)
{
	bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
	int first = rsa ? RSA_PKCS1_PADDING : 0;

	for (int hash = (int)from; hash <= (int)to; hash++) {
		match->hash = (enum hash)hash;
		match->pss = false;
		if (holds(key, first, match->hash, d, sig))
			return true;
		match->pss = true;
		if (rsa &&
		    holds(key, RSA_PKCS1_PSS_PADDING, match->hash, d, sig))
			return true;
	}
	return false;
}

/* Ed25519 needs the whole message twice: mapped, never copied. */
static bool ed25519_holds(EVP_PKEY *key, int fd, uint64_t size,
			  const struct signature *sig, struct err *err)
{
	EVP_MD_CTX *ctx;
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	bool ok;

	err->code = ERR_NONE;
	if (map == MAP_FAILED)
		return err_sys(err, "image");
	madvise(map, size, MADV_SEQUENTIAL);
	ctx = EVP_MD_CTX_new();
	ok = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, sig->bytes, sig->len, map, size) == 1;
	EVP_MD_CTX_free(ctx);
	munmap(map, size);
	ERR_clear_error();
	return ok;
}

static bool is_ed25519(EVP_PKEY *key)
{
	return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519;
}

static bool is_ec(EVP_PKEY *key)
{
	return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC;
}

/* A name for what was found: "ecdsa-p256-sha256", "rsa-pss-sha256". */
static void name_algorithm(char out[static SIGNATURE_ALGORITHM_SIZE],
			   EVP_PKEY *key, const struct match *match)
{
	const char *hash = hashes[match->hash].name;

	if (is_ed25519(key))
		snprintf(out, SIGNATURE_ALGORITHM_SIZE, "ed25519");
	else if (is_ec(key))
		snprintf(out, SIGNATURE_ALGORITHM_SIZE, "%s-%s", key_name(key),
			 hash);
	else
		snprintf(out, SIGNATURE_ALGORITHM_SIZE, "rsa-%s-%s",
			 match->pss ? "pss" : "pkcs1", hash);
}

/* ---- all that is checked at once ---------------------------------------- */

struct check {
	const struct signature *sig;
	int fd;
	uint64_t size;
	struct digests digests;
};

/* True when `key` made the signature over this file. */
static bool made_by(const struct check *check, EVP_PKEY *key,
		    struct match *match, struct err *err)
{
	err->code = ERR_NONE;
	if (is_ed25519(key))
		return check->sig->len == 64 &&
		       ed25519_holds(key, check->fd, check->size, check->sig,
				     err);
	return holds_any(key, HASH_SHA256, HASH_SHA512, &check->digests,
			 check->sig, match);
}

static bool key_is_usable(const struct signer *signer, struct err *err)
{
	if (EVP_PKEY_get_base_id(signer->key) != EVP_PKEY_RSA ||
	    EVP_PKEY_get_bits(signer->key) >= RSA_BITS_MIN)
		return true;
	return err_set(err, ERR_INVALID,
		       "signer %s: an RSA key of %d bits: at least %d are "
		       "needed",
		       signer->name.text, EVP_PKEY_get_bits(signer->key),
		       RSA_BITS_MIN);
}

/* ---- why none holds ----------------------------------------------------- */

static void list_signers(char list[static LIST_SIZE],
			 const struct signer *const *signers, size_t count)
{
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; i < count && used < LIST_SIZE; i++)
		used += (size_t)snprintf(list + used, LIST_SIZE - used,
					 "%s%s (%s)", i ? ", " : "",
					 signers[i]->name.text,
					 key_name(signers[i]->key));
}

static bool is_der_ecdsa(const struct signature *sig)
{
	const unsigned char *at = sig->bytes;
	ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &at, (long)sig->len);
	bool whole = parsed && at == sig->bytes + sig->len;

	ECDSA_SIG_free(parsed);
	ERR_clear_error();
	return whole;
}

static bool all_ec(const struct signer *const *signers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_ec(signers[i]->key))
			return false;
	}
	return count > 0;
}

/* What bytes that should have been a DER signature look like. */
static const char *looks_like(const struct signature *sig)
{
	static const char base64[] = "base64 text inside base64";
	uint8_t bytes[SIGNATURE_MAX];
	size_t size, at;

	if (is_text((const char *)sig->bytes, sig->len) &&
	    base64_decode((const char *)sig->bytes, sig->len, bytes, &size,
			  &at))
		return base64;
	if (sig->len == 64)
		return "the raw r and s of a P-256 signature";
	if (sig->len == 96)
		return "the raw r and s of a P-384 signature";
	if (sig->bytes[0] == 0x30)
		return "DER that was cut or has bytes behind it";
	return "no signature of a known form";
}

static bool refuse_form(const struct signature *sig,
			const struct signer *const *allowed, size_t count,
			struct err *err)
{
	char list[LIST_SIZE];

	if (!all_ec(allowed, count) || is_der_ecdsa(sig))
		return true;
	list_signers(list, allowed, count);
	return err_set(err, ERR_INVALID,
		       "signature: not DER: %zu bytes that look like %s; "
		       "expected an ECDSA signature in DER by %s",
		       sig->len, looks_like(sig), list);
}

/* The digest inside an RSA PKCS#1 v1.5 signature, when the key made it. */
static bool recover(EVP_PKEY *key, const struct signature *sig,
		    unsigned char *out, size_t *len)
{
	EVP_PKEY_CTX *ctx;
	const unsigned char *at;
	unsigned char raw[SIGNATURE_MAX];
	size_t raw_len = sizeof(raw);
	X509_SIG *info = NULL;
	const ASN1_OCTET_STRING *digest;
	bool ok = false;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return false;
	ctx = EVP_PKEY_CTX_new(key, NULL);
	if (ctx && EVP_PKEY_verify_recover_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_verify_recover(ctx, raw, &raw_len, sig->bytes, sig->len) ==
		    1) {
		at = raw;
		info = d2i_X509_SIG(NULL, &at, (long)raw_len);
	}
	if (info) {
		X509_SIG_get0(info, NULL, &digest);
		*len = (size_t)ASN1_STRING_length(digest);
		ok = *len <= EVP_MAX_MD_SIZE;
		if (ok)
			memcpy(out, ASN1_STRING_get0_data(digest), *len);
	}
	X509_SIG_free(info);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

/* Over what else people sign by mistake. */
static bool find_mistake(const struct check *check, EVP_PKEY *key,
			 const char **what, struct err *err)
{
	char hex[2 * EVP_MAX_MD_SIZE + 2];
	struct digests other;
	struct match match;
	size_t len = check->digests.len[HASH_SHA256];

	*what = NULL;
	if (is_ed25519(key)) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		if (ctx &&
		    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, check->sig->bytes, check->sig->len,
				     check->digests.bytes[HASH_SHA256],
				     len) == 1)
			*what = "over the SHA-256 of the image, not over the "
				"image itself";
		EVP_MD_CTX_free(ctx);
		ERR_clear_error();
		return true;
	}
	if (holds_any(key, HASH_SHA1, HASH_SHA1, &check->digests, check->sig,
		      &match)) {
		*what = "over the SHA-1 of the image, which is not accepted";
		return true;
	}
	if (!hash_bytes(&other, check->digests.bytes[HASH_SHA256], len, err))
		return false;
	if (holds_any(key, HASH_SHA256, HASH_SHA512, &other, check->sig,
		      &match)) {
		*what = "over the SHA-256 of the image, hashed once more";
		return true;
	}
	hex_encode(check->digests.bytes[HASH_SHA256], len, hex);
	for (int newline = 0; newline < 2; newline++) {
		if (!hash_bytes(&other, hex, 2 * len + (size_t)newline, err))
			return false;
		if (holds_any(key, HASH_SHA256, HASH_SHA512, &other, check->sig,
			      &match))
			*what = "over the SHA-256 of the image written in "
				"hexadecimal";
		hex[2 * len] = '\n';
	}
	return true;
}

static bool explain_digest(const struct check *check,
			   const struct signer *signer, bool *explained,
			   struct err *err)
{
	char got[2 * EVP_MAX_MD_SIZE + 1], want[2 * EVP_MAX_MD_SIZE + 1];
	unsigned char found[EVP_MAX_MD_SIZE];
	const char *what;
	size_t len;

	*explained = false;
	if (!find_mistake(check, signer->key, &what, err))
		return false;
	if (what) {
		*explained = true;
		return err_set(err, ERR_INVALID,
			       "signature: wrong digest: made with %s, but %s",
			       signer->name.text, what);
	}
	if (!recover(signer->key, check->sig, found, &len))
		return true;
	*explained = true;
	hex_encode(found, len, got);
	hex_encode(check->digests.bytes[HASH_SHA256],
		   check->digests.len[HASH_SHA256], want);
	return err_set(err, ERR_INVALID,
		       "signature: wrong digest: made with %s over other "
		       "bytes, whose digest is %s; the image's SHA-256 is %s",
		       signer->name.text, got, want);
}

/* Fill *err with the most telling reason. */
static bool explain(const struct check *check,
		    const struct signer *const *allowed, size_t allowed_count,
		    const struct signer *known, size_t known_count,
		    struct err *err)
{
	char list[LIST_SIZE];
	struct match match;
	bool explained;

	list_signers(list, allowed, allowed_count);
	for (size_t i = 0; i < known_count; i++) {
		if (made_by(check, known[i].key, &match, err))
			return err_set(err, ERR_INVALID,
				       "signature: signed with %s, but the "
				       "product allows only %s",
				       known[i].name.text, list);
		if (err->code)
			return false;
	}
	if (!refuse_form(check->sig, allowed, allowed_count, err))
		return false;
	for (size_t i = 0; i < known_count; i++) {
		if (!explain_digest(check, &known[i], &explained, err) ||
		    explained)
			return false;
	}
	return err_set(err, ERR_INVALID,
		       "signature: unknown signer: it does not verify over "
		       "this image with %s",
		       list);
}

bool signature_verify(const struct signature *sig, int fd, uint64_t size,
		      const struct signer *const *allowed, size_t allowed_count,
		      const struct signer *known, size_t known_count,
		      struct signed_by *by, struct err *err)
{
	struct check check = {.sig = sig, .fd = fd, .size = size};
	struct match match = {0};

	if (!allowed_count)
		return err_set(err, ERR_INVALID,
			       "signature: the product has no signers");
	if (!hash_file(&check.digests, fd, size, err))
		return false;
	for (size_t i = 0; i < allowed_count; i++) {
		if (!made_by(&check, allowed[i]->key, &match, err)) {
			if (err->code)
				return false;
			continue;
		}
		if (!key_is_usable(allowed[i], err))
			return false;
		by->signer = allowed[i]->name;
		name_algorithm(by->algorithm, allowed[i]->key, &match);
		return true;
	}
	return explain(&check, allowed, allowed_count, known, known_count, err);
}

/* ---- making ------------------------------------------------------------- */

static bool sign_message(struct signature *out, EVP_PKEY *key, const EVP_MD *md,
			 bool pss, const void *data, size_t len,
			 struct err *err)
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
	     EVP_DigestSign(ctx, out->bytes, &out->len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok || err_openssl(err, ERR_SYSTEM, "signing");
}

bool signature_make(struct signature *out, EVP_PKEY *key, bool pss, int fd,
		    uint64_t size, struct err *err)
{
	bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
	const EVP_MD *md = EVP_sha256();
	void *map;
	bool ok;

	if (pss && !rsa)
		return err_set(err, ERR_INVALID, "PSS needs an RSA key");
	if (rsa && EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
		return err_set(err, ERR_INVALID,
			       "an RSA key of %d bits: at least %d are needed",
			       EVP_PKEY_get_bits(key), RSA_BITS_MIN);
	if (!size)
		return err_set(err, ERR_INVALID, "the image is empty");
	if (is_ed25519(key))
		md = NULL;
	else if (is_ec(key) && EVP_PKEY_get_bits(key) > 256)
		md = EVP_sha384();
	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return err_sys(err, "image");
	ok = sign_message(out, key, md, pss, map, size, err);
	munmap(map, size);
	return ok;
}
