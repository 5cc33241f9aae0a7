#include "pki/naming.h"

#include <string.h>

#include <openssl/x509v3.h>

enum { COMMON_NAME_MAX = 64 }; /* RFC 5280 appendix A, ub-common-name */

/* ---- writing ------------------------------------------------------------ */

static bool add_common_name(X509_NAME *subject, const struct host *host)
{
	return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC,
					  (const unsigned char *)host->text, -1,
					  -1, 0) == 1;
}

static bool put_common_names(X509 *certificate, const struct host *hosts,
			     size_t count, size_t wanted)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	for (size_t i = 0; i < count && wanted; i++) {
		if (strlen(hosts[i].text) > COMMON_NAME_MAX)
			continue;
		if (!add_common_name(subject, &hosts[i]))
			return false;
		wanted--;
	}
	return true;
}

static GENERAL_NAME *new_name(const struct host *host)
{
	bool address = host->address_len > 0;
	const void *data = address ? (const void *)host->address : host->text;
	size_t len = address ? host->address_len : strlen(host->text);
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *value = ASN1_STRING_type_new(address ? V_ASN1_OCTET_STRING
							  : V_ASN1_IA5STRING);

	if (!name || !value || ASN1_STRING_set(value, data, (int)len) != 1) {
		GENERAL_NAME_free(name);
		ASN1_STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, address ? GEN_IPADD : GEN_DNS, value);
	return name;
}

static bool push_name(GENERAL_NAMES *names, const struct host *host)
{
	GENERAL_NAME *name = new_name(host);

	if (name && sk_GENERAL_NAME_push(names, name) > 0)
		return true;
	GENERAL_NAME_free(name);
	return false;
}

/* Critical where the subject is empty (RFC 5280 section 4.2.1.6). */
static bool put_alternatives(X509 *certificate, const struct host *hosts,
			     size_t count)
{
	bool empty =
		X509_NAME_entry_count(X509_get_subject_name(certificate)) == 0;
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	bool ok = names != NULL;

	for (size_t i = 0; i < count && ok; i++)
		ok = push_name(names, &hosts[i]);
	ok = ok && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names,
				     empty, X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

bool naming_put(X509 *certificate, const struct host *hosts, size_t count,
		enum naming how, struct err *err)
{
	bool ok = how == NAMING_SAN
			  ? put_common_names(certificate, hosts, count, 1) &&
				    put_alternatives(certificate, hosts, count)
			  : put_common_names(certificate, hosts, count, count);

	return ok || err_openssl(err, ERR_SYSTEM, "naming a certificate");
}

/* ---- reading ------------------------------------------------------------ */

/* A name with a NUL inside is shorter than its string. */
static bool read_name(struct host *out, const ASN1_STRING *value,
		      struct err *err)
{
	const char *text = (const char *)ASN1_STRING_get0_data(value);

	if (strlen(text) != (size_t)ASN1_STRING_length(value))
		return err_set(err, ERR_INVALID, "a name with a NUL inside");
	return host_parse(out, text, true, err);
}

static bool read_host(struct host *out, const GENERAL_NAME *name,
		      struct err *err)
{
	int type;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

	if (type == GEN_DNS)
		return read_name(out, value, err);
	if (type == GEN_IPADD &&
	    host_from_address(out, ASN1_STRING_get0_data(value),
			      (size_t)ASN1_STRING_length(value)))
		return true;
	return err_set(err, ERR_INVALID,
		       "the subjectAltName holds more than names and "
		       "addresses of hosts");
}

bool naming_read(struct host hosts[static NAMING_MAX], size_t *count,
		 const X509 *certificate, struct err *err)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int n = sk_GENERAL_NAME_num(names); /* -1 for NULL */
	bool ok = true;

	*count = 0;
	if (n < 1 || n > NAMING_MAX)
		ok = err_set(err, ERR_INVALID,
			     "no subjectAltName of 1 to %d hosts", NAMING_MAX);
	for (int i = 0; i < n && ok; i++)
		ok = read_host(&hosts[i], sk_GENERAL_NAME_value(names, i), err);
	GENERAL_NAMES_free(names);
	if (ok)
		*count = (size_t)n;
	return ok;
}

/* ---- matching ----------------------------------------------------------- */

static bool has_alternatives(const X509 *certificate)
{
	return X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0;
}

/* X509_check_host() would take the common name beside a SAN of addresses. */
static bool in_alternatives(X509 *certificate, const struct host *host)
{
	if (host->address_len)
		return X509_check_ip(certificate, host->address,
				     host->address_len, 0) == 1;
	return X509_check_host(certificate, host->text, 0,
			       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

static bool in_common_names(X509 *certificate, const struct host *host)
{
	unsigned int flags =
		host->address_len ? X509_CHECK_FLAG_NO_WILDCARDS : 0;

	return X509_check_host(certificate, host->text, 0, flags, NULL) == 1;
}

enum naming_match naming_match(X509 *certificate, const struct host *host)
{
	if (has_alternatives(certificate))
		return in_alternatives(certificate, host) ? NAMING_BY_SAN
							  : NAMING_NONE;
	return in_common_names(certificate, host) ? NAMING_BY_COMMON_NAME
						  : NAMING_NONE;
}
