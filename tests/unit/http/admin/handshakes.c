#include "fixture.h"

#include "base/clock.h"
#include "store/handshake.h"
#include "store/ladder.h"

#define LIST   "/api/v1/handshakes"
#define LABELS "/api/v1/fingerprints"
#define JA4    "t12d490700_4b815dab2718_7b0ba9b4cf08"
#define OTHER  "t13i1516h2_8daaf6152771_02713d6af862"

/* 2026-11-21T04:00:00Z */
enum { NOW = 1795233600 };

static bool run_add(struct db *db, void *arg, struct err *err)
{
	return handshake_add(db, arg, err);
}

static bool run_ladder(struct db *db, void *arg, struct err *err)
{
	return ladder_save(db, arg, err);
}

static void strand(struct fixture *f)
{
	struct ladder_row row = {.network = "192.0.2.0/24",
				 .ja4 = JA4,
				 .sni = "ota.example.com",
				 .rejected = "modern",
				 .stranded = true,
				 .at = NOW};

	fixture_write(f, run_ladder, &row);
}

/* One that was rejected, one that was closed without SNI, one that is good. */
static void add_all(struct fixture *f)
{
	struct handshake_row rows[] = {
		{.ja4 = JA4,
		 .ja3 = "98ed53b5b0bd5d27f3b1c5f7e2a2a2b4",
		 .looks_like = "ESP-IDF 3.x",
		 .sni = "ota.example.com",
		 .profile = "modern",
		 .result = "alert",
		 .alert = 48,
		 .detail = "unknown_ca",
		 .network = "192.0.2.0/24",
		 .address = "192.0.2.7",
		 .first_seen = NOW,
		 .last_seen = NOW + 1,
		 .count = 3},
		{.ja4 = OTHER,
		 .result = "closed",
		 .alert = -1,
		 .network = "192.0.2.0/24",
		 .address = "192.0.2.8",
		 .first_seen = NOW,
		 .last_seen = NOW + 2,
		 .count = 1},
		{.ja4 = JA4,
		 .profile = "dst-x3",
		 .result = "ok",
		 .alert = -1,
		 .address = "192.0.2.9",
		 .first_seen = NOW,
		 .last_seen = NOW + 3,
		 .count = 5},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fixture_write(f, run_add, &rows[i]);
}

/* ---- GET /handshakes ---------------------------------------------------- */

static void test_rows(void **state)
{
	struct fixture *f = *state;

	fixture_expect("none", fixture_call(f, "GET", LIST, "viewer", NULL),
		       200, "{\"handshakes\":[],\"next\":null}");
	add_all(f);
	strand(f);
	fixture_expect(
		"an alert",
		fixture_call(f, "GET", LIST "?profile=modern", "viewer", NULL),
		200,
		"{\"handshakes\":[{\"fingerprint\":\"" JA4 "\","
		"\"ja3\":\"98ed53b5b0bd5d27f3b1c5f7e2a2a2b4\","
		"\"label\":null,\"looks_like\":\"ESP-IDF 3.x\","
		"\"sni\":\"ota.example.com\",\"profile\":\"modern\","
		"\"result\":\"alert\","
		"\"alert\":{\"code\":48,\"name\":\"unknown_ca\"},"
		"\"detail\":\"unknown_ca\",\"network\":\"192.0.2.0/24\","
		"\"address\":\"192.0.2.7\","
		"\"first_seen\":\"2026-11-21T04:00:00Z\","
		"\"last_seen\":\"2026-11-21T04:00:01Z\",\"count\":3,"
		"\"stranded\":true}],\"next\":null}");
	fixture_expect(
		"what is not known is null",
		fixture_call(f, "GET", LIST "?fingerprint=" OTHER, "viewer",
			     NULL),
		200,
		"{\"handshakes\":[{\"fingerprint\":\"" OTHER "\","
		"\"ja3\":null,\"label\":null,\"looks_like\":null,\"sni\":null,"
		"\"profile\":null,\"result\":\"closed\",\"alert\":null,"
		"\"detail\":null,\"network\":\"192.0.2.0/24\","
		"\"address\":\"192.0.2.8\","
		"\"first_seen\":\"2026-11-21T04:00:00Z\","
		"\"last_seen\":\"2026-11-21T04:00:02Z\",\"count\":1,"
		"\"stranded\":false}],\"next\":null}");
}

/* "48 closed next=..." */
static void list(struct fixture *f, const char *query, char *text, size_t room)
{
	char target[256];
	struct answer answer;
	const char *next;
	json_t *row;
	size_t i, used = 0;

	snprintf(target, sizeof(target), LIST "%s", query);
	answer = fixture_call(f, "GET", target, "viewer", NULL);
	if (answer.status != 200)
		fail_msg("%s: got %d", target, answer.status);
	text[0] = '\0';
	json_array_foreach (json_object_get(answer.json, "handshakes"), i, row)
		used += (size_t)snprintf(
			text + used, room - used, "%s ",
			json_string_value(json_object_get(row, "result")));
	next = json_string_value(json_object_get(answer.json, "next"));
	snprintf(text + used, room - used, "%s", next ? next : "end");
	json_decref(answer.json);
}

static void test_filters(void **state)
{
	static const struct {
		const char *query;
		const char *want;
	} rows[] = {
		{"", "ok closed alert end"},
		{"?outcome=all", "ok closed alert end"},
		{"?outcome=failed", "closed alert end"},
		{"?outcome=ok", "ok end"},
		{"?fingerprint=" JA4, "ok alert end"},
		{"?fingerprint=" JA4 "&outcome=failed", "alert end"},
		{"?fingerprint=t12d490700", "end"},
		{"?profile=dst-x3", "ok end"},
		{"?seen_after=2026-11-21T04:00:02Z", "ok closed end"},
		{"?seen_after=2026-11-21T04:00:03Z", "ok end"},
		{"?limit=3", "ok closed alert 1"},
		{"?limit=4", "ok closed alert end"},
		{"?limit=2", "ok closed 2"},
		{"?limit=2&after=2", "alert end"},
		{"?limit=1&after=3&outcome=failed", "closed 2"},
		{"?limit=1&after=1", "end"},
	};
	struct fixture *f = *state;
	char got[256];

	add_all(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		list(f, rows[i].query, got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got %s, want %s", rows[i].query, got,
				 rows[i].want);
	}
}

static void test_filters_refused(void **state)
{
	static const struct {
		const char *query;
		const char *detail;
	} rows[] = {
		{"?outcome=bad", "outcome"},
		{"?outcome=", "outcome"},
		{"?limit=0", "limit"},
		{"?limit=1001", "limit"},
		{"?after=0", "after"},
		{"?after=x", "after"},
		{"?seen_after=today", "seen_after"},
		{"?seen_before=2026-11-21T04:00:00Z", "seen_before"},
		{"?fingerprint=" JA4 "012345678901", "fingerprint"},
		{"?profile=0123456789012345678901234567890123456789"
		 "0123456789012345678901234",
		 "profile"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char target[256];

		snprintf(target, sizeof(target), LIST "%s", rows[i].query);
		fixture_expect(
			target,
			fixture_call(*state, "GET", target, "viewer", NULL),
			400, rows[i].detail);
	}
}

/* ---- fingerprints ------------------------------------------------------- */

static void test_labels(void **state)
{
	struct fixture *f = *state;

	add_all(f);
	fixture_expect("none", fixture_call(f, "GET", LABELS, "viewer", NULL),
		       200, "{\"fingerprints\":[]}");
	fixture_expect("set",
		       fixture_call(f, "PUT", LABELS "/" JA4, "publisher",
				    "{\"label\":\"kitchen sensor v1\"}"),
		       200,
		       "{\"fingerprint\":\"" JA4
		       "\",\"label\":\"kitchen sensor v1\",\"set\":\"20");
	fixture_expect_audit(f, 1, "\"what\":\"fingerprint.label\"");
	fixture_expect_audit(f, 1,
			     "\"object\":\"" JA4 "\",\"detail\":{\"label\":"
			     "\"kitchen sensor v1\"}");
	fixture_expect("the same again",
		       fixture_call(f, "PUT", LABELS "/" JA4, "publisher",
				    "{\"label\":\"kitchen sensor v1\"}"),
		       200, "kitchen sensor v1");
	fixture_expect_audit(f, 1, "");
	fixture_expect("in the list of handshakes",
		       fixture_call(f, "GET", LIST "?limit=1", "viewer", NULL),
		       200, "\"label\":\"kitchen sensor v1\"");
	fixture_expect("another",
		       fixture_call(f, "PUT", LABELS "/" OTHER, "publisher",
				    "{\"label\":\"caf\\u00e9\"}"),
		       200, "caf\xc3\xa9");
	fixture_expect("changed",
		       fixture_call(f, "PUT", LABELS "/" JA4, "publisher",
				    "{\"label\":\"bath\"}"),
		       200, "\"label\":\"bath\"");
	fixture_expect_audit(f, 3, "bath");
	fixture_expect("listed", fixture_call(f, "GET", LABELS, "viewer", NULL),
		       200,
		       "{\"fingerprints\":[{\"fingerprint\":\"" JA4
		       "\",\"label\":\"bath\",");
	fixture_expect(
		"removed",
		fixture_call(f, "DELETE", LABELS "/" JA4, "publisher", NULL),
		204, NULL);
	fixture_expect_audit(f, 4, "\"what\":\"fingerprint.unlabel\"");
	fixture_expect(
		"removed again",
		fixture_call(f, "DELETE", LABELS "/" JA4, "publisher", NULL),
		404, "has no label");
	fixture_expect_audit(f, 4, "");
	fixture_expect("the other one is left",
		       fixture_call(f, "GET", LABELS, "viewer", NULL), 200,
		       "{\"fingerprints\":[{\"fingerprint\":\"" OTHER "\"");
}

static void test_roles(void **state)
{
	static const struct {
		const char *method, *target, *body;
		const char *token;
		int status;
	} rows[] = {
		{"GET", LIST, NULL, NULL, 401},
		{"GET", LIST, NULL, "viewer", 200},
		{"GET", LABELS, NULL, NULL, 401},
		{"GET", LABELS, NULL, "viewer", 200},
		{"PUT", LABELS "/" JA4, "{\"label\":\"a\"}", NULL, 401},
		{"PUT", LABELS "/" JA4, "{\"label\":\"a\"}", "viewer", 403},
		{"PUT", LABELS "/" JA4, "{\"label\":\"a\"}", "publisher", 200},
		{"DELETE", LABELS "/" JA4, NULL, NULL, 401},
		{"DELETE", LABELS "/" JA4, NULL, "viewer", 403},
		{"DELETE", LABELS "/" JA4, NULL, "publisher", 204},
		{"GET", LABELS "/" JA4, NULL, "viewer", 405},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer answer =
			fixture_call(*state, rows[i].method, rows[i].target,
				     rows[i].token, rows[i].body);

		if (answer.status != rows[i].status)
			fail_msg("%s %s as %s: got %d, want %d", rows[i].method,
				 rows[i].target,
				 rows[i].token ? rows[i].token : "nobody",
				 answer.status, rows[i].status);
		json_decref(answer.json);
	}
}

/* Each differs from a good one in one place. */
static void test_fingerprint_shapes(void **state)
{
	static const struct {
		const char *ja4;
		int status;
	} rows[] = {
		{"t12d490700_4b815dab2718_7b0ba9b4cf08", 200},
		{"q12d490700_4b815dab2718_7b0ba9b4cf08", 200},
		{"d12d490700_4b815dab2718_7b0ba9b4cf08", 200},
		{"u12d490700_4b815dab2718_7b0ba9b4cf08", 400},
		{"ts3d490700_4b815dab2718_7b0ba9b4cf08", 200},
		{"td3d490700_4b815dab2718_7b0ba9b4cf08", 200},
		{"t00d490700_4b815dab2718_7b0ba9b4cf08", 200},
		{"t14d490700_4b815dab2718_7b0ba9b4cf08", 400},
		{"t12i490700_4b815dab2718_7b0ba9b4cf08", 200},
		{"t12x490700_4b815dab2718_7b0ba9b4cf08", 400},
		{"t12dx90700_4b815dab2718_7b0ba9b4cf08", 400},
		{"t12d4907x0_4b815dab2718_7b0ba9b4cf08", 200},
		{"t12d490a00_4b815dab2718_7b0ba9b4cf08", 400},
		{"t12d4907hZ_4b815dab2718_7b0ba9b4cf08", 200},
		{"t12d4907h-_4b815dab2718_7b0ba9b4cf08", 400},
		{"t12d4907h__4b815dab2718_7b0ba9b4cf08", 400},
		{"t12d49070_4b815dab27180_7b0ba9b4cf08", 400},
		{"t12d490700_4B815dab2718_7b0ba9b4cf08", 400},
		{"t12d490700_4b815dab271g_7b0ba9b4cf08", 400},
		{"t12d490700-4b815dab2718_7b0ba9b4cf08", 400},
		{"t12d490700_4b815dab2718-7b0ba9b4cf08", 400},
		{"t12d490700_4b815dab2718_7b0ba9b4cf0g", 400},
		{"t12d490700_4b815dab2718_7b0ba9b4cf0", 400},
		{"t12d490700_4b815dab2718_7b0ba9b4cf080", 400},
		{"x", 400},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char target[128];

		snprintf(target, sizeof(target), LABELS "/%s", rows[i].ja4);
		fixture_expect(target,
			       fixture_call(*state, "PUT", target, "publisher",
					    "{\"label\":\"a\"}"),
			       rows[i].status,
			       rows[i].status == 200 ? "\"label\":\"a\""
						     : "expected a JA4");
	}
}

static void test_labels_refused(void **state)
{
	static const struct {
		const char *label;
		const char *body;
		const char *detail;
	} rows[] = {
		{"no body", "", "JSON"},
		{"no object", "[]", "object"},
		{"nothing", "{}", "label"},
		{"null", "{\"label\":null}", "label"},
		{"empty", "{\"label\":\"\"}", "label"},
		{"a number", "{\"label\":1}", "label"},
		{"unknown", "{\"label\":\"a\",\"colour\":\"red\"}", "colour"},
		{"a line end", "{\"label\":\"a\\nb\"}", "control"},
		{"an escape", "{\"label\":\"a\\u001bb\"}", "control"},
		{"C1", "{\"label\":\"a\\u0085b\"}", "control"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fixture_expect(rows[i].label,
			       fixture_call(f, "PUT", LABELS "/" JA4,
					    "publisher", rows[i].body),
			       400, rows[i].detail);
	fixture_expect_audit(f, 0, "");
}

static void test_label_bounds(void **state)
{
	static const struct {
		int len;
		int status;
	} rows[] = {
		{1, 200}, {STORE_LABEL_SIZE - 1, 200}, {STORE_LABEL_SIZE, 400}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char label[STORE_LABEL_SIZE + 1] = "", body[256];

		memset(label, 'a', (size_t)rows[i].len);
		snprintf(body, sizeof(body), "{\"label\":\"%s\"}", label);
		fixture_expect("a label",
			       fixture_call(*state, "PUT", LABELS "/" JA4,
					    "publisher", body),
			       rows[i].status,
			       rows[i].status == 200 ? label : "label");
	}
}

int main(void)
{
#define TEST(test) \
	cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
	const struct CMUnitTest tests[] = {
		TEST(test_rows),
		TEST(test_filters),
		TEST(test_filters_refused),
		TEST(test_labels),
		TEST(test_roles),
		TEST(test_fingerprint_shapes),
		TEST(test_labels_refused),
		TEST(test_label_bounds),
	};

	return cmocka_run_group_tests_name("http/admin/handshakes", tests, NULL,
					   NULL);
}
