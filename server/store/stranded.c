#include "store/stranded.h"

#include "base/strbuf.h"
#include "store/query.h"

bool stranded_find(struct db *db, const char *ja4, struct stranded *out,
		   struct err *err)
{
	enum query_state state;
	struct query q;

	*out = (struct stranded){0};
	text_copy(out->ja4, sizeof(out->ja4), ja4);
	if (!query_start(&q, db, STATEMENT_STRANDED_FIND, err))
		return false;
	query_put_text(&q, ja4);
	state = query_step(&q, err);
	if (state == QUERY_ROW) {
		out->clients = query_int(&q);
		query_text(&q, out->label, sizeof(out->label));
		query_text(&q, out->looks_like, sizeof(out->looks_like));
		query_text(&q, out->profile, sizeof(out->profile));
		query_text(&q, out->detail, sizeof(out->detail));
		query_end(&q);
	}
	return state != QUERY_FAILED;
}
