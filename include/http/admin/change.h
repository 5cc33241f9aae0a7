/*
 * change - what every change through the API has in common: one audit row in
 * the same transaction, a new serial, and a new catalog once it is committed.
 */
#ifndef OTTERD_HTTP_ADMIN_CHANGE_H
#define OTTERD_HTTP_ADMIN_CHANGE_H

#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"
#include "http/request.h"
#include "store/access.h"
#include "store/db.h"

/* Fill in who asks, from where and now, and what is to be done to what. */
void change_describe(struct audit_row *row, const struct request *r,
		     const char *what, const char *object_fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Writer: add the audit row with `detail`, which is taken over; NULL is out
 * of memory.
 */
bool change_record(struct db *db, struct audit_row *row, json_t *detail,
		   struct err *err);

/* Writer: the change shows in manifests, so they get a new serial. */
bool change_publish(struct db *db, struct err *err);

/* After the commit: put the changed catalog in force. */
void change_refresh(struct request *r);

#endif
