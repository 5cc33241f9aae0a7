/*
 * devices - the rows of the API for the fleet: devices and their check-ins.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "http/admin/api.h"
#include "http/admin/change.h"
#include "http/admin/render.h"
#include "http/route.h"
#include "store/checkin.h"

enum {
	DEVICE_BODY_MAX = 4096,
	GROUPS_MAX = 32,      /* of one device */
	GROUPS_TEXT_MAX = 255 /* bytes, joined: an audit row must hold them */
};

/* ---- lists -------------------------------------------------------------- */

/*
 * A filter that few rows pass reads the whole table, so lists are made among
 * the chores, with a reader of their own.
 */
struct listing {
	const char *data_dir;
	struct device_query devices;
	struct checkin_query checkins;
	json_t *rows;
	int count;
	char next[2 * IDENT_MAX + 2]; /* the last row's place */
};

static void free_listing(void *state)
{
	struct listing *l = state;

	json_decref(l->rows);
	free(l);
}

static struct listing *new_listing(struct request *r)
{
	struct listing *l = api_state(r, sizeof(*l), free_listing);

	if (l)
		l->data_dir = r->app->data_dir;
	return l;
}

/* A page that is full may have another behind it. */
static void send_page(struct request *r, const char *name, int limit, bool ok,
		      const struct err *err)
{
	struct listing *l = r->state;
	json_t *rows = l->rows;

	l->rows = NULL;
	if (!ok) {
		json_decref(rows);
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, err);
		return;
	}
	reply_json(r, MHD_HTTP_OK,
		   json_pack("{s:o, s:s?}", name, rows, "next",
			     l->count == limit ? l->next : NULL));
}

/* ---- GET /api/v1/devices ------------------------------------------------ */

static bool append_device(void *arg, const struct device_row *row)
{
	struct listing *l = arg;

	l->count++;
	snprintf(l->next, sizeof(l->next), "%s/%s", row->product.text,
		 row->device.text);
	return render_append(&l->rows, render_device(row));
}

static bool collect_devices(struct db *none, void *state, struct err *err)
{
	struct listing *l = state;
	struct db *db;
	bool ok;

	(void)none;
	l->rows = json_array();
	if (!db_open(&db, l->data_dir, DB_READER, err))
		return false;
	ok = device_list(db, &l->devices, append_device, l, err);
	db_close(db);
	return ok;
}

static void devices_collected(struct request *r, bool ok, const struct err *err)
{
	struct listing *l = r->state;

	send_page(r, "devices", l->devices.limit, ok, err);
}

/* Where the page before this one ended, as its `next` said. */
static bool read_after(struct request *r, struct device_query *q)
{
	const char *text = target_arg(&r->target, "after");
	const char *slash = text ? strchr(text, '/') : NULL;

	if (!text ||
	    (slash &&
	     ident_parse(&q->after_product, text, (size_t)(slash - text)) &&
	     ident_parse(&q->after_device, slash + 1, strlen(slash + 1))))
		return true;
	reply_problem(r, MHD_HTTP_BAD_REQUEST,
		      "after is '%.80s': expected what the page before gave "
		      "as next",
		      text);
	return false;
}

static void list_devices(struct request *r)
{
	static const char *const args[] = {
		"product",     "version", "channel", "profile", "fingerprint",
		"seen_before", "limit",	  "after",   NULL};
	struct listing *l;
	struct device_query *q;

	if (!api_args(r, args))
		return;
	l = new_listing(r);
	if (!l)
		return;
	q = &l->devices;
	if (request_arg_ident(r, "product", false, &q->product) &&
	    request_arg_ident(r, "version", false, &q->version) &&
	    request_arg_ident(r, "channel", false, &q->channel) &&
	    api_arg_text(r, "profile", q->profile, sizeof(q->profile)) &&
	    api_arg_text(r, "fingerprint", q->fingerprint,
			 sizeof(q->fingerprint)) &&
	    api_arg_time(r, "seen_before", &q->seen_before) &&
	    api_arg_limit(r, &q->limit) && read_after(r, q))
		request_chore(r, collect_devices, devices_collected);
}

/* ---- GET /api/v1/checkins ----------------------------------------------- */

static bool append_checkin(void *arg, const struct checkin *row)
{
	struct listing *l = arg;

	l->count++;
	snprintf(l->next, sizeof(l->next), "%" PRId64, row->id);
	return render_append(&l->rows, render_checkin(row));
}

static bool collect_checkins(struct db *none, void *state, struct err *err)
{
	struct listing *l = state;
	struct db *db;
	bool ok;

	(void)none;
	l->rows = json_array();
	if (!db_open(&db, l->data_dir, DB_READER, err))
		return false;
	ok = checkin_list(db, &l->checkins, append_checkin, l, err);
	db_close(db);
	return ok;
}

static void checkins_collected(struct request *r, bool ok,
			       const struct err *err)
{
	struct listing *l = r->state;

	send_page(r, "checkins", l->checkins.limit, ok, err);
}

static void list_checkins(struct request *r)
{
	static const char *const args[] = {"product", "device", "limit",
					   "after", NULL};
	struct listing *l;
	struct checkin_query *q;

	if (!api_args(r, args))
		return;
	l = new_listing(r);
	if (!l)
		return;
	q = &l->checkins;
	if (!request_arg_ident(r, "product", false, &q->product) ||
	    !request_arg_ident(r, "device", false, &q->device) ||
	    !api_arg_limit(r, &q->limit) ||
	    !request_arg_integer(r, "after", 1, INT64_MAX, 0, &q->before))
		return;
	if (q->device.text[0] && !q->product.text[0])
		reply_problem(r, MHD_HTTP_BAD_REQUEST,
			      "device without product: ids are a product's "
			      "own");
	else
		request_chore(r, collect_checkins, checkins_collected);
}

/* ---- GET, PATCH /api/v1/devices/P/ID ------------------------------------ */

/* What is to be set; a member that was not given is left as it is. */
struct edit {
	struct ident product, device;
	bool has_channel, has_groups, has_pin;
	struct ident channel, pin;
	char groups[STORE_TEXT_SIZE];
	struct audit_row audit;
};

static void send_device(struct request *r, const struct ident *product,
			const struct ident *device)
{
	struct device_row row;
	struct err err;

	if (device_find(r->db, product, device, &row, &err))
		reply_json(r, MHD_HTTP_OK, render_device(&row));
	else
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
}

static void show_device(struct request *r)
{
	struct ident product, device;

	if (api_args(r, NULL) &&
	    request_param_ident(r, 0, "the product", &product) &&
	    request_param_ident(r, 1, "the device", &device))
		send_device(r, &product, &device);
}

static bool add_group(char *joined, const json_t *value, struct err *err)
{
	size_t used = strlen(joined);
	struct ident group;

	if (!json_is_string(value) ||
	    !ident_parse(&group, json_string_value(value),
			 json_string_length(value)))
		return err_set(err, ERR_INVALID, "a group is not %s",
			       ident_rule);
	for (const char *at = joined; *at;) {
		size_t len = strcspn(at, ",");

		if (len == strlen(group.text) &&
		    memcmp(at, group.text, len) == 0)
			return err_set(err, ERR_INVALID,
				       "the group %s is given twice",
				       group.text);
		at += len;
		at += *at == ',';
	}
	if (used + 1 + strlen(group.text) > GROUPS_TEXT_MAX)
		return err_set(err, ERR_INVALID,
			       "the groups are too long: at most %d bytes in "
			       "all",
			       GROUPS_TEXT_MAX);
	snprintf(joined + used, STORE_TEXT_SIZE - used, "%s%s", used ? "," : "",
		 group.text);
	return true;
}

/* NULL, for a JSON null, is no groups. */
static bool read_groups(struct edit *e, const json_t *list, struct err *err)
{
	if (!list)
		return true;
	if (!json_is_array(list) || json_array_size(list) > GROUPS_MAX)
		return err_set(err, ERR_INVALID,
			       "groups: expected a list of at most %d names",
			       GROUPS_MAX);
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!add_group(e->groups, json_array_get(list, i), err))
			return false;
	}
	return true;
}

static bool read_edit(struct request *r, struct edit *e)
{
	json_t *groups = NULL;
	const struct json_field fields[] = {
		{.name = "channel",
		 .kind = JSON_KIND_IDENT,
		 .to = &e->channel,
		 .seen = &e->has_channel},
		{.name = "groups",
		 .kind = JSON_KIND_ANY,
		 .to = &groups,
		 .seen = &e->has_groups},
		{.name = "pin",
		 .kind = JSON_KIND_IDENT,
		 .to = &e->pin,
		 .seen = &e->has_pin},
	};
	json_t *json = request_json(r);
	struct err err;
	bool ok;

	if (!json)
		return false;
	ok = json_read(json, fields, sizeof(fields) / sizeof(fields[0]),
		       &err) &&
	     read_groups(e, groups, &err);
	json_decref(json);
	if (!ok)
		reply_err(r, MHD_HTTP_BAD_REQUEST, &err);
	return ok;
}

/* Put a member that was given and differs into `detail`. */
static bool note(json_t *detail, const char *name, bool given, const char *was,
		 const char *is, json_t *(*render)(const char *text))
{
	return !given || strcmp(was, is) == 0 ||
	       json_object_set_new(detail, name, render(is)) == 0;
}

/* What the change is, an empty object when it is none; NULL: no memory. */
static json_t *difference(const struct edit *e, const struct device_row *row)
{
	json_t *detail = json_object();

	if (note(detail, "channel", e->has_channel, row->channel.text,
		 e->channel.text, render_text) &&
	    note(detail, "groups", e->has_groups, row->groups, e->groups,
		 render_groups) &&
	    note(detail, "pin", e->has_pin, row->pin.text, e->pin.text,
		 render_text))
		return detail;
	json_decref(detail);
	return NULL;
}

/* Writer. */
static bool set_device(struct db *db, void *state, struct err *err)
{
	struct edit *e = state;
	struct device_row row;
	json_t *detail;

	if (!device_find(db, &e->product, &e->device, &row, err))
		return false;
	detail = difference(e, &row);
	if (detail && !json_object_size(detail)) {
		json_decref(detail);
		return true;
	}
	return change_record(db, &e->audit, detail, err) &&
	       device_set(db, &e->product, &e->device,
			  e->has_channel ? &e->channel : NULL,
			  e->has_groups ? e->groups : NULL,
			  e->has_pin ? &e->pin : NULL, err);
}

static void device_changed(struct request *r, bool ok, const struct err *err)
{
	struct edit *e = r->state;

	if (ok)
		send_device(r, &e->product, &e->device);
	else
		reply_err(r, MHD_HTTP_BAD_REQUEST, err);
}

static void change_device(struct request *r)
{
	struct edit *e;

	if (!api_args(r, NULL))
		return;
	e = api_state(r, sizeof(*e), free);
	if (!e || !request_param_ident(r, 0, "the product", &e->product) ||
	    !request_param_ident(r, 1, "the device", &e->device) ||
	    !read_edit(r, e))
		return;
	change_describe(&e->audit, r, "device.change", "%s/%s", e->product.text,
			e->device.text);
	request_write(r, set_device, device_changed);
}

static const struct route rows[] = {
	{.method = "GET",
	 .pattern = "/api/v1/devices",
	 .name = "devices",
	 .role = ROLE_VIEWER,
	 .admin = true,
	 .handle = list_devices},
	{.method = "GET",
	 .pattern = "/api/v1/devices/:/:",
	 .name = "device",
	 .role = ROLE_VIEWER,
	 .admin = true,
	 .handle = show_device},
	{.method = "PATCH",
	 .pattern = "/api/v1/devices/:/:",
	 .name = "device_change",
	 .role = ROLE_PUBLISHER,
	 .admin = true,
	 .body_max = DEVICE_BODY_MAX,
	 .handle = change_device},
	{.method = "GET",
	 .pattern = "/api/v1/checkins",
	 .name = "checkins",
	 .role = ROLE_VIEWER,
	 .admin = true,
	 .handle = list_checkins},
};

const struct route_table admin_device_routes = {rows,
						sizeof(rows) / sizeof(rows[0])};
