#include "store/handshake.h"

#include "base/strbuf.h"
#include "fixture.h"
#include "store/ladder.h"
#include "store/stranded.h"

static struct handshake_row failed(const char *ja4)
{
	struct handshake_row row = {
		.alert = 48, .first_seen = 100, .last_seen = 200, .count = 3};

	text_copy(row.ja4, sizeof(row.ja4), ja4);
	text_copy(row.ja3, sizeof(row.ja3), "ja3");
	text_copy(row.looks_like, sizeof(row.looks_like), "mbedTLS 2");
	text_copy(row.sni, sizeof(row.sni), "ota.example.com");
	text_copy(row.profile, sizeof(row.profile), "modern");
	text_copy(row.result, sizeof(row.result), "alert");
	text_copy(row.detail, sizeof(row.detail), "unknown_ca");
	text_copy(row.network, sizeof(row.network), "192.0.2.0/24");
	text_copy(row.address, sizeof(row.address), "192.0.2.7");
	return row;
}

static struct handshake_row good(const char *ja4)
{
	struct handshake_row row = failed(ja4);

	row.alert = -1;
	row.network[0] = row.detail[0] = '\0';
	text_copy(row.result, sizeof(row.result), "ok");
	return row;
}

enum { SEEN_MAX = 8 };

struct seen {
	struct handshake_row rows[SEEN_MAX];
	int count;
};

static bool see(void *arg, const struct handshake_row *row)
{
	struct seen *seen = arg;

	assert_in_range(seen->count, 0, SEEN_MAX - 1);
	seen->rows[seen->count++] = *row;
	return true;
}

static struct seen list(struct fixture *f, struct handshake_query query)
{
	struct seen seen = {.count = 0};

	if (!query.limit)
		query.limit = SEEN_MAX;
	must(handshake_list(f->db, &query, see, &seen, &failure));
	return seen;
}

static void kinds_are_added_up(void **state)
{
	struct fixture *f = *state;
	struct handshake_row row = failed("a");
	struct seen seen;

	must(handshake_add(f->db, &row, &failure));
	row.first_seen = 300;
	row.last_seen = 400;
	row.count = 2;
	text_copy(row.address, sizeof(row.address), "192.0.2.8");
	must(handshake_add(f->db, &row, &failure));
	seen = list(f, (struct handshake_query){0});
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.rows[0].ja4, "a");
	assert_string_equal(seen.rows[0].ja3, "ja3");
	assert_string_equal(seen.rows[0].looks_like, "mbedTLS 2");
	assert_string_equal(seen.rows[0].label, "");
	assert_string_equal(seen.rows[0].sni, "ota.example.com");
	assert_string_equal(seen.rows[0].profile, "modern");
	assert_string_equal(seen.rows[0].result, "alert");
	assert_int_equal(seen.rows[0].alert, 48);
	assert_string_equal(seen.rows[0].detail, "unknown_ca");
	assert_string_equal(seen.rows[0].network, "192.0.2.0/24");
	assert_string_equal(seen.rows[0].address, "192.0.2.8");
	assert_int_equal(seen.rows[0].first_seen, 100);
	assert_int_equal(seen.rows[0].last_seen, 400);
	assert_int_equal(seen.rows[0].count, 5);
	assert_false(seen.rows[0].stranded);
}

static void lists_are_filtered(void **state)
{
	struct fixture *f = *state;
	struct handshake_row a = failed("a"), b = good("b"), c = failed("c");
	struct handshake_query query;

	text_copy(c.profile, sizeof(c.profile), "old");
	c.last_seen = 500;
	must(handshake_add(f->db, &a, &failure));
	must(handshake_add(f->db, &b, &failure));
	must(handshake_add(f->db, &c, &failure));
	assert_int_equal(list(f, (struct handshake_query){0}).count, 3);
	query = (struct handshake_query){.outcome = HANDSHAKE_FAILED};
	assert_int_equal(list(f, query).count, 2);
	query = (struct handshake_query){.outcome = HANDSHAKE_OK};
	assert_string_equal(list(f, query).rows[0].ja4, "b");
	query = (struct handshake_query){.ja4 = "a"};
	assert_int_equal(list(f, query).count, 1);
	query = (struct handshake_query){.profile = "old"};
	assert_string_equal(list(f, query).rows[0].ja4, "c");
	query = (struct handshake_query){.seen_after = 500};
	assert_int_equal(list(f, query).count, 1);
	query = (struct handshake_query){.seen_after = 501};
	assert_int_equal(list(f, query).count, 0);
}

static void pages_follow_each_other(void **state)
{
	struct fixture *f = *state;
	struct handshake_query query = {.limit = 2};
	struct seen seen;

	for (int i = 0; i < 3; i++) {
		struct handshake_row row = failed((char[]){'a' + i, '\0'});

		must(handshake_add(f->db, &row, &failure));
	}
	seen = list(f, query);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.rows[0].ja4, "c");
	query.after = seen.rows[1].id;
	seen = list(f, query);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.rows[0].ja4, "a");
	query.limit = STORE_LIST_MAX + 1;
	must_fail(handshake_list(f->db, &query, see, &seen, &failure),
		  ERR_INVALID, "1000");
}

static void old_ones_are_pruned(void **state)
{
	struct fixture *f = *state;
	struct handshake_row a = failed("a"), b = failed("b");

	b.last_seen = 201;
	must(handshake_add(f->db, &a, &failure));
	must(handshake_add(f->db, &b, &failure));
	must(handshake_prune(f->db, 200, &failure));
	assert_int_equal(list(f, (struct handshake_query){0}).count, 2);
	must(handshake_prune(f->db, 201, &failure));
	assert_string_equal(list(f, (struct handshake_query){0}).rows[0].ja4,
			    "b");
}

/* Only so many are kept, those that were seen last. */
static void their_number_is_bounded(void **state)
{
	struct fixture *f = *state;

	exec(f->db, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
		    "SELECT i + 1 FROM n WHERE i < 20100) "
		    "INSERT INTO handshakes (ja4, ja3, looks_like, sni, "
		    "profile, result, alert, detail, network, address, "
		    "first_seen, last_seen, count) "
		    "SELECT i, '', '', '', '', 'alert', 48, '', '', '', i, i, "
		    "1 FROM n");
	must(handshake_prune(f->db, 0, &failure));
	assert_int_equal(
		number_of(f->db->sqlite, "SELECT count(*) FROM handshakes"),
		HANDSHAKE_KEEP);
	assert_int_equal(number_of(f->db->sqlite,
				   "SELECT min(last_seen) FROM handshakes"),
			 101);
}

/* ---- fingerprints ------------------------------------------------------- */

static bool see_label(void *arg, const struct fingerprint_row *row)
{
	*(struct fingerprint_row *)arg = *row;
	return true;
}

static void fingerprints_have_labels(void **state)
{
	struct fixture *f = *state;
	struct fingerprint_row row = {"a", "kitchen sensor", 7},
			       got = {.at = 0};
	struct handshake_row handshake = failed("a");

	must(handshake_add(f->db, &handshake, &failure));
	must(fingerprint_label(f->db, &row, &failure));
	text_copy(row.label, sizeof(row.label), "bath sensor");
	must(fingerprint_label(f->db, &row, &failure));
	must(fingerprint_list(f->db, see_label, &got, &failure));
	assert_string_equal(got.ja4, "a");
	assert_string_equal(got.label, "bath sensor");
	assert_int_equal(got.at, 7);
	assert_string_equal(list(f, (struct handshake_query){0}).rows[0].label,
			    "bath sensor");
	row.label[0] = '\0';
	must(fingerprint_label(f->db, &row, &failure));
	must_fail(fingerprint_label(f->db, &row, &failure), ERR_NOT_FOUND,
		  "has no label");
}

/* ---- the ladder --------------------------------------------------------- */

static struct ladder_row climber(const char *ja4, int64_t at)
{
	struct ladder_row row = {.network = "192.0.2.0/24",
				 .sni = "ota.example.com",
				 .preferred = "old",
				 .rejected = "modern,other",
				 .failures = 4,
				 .stranded = true,
				 .at = at};

	text_copy(row.ja4, sizeof(row.ja4), ja4);
	return row;
}

static bool see_climber(void *arg, const struct ladder_row *row)
{
	struct ladder_row **next = arg;

	*(*next)++ = *row;
	return true;
}

static int load(struct fixture *f, struct ladder_row rows[static SEEN_MAX])
{
	struct ladder_row *next = rows;

	must(ladder_load(f->db, see_climber, &next, &failure));
	return (int)(next - rows);
}

static void ladder_is_kept(void **state)
{
	struct fixture *f = *state;
	struct ladder_row a = climber("a", 1), b = climber("b", 2);
	struct ladder_row rows[SEEN_MAX];

	must(ladder_save(f->db, &a, &failure));
	must(ladder_save(f->db, &b, &failure));
	b.failures = 9;
	must(ladder_save(f->db, &b, &failure));
	assert_int_equal(load(f, rows), 2);
	assert_string_equal(rows[0].ja4, "b");
	assert_int_equal(rows[0].failures, 9);
	assert_string_equal(rows[1].network, "192.0.2.0/24");
	assert_string_equal(rows[1].sni, "ota.example.com");
	assert_string_equal(rows[1].preferred, "old");
	assert_string_equal(rows[1].rejected, "modern,other");
	assert_true(rows[1].stranded);
	assert_int_equal(rows[1].at, 1);
	/* what was forgotten goes */
	a.preferred[0] = a.rejected[0] = '\0';
	must(ladder_save(f->db, &a, &failure));
	assert_int_equal(load(f, rows), 1);
}

static void ladder_is_pruned(void **state)
{
	struct fixture *f = *state;
	struct ladder_row rows[SEEN_MAX];

	for (int i = 0; i < 4; i++) {
		struct ladder_row row = climber((char[]){'a' + i, '\0'}, i);

		must(ladder_save(f->db, &row, &failure));
	}
	must(ladder_prune(f->db, 1, 100, &failure));
	assert_int_equal(load(f, rows), 3);
	must(ladder_prune(f->db, 0, 2, &failure));
	assert_int_equal(load(f, rows), 2);
	assert_string_equal(rows[1].ja4, "c");
}

static void stranded_are_counted(void **state)
{
	struct fixture *f = *state;
	struct handshake_row rejected = failed("a"), ok = good("a");
	struct ladder_row here = climber("a", 1), there = climber("a", 2);
	struct fingerprint_row label = {"a", "kitchen sensor", 7};
	struct stranded stranded;

	must(stranded_find(f->db, "a", &stranded, &failure));
	assert_int_equal(stranded.clients, 0);
	text_copy(there.network, sizeof(there.network), "198.51.100.0/24");
	ok.last_seen = 900;
	must(handshake_add(f->db, &rejected, &failure));
	rejected.last_seen = 300;
	text_copy(rejected.profile, sizeof(rejected.profile), "old");
	must(handshake_add(f->db, &rejected, &failure));
	must(handshake_add(f->db, &ok, &failure));
	must(ladder_save(f->db, &here, &failure));
	must(ladder_save(f->db, &there, &failure));
	must(fingerprint_label(f->db, &label, &failure));
	must(stranded_find(f->db, "a", &stranded, &failure));
	assert_int_equal(stranded.clients, 2);
	assert_string_equal(stranded.label, "kitchen sensor");
	assert_string_equal(stranded.looks_like, "mbedTLS 2");
	assert_string_equal(stranded.profile, "old");
	assert_string_equal(stranded.detail, "unknown_ca");
	assert_true(
		list(f, (struct handshake_query){.outcome = HANDSHAKE_FAILED})
			.rows[0]
			.stranded);
	there.stranded = false;
	must(ladder_save(f->db, &there, &failure));
	must(stranded_find(f->db, "a", &stranded, &failure));
	assert_int_equal(stranded.clients, 1);
}

/* ---- profiles ----------------------------------------------------------- */

static bool see_usage(void *arg, const struct profile_usage *usage)
{
	struct profile_usage **next = arg;

	*(*next)++ = *usage;
	return true;
}

static void usage_is_counted(void **state)
{
	struct fixture *f = *state;
	struct profile_usage usage[4], *next = usage;

	exec(f->db,
	     "INSERT INTO products (id, name) VALUES (1, 'p');"
	     "INSERT INTO words (id, name) VALUES (5, 'new'), (6, 'old');"
	     "INSERT INTO devices (product, device, version, first_seen, "
	     "last_seen, address, profile) VALUES "
	     "(1, 'a', '1', 0, 10000000, '', 5), "
	     "(1, 'b', '1', 0, 10000000 - 86400, '', 6), "
	     "(1, 'c', '1', 0, 10000000 - 86401, '', 6), "
	     "(1, 'd', '1', 0, 10000000 - 604801, '', 6), "
	     "(1, 'e', '1', 0, 10000000 - 2592001, '', 6), "
	     "(1, 'f', '1', 0, 10000000 - 7776001, '', 6)");
	must(profile_usage_list(f->db, 10000000, see_usage, &next, &failure));
	assert_int_equal(next - usage, 2);
	assert_string_equal(usage[0].profile, "new");
	assert_int_equal(usage[0].devices, 1);
	assert_int_equal(usage[0].last_use, 10000000);
	assert_string_equal(usage[1].profile, "old");
	assert_int_equal(usage[1].devices, 5);
	assert_int_equal(usage[1].days[0], 1);
	assert_int_equal(usage[1].days[1], 2);
	assert_int_equal(usage[1].days[2], 3);
	assert_int_equal(usage[1].days[3], 4);
	assert_int_equal(usage[1].last_use, 10000000 - 86400);
}

#define IN_A_DATABASE(test) \
	cmocka_unit_test_setup_teardown(test, set_up_db, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_DATABASE(kinds_are_added_up),
		IN_A_DATABASE(lists_are_filtered),
		IN_A_DATABASE(pages_follow_each_other),
		IN_A_DATABASE(old_ones_are_pruned),
		IN_A_DATABASE(their_number_is_bounded),
		IN_A_DATABASE(fingerprints_have_labels),
		IN_A_DATABASE(ladder_is_kept),
		IN_A_DATABASE(ladder_is_pruned),
		IN_A_DATABASE(stranded_are_counted),
		IN_A_DATABASE(usage_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
