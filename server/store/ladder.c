#include "store/ladder.h"

#include "store/query.h"

static bool delete_row(struct db *db, const struct ladder_row *row,
		       struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_LADDER_DELETE, err))
		return false;
	query_put_text(&q, row->ja4);
	query_put_text(&q, row->network);
	query_put_text(&q, row->sni);
	return query_run(&q, err);
}

bool ladder_save(struct db *db, const struct ladder_row *row, struct err *err)
{
	struct query q;

	if (!row->preferred[0] && !row->rejected[0])
		return delete_row(db, row, err);
	if (!query_start(&q, db, STATEMENT_LADDER_SAVE, err))
		return false;
	query_put_text(&q, row->ja4);
	query_put_text(&q, row->network);
	query_put_text(&q, row->sni);
	query_put_text(&q, row->preferred);
	query_put_text(&q, row->rejected);
	query_put_int(&q, row->failures);
	query_put_int(&q, row->stranded);
	query_put_int(&q, row->at);
	return query_run(&q, err);
}

static void get_row(struct query *q, struct ladder_row *row)
{
	query_text(q, row->ja4, sizeof(row->ja4));
	query_text(q, row->network, sizeof(row->network));
	query_text(q, row->sni, sizeof(row->sni));
	query_text(q, row->preferred, sizeof(row->preferred));
	query_text(q, row->rejected, sizeof(row->rejected));
	row->failures = query_int(q);
	row->stranded = query_int(q) != 0;
	row->at = query_int(q);
}

bool ladder_load(struct db *db,
		 bool (*each)(void *arg, const struct ladder_row *row),
		 void *arg, struct err *err)
{
	enum query_state state;
	struct query q;

	if (!query_start(&q, db, STATEMENT_LADDER_LIST, err))
		return false;
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		struct ladder_row row;

		get_row(&q, &row);
		if (!each(arg, &row)) {
			query_end(&q);
			return true;
		}
	}
	return state == QUERY_DONE;
}

bool ladder_prune(struct db *db, int64_t before, int64_t keep, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_LADDER_PRUNE, err))
		return false;
	query_put_int(&q, before);
	query_put_int(&q, keep);
	return query_run(&q, err);
}
