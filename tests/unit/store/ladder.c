#include "store/ladder.h"

#include "base/strbuf.h"
#include "fixture.h"

enum { SEEN_MAX = 8 };

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

static void save(struct fixture *f, struct ladder_row row)
{
	must(ladder_save(f->db, &row, &failure));
}

struct seen {
	struct ladder_row rows[SEEN_MAX];
	int count, stop_after;
	char ja4s[SEEN_MAX + 1]; /* their first letters */
};

static bool see(void *arg, const struct ladder_row *row)
{
	struct seen *seen = arg;

	assert_in_range(seen->count, 0, SEEN_MAX - 1);
	seen->ja4s[seen->count] = row->ja4[0];
	seen->rows[seen->count++] = *row;
	return seen->count != seen->stop_after;
}

static struct seen load(struct fixture *f)
{
	struct seen seen = {.count = 0};

	must(ladder_load(f->db, see, &seen, &failure));
	return seen;
}

static void rows_come_back(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	save(f, climber("a", 1));
	seen = load(f);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.rows[0].network, "192.0.2.0/24");
	assert_string_equal(seen.rows[0].ja4, "a");
	assert_string_equal(seen.rows[0].sni, "ota.example.com");
	assert_string_equal(seen.rows[0].preferred, "old");
	assert_string_equal(seen.rows[0].rejected, "modern,other");
	assert_int_equal(seen.rows[0].failures, 4);
	assert_true(seen.rows[0].stranded);
	assert_int_equal(seen.rows[0].at, 1);
}

static void texts_may_be_as_long_as_they_are(void **state)
{
	struct ladder_row row = climber("a", 1);
	struct fixture *f = *state;
	struct seen seen;

	memset(row.preferred, 'p', sizeof(row.preferred) - 1);
	memset(row.rejected, 'r', sizeof(row.rejected) - 1);
	memset(row.sni, 's', sizeof(row.sni) - 1);
	save(f, row);
	seen = load(f);
	assert_string_equal(seen.rows[0].preferred, row.preferred);
	assert_string_equal(seen.rows[0].rejected, row.rejected);
	assert_string_equal(seen.rows[0].sni, row.sni);
}

/* The newest first, and each key once. */
static void a_key_has_one_row(void **state)
{
	struct ladder_row row = climber("a", 4);
	struct fixture *f = *state;
	struct seen seen;

	save(f, climber("a", 1));
	save(f, climber("b", 3));
	save(f, climber("c", 2));
	seen = load(f);
	assert_string_equal(seen.ja4s, "bca");
	row.stranded = false;
	row.failures = 0;
	save(f, row);
	seen = load(f);
	assert_string_equal(seen.ja4s, "abc");
	assert_false(seen.rows[0].stranded);
	assert_int_equal(seen.rows[0].failures, 0);
	text_copy(row.network, sizeof(row.network), "198.51.100.0/24");
	save(f, row);
	row.sni[0] = '\0';
	save(f, row);
	assert_int_equal(load(f).count, 5);
}

static void what_was_forgotten_goes(void **state)
{
	static const struct {
		const char *label, *preferred, *rejected;
		int left;
	} cases[] = {
		{"both", "old", "modern", 2},
		{"accepted something", "old", "", 2},
		{"rejected something", "", "modern", 2},
		{"neither", "", "", 1},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ladder_row row = climber("a", 1);

		print_message("%s\n", cases[i].label);
		save(f, row);
		save(f, climber("b", 2));
		text_copy(row.preferred, sizeof(row.preferred),
			  cases[i].preferred);
		text_copy(row.rejected, sizeof(row.rejected),
			  cases[i].rejected);
		save(f, row);
		assert_int_equal(load(f).count, cases[i].left);
	}
	save(f, (struct ladder_row){.ja4 = "never"}); /* is no error */
}

static void loading_stops_when_told(void **state)
{
	struct seen seen = {.stop_after = 1};
	struct fixture *f = *state;

	save(f, climber("a", 1));
	save(f, climber("b", 2));
	must(ladder_load(f->db, see, &seen, &failure));
	assert_string_equal(seen.ja4s, "b");
}

static void old_ones_go(void **state)
{
	static const struct {
		const char *label;
		int64_t before, keep;
		const char *left;
	} cases[] = {
		{"none is older", 1, 9, "dcba"},
		{"one is", 2, 9, "dcb"},
		{"as many as are kept", 0, 4, "dcba"},
		{"one more", 0, 3, "dcb"},
		{"both", 2, 2, "dc"},
		{"all", 5, 9, ""},
		{"none is kept", 0, 0, ""},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].label);
		for (int j = 0; j < 4; j++)
			save(f, climber((char[]){'a' + j, '\0'}, 1 + j));
		must(ladder_prune(f->db, cases[i].before, cases[i].keep,
				  &failure));
		assert_string_equal(load(f).ja4s, cases[i].left);
	}
}

static void of_one_moment_no_more_are_kept(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 4; i++)
		save(f, climber((char[]){'a' + i, '\0'}, 7));
	must(ladder_prune(f->db, 7, 3, &failure));
	assert_int_equal(load(f).count, 3);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_db, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(rows_come_back),
		TEST(texts_may_be_as_long_as_they_are),
		TEST(a_key_has_one_row),
		TEST(what_was_forgotten_goes),
		TEST(loading_stops_when_told),
		TEST(old_ones_go),
		TEST(of_one_moment_no_more_are_kept),
	};

	return cmocka_run_group_tests_name("store/ladder", tests, NULL, NULL);
}
