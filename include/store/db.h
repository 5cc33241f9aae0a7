/*
 * db - one SQLite connection with its prepared statements.
 *
 * There is one writing connection, the writer's, which also checkpoints; all
 * others are readers (query_only).  WAL, synchronous=FULL, foreign keys on.
 * A connection belongs to one thread at a time.  The each() of a list must
 * not use the connection that it is called from.
 */
#ifndef OTTERD_STORE_DB_H
#define OTTERD_STORE_DB_H

#include <stdbool.h>

#include "base/err.h"

struct db;

enum db_mode {
	DB_WRITER, /* creates and migrates; only one may exist */
	DB_READER  /* query_only; the database must exist and be current */
};

/*
 * Open DATA_DIR/otterd.db.  The writer applies the migrations of db/ that are
 * missing, each in a transaction of its own.  A database whose schema is
 * newer than this binary is ERR_INVALID with both numbers.  A file that is
 * no database, or not otterd's (application_id), is ERR_INVALID.
 */
bool db_open(struct db **out, const char *data_dir, enum db_mode mode,
	     struct err *err);
void db_close(struct db *db);

/*
 * A reader: read the database as of one moment until db_read_end().  Between
 * the two every query is cheaper, since the database is locked and looked at
 * once; not for long, because the log cannot shrink meanwhile.
 */
bool db_read_begin(struct db *db, struct err *err);
void db_read_end(struct db *db);

/*
 * Hold DATA_DIR/otterd.lock, which the daemon holds while it runs and a
 * command must hold to write without one.  ERR_BUSY when another process has
 * it.  Closing *fd gives it back.
 */
bool db_lock(int *fd, const char *data_dir, struct err *err);

/* PRAGMA integrity_check and foreign_key_check; the reason quotes the first
 * finding. */
bool db_check(struct db *db, struct err *err);

/*
 * Copy the whole database, as of one moment, to the new file `path`, mode
 * 0600, and fsync it; ERR_CONFLICT when there is one.  Nothing is left when
 * it fails.  The caller makes the directory entry durable, and its rename if
 * it wants one.  On a reader; takes long, and the log grows meanwhile.
 */
bool db_backup(struct db *db, const char *path, struct err *err);

#endif
