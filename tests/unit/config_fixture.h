/* A good configuration file, and what comes of one change to it. */
#ifndef OTTERD_TESTS_UNIT_CONFIG_FIXTURE_H
#define OTTERD_TESTS_UNIT_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"

enum { PATH_SIZE = 128, TEXT_SIZE = 64 * 1024 };

static char directory[PATH_SIZE];
static char path[PATH_SIZE];

static const char good[] =
	"server:\n"						    /* 1 */
	"  data_dir: data\n"					    /* 2 */
	"  public_url: https://ota.example.com\n"		    /* 3 */
	"  listen: [\"[::]:8443\", \"192.0.2.1:443\"]\n"	    /* 4 */
	"  admin_listen:\n"					    /* 5 */
	"    - 127.0.0.1:9000\n"				    /* 6 */
	"  limits: {min_rate: 1K}\n"				    /* 7 */
	"  log: {level: debug, form: json}\n"			    /* 8 */
	"tls:\n"						    /* 9 */
	"  pool: []\n"						    /* 10 */
	"  certificates:\n"					    /* 11 */
	"    - {name: le-rsa, file: rsa.pem, key: ../rsa.key}\n"    /* 12 */
	"    - {name: le-ecdsa, file: /tls/ec.pem, key: ec.key}\n"  /* 13 */
	"  profiles:\n"						    /* 14 */
	"    - name: modern\n"					    /* 15 */
	"      certificates: [le-ecdsa, le-rsa]\n"		    /* 16 */
	"      min_version: \"1.3\"\n"				    /* 17 */
	"    - {name: old, certificates: [le-rsa]}\n"		    /* 18 */
	"  select:\n"						    /* 19 */
	"    - {sni: \"*.Old.Example.com\", profile: old}\n"	    /* 20 */
	"    - {port: 443, profile: modern}\n"			    /* 21 */
	"    - {sni: \"\", profile: old}\n"			    /* 22 */
	"  default_profile: old\n"				    /* 23 */
	"signers:\n"						    /* 24 */
	"  - {name: codesign, file: codesign.pem}\n"		    /* 25 */
	"products:\n"						    /* 26 */
	"  - name: inklay\n"					    /* 27 */
	"    signers: [codesign]\n"				    /* 28 */
	"  - {name: demo, require_signature: false, format: raw}\n" /* 29 */
	"manifest: {key: manifest.key}\n"			    /* 30 */
	"checkins: {keep: 30d}\n";				    /* 31 */

static void write_file(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(text, 1, len, file) != len || fclose(file))
		fail_msg("cannot write %s", path);
}

/* Write the good file with its first `from` replaced by `to`. */
static inline void write_changed(const char *from, const char *to)
{
	static char text[TEXT_SIZE];
	const char *at = strstr(good, from);
	int len;

	if (!at)
		fail_msg("'%s' is not in the good file", from);
	len = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good,
		       to, at + strlen(from));
	assert_in_range(len, 1, sizeof(text) - 1);
	write_file(text, (size_t)len);
}

static inline struct config *load(void)
{
	struct config *config;
	struct err err;

	if (!config_load(&config, path, &err))
		fail_msg("refused: %s", err.text);
	return config;
}

/* Loading must fail with "PATH:" and this text. */
static void check_refused(const char *label, const char *want)
{
	struct config *config;
	size_t len = strlen(path);
	struct err err = {0};

	if (config_load(&config, path, &err))
		fail_msg("%s: accepted", label);
	assert_null(config);
	if (strncmp(err.text, path, len) != 0 || err.text[len] != ':' ||
	    strcmp(err.text + len + 1, want) != 0)
		fail_msg("%s:\n got  %s\n want FILE:%s", label, err.text, want);
}

static const char least[] __attribute__((unused)) =
	"server: {data_dir: /data, public_url: \"https://[::1]:8443\"}\n"
	"tls:\n"
	"  certificates: [{name: c, file: c.pem, key: c.key}]\n"
	"  profiles: [{name: p, certificates: [c]}, "
	"{name: q, certificates: [c]}]\n"
	"manifest: {key: m.key}\n";

struct refusal {
	const char *label, *from, *to;
	const char *want; /* behind "FILE:" */
};

static inline void check_refusals(const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		write_changed(rows[i].from, rows[i].to);
		check_refused(rows[i].label, rows[i].want);
	}
}

#define CHECK_REFUSALS(rows) \
	check_refusals(rows, sizeof(rows) / sizeof((rows)[0]))

static int make_directory(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/otterd-config-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%.100s/otterd.yaml", directory);
	return 0;
}

static inline int remove_directory(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(directory);
}

#endif
