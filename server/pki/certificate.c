#include "pki/certificate.h"

#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/strbuf.h"

/* ---- names -------------------------------------------------------------- */

/* What the BIO holds, cut to fit, or `otherwise`. */
static void take_text(BIO *bio, char text[static CERTIFICATE_NAME_SIZE],
		      const char *otherwise)
{
	int len = BIO_read(bio, text, CERTIFICATE_NAME_SIZE - 1);

	if (len > 0)
		text[len] = '\0';
	else
		text_copy(text, CERTIFICATE_NAME_SIZE, otherwise);
}

/* The type that GENERAL_NAME_print() puts before a name: "DNS:". */
static void skip_type(BIO *bio)
{
	char c;

	while (BIO_read(bio, &c, 1) == 1 && c != ':')
		;
}

static void print_alternative(BIO *to, const X509 *c)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(c, NID_subject_alt_name, NULL, NULL);
	BIO *bio = BIO_new(BIO_s_mem());
	char text[CERTIFICATE_NAME_SIZE];

	for (int i = 0; bio && i < sk_GENERAL_NAME_num(names); i++) {
		GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS && name->type != GEN_IPADD)
			continue;
		GENERAL_NAME_print(bio, name);
		skip_type(bio);
		take_text(bio, text, "");
		BIO_printf(to, " %s", text);
		break;
	}
	BIO_free(bio);
	GENERAL_NAMES_free(names);
}

static void print_name(const X509_NAME *name, const X509 *holder,
		       char text[static CERTIFICATE_NAME_SIZE])
{
	BIO *bio = BIO_new(BIO_s_mem());

	ERR_set_mark();
	if (bio && X509_NAME_entry_count(name)) {
		X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
	} else if (bio) {
		BIO_puts(bio, "(no subject)");
		if (holder)
			print_alternative(bio, holder);
	}
	ERR_pop_to_mark();
	take_text(bio, text, "(unreadable)");
	BIO_free(bio);
}

void certificate_subject(const X509 *c, char text[static CERTIFICATE_NAME_SIZE])
{
	print_name(X509_get_subject_name(c), c, text);
}

void certificate_issuer(const X509 *c, char text[static CERTIFICATE_NAME_SIZE])
{
	print_name(X509_get_issuer_name(c), NULL, text);
}

/* ---- dates -------------------------------------------------------------- */

static int64_t read_time(const ASN1_TIME *time)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm);
}

int64_t certificate_not_before(const X509 *c)
{
	return read_time(X509_get0_notBefore(c));
}

int64_t certificate_not_after(const X509 *c)
{
	return read_time(X509_get0_notAfter(c));
}

bool certificate_valid_at(const X509 *c, int64_t utc)
{
	return certificate_not_before(c) <= utc &&
	       utc <= certificate_not_after(c);
}

/* ---- identity ----------------------------------------------------------- */

bool certificate_fingerprint(const X509 *c, struct digest *digest)
{
	unsigned int len = 0;

	return X509_digest(c, EVP_sha256(), digest->bytes, &len) == 1 &&
	       len == DIGEST_SIZE;
}

size_t certificate_size(const X509 *c)
{
	int size = i2d_X509(c, NULL);

	return size > 0 ? (size_t)size : 0;
}

bool certificate_self_issued(const X509 *c)
{
	return X509_NAME_cmp(X509_get_subject_name(c),
			     X509_get_issuer_name(c)) == 0;
}

bool certificate_same_holder(const X509 *a, const X509 *b)
{
	const EVP_PKEY *key = X509_get0_pubkey(a), *other = X509_get0_pubkey(b);

	return key && other &&
	       X509_NAME_cmp(X509_get_subject_name(a),
			     X509_get_subject_name(b)) == 0 &&
	       EVP_PKEY_eq(key, other) == 1;
}

bool certificate_equal(const X509 *a, const X509 *b)
{
	struct digest one, other;

	return certificate_fingerprint(a, &one) &&
	       certificate_fingerprint(b, &other) && digest_equal(&one, &other);
}

size_t certificate_message_size(const STACK_OF(X509) * chain)
{
	size_t size = 4 + 3; /* the message's header, the list's length */

	for (int i = 0; i < sk_X509_num(chain); i++)
		size += 3 + certificate_size(sk_X509_value(chain, i));
	return size;
}

/* ---- what it may sign --------------------------------------------------- */

bool certificate_is_ca(X509 *c)
{
	uint32_t flags = X509_get_extension_flags(c);

	if (flags & EXFLAG_INVALID || !(flags & EXFLAG_CA))
		return false;
	/* All bits are set where there is no such extension. */
	return X509_get_key_usage(c) & KU_KEY_CERT_SIGN &&
	       X509_get_extended_key_usage(c) & (XKU_SSL_SERVER | XKU_ANYEKU);
}

long certificate_path_length(X509 *c)
{
	return X509_get_pathlen(c);
}

bool certificate_signed_by(X509 *c, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	bool good;

	if (!key || X509_NAME_cmp(X509_get_issuer_name(c),
				  X509_get_subject_name(issuer)) != 0)
		return false;
	ERR_set_mark();
	good = X509_verify(c, key) == 1;
	ERR_pop_to_mark();
	return good;
}

/* ---- weakness ----------------------------------------------------------- */

/* The highest level for so many bits of security, SSL_CTX_set_security_level(3)
 */
static int level_of(int bits)
{
	if (bits >= 112)
		return 2;
	return bits >= 80 ? 1 : 0;
}

static const char *key_weakness(const X509 *c, int *level)
{
	const EVP_PKEY *key = X509_get0_pubkey(c);
	int bits = key ? EVP_PKEY_get_bits(key) : 0;

	*level = key ? level_of(EVP_PKEY_get_security_bits(key)) : 0;
	if (*level == 2)
		return NULL;
	if (!key)
		return "key of an unknown kind";
	if (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "RSA-PSS"))
		return "weak key";
	if (bits < 1024)
		return "RSA key of less than 1024 bits";
	return bits == 1024 ? "RSA key of 1024 bits"
			    : "RSA key of less than 2048 bits";
}

static const char *signature_weakness(X509 *c, int *level)
{
	static const struct {
		int hash; /* OpenSSL's number */
		const char *text;
	} weak[] = {{NID_sha1, "signed with SHA-1"},
		    {NID_md5, "signed with MD5"},
		    {NID_md4, "signed with MD4"},
		    {NID_md2, "signed with MD2"}};
	int hash = NID_undef, bits = 0;

	ERR_set_mark();
	if (X509_get_signature_info(c, &hash, NULL, &bits, NULL) != 1) {
		OBJ_find_sigid_algs(X509_get_signature_nid(c), &hash, NULL);
		bits = 0;
	}
	ERR_pop_to_mark();
	*level = level_of(bits);
	if (*level == 2)
		return NULL;
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		if (weak[i].hash == hash)
			return weak[i].text;
	}
	return "signed with a weak or unknown hash";
}

static bool is_self_signed(X509 *c)
{
	return certificate_self_issued(c) && certificate_signed_by(c, c);
}

const char *certificate_weakness(X509 *c, int *level)
{
	int key_level, signature_level;
	const char *key = key_weakness(c, &key_level);
	const char *signature = signature_weakness(c, &signature_level);

	if (signature && is_self_signed(c)) {
		signature = NULL;
		signature_level = 2;
	}
	if (level)
		*level = key_level < signature_level ? key_level
						     : signature_level;
	return key && key_level <= signature_level ? key : signature;
}
