#include "pki/proof.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "pki/key.h"

enum {
	READ_SIZE = 256 * 1024, /* bytes of the file at once */
	ED25519_SIZE = 64	/* bytes of a signature, RFC 8032 */
};

static const struct {
	const char *name; /* within an algorithm's name */
	const char *label;
	int nid;
	const EVP_MD *(*md)(void);
} hashes[PROOF_HASHES] = {
	[PROOF_SHA256] = {"sha256", "SHA-256", NID_sha256, EVP_sha256},
	[PROOF_SHA384] = {"sha384", "SHA-384", NID_sha384, EVP_sha384},
	[PROOF_SHA512] = {"sha512", "SHA-512", NID_sha512, EVP_sha512},
	[PROOF_SHA1] = {"sha1", "SHA-1", NID_sha1, EVP_sha1},
};

const char *proof_hash_name(enum proof_hash hash)
{
	return hashes[hash].label;
}

bool proof_hash_of(int nid, enum proof_hash *hash)
{
	for (int i = 0; i < PROOF_HASHES; i++) {
		if (hashes[i].md && hashes[i].nid == nid) {
			*hash = (enum proof_hash)i;
			return true;
		}
	}
	return false;
}

static bool is_ed25519(EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "ED25519");
}

static bool is_rsa(EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
}

/* ---- the message -------------------------------------------------------- */

static bool too_short(struct err *err)
{
	return err_set(err, ERR_SYSTEM, "the image became shorter");
}

static bool hash_file(EVP_MD_CTX *ctx, const struct proof_message *message,
		      uint8_t *buf, struct err *err)
{
	uint64_t at = 0;

	while (at < message->size) {
		uint64_t left = message->size - at;
		ssize_t n = pread(message->fd, buf,
				  left < READ_SIZE ? (size_t)left : READ_SIZE,
				  (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "image");
		if (!n)
			return too_short(err);
		if (EVP_DigestUpdate(ctx, buf, (size_t)n) != 1)
			return err_openssl(err, ERR_SYSTEM, "digest");
		at += (uint64_t)n;
	}
	return true;
}

static bool hash_message(EVP_MD_CTX *ctx, const struct proof_message *message,
			 struct err *err)
{
	uint8_t *buf;
	bool ok;

	if (message->data)
		return EVP_DigestUpdate(ctx, message->data, message->size) ==
			       1 ||
		       err_openssl(err, ERR_SYSTEM, "digest");
	buf = malloc(READ_SIZE);
	if (!buf)
		return err_memory(err);
	ok = hash_file(ctx, message, buf, err);
	free(buf);
	return ok;
}

bool proof_digest(struct proof_message *message, enum proof_hash hash,
		  struct err *err)
{
	struct proof_digest *digest = &message->digests[hash];
	EVP_MD_CTX *ctx;
	bool ok;

	if (digest->len)
		return true;
	ctx = EVP_MD_CTX_new();
	ok = ctx && EVP_DigestInit_ex(ctx, hashes[hash].md(), NULL) == 1;
	if (!ok)
		err_openssl(err, ERR_SYSTEM, "digest");
	ok = ok && hash_message(ctx, message, err);
	if (ok && EVP_DigestFinal_ex(ctx, digest->bytes, &digest->len) != 1)
		ok = err_openssl(err, ERR_SYSTEM, "digest");
	EVP_MD_CTX_free(ctx);
	return ok;
}

bool proof_map(const struct proof_message *message, const void **data,
	       struct err *err)
{
	struct stat st;
	void *map;

	*data = message->size ? message->data : "";
	if (*data)
		return true;
	if (fstat(message->fd, &st) < 0)
		return err_sys(err, "image");
	/* Reading behind the end of the file would be a SIGBUS. */
	if ((uint64_t)st.st_size < message->size)
		return too_short(err);
	map = mmap(NULL, message->size, PROT_READ, MAP_PRIVATE, message->fd, 0);
	if (map == MAP_FAILED)
		return err_sys(err, "image");
	madvise(map, message->size, MADV_SEQUENTIAL);
	*data = map;
	return true;
}

void proof_unmap(const struct proof_message *message, const void *data)
{
	if (!message->data && message->size)
		munmap((void *)(uintptr_t)data, message->size);
}

/* ---- a signature -------------------------------------------------------- */

static bool is_ecdsa(const struct signature *sig)
{
	const unsigned char *at = sig->bytes;
	ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &at, (long)sig->len);
	bool whole = parsed && at == sig->bytes + sig->len;

	ECDSA_SIG_free(parsed);
	ERR_clear_error();
	return whole;
}

bool proof_fits(EVP_PKEY *key, const struct signature *sig)
{
	if (is_ed25519(key))
		return sig->len == ED25519_SIZE;
	if (is_rsa(key))
		return sig->len == (size_t)EVP_PKEY_get_size(key);
	return is_ecdsa(sig);
}

/* An RSA key that is restricted to PSS refuses the other padding. */
static bool holds_padded(EVP_PKEY *key, int padding, enum proof_hash hash,
			 const struct proof_digest *digest,
			 const struct signature *sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok =
		ctx && EVP_PKEY_verify_init(ctx) == 1 &&
		(!padding || EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1) &&
		(padding != RSA_PKCS1_PSS_PADDING ||
		 EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_AUTO) ==
			 1) &&
		EVP_PKEY_CTX_set_signature_md(ctx, hashes[hash].md()) == 1 &&
		EVP_PKEY_verify(ctx, sig->bytes, sig->len, digest->bytes,
				digest->len) == 1;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

static bool try_hash(struct proof *out, struct proof_message *message,
		     EVP_PKEY *key, const struct signature *sig,
		     struct err *err)
{
	const struct proof_digest *digest = &message->digests[out->hash];

	if (!proof_digest(message, out->hash, err))
		return false;
	if (!is_rsa(key)) {
		out->holds = holds_padded(key, 0, out->hash, digest, sig);
		return true;
	}
	out->holds =
		holds_padded(key, RSA_PKCS1_PADDING, out->hash, digest, sig);
	if (!out->holds)
		out->holds = out->pss = holds_padded(key, RSA_PKCS1_PSS_PADDING,
						     out->hash, digest, sig);
	return true;
}

/* Ed25519 reads the message twice, so it has to be there at once. */
static bool try_pure(struct proof *out, const struct proof_message *message,
		     EVP_PKEY *key, const struct signature *sig,
		     struct err *err)
{
	const void *data;
	EVP_MD_CTX *ctx;

	if (!proof_map(message, &data, err))
		return false;
	ctx = EVP_MD_CTX_new();
	out->holds = ctx &&
		     EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		     EVP_DigestVerify(ctx, sig->bytes, sig->len, data,
				      message->size) == 1;
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	proof_unmap(message, data);
	return true;
}

bool proof_try(struct proof *out, struct proof_message *message, EVP_PKEY *key,
	       const struct signature *sig, enum proof_hash from,
	       enum proof_hash to, struct err *err)
{
	bool pure = is_ed25519(key);

	*out = (struct proof){0};
	if (!proof_fits(key, sig))
		return true;
	for (int hash = (int)from; hash <= (int)to && !out->holds; hash++) {
		out->hash = (enum proof_hash)hash;
		if (pure != (hash == PROOF_PURE))
			continue;
		if (!(pure ? try_pure(out, message, key, sig, err)
			   : try_hash(out, message, key, sig, err)))
			return false;
	}
	return true;
}

void proof_name(const struct proof *proof, EVP_PKEY *key,
		char name[static SIGNATURE_ALGORITHM_SIZE])
{
	const char *hash = hashes[proof->hash].name;

	if (proof->hash == PROOF_PURE)
		snprintf(name, SIGNATURE_ALGORITHM_SIZE, "ed25519");
	else if (is_rsa(key))
		snprintf(name, SIGNATURE_ALGORITHM_SIZE, "rsa-%s-%s",
			 proof->pss ? "pss" : "pkcs1", hash);
	else
		snprintf(name, SIGNATURE_ALGORITHM_SIZE, "%s-%s", key_name(key),
			 hash);
}
