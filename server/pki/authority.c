#include "pki/authority.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/strbuf.h"
#include "pki/certificate.h"
#include "pki/key.h"

enum {
	DAY = 24 * 60 * 60,
	SERIAL_BITS = 127, /* random and positive, RFC 5280 section 4.1.2.2 */
	ID_DIGITS = 8	   /* of the key's id in an authority's name */
};

const char *const authority_algorithms[] = {
	"rsa-2048", "rsa-3072", "rsa-4096", "ecdsa-p256", "ecdsa-p384", NULL};

/* ---- one certificate ---------------------------------------------------- */

struct extension {
	int nid;
	const char *value; /* as x509v3_config(5) has it */
};

static const struct extension authority_extensions[] = {
	{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
	{NID_key_usage, "critical,keyCertSign,cRLSign"},
	{NID_subject_key_identifier, "hash"},
};

/* keyEncipherment is for TLS_RSA_WITH_*, which old devices may want. */
static const struct extension rsa_extensions[] = {
	{NID_key_usage, "critical,digitalSignature,keyEncipherment"},
};

static const struct extension ecdsa_extensions[] = {
	{NID_key_usage, "critical,digitalSignature"},
};

static const struct extension server_extensions[] = {
	{NID_basic_constraints, "critical,CA:FALSE"},
	{NID_ext_key_usage, "serverAuth"},
	{NID_subject_key_identifier, "hash"},
	{NID_authority_key_identifier, "keyid:always"},
};

#define ADD(certificate, issuer, table)            \
	add_extensions(certificate, issuer, table, \
		       sizeof(table) / sizeof(*(table)))

static bool add_extensions(X509 *certificate, X509 *issuer,
			   const struct extension *table, size_t count)
{
	X509V3_CTX ctx;
	bool ok = true;

	X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
	for (size_t i = 0; i < count && ok; i++) {
		X509_EXTENSION *e = X509V3_EXT_nconf_nid(
			NULL, &ctx, table[i].nid, table[i].value);

		ok = e && X509_add_ext(certificate, e, -1) == 1;
		X509_EXTENSION_free(e);
	}
	return ok;
}

static bool set_serial(X509 *certificate)
{
	BIGNUM *serial = BN_new();
	bool ok =
		serial &&
		BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE,
			BN_RAND_BOTTOM_ANY) == 1 &&
		BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate));

	BN_free(serial);
	return ok;
}

/* Version 3, its serial number, its key and its time. */
static X509 *new_certificate(EVP_PKEY *key, int64_t from, int64_t to)
{
	X509 *c = X509_new();

	if (c && X509_set_version(c, X509_VERSION_3) == 1 && set_serial(c) &&
	    X509_set_pubkey(c, key) == 1 &&
	    ASN1_TIME_set(X509_getm_notBefore(c), (time_t)from) &&
	    ASN1_TIME_set(X509_getm_notAfter(c), (time_t)to))
		return c;
	X509_free(c);
	return NULL;
}

/* ---- the authority ------------------------------------------------------ */

/* Devices find issuers by name alone, so no two authorities share one. */
static bool set_authority_name(X509 *certificate, EVP_PKEY *key)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	char id[KEY_ID_SIZE], name[64];

	if (!key_id(key, id))
		return false;
	snprintf(name, sizeof(name), "otterd CA %.*s", ID_DIGITS, id);
	return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC,
					  (const unsigned char *)name, -1, -1,
					  0) == 1 &&
	       X509_set_issuer_name(certificate, subject) == 1;
}

bool authority_make(struct authority *out, const char *algorithm, int64_t now,
		    struct err *err)
{
	EVP_PKEY *key = NULL;
	X509 *c = NULL;

	*out = (struct authority){0};
	if (!key_generate(&key, algorithm, err))
		return false;
	c = new_certificate(key, now - DAY, AUTHORITY_END);
	if (!c || !set_authority_name(c, key) ||
	    !ADD(c, c, authority_extensions) ||
	    X509_sign(c, key, EVP_sha256()) == 0) {
		err_openssl(err, ERR_SYSTEM, "making an authority");
		X509_free(c);
		EVP_PKEY_free(key);
		return false;
	}
	*out = (struct authority){key, c};
	return true;
}

static bool read_one(X509 **out, const char *path, struct err *err)
{
	EVP_PKEY *key;

	if (!key_read_public(&key, out, path, err))
		return false;
	EVP_PKEY_free(key);
	return *out || err_set(err, ERR_INVALID,
			       "%s: holds a public key, expected a "
			       "certificate",
			       path);
}

bool authority_read(struct authority *out, const char *key_path,
		    const char *certificate_path, struct err *err)
{
	struct authority read = {0};
	bool ok;

	*out = read;
	if (!key_read_private(&read.key, key_path, err))
		return false;
	ok = read_one(&read.certificate, certificate_path, err);
	if (ok && !certificate_is_ca(read.certificate))
		ok = err_set(err, ERR_INVALID,
			     "%s: is no certificate of an authority",
			     certificate_path);
	if (ok && X509_check_private_key(read.certificate, read.key) != 1)
		ok = err_openssl(err, ERR_INVALID, "%s is not the key of %s",
				 key_path, certificate_path);
	if (!ok) {
		authority_free(&read);
		return false;
	}
	*out = read;
	return true;
}

void authority_free(struct authority *authority)
{
	EVP_PKEY_free(authority->key);
	X509_free(authority->certificate);
	*authority = (struct authority){0};
}

/* ---- what it issues ----------------------------------------------------- */

static bool fill(X509 *c, const struct authority *authority,
		 const struct authority_request *request, struct err *err)
{
	X509 *issuer = authority->certificate;
	bool rsa = EVP_PKEY_is_a(request->key, "RSA");

	if (!naming_put(c, request->hosts, request->host_count, request->naming,
			err))
		return false;
	if (X509_set_issuer_name(c, X509_get_subject_name(issuer)) == 1 &&
	    ADD(c, issuer, server_extensions) &&
	    (rsa ? ADD(c, issuer, rsa_extensions)
		 : ADD(c, issuer, ecdsa_extensions)) &&
	    X509_sign(c, authority->key, EVP_sha256()) != 0)
		return true;
	return err_openssl(err, ERR_SYSTEM, "issuing a certificate");
}

bool authority_issue(X509 **out, const struct authority *authority,
		     const struct authority_request *request, struct err *err)
{
	int64_t end = certificate_not_after(authority->certificate);
	int64_t to = request->now + (int64_t)request->days * DAY;
	X509 *c;

	*out = NULL;
	if (end <= request->now)
		return err_set(err, ERR_INVALID, "the authority has expired");
	c = new_certificate(request->key, request->now - DAY,
			    to < end ? to : end);
	if (!c)
		return err_openssl(err, ERR_SYSTEM, "issuing a certificate");
	if (!fill(c, authority, request, err)) {
		X509_free(c);
		return false;
	}
	*out = c;
	return true;
}

bool authority_write(X509 *certificate, char **pem, size_t *len,
		     struct err *err)
{
	struct strbuf text = {0};
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long size;

	*pem = NULL;
	if (!bio || PEM_write_bio_X509(bio, certificate) != 1) {
		BIO_free(bio);
		return err_openssl(err, ERR_SYSTEM, "PEM");
	}
	size = BIO_get_mem_data(bio, &data);
	strbuf_add(&text, data, (size_t)size);
	BIO_free(bio);
	*pem = strbuf_take(&text, len);
	return *pem || err_memory(err);
}
