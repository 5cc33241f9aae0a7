#include "fixture.h"

static const char image[] = "an image for lamps";
static const char images[] = "/api/v1/products/inklay/images";
static const char lamps[] = "/api/v1/products/lamp/images";
static const char releases[] = "/api/v1/products/lamp/releases";

static void test_release(void **state)
{
	struct fixture *f = *state;
	char hex[DIGEST_HEX_SIZE], body[256], want[256];
	int64_t before;

	fixture_hex(image, sizeof(image), hex);
	snprintf(body, sizeof(body), "{\"sha256\":\"%s\"}", hex);
	fixture_expect("no image",
		       fixture_call(f, "POST", releases, "publisher", body),
		       404, hex);
	fixture_expect(
		"upload",
		fixture_upload(f, lamps, "1.2", -1, image, sizeof(image)), 201,
		hex);
	before = fixture_serial(f);
	snprintf(want, sizeof(want),
		 "{\"id\":1,\"product\":\"lamp\",\"sha256\":\"%s\","
		 "\"version\":\"1.2\",\"channel\":\"stable\",\"percent\":100,"
		 "\"state\":\"active\",\"created\":\"20",
		 hex);
	fixture_expect("defaults",
		       fixture_call(f, "POST", releases, "publisher", body),
		       201, want);
	assert_true(fixture_serial(f) > before);
	fixture_expect_audit(f, 2, "\"object\":\"lamp/1\"");
	snprintf(body, sizeof(body),
		 "{\"sha256\":\"%s\",\"channel\":\"beta\",\"percent\":0,"
		 "\"state\":\"paused\"}",
		 hex);
	fixture_expect("all given",
		       fixture_call(f, "POST", releases, "publisher", body),
		       201,
		       "\"channel\":\"beta\",\"percent\":0,"
		       "\"state\":\"paused\"");
	fixture_expect_audit(f, 3, "\"percent\":0");
	fixture_expect("list", fixture_call(f, "GET", releases, "viewer", NULL),
		       200, "{\"releases\":[{\"id\":2,");
}

static void test_release_refused(void **state)
{
#define WITH_DIGEST "{\"sha256\":\"" DIGEST "\""
	static const struct {
		const char *label;
		const char *body;
		int status;
		const char *detail;
	} rows[] = {
		{"good but for the image", WITH_DIGEST "}", 404, DIGEST},
		{"no body", "", 400, "JSON"},
		{"no JSON", "{", 400, "JSON"},
		{"no object", "[]", 400, "object"},
		{"no digest", "{}", 400, "sha256"},
		{"short digest", "{\"sha256\":\"00\"}", 400, "sha256"},
		{"101 percent", WITH_DIGEST ",\"percent\":101}", 400,
		 "percent"},
		{"-1 percent", WITH_DIGEST ",\"percent\":-1}", 400, "percent"},
		{"half a percent", WITH_DIGEST ",\"percent\":0.5}", 400,
		 "percent"},
		{"no state", WITH_DIGEST ",\"state\":\"ready\"}", 400,
		 "active, paused or halted"},
		{"no channel", WITH_DIGEST ",\"channel\":\"a b\"}", 400,
		 "channel"},
		{"unknown", WITH_DIGEST ",\"colour\":1}", 400, "colour"},
		{"twice", WITH_DIGEST ",\"percent\":1,\"percent\":1}", 400,
		 "duplicate"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fixture_expect(rows[i].label,
			       fixture_call(f, "POST", releases, "publisher",
					    rows[i].body),
			       rows[i].status, rows[i].detail);
	fixture_expect("no product",
		       fixture_call(f, "POST", "/api/v1/products/tv/releases",
				    "publisher", WITH_DIGEST "}"),
		       404, "'tv'");
	fixture_expect_audit(f, 0, "");
}

static void test_release_needs_signature(void **state)
{
	struct fixture *f = *state;
	char hex[DIGEST_HEX_SIZE], body[128], target[256], text[128];
	const char *base = "/api/v1/products/inklay/releases";

	fixture_hex(image, sizeof(image), hex);
	snprintf(body, sizeof(body), "{\"sha256\":\"%s\"}", hex);
	snprintf(target, sizeof(target), "%s/%s/signature", images, hex);
	fixture_expect("upload",
		       fixture_upload(f, images, "1", -1, image, sizeof(image)),
		       201, hex);
	fixture_expect("unsigned",
		       fixture_call(f, "POST", base, "publisher", body), 409,
		       "alice");
	fixture_sign(f, 0, image, sizeof(image), text);
	fixture_expect("sign",
		       fixture_call(f, "PUT", target, "publisher", text), 200,
		       "alice");
	fixture_expect("signed",
		       fixture_call(f, "POST", base, "publisher", body), 201,
		       hex);
}

static void test_release_change(void **state)
{
	static const struct {
		const char *label;
		const char *target;
		const char *body;
		int status;
		const char *want;
		bool changes;
	} rows[] = {
		{"percent", "1", "{\"percent\":10}", 200,
		 "\"percent\":10,\"state\":\"active\"", true},
		{"the same", "1", "{\"percent\":10}", 200, "\"percent\":10",
		 false},
		{"nothing", "1", "{}", 200, "\"percent\":10", false},
		{"nulls", "1", "{\"percent\":null,\"state\":null}", 200,
		 "\"percent\":10", false},
		{"state", "1", "{\"state\":\"halted\"}", 200,
		 "\"percent\":10,\"state\":\"halted\"", true},
		{"both", "1", "{\"state\":\"active\",\"percent\":0}", 200,
		 "\"percent\":0,\"state\":\"active\"", true},
		{"100", "1", "{\"percent\":100}", 200, "\"percent\":100", true},
		{"101", "1", "{\"percent\":101}", 400, "percent", false},
		{"-1", "1", "{\"percent\":-1}", 400, "percent", false},
		{"channel", "1", "{\"channel\":\"beta\"}", 400, "channel",
		 false},
		{"no such", "2", "{\"percent\":10}", 404, "no release 2",
		 false},
		{"no number", "x", "{\"percent\":10}", 400, "'x'", false},
		{"zero", "0", "{\"percent\":10}", 400, "'0'", false},
		{"leading zero", "01", "{\"percent\":10}", 400, "'01'", false},
		{"more behind", "1x", "{\"percent\":10}", 400, "'1x'", false},
		{"huge", "99999999999999999999", "{\"percent\":10}", 400,
		 "99999999999999999999", false},
	};
	struct fixture *f = *state;
	char hex[DIGEST_HEX_SIZE], text[256];
	size_t count = 2;

	fixture_hex(image, sizeof(image), hex);
	snprintf(text, sizeof(text), "{\"sha256\":\"%s\"}", hex);
	fixture_expect("upload",
		       fixture_upload(f, lamps, "1", -1, image, sizeof(image)),
		       201, hex);
	fixture_expect("release",
		       fixture_call(f, "POST", releases, "publisher", text),
		       201, hex);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t before = fixture_serial(f);

		snprintf(text, sizeof(text), "%s/%s", releases, rows[i].target);
		fixture_expect(rows[i].label,
			       fixture_call(f, "PATCH", text, "publisher",
					    rows[i].body),
			       rows[i].status, rows[i].want);
		count += rows[i].changes;
		fixture_expect_audit(f, count, "");
		if ((fixture_serial(f) > before) != rows[i].changes)
			fail_msg("%s: serial %lld after %lld", rows[i].label,
				 (long long)fixture_serial(f),
				 (long long)before);
	}
	fixture_expect_audit(
		f, count,
		"\"detail\":{\"from\":{\"percent\":0,\"state\":\"active\"}"
		",\"to\":{\"percent\":100,\"state\":\"active\"}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_SERVER(test) \
	cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
		WITH_SERVER(test_release),
		WITH_SERVER(test_release_refused),
		WITH_SERVER(test_release_needs_signature),
		WITH_SERVER(test_release_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
