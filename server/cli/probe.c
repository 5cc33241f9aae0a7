#include "cli/probe.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/probe_link.h"
#include "cli/probe_report.h"
#include "pki/key.h"

enum {
	HTTPS_PORT = 443,
	TIMEOUT_MAX = 3600,	      /* seconds */
	BUFFER_MAX = 16 * 1024 * 1024 /* bytes; a handshake message's bound */
};

struct options {
	const char *anchor, *sni, *tls, *max_fragment, *buffer, *connect;
	const char *timeout;
	bool ignore_time, no_sni, no_name_check, json;
};

/* What the options come to. */
struct probe {
	struct endpoint url, connect;
	struct host name; /* that is sent as SNI and checked */
	char authority[ENDPOINT_TEXT_SIZE];
	const char *path;
	struct anchor anchor;
	struct probe_device device;
	long timeout; /* seconds */
};

/* ---- options ------------------------------------------------------------ */

/* A path goes into a request line as it stands. */
static bool is_path(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~' || *text == '#')
			return false;
	}
	return true;
}

static bool read_url(struct probe *probe, const char *url, struct err *err)
{
	static const char scheme[] = "https://";
	size_t skip = strlen(scheme), len;

	if (strncmp(url, scheme, skip) != 0)
		return err_set(err, ERR_INVALID,
			       "'%s' is no URL: wanted https://HOST or "
			       "https://HOST:PORT",
			       url);
	len = strcspn(url + skip, "/");
	probe->path = url + skip + len;
	if (!endpoint_parse(&probe->url, url + skip, len, HTTPS_PORT, err))
		return false;
	if (!is_path(probe->path))
		return err_set(err, ERR_INVALID, "'%s' is no path",
			       probe->path);
	if (strlen(probe->path) < 2)
		probe->path = "/healthz";
	endpoint_text(&probe->url, probe->url.port != HTTPS_PORT,
		      probe->authority);
	return true;
}

static bool read_number(long *out, const char *text, long max, const char *name,
			struct err *err)
{
	size_t digits = strspn(text, "0123456789");

	*out = strtol(text, NULL, 10);
	return (digits && !text[digits] && *out >= 1 && *out <= max) ||
	       err_set(err, ERR_INVALID, "--%s %s: wanted 1 to %ld", name, text,
		       max);
}

static bool read_version(int *out, const char *text, struct err *err)
{
	static const struct {
		const char *text;
		int version;
	} versions[] = {{"1.0", TLS1_VERSION},
			{"1.1", TLS1_1_VERSION},
			{"1.2", TLS1_2_VERSION},
			{"1.3", TLS1_3_VERSION}};

	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		if (strcmp(versions[i].text, text) == 0) {
			*out = versions[i].version;
			return true;
		}
	}
	return err_set(err, ERR_INVALID,
		       "--tls %s: wanted 1.0, 1.1, 1.2 or 1.3", text);
}

static bool read_fragment(unsigned int *out, const char *text, struct err *err)
{
	long bytes = 0;

	if (!read_number(&bytes, text, 4096, "max-fragment", err) ||
	    bytes < 512 || (bytes & (bytes - 1)))
		return err_set(err, ERR_INVALID,
			       "--max-fragment %s: wanted 512, 1024, 2048 or "
			       "4096",
			       text);
	*out = (unsigned int)bytes;
	return true;
}

static bool read_name(struct probe *probe, const struct options *options,
		      struct err *err)
{
	struct probe_device *device = &probe->device;

	if (options->sni && options->no_sni)
		return err_set(err, ERR_INVALID,
			       "--sni and --no-sni do not go together");
	probe->name = probe->url.host;
	if (options->sni && !host_parse(&probe->name, options->sni, false, err))
		return err_wrap(err, "--sni");
	device->sni = options->no_sni ? NULL : probe->name.text;
	if (!options->no_sni && !options->no_name_check)
		device->name = &probe->name;
	return true;
}

static bool read_connect(struct probe *probe, const char *text, struct err *err)
{
	probe->connect = probe->url;
	return !text ||
	       endpoint_parse(&probe->connect, text, strlen(text),
			      probe->url.port, err) ||
	       err_wrap(err, "--connect");
}

static bool read_device(struct probe *probe, const struct options *options,
			struct err *err)
{
	struct probe_device *device = &probe->device;
	long buffer = 0;

	device->anchor = &probe->anchor;
	probe->anchor.checks_time = !options->ignore_time;
	if ((options->tls &&
	     !read_version(&device->max_version, options->tls, err)) ||
	    (options->max_fragment &&
	     !read_fragment(&device->max_fragment, options->max_fragment,
			    err)) ||
	    (options->buffer && !read_number(&buffer, options->buffer,
					     BUFFER_MAX, "buffer", err)) ||
	    !read_number(&probe->timeout, options->timeout, TIMEOUT_MAX,
			 "timeout", err))
		return false;
	device->buffer = (size_t)buffer;
	return true;
}

/* A device carries one, and a bundle would be judged otherwise. */
static bool read_anchor(struct anchor *anchor, const char *path,
			struct err *err)
{
	STACK_OF(X509) * list;

	anchor->name = path;
	if (!key_read_certificates(&list, path, err))
		return false;
	if (sk_X509_num(list) == 1)
		anchor->certificate = sk_X509_pop(list);
	else
		err_set(err, ERR_INVALID,
			"%s: holds %d certificates, wanted the one that the "
			"device trusts",
			path, sk_X509_num(list));
	sk_X509_pop_free(list, X509_free);
	return anchor->certificate != NULL;
}

/* ---- the command -------------------------------------------------------- */

static bool print_json(const struct probe_seen *seen,
		       const struct probe_device *device)
{
	json_t *report = probe_report_json(seen, device);
	size_t len;
	char *text = report ? json_write(report, &len) : NULL;

	json_decref(report);
	if (text)
		puts(text);
	free(text);
	return text != NULL;
}

static int run(const struct probe *probe, bool json, const char *name)
{
	const struct probe_request request = {.path = probe->path,
					      .authority = probe->authority};
	uint64_t deadline = clock_ms() + 1000 * (uint64_t)probe->timeout;
	struct probe_seen seen;
	struct err err;
	int status = EXIT_DONE;

	signal(SIGPIPE, SIG_IGN);
	probe_connect(&seen, &probe->connect, &probe->device, &request,
		      deadline);
	if (!json) {
		probe_report_print(&seen, &probe->device);
	} else if (!print_json(&seen, &probe->device)) {
		err_memory(&err);
		status = command_failed(name, &err);
	}
	if (seen.verdict != PROBE_ACCEPTED) {
		fflush(stdout);
		status = command_failed(name, &seen.reason);
	}
	probe_seen_free(&seen);
	return status;
}

int probe_main(int argc, char **argv)
{
	struct options o = {.timeout = "10"};
	const struct args_option options[] = {
		{.name = "anchor",
		 .value = "PEM",
		 .required = true,
		 .help = "what the device trusts: one certificate",
		 .text = &o.anchor},
		{.name = "ignore-time",
		 .help = "it has no clock",
		 .flag = &o.ignore_time},
		{.name = "sni",
		 .value = "NAME",
		 .help = "send and check this name, not the URL's host",
		 .text = &o.sni},
		{.name = "no-sni",
		 .help = "send no name and check none, as HttpsOTA",
		 .flag = &o.no_sni},
		{.name = "no-name-check",
		 .help = "send a name, but check none",
		 .flag = &o.no_name_check},
		{.name = "tls",
		 .value = "VERSION",
		 .help = "the greatest: 1.0, 1.1, 1.2 or 1.3",
		 .text = &o.tls},
		{.name = "max-fragment",
		 .value = "BYTES",
		 .help = "ask for records of 512, 1024, 2048 or 4096",
		 .text = &o.max_fragment},
		{.name = "buffer",
		 .value = "BYTES",
		 .help = "of its largest handshake message",
		 .text = &o.buffer},
		{.name = "connect",
		 .value = "ADDRESS[:PORT]",
		 .help = "connect there, not to the URL's host",
		 .text = &o.connect},
		{.name = "timeout",
		 .value = "SECONDS",
		 .help = "for everything (10)",
		 .text = &o.timeout},
		{.name = "json", .help = "print one object", .flag = &o.json},
	};
	const struct args args = {
		.synopsis = "https://HOST[:PORT] --anchor PEM [option ...]",
		.about = "Connects as a device would that trusts one anchor, "
			 "says what the server sent and\nwhether the device "
			 "accepts it, and tells the server so as the device "
			 "would.\n",
		.options = options,
		.option_count = sizeof(options) / sizeof(*options),
		.operands = 1};
	struct probe probe = {0};
	char **operands;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (!read_url(&probe, operands[0], &err) ||
	    !read_name(&probe, &o, &err) ||
	    !read_connect(&probe, o.connect, &err) ||
	    !read_device(&probe, &o, &err))
		return args_wrong(&args, argv[0], "%s", err.text);
	if (!read_anchor(&probe.anchor, o.anchor, &err))
		return command_failed(argv[0], &err);
	status = run(&probe, o.json, argv[0]);
	X509_free(probe.anchor.certificate);
	return status;
}
