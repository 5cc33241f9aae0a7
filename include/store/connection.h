/*
 * connection - what is inside struct db, and its transactions.
 *
 * For the store room only; everybody else knows store/db.h.
 */
#ifndef OTTERD_STORE_CONNECTION_H
#define OTTERD_STORE_CONNECTION_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/err.h"
#include "base/ident.h"
#include "store/statements.h"

/* What store/intern remembers of a connection. */
enum intern_kind {
	INTERN_PRODUCT,
	INTERN_WORD,
	INTERN_FINGERPRINT, /* words that clients make up: a cap holds */
	INTERN_KINDS
};

/* Names remembered per kind: some 10 reasons, as many ciphers, and profiles.
 * When there are more, the one that came first is forgotten. */
enum { INTERN_ROOM = 64, INTERN_NAME_SIZE = IDENT_MAX + 1 };

struct intern {
	size_t count; /* ever remembered */
	struct intern_name {
		int64_t id;
		char name[INTERN_NAME_SIZE];
	} names[INTERN_ROOM];
};

struct db {
	sqlite3 *sqlite;
	sqlite3_stmt *statements[STATEMENT_COUNT]; /* made at first use */
	struct intern interns[INTERN_KINDS];
	int wal_pages; /* in the log after the last commit */
};

/*
 * Fill *err from the connection's last failure, as "doing: reason".  A full
 * disk is ERR_NO_SPACE, a broken uniqueness ERR_CONFLICT, a lock held by
 * another process ERR_BUSY, memory ERR_MEMORY, all else ERR_SYSTEM.  Always
 * returns false.
 */
bool db_fail(struct db *db, struct err *err, const char *doing);

/*
 * Transactions, on the writer.  After db_rollback() and
 * db_savepoint_undo() names interned meanwhile are forgotten again.
 */
bool db_begin(struct db *db, struct err *err);
bool db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db); /* no harm when there is none */
bool db_savepoint(struct db *db, struct err *err);
bool db_savepoint_keep(struct db *db, struct err *err);
bool db_savepoint_undo(struct db *db, struct err *err);

/* False when SQLite has rolled back by itself, as after an I/O error. */
bool db_in_transaction(const struct db *db);

/*
 * Copy the log into the database.  `whole` waits for readers and empties the
 * log; else as much is copied as no reader still needs, without waiting.
 */
bool db_checkpoint(struct db *db, bool whole, struct err *err);

/*
 * A path that SQLite does not take for a URI, which it would for one that
 * begins with "file:".
 */
bool db_plain_path(char out[static PATH_MAX], const char *path,
		   struct err *err);

#endif
