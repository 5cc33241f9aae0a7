#include <cli/forecast.c> /* the one in server/, not this one */

#include "../pki/holders.h"
#include "../pki/mint.h"
#include "../store/fixture.h"
#include "base/file.h"
#include "base/json.h"
#include "capture.h"

enum {
	ROOM = 1 << 20,
	PAGES = 2 * STORE_LIST_MAX + 1, /* devices on three pages */
	NOW = MINT_NOW
};

/* ---- who is stranded ----------------------------------------------------- */

static void test_ends(void **state)
{
	static const struct {
		const char *label;
		int64_t end, last_seen;
		bool stranded;
	} rows[] = {
		{"ends just within", NOW + 100, NOW - 5, true},
		{"ends just behind", NOW + 101, NOW - 5, false},
		{"never ends", INT64_MAX, NOW - 5, false},
		{"ended since it was here", NOW - 100, NOW - 101, true},
		{"ended when it was here", NOW - 100, NOW - 100, true},
		{"was here since it ended", NOW - 100, NOW - 99, false},
	};
	const struct forecaster f = {.now = NOW, .until = NOW + 100};
	const struct config_profile profile = {.name = NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct device_row device = {.last_seen =
							  rows[i].last_seen};
		struct outlook o = {.profile = &profile,
				    .chain_end = rows[i].end,
				    .anchor_end = INT64_MAX};

		print_message("case: %s\n", rows[i].label);
		assert_int_equal(is_stranded(&o, &device, &f),
				 rows[i].stranded);
		if (rows[i].stranded)
			assert_true(may_strand(&o, &f));
		o.anchor_end = o.chain_end;
		o.chain_end = INT64_MAX;
		assert_int_equal(is_stranded(&o, &device, &f),
				 rows[i].stranded);
		o.profile = NULL; /* no longer in the configuration */
		assert_true(is_stranded(&o, &device, &f));
		assert_true(may_strand(&o, &f));
	}
}

/* ---- which keys to keep -------------------------------------------------- */

static X509 *make_one(const char *subject, EVP_PKEY *key, X509 *issuer,
		      EVP_PKEY *issuer_key, int days)
{
	const struct mint m = {.subject = subject,
			       .key = key,
			       .issuer = issuer,
			       .issuer_key = issuer_key,
			       .ca = strcmp(subject, "CN=ota") != 0,
			       .not_after = NOW + days * MINT_DAY};

	return mint_keep(mint(&m));
}

static X509 *make_known(const char *subject, const char *pem, X509 *issuer,
			EVP_PKEY *signer)
{
	const struct mint m = {
		.subject = subject, .issuer = issuer, .ca = true};

	return mint_keep(holder_mint(m, pem, signer));
}

static void test_last_of_its_kind(void **state)
{
	EVP_PKEY *key = mint_key("ecdsa-p256"), *top = mint_key("ecdsa-p256");
	X509 *root = make_one("CN=Root", top, NULL, NULL, 9);
	X509 *ended_root = make_one("CN=Root", top, NULL, NULL, -1);
	X509 *middle = make_one("CN=Middle", top, root, top, 9);
	X509 *ended_middle = make_one("CN=Middle", top, root, top, -1);
	X509 *r3 =
		make_known("CN=R3,O=Let's Encrypt,C=US", holder_r3, root, top);
	X509 *equifax = make_known("OU=Equifax Secure Certificate Authority,"
				   "O=Equifax,C=US",
				   holder_equifax, NULL, top);
	X509 *named_r3 =
		make_one("CN=R3,O=Let's Encrypt,C=US", top, root, top, 9);
	X509 *leaf = make_one("CN=ota", key, root, top, 9);
	X509 *old_leaf = make_one("CN=ota", key, root, top, -1);
	X509 *pinned = make_one("CN=ota", key, NULL, NULL, 9);
	X509 *other = make_one("CN=ota", top, NULL, NULL, 9);
	const struct {
		const char *label;
		X509 *leaf, *above, *anchor; /* `above` may be NULL */
		bool last;
	} rows[] = {
		{"its own CA's", leaf, NULL, root, false},
		{"an expired one of its own CA's", old_leaf, NULL, root, false},
		{"of a root that has ended", leaf, NULL, ended_root, false},
		{"an intermediate's", leaf, middle, root, false},
		{"a pinned intermediate's", leaf, NULL, middle, false},
		{"an ended intermediate's", leaf, ended_middle, root, true},
		{"a pinned ended one's", leaf, NULL, ended_middle, true},
		{"one that is known to have ended", leaf, r3, root, true},
		{"the same, pinned", leaf, NULL, r3, true},
		{"another key of that name", leaf, named_r3, root, false},
		{"a root that is known to have ended", leaf, middle, equifax,
		 true},
		{"the pinned certificate", pinned, NULL, pinned, true},
		{"its subject and key", leaf, NULL, pinned, true},
		{"its subject, another key", leaf, NULL, other, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		STACK_OF(X509) *chain = sk_X509_new_null();

		sk_X509_push(chain, rows[i].leaf);
		if (rows[i].above)
			sk_X509_push(chain, rows[i].above);
		print_message("case: %s\n", rows[i].label);
		assert_int_equal(
			is_last_of_its_kind(chain, rows[i].anchor, NOW),
			rows[i].last);
		sk_X509_free(chain);
	}
	mint_free_kept();
	EVP_PKEY_free(key);
	EVP_PKEY_free(top);
}

/* ---- a configuration and a database -------------------------------------- */

static const char yaml[] =
	"server: {data_dir: %s, public_url: \"https://ota.example.com\"}\n"
	"tls:\n"
	"  anchors:\n"
	"    - {name: clock, file: root.pem}\n"
	"    - {name: patient, file: root.pem, checks_time: false}\n"
	"  certificates:\n"
	"    - {name: short, file: short.pem, key: server.key}\n"
	"    - {name: long, file: long.pem, key: server.key}\n"
	"  profiles:\n"
	"    - {name: clock, certificates: [short], anchor: clock}\n"
	"    - {name: patient, certificates: [short], anchor: patient}\n"
	"    - {name: open, certificates: [long]}\n"
	"    - {name: soon, certificates: [short]}\n"
	"manifest: {key: none.key}\n";

static void write_text(const struct fixture *f, const char *file,
		       const char *text, size_t len)
{
	must(file_replace(path_of(f, file), text, len, 0600, &failure));
}

static void write_certificate(const struct fixture *f, const char *file,
			      X509 *c)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	assert_int_equal(PEM_write_bio_X509(bio, c), 1);
	len = BIO_get_mem_data(bio, &text);
	write_text(f, file, text, (size_t)len);
	BIO_free(bio);
}

/* A root, and two certificates of the server: for 20 days and for 400. */
static void write_pki(const struct fixture *f, int64_t now)
{
	EVP_PKEY *root_key = mint_key("ecdsa-p256");
	EVP_PKEY *key = mint_key("ecdsa-p256");
	struct mint by = {.subject = "CN=Root",
			  .key = root_key,
			  .ca = true,
			  .not_before = now - MINT_DAY,
			  .not_after = now + 1000 * MINT_DAY};
	X509 *root = mint(&by);
	const struct {
		const char *file;
		int days;
	} leaves[] = {{"short.pem", 20}, {"long.pem", 400}};
	char *pem;
	size_t len;

	write_certificate(f, "root.pem", root);
	for (int i = 0; i < 2; i++) {
		struct mint of = {.subject = "CN=ota",
				  .key = key,
				  .issuer = root,
				  .issuer_key = root_key,
				  .not_before = now - MINT_DAY,
				  .not_after = now + leaves[i].days * MINT_DAY};
		X509 *leaf = mint(&of);

		write_certificate(f, leaves[i].file, leaf);
		X509_free(leaf);
	}
	must(key_write_private(key, &pem, &len, &failure));
	write_text(f, "server.key", pem, len);
	free(pem);
	X509_free(root);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(key);
}

static int set_up(void **state)
{
	struct fixture *f;
	char text[sizeof(yaml) + 64];

	set_up_db(state);
	f = *state;
	write_pki(f, clock_utc());
	snprintf(text, sizeof(text), yaml, ".");
	write_text(f, "otterd.yaml", text, strlen(text));
	return 0;
}

static void add_device(struct fixture *f, const char *profile,
		       const char *device, int64_t at)
{
	struct checkin c = {.at = at,
			    .product = name("inklay"),
			    .device = name(device),
			    .version = name("1.0"),
			    .reason = "up-to-date",
			    .peer = {.address = "192.0.2.1",
				     .tls_version = "TLSv1.2",
				     .cipher = "AES"}};

	text_copy(c.peer.profile, sizeof(c.peer.profile), profile);
	must(checkin_add(f->db, &c, &failure));
}

static void add_devices(struct fixture *f, const char *profile, int count,
			int64_t at)
{
	exec(f->db, "BEGIN");
	for (int i = 0; i < count; i++) {
		char device[32];

		snprintf(device, sizeof(device), "%s-%04d", profile, i);
		add_device(f, profile, device, at);
	}
	exec(f->db, "COMMIT");
}

/* The report as JSON, and how many are stranded. */
static json_t *report(const struct fixture *f, int days, bool all,
		      int64_t *stranded)
{
	const struct forecast_options options = {
		.config = path_of(f, "otterd.yaml"),
		.within = (int64_t)days * MINT_DAY,
		.all = all,
		.json = true};
	char *text = malloc(ROOM), complaints[4096];
	struct capture err = capture_begin(stderr);
	json_t *json;
	bool ok;

	capture(stdout, text, ROOM,
		ok = forecast(&options, stranded, &failure));
	capture_end(&err, complaints, sizeof(complaints));
	if (!ok)
		fail_msg("%s", failure.text);
	assert_int_equal(*stranded == 0, !strstr(complaints, "warning: "));
	json = json_parse(text, strlen(text), &failure);
	free(text);
	assert_non_null(json);
	return json;
}

static json_t *profile_of(json_t *json, const char *wanted)
{
	json_t *profiles = json_object_get(json, "profiles"), *row;
	size_t i;

	json_array_foreach (profiles, i, row) {
		if (!strcmp(json_string_value(json_object_get(row, "profile")),
			    wanted))
			return row;
	}
	return NULL;
}

static json_int_t number(json_t *json, const char *profile, const char *key)
{
	json_t *value = json_object_get(profile_of(json, profile), key);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

/* ---- reports ------------------------------------------------------------- */

static void test_profiles(void **state)
{
	static const struct {
		const char *profile;
		int within, stranded; /* days, devices */
		bool configured;
	} rows[] = {
		{"clock", 19, 0, true},	  {"clock", 20, 2, true},
		{"patient", 20, 0, true}, {"open", 20, 0, true},
		{"soon", 20, 1, true},	  {"gone", 20, 1, false},
		{"gone", 0, 1, false},	  {"patient", 999, 0, true},
		{"open", 400, 1, true},	  {"clock", 1001, 2, true},
	};
	struct fixture *f = *state;
	int64_t now = clock_utc(), stranded;

	add_device(f, "clock", "a", now);
	add_device(f, "clock", "b", now - 40 * MINT_DAY);
	add_device(f, "patient", "c", now);
	add_device(f, "open", "d", now);
	add_device(f, "soon", "e", now);
	add_device(f, "gone", "f", now);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *json = report(f, rows[i].within, false, &stranded);
		json_t *row = profile_of(json, rows[i].profile);

		print_message("case: %s, %d days\n", rows[i].profile,
			      rows[i].within);
		assert_int_equal(number(json, rows[i].profile, "stranded"),
				 rows[i].stranded);
		assert_int_equal(
			json_is_true(json_object_get(row, "configured")),
			rows[i].configured);
		assert_int_equal(json_array_size(json_object_get(row, "names")),
				 rows[i].stranded);
		assert_true(stranded >= rows[i].stranded);
		json_decref(json);
	}
}

/* Who has gone over to another profile depends on the old one no more. */
static void test_gone_is_forgotten(void **state)
{
	struct fixture *f = *state;
	int64_t now = clock_utc(), stranded;
	json_t *json;

	add_device(f, "gone", "a", now - 10);
	json = report(f, 1, false, &stranded);
	assert_int_equal(stranded, 1);
	json_decref(json);
	add_device(f, "open", "a", now);
	json = report(f, 1, false, &stranded);
	assert_int_equal(stranded, 0);
	assert_null(profile_of(json, "gone"));
	json_decref(json);
}

static void test_names(void **state)
{
	struct fixture *f = *state;
	static const struct {
		int devices; /* so many more than before */
		bool all;
		int names, more;
	} rows[] = {{100, false, 100, 0},
		    {1, false, 100, 1},
		    {0, true, 101, 0},
		    {PAGES - 101, false, 100, PAGES - 100},
		    {0, true, PAGES, 0}};
	int64_t stranded;
	int sum = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *json;

		sum += rows[i].devices;
		add_devices(f, "clock", sum, clock_utc());
		json = report(f, 30, rows[i].all, &stranded);
		assert_int_equal(stranded, sum);
		assert_int_equal(number(json, "clock", "devices"), sum);
		assert_int_equal(json_array_size(json_object_get(
					 profile_of(json, "clock"), "names")),
				 rows[i].names);
		assert_int_equal(number(json, "clock", "more"), rows[i].more);
		json_decref(json);
	}
}

static void test_no_database(void **state)
{
	struct fixture *f = *state;
	const struct forecast_options options = {
		.config = path_of(f, "otterd.yaml"), .within = 30 * MINT_DAY};
	char out[8192], complaints[1024], text[sizeof(yaml) + 64];
	struct capture err;
	int64_t stranded;

	snprintf(text, sizeof(text), yaml, "elsewhere");
	write_text(f, "otterd.yaml", text, strlen(text));
	must_fail(forecast(&options, &stranded, &failure), ERR_NOT_FOUND,
		  "server.data_dir: ");
	assert_int_equal(mkdir(path_of(f, "elsewhere"), 0700), 0);
	err = capture_begin(stderr);
	capture(stdout, out, sizeof(out),
		must(forecast(&options, &stranded, &failure)));
	capture_end(&err, complaints, sizeof(complaints));
	assert_int_equal(stranded, 0);
	assert_non_null(strstr(complaints, "no database yet"));
	assert_non_null(strstr(out, "profile clock\n  devices:        0\n"));
	assert_null(strstr(complaints, "warning"));
}

/* One line for the CA of the patient ones, none where dates count. */
static void test_keys(void **state)
{
	struct fixture *f = *state;
	const struct forecast_options options = {
		.config = path_of(f, "otterd.yaml"), .within = MINT_DAY};
	char out[8192], *keep;
	int64_t stranded;

	capture(stdout, out, sizeof(out),
		must(forecast(&options, &stranded, &failure)));
	keep = strstr(out, "  keep: ");
	assert_non_null(keep);
	assert_true(keep > strstr(out, "profile patient\n"));
	assert_true(keep < strstr(out, "profile open\n"));
	assert_non_null(strstr(keep,
			       " the private key of the CA CN=Root, if it "
			       "is yours: it signs their next "
			       "certificate\n"));
	assert_null(strstr(keep + 8, "  keep: "));
	assert_null(strstr(out, "its loss"));
}

static void test_no_configuration(void **state)
{
	struct fixture *f = *state;
	const struct forecast_options options = {
		.config = path_of(f, "none.yaml")};
	int64_t stranded;

	must_fail(forecast(&options, &stranded, &failure), ERR_NOT_FOUND,
		  "none.yaml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_last_of_its_kind),
		cmocka_unit_test_setup_teardown(test_profiles, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_gone_is_forgotten, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_database, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_configuration, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
