/*
 * device - what devices call: polls and reports.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "fleet/manifest.h"
#include "fleet/rollout.h"
#include "http/route.h"

enum { REPORT_BODY_MAX = 4096 };

static const char default_channel[] = "stable";

/* ---- GET /manifest ------------------------------------------------------ */

struct poll {
	struct checkin checkin;
	struct manifest_input manifest;
};

/* An admin's channel, else the one asked for, else the default. */
static void choose_channel(struct ident *channel, const struct ident *admins,
			   const struct ident *asked)
{
	if (admins->text[0])
		*channel = *admins;
	else if (asked->text[0])
		*channel = *asked;
	else
		ident_parse(channel, default_channel,
			    sizeof(default_channel) - 1);
}

static bool decide(struct request *r, struct poll *poll,
		   const struct product *product, struct err *err)
{
	struct checkin *c = &poll->checkin;
	struct rollout_device device = {.device = c->device,
					.version = c->version};
	struct rollout_decision decision;
	struct device_settings settings;

	if (!device_settings_find(r->db, &c->product, &c->device, &settings,
				  err))
		return false;
	device.pin = settings.pin;
	choose_channel(&device.channel, &settings.channel, &c->channel);
	decision = rollout_decide(product->releases, product->offer_count,
				  &device);
	poll->manifest.reason = decision.reason;
	if (decision.release) {
		poll->manifest.offer = product_offer(product, decision.release);
		c->release = decision.release->id;
	}
	text_copy(c->reason, sizeof(c->reason),
		  rollout_reason_name(decision.reason));
	return true;
}

static bool record_poll(struct db *db, void *state, struct err *err)
{
	struct poll *poll = state;

	return checkin_add(db, &poll->checkin, err);
}

static void refuse_unrecorded(struct request *r, const char *what,
			      const struct err *err)
{
	reply_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "300");
	reply_problem(r, MHD_HTTP_SERVICE_UNAVAILABLE,
		      "the %s could not be recorded: %s", what, err->text);
}

/* The check-in is on disk: now the answer may leave. */
static void answer_poll(struct request *r, bool ok, const struct err *err)
{
	struct poll *poll = r->state;
	char signature[MANIFEST_SIGNATURE_SIZE];
	struct strbuf body = {0};
	struct err why;
	size_t len;

	if (!ok) {
		refuse_unrecorded(r, "check-in", err);
		return;
	}
	manifest_write(&body, &poll->manifest);
	if (body.failed ||
	    !manifest_sign(signature, r->signing, &r->view->site->manifest,
			   body.data, body.len, &why)) {
		reply_problem(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "manifest: %s",
			      body.failed ? "out of memory" : why.text);
		strbuf_free(&body);
		return;
	}
	reply_header(r, "Manifest-Signature", signature);
	reply_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	len = body.len;
	reply_owned(r, MHD_HTTP_OK, "application/json",
		    strbuf_take(&body, NULL), len);
}

static bool read_poll(struct request *r, struct checkin *c,
		      const struct product **product)
{
	if (!request_arg_ident(r, "product", true, &c->product) ||
	    !request_arg_ident(r, "device", true, &c->device) ||
	    !request_arg_ident(r, "version", true, &c->version) ||
	    !request_arg_ident(r, "channel", false, &c->channel))
		return false;
	*product = catalog_product(r->view->catalog, &c->product);
	if (*product)
		return true;
	reply_problem(r, MHD_HTTP_NOT_FOUND, "there is no product '%s' here",
		      c->product.text);
	return false;
}

static void handle_manifest(struct request *r)
{
	struct poll *poll = calloc(1, sizeof(*poll));
	const struct product *product;
	struct checkin *c;
	struct err err;

	if (!poll) {
		reply_problem(r, MHD_HTTP_INTERNAL_SERVER_ERROR,
			      "out of memory");
		return;
	}
	r->state = poll;
	r->free_state = free;
	c = &poll->checkin;
	if (!read_poll(r, c, &product))
		return;
	c->at = clock_utc();
	c->peer = *r->peer;
	if (!decide(r, poll, product, &err)) {
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
		return;
	}
	poll->manifest.product = c->product;
	poll->manifest.device = c->device;
	poll->manifest.serial = catalog_serial(r->view->catalog);
	poll->manifest.now = c->at;
	poll->manifest.lifetime = r->view->site->manifest_lifetime;
	poll->manifest.poll_interval = r->view->site->poll_interval;
	request_write_plain(r, record_poll, answer_poll);
}

/* ---- POST /report ------------------------------------------------------- */

static bool known_status(const char *status)
{
	static const char *const known[] = {"downloading", "installed",
					    "failed", "rolled-back"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(status, known[i]) == 0)
			return true;
	}
	return false;
}

static bool read_report(const json_t *json, struct report *report,
			struct err *err)
{
	const char *status = NULL, *error = "", *detail = "";
	const struct json_field fields[] = {
		{.name = "product",
		 .kind = JSON_KIND_IDENT,
		 .required = true,
		 .to = &report->product},
		{.name = "device",
		 .kind = JSON_KIND_IDENT,
		 .required = true,
		 .to = &report->device},
		{.name = "release",
		 .kind = JSON_KIND_INTEGER,
		 .to = &report->release,
		 .min = 1,
		 .max = INT64_MAX},
		{.name = "status",
		 .kind = JSON_KIND_STRING,
		 .required = true,
		 .to = &status,
		 .min = 1,
		 .max = STORE_WORD_SIZE - 1},
		{.name = "version",
		 .kind = JSON_KIND_IDENT,
		 .to = &report->version},
		{.name = "error",
		 .kind = JSON_KIND_STRING,
		 .to = &error,
		 .max = STORE_TEXT_SIZE - 1},
		{.name = "detail",
		 .kind = JSON_KIND_STRING,
		 .to = &detail,
		 .max = STORE_TEXT_SIZE - 1},
	};

	if (!json_read(json, fields, sizeof(fields) / sizeof(fields[0]), err))
		return false;
	if (!known_status(status))
		return err_set(err, ERR_INVALID,
			       "status is '%s': expected downloading, "
			       "installed, failed or rolled-back",
			       status);
	text_copy(report->status, sizeof(report->status), status);
	text_copy(report->error, sizeof(report->error), error);
	text_copy(report->detail, sizeof(report->detail), detail);
	return true;
}

static bool record_report(struct db *db, void *state, struct err *err)
{
	return report_add(db, state, err);
}

static void answer_report(struct request *r, bool ok, const struct err *err)
{
	if (ok)
		reply_empty(r, MHD_HTTP_NO_CONTENT);
	else
		refuse_unrecorded(r, "report", err);
}

static void handle_report(struct request *r)
{
	struct report *report;
	struct err err;
	json_t *json = request_json(r);
	bool ok;

	if (!json)
		return;
	report = calloc(1, sizeof(*report));
	r->state = report;
	r->free_state = free;
	ok = report ? read_report(json, report, &err) : err_memory(&err);
	json_decref(json);
	if (!ok) {
		reply_err(r, MHD_HTTP_BAD_REQUEST, &err);
		return;
	}
	if (!catalog_product(r->view->catalog, &report->product)) {
		reply_problem(r, MHD_HTTP_NOT_FOUND,
			      "there is no product '%s' here",
			      report->product.text);
		return;
	}
	report->at = clock_utc();
	text_copy(report->address, sizeof(report->address), r->peer->address);
	request_write(r, record_report, answer_report);
}

static const struct route rows[] = {
	{.method = "GET",
	 .pattern = "/manifest",
	 .name = "manifest",
	 .handle = handle_manifest},
	{.method = "POST",
	 .pattern = "/report",
	 .name = "report",
	 .body_max = REPORT_BODY_MAX,
	 .handle = handle_report},
};

const struct route_table device_routes = {rows, sizeof(rows) / sizeof(rows[0])};
