#include "openssl.h"

#include "pki/key.h"
#include "pki/naming.h"

#define A60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* Certificates made by openssl(1): file, subject, subjectAltName. */
static const struct {
	const char *file, *subject, *san;
} recipes[] = {
	{"both", "/CN=cn.example.com", "DNS:a.example.com,DNS:*.b.example.com"},
	{"address", "/CN=192.0.2.1", "IP:192.0.2.1,IP:2001:db8::1"},
	{"cn", "/CN=cn.example.com", NULL},
	{"cn-address", "/CN=192.0.2.1", NULL},
	{"cns", "/CN=192.0.2.1/CN=x.example.com", NULL},
	{"cn-wild", "/CN=*.b.example.com", NULL},
	{"cn-wild-address", "/CN=*.0.2.1", NULL},
	{"nobody", "/O=nobody", NULL},
	{"mail", "/CN=cn.example.com", "DNS:a.example.com,email:x@example.com"},
	{"seventeen", "/CN=a",
	 "DNS:a,DNS:b,DNS:c,DNS:d,DNS:e,DNS:f,DNS:g,DNS:h,DNS:i,DNS:j,DNS:k,"
	 "DNS:l,DNS:m,DNS:n,DNS:o,DNS:p,DNS:q"},
	{"sixteen", "/CN=a",
	 "DNS:a,DNS:b,DNS:c,DNS:d,DNS:e,DNS:f,DNS:g,DNS:h,DNS:i,DNS:j,DNS:k,"
	 "DNS:l,DNS:m,DNS:n,DNS:o,DNS:p"},
};

static int make_files(void **state)
{
	if (make_dir(state))
		return -1;
	run_in(*state, "openssl ecparam -name prime256v1 -genkey -noout "
		       "-out key");
	for (size_t i = 0; i < sizeof(recipes) / sizeof(*recipes); i++)
		run_in(*state,
		       "openssl req -x509 -new -key key -days 1 -subj '%s' "
		       "-out %s %s%s",
		       recipes[i].subject, recipes[i].file,
		       recipes[i].san ? "-addext subjectAltName=" : "",
		       recipes[i].san ? recipes[i].san : "");
	return 0;
}

static X509 *read_one(const char *dir, const char *file)
{
	EVP_PKEY *key;
	X509 *c;

	must(key_read_public(&key, &c, in_dir(dir, file), &failure));
	EVP_PKEY_free(key);
	return c;
}

static struct host host_of(const char *text)
{
	struct host host;

	must(host_parse(&host, text, true, &failure));
	return host;
}

/* ---- matching ----------------------------------------------------------- */

static const struct {
	const char *file, *host;
	enum naming_match want;
} rows[] = {
	{"both", "a.example.com", NAMING_BY_SAN},
	{"both", "b.example.com", NAMING_NONE},
	{"both", "x.b.example.com", NAMING_BY_SAN},
	{"both", "x.x.b.example.com", NAMING_NONE},
	{"both", "cn.example.com", NAMING_NONE},
	{"address", "192.0.2.1", NAMING_BY_SAN},
	{"address", "192.0.2.2", NAMING_NONE},
	{"address", "2001:db8::1", NAMING_BY_SAN},
	{"address", "localhost", NAMING_NONE},
	{"cn", "cn.example.com", NAMING_BY_COMMON_NAME},
	{"cn", "a.example.com", NAMING_NONE},
	{"cn-address", "192.0.2.1", NAMING_BY_COMMON_NAME},
	{"cn-address", "192.0.2.2", NAMING_NONE},
	{"cns", "192.0.2.1", NAMING_BY_COMMON_NAME},
	{"cns", "x.example.com", NAMING_BY_COMMON_NAME},
	{"cns", "y.example.com", NAMING_NONE},
	{"cn-wild", "x.b.example.com", NAMING_BY_COMMON_NAME},
	{"cn-wild-address", "192.0.2.1", NAMING_NONE},
	{"nobody", "cn.example.com", NAMING_NONE},
};

static void matches(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		X509 *c = read_one(*state, rows[i].file);
		struct host host = host_of(rows[i].host);

		print_message("case: %s for %s\n", rows[i].file, rows[i].host);
		assert_int_equal(naming_match(c, &host), rows[i].want);
		X509_free(c);
	}
}

/* ---- reading ------------------------------------------------------------ */

static void reads(void **state)
{
	static const struct {
		const char *file;
		size_t count;
		const char *first, *reason;
	} files[] = {
		{"both", 2, "a.example.com", NULL},
		{"address", 2, "192.0.2.1", NULL},
		{"sixteen", 16, "a", NULL},
		{"seventeen", 0, NULL, "1 to 16 hosts"},
		{"cn", 0, NULL, "1 to 16 hosts"},
		{"mail", 0, NULL, "more than names and addresses"},
	};
	struct host hosts[NAMING_MAX];
	size_t count;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		X509 *c = read_one(*state, files[i].file);

		print_message("case: %s\n", files[i].file);
		if (files[i].reason) {
			must_fail(files[i].file,
				  naming_read(hosts, &count, c, &failure),
				  ERR_INVALID, files[i].reason);
		} else {
			must(naming_read(hosts, &count, c, &failure));
			assert_string_equal(hosts[0].text, files[i].first);
		}
		assert_int_equal(count, files[i].count);
		X509_free(c);
	}
}

/* ---- writing ------------------------------------------------------------ */

static const struct {
	const char *label;
	enum naming how;
	const char *hosts[4];
	const char *subject; /* as X509_NAME_oneline() has it */
	bool critical;
} writes[] = {
	{"one name", NAMING_SAN, {"a.example.com"}, "/CN=a.example.com", false},
	{"an address",
	 NAMING_SAN,
	 {"192.0.2.1", "a.example.com"},
	 "/CN=192.0.2.1",
	 false},
	{"the longest common name",
	 NAMING_SAN,
	 {A60 ".com", "b.example.com"},
	 "/CN=" A60 ".com",
	 false},
	{"too long for one",
	 NAMING_SAN,
	 {A60 ".comm", "b.example.com"},
	 "/CN=b.example.com",
	 false},
	{"none fits", NAMING_SAN, {A60 ".comm"}, "", true},
	{"all as common names",
	 NAMING_COMMON_NAME,
	 {"192.0.2.1", "*.example.com", "2001:db8::1"},
	 "/CN=192.0.2.1/CN=*.example.com/CN=2001:db8::1",
	 false},
	{"but the long one",
	 NAMING_COMMON_NAME,
	 {A60 ".comm", "192.0.2.1"},
	 "/CN=192.0.2.1",
	 false},
};

static size_t read_list(struct host hosts[static 4],
			const char *const texts[static 4])
{
	size_t count = 0;

	while (count < 4 && texts[count]) {
		hosts[count] = host_of(texts[count]);
		count++;
	}
	return count;
}

static void is_put(const X509 *c, size_t i, const struct host *hosts,
		   size_t count)
{
	struct host found[NAMING_MAX];
	char subject[512];
	size_t n;
	int place = X509_get_ext_by_NID(c, NID_subject_alt_name, -1);

	X509_NAME_oneline(X509_get_subject_name(c), subject, sizeof(subject));
	assert_string_equal(subject, writes[i].subject);
	if (writes[i].how == NAMING_COMMON_NAME) {
		assert_true(place < 0);
		return;
	}
	assert_int_equal(X509_EXTENSION_get_critical(X509_get_ext(c, place)),
			 writes[i].critical);
	must(naming_read(found, &n, c, &failure));
	assert_int_equal(n, count);
	for (size_t k = 0; k < n; k++)
		assert_true(host_equal(&found[k], &hosts[k]));
}

static void puts_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(writes) / sizeof(*writes); i++) {
		struct host hosts[4];
		size_t count = read_list(hosts, writes[i].hosts);
		X509 *c = X509_new();

		print_message("case: %s\n", writes[i].label);
		must(naming_put(c, hosts, count, writes[i].how, &failure));
		is_put(c, i, hosts, count);
		X509_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(reads),
		cmocka_unit_test(puts_names),
	};

	return cmocka_run_group_tests(tests, make_files, remove_dir);
}
