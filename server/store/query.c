#include "store/query.h"

#include <errno.h>
#include <string.h>

#include "store/bounds.h"
#include "store/connection.h"

bool query_start(struct query *q, struct db *db, enum statement statement,
		 struct err *err)
{
	sqlite3_stmt **prepared = &db->statements[statement];

	if (!*prepared &&
	    sqlite3_prepare_v3(db->sqlite, statement_sql[statement], -1,
			       SQLITE_PREPARE_PERSISTENT, prepared, NULL))
		return db_fail(db, err, "database");
	*q = (struct query){.db = db, .statement = *prepared};
	return true;
}

/*
 * Binding without a copy fails only for a parameter that the statement does
 * not have, which the tests would see.
 */
void query_put_int(struct query *q, int64_t value)
{
	sqlite3_bind_int64(q->statement, ++q->next, value);
}

void query_put_text(struct query *q, const char *text)
{
	sqlite3_bind_text(q->statement, ++q->next, text, -1, SQLITE_STATIC);
}

void query_put_blob(struct query *q, const void *data, size_t len)
{
	sqlite3_bind_blob64(q->statement, ++q->next, data, len, SQLITE_STATIC);
}

void query_put_digest(struct query *q, const struct digest *digest)
{
	query_put_blob(q, digest->bytes, sizeof(digest->bytes));
}

enum query_state query_step(struct query *q, struct err *err)
{
	int rc;

	errno = 0; /* for db_fail() */
	rc = sqlite3_step(q->statement);
	q->next = 0;
	if (rc == SQLITE_ROW)
		return QUERY_ROW;
	if (rc != SQLITE_DONE)
		db_fail(q->db, err, "database");
	query_end(q);
	return rc == SQLITE_DONE ? QUERY_DONE : QUERY_FAILED;
}

void query_end(struct query *q)
{
	sqlite3_reset(q->statement);
}

bool query_run(struct query *q, struct err *err)
{
	enum query_state state = query_step(q, err);

	if (state == QUERY_ROW)
		query_end(q);
	return state != QUERY_FAILED;
}

enum query_state query_number(struct query *q, int64_t *value, struct err *err)
{
	enum query_state state = query_step(q, err);

	if (state != QUERY_ROW)
		return state;
	*value = query_int(q);
	/* A statement with RETURNING has to be stepped to its end. */
	state = query_step(q, err);
	return state == QUERY_FAILED ? state : QUERY_ROW;
}

int64_t query_int(struct query *q)
{
	return sqlite3_column_int64(q->statement, q->next++);
}

static size_t get(struct query *q, void *data, size_t size)
{
	int column = q->next++;
	const void *from = sqlite3_column_blob(q->statement, column);
	size_t len = (size_t)sqlite3_column_bytes(q->statement, column);

	if (len > size)
		len = size;
	if (len)
		memcpy(data, from, len);
	return len;
}

void query_text(struct query *q, char *text, size_t size)
{
	text[get(q, text, size - 1)] = '\0';
}

void query_ident(struct query *q, struct ident *id)
{
	query_text(q, id->text, sizeof(id->text));
}

size_t query_blob(struct query *q, void *data, size_t size)
{
	return get(q, data, size);
}

void query_digest(struct query *q, struct digest *digest)
{
	get(q, digest->bytes, sizeof(digest->bytes));
}

int query_changes(const struct db *db)
{
	return sqlite3_changes(db->sqlite);
}

int64_t query_new_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->sqlite);
}

bool query_limit_check(int limit, struct err *err)
{
	return (limit >= 1 && limit <= STORE_LIST_MAX) ||
	       err_set(err, ERR_INVALID, "limit is %d, not 1 to %d", limit,
		       STORE_LIST_MAX);
}
