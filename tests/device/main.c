/*
 * device - behaves like a fielded ESP32: polls, checks the manifest, loads
 * the image, checks it, "boots" it, reports, polls again.  Each step prints
 * one line; the last one is "failed: ..." when a step fails.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "download.h"
#include "exchange.h"
#include "fault.h"
#include "image.h"
#include "link.h"
#include "manifest.h"
#include "state.h"
#include "trust.h"

enum { MANIFEST_MAX = 16 * 1024, PATH_SIZE = 512 };

struct device {
	struct link_options link;
	const char *host;
	const char *product;
	const char *id;
	const char *channel;
	const char *manifest_key;
	const char *signer;
	const char *out;
	const char *whole; /* path of the one GET of ESP-IDF v3.2 */
	bool no_sni;
	bool poll_only;
	uint64_t cut_after;
	long clock_offset; /* seconds */
	struct state state;

	struct trust *manifest_trust;
	struct trust *image_trust;
	struct exchange x;
};

static const char usage[] =
	"usage: device --port N --anchor PEM [option ...]\n"
	"  --address A       where to connect (127.0.0.1)\n"
	"  --host NAME       name of the server: SNI, name check, Host "
	"(localhost)\n"
	"  --no-sni          send no SNI and check no name\n"
	"  --tls 1.0|1.1|1.2 greatest version (1.2)\n"
	"  --product P --id ID --version V --channel C\n"
	"  --manifest-key PEM  public key of the manifests\n"
	"  --signer PEM      public key of the images\n"
	"  --state FILE      highest serial and version, kept\n"
	"  --out FILE        where the image goes\n"
	"  --cut-after N     lose the connection once after N image bytes\n"
	"  --clock-offset S  seconds that the device's clock is ahead\n"
	"  --poll-only       stop after the first manifest\n"
	"  --esp-idf-3.2 PATH  one GET of PATH as esp_https_ota does it\n";

static bool connected(struct device *d, struct fault *fault)
{
	unsigned int before = link_connects(d->x.link);

	if (!link_up(d->x.link, fault))
		return false;
	if (link_connects(d->x.link) != before)
		printf("connected version=%s cipher=%s\n",
		       link_version(d->x.link), link_cipher(d->x.link));
	return true;
}

/* Ask, and once more when the server has closed the kept connection. */
static bool ask(struct device *d, const char *method, const char *path,
		const char *fields, const char *body, struct fault *fault)
{
	unsigned int before = link_connects(d->x.link);

	if (!connected(d, fault))
		return false;
	if (exchange_start(&d->x, method, path, fields, body, fault))
		return true;
	if (fault->exit != DEVICE_NETWORK || link_connects(d->x.link) != before)
		return false;
	link_cut(d->x.link);
	return connected(d, fault) &&
	       exchange_start(&d->x, method, path, fields, body, fault);
}

static bool get_manifest(struct device *d, char **body, size_t *len,
			 struct fault *fault)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path),
		 "/manifest?product=%s&device=%s&version=%s%s%s", d->product,
		 d->id, d->state.version, d->channel ? "&channel=" : "",
		 d->channel ? d->channel : "");
	*body = NULL;
	if (!ask(d, "GET", path, "", "", fault) ||
	    !exchange_body(&d->x, MANIFEST_MAX, body, len, fault))
		return false;
	exchange_end(&d->x);
	if (d->x.status == 200)
		return true;
	fault_set(fault, DEVICE_HTTP, "manifest: status %d: %.160s",
		  d->x.status, *body);
	free(*body);
	*body = NULL;
	return false;
}

static bool poll_manifest(struct device *d, struct manifest *m,
			  struct fault *fault)
{
	const struct manifest_expect expect = {
		.product = d->product,
		.device = d->id,
		.serial = d->state.serial,
		.now = time(NULL) + d->clock_offset,
	};
	char field[512];
	char *body;
	size_t len;
	bool ok;

	if (!get_manifest(d, &body, &len, fault))
		return false;
	if (!exchange_field(&d->x, "Manifest-Signature", field, sizeof(field)))
		ok = fault_set(fault, DEVICE_MANIFEST, "it is not signed");
	else
		ok = manifest_check(d->manifest_trust, field, body, len,
				    fault) &&
		     manifest_read(m, body, len, &expect, fault);
	free(body);
	if (!ok)
		return false;
	d->state.serial = m->serial;
	printf("polled reason=%s serial=%lld poll_after=%lld%s%s\n", m->reason,
	       m->serial, m->poll_after, m->update ? " version=" : "",
	       m->update ? m->version : "");
	return state_save(&d->state, fault);
}

static bool report(struct device *d, const struct manifest *m,
		   const char *status, const char *error, struct fault *fault)
{
	char fields[96];
	json_t *json = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s*}", "product",
				 d->product, "device", d->id, "release",
				 m->release, "status", status, "version",
				 d->state.version, "error", error);
	char *body = json_dumps(json, JSON_COMPACT);
	bool ok;

	json_decref(json);
	if (!body)
		return fault_set(fault, DEVICE_SELF, "out of memory");
	snprintf(fields, sizeof(fields),
		 "Content-Type: application/json\r\nContent-Length: %zu\r\n",
		 strlen(body));
	ok = ask(d, "POST", "/report", fields, body, fault);
	free(body);
	if (!ok)
		return false;
	exchange_end(&d->x);
	printf("reported status=%s answer=%d\n", status, d->x.status);
	if (d->x.status != 204)
		return fault_set(fault, DEVICE_HTTP, "report: status %d",
				 d->x.status);
	return true;
}

static bool check_file(const struct device *d, const struct manifest *m,
		       FILE *file, struct image_info *info, struct fault *fault)
{
	char hex[TRUST_HEX_SIZE];
	const char *signer, *algorithm;

	if (!trust_sha256_file(file, hex, fault))
		return false;
	if (strcmp(hex, m->sha256) != 0)
		return fault_set(fault, DEVICE_IMAGE, "SHA-256 is %s, not %s",
				 hex, m->sha256);
	if (!manifest_check_image(m, d->image_trust, file, &signer, &algorithm,
				  fault))
		return false;
	printf("verified sha256=%s signer=%s algorithm=%s\n", hex, signer,
	       algorithm);
	if (!image_check(info, file, fault))
		return false;
	if (info->version[0] != '\0' && strcmp(info->version, m->version) != 0)
		return fault_set(fault, DEVICE_IMAGE,
				 "it calls itself %s, the manifest %s",
				 info->version, m->version);
	return true;
}

static bool load(struct device *d, const struct manifest *m, FILE *file,
		 struct fault *fault)
{
	struct download download = {
		.x = &d->x,
		.path = m->path,
		.etag = m->sha256,
		.size = (uint64_t)m->size,
		.cut_after = d->cut_after,
		.file = file,
	};
	unsigned int before = link_connects(d->x.link);

	if (!download_ranges(&download, fault))
		return false;
	printf("downloaded bytes=%llu requests=%u connections=%u\n",
	       (unsigned long long)download.at, download.requests,
	       link_connects(d->x.link) - before);
	return true;
}

static bool install(struct device *d, const struct manifest *m,
		    struct fault *fault)
{
	struct image_info info;
	struct fault ignored;
	FILE *file = fopen(d->out, "w+b");
	bool ok;

	if (!file)
		return fault_set(fault, DEVICE_SELF, "cannot write %s", d->out);
	ok = load(d, m, file, fault) && check_file(d, m, file, &info, fault);
	fclose(file);
	if (!ok) {
		if (fault->exit == DEVICE_IMAGE)
			report(d, m, "failed", fault->text, &ignored);
		return false;
	}
	snprintf(d->state.version, sizeof(d->state.version), "%s", m->version);
	printf("booted version=%s segments=%u project=%s\n", m->version,
	       info.segments, info.project);
	return state_save(&d->state, fault) &&
	       report(d, m, "installed", NULL, fault);
}

static bool run_cycle(struct device *d, struct fault *fault)
{
	struct manifest m = {0};
	bool ok = poll_manifest(d, &m, fault);

	if (!ok || d->poll_only || !m.update)
		goto out;
	ok = install(d, &m, fault);
	manifest_drop(&m);
	ok = ok && poll_manifest(d, &m, fault);
out:
	manifest_drop(&m);
	return ok;
}

static bool run_whole(struct device *d, struct fault *fault)
{
	struct download download = {.x = &d->x, .path = d->whole};
	struct image_info info;
	bool ok;

	download.file = fopen(d->out, "w+b");
	if (!download.file)
		return fault_set(fault, DEVICE_SELF, "cannot write %s", d->out);
	ok = connected(d, fault) && download_whole(&download, fault);
	if (ok)
		printf("downloaded status=%d bytes=%llu head=%zu\n",
		       d->x.status, (unsigned long long)download.at,
		       d->x.head_size);
	ok = ok && image_check(&info, download.file, fault);
	if (ok)
		printf("booted version=%s segments=%u project=%s\n",
		       info.version, info.segments, info.project);
	fclose(download.file);
	return ok;
}

static bool run(struct device *d, struct fault *fault)
{
	if (!link_new(&d->x.link, &d->link, fault))
		return false;
	if (d->whole)
		return run_whole(d, fault);
	return trust_load(&d->manifest_trust, d->manifest_key, fault) &&
	       trust_load(&d->image_trust, d->signer, fault) &&
	       state_load(&d->state, fault) && run_cycle(d, fault);
}

enum option_kind { TEXT, NUMBER, OFFSET, SWITCH, VERSION, TLS };

struct option_row {
	const char *name;
	enum option_kind kind;
	void *to;
};

static bool set_version(char version[static 65], const char *text)
{
	return (size_t)snprintf(version, 65, "%s", text) < 65;
}

static bool set_tls(int *minor, const char *text)
{
	static const char *const names[] = {"", "1.0", "1.1", "1.2"};

	for (*minor = 1; *minor <= 3; (*minor)++)
		if (strcmp(names[*minor], text) == 0)
			return true;
	return false;
}

static bool set_option(const struct option_row *row, const char *text)
{
	char *end = NULL;

	switch (row->kind) {
	case TEXT:
		*(const char **)row->to = text;
		return true;
	case NUMBER:
		*(uint64_t *)row->to = strtoull(text, &end, 10);
		return end != text && *end == '\0';
	case OFFSET:
		*(long *)row->to = strtol(text, &end, 10);
		return end != text && *end == '\0';
	case SWITCH:
		*(bool *)row->to = true;
		return true;
	case VERSION:
		return set_version(row->to, text);
	case TLS:
		return set_tls(row->to, text);
	}
	return false;
}

static bool read_options(struct device *d, int argc, char **argv)
{
	const struct option_row rows[] = {
		{"address", TEXT, &d->link.address},
		{"port", TEXT, &d->link.port},
		{"host", TEXT, &d->host},
		{"no-sni", SWITCH, &d->no_sni},
		{"tls", TLS, &d->link.tls_minor},
		{"anchor", TEXT, &d->link.anchor},
		{"product", TEXT, &d->product},
		{"id", TEXT, &d->id},
		{"version", VERSION, d->state.version},
		{"channel", TEXT, &d->channel},
		{"manifest-key", TEXT, &d->manifest_key},
		{"signer", TEXT, &d->signer},
		{"state", TEXT, &d->state.path},
		{"out", TEXT, &d->out},
		{"cut-after", NUMBER, &d->cut_after},
		{"clock-offset", OFFSET, &d->clock_offset},
		{"poll-only", SWITCH, &d->poll_only},
		{"esp-idf-3.2", TEXT, &d->whole},
	};
	enum { COUNT = sizeof(rows) / sizeof(rows[0]) };
	struct option options[COUNT + 1] = {0};
	int i, index, c;

	for (i = 0; i < COUNT; i++) {
		options[i].name = rows[i].name;
		options[i].has_arg = rows[i].kind == SWITCH ? no_argument
							    : required_argument;
	}
	while ((c = getopt_long(argc, argv, "", options, &index)) != -1)
		if (c != 0 || !set_option(&rows[index], optarg))
			return false;
	return optind == argc && d->link.port && d->link.anchor && d->out &&
	       (d->whole || (d->product && d->id && d->manifest_key &&
			     d->signer && d->state.path));
}

int main(int argc, char **argv)
{
	static struct device d; /* large buffers */
	struct fault fault = {0};
	bool ok;

	d.link.address = "127.0.0.1";
	d.link.tls_minor = 3;
	d.link.stall_ms = 5000; /* ESP-IDF v3.2: timeout_ms */
	d.host = "localhost";
	if (!read_options(&d, argc, argv)) {
		fputs(usage, stderr);
		return DEVICE_USAGE;
	}
	d.link.name = d.no_sni ? NULL : d.host;
	d.x.host = d.host;
	setvbuf(stdout, NULL, _IOLBF, 0);
	ok = run(&d, &fault);
	if (!ok)
		printf("failed: %s\n", fault.text);
	link_free(d.x.link);
	trust_free(d.manifest_trust);
	trust_free(d.image_trust);
	return ok ? DEVICE_OK : (int)fault.exit;
}
