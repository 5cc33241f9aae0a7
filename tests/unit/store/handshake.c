#include "store/handshake.h"

#include "base/strbuf.h"
#include "fixture.h"
#include "store/ladder.h"

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

static int64_t rows_of(struct fixture *f, const char *condition)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM handshakes WHERE %s",
		 condition);
	return number_of(f->db->sqlite, sql);
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

/* One that differs in any member of the kind is a row of its own. */
static void each_kind_has_its_row(void **state)
{
	static const size_t members[] = {
		offsetof(struct handshake_row, ja4),
		offsetof(struct handshake_row, ja3),
		offsetof(struct handshake_row, sni),
		offsetof(struct handshake_row, profile),
		offsetof(struct handshake_row, result),
		offsetof(struct handshake_row, detail),
		offsetof(struct handshake_row, network),
	};
	struct fixture *f = *state;
	struct handshake_row row = failed("a");
	int64_t kinds = 1;

	must(handshake_add(f->db, &row, &failure));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		row = failed("a");
		memcpy((char *)&row + members[i], "else", sizeof("else"));
		must(handshake_add(f->db, &row, &failure));
		assert_int_equal(rows_of(f, "1"), ++kinds);
	}
	row = failed("a");
	row.alert = 45;
	must(handshake_add(f->db, &row, &failure));
	assert_int_equal(rows_of(f, "1"), ++kinds);
	row = failed("a");
	text_copy(row.address, sizeof(row.address), "else");
	text_copy(row.looks_like, sizeof(row.looks_like), "else");
	must(handshake_add(f->db, &row, &failure));
	assert_int_equal(rows_of(f, "1"), kinds);
}

/* A clock that was set back moves neither end inwards. */
static void times_only_widen(void **state)
{
	struct fixture *f = *state;
	struct handshake_row row = failed("a");
	struct seen seen;

	must(handshake_add(f->db, &row, &failure));
	row.first_seen = row.last_seen = 50;
	must(handshake_add(f->db, &row, &failure));
	seen = list(f, (struct handshake_query){0});
	assert_int_equal(seen.rows[0].first_seen, 50);
	assert_int_equal(seen.rows[0].last_seen, 200);
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

/* `count` rows of a network (NULL: each of its own), last seen from `at` on. */
static void fill(struct fixture *f, int count, const char *network, int at)
{
	static int kinds;
	char sql[512];

	snprintf(sql, sizeof(sql),
		 "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL "
		 "SELECT i + 1 FROM n WHERE i < %d) "
		 "INSERT INTO handshakes (ja4, ja3, looks_like, sni, "
		 "profile, result, alert, detail, network, address, "
		 "first_seen, last_seen, count) SELECT %d + i, '', '', '', "
		 "'', 'alert', 48, '', coalesce(%s, i), '', 1, %d + i, 1 "
		 "FROM n",
		 count - 1, kinds, network ? network : "NULL", at);
	kinds += count;
	exec(f->db, sql);
}

/* Only so many are kept, those that were seen last. */
static void their_number_is_bounded(void **state)
{
	struct fixture *f = *state;

	fill(f, HANDSHAKE_KEEP, NULL, 1);
	must(handshake_prune(f->db, 0, &failure));
	assert_int_equal(rows_of(f, "1"), HANDSHAKE_KEEP);
	fill(f, 100, NULL, HANDSHAKE_KEEP + 1);
	must(handshake_prune(f->db, 0, &failure));
	assert_int_equal(rows_of(f, "1"), HANDSHAKE_KEEP);
	assert_int_equal(rows_of(f, "last_seen <= 100"), 0);
}

static void so_it_is_when_all_were_seen_at_once(void **state)
{
	struct fixture *f = *state;

	fill(f, HANDSHAKE_KEEP + 1, NULL, 1);
	exec(f->db, "UPDATE handshakes SET last_seen = 7");
	must(handshake_prune(f->db, 7, &failure));
	assert_int_equal(rows_of(f, "1"), HANDSHAKE_KEEP);
	must(handshake_prune(f->db, 8, &failure)); /* in steps */
	assert_in_range(rows_of(f, "1"), 1, HANDSHAKE_KEEP - 1);
}

/* One network with many kinds gives way before others do. */
static void no_scanner_drives_out_others(void **state)
{
	static const struct {
		const char *label, *network, *others;
		int count, left;
	} cases[] = {
		{"as many as it may have", "'scan'", "network <> 'scan'",
		 HANDSHAKE_PER_NETWORK, HANDSHAKE_PER_NETWORK},
		{"one more", "'scan'", "network <> 'scan'",
		 HANDSHAKE_PER_NETWORK + 1, HANDSHAKE_PER_NETWORK},
		{"a flush", "'scan'", "network <> 'scan'", 1024,
		 HANDSHAKE_PER_NETWORK},
		{"as many good ones as there may be", "''", "network <> ''",
		 HANDSHAKE_GOOD, HANDSHAKE_GOOD},
		{"one more", "''", "network <> ''", HANDSHAKE_GOOD + 1,
		 HANDSHAKE_GOOD},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int others = HANDSHAKE_KEEP - cases[i].left;
		char condition[64];

		print_message("%s\n", cases[i].label);
		exec(f->db, "DELETE FROM handshakes");
		fill(f, others, NULL, 1);
		fill(f, cases[i].count, cases[i].network, 100000);
		must(handshake_prune(f->db, 0, &failure));
		assert_int_equal(rows_of(f, cases[i].others), others);
		snprintf(condition, sizeof(condition), "last_seen >= %d",
			 100000 + cases[i].count - cases[i].left);
		assert_int_equal(rows_of(f, condition), cases[i].left);
	}
}

/* By the ladder's row of the same network, fingerprint and name. */
static void the_ladder_says_who_is_stranded(void **state)
{
	static const struct {
		const char *label;
		struct ladder_row row;
		bool stranded;
	} cases[] = {
		{"it",
		 {"192.0.2.0/24", "a", "ota.example.com", "", "modern", 1, true,
		  1},
		 true},
		{"it, not yet",
		 {"192.0.2.0/24", "a", "ota.example.com", "", "modern", 1,
		  false, 1},
		 false},
		{"another network",
		 {"192.0.3.0/24", "a", "ota.example.com", "", "modern", 1, true,
		  1},
		 false},
		{"another fingerprint",
		 {"192.0.2.0/24", "b", "ota.example.com", "", "modern", 1, true,
		  1},
		 false},
		{"another name",
		 {"192.0.2.0/24", "a", "", "", "modern", 1, true, 1},
		 false},
	};
	struct fixture *f = *state;
	struct handshake_row row = failed("a");

	must(handshake_add(f->db, &row, &failure));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].label);
		exec(f->db, "DELETE FROM ladder");
		must(ladder_save(f->db, &cases[i].row, &failure));
		assert_int_equal(
			list(f, (struct handshake_query){0}).rows[0].stranded,
			cases[i].stranded);
	}
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
	must(fingerprint_find(f->db, "a", &got, &failure));
	assert_string_equal(got.label, "bath sensor");
	must_fail(fingerprint_find(f->db, "b", &got, &failure), ERR_NOT_FOUND,
		  "fingerprint b has no label");
	got = (struct fingerprint_row){.at = 0};
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
		IN_A_DATABASE(each_kind_has_its_row),
		IN_A_DATABASE(times_only_widen),
		IN_A_DATABASE(lists_are_filtered),
		IN_A_DATABASE(pages_follow_each_other),
		IN_A_DATABASE(old_ones_are_pruned),
		IN_A_DATABASE(their_number_is_bounded),
		IN_A_DATABASE(so_it_is_when_all_were_seen_at_once),
		IN_A_DATABASE(no_scanner_drives_out_others),
		IN_A_DATABASE(the_ladder_says_who_is_stranded),
		IN_A_DATABASE(fingerprints_have_labels),
		IN_A_DATABASE(usage_is_counted),
	};

	return cmocka_run_group_tests_name("store/handshake", tests, NULL,
					   NULL);
}
