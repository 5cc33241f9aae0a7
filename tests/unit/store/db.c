#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "fixture.h"

#include "store/intern.h"
#include "store/query.h"

static unsigned int mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void write_file(const char *path, off_t at, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), at), strlen(text));
	close(fd);
}

static void the_mode_is_ours_whatever_the_umask(void **state)
{
	static const mode_t umasks[] = {0, 022, 077};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(umasks) / sizeof(umasks[0]); i++) {
		mode_t old = umask(umasks[i]);

		must(db_open(&f->db, f->dir, DB_WRITER, &failure));
		umask(old);
		exec(f->db, "UPDATE meta SET value = 1");
		assert_int_equal(mode_of(path_of(f, "otterd.db")), 0640);
		assert_int_equal(mode_of(path_of(f, "otterd.db-wal")), 0640);
		db_close(f->db);
		f->db = NULL;
		unlink(path_of(f, "otterd.db"));
	}
}

static void a_mode_that_an_operator_chose_stays(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chmod(path_of(f, "otterd.db"), 0600), 0);
	db_close(f->db);
	must(db_open(&f->db, f->dir, DB_WRITER, &failure));
	assert_int_equal(mode_of(path_of(f, "otterd.db")), 0600);
}

static void the_writer_is_set_up(void **state)
{
	static const struct {
		const char *pragma;
		int64_t value;
	} wanted[] = {
		{"PRAGMA synchronous", 2}, /* FULL */
		{"PRAGMA foreign_keys", 1},
		{"PRAGMA query_only", 0},
		{"PRAGMA wal_autocheckpoint", 0},
		{"SELECT journal_mode = 'wal' FROM pragma_journal_mode", 1},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		print_message("%s\n", wanted[i].pragma);
		assert_int_equal(number_of(f->db->sqlite, wanted[i].pragma),
				 wanted[i].value);
	}
}

static void a_reader_cannot_write(void **state)
{
	struct fixture *f = *state;
	struct db *reader;

	must(db_open(&reader, f->dir, DB_READER, &failure));
	must_fail(db_begin(reader, &failure), ERR_SYSTEM, "readonly");
	assert_int_equal(number_of(reader->sqlite, "PRAGMA query_only"), 1);
	db_close(reader);
}

static void what_is_no_database_of_ours(void **state)
{
	struct fixture *f = *state;
	struct db *db;
	char long_dir[5000];

	must_fail(db_open(&db, f->dir, DB_READER, &failure), ERR_NOT_FOUND,
		  "otterd.db");
	assert_null(db);
	must_fail(db_open(&db, path_of(f, "none"), DB_WRITER, &failure),
		  ERR_NOT_FOUND, "none");
	memset(long_dir, 'a', sizeof(long_dir));
	long_dir[sizeof(long_dir) - 1] = '\0';
	must_fail(db_open(&db, long_dir, DB_WRITER, &failure), ERR_INVALID,
		  "too long");
	write_file(path_of(f, "otterd.db"), 0,
		   "something that is no database at all, and long enough "
		   "to be looked at: a header alone has a hundred bytes");
	must_fail(db_open(&db, f->dir, DB_WRITER, &failure), ERR_INVALID,
		  "not a database");
	must_fail(db_open(&db, f->dir, DB_READER, &failure), ERR_INVALID,
		  "not a database");
	assert_null(db);
}

static void a_newer_one_is_refused_by_both(void **state)
{
	struct fixture *f = *state;
	struct db *db;

	exec(f->db, "PRAGMA user_version = 4711");
	db_close(f->db);
	f->db = NULL;
	must_fail(db_open(&db, f->dir, DB_WRITER, &failure), ERR_INVALID,
		  "4711 is newer");
	must_fail(db_open(&db, f->dir, DB_READER, &failure), ERR_INVALID,
		  "4711 is newer");
}

static void a_path_is_never_a_uri(void **state)
{
	struct fixture *f = *state;
	struct db *db;

	assert_int_equal(mkdir(path_of(f, "file:a?mode=memory"), 0700), 0);
	assert_int_equal(chdir(f->dir), 0);
	must(db_open(&db, "file:a?mode=memory", DB_WRITER, &failure));
	db_close(db);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(mode_of(path_of(f, "file:a?mode=memory/otterd.db")),
			 0640);
}

static void every_statement_prepares(void **state)
{
	struct fixture *f = *state;
	struct query q;

	for (int i = 0; i < STATEMENT_COUNT; i++)
		must(query_start(&q, f->db, (enum statement)i, &failure));
}

/* What runs at each poll finds its rows by key and never sorts or scans. */
static void the_ways_are_short(void **state)
{
	static const enum statement hot[] = {
		STATEMENT_CHECKIN_ADD,	   STATEMENT_CHECKIN_HISTORY,
		STATEMENT_DEVICE_POLLED,   STATEMENT_DEVICE_REPORTED,
		STATEMENT_DEVICE_SETTINGS, STATEMENT_DEVICE_FIND,
		STATEMENT_DEVICE_LIST,
	};
	struct fixture *f = *state;
	char sql[2048];
	sqlite3_stmt *plan;

	for (size_t i = 0; i < sizeof(hot) / sizeof(hot[0]); i++) {
		snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s",
			 statement_sql[hot[i]]);
		assert_int_equal(
			sqlite3_prepare_v2(f->db->sqlite, sql, -1, &plan, NULL),
			0);
		while (sqlite3_step(plan) == SQLITE_ROW) {
			const char *way =
				(const char *)sqlite3_column_text(plan, 3);

			if (strstr(way, "B-TREE") ||
			    (strstr(way, "SCAN") && !strstr(way, "chain") &&
			     !strstr(way, "CONSTANT")))
				fail_msg("%s: %s", sql, way);
		}
		sqlite3_finalize(plan);
	}
}

static void the_lock_is_for_one(void **state)
{
	struct fixture *f = *state;
	int first, second;

	must(db_lock(&first, f->dir, &failure));
	must_fail(db_lock(&second, f->dir, &failure), ERR_BUSY,
		  "another process");
	assert_int_equal(second, -1);
	close(first);
	must(db_lock(&second, f->dir, &failure));
	close(second);
	must_fail(db_lock(&second, path_of(f, "none"), &failure), ERR_NOT_FOUND,
		  "none");
}

static void a_copy_is_whole(void **state)
{
	struct fixture *f = *state;
	struct db *reader, *copy;

	exec(f->db, "INSERT INTO words (name) VALUES ('one'), ('two')");
	must(db_open(&reader, f->dir, DB_READER, &failure));
	assert_int_equal(mkdir(path_of(f, "copy"), 0700), 0);
	must(db_backup(reader, path_of(f, "copy/otterd.db"), &failure));
	assert_int_equal(mode_of(path_of(f, "copy/otterd.db")), 0600);
	must_fail(db_backup(reader, path_of(f, "copy/otterd.db"), &failure),
		  ERR_CONFLICT, "copy");
	must_fail(db_backup(reader, path_of(f, "none/x"), &failure),
		  ERR_NOT_FOUND, "none/x");
	db_close(reader);

	must(db_open(&copy, path_of(f, "copy"), DB_WRITER, &failure));
	must(db_check(copy, &failure));
	assert_int_equal(number_of(copy->sqlite, "SELECT count(*) FROM words"),
			 2);
	db_close(copy);
}

static void a_copy_that_fails_leaves_nothing(void **state)
{
	struct rlimit old, small = {.rlim_cur = 16384};
	struct fixture *f = *state;
	bool ok;

	exec(f->db, "INSERT INTO words (name) VALUES (hex(zeroblob(50000)))");
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	ok = db_backup(f->db, path_of(f, "copy"), &failure);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_false(ok);
	assert_int_equal(access(path_of(f, "copy"), F_OK), -1);
}

static void a_broken_key_is_found(void **state)
{
	struct fixture *f = *state;

	must(db_check(f->db, &failure));
	exec(f->db, "PRAGMA foreign_keys = OFF");
	exec(f->db, "INSERT INTO images VALUES (77, zeroblob(32), 1, '1', "
		    "'raw', 1, 1)");
	must_fail(db_check(f->db, &failure), ERR_INVALID,
		  "a row of images names one of products");
}

static void a_damaged_page_is_found(void **state)
{
	struct fixture *f = *state;
	char sql[128];
	int64_t page;

	snprintf(sql, sizeof(sql),
		 "SELECT rootpage FROM sqlite_schema WHERE name = 'audit'");
	page = number_of(f->db->sqlite, sql);
	must(db_checkpoint(f->db, true, &failure));
	db_close(f->db);
	write_file(path_of(f, "otterd.db"), (page - 1) * 4096, "damage");
	must(db_open(&f->db, f->dir, DB_WRITER, &failure));
	failure.text[0] = '\0';
	assert_false(db_check(f->db, &failure));
	assert_string_not_equal(failure.text, "");
}

static void what_was_interned_is_rolled_back(void **state)
{
	struct fixture *f = *state;
	int64_t id, again;
	char text[8];

	must(db_begin(f->db, &failure));
	must(intern_add(f->db, INTERN_WORD, "one", &id, &failure));
	db_rollback(f->db);
	must_fail(intern_find(f->db, INTERN_WORD, "one", &again, &failure),
		  ERR_NOT_FOUND, "one");

	must(db_begin(f->db, &failure));
	must(db_savepoint(f->db, &failure));
	must(intern_add(f->db, INTERN_WORD, "two", &id, &failure));
	must(db_savepoint_undo(f->db, &failure));
	must(intern_add(f->db, INTERN_WORD, "three", &again, &failure));
	must(db_commit(f->db, &failure));
	assert_int_equal(id, again);
	must(intern_name(f->db, INTERN_WORD, id, text, sizeof(text), &failure));
	assert_string_equal(text, "three");
}

/* More names than a connection remembers, by number and by name. */
static void many_names(void **state)
{
	struct fixture *f = *state;
	char text[32], found[32];
	int64_t ids[INTERN_ROOM + 2], id;

	must(db_begin(f->db, &failure));
	for (int i = 0; i < INTERN_ROOM + 2; i++) {
		snprintf(text, sizeof(text), "word-%d", i);
		must(intern_add(f->db, INTERN_WORD, text, &ids[i], &failure));
	}
	must(db_commit(f->db, &failure));
	for (int i = 0; i < INTERN_ROOM + 2; i++) {
		snprintf(text, sizeof(text), "word-%d", i);
		must(intern_add(f->db, INTERN_WORD, text, &id, &failure));
		assert_int_equal(id, ids[i]);
		must(intern_name(f->db, INTERN_WORD, id, found, sizeof(found),
				 &failure));
		assert_string_equal(found, text);
	}
	must(intern_add(f->db, INTERN_WORD, "", &id, &failure));
	assert_int_equal(id, 0);
	must(intern_name(f->db, INTERN_WORD, 0, found, sizeof(found),
			 &failure));
	assert_string_equal(found, "");
}

int main(void)
{
#define DIR(test) cmocka_unit_test_setup_teardown(test, set_up_dir, tear_down)
#define DB(test)  cmocka_unit_test_setup_teardown(test, set_up_db, tear_down)
	const struct CMUnitTest tests[] = {
		DIR(the_mode_is_ours_whatever_the_umask),
		DB(a_mode_that_an_operator_chose_stays),
		DB(the_writer_is_set_up),
		DB(a_reader_cannot_write),
		DIR(what_is_no_database_of_ours),
		DB(a_newer_one_is_refused_by_both),
		DIR(a_path_is_never_a_uri),
		DB(every_statement_prepares),
		DB(the_ways_are_short),
		DB(the_lock_is_for_one),
		DB(a_copy_is_whole),
		DB(a_copy_that_fails_leaves_nothing),
		DB(a_broken_key_is_found),
		DB(a_damaged_page_is_found),
		DB(what_was_interned_is_rolled_back),
		DB(many_names),
	};

	return cmocka_run_group_tests_name("store/db", tests, NULL, NULL);
}
