#include "store/handshake.h"

#include "store/query.h"

enum { PRUNE_ROWS = 2000 }; /* at once: some 20 ms */

bool handshake_add(struct db *db, const struct handshake_row *row,
		   struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_HANDSHAKE_ADD, err))
		return false;
	query_put_text(&q, row->ja4);
	query_put_text(&q, row->ja3);
	query_put_text(&q, row->looks_like);
	query_put_text(&q, row->sni);
	query_put_text(&q, row->profile);
	query_put_text(&q, row->result);
	query_put_int(&q, row->alert);
	query_put_text(&q, row->detail);
	query_put_text(&q, row->network);
	query_put_text(&q, row->address);
	query_put_int(&q, row->first_seen);
	query_put_int(&q, row->last_seen);
	query_put_int(&q, row->count);
	return query_run(&q, err);
}

static void get_row(struct query *q, struct handshake_row *row)
{
	row->id = query_int(q);
	query_text(q, row->ja4, sizeof(row->ja4));
	query_text(q, row->ja3, sizeof(row->ja3));
	query_text(q, row->looks_like, sizeof(row->looks_like));
	query_text(q, row->label, sizeof(row->label));
	query_text(q, row->sni, sizeof(row->sni));
	query_text(q, row->profile, sizeof(row->profile));
	query_text(q, row->result, sizeof(row->result));
	row->alert = (int)query_int(q);
	query_text(q, row->detail, sizeof(row->detail));
	query_text(q, row->network, sizeof(row->network));
	query_text(q, row->address, sizeof(row->address));
	row->first_seen = query_int(q);
	row->last_seen = query_int(q);
	row->count = query_int(q);
	row->stranded = query_int(q) != 0;
}

bool handshake_list(struct db *db, const struct handshake_query *query,
		    bool (*each)(void *arg, const struct handshake_row *row),
		    void *arg, struct err *err)
{
	enum query_state state;
	struct query q;

	if (!query_limit_check(query->limit, err) ||
	    !query_start(&q, db, STATEMENT_HANDSHAKE_LIST, err))
		return false;
	query_put_int(&q, query->outcome);
	query_put_text(&q, query->ja4);
	query_put_text(&q, query->profile);
	query_put_int(&q, query->seen_after);
	query_put_int(&q, query->after);
	query_put_int(&q, query->limit);
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		struct handshake_row row;

		get_row(&q, &row);
		if (!each(arg, &row)) {
			query_end(&q);
			return true;
		}
	}
	return state == QUERY_DONE;
}

/* ---- pruning ------------------------------------------------------------ */

static bool prune_old(struct db *db, int64_t before, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_HANDSHAKE_PRUNE, err))
		return false;
	query_put_int(&q, before);
	query_put_int(&q, PRUNE_ROWS);
	return query_run(&q, err);
}

static bool thin_networks(struct db *db, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_HANDSHAKE_THIN, err))
		return false;
	query_put_int(&q, HANDSHAKE_PER_NETWORK);
	query_put_int(&q, HANDSHAKE_GOOD);
	query_put_int(&q, PRUNE_ROWS);
	return query_run(&q, err);
}

static bool cut_off(struct db *db, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_HANDSHAKE_CUT, err))
		return false;
	query_put_int(&q, HANDSHAKE_KEEP);
	return query_run(&q, err);
}

bool handshake_prune(struct db *db, int64_t before, struct err *err)
{
	struct query q;
	int64_t count;

	if (!prune_old(db, before, err) ||
	    !query_start(&q, db, STATEMENT_HANDSHAKE_COUNT, err) ||
	    query_number(&q, &count, err) != QUERY_ROW)
		return false;
	return count <= HANDSHAKE_KEEP ||
	       (thin_networks(db, err) && cut_off(db, err));
}

/* ---- fingerprints ------------------------------------------------------- */

static bool no_label(const char *ja4, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "fingerprint %s has no label", ja4);
}

static bool unset_label(struct db *db, const char *ja4, struct err *err)
{
	struct query q;

	if (!query_start(&q, db, STATEMENT_FINGERPRINT_UNSET, err))
		return false;
	query_put_text(&q, ja4);
	if (!query_run(&q, err))
		return false;
	return query_changes(db) > 0 || no_label(ja4, err);
}

bool fingerprint_label(struct db *db, const struct fingerprint_row *row,
		       struct err *err)
{
	struct query q;

	if (!row->label[0])
		return unset_label(db, row->ja4, err);
	if (!query_start(&q, db, STATEMENT_FINGERPRINT_SET, err))
		return false;
	query_put_text(&q, row->ja4);
	query_put_text(&q, row->label);
	query_put_int(&q, row->at);
	return query_run(&q, err);
}

static void get_label(struct query *q, struct fingerprint_row *row)
{
	query_text(q, row->ja4, sizeof(row->ja4));
	query_text(q, row->label, sizeof(row->label));
	row->at = query_int(q);
}

bool fingerprint_find(struct db *db, const char *ja4,
		      struct fingerprint_row *out, struct err *err)
{
	enum query_state state;
	struct query q;

	if (!query_start(&q, db, STATEMENT_FINGERPRINT_FIND, err))
		return false;
	query_put_text(&q, ja4);
	state = query_step(&q, err);
	if (state == QUERY_DONE)
		return no_label(ja4, err);
	if (state == QUERY_FAILED)
		return false;
	get_label(&q, out);
	query_end(&q);
	return true;
}

bool fingerprint_list(struct db *db,
		      bool (*each)(void *arg,
				   const struct fingerprint_row *row),
		      void *arg, struct err *err)
{
	enum query_state state;
	struct query q;

	if (!query_start(&q, db, STATEMENT_FINGERPRINT_LIST, err))
		return false;
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		struct fingerprint_row row;

		get_label(&q, &row);
		if (!each(arg, &row)) {
			query_end(&q);
			return true;
		}
	}
	return state == QUERY_DONE;
}

/* ---- profiles ----------------------------------------------------------- */

bool profile_usage_list(struct db *db, int64_t now,
			bool (*each)(void *arg,
				     const struct profile_usage *usage),
			void *arg, struct err *err)
{
	enum query_state state;
	struct query q;

	if (!query_start(&q, db, STATEMENT_PROFILE_USAGE, err))
		return false;
	query_put_int(&q, now);
	while ((state = query_step(&q, err)) == QUERY_ROW) {
		struct profile_usage usage;

		query_text(&q, usage.profile, sizeof(usage.profile));
		usage.devices = query_int(&q);
		for (int i = 0; i < 4; i++)
			usage.days[i] = query_int(&q);
		usage.last_use = query_int(&q);
		if (!each(arg, &usage)) {
			query_end(&q);
			return true;
		}
	}
	return state == QUERY_DONE;
}
