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
	char sql[256];
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

/* Rows of the first version are there in the current one. */
static void first_version_is_brought_up(void **state)
{
	(void)state;
	assert_true(apply(sqlite, &migrations[0], 1, &failure));
	run("INSERT INTO products (id, name) VALUES (1, 'p')");
	run("INSERT INTO devices (product, device, version, first_seen, "
	    "last_seen, address) VALUES (1, 'd', '1.0', 1, 1, '')");
	must(schema_migrate(sqlite, &failure));
	assert_int_equal(number_of(sqlite, "PRAGMA user_version"), MIGRATIONS);
	assert_int_equal(number_of(sqlite, "SELECT count(*) FROM devices "
					   "WHERE fingerprint = 0"),
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
