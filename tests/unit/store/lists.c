/* What is listed of devices and check-ins, and what pruning leaves. */
#include "polls.h"

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
		const char *product, *device, *version, *profile, *ja4;
	} devices[] = {
		{"zeta", "d1", "1.0", "modern", "t13"},
		{"zeta", "d2", "2.0", "old", "t12"},
		{"alpha", "d3", "1.0", "old", "t12"},
		{"alpha", "d1", "1.0", "old", ""},
		{"mid", "d2", "2.0", "modern", "t12"},
	};
	struct ident zeta = name("zeta"), d2 = name("d2"), beta = name("beta");

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		struct checkin c =
			poll_of(devices[i].product, devices[i].device,
				1000 + (int64_t)i);

		c.version = name(devices[i].version);
		snprintf(c.peer.profile, sizeof(c.peer.profile), "%s",
			 devices[i].profile);
		snprintf(c.peer.fingerprint, sizeof(c.peer.fingerprint), "%s",
			 devices[i].ja4);
		must(checkin_add(db, &c, &failure));
	}
	must(device_set(db, &zeta, &d2, &beta, NULL, NULL, &failure));
}

static void devices_are_listed(void **state)
{
	static const struct {
		const char *label;
		char product[8], version[8], channel[8], profile[8], ja4[8];
		int64_t seen_before;
		char after[2][8];
		int limit; /* 0: more than there are */
		const char *rows;
	} cases[] = {
		{"all", .rows = "alpha/d1 alpha/d3 mid/d2 zeta/d1 zeta/d2 "},
		{"of a product", "zeta", .rows = "zeta/d1 zeta/d2 "},
		{"of none", "beta", .rows = ""},
		{"a version", .version = "2.0", .rows = "mid/d2 zeta/d2 "},
		{"a channel", .channel = "beta", .rows = "zeta/d2 "},
		{"a profile", .profile = "modern", .rows = "mid/d2 zeta/d1 "},
		{"a profile that is none", .profile = "new", .rows = ""},
		{"a fingerprint", .ja4 = "t12",
		 .rows = "alpha/d3 mid/d2 zeta/d2 "},
		{"a fingerprint that is none", .ja4 = "t1", .rows = ""},
		{"a profile as a fingerprint", .ja4 = "old", .rows = ""},
		{"a profile and a fingerprint", .profile = "modern",
		 .ja4 = "t12", .rows = "mid/d2 "},
		{"not seen since", .seen_before = 1001, .rows = "zeta/d1 "},
		{"first page", .limit = 2, .rows = "alpha/d1 alpha/d3 "},
		{"next page", .after = {"alpha", "d3"}, .limit = 2,
		 .rows = "mid/d2 zeta/d1 "},
		{"last page", .after = {"zeta", "d1"}, .limit = 2,
		 .rows = "zeta/d2 "},
		{"behind the last", .after = {"zeta", "d2"}, .limit = 2,
		 .rows = ""},
		{"behind one that is gone", .after = {"kilo", "d9"}, .limit = 1,
		 .rows = "mid/d2 "},
		{"two at once", "zeta", .version = "2.0", .profile = "old",
		 .rows = "zeta/d2 "},
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
			.limit = cases[i].limit ? cases[i].limit : 9,
		};

		print_message("%s\n", cases[i].label);
		snprintf(query.profile, sizeof(query.profile), "%s",
			 cases[i].profile);
		snprintf(query.fingerprint, sizeof(query.fingerprint), "%s",
			 cases[i].ja4);
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

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_db, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(devices_are_listed),
		TEST(lists_stop_when_told),
		TEST(limits_have_bounds),
		TEST(history_is_told),
		TEST(the_oldest_go_in_steps),
		TEST(history_ends_where_it_was_cut),
	};

	return cmocka_run_group_tests_name("store/lists", tests, NULL, NULL);
}
