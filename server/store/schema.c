#include "store/schema.h"

#include <stdint.h>
#include <stdio.h>

struct migration {
	const char *name; /* of its file in db/ */
	const char *sql;
};

static const struct migration migrations[] = {
#include "migrations.inc"
};

enum { MIGRATIONS = sizeof(migrations) / sizeof(migrations[0]) };

static bool fail(sqlite3 *sqlite, struct err *err, const char *doing)
{
	enum err_code code = ERR_SYSTEM;

	switch (sqlite3_errcode(sqlite)) {
	case SQLITE_NOTADB:
		code = ERR_INVALID;
		break;
	case SQLITE_FULL:
		code = ERR_NO_SPACE;
		break;
	case SQLITE_BUSY:
		code = ERR_BUSY;
		break;
	}
	return err_set(err, code, "%s: %s", doing, sqlite3_errmsg(sqlite));
}

static bool number(sqlite3 *sqlite, const char *sql, int64_t *value,
		   struct err *err)
{
	sqlite3_stmt *statement;

	*value = 0;
	if (sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL))
		return fail(sqlite, err, "reading the schema");
	if (sqlite3_step(statement) != SQLITE_ROW) {
		fail(sqlite, err, "reading the schema");
		sqlite3_finalize(statement);
		return false;
	}
	*value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return true;
}

/* Read how many migrations the database has seen; 0 when it is empty. */
static bool judge(sqlite3 *sqlite, int64_t *applied, struct err *err)
{
	int64_t application, objects;

	*applied = 0;
	if (!number(sqlite, "PRAGMA application_id", &application, err) ||
	    !number(sqlite, "SELECT count(*) FROM sqlite_schema", &objects,
		    err) ||
	    !number(sqlite, "PRAGMA user_version", applied, err))
		return false;
	if (application != SCHEMA_APPLICATION_ID &&
	    (application || objects || *applied))
		return err_set(err, ERR_INVALID,
			       "not a database of otterd: application_id is "
			       "%#llx, not %#x",
			       (unsigned long long)application,
			       SCHEMA_APPLICATION_ID);
	if (*applied < 0 || *applied > MIGRATIONS)
		return err_set(err, ERR_INVALID,
			       "schema version %lld is newer than this otterd, "
			       "which knows versions up to %d",
			       (long long)*applied, MIGRATIONS);
	return true;
}

/* Leave the database at version `version`, or as it was. */
static bool apply(sqlite3 *sqlite, const struct migration *migration,
		  int version, struct err *err)
{
	char mark[96];

	snprintf(mark, sizeof(mark),
		 "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
		 SCHEMA_APPLICATION_ID, version);
	if (sqlite3_exec(sqlite, "BEGIN IMMEDIATE", NULL, NULL, NULL) ||
	    sqlite3_exec(sqlite, migration->sql, NULL, NULL, NULL) ||
	    sqlite3_exec(sqlite, mark, NULL, NULL, NULL)) {
		fail(sqlite, err, migration->name);
		sqlite3_exec(sqlite, "ROLLBACK", NULL, NULL, NULL);
		return err_wrap(err, "migration");
	}
	return true;
}

static bool apply_all(sqlite3 *sqlite, const struct migration *list, int count,
		      int64_t applied, struct err *err)
{
	for (int i = (int)applied; i < count; i++) {
		if (!apply(sqlite, &list[i], i + 1, err))
			return false;
	}
	return true;
}

bool schema_migrate(sqlite3 *sqlite, struct err *err)
{
	int64_t applied;

	return judge(sqlite, &applied, err) &&
	       apply_all(sqlite, migrations, MIGRATIONS, applied, err);
}

bool schema_check(sqlite3 *sqlite, struct err *err)
{
	int64_t applied;

	if (!judge(sqlite, &applied, err))
		return false;
	if (applied < MIGRATIONS)
		return err_set(err, ERR_INVALID,
			       "schema version %lld is older than this "
			       "otterd's, %d: run `otterd serve` once",
			       (long long)applied, MIGRATIONS);
	return true;
}
