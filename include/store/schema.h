/*
 * schema - the migrations of db/, compiled in, and how far a database is.
 *
 * PRAGMA user_version counts the migrations that a database has seen, and
 * application_id says that it is otterd's.  For the store room only.
 */
#ifndef OTTERD_STORE_SCHEMA_H
#define OTTERD_STORE_SCHEMA_H

#include <stdbool.h>

#include <sqlite3.h>

#include "base/err.h"

/* "OTTR" in PRAGMA application_id. */
enum { SCHEMA_APPLICATION_ID = 0x4f545452 };

/*
 * Apply the migrations that are missing, each in a transaction of its own.
 * ERR_INVALID for a database that is newer than this binary, with both
 * numbers, and for one that is not otterd's.  An empty database becomes
 * otterd's.  Foreign keys must not be enforced yet, so that a migration can
 * rebuild a table.
 */
bool schema_migrate(sqlite3 *sqlite, struct err *err);

/* The same judgement, and ERR_INVALID when a migration is missing. */
bool schema_check(sqlite3 *sqlite, struct err *err);

#endif
