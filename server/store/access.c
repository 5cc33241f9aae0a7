#include "store/access.h"

#include <string.h>

#include "store/connection.h"
#include "store/query.h"

static const char *const role_names[] = {
	[ROLE_NONE] = "none",
	[ROLE_VIEWER] = "viewer",
	[ROLE_PUBLISHER] = "publisher",
	[ROLE_ADMIN] = "admin",
};

const char *role_name(enum role role)
{
	return role_names[role];
}

/* "none" is no role that anyone can be given. */
bool role_parse(enum role *role, const char *text)
{
	for (int i = ROLE_VIEWER; i <= ROLE_ADMIN; i++) {
		if (strcmp(text, role_names[i]) == 0) {
			*role = (enum role)i;
			return true;
		}
	}
	*role = ROLE_NONE;
	return false;
}

bool token_add(struct db *db, const struct token_row *row, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_TOKEN_ADD, err))
		return false;
	query_put_text(&q, row->name.text);
	query_put_text(&q, role_name(row->role));
	query_put_digest(&q, &row->hash);
	query_put_int(&q, row->created);
	if (query_run(&q, err))
		return true;
	if (err->code == ERR_CONFLICT)
		err_set(err, ERR_CONFLICT, "token %s exists", row->name.text);
	return false;
}

bool token_revoke(struct db *db, const struct ident *name, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_TOKEN_REVOKE, err))
		return false;
	query_put_text(&q, name->text);
	if (!query_run(&q, err))
		return false;
	return query_changes(db) > 0 ||
	       err_set(err, ERR_NOT_FOUND, "there is no token %s", name->text);
}

static bool get_token(struct query *q, struct token_row *row, struct err *err)
{
	char role[STORE_WORD_SIZE];

	query_ident(q, &row->name);
	query_text(q, role, sizeof(role));
	query_digest(q, &row->hash);
	row->created = query_int(q);
	return role_parse(&row->role, role) ||
	       err_set(err, ERR_INVALID, "token %s: role is \"%s\"",
		       row->name.text, role);
}

bool token_list(struct db *db,
		bool (*each)(void *arg, const struct token_row *row), void *arg,
		struct err *err)
{
	enum query_state state;
	struct token_row row;
	struct query q;

	if (!query_start(&q, db, STATEMENT_TOKEN_LIST, err))
		return false;
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		bool ok = get_token(&q, &row, err);

		if (!ok || !each(arg, &row)) {
			query_end(&q);
			return ok;
		}
	}
	return state == QUERY_DONE;
}

bool audit_add(struct db *db, const struct audit_row *row, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_AUDIT_ADD, err))
		return false;
	query_put_int(&q, row->at);
	query_put_text(&q, row->who.text);
	query_put_text(&q, row->address);
	query_put_text(&q, row->what);
	query_put_text(&q, row->object);
	query_put_text(&q, row->detail);
	return query_run(&q, err);
}

static void get_audit(struct query *q, struct audit_row *row)
{
	row->id = query_int(q);
	row->at = query_int(q);
	query_ident(q, &row->who);
	query_text(q, row->address, sizeof(row->address));
	query_text(q, row->what, sizeof(row->what));
	query_text(q, row->object, sizeof(row->object));
	query_text(q, row->detail, sizeof(row->detail));
}

bool audit_list(struct db *db, int64_t before, int limit,
		bool (*each)(void *arg, const struct audit_row *row), void *arg,
		struct err *err)
{
	enum query_state state;
	struct audit_row row;
	struct query q;

	if (!query_limit_check(limit, err) ||
	    !query_start(&q, db, STATEMENT_AUDIT_LIST, err))
		return false;
	query_put_int(&q, before);
	query_put_int(&q, limit);
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		get_audit(&q, &row);
		if (!each(arg, &row)) {
			query_end(&q);
			return true;
		}
	}
	return state == QUERY_DONE;
}
