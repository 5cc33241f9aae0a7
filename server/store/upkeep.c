/* What keeps a database whole: checkpoints, checks, copies. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/connection.h"
#include "store/db.h"

bool db_checkpoint(struct db *db, bool whole, struct err *err)
{
	int mode =
		whole ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;

	errno = 0; /* for db_fail() */
	if (sqlite3_wal_checkpoint_v2(db->sqlite, NULL, mode, NULL, NULL))
		return db_fail(db, err, "checkpoint");
	return true;
}

static const char *column(sqlite3_stmt *statement, int index)
{
	const char *text = (const char *)sqlite3_column_text(statement, index);

	return text ? text : "?";
}

/* The first row, or none, of integrity_check is "ok". */
static bool check_pages(struct db *db, sqlite3_stmt *statement, struct err *err)
{
	if (sqlite3_step(statement) != SQLITE_ROW)
		return db_fail(db, err, "integrity_check");
	if (strcmp(column(statement, 0), "ok") != 0)
		return err_set(err, ERR_INVALID, "integrity_check: %s",
			       column(statement, 0));
	return true;
}

/* Rows of foreign_key_check: table, rowid, the table it points to. */
static bool check_keys(struct db *db, sqlite3_stmt *statement, struct err *err)
{
	int rc = sqlite3_step(statement);

	if (rc == SQLITE_DONE)
		return true;
	if (rc != SQLITE_ROW)
		return db_fail(db, err, "foreign_key_check");
	return err_set(err, ERR_INVALID,
		       "foreign_key_check: a row of %s names one of %s that is "
		       "not there",
		       column(statement, 0), column(statement, 2));
}

bool db_check(struct db *db, struct err *err)
{
	static const struct {
		const char *sql;
		bool (*judge)(struct db *db, sqlite3_stmt *statement,
			      struct err *err);
	} checks[] = {
		{"PRAGMA integrity_check(1)", check_pages},
		{"PRAGMA foreign_key_check", check_keys},
	};
	sqlite3_stmt *statement;
	bool ok = true;

	for (size_t i = 0; ok && i < sizeof(checks) / sizeof(*checks); i++) {
		if (sqlite3_prepare_v2(db->sqlite, checks[i].sql, -1,
				       &statement, NULL))
			return db_fail(db, err, checks[i].sql);
		ok = checks[i].judge(db, statement, err);
		sqlite3_finalize(statement);
	}
	return ok;
}

/* All pages in one step: one moment, and no starting over at each commit. */
static bool copy_pages(struct db *db, sqlite3 *to, struct err *err)
{
	sqlite3_backup *backup;
	int rc;

	backup = sqlite3_backup_init(to, "main", db->sqlite, "main");
	if (!backup)
		return err_set(err, ERR_SYSTEM, "copying: %s",
			       sqlite3_errmsg(to));
	sqlite3_backup_step(backup, -1);
	rc = sqlite3_backup_finish(backup);
	if (rc)
		return err_set(err,
			       rc == SQLITE_FULL ? ERR_NO_SPACE : ERR_SYSTEM,
			       "copying: %s", sqlite3_errmsg(to));
	return true;
}

/* The copy needs no journal, and is synced once, when it is whole. */
static bool copy_to(struct db *db, const char *path, struct err *err)
{
	sqlite3 *to = NULL;
	bool ok;

	if (sqlite3_open_v2(path, &to,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
			    NULL) ||
	    sqlite3_exec(to,
			 "PRAGMA journal_mode = OFF;"
			 "PRAGMA synchronous = OFF;",
			 NULL, NULL, NULL))
		ok = err_set(err, ERR_SYSTEM, "opening: %s",
			     to ? sqlite3_errmsg(to) : "out of memory");
	else
		ok = copy_pages(db, to, err);
	sqlite3_close(to);
	return ok;
}

bool db_backup(struct db *db, const char *path, struct err *err)
{
	char plain[PATH_MAX];
	int fd;

	if (!db_plain_path(plain, path, err))
		return false;
	fd = open(plain, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "%s", path);
	if (!copy_to(db, plain, err)) {
		err_wrap(err, "%s", path);
		goto fail;
	}
	if (fsync(fd) < 0) {
		err_sys(err, "%s", path);
		goto fail;
	}
	close(fd);
	return true;
fail:
	close(fd);
	unlink(plain);
	return false;
}
