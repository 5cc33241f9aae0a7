#include "fixture.h"

#include "store/checkin.h"
#include "store/handshake.h"

#define JA4 "t13d1516h2_8daaf6152771_02713d6af862"

static const char devices[] = "/api/v1/devices";
static const char checkins[] = "/api/v1/checkins";

/* ---- polls --------------------------------------------------------------- */

static bool run_poll(struct db *db, void *arg, struct err *err)
{
	return checkin_add(db, arg, err);
}

static void add_poll(struct fixture *f, const char *product, const char *device,
		     const char *version, const char *profile, int64_t at)
{
	struct checkin c = {.at = at,
			    .product = fixture_ident(product),
			    .device = fixture_ident(device),
			    .version = fixture_ident(version),
			    .channel = fixture_ident("stable"),
			    .reason = "up-to-date",
			    .peer = f->client.peer};

	text_copy(c.peer.profile, sizeof(c.peer.profile), profile);
	text_copy(c.peer.fingerprint, sizeof(c.peer.fingerprint),
		  strcmp(profile, "modern") == 0 ? JA4 : "");
	fixture_write(f, run_poll, &c);
}

static bool run_label(struct db *db, void *arg, struct err *err)
{
	return fingerprint_label(db, arg, err);
}

/* 2026-11-21T04:00:00Z */
enum { NOW = 1795233600 };

static void add_fleet(struct fixture *f)
{
	add_poll(f, "inklay", "a1", "1.0", "modern", NOW);
	add_poll(f, "inklay", "a2", "1.1", "modern", NOW + 1);
	add_poll(f, "inklay", "a3", "1.1", "dst-x3", NOW + 2);
	add_poll(f, "lamp", "a1", "1.1", "modern", NOW + 3);
	add_poll(f, "inklay", "a1", "1.1", "modern", NOW + 4);
}

/* "inklay/a1 inklay/a2 next=..." */
static void list(struct fixture *f, const char *base, const char *query,
		 const char *name, char *text, size_t room)
{
	char target[256];
	struct answer answer;
	const char *next;
	json_t *row;
	size_t i, used = 0;

	snprintf(target, sizeof(target), "%s%s", base, query);
	answer = fixture_call(f, "GET", target, "viewer", NULL);
	if (answer.status != 200)
		fail_msg("%s: got %d", target, answer.status);
	text[0] = '\0';
	json_array_foreach (json_object_get(answer.json, name), i, row)
		used += (size_t)snprintf(
			text + used, room - used, "%s/%s ",
			json_string_value(json_object_get(row, "product")),
			json_string_value(json_object_get(row, "device")));
	next = json_string_value(json_object_get(answer.json, "next"));
	snprintf(text + used, room - used, "%s", next ? next : "end");
	json_decref(answer.json);
}

/* ---- GET /devices ------------------------------------------------------- */

static void test_list(void **state)
{
	static const struct {
		const char *query;
		const char *want;
	} rows[] = {
		{"", "inklay/a1 inklay/a2 inklay/a3 lamp/a1 end"},
		{"?product=inklay", "inklay/a1 inklay/a2 inklay/a3 end"},
		{"?product=tv", "end"},
		{"?version=1.1", "inklay/a1 inklay/a2 inklay/a3 lamp/a1 end"},
		{"?version=1.0", "end"},
		{"?profile=dst-x3", "inklay/a3 end"},
		{"?profile=", "inklay/a1 inklay/a2 inklay/a3 lamp/a1 end"},
		{"?fingerprint=" JA4, "inklay/a1 inklay/a2 lamp/a1 end"},
		{"?fingerprint=" JA4 "&profile=dst-x3", "end"},
		{"?fingerprint=t13d1516h2", "end"},
		{"?channel=beta", "end"},
		{"?seen_before=2026-11-21T04:00:02Z", "inklay/a2 end"},
		{"?seen_before=2026-11-21T04:00:01Z", "end"},
		{"?limit=4", "inklay/a1 inklay/a2 inklay/a3 lamp/a1 lamp/a1"},
		{"?limit=5", "inklay/a1 inklay/a2 inklay/a3 lamp/a1 end"},
		{"?limit=2", "inklay/a1 inklay/a2 inklay/a2"},
		{"?limit=2&after=inklay/a2", "inklay/a3 lamp/a1 lamp/a1"},
		{"?limit=2&after=lamp/a1", "end"},
		{"?limit=1&product=inklay&after=inklay/a2",
		 "inklay/a3 inklay/a3"},
	};
	struct fixture *f = *state;
	char got[256];

	add_fleet(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		list(f, devices, rows[i].query, "devices", got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got %s, want %s", rows[i].query, got,
				 rows[i].want);
	}
}

static void test_list_refused(void **state)
{
	static const struct {
		const char *query;
		const char *detail;
	} rows[] = {
		{"?product=", "product"},
		{"?version=a%20b", "version"},
		{"?channel=-", "channel"},
		{"?limit=0", "limit"},
		{"?limit=1001", "limit"},
		{"?limit=ten", "limit"},
		{"?seen_before=yesterday", "seen_before"},
		{"?seen_before=2026-11-21", "seen_before"},
		{"?seen_before=", "seen_before"},
		{"?after=inklay", "after"},
		{"?after=/a1", "after"},
		{"?after=inklay/", "after"},
		{"?after=inklay/a1/x", "after"},
		{"?profile=0123456789012345678901234567890123456789"
		 "0123456789012345678901234",
		 "profile"},
		{"?fingerprint=" JA4 "012345678901", "fingerprint"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char target[256];

		snprintf(target, sizeof(target), "%s%s", devices,
			 rows[i].query);
		fixture_expect(
			target,
			fixture_call(*state, "GET", target, "viewer", NULL),
			400, rows[i].detail);
	}
}

/* ---- one device --------------------------------------------------------- */

static void test_show(void **state)
{
	struct fingerprint_row lamp = {JA4, "lamp", NOW};
	struct fixture *f = *state;

	add_fleet(f);
	fixture_expect(
		"there",
		fixture_call(f, "GET", "/api/v1/devices/inklay/a1", "viewer",
			     NULL),
		200,
		"{\"product\":\"inklay\",\"device\":\"a1\","
		"\"version\":\"1.1\",\"channel\":null,\"groups\":[],"
		"\"pin\":null,\"first_seen\":\"2026-11-21T04:00:00Z\","
		"\"last_seen\":\"2026-11-21T04:00:04Z\",\"checkins\":2,"
		"\"release\":null,\"reason\":\"up-to-date\",\"report\":null,"
		"\"address\":\"192.0.2.7\",\"tls_version\":\"TLSv1.3\","
		"\"cipher\":\"c\",\"profile\":\"modern\","
		"\"fingerprint\":\"" JA4 "\",\"label\":null}");
	fixture_write(f, run_label, &lamp);
	fixture_expect("with a label",
		       fixture_call(f, "GET", "/api/v1/devices/inklay/a1",
				    "viewer", NULL),
		       200, "\"fingerprint\":\"" JA4 "\",\"label\":\"lamp\"}");
	fixture_expect("in a list",
		       fixture_call(f, "GET", "/api/v1/devices?limit=1",
				    "viewer", NULL),
		       200, "\"label\":\"lamp\"}");
	fixture_expect("in a check-in",
		       fixture_call(f, "GET", "/api/v1/checkins?limit=1",
				    "viewer", NULL),
		       200, "\"fingerprint\":\"" JA4 "\",\"label\":\"lamp\"}");
	fixture_expect("without a fingerprint",
		       fixture_call(f, "GET", "/api/v1/devices/inklay/a3",
				    "viewer", NULL),
		       200, "\"fingerprint\":null,\"label\":null}");
	fixture_expect("not there",
		       fixture_call(f, "GET", "/api/v1/devices/inklay/a9",
				    "viewer", NULL),
		       404, "a9");
	fixture_expect(
		"another product",
		fixture_call(f, "GET", "/api/v1/devices/tv/a1", "viewer", NULL),
		404, "a1");
	fixture_expect("no ident",
		       fixture_call(f, "GET", "/api/v1/devices/inklay/-",
				    "viewer", NULL),
		       400, "the device");
}

/* Each change is made on what the ones before it left. */
static void test_change(void **state)
{
	static const struct {
		const char *label;
		const char *body;
		const char *want;   /* in the answer */
		const char *detail; /* of the audit row; NULL: no change */
	} rows[] = {
		{"channel", "{\"channel\":\"beta\"}",
		 "\"channel\":\"beta\",\"groups\":[],\"pin\":null",
		 "\"detail\":{\"channel\":\"beta\"}"},
		{"the same", "{\"channel\":\"beta\"}", "\"beta\"", NULL},
		{"nothing", "{}", "\"channel\":\"beta\"", NULL},
		{"groups", "{\"groups\":[\"lab\",\"la\",\"b\"]}",
		 "\"channel\":\"beta\",\"groups\":[\"lab\",\"la\",\"b\"]",
		 "\"detail\":{\"groups\":[\"lab\",\"la\",\"b\"]}"},
		{"pin", "{\"pin\":\"1.5\"}",
		 "\"groups\":[\"lab\",\"la\",\"b\"],\"pin\":\"1.5\"",
		 "\"detail\":{\"pin\":\"1.5\"}"},
		{"clear the channel", "{\"channel\":null}",
		 "\"channel\":null,\"groups\":[\"lab\",\"la\",\"b\"],"
		 "\"pin\":\"1.5\"",
		 "\"detail\":{\"channel\":null}"},
		{"clear the rest", "{\"groups\":null,\"pin\":null}",
		 "\"groups\":[],\"pin\":null",
		 "\"detail\":{\"groups\":[],\"pin\":null}"},
		{"clear again", "{\"groups\":[],\"pin\":null}",
		 "\"groups\":[],\"pin\":null", NULL},
	};
	struct fixture *f = *state;
	size_t count = 0;

	add_fleet(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture_expect(rows[i].label,
			       fixture_call(f, "PATCH",
					    "/api/v1/devices/inklay/a1",
					    "publisher", rows[i].body),
			       200, rows[i].want);
		count += rows[i].detail != NULL;
		fixture_expect_audit(f, count,
				     rows[i].detail ? rows[i].detail : "");
	}
	fixture_expect_audit(f, count, "\"what\":\"device.change\"");
	fixture_expect_audit(f, count, "\"object\":\"inklay/a1\"");
}

static void test_change_refused(void **state)
{
	static const struct {
		const char *label;
		const char *device;
		const char *body;
		int status;
		const char *detail;
	} rows[] = {
		{"no such", "a9", "{\"pin\":\"1\"}", 404, "a9"},
		{"no ident", "-", "{\"pin\":\"1\"}", 400, "the device"},
		{"no JSON", "a1", "{", 400, "JSON"},
		{"unknown", "a1", "{\"colour\":\"1\"}", 400, "colour"},
		{"empty pin", "a1", "{\"pin\":\"\"}", 400, "pin"},
		{"a number", "a1", "{\"pin\":1}", 400, "pin"},
		{"bad channel", "a1", "{\"channel\":\"a b\"}", 400, "channel"},
		{"no list", "a1", "{\"groups\":\"a\"}", 400, "groups"},
		{"no names", "a1", "{\"groups\":[1]}", 400, "group"},
		{"a comma", "a1", "{\"groups\":[\"a,b\"]}", 400, "group"},
		{"twice", "a1", "{\"groups\":[\"a\",\"b\",\"a\"]}", 400,
		 "twice"},
	};
	struct fixture *f = *state;

	add_fleet(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char target[64];

		snprintf(target, sizeof(target), "%s/inklay/%s", devices,
			 rows[i].device);
		fixture_expect(rows[i].label,
			       fixture_call(f, "PATCH", target, "publisher",
					    rows[i].body),
			       rows[i].status, rows[i].detail);
	}
	fixture_expect_audit(f, 0, "");
}

/* A body with `count` groups of `len` bytes each, and a channel and pin. */
static char *many_groups(int count, int len)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789"
				   "abcdefghijklmnopqrstuvwxyz01";
	struct strbuf out = {0};

	strbuf_printf(&out, "{\"channel\":\"%s\",\"pin\":\"%s\",\"groups\":[",
		      name, name);
	for (int i = 0; i < count; i++)
		strbuf_printf(&out, "%s\"%02d%.*s\"", i ? "," : "", i, len - 2,
			      name);
	strbuf_puts(&out, "]}");
	return strbuf_take(&out, NULL);
}

static void test_group_bounds(void **state)
{
	static const struct {
		int count;
		int len;
		int status;
		const char *want;
	} rows[] = {
		{32, 7, 200, "\"31abcde\""}, /* 255 bytes joined */
		{33, 2, 400, "at most 32 names"},
		{4, 63, 200, "\"03abcd"}, /* 255 */
		{4, 64, 400, "at most 255 bytes"},
	};
	struct fixture *f = *state;
	size_t changes = 0;

	add_fleet(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *body = many_groups(rows[i].count, rows[i].len);

		fixture_expect("groups",
			       fixture_call(f, "PATCH",
					    "/api/v1/devices/inklay/a1",
					    "publisher", body),
			       rows[i].status, rows[i].want);
		changes += rows[i].status == 200;
		fixture_expect_audit(f, changes, "");
		free(body);
	}
}

/* ---- GET /checkins ------------------------------------------------------ */

static void test_checkins(void **state)
{
	static const struct {
		const char *query;
		const char *want;
	} rows[] = {
		{"", "inklay/a1 lamp/a1 inklay/a3 inklay/a2 inklay/a1 end"},
		{"?product=lamp", "lamp/a1 end"},
		{"?product=inklay&device=a1", "inklay/a1 inklay/a1 end"},
		{"?product=inklay&device=a9", "end"},
		{"?product=tv", "end"},
		{"?limit=2", "inklay/a1 lamp/a1 4"},
		{"?limit=2&after=4", "inklay/a3 inklay/a2 2"},
		{"?limit=2&after=2", "inklay/a1 end"},
		{"?limit=1&product=inklay&device=a1", "inklay/a1 5"},
		{"?limit=1&product=inklay&device=a1&after=5", "inklay/a1 1"},
	};
	struct fixture *f = *state;
	char got[256];

	add_fleet(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		list(f, checkins, rows[i].query, "checkins", got, sizeof(got));
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: got %s, want %s", rows[i].query, got,
				 rows[i].want);
	}
	fixture_expect("the row",
		       fixture_call(f, "GET", "/api/v1/checkins?product=lamp",
				    "viewer", NULL),
		       200,
		       "{\"checkins\":[{\"id\":4,"
		       "\"at\":\"2026-11-21T04:00:03Z\",\"product\":\"lamp\","
		       "\"device\":\"a1\",\"version\":\"1.1\","
		       "\"channel\":\"stable\",\"release\":null,"
		       "\"reason\":\"up-to-date\",\"address\":\"192.0.2.7\","
		       "\"tls_version\":\"TLSv1.3\",\"cipher\":\"c\","
		       "\"profile\":\"modern\",\"fingerprint\":\"" JA4
		       "\",\"label\":null}],\"next\":null}");
}

static void test_checkins_refused(void **state)
{
	static const struct {
		const char *query;
		const char *detail;
	} rows[] = {
		{"?device=a1", "device without product"},
		{"?product=", "product"},
		{"?product=inklay&device=-", "device"},
		{"?limit=0", "limit"},
		{"?limit=1001", "limit"},
		{"?after=0", "after"},
		{"?after=x", "after"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char target[256];

		snprintf(target, sizeof(target), "%s%s", checkins,
			 rows[i].query);
		fixture_expect(
			target,
			fixture_call(*state, "GET", target, "viewer", NULL),
			400, rows[i].detail);
	}
}

/* ---- GET /audit --------------------------------------------------------- */

static void test_audit_pages(void **state)
{
	struct fixture *f = *state;
	char body[64];

	add_fleet(f);
	for (int i = 1; i <= 3; i++) {
		snprintf(body, sizeof(body), "{\"pin\":\"%d\"}", i);
		fixture_expect("change",
			       fixture_call(f, "PATCH",
					    "/api/v1/devices/inklay/a1",
					    "publisher", body),
			       200, "a1");
	}
	fixture_expect(
		"first",
		fixture_call(f, "GET", "/api/v1/audit?limit=2", "admin", NULL),
		200, "\"detail\":{\"pin\":\"2\"}}],\"next\":\"2\"}");
	fixture_expect("second",
		       fixture_call(f, "GET", "/api/v1/audit?limit=2&after=2",
				    "admin", NULL),
		       200, "{\"audit\":[{\"id\":1,");
	fixture_expect(
		"end",
		fixture_call(f, "GET", "/api/v1/audit?after=1", "admin", NULL),
		200, "{\"audit\":[],\"next\":null}");
	fixture_expect("limit",
		       fixture_call(f, "GET", "/api/v1/audit?limit=1001",
				    "admin", NULL),
		       400, "limit");
	fixture_expect(
		"after",
		fixture_call(f, "GET", "/api/v1/audit?after=-1", "admin", NULL),
		400, "after");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_SERVER(test) \
	cmocka_unit_test_setup_teardown(test, fixture_open, fixture_close)
		WITH_SERVER(test_list),
		WITH_SERVER(test_list_refused),
		WITH_SERVER(test_show),
		WITH_SERVER(test_change),
		WITH_SERVER(test_change_refused),
		WITH_SERVER(test_group_bounds),
		WITH_SERVER(test_checkins),
		WITH_SERVER(test_checkins_refused),
		WITH_SERVER(test_audit_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
