/*
 * audit - the row of the API for who changed what, and when.
 */
#include <inttypes.h>
#include <stdio.h>

#include "http/admin/api.h"
#include "http/admin/render.h"
#include "http/route.h"
#include "store/access.h"

struct page {
	json_t *rows;
	int count;
	char next[24]; /* the last row's id */
};

static bool append_row(void *arg, const struct audit_row *row)
{
	struct page *page = arg;

	page->count++;
	snprintf(page->next, sizeof(page->next), "%" PRId64, row->id);
	return render_append(&page->rows, render_audit(row));
}

static void list_audit(struct request *r)
{
	static const char *const args[] = {"limit", "after", NULL};
	struct page page = {0};
	int64_t before;
	int limit;
	struct err err;

	if (!api_args(r, args) || !api_arg_limit(r, &limit) ||
	    !request_arg_integer(r, "after", 1, INT64_MAX, 0, &before))
		return;
	page.rows = json_array();
	if (!audit_list(r->db, before, limit, append_row, &page, &err)) {
		json_decref(page.rows);
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
		return;
	}
	reply_json(r, MHD_HTTP_OK,
		   json_pack("{s:o, s:s?}", "audit", page.rows, "next",
			     page.count == limit ? page.next : NULL));
}

static const struct route rows[] = {
	{.method = "GET",
	 .pattern = "/api/v1/audit",
	 .name = "audit",
	 .role = ROLE_ADMIN,
	 .admin = true,
	 .handle = list_audit},
};

const struct route_table admin_audit_routes = {rows,
					       sizeof(rows) / sizeof(rows[0])};
