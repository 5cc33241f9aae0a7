#include "store/schema.c"

#include "fixture.h"

static sqlite3 *sqlite;

static int set_up(void **state)
{
	(void)state;
	return sqlite3_open(":memory:", &sqlite);
}

static int close_it(void **state)
{
	(void)state;
	return sqlite3_close(sqlite);
}

static void run(const char *fmt, ...)
{
	char sql[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(sql, sizeof(sql), fmt, args);
	va_end(args);
	assert_int_equal(sqlite3_exec(sqlite, sql, NULL, NULL, NULL), 0);
}

static void empty_becomes_current(void **state)
{
	(void)state;
	must(schema_migrate(sqlite, &failure));
	assert_int_equal(number_of(sqlite, "PRAGMA user_version"), MIGRATIONS);
	assert_int_equal(number_of(sqlite, "PRAGMA application_id"),
			 SCHEMA_APPLICATION_ID);
	must(schema_check(sqlite, &failure));
	/* and once more changes nothing */
	must(schema_migrate(sqlite, &failure));
	assert_int_equal(number_of(sqlite, "PRAGMA user_version"), MIGRATIONS);
}

enum { MANY = 100000, STEP = 100 };

static int count_step(void *count)
{
	++*(int *)count;
	return 0;
}

static int64_t count_of(const char *what)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", what);
	return number_of(sqlite, sql);
}

/*
 * Rows of the first version are there in the current one.  However many
 * there are, they are not touched: SQLite runs only a few thousand steps.
 */
static void first_version_is_brought_up(void **state)
{
	int hundreds = 0;

	(void)state;
	assert_true(apply(sqlite, &migrations[0], 1, &failure));
	run("INSERT INTO products (id, name) VALUES (1, 'p')");
	run("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
	    "WHERE i < %d) INSERT INTO devices (product, device, version, "
	    "first_seen, last_seen, address) "
	    "SELECT 1, i, '1.0', 1, 1, '' FROM n",
	    MANY);
	run("INSERT INTO checkins SELECT NULL, 0, 5, 1, device, '1.0', '', 0, "
	    "1, '192.0.2.1', 1, 2, 3 FROM devices");
	sqlite3_progress_handler(sqlite, STEP, count_step, &hundreds);
	must(schema_migrate(sqlite, &failure));
	sqlite3_progress_handler(sqlite, 0, NULL, NULL);
	assert_in_range(hundreds, 0, MANY / STEP / 10);
	assert_int_equal(number_of(sqlite, "PRAGMA user_version"), MIGRATIONS);
	assert_int_equal(count_of("devices WHERE fingerprint = 0"), MANY);
	assert_int_equal(count_of("checkins WHERE fingerprint = 0 "
				  "AND profile = 3"),
			 MANY);
	assert_int_equal(number_of(sqlite, "SELECT value FROM meta "
					   "WHERE name = 'devices'"),
			 MANY);
	run("UPDATE devices SET fingerprint = 7 WHERE device = '5'");
	assert_int_equal(count_of("devices WHERE fingerprint = 7"), 1);
	assert_int_equal(count_of("pragma_integrity_check WHERE "
				  "integrity_check = 'ok'"),
			 1);
}

/* Each case changes one thing in a database that is current. */
static void judged_by_its_numbers(void **state)
{
	static const struct {
		const char *label;
		const char *pragma;
		long long value;
		bool migrates;
		const char *why;
	} cases[] = {
		{"as it is", "user_version", MIGRATIONS, true, ""},
		{"one newer", "user_version", MIGRATIONS + 1, false,
		 "is newer than this otterd"},
		{"negative", "user_version", -1, false, "is newer"},
		{"somebody else's", "application_id", 7, false,
		 "application_id is 0x7, not 0x4f545452"},
		{"nobody's", "application_id", 0, false,
		 "not a database of otterd"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s\n", cases[i].label);
		set_up(NULL);
		must(schema_migrate(sqlite, &failure));
		run("PRAGMA %s = %lld", cases[i].pragma, cases[i].value);
		if (cases[i].migrates) {
			must(schema_migrate(sqlite, &failure));
		} else {
			must_fail(schema_migrate(sqlite, &failure), ERR_INVALID,
				  cases[i].why);
			must_fail(schema_check(sqlite, &failure), ERR_INVALID,
				  cases[i].why);
		}
		close_it(NULL);
	}
}

static void newer_is_told_with_both_numbers(void **state)
{
	char numbers[2][32];

	(void)state;
	snprintf(numbers[0], sizeof(numbers[0]), "version %d ",
		 MIGRATIONS + 41);
	snprintf(numbers[1], sizeof(numbers[1]), "up to %d", MIGRATIONS);
	must(schema_migrate(sqlite, &failure));
	run("PRAGMA user_version = %d", MIGRATIONS + 41);
	must_fail(schema_migrate(sqlite, &failure), ERR_INVALID, numbers[0]);
	assert_non_null(strstr(failure.text, numbers[1]));
}

static void tables_of_nobody_are_refused(void **state)
{
	(void)state;
	run("CREATE TABLE t (x)");
	must_fail(schema_migrate(sqlite, &failure), ERR_INVALID,
		  "not a database of otterd");
}

static void a_reader_refuses_what_is_older(void **state)
{
	(void)state;
	must(schema_migrate(sqlite, &failure));
	run("PRAGMA user_version = %d", MIGRATIONS - 1);
	must_fail(schema_check(sqlite, &failure), ERR_INVALID, "is older");
}

/* Two good ones and one that fails in its second half. */
static const struct migration three[] = {
	{"0001-a", "CREATE TABLE a (x);"},
	{"0002-b", "CREATE TABLE b (x);"},
	{"0003-c", "CREATE TABLE c (x); CREATE TABLE a (x);"},
};

static void a_broken_migration_leaves_the_one_before(void **state)
{
	(void)state;
	must_fail(apply_all(sqlite, three, 3, 0, &failure), ERR_SYSTEM,
		  "migration: 0003-c: table a already exists");
	assert_int_equal(number_of(sqlite, "PRAGMA user_version"), 2);
	assert_int_equal(
		number_of(sqlite, "SELECT count(*) FROM sqlite_schema"), 2);
	assert_true(sqlite3_get_autocommit(sqlite));
}

static void only_what_is_missing_is_applied(void **state)
{
	(void)state;
	must(apply_all(sqlite, three, 1, 0, &failure));
	must(apply_all(sqlite, three, 2, 1, &failure));
	assert_int_equal(number_of(sqlite, "PRAGMA user_version"), 2);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, close_it)
	const struct CMUnitTest tests[] = {
		TEST(empty_becomes_current),
		TEST(first_version_is_brought_up),
		cmocka_unit_test(judged_by_its_numbers),
		TEST(newer_is_told_with_both_numbers),
		TEST(tables_of_nobody_are_refused),
		TEST(a_reader_refuses_what_is_older),
		TEST(a_broken_migration_leaves_the_one_before),
		TEST(only_what_is_missing_is_applied),
	};

	return cmocka_run_group_tests_name("store/schema", tests, NULL, NULL);
}
