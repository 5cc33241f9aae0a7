/* GET /healthz and GET /metrics - how the daemon is. */
#include "base/metrics.h"
#include "http/request.h"
#include "http/route.h"
#include "store/checkin.h"

/* The exposition format's media type. */
#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

static void handle_health(struct request *r)
{
	static const char ok[] = "ok\n";

	/* So that a probe learns what it was served with. */
	if (r->peer->profile[0])
		reply_header(r, "TLS-Profile", r->peer->profile);
	reply_text(r, MHD_HTTP_OK, "text/plain", ok, sizeof(ok) - 1);
}

static void handle_metrics(struct request *r)
{
	struct metrics *metrics = r->app->metrics;
	struct strbuf text = {0};
	int64_t devices;
	struct err err;
	size_t len;
	char *data;

	if (!device_count(r->db, &devices, &err)) {
		reply_err(r, MHD_HTTP_INTERNAL_SERVER_ERROR, &err);
		return;
	}
	metric_set(metrics_get(metrics, METRIC_GAUGE, "otterd_devices", "",
			       "Devices that ever polled."),
		   devices);
	metrics_write(metrics, &text);
	data = strbuf_take(&text, &len);
	reply_owned(r, MHD_HTTP_OK, METRICS_TYPE, data, len);
}

static const struct route rows[] = {
	{.method = "GET",
	 .pattern = "/healthz",
	 .name = "healthz",
	 .role = ROLE_NONE,
	 .handle = handle_health},
	{.method = "GET",
	 .pattern = "/metrics",
	 .name = "metrics",
	 .role = ROLE_VIEWER,
	 .admin = true,
	 .handle = handle_metrics},
};

const struct route_table status_routes = {rows, sizeof(rows) / sizeof(*rows)};
