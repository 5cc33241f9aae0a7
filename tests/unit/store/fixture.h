/* What the tests of the store share: a database in a directory of its own. */
#ifndef OTTERD_TESTS_STORE_FIXTURE_H
#define OTTERD_TESTS_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/ident.h"
#include "store/connection.h"
#include "store/db.h"

/* The call must succeed; the reason is printed when it does not. */
#define must(call)                                               \
	do {                                                     \
		if (!(call))                                     \
			fail_msg("%s: %s", #call, failure.text); \
	} while (0)

/* The call must fail with this code, and a reason that holds `part`. */
#define must_fail(call, wanted, part)                                         \
	do {                                                                  \
		failure.text[0] = '\0';                                       \
		assert_false(call);                                           \
		if (failure.code != (wanted) || !strstr(failure.text, part))  \
			fail_msg("%s: code %d, %s", #call, (int)failure.code, \
				 failure.text);                               \
	} while (0)

struct fixture {
	char dir[64];
	struct db *db; /* the writer's connection */
};

static struct err failure;

static inline struct ident name(const char *text)
{
	struct ident id = {""};

	if (*text)
		assert_true(ident_parse(&id, text, strlen(text)));
	return id;
}

static inline char *path_of(const struct fixture *f, const char *file)
{
	static char path[4][128];
	static int turn;
	char *out = path[turn++ % 4];

	assert_true(snprintf(out, sizeof(path[0]), "%s/%s", f->dir, file) <
		    (int)sizeof(path[0]));
	return out;
}

static inline void exec(struct db *db, const char *sql)
{
	if (sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL))
		fail_msg("%s: %s", sql, sqlite3_errmsg(db->sqlite));
}

static inline int64_t number_of(sqlite3 *sqlite, const char *sql)
{
	sqlite3_stmt *statement;
	int64_t value;

	if (sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL) ||
	    sqlite3_step(statement) != SQLITE_ROW)
		fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite));
	value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static inline int set_up_dir(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	snprintf(f->dir, sizeof(f->dir), "/tmp/otterd-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	*state = f;
	return 0;
}

static inline int set_up_db(void **state)
{
	struct fixture *f;

	set_up_dir(state);
	f = *state;
	must(db_open(&f->db, f->dir, DB_WRITER, &failure));
	return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int type,
			     struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;

	db_close(f->db);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

#endif
