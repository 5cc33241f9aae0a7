#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ladder_fixture.h"

/* ---- rows that were given ----------------------------------------------- */

enum { ROWS_MAX = 2000 };

struct rows {
	struct tls_ladder *ladder;
	size_t count;
	struct ladder_row list[ROWS_MAX];
};

static void keep_row(void *arg, const struct ladder_row *row)
{
	struct rows *rows = arg;

	/* It would hang if this ran under the lock. */
	tls_ladder_stranded(rows->ladder);
	assert_true(rows->count < ROWS_MAX);
	rows->list[rows->count++] = *row;
}

static size_t take_rows(struct rows *rows, struct tls_ladder *ladder,
			size_t limit)
{
	size_t given;

	rows->ladder = ladder;
	rows->count = 0;
	given = tls_ladder_changes(ladder, limit, keep_row, rows);
	assert_int_equal(given, rows->count);
	return given;
}

static int make_rows(void **state)
{
	*state = calloc(1, sizeof(struct rows));
	return *state ? 0 : -1;
}

static int free_rows(void **state)
{
	free(*state);
	return 0;
}

/* ---- giving ------------------------------------------------------------- */

static void each_change_once(void **state)
{
	struct rows *rows = *state;
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a.example");

	try_once(ladder, &plan, &key, LADDER_ACCEPTED, 1000);
	try_once(ladder, &plan, &key, LADDER_UNTOLD, 1000);
	assert_int_equal(take_rows(rows, ladder, ROWS_MAX), 0);

	try_once(ladder, &plan, &key, LADDER_REJECTED, 2000);
	try_once(ladder, &plan, &key, LADDER_REJECTED, 3000);
	assert_int_equal(take_rows(rows, ladder, ROWS_MAX), 1);
	assert_string_equal(rows->list[0].network, key.network);
	assert_string_equal(rows->list[0].ja4, key.ja4);
	assert_string_equal(rows->list[0].sni, key.sni);
	assert_string_equal(rows->list[0].preferred, "");
	assert_string_equal(rows->list[0].rejected, "p0,p1");
	assert_int_equal(rows->list[0].failures, 2);
	assert_int_equal(rows->list[0].at, UTC + 3);
	assert_false(rows->list[0].stranded);
	assert_int_equal(take_rows(rows, ladder, ROWS_MAX), 0);

	try_once(ladder, &plan, &key, LADDER_REJECTED, 4000);
	take_rows(rows, ladder, ROWS_MAX);
	assert_true(rows->list[0].stranded);

	try_once(ladder, &plan, &key, LADDER_ACCEPTED, 5000);
	take_rows(rows, ladder, ROWS_MAX);
	assert_string_equal(rows->list[0].preferred, "p0");
	assert_string_equal(rows->list[0].rejected, "");
	assert_int_equal(rows->list[0].failures, 0);
	assert_false(rows->list[0].stranded);

	try_once(ladder, &plan, &key, LADDER_ACCEPTED, 6000);
	assert_int_equal(take_rows(rows, ladder, ROWS_MAX), 0);
	tls_ladder_free(ladder);
}

static void within_the_limit(void **state)
{
	struct rows *rows = *state;
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 2);
	char sni[16];

	for (int i = 0; i < 10; i++) {
		struct ladder_key key;

		snprintf(sni, sizeof(sni), "%d", i);
		key = make_key("192.0.2.0/24", sni);
		try_once(ladder, &plan, &key, LADDER_REJECTED, 1);
	}
	assert_int_equal(take_rows(rows, ladder, 0), 0);
	assert_int_equal(take_rows(rows, ladder, 4), 4);
	assert_string_equal(rows->list[0].sni, "0");
	assert_int_equal(take_rows(rows, ladder, 6), 6);
	assert_string_equal(rows->list[0].sni, "4");
	assert_int_equal(take_rows(rows, ladder, 6), 0);
	tls_ladder_free(ladder);
}

/* What was kept and is forgotten is told, as a row to be deleted. */
static void forgotten_rows(void **state)
{
	struct rows *rows = *state;
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 2);
	struct ladder_key first = make_key("192.0.2.0/24", "first");
	char sni[16];

	try_once(ladder, &plan, &first, LADDER_REJECTED, 1);
	take_rows(rows, ladder, ROWS_MAX);
	for (int i = 0; i < 2 * LADDER_PER_NETWORK; i++) {
		struct ladder_key key;

		snprintf(sni, sizeof(sni), "%d", i);
		key = make_key("192.0.2.0/24", sni);
		try_once(ladder, &plan, &key, LADDER_REJECTED, 2);
	}
	/* Of those that were never kept nothing is told. */
	assert_int_equal(take_rows(rows, ladder, ROWS_MAX),
			 1 + LADDER_PER_NETWORK);
	assert_string_equal(rows->list[0].sni, "first");
	assert_string_equal(rows->list[0].preferred, "");
	assert_string_equal(rows->list[0].rejected, "");
	for (size_t i = 1; i < rows->count; i++)
		assert_string_equal(rows->list[i].rejected, "p0");
	tls_ladder_free(ladder);
}

static void long_lists_are_cut(void **state)
{
	struct rows *rows = *state;
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = {.count = LADDER_RUNGS_MAX};
	struct ladder_key key = make_key("192.0.2.0/24", "a");
	char name[STORE_PROFILE_SIZE];
	size_t len;

	for (size_t i = 0; i < plan.count; i++) {
		memset(name, 'a' + (int)i, sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		plan.rungs[i].name = tls_ladder_name(ladder, name);
		assert_int_equal(plan.rungs[i].name, i);
	}
	for (size_t i = 0; i < plan.count; i++)
		try_once(ladder, &plan, &key, LADDER_REJECTED, i);
	take_rows(rows, ladder, ROWS_MAX);
	len = strlen(rows->list[0].rejected);
	assert_true(len < sizeof(rows->list[0].rejected));
	assert_int_equal(len % 65, 64); /* whole names only */
	tls_ladder_free(ladder);
}

/* ---- putting back ------------------------------------------------------- */

/* The ladder of the next start, with all rows of this one. */
static struct tls_ladder *restart(struct tls_ladder *ladder, struct rows *rows)
{
	struct tls_ladder *next = make_ladder();

	take_rows(rows, ladder, ROWS_MAX);
	for (size_t i = rows->count; i-- > 0;)
		assert_true(tls_ladder_restore(next, &rows->list[i], UTC));
	tls_ladder_free(ladder);
	return next;
}

static void goes_on_after_a_restart(void **state)
{
	for (size_t tries = 1; tries < 4; tries++) {
		struct tls_ladder *ladder = make_ladder();
		struct ladder_plan plan = make_plan(ladder, 4);
		struct ladder_key key = make_key("192.0.2.0/24", "a");

		for (size_t i = 0; i < tries; i++)
			try_once(ladder, &plan, &key, LADDER_REJECTED, i);
		ladder = restart(ladder, *state);
		plan = make_plan(ladder, 4);
		for (size_t i = tries; i < 4; i++)
			assert_int_equal(try_once(ladder, &plan, &key,
						  LADDER_REJECTED, i),
					 i);
		tls_ladder_free(ladder);
	}
}

static void remembers_after_a_restart(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	try_once(ladder, &plan, &key, LADDER_REJECTED, 1);
	try_once(ladder, &plan, &key, LADDER_ACCEPTED, 2);
	ladder = restart(ladder, *state);
	plan = make_plan(ladder, 3);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_ACCEPTED, 3), 1);
	tls_ladder_free(ladder);
}

/* The numbers of names are others after a restart. */
static void names_hold_over_a_restart(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	try_once(ladder, &plan, &key, LADDER_REJECTED, 1);
	ladder = restart(ladder, *state);
	tls_ladder_name(ladder, "new");
	plan = make_plan(ladder, 3);
	plan.rungs[1] = plan.rungs[0];
	plan.rungs[0] = plan.rungs[2];
	plan.count = 2; /* p2, p0 */
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_REJECTED, 2), 0);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_REJECTED, 3), 1);
	tls_ladder_free(ladder);
}

static void stranded_over_a_restart(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 2);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	for (uint64_t i = 0; i < 9; i++)
		try_once(ladder, &plan, &key, LADDER_REJECTED, i);
	ladder = restart(ladder, *state);
	assert_int_equal(tls_ladder_stranded(ladder), 1);
	plan = make_plan(ladder, 3);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_ACCEPTED, 10), 2);
	assert_int_equal(tls_ladder_stranded(ladder), 0);
	tls_ladder_free(ladder);
}

/* Ten failed at the same time, and come back after the restart. */
static void many_over_a_restart(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");
	struct ladder_offer open[10];

	for (size_t i = 0; i < 10; i++)
		tls_ladder_offer(ladder, &plan, &key, 0x0303, 1, &open[i]);
	for (size_t i = 0; i < 10; i++)
		tls_ladder_settle(ladder, &plan, &key, &open[i],
				  LADDER_REJECTED, 2, UTC);
	ladder = restart(ladder, *state);
	plan = make_plan(ladder, 3);
	for (size_t i = 0; i < 10; i++) {
		tls_ladder_offer(ladder, &plan, &key, 0x0303, 1000, &open[i]);
		assert_int_equal(open[i].rung, 1);
	}
	for (size_t i = 0; i < 10; i++)
		tls_ladder_settle(ladder, &plan, &key, &open[i],
				  LADDER_ACCEPTED, 1001, UTC);
	tls_ladder_free(ladder);
}

static void refused_rows(void **state)
{
	static const struct {
		const char *label;
		struct ladder_row row;
		bool restored;
	} rows[] = {
		{"good",
		 {.network = "192.0.2.0/24", .rejected = "p0", .at = UTC},
		 true},
		{"too old",
		 {.network = "192.0.2.0/24", .rejected = "p0", .at = UTC - 1},
		 false},
		{"says nothing", {.network = "192.0.2.0/24", .at = UTC}, false},
		{"a fingerprint too long",
		 {.network = "192.0.2.0/24",
		  .ja4 = "1234567890123456789012345678901234567",
		  .rejected = "p0",
		  .at = UTC},
		 false},
		{"nonsense in it",
		 {.network = "192.0.2.0/24",
		  .rejected = ",,p0,,p0,",
		  .failures = -5,
		  .at = UTC},
		 true},
		{"far too many failures",
		 {.network = "192.0.2.0/24",
		  .rejected = "p0",
		  .failures = INT64_MAX,
		  .at = UTC},
		 true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_ladder *ladder = make_ladder();
		struct ladder_plan plan = make_plan(ladder, 2);
		struct ladder_key key = make_key("192.0.2.0/24", "");

		key.ja4[0] = '\0';
		if (tls_ladder_restore(ladder, &rows[i].row, UTC) !=
		    rows[i].restored)
			fail_msg("%s", rows[i].label);
		assert_false(tls_ladder_restore(ladder, &rows[i].row, UTC));
		assert_int_equal(
			try_once(ladder, &plan, &key, LADDER_ACCEPTED, 1),
			rows[i].restored);
		tls_ladder_free(ladder);
	}
}

/* Names of profiles long gone leave room for those in use. */
static void old_names(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_row row = {.at = UTC};
	char name[16];
	int restored = 0;

	(void)state;
	for (int i = 0; i < 2 * LADDER_NAMES_MAX; i++) {
		snprintf(row.network, sizeof(row.network), "192.0.%d.0/24", i);
		snprintf(row.rejected, sizeof(row.rejected), "old%d", i);
		restored += tls_ladder_restore(ladder, &row, UTC);
	}
	assert_int_equal(restored, LADDER_NAMES_RESTORED);
	for (int i = LADDER_NAMES_RESTORED; i < LADDER_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "new%d", i);
		assert_int_equal(tls_ladder_name(ladder, name), i);
	}
	tls_ladder_free(ladder);
}

#define with_rows(test) \
	cmocka_unit_test_setup_teardown(test, make_rows, free_rows)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_rows(each_change_once),
		with_rows(within_the_limit),
		with_rows(forgotten_rows),
		with_rows(long_lists_are_cut),
		with_rows(goes_on_after_a_restart),
		with_rows(remembers_after_a_restart),
		with_rows(names_hold_over_a_restart),
		with_rows(stranded_over_a_restart),
		with_rows(many_over_a_restart),
		cmocka_unit_test(refused_rows),
		cmocka_unit_test(old_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
