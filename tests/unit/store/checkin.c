#include "polls.h"

#include "store/handshake.h"
#include "store/intern.h"

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
	c.peer = (struct store_peer){.address = "2001:db8::1",
				     .tls_version = "TLSv1.2",
				     .cipher = "AES128-SHA",
				     .profile = "old",
				     .fingerprint = "t13d_ja4"};
	must(checkin_add(f->db, &c, &failure));
	row = find(f->db, "inklay", "a1");
	assert_string_equal(row.version.text, "2.0");
	assert_int_equal(row.first_seen, 1000);
	assert_int_equal(row.last_seen, 2000);
	assert_int_equal(row.checkins, 2);
	assert_string_equal(row.peer.fingerprint, "t13d_ja4");
	assert_int_equal(row.release, 0);
	assert_string_equal(row.reason, "up-to-date");
	assert_string_equal(row.peer.address, "2001:db8::1");
	assert_string_equal(row.peer.tls_version, "TLSv1.2");
	assert_string_equal(row.peer.cipher, "AES128-SHA");
	assert_string_equal(row.peer.profile, "old");
}

/* Nothing of the longest of each is lost. */
static void long_words_are_kept_whole(void **state)
{
	struct checkin c = poll_of("inklay", "a1", 1000);
	struct fixture *f = *state;
	struct device_row row;
	struct db *reader;

	assert_true(sizeof(c.peer.profile) > IDENT_MAX);
	memset(c.peer.profile, 'p', IDENT_MAX);
	memset(c.peer.cipher, 'c', sizeof(c.peer.cipher) - 1);
	memset(c.peer.fingerprint, 'f', sizeof(c.peer.fingerprint) - 1);
	must(checkin_add(f->db, &c, &failure));
	row = find(f->db, "inklay", "a1"); /* remembered */
	assert_string_equal(row.peer.profile, c.peer.profile);
	must(db_open(&reader, f->dir, DB_READER, &failure));
	row = find(reader, "inklay", "a1");
	db_close(reader);
	assert_string_equal(row.peer.profile, c.peer.profile);
	assert_string_equal(row.peer.cipher, c.peer.cipher);
	assert_string_equal(row.peer.fingerprint, c.peer.fingerprint);
}

static bool see_checkin(void *arg, const struct checkin *row)
{
	*(struct checkin *)arg = *row;
	return true;
}

static void fingerprints_have_a_label(void **state)
{
	static const struct {
		const char *label;
		struct fingerprint_row row;
		const char *shown;
	} steps[] = {
		{"another's", {"t12d_other", "lamp", 1}, ""},
		{"its own",
		 {"t12d_ja4", "kitchen sensor", 1},
		 "kitchen sensor"},
		{"taken away", {"t12d_ja4", "", 1}, ""},
	};
	struct checkin_query history = {
		.product = name("inklay"), .device = name("a1"), .limit = 9};
	struct fixture *f = *state;

	add(f->db, "inklay", "a1", 1000);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct device_row row;
		struct checkin c;

		print_message("%s\n", steps[i].label);
		must(fingerprint_label(f->db, &steps[i].row, &failure));
		row = find(f->db, "inklay", "a1");
		assert_string_equal(row.peer.fingerprint, "t12d_ja4");
		assert_string_equal(row.peer.label, steps[i].shown);
		must(checkin_list(f->db, &history, see_checkin, &c, &failure));
		assert_string_equal(c.peer.fingerprint, "t12d_ja4");
		assert_string_equal(c.peer.label, steps[i].shown);
	}
}

/* A poll with that fingerprint; what is kept of it. */
static struct store_peer poll_with(struct db *db, const char *ja4)
{
	struct checkin c = poll_of("inklay", "a1", 1000);

	snprintf(c.peer.fingerprint, sizeof(c.peer.fingerprint), "%s", ja4);
	must(checkin_add(db, &c, &failure));
	return find(db, "inklay", "a1").peer;
}

static void fingerprints_are_bounded(void **state)
{
	struct fixture *f = *state;
	struct checkin c = poll_of("inklay", "a1", 1000);
	char sql[96];

	add(f->db, "inklay", "a1", 1000);
	snprintf(sql, sizeof(sql),
		 "INSERT INTO words (id, name) VALUES (%d, 'filler')",
		 INTERN_WORDS_MAX - 1);
	exec(f->db, sql);
	assert_string_equal(poll_with(f->db, "t13d_last").fingerprint,
			    "t13d_last");
	for (int i = 0; i < 2; i++) {
		struct store_peer peer = poll_with(f->db, "t13d_more");

		assert_string_equal(peer.fingerprint, "");
		assert_string_equal(peer.profile, "modern");
	}
	assert_string_equal(poll_with(f->db, "t12d_ja4").fingerprint,
			    "t12d_ja4");
	/* words of our own are still taken in */
	snprintf(c.peer.profile, sizeof(c.peer.profile), "new");
	must(checkin_add(f->db, &c, &failure));
	assert_string_equal(find(f->db, "inklay", "a1").peer.profile, "new");
}

/* More words than are remembered at once. */
static void forgotten_words_are_looked_up(void **state)
{
	struct fixture *f = *state;
	char ja4[STORE_WORD_SIZE];

	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < 2 * INTERN_ROOM + 1; i++) {
			snprintf(ja4, sizeof(ja4), "t13d_%d", i);
			assert_string_equal(poll_with(f->db, ja4).fingerprint,
					    ja4);
		}
	}
	assert_int_equal(number_of(f->db->sqlite, "SELECT count(*) FROM words "
						  "WHERE name LIKE 't13d%'"),
			 2 * INTERN_ROOM + 1);
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
		TEST(long_words_are_kept_whole),
		TEST(fingerprints_have_a_label),
		TEST(fingerprints_are_bounded),
		TEST(forgotten_words_are_looked_up),
		TEST(who_is_not_known),
		TEST(devices_are_counted),
		TEST(admins_set_what_they_name),
		TEST(nothing_is_set_for_nobody),
		TEST(texts_are_never_sql),
		TEST(a_report_is_noted),
		TEST(a_report_makes_the_device),
	};

	return cmocka_run_group_tests_name("store/checkin", tests, NULL, NULL);
}
