#include "fixture.h"

#include "store/checkin.h"

static struct checkin poll_of(const char *product, const char *device,
			      int64_t at)
{
	return (struct checkin){
		.at = at,
		.product = name(product),
		.device = name(device),
		.version = name("1.0"),
		.channel = name("stable"),
		.release = 7,
		.reason = "update",
		.peer = {"192.0.2.1", "TLSv1.3", "TLS_AES_128_GCM_SHA256",
			 "modern"},
	};
}

static int64_t add(struct db *db, const char *product, const char *device,
		   int64_t at)
{
	struct checkin c = poll_of(product, device, at);

	must(checkin_add(db, &c, &failure));
	return c.id;
}

static struct device_row find(struct db *db, const char *product,
			      const char *device)
{
	struct ident p = name(product), d = name(device);
	struct device_row row;

	memset(&row, 0xaa, sizeof(row));
	must(device_find(db, &p, &d, &row, &failure));
	return row;
}

static void a_poll_makes_the_device(void **state)
{
	struct fixture *f = *state;
	struct device_row row;
	struct db *reader;

	assert_int_equal(add(f->db, "inklay", "a1", 1000), 1);
	must(db_open(&reader, f->dir, DB_READER, &failure));
	row = find(reader, "inklay", "a1");
	db_close(reader);
	assert_string_equal(row.product.text, "inklay");
	assert_string_equal(row.device.text, "a1");
	assert_string_equal(row.version.text, "1.0");
	assert_string_equal(row.channel.text, "");
	assert_string_equal(row.pin.text, "");
	assert_string_equal(row.groups, "");
	assert_int_equal(row.first_seen, 1000);
	assert_int_equal(row.last_seen, 1000);
	assert_int_equal(row.checkins, 1);
	assert_int_equal(row.release, 7);
	assert_string_equal(row.reason, "update");
	assert_string_equal(row.peer.address, "192.0.2.1");
	assert_string_equal(row.peer.tls_version, "TLSv1.3");
	assert_string_equal(row.peer.cipher, "TLS_AES_128_GCM_SHA256");
	assert_string_equal(row.peer.profile, "modern");
	assert_string_equal(row.report_status, "");
	assert_int_equal(row.report_at, 0);
}

static void the_next_poll_updates_it(void **state)
{
	struct checkin c = poll_of("inklay", "a1", 2000);
	struct fixture *f = *state;
	struct device_row row;

	add(f->db, "inklay", "a1", 1000);
	c.version = name("2.0");
	c.release = 0;
	snprintf(c.reason, sizeof(c.reason), "up-to-date");
	c.peer = (struct store_peer){"2001:db8::1", "TLSv1.2", "AES128-SHA",
				     "old"};
	must(checkin_add(f->db, &c, &failure));
	row = find(f->db, "inklay", "a1");
	assert_string_equal(row.version.text, "2.0");
	assert_int_equal(row.first_seen, 1000);
	assert_int_equal(row.last_seen, 2000);
	assert_int_equal(row.checkins, 2);
	assert_int_equal(row.release, 0);
	assert_string_equal(row.reason, "up-to-date");
	assert_string_equal(row.peer.address, "2001:db8::1");
	assert_string_equal(row.peer.tls_version, "TLSv1.2");
	assert_string_equal(row.peer.cipher, "AES128-SHA");
	assert_string_equal(row.peer.profile, "old");
}

static void who_is_not_known(void **state)
{
	struct ident product = name("inklay"), other = name("other");
	struct ident device = name("a1"), nobody = name("a2");
	struct fixture *f = *state;
	struct device_row row;

	add(f->db, "inklay", "a1", 1000);
	add(f->db, "other", "b1", 1000);
	must_fail(device_find(f->db, &product, &nobody, &row, &failure),
		  ERR_NOT_FOUND, "a2");
	must_fail(device_find(f->db, &other, &device, &row, &failure),
		  ERR_NOT_FOUND, "other");
	product = name("never");
	must_fail(device_find(f->db, &product, &device, &row, &failure),
		  ERR_NOT_FOUND, "never");
}

static void devices_are_counted(void **state)
{
	struct fixture *f = *state;
	int64_t count;

	must(device_count(f->db, &count, &failure));
	assert_int_equal(count, 0);
	add(f->db, "inklay", "a1", 1);
	add(f->db, "inklay", "a1", 2);
	add(f->db, "inklay", "a2", 3);
	add(f->db, "other", "a1", 4);
	must(device_count(f->db, &count, &failure));
	assert_int_equal(count, 3);
	exec(f->db, "DELETE FROM devices WHERE device = 'a1'");
	must(device_count(f->db, &count, &failure));
	assert_int_equal(count, 1);
}

/* ---- what an admin sets ------------------------------------------------- */

static void admins_set_what_they_name(void **state)
{
	static const struct {
		const char *label;
		const char *channel, *groups, *pin; /* NULL: not named */
		const char *is[3];
	} steps[] = {
		{"nothing named", NULL, NULL, NULL, {"", "", ""}},
		{"a channel", "beta", NULL, NULL, {"beta", "", ""}},
		{"groups", NULL, "a,b", NULL, {"beta", "a,b", ""}},
		{"a pin", NULL, NULL, "1.1", {"beta", "a,b", "1.1"}},
		{"no channel", "", NULL, NULL, {"", "a,b", "1.1"}},
		{"all else", NULL, "", "", {"", "", ""}},
	};
	struct ident product = name("inklay"), device = name("a1");
	struct device_settings set;
	struct fixture *f = *state;
	struct device_row row;

	add(f->db, "inklay", "a1", 1000);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct ident channel, pin;

		print_message("%s\n", steps[i].label);
		channel = name(steps[i].channel ? steps[i].channel : "");
		pin = name(steps[i].pin ? steps[i].pin : "");
		must(device_set(f->db, &product, &device,
				steps[i].channel ? &channel : NULL,
				steps[i].groups, steps[i].pin ? &pin : NULL,
				&failure));
		row = find(f->db, "inklay", "a1");
		assert_string_equal(row.channel.text, steps[i].is[0]);
		assert_string_equal(row.groups, steps[i].is[1]);
		assert_string_equal(row.pin.text, steps[i].is[2]);
		must(device_settings_find(f->db, &product, &device, &set,
					  &failure));
		assert_string_equal(set.channel.text, steps[i].is[0]);
		assert_string_equal(set.groups, steps[i].is[1]);
		assert_string_equal(set.pin.text, steps[i].is[2]);
		add(f->db, "inklay", "a1", 2000 + (int64_t)i);
	}
	assert_int_equal(number_of(f->db->sqlite,
				   "SELECT count(*) FROM device_settings"),
			 0);
}

static void nothing_is_set_for_nobody(void **state)
{
	struct ident product = name("inklay"), device = name("a1");
	struct ident beta = name("beta");
	struct device_settings set;
	struct fixture *f = *state;

	must_fail(device_set(f->db, &product, &device, &beta, NULL, NULL,
			     &failure),
		  ERR_NOT_FOUND, "a1");
	must(device_settings_find(f->db, &product, &device, &set, &failure));
	assert_string_equal(set.channel.text, "");
	add(f->db, "inklay", "a2", 1);
	must_fail(device_set(f->db, &product, &device, &beta, NULL, NULL,
			     &failure),
		  ERR_NOT_FOUND, "a1");
	must(device_settings_find(f->db, &product, &device, &set, &failure));
	assert_string_equal(set.channel.text, "");
}

static void texts_are_never_sql(void **state)
{
	static const char hostile[] = "'); DROP TABLE devices; --\"\\%";
	struct ident product = name("inklay"), device = name("a1");
	struct fixture *f = *state;

	add(f->db, "inklay", "a1", 1000);
	must(device_set(f->db, &product, &device, NULL, hostile, NULL,
			&failure));
	assert_string_equal(find(f->db, "inklay", "a1").groups, hostile);
}

/* ---- lists --------------------------------------------------------------- */

struct seen {
	char text[4096]; /* "product/device " or "id " of each row */
	int stop_after;	 /* rows; 0: never */
	int rows;
};

static bool see(struct seen *seen, const char *text)
{
	size_t used = strlen(seen->text);

	assert_true(snprintf(seen->text + used, sizeof(seen->text) - used, "%s",
			     text) < (int)(sizeof(seen->text) - used));
	return ++seen->rows != seen->stop_after;
}

static bool see_device(void *arg, const struct device_row *row)
{
	char text[160];

	snprintf(text, sizeof(text), "%s/%s ", row->product.text,
		 row->device.text);
	return see(arg, text);
}

static bool see_checkin(void *arg, const struct checkin *row)
{
	char text[32];

	assert_string_not_equal(row->product.text, "");
	assert_string_equal(row->peer.profile, "modern");
	snprintf(text, sizeof(text), "%lld ", (long long)row->id);
	return see(arg, text);
}

/* Products are met in another order than that of their names. */
static void fill_fleet(struct db *db)
{
	static const struct {
		const char *product, *device, *version, *profile;
	} devices[] = {
		{"zeta", "d1", "1.0", "modern"}, {"zeta", "d2", "2.0", "old"},
		{"alpha", "d3", "1.0", "old"},	 {"alpha", "d1", "1.0", "old"},
		{"mid", "d2", "2.0", "modern"},
	};
	struct ident zeta = name("zeta"), d2 = name("d2"), beta = name("beta");

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		struct checkin c =
			poll_of(devices[i].product, devices[i].device,
				1000 + (int64_t)i);

		c.version = name(devices[i].version);
		snprintf(c.peer.profile, sizeof(c.peer.profile), "%s",
			 devices[i].profile);
		must(checkin_add(db, &c, &failure));
	}
	must(device_set(db, &zeta, &d2, &beta, NULL, NULL, &failure));
}

static void devices_are_listed(void **state)
{
	static const struct {
		const char *label;
		const char *product, *version, *channel, *profile;
		int64_t seen_before;
		const char *after[2];
		int limit;
		const char *rows;
	} cases[] = {
		{"all",
		 "",
		 "",
		 "",
		 "",
		 0,
		 {"", ""},
		 9,
		 "alpha/d1 alpha/d3 mid/d2 zeta/d1 zeta/d2 "},
		{"of a product",
		 "zeta",
		 "",
		 "",
		 "",
		 0,
		 {"", ""},
		 9,
		 "zeta/d1 zeta/d2 "},
		{"of none", "beta", "", "", "", 0, {"", ""}, 9, ""},
		{"a version",
		 "",
		 "2.0",
		 "",
		 "",
		 0,
		 {"", ""},
		 9,
		 "mid/d2 zeta/d2 "},
		{"a channel", "", "", "beta", "", 0, {"", ""}, 9, "zeta/d2 "},
		{"a profile",
		 "",
		 "",
		 "",
		 "modern",
		 0,
		 {"", ""},
		 9,
		 "mid/d2 zeta/d1 "},
		{"a profile that is none",
		 "",
		 "",
		 "",
		 "new",
		 0,
		 {"", ""},
		 9,
		 ""},
		{"not seen since",
		 "",
		 "",
		 "",
		 "",
		 1001,
		 {"", ""},
		 9,
		 "zeta/d1 "},
		{"first page",
		 "",
		 "",
		 "",
		 "",
		 0,
		 {"", ""},
		 2,
		 "alpha/d1 alpha/d3 "},
		{"next page",
		 "",
		 "",
		 "",
		 "",
		 0,
		 {"alpha", "d3"},
		 2,
		 "mid/d2 zeta/d1 "},
		{"last page", "", "", "", "", 0, {"zeta", "d1"}, 2, "zeta/d2 "},
		{"behind the last", "", "", "", "", 0, {"zeta", "d2"}, 2, ""},
		{"behind one that is gone",
		 "",
		 "",
		 "",
		 "",
		 0,
		 {"kilo", "d9"},
		 1,
		 "mid/d2 "},
		{"two at once",
		 "zeta",
		 "2.0",
		 "",
		 "old",
		 0,
		 {"", ""},
		 9,
		 "zeta/d2 "},
	};
	struct fixture *f = *state;

	fill_fleet(f->db);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen seen = {.text = ""};
		struct device_query query = {
			.product = name(cases[i].product),
			.version = name(cases[i].version),
			.channel = name(cases[i].channel),
			.seen_before = cases[i].seen_before,
			.after_product = name(cases[i].after[0]),
			.after_device = name(cases[i].after[1]),
			.limit = cases[i].limit,
		};

		print_message("%s\n", cases[i].label);
		snprintf(query.profile, sizeof(query.profile), "%s",
			 cases[i].profile);
		must(device_list(f->db, &query, see_device, &seen, &failure));
		assert_string_equal(seen.text, cases[i].rows);
	}
}

static void lists_stop_when_told(void **state)
{
	struct seen devices = {.stop_after = 2}, checkins = {.stop_after = 1};
	struct device_query query = {.limit = 9};
	struct checkin_query history = {.limit = 9};
	struct fixture *f = *state;

	fill_fleet(f->db);
	exec(f->db, "UPDATE checkins SET profile = "
		    "(SELECT id FROM words WHERE name = 'modern')");
	must(device_list(f->db, &query, see_device, &devices, &failure));
	assert_int_equal(devices.rows, 2);
	must(checkin_list(f->db, &history, see_checkin, &checkins, &failure));
	assert_string_equal(checkins.text, "5 ");
}

static void limits_have_bounds(void **state)
{
	static const struct {
		int limit;
		bool good;
	} cases[] = {{0, false}, {1, true}, {1000, true}, {1001, false}};
	struct fixture *f = *state;
	struct seen seen = {.text = ""};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct device_query devices = {.limit = cases[i].limit};
		struct checkin_query checkins = {.limit = cases[i].limit};

		assert_int_equal(device_list(f->db, &devices, see_device, &seen,
					     &failure),
				 cases[i].good);
		assert_int_equal(checkin_list(f->db, &checkins, see_checkin,
					      &seen, &failure),
				 cases[i].good);
	}
	assert_int_equal(failure.code, ERR_INVALID);
}

/* Polls 1 to 7: a1 has 1, 3, 4, 7; the other product's a1 has 5. */
static void fill_history(struct db *db)
{
	static const char *const polls[][2] = {
		{"inklay", "a1"}, {"inklay", "a2"}, {"inklay", "a1"},
		{"inklay", "a1"}, {"other", "a1"},  {"inklay", "a2"},
		{"inklay", "a1"},
	};

	for (size_t i = 0; i < sizeof(polls) / sizeof(polls[0]); i++)
		add(db, polls[i][0], polls[i][1], 1000 + (int64_t)i);
}

static void history_is_told(void **state)
{
	static const struct {
		const char *label;
		const char *product, *device;
		int64_t before;
		int limit;
		const char *ids;
	} cases[] = {
		{"all", "", "", 0, 9, "7 6 5 4 3 2 1 "},
		{"all, a page", "", "", 0, 2, "7 6 "},
		{"all, the next page", "", "", 6, 2, "5 4 "},
		{"of a product", "inklay", "", 0, 9, "7 6 4 3 2 1 "},
		{"of a product, a page", "inklay", "", 6, 2, "4 3 "},
		{"of no product", "never", "", 0, 9, ""},
		{"of a device", "inklay", "a1", 0, 9, "7 4 3 1 "},
		{"of a device, a page", "inklay", "a1", 0, 2, "7 4 "},
		{"of a device, the next page", "inklay", "a1", 4, 2, "3 1 "},
		{"before another's", "inklay", "a1", 6, 9, "4 3 1 "},
		{"before its first", "inklay", "a1", 1, 9, ""},
		{"of its namesake", "other", "a1", 0, 9, "5 "},
		{"of nobody", "inklay", "a9", 0, 9, ""},
	};
	struct fixture *f = *state;

	fill_history(f->db);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct seen seen = {.text = ""};
		struct checkin_query query = {
			.product = name(cases[i].product),
			.device = name(cases[i].device),
			.before = cases[i].before,
			.limit = cases[i].limit,
		};

		print_message("%s\n", cases[i].label);
		must(checkin_list(f->db, &query, see_checkin, &seen, &failure));
		assert_string_equal(seen.text, cases[i].ids);
	}
}

/* ---- pruning --------------------------------------------------------------
 */

static void report(struct db *db, const char *device, int64_t at)
{
	struct report r = {.at = at,
			   .product = name("inklay"),
			   .device = name(device),
			   .release = 7,
			   .status = "failed",
			   .version = name("1.0"),
			   .error = "flash",
			   .detail = "sector 9",
			   .address = "192.0.2.2"};

	must(report_add(db, &r, &failure));
}

static void the_oldest_go_in_steps(void **state)
{
	static const struct {
		int64_t before;
		int limit, removed;
		int64_t checkins, reports;
	} steps[] = {
		{1000, 9, 0, 7, 2}, /* none is older */
		{1004, 3, 3, 4, 2}, /* as many as asked */
		{1004, 3, 2, 3, 1}, /* the rest, and a report */
		{1004, 3, 0, 3, 1}, {9999, 4, 4, 0, 0}, {9999, 4, 0, 0, 0},
	};
	struct fixture *f = *state;
	int removed;

	fill_history(f->db);
	report(f->db, "a1", 1003);
	report(f->db, "a1", 1004);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		must(checkin_prune(f->db, steps[i].before, steps[i].limit,
				   &removed, &failure));
		assert_int_equal(removed, steps[i].removed);
		assert_int_equal(number_of(f->db->sqlite,
					   "SELECT count(*) FROM checkins"),
				 steps[i].checkins);
		assert_int_equal(number_of(f->db->sqlite,
					   "SELECT count(*) FROM reports"),
				 steps[i].reports);
	}
	assert_int_equal(find(f->db, "inklay", "a1").checkins, 4);
	assert_int_equal(add(f->db, "inklay", "a1", 1), 8);
}

static void history_ends_where_it_was_cut(void **state)
{
	struct checkin_query query = {
		.product = name("inklay"), .device = name("a1"), .limit = 9};
	struct seen seen = {.text = ""}, page = {.text = ""};
	struct fixture *f = *state;
	int removed;

	fill_history(f->db);
	must(checkin_prune(f->db, 1003, 9, &removed, &failure));
	must(checkin_list(f->db, &query, see_checkin, &seen, &failure));
	assert_string_equal(seen.text, "7 4 ");
	query.before = 3; /* the end of a page, pruned meanwhile */
	must(checkin_list(f->db, &query, see_checkin, &page, &failure));
	assert_string_equal(page.text, "");
}

/* ---- reports ---------------------------------------------------------------
 */

static void a_report_is_noted(void **state)
{
	struct fixture *f = *state;
	struct device_row row;

	add(f->db, "inklay", "a1", 1000);
	report(f->db, "a1", 1500);
	row = find(f->db, "inklay", "a1");
	assert_string_equal(row.report_status, "failed");
	assert_int_equal(row.report_at, 1500);
	assert_int_equal(row.report_release, 7);
	assert_int_equal(row.checkins, 1);
	assert_int_equal(row.last_seen, 1500);
	assert_string_equal(row.peer.profile, "modern");
	assert_int_equal(
		number_of(f->db->sqlite,
			  "SELECT count(*) FROM reports WHERE error = 'flash' "
			  "AND detail = 'sector 9' AND version = '1.0' "
			  "AND address = '192.0.2.2' AND release = 7 "
			  "AND device = 'a1' AND status = 'failed'"),
		1);
}

static void a_report_makes_the_device(void **state)
{
	struct fixture *f = *state;
	struct device_row row;

	report(f->db, "a1", 1500);
	row = find(f->db, "inklay", "a1");
	assert_string_equal(row.report_status, "failed");
	assert_string_equal(row.version.text, "1.0");
	assert_string_equal(row.reason, "");
	assert_string_equal(row.peer.cipher, "");
	assert_int_equal(row.first_seen, 1500);
	assert_int_equal(row.checkins, 0);
	add(f->db, "inklay", "a1", 1600);
	row = find(f->db, "inklay", "a1");
	assert_int_equal(row.checkins, 1);
	assert_string_equal(row.report_status, "failed");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_db, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_poll_makes_the_device),
		TEST(the_next_poll_updates_it),
		TEST(who_is_not_known),
		TEST(devices_are_counted),
		TEST(admins_set_what_they_name),
		TEST(nothing_is_set_for_nobody),
		TEST(texts_are_never_sql),
		TEST(devices_are_listed),
		TEST(lists_stop_when_told),
		TEST(limits_have_bounds),
		TEST(history_is_told),
		TEST(the_oldest_go_in_steps),
		TEST(history_ends_where_it_was_cut),
		TEST(a_report_is_noted),
		TEST(a_report_makes_the_device),
	};

	return cmocka_run_group_tests_name("store/checkin", tests, NULL, NULL);
}
