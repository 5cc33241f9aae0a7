#include "pki/pool.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "pki/certificate.h"
#include "pki/known.h"
#include "pki/pem.h"

struct pool {
	X509 *certificates[POOL_MAX];
	struct digest fingerprints[POOL_MAX];
	size_t count;
	X509_CRL *crls[POOL_CRL_MAX];
	size_t crl_count;
};

bool pool_new(struct pool **out, struct err *err)
{
	*out = calloc(1, sizeof(**out));
	return *out || err_memory(err);
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	for (size_t i = 0; i < pool->count; i++)
		X509_free(pool->certificates[i]);
	for (size_t i = 0; i < pool->crl_count; i++)
		X509_CRL_free(pool->crls[i]);
	free(pool);
}

size_t pool_count(const struct pool *pool)
{
	return pool->count;
}

X509 *pool_at(const struct pool *pool, size_t i)
{
	return pool->certificates[i];
}

bool pool_add(struct pool *pool, X509 *certificate, struct err *err)
{
	struct digest fingerprint;

	if (!certificate_fingerprint(certificate, &fingerprint))
		return err_openssl(err, ERR_SYSTEM, "SHA-256");
	for (size_t i = 0; i < pool->count; i++) {
		if (digest_equal(&pool->fingerprints[i], &fingerprint))
			return true;
	}
	if (pool->count == POOL_MAX)
		return err_set(err, ERR_TOO_LARGE,
			       "more than %d certificates in the pool",
			       POOL_MAX);
	X509_up_ref(certificate);
	pool->certificates[pool->count] = certificate;
	pool->fingerprints[pool->count++] = fingerprint;
	return true;
}

static bool add_crl(struct pool *pool, X509_CRL *crl, struct err *err)
{
	if (pool->crl_count == POOL_CRL_MAX)
		return err_set(err, ERR_TOO_LARGE,
			       "more than %d CRLs in the pool", POOL_CRL_MAX);
	X509_CRL_up_ref(crl);
	pool->crls[pool->crl_count++] = crl;
	return true;
}

/* ---- one block ---------------------------------------------------------- */

static bool add_certificate_value(struct pool *pool, ASN1_VALUE *value,
				  struct err *err)
{
	return pool_add(pool, (X509 *)value, err);
}

static bool add_crl_value(struct pool *pool, ASN1_VALUE *value, struct err *err)
{
	return add_crl(pool, (X509_CRL *)value, err);
}

/* What a block may be, and why those that look like it may not. */
static const struct kind {
	const char *label;
	ASN1_ITEM_EXP *item;
	bool (*add)(struct pool *pool, ASN1_VALUE *value, struct err *err);
	const char *refusal;
} kinds[] = {
	{PEM_STRING_X509, ASN1_ITEM_ref(X509), add_certificate_value, NULL},
	{PEM_STRING_X509_OLD, ASN1_ITEM_ref(X509), add_certificate_value, NULL},
	{PEM_STRING_X509_CRL, ASN1_ITEM_ref(X509_CRL), add_crl_value, NULL},
	{PEM_STRING_X509_TRUSTED, NULL, NULL,
	 "holds a TRUSTED CERTIFICATE, OpenSSL's own form: convert it with: "
	 "openssl x509 -in OLD -out NEW"},
};

static const struct kind *find_kind(const char *label)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].label, label) == 0)
			return &kinds[i];
	}
	return NULL;
}

static bool add_block(struct pool *pool, const struct kind *kind,
		      const struct pem_block *block, const char *path,
		      struct err *err)
{
	const ASN1_ITEM *item = ASN1_ITEM_ptr(kind->item);
	const unsigned char *at = block->der;
	ASN1_VALUE *value = ASN1_item_d2i(NULL, &at, block->len, item);
	bool ok;

	if (!value)
		return err_openssl(err, ERR_INVALID, "%s: damaged %s", path,
				   block->label);
	if (at != block->der + block->len)
		ok = err_set(err, ERR_INVALID,
			     "%s: bytes follow the %s inside its PEM block",
			     path, block->label);
	else
		ok = kind->add(pool, value, err) || err_wrap(err, "%s", path);
	ASN1_item_free(value, item);
	return ok;
}

/* Where blocks go, and how many there were. */
struct taking {
	struct pool *pool;
	size_t blocks;
};

static bool take(void *arg, const struct pem_block *block, const char *path,
		 struct err *err)
{
	struct taking *taking = arg;
	const struct kind *kind = find_kind(block->label);

	taking->blocks++;
	if (strstr(block->label, "PRIVATE KEY"))
		return err_set(err, ERR_INVALID,
			       "%s: holds a private key, and a pool holds "
			       "public certificates; keep it where only its "
			       "owner reads it",
			       path);
	if (!kind)
		return err_set(err, ERR_INVALID,
			       "%s: holds a %s, expected certificates and CRLs",
			       path, block->label);
	if (kind->refusal)
		return err_set(err, ERR_INVALID, "%s: %s", path, kind->refusal);
	return add_block(taking->pool, kind, block, path, err);
}

static bool add_pem(struct pool *pool, const char *path, struct err *err)
{
	struct taking taking = {.pool = pool};

	if (!pem_read(path, POOL_FILE_MAX, PEM_PUBLIC, take, &taking, err))
		return false;
	return taking.blocks ||
	       err_set(err, ERR_INVALID, "%s: holds no certificate and no CRL",
		       path);
}

/* ---- one certificate or CRL in DER --------------------------------------- */

/* The value, when that is what all the bytes are. */
static ASN1_VALUE *parse_whole(const struct kind *kind, const char *der,
			       size_t len)
{
	const unsigned char *start = (const unsigned char *)der, *at = start;
	const ASN1_ITEM *item = ASN1_ITEM_ptr(kind->item);
	ASN1_VALUE *value;

	ERR_set_mark();
	value = ASN1_item_d2i(NULL, &at, (long)len, item);
	ERR_pop_to_mark();
	if (value && at == start + len)
		return value;
	ASN1_item_free(value, item);
	return NULL;
}

static bool add_der(struct pool *pool, const char *der, size_t len,
		    const char *path, struct err *err)
{
	static const char *const labels[] = {PEM_STRING_X509,
					     PEM_STRING_X509_CRL};

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		const struct kind *kind = find_kind(labels[i]);
		ASN1_VALUE *value = parse_whole(kind, der, len);
		bool ok;

		if (!value)
			continue;
		ok = kind->add(pool, value, err) || err_wrap(err, "%s", path);
		ASN1_item_free(value, ASN1_ITEM_ptr(kind->item));
		return ok;
	}
	return err_set(err, ERR_INVALID,
		       "%s: DER that is not one certificate or CRL and "
		       "nothing else",
		       path);
}

/* ---- files --------------------------------------------------------------- */

/* What a file may hold, by the end of its name. */
static const struct ending {
	const char *text;
	bool der; /* perhaps, beside PEM */
} endings[] = {
	{".pem", false}, {".crt", true}, {".cer", true},
	{".der", true},	 {".crl", true},
};

static const struct ending *find_ending(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcmp(dot, endings[i].text) == 0)
			return &endings[i];
	return NULL;
}

/* A SEQUENCE of more than 127 bytes, which no text begins with. */
static bool is_der(const char *data, size_t len)
{
	return len > 1 && data[0] == 0x30 && (data[1] & 0x80);
}

static bool add_file(struct pool *pool, const char *path, struct err *err)
{
	const struct ending *ending = find_ending(path);
	char *data;
	size_t len;
	bool ok;

	if (!ending || !ending->der)
		return add_pem(pool, path, err);
	if (!file_read(path, POOL_FILE_MAX, &data, &len, err))
		return false;
	ok = is_der(data, len) ? add_der(pool, data, len, path, err)
			       : add_pem(pool, path, err);
	free(data);
	return ok;
}

/* ---- folders ------------------------------------------------------------ */

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Of bytes, the same in every locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add_any(struct pool *pool, const char *path, int depth,
		    struct err *err);

static bool add_entry(struct pool *pool, const char *folder, const char *name,
		      int depth, struct err *err)
{
	struct strbuf path = {0};
	struct stat st;
	bool ok = true;

	strbuf_printf(&path, "%s/%s", folder, name);
	if (path.failed)
		ok = err_memory(err);
	else if (find_ending(name) ||
		 (stat(path.data, &st) == 0 && S_ISDIR(st.st_mode)))
		ok = add_any(pool, path.data, depth, err);
	strbuf_free(&path);
	return ok;
}

static bool add_folder(struct pool *pool, const char *path, int depth,
		       struct err *err)
{
	struct dirent **entries;
	bool ok = true;
	int count;

	if (depth > POOL_DEPTH_MAX)
		return err_set(err, ERR_TOO_LARGE,
			       "%s: more than %d folders in folders", path,
			       POOL_DEPTH_MAX);
	count = scandir(path, &entries, is_shown, by_name);
	if (count < 0)
		return err_sys(err, "%s", path);
	for (int i = 0; i < count; i++) {
		ok = ok &&
		     add_entry(pool, path, entries[i]->d_name, depth + 1, err);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static bool add_any(struct pool *pool, const char *path, int depth,
		    struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, "%s", path);
	return S_ISDIR(st.st_mode) ? add_folder(pool, path, depth, err)
				   : add_file(pool, path, err);
}

bool pool_add_path(struct pool *pool, const char *path, struct err *err)
{
	return add_any(pool, path, 0, err);
}

/* ---- revocation --------------------------------------------------------- */

/* cRLSign, where there is a keyUsage (RFC 5280 section 4.2.1.3). */
static bool signed_crl(X509 *issuer, X509_CRL *crl)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool good;

	if (!key ||
	    X509_NAME_cmp(X509_get_subject_name(issuer),
			  X509_CRL_get_issuer(crl)) != 0 ||
	    !(X509_get_key_usage(issuer) & KU_CRL_SIGN))
		return false;
	ERR_set_mark();
	good = X509_CRL_verify(crl, key) == 1;
	ERR_pop_to_mark();
	return good;
}

static bool is_genuine(const struct pool *pool, X509_CRL *crl)
{
	for (size_t i = 0; i < pool->count; i++) {
		if (signed_crl(pool->certificates[i], crl))
			return true;
	}
	return false;
}

static bool lists(X509_CRL *crl, X509 *certificate)
{
	X509_REVOKED *entry;

	return X509_NAME_cmp(X509_CRL_get_issuer(crl),
			     X509_get_issuer_name(certificate)) == 0 &&
	       X509_CRL_get0_by_cert(crl, &entry, certificate) == 1;
}

bool pool_revoked(const struct pool *pool, X509 *certificate)
{
	const struct known *known;
	struct digest fingerprint;

	for (size_t i = 0; i < pool->crl_count; i++) {
		if (lists(pool->crls[i], certificate) &&
		    is_genuine(pool, pool->crls[i]))
			return true;
	}
	if (!certificate_fingerprint(certificate, &fingerprint))
		return false;
	known = known_find(&fingerprint);
	return known && known->revoked;
}
