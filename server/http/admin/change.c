#include "http/admin/change.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

void change_describe(struct audit_row *row, const struct request *r,
		     const char *what, const char *object_fmt, ...)
{
	va_list args;

	row->at = clock_utc();
	row->who = r->who;
	text_copy(row->address, sizeof(row->address), r->peer->address);
	text_copy(row->what, sizeof(row->what), what);
	va_start(args, object_fmt);
	vsnprintf(row->object, sizeof(row->object), object_fmt, args);
	va_end(args);
}

bool change_record(struct db *db, struct audit_row *row, json_t *detail,
		   struct err *err)
{
	size_t len;
	char *text = detail ? json_write(detail, &len) : NULL;
	bool fits;

	json_decref(detail);
	if (!text)
		return err_memory(err);
	fits = text_copy(row->detail, sizeof(row->detail), text);
	free(text);
	if (!fits)
		return err_set(err, ERR_TOO_LARGE,
			       "the change is too long for the audit trail");
	return audit_add(db, row, err);
}

bool change_publish(struct db *db, struct err *err)
{
	int64_t serial;

	return serial_next(db, clock_utc(), &serial, err);
}

void change_refresh(struct request *r)
{
	struct err err;

	/* The change is on disk: a client that tried again would make it
	 * twice.  The next change or reload puts it in force. */
	if (!current_refresh(r->app->current, r->db, &err))
		log_event(LOG_ERROR, "catalog", "not put in force: %s",
			  err.text);
}
