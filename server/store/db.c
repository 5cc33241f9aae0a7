#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/connection.h"
#include "store/intern.h"
#include "store/query.h"
#include "store/schema.h"

enum {
	BUSY_MS = 5000, /* another process, as `db check`, may hold a lock */
	FILE_MODE = 0640
};

/*
 * A log that grew under a long reader is cut at its next turn.  The writer's
 * cache, 16 MiB, holds the inner pages of a million devices and the leaves
 * of several groups.
 */
static const char writer_setup[] = "PRAGMA synchronous = FULL;"
				   "PRAGMA journal_size_limit = 8388608;"
				   "PRAGMA cache_size = -16384;"
				   "PRAGMA secure_delete = OFF;"
				   "PRAGMA foreign_keys = ON;";

static const char reader_setup[] = "PRAGMA query_only = ON;"
				   "PRAGMA cache_size = -2048;";

static enum err_code code_of(const struct db *db)
{
	switch (sqlite3_extended_errcode(db->sqlite)) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
		return ERR_CONFLICT;
	}
	switch (sqlite3_errcode(db->sqlite)) {
	case SQLITE_FULL:
		return ERR_NO_SPACE;
	case SQLITE_NOMEM:
		return ERR_MEMORY;
	case SQLITE_BUSY:
		return ERR_BUSY;
	case SQLITE_TOOBIG:
		return ERR_TOO_LARGE;
	case SQLITE_NOTADB:
		return ERR_INVALID;
	}
	return ERR_SYSTEM;
}

/*
 * SQLite says FULL for ENOSPC in a write alone.  For all else it says "I/O
 * error", and where that happens in a commit it does not keep errno either:
 * but nothing but the failed call has set it since query_step() cleared it.
 */
static int errno_of(const struct db *db)
{
	switch (sqlite3_errcode(db->sqlite)) {
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		return sqlite3_system_errno(db->sqlite)
			       ? sqlite3_system_errno(db->sqlite)
			       : errno;
	}
	return 0;
}

bool db_fail(struct db *db, struct err *err, const char *doing)
{
	errno = errno_of(db);
	if (!errno)
		return err_set(err, code_of(db), "%s: %s", doing,
			       sqlite3_errmsg(db->sqlite));
	err_sys(err, "%s: %s", doing, sqlite3_errmsg(db->sqlite));
	if (err->sys == EFBIG)
		err->code = ERR_NO_SPACE;
	return false;
}

bool db_plain_path(char out[static PATH_MAX], const char *path, struct err *err)
{
	int len =
		snprintf(out, PATH_MAX, "%s%s", *path == '/' ? "" : "./", path);

	if (len >= PATH_MAX)
		return err_set(err, ERR_INVALID, "path too long: %s", path);
	return true;
}

static bool path_in(char out[static PATH_MAX], const char *dir,
		    const char *name, struct err *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= PATH_MAX)
		return err_set(err, ERR_INVALID, "path too long: %s", dir);
	return db_plain_path(out, path, err);
}

/*
 * Make the file when it is not there, with a mode that does not depend on
 * the umask; SQLite gives the same one to the files beside it.
 */
static bool make_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	bool ok;

	if (fd < 0)
		return errno == EEXIST || err_sys(err, "%s", path);
	ok = fchmod(fd, FILE_MODE) == 0 || err_sys(err, "%s", path);
	close(fd);
	return ok;
}

static int note_wal_pages(void *arg, sqlite3 *sqlite, const char *name,
			  int pages)
{
	struct db *db = arg;

	(void)sqlite;
	(void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

/* SQLite keeps the old mode, and calls that success, where WAL cannot be. */
static int note_mode(void *arg, int columns, char **values, char **names)
{
	(void)columns;
	(void)names;
	*(bool *)arg = values[0] && strcmp(values[0], "wal") == 0;
	return 0;
}

static bool use_wal(struct db *db, struct err *err)
{
	bool wal = false;

	if (sqlite3_exec(db->sqlite, "PRAGMA journal_mode = WAL", note_mode,
			 &wal, NULL))
		return db_fail(db, err, "journal_mode");
	return wal || err_set(err, ERR_SYSTEM,
			      "this file system cannot hold a write-ahead log");
}

static bool set_up_writer(struct db *db, struct err *err)
{
	/* This hook takes the place of the automatic checkpoint. */
	sqlite3_wal_hook(db->sqlite, note_wal_pages, db);
	if (!schema_migrate(db->sqlite, err) || !use_wal(db, err))
		return false;
	if (sqlite3_exec(db->sqlite, writer_setup, NULL, NULL, NULL))
		return db_fail(db, err, "setting up");
	return true;
}

static bool set_up_reader(struct db *db, struct err *err)
{
	sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1,
			  NULL);
	if (sqlite3_exec(db->sqlite, reader_setup, NULL, NULL, NULL))
		return db_fail(db, err, "setting up");
	return schema_check(db->sqlite, err);
}

static bool open_and_set_up(struct db *db, const char *path, enum db_mode mode,
			    struct err *err)
{
	if (sqlite3_open_v2(path, &db->sqlite,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL)) {
		if (!db->sqlite)
			return err_memory(err);
		return db_fail(db, err, "opening");
	}
	sqlite3_busy_timeout(db->sqlite, BUSY_MS);
	if (mode == DB_WRITER)
		return set_up_writer(db, err);
	return set_up_reader(db, err);
}

bool db_open(struct db **out, const char *data_dir, enum db_mode mode,
	     struct err *err)
{
	char path[PATH_MAX];
	struct db *db;

	*out = NULL;
	if (!path_in(path, data_dir, "otterd.db", err))
		return false;
	if (mode == DB_WRITER && !make_file(path, err))
		return false;
	db = calloc(1, sizeof(*db));
	if (!db)
		return err_memory(err);
	if (!open_and_set_up(db, path, mode, err)) {
		err_wrap(err, "%s", path);
		db_close(db);
		return false;
	}
	*out = db;
	return true;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->sqlite);
	free(db);
}

bool db_lock(int *fd, const char *data_dir, struct err *err)
{
	char path[PATH_MAX];
	int lock;

	*fd = -1;
	if (!path_in(path, data_dir, "otterd.lock", err))
		return false;
	lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (lock < 0)
		return err_sys(err, "%s", path);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			err_set(err, ERR_BUSY, "%s: held by another process",
				path);
		else
			err_sys(err, "%s", path);
		close(lock);
		return false;
	}
	*fd = lock;
	return true;
}

static bool run(struct db *db, enum statement statement, struct err *err)
{
	struct query q;

	return query_start(&q, db, statement, err) && query_run(&q, err);
}

bool db_begin(struct db *db, struct err *err)
{
	/* Left over when rolling back failed, as for want of memory. */
	if (db_in_transaction(db))
		db_rollback(db);
	return run(db, STATEMENT_BEGIN, err);
}

bool db_read_begin(struct db *db, struct err *err)
{
	return run(db, STATEMENT_READ, err);
}

void db_read_end(struct db *db)
{
	struct err ignored; /* nothing was written that could be lost */

	if (db_in_transaction(db) && !run(db, STATEMENT_COMMIT, &ignored))
		run(db, STATEMENT_ROLLBACK, &ignored);
}

bool db_commit(struct db *db, struct err *err)
{
	return run(db, STATEMENT_COMMIT, err);
}

void db_rollback(struct db *db)
{
	struct err ignored; /* the reason for rolling back counts */

	if (db_in_transaction(db))
		run(db, STATEMENT_ROLLBACK, &ignored);
	intern_forget(db);
}

bool db_savepoint(struct db *db, struct err *err)
{
	return run(db, STATEMENT_SAVEPOINT, err);
}

bool db_savepoint_keep(struct db *db, struct err *err)
{
	return run(db, STATEMENT_SAVEPOINT_KEEP, err);
}

bool db_savepoint_undo(struct db *db, struct err *err)
{
	intern_forget(db);
	return run(db, STATEMENT_SAVEPOINT_UNDO, err) &&
	       run(db, STATEMENT_SAVEPOINT_KEEP, err);
}

bool db_in_transaction(const struct db *db)
{
	return !sqlite3_get_autocommit(db->sqlite);
}
