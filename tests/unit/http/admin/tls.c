#include "fixture.h"

#include "../../pki/mint.h"

#include "base/clock.h"
#include "pki/certificate.h"
#include "store/checkin.h"

enum { DAY = 24 * 60 * 60 };

/*
 * A profile "modern" with the chain leaf, issuing CA and no anchor, and one
 * "old" for the anchor "root" with a second chain that ends sooner.
 */
struct pki {
	EVP_PKEY *keys[3];
	X509 *root, *ca, *leaf, *short_leaf;
	STACK_OF(X509) * chains[2];
	const STACK_OF(X509) * list[2];
	struct anchor anchor;
	struct presentation profiles[2];
};

static STACK_OF(X509) * make_chain(X509 *leaf, X509 *ca)
{
	STACK_OF(X509) *chain = sk_X509_new_null();

	sk_X509_push(chain, leaf);
	sk_X509_push(chain, ca);
	return chain;
}

/* Half a day off whole ones, since texts tell how many are left. */
static void make_certificates(struct pki *p, int64_t now)
{
	for (int i = 0; i < 3; i++)
		p->keys[i] = mint_key("ecdsa-p256");
	p->root = mint(&(struct mint){.subject = "CN=root",
				      .key = p->keys[0],
				      .ca = true,
				      .not_after = now + 1000 * DAY});
	p->ca = mint(&(struct mint){.subject = "CN=issuing CA",
				    .key = p->keys[1],
				    .issuer = p->root,
				    .issuer_key = p->keys[0],
				    .ca = true,
				    .not_after = now + 500 * DAY});
	p->leaf = mint(&(struct mint){.subject = "CN=ota.example.com",
				      .key = p->keys[2],
				      .issuer = p->ca,
				      .issuer_key = p->keys[1],
				      .not_after = now + 90 * DAY + DAY / 2});
	p->short_leaf =
		mint(&(struct mint){.subject = "CN=ota.example.com",
				    .key = p->keys[2],
				    .issuer = p->ca,
				    .issuer_key = p->keys[1],
				    .not_after = now + 10 * DAY + DAY / 2});
}

static void present(struct fixture *f, struct pki *p)
{
	*p = (struct pki){.root = NULL};
	make_certificates(p, clock_utc());
	p->list[0] = p->chains[0] = make_chain(p->leaf, p->ca);
	p->list[1] = p->chains[1] = make_chain(p->short_leaf, p->ca);
	p->anchor = (struct anchor){"root", p->root, true};
	p->profiles[0] = (struct presentation){.profile = "modern",
					       .chains = p->list,
					       .chain_count = 1,
					       .security_level = 2};
	p->profiles[1] = (struct presentation){.profile = "old",
					       .anchor = &p->anchor,
					       .chains = p->list,
					       .chain_count = 2,
					       .security_level = 0};
	f->site.profiles = p->profiles;
	f->site.profile_count = 2;
	f->site.default_profile = "modern";
}

static void free_pki(struct pki *p)
{
	sk_X509_free(p->chains[0]);
	sk_X509_free(p->chains[1]);
	X509_free(p->root);
	X509_free(p->ca);
	X509_free(p->leaf);
	X509_free(p->short_leaf);
	for (int i = 0; i < 3; i++)
		EVP_PKEY_free(p->keys[i]);
}

static struct answer ask(struct fixture *f)
{
	struct answer answer =
		fixture_call(f, "GET", "/api/v1/tls", "viewer", NULL);

	assert_int_equal(answer.status, 200);
	return answer;
}

static json_t *profile_at(const struct answer *answer, size_t i)
{
	return json_array_get(json_object_get(answer->json, "profiles"), i);
}

/* The member is this text; NULL: it is null. */
static void expect_text(json_t *object, const char *name, const char *want)
{
	json_t *value = json_object_get(object, name);

	assert_non_null(value);
	if (want)
		assert_string_equal(json_string_value(value), want);
	else
		assert_true(json_is_null(value));
}

static void expect_time(json_t *object, const char *name, int64_t want)
{
	char text[CLOCK_TEXT_SIZE];

	clock_rfc3339(want, text);
	expect_text(object, name, text);
}

static void expect_number(json_t *object, const char *name, int64_t want)
{
	assert_int_equal(json_integer_value(json_object_get(object, name)),
			 want);
}

static void expect_certificate(json_t *object, X509 *c, const char *subject,
			       const char *issuer)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;

	assert_true(certificate_fingerprint(c, &digest));
	digest_hex(&digest, hex);
	expect_text(object, "subject", subject);
	expect_text(object, "issuer", issuer);
	expect_text(object, "sha256", hex);
	expect_time(object, "not_before", certificate_not_before(c));
	expect_time(object, "not_after", certificate_not_after(c));
	expect_number(object, "size", (int64_t)certificate_size(c));
}

/* ---- what is presented -------------------------------------------------- */

static void test_nothing(void **state)
{
	fixture_expect(
		"no profiles",
		fixture_call(*state, "GET", "/api/v1/tls", "viewer", NULL), 200,
		"{\"profiles\":[]}");
	fixture_expect("nobody",
		       fixture_call(*state, "GET", "/api/v1/tls", NULL, NULL),
		       401, "");
	fixture_expect("an argument",
		       fixture_call(*state, "GET", "/api/v1/tls?profile=old",
				    "viewer", NULL),
		       400, "profile");
}

static void test_chains(void **state)
{
	struct fixture *f = *state;
	struct answer answer;
	json_t *modern, *old, *chains, *chain, *links;
	struct pki p;

	present(f, &p);
	answer = ask(f);
	modern = profile_at(&answer, 0);
	old = profile_at(&answer, 1);
	assert_null(profile_at(&answer, 2));
	expect_text(modern, "name", "modern");
	assert_true(json_is_true(json_object_get(modern, "default")));
	assert_true(json_is_true(json_object_get(modern, "configured")));
	expect_text(modern, "anchor", NULL);
	expect_time(modern, "first_end", certificate_not_after(p.leaf));
	chains = json_object_get(modern, "chains");
	assert_int_equal(json_array_size(chains), 1);
	chain = json_array_get(chains, 0);
	expect_number(chain, "message_bytes",
		      (int64_t)certificate_message_size(p.chains[0]));
	links = json_object_get(chain, "certificates");
	assert_int_equal(json_array_size(links), 2);
	expect_certificate(json_array_get(links, 0), p.leaf,
			   "CN=ota.example.com", "CN=issuing CA");
	expect_certificate(json_array_get(links, 1), p.ca, "CN=issuing CA",
			   "CN=root");

	expect_text(old, "name", "old");
	assert_true(json_is_false(json_object_get(old, "default")));
	expect_certificate(json_object_get(old, "anchor"), p.root, "CN=root",
			   "CN=root");
	expect_text(json_object_get(old, "anchor"), "name", "root");
	assert_true(json_is_true(json_object_get(json_object_get(old, "anchor"),
						 "checks_time")));
	assert_int_equal(json_array_size(json_object_get(old, "chains")), 2);
	expect_time(old, "first_end", certificate_not_after(p.short_leaf));
	json_decref(answer.json);
	free_pki(&p);
}

struct found {
	json_t *list;
	size_t count;
};

static void same_finding(void *arg, const struct finding *finding)
{
	struct found *found = arg;
	json_t *row = json_array_get(found->list, found->count++);

	expect_text(row, "level", finding_level_name(finding->level));
	expect_text(row, "text", finding->text);
}

/* What judge() says, in its order. */
static void test_findings(void **state)
{
	struct fixture *f = *state;
	struct answer answer;
	struct pki p;

	present(f, &p);
	answer = ask(f);
	for (size_t i = 0; i < 2; i++) {
		struct found found = {
			.list = json_object_get(profile_at(&answer, i),
						"findings")};

		judge(&p.profiles[i], NULL, clock_utc(), same_finding, &found);
		assert_int_equal(json_array_size(found.list), found.count);
		if (i == 1) /* it ends in ten days */
			assert_true(found.count > 0);
	}
	json_decref(answer.json);
	free_pki(&p);
}

static void test_no_chain(void **state)
{
	struct fixture *f = *state;
	struct answer answer;
	struct pki p;

	present(f, &p);
	p.profiles[1].chain_count = 0;
	answer = ask(f);
	expect_text(profile_at(&answer, 1), "first_end", NULL);
	assert_int_equal(json_array_size(json_object_get(profile_at(&answer, 1),
							 "chains")),
			 0);
	json_decref(answer.json);
	free_pki(&p);
}

/* ---- who depends on it -------------------------------------------------- */

static bool run_poll(struct db *db, void *arg, struct err *err)
{
	return checkin_add(db, arg, err);
}

static bool run_report(struct db *db, void *arg, struct err *err)
{
	return report_add(db, arg, err);
}

static void use(struct fixture *f, const char *device, const char *profile,
		int64_t at)
{
	struct checkin c = {.at = at,
			    .product = fixture_ident("inklay"),
			    .device = fixture_ident(device),
			    .version = fixture_ident("1.0")};

	text_copy(c.peer.profile, sizeof(c.peer.profile), profile);
	fixture_write(f, run_poll, &c);
}

static void expect_usage(json_t *profile, const int days[static 5],
			 int64_t last_use)
{
	static const char *const names[] = {"1d", "7d", "30d", "90d", "all"};
	json_t *devices = json_object_get(profile, "devices");

	for (int i = 0; i < 5; i++)
		expect_number(devices, names[i], days[i]);
	if (last_use)
		expect_time(profile, "last_use", last_use);
	else
		expect_text(profile, "last_use", NULL);
}

static void test_usage(void **state)
{
	/* An hour off the bounds, since the clock goes on meanwhile. */
	static const struct {
		const char *device, *profile;
		int64_t ago;
	} polls[] = {
		{"a", "old", DAY - 3600},      {"b", "old", DAY + 3600},
		{"c", "old", 7 * DAY - 3600},  {"d", "old", 7 * DAY + 3600},
		{"e", "old", 30 * DAY + 3600}, {"f", "old", 90 * DAY - 3600},
		{"g", "old", 90 * DAY + 3600}, {"h", "old-2019", 400 * DAY},
	};
	struct report report = {.product = fixture_ident("inklay"),
				.device = fixture_ident("never-polled"),
				.status = "failed"};
	struct fixture *f = *state;
	int64_t now = clock_utc();
	struct answer answer;
	json_t *gone;
	struct pki p;

	present(f, &p);
	for (size_t i = 0; i < sizeof(polls) / sizeof(polls[0]); i++)
		use(f, polls[i].device, polls[i].profile, now - polls[i].ago);
	report.at = now;
	fixture_write(f, run_report, &report);
	answer = ask(f);
	expect_usage(profile_at(&answer, 0), (int[]){0, 0, 0, 0, 0}, 0);
	expect_usage(profile_at(&answer, 1), (int[]){1, 3, 4, 6, 7},
		     now - DAY + 3600);
	gone = profile_at(&answer, 2);
	expect_text(gone, "name", "old-2019");
	assert_true(json_is_false(json_object_get(gone, "configured")));
	assert_true(json_is_false(json_object_get(gone, "default")));
	expect_usage(gone, (int[]){0, 0, 0, 0, 1}, now - 400 * DAY);
	assert_null(profile_at(&answer, 3));
	json_decref(answer.json);
	free_pki(&p);
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),  TEST(test_chains), TEST(test_findings),
		TEST(test_no_chain), TEST(test_usage),
	};

	return cmocka_run_group_tests_name("http/admin/tls", tests, NULL, NULL);
}
