#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <stdarg.h>
#include <stdio.h>

#include "pki/certificate.h"
#include "pki/chain.h"

enum { RSA_BITS_MIN = 2048 }; /* mbedtls_x509_crt_profile_default */

/* In the order in which one hides another, mbedTLS's ssl_tls.c. */
enum fault {
	FAULT_UNREADABLE,
	FAULT_TOO_LONG,
	FAULT_UNSUPPORTED,
	FAULT_EXPIRED,
	FAULT_UNTRUSTED,
	FAULT_OTHER,
	FAULT_NONE
};

static const int alerts[] = {[FAULT_UNREADABLE] = 42,  [FAULT_TOO_LONG] = 49,
			     [FAULT_UNSUPPORTED] = 43, [FAULT_EXPIRED] = 45,
			     [FAULT_UNTRUSTED] = 48,   [FAULT_OTHER] = 46,
			     [FAULT_NONE] = 0};

/* A device while it reads a chain. */
struct device {
	const STACK_OF(X509) * chain;
	const struct anchor *anchor;
	int64_t now;
	enum fault fault; /* the one that counts so far */
	struct err *err;  /* and its reason */
};

/* The place of the anchor, where certificates are counted from 0. */
enum { AT_ANCHOR = -1 };

static X509 *at(const struct device *d, int i)
{
	return i == AT_ANCHOR ? d->anchor->certificate
			      : sk_X509_value(d->chain, i);
}

static void blame(struct device *d, enum fault fault, int i, const char *fmt,
		  ...) __attribute__((format(printf, 4, 5)));

static void blame(struct device *d, enum fault fault, int i, const char *fmt,
		  ...)
{
	char name[CERTIFICATE_NAME_SIZE], text[ERR_TEXT_SIZE];
	va_list args;

	if (d->fault <= fault)
		return;
	d->fault = fault;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	certificate_subject(at(d, i), name);
	if (i == AT_ANCHOR)
		err_set(d->err, ERR_INVALID, "the anchor (%s): %s", name, text);
	else
		err_set(d->err, ERR_INVALID, "certificate %d (%s): %s", i + 1,
			name, text);
}

/* ---- reading ------------------------------------------------------------ */

/* mbedTLS passes over a certificate whose signature it does not know. */
static bool is_known_signature(const X509 *c)
{
	static const int hashes[] = {NID_md5,	 NID_sha1,   NID_sha224,
				     NID_sha256, NID_sha384, NID_sha512};
	int nid = X509_get_signature_nid(c), hash;

	if (nid == NID_rsassaPss)
		return true;
	if (OBJ_find_sigid_algs(nid, &hash, NULL) != 1)
		return false;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (hashes[i] == hash)
			return true;
	}
	return false;
}

static bool is_known_extension(int nid)
{
	static const int known[] = {NID_basic_constraints, NID_key_usage,
				    NID_ext_key_usage, NID_subject_alt_name,
				    NID_netscape_cert_type};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i] == nid)
			return true;
	}
	return false;
}

static void read_extensions(struct device *d, int i)
{
	const X509 *c = at(d, i);

	for (int k = 0; k < X509_get_ext_count(c); k++) {
		X509_EXTENSION *e = X509_get_ext(c, k);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));

		if (X509_EXTENSION_get_critical(e) && !is_known_extension(nid))
			blame(d, FAULT_UNREADABLE, i,
			      "the critical extension %s, which mbedTLS does "
			      "not know",
			      nid == NID_undef ? "unknown" : OBJ_nid2sn(nid));
	}
}

static bool is_rsa(const EVP_PKEY *key)
{
	return key && EVP_PKEY_is_a(key, "RSA");
}

static void read_one(struct device *d, int i)
{
	const EVP_PKEY *key = X509_get0_pubkey(at(d, i));

	if (!is_known_signature(at(d, i))) {
		if (i == 0)
			blame(d, FAULT_UNREADABLE, i,
			      "signed in a way that mbedTLS does not know");
		return;
	}
	if (!is_rsa(key) && !(key && EVP_PKEY_is_a(key, "EC")))
		blame(d, FAULT_UNREADABLE, i,
		      "a key of a kind that mbedTLS does not know");
	read_extensions(d, i);
}

/* ---- one certificate ---------------------------------------------------- */

static void check_dates(struct device *d, int i)
{
	if (!d->anchor->checks_time)
		return;
	if (d->now > certificate_not_after(at(d, i)))
		blame(d, FAULT_EXPIRED, i, "expired");
	if (d->now < certificate_not_before(at(d, i)))
		blame(d, FAULT_OTHER, i, "not valid yet");
}

static void check_hash(struct device *d, int i)
{
	int hash = NID_undef;

	if (X509_get_signature_info(at(d, i), &hash, NULL, NULL, NULL) == 1 &&
	    (hash == NID_sha1 || hash == NID_md5))
		blame(d, FAULT_OTHER, i, "signed with %s, which is refused",
		      hash == NID_md5 ? "MD5" : "SHA-1");
}

static void check_key(struct device *d, int i)
{
	const EVP_PKEY *key = X509_get0_pubkey(at(d, i));

	if (is_rsa(key) && EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
		blame(d, FAULT_UNSUPPORTED, i,
		      "an RSA key of %d bits, at least %d are wanted",
		      EVP_PKEY_get_bits(key), RSA_BITS_MIN);
}

/* All bits are set where an extension is missing. */
static void check_leaf(struct device *d)
{
	X509 *leaf = at(d, 0);

	check_key(d, 0);
	if (!(X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE))
		blame(d, FAULT_UNSUPPORTED, 0,
		      "its keyUsage leaves digitalSignature out");
	if (!(X509_get_extended_key_usage(leaf) &
	      (XKU_SSL_SERVER | XKU_ANYEKU)))
		blame(d, FAULT_UNSUPPORTED, 0,
		      "its extendedKeyUsage leaves serverAuth out");
}

/* ---- the way up --------------------------------------------------------- */

/* Where the device stands. */
struct stand {
	int child;
	int below;	 /* certificates from the leaf to the child, less one */
	int self_issued; /* links below the child that are self-issued */
};

/* x509_crt_check_parent(), which has no look at extendedKeyUsage. */
static bool may_sign(X509 *issuer, bool trusted)
{
	if (trusted && X509_get_version(issuer) < X509_VERSION_3)
		return true;
	return X509_get_extension_flags(issuer) & EXFLAG_CA &&
	       X509_get_key_usage(issuer) & KU_KEY_CERT_SIGN;
}

static bool is_parent(const struct device *d, const struct stand *s, int i)
{
	X509 *child = at(d, s->child), *issuer = at(d, i);
	long most = certificate_path_length(issuer);

	return X509_NAME_cmp(X509_get_issuer_name(child),
			     X509_get_subject_name(issuer)) == 0 &&
	       may_sign(issuer, i == AT_ANCHOR) &&
	       (most < 0 || most >= s->below - s->self_issued) &&
	       (i != AT_ANCHOR || certificate_signed_by(child, issuer));
}

/* The first one that is valid in time, else the first one; 0 is none. */
static int find_parent(const struct device *d, const struct stand *s)
{
	int fallback = 0;

	for (int i = s->child + 1; i < sk_X509_num(d->chain); i++) {
		if (!is_known_signature(at(d, i)) || !is_parent(d, s, i))
			continue;
		if (!d->anchor->checks_time ||
		    certificate_valid_at(at(d, i), d->now))
			return i;
		if (!fallback)
			fallback = i;
	}
	return fallback;
}

static bool is_the_anchor(const struct device *d)
{
	return certificate_self_issued(at(d, 0)) &&
	       certificate_equal(at(d, 0), d->anchor->certificate);
}

/* One link up, or false at the end of the way. */
static bool step(struct device *d, struct stand *s)
{
	char issuer[CERTIFICATE_NAME_SIZE];
	X509 *child = at(d, s->child);
	int parent = find_parent(d, s);

	if (!parent) {
		certificate_issuer(child, issuer);
		blame(d, FAULT_UNTRUSTED, s->child,
		      "its issuer %s is neither the anchor nor a CA further "
		      "down that may stand above it",
		      issuer);
		return false;
	}
	if (s->below + 1 >= CHAIN_MAX) {
		blame(d, FAULT_TOO_LONG, parent,
		      "more than %d certificates on the way", CHAIN_MAX);
		return false;
	}
	if (!certificate_signed_by(child, at(d, parent)))
		blame(d, FAULT_UNTRUSTED, s->child,
		      "its signature is not by certificate %d, the first one "
		      "with its issuer's name",
		      parent + 1);
	check_key(d, parent);
	if (s->below && certificate_self_issued(child))
		s->self_issued++;
	s->child = parent;
	s->below++;
	return true;
}

static void climb(struct device *d)
{
	struct stand s = {0};

	do {
		check_dates(d, s.child);
		check_hash(d, s.child);
		if (s.child == 0 && is_the_anchor(d))
			return;
		if (is_parent(d, &s, AT_ANCHOR)) {
			check_key(d, AT_ANCHOR);
			check_dates(d, AT_ANCHOR);
			return;
		}
	} while (step(d, &s));
}

bool chain_accepts(const STACK_OF(X509) * chain, const struct anchor *anchor,
		   int64_t now, int *alert, struct err *err)
{
	struct device d = {.chain = chain,
			   .anchor = anchor,
			   .now = now,
			   .fault = FAULT_NONE,
			   .err = err};

	if (sk_X509_num(chain) < 1) {
		d.fault = FAULT_UNREADABLE;
		err_set(err, ERR_INVALID, "no certificate at all");
	} else {
		for (int i = 0; i < sk_X509_num(chain); i++)
			read_one(&d, i);
		check_leaf(&d);
		climb(&d);
	}
	if (alert)
		*alert = alerts[d.fault];
	return d.fault == FAULT_NONE;
}
