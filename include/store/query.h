/*
 * query - one run of a prepared statement: values in, rows out, in order.
 *
 * query_start(), a query_put_...() for each parameter from ?1 on, then
 * query_step() until it is not QUERY_ROW, and for each row the columns from
 * the left.  A query that is not stepped to its end is ended by query_end().
 * Texts and bytes put in must stay until the end.  For the store room only.
 */
#ifndef OTTERD_STORE_QUERY_H
#define OTTERD_STORE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/ident.h"
#include "store/statements.h"

struct db;

struct query {
	struct db *db;
	sqlite3_stmt *statement;
	int next; /* the last parameter put, or the next column to get */
};

enum query_state { QUERY_ROW, QUERY_DONE, QUERY_FAILED };

/* Prepares the statement the first time. */
bool query_start(struct query *q, struct db *db, enum statement statement,
		 struct err *err);

void query_put_int(struct query *q, int64_t value);
void query_put_text(struct query *q, const char *text); /* NULL for NULL */
void query_put_blob(struct query *q, const void *data, size_t len);
void query_put_digest(struct query *q, const struct digest *digest);

/* QUERY_DONE and QUERY_FAILED end the query. */
enum query_state query_step(struct query *q, struct err *err);
void query_end(struct query *q);

/* The whole run of a query of which no row is wanted. */
bool query_run(struct query *q, struct err *err);

/* The whole run of a query for one number.  QUERY_DONE: there was none. */
enum query_state query_number(struct query *q, int64_t *value, struct err *err);

int64_t query_int(struct query *q);
void query_text(struct query *q, char *text, size_t size);
void query_ident(struct query *q, struct ident *id);
size_t query_blob(struct query *q, void *data, size_t size);
void query_digest(struct query *q, struct digest *digest);

/* ERR_INVALID when `limit` is not 1 to STORE_LIST_MAX. */
bool query_limit_check(int limit, struct err *err);

/* Rows that the last INSERT, UPDATE or DELETE touched. */
int query_changes(const struct db *db);

/* The INTEGER PRIMARY KEY of the row that the last INSERT made. */
int64_t query_new_id(const struct db *db);

#endif
