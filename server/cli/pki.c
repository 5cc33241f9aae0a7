#include "cli/pki.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/pki_files.h"
#include "pki/certificate.h"
#include "pki/key.h"

enum {
	DAYS_MAX = 36500,
	CONFIG_MAX = 1 << 20 /* bytes that are compared */
};

static const char days_default[] = "3650";

/* ---- the server's key pairs --------------------------------------------- */

enum pair { SERVER, OLD_MBEDTLS, PAIRS };

static const struct {
	const char *certificate, *key;
	enum naming naming;
} pairs[PAIRS] = {
	[SERVER] = {"server.pem", "server.key", NAMING_SAN},
	[OLD_MBEDTLS] = {"old-mbedtls.pem", "old-mbedtls.key",
			 NAMING_COMMON_NAME},
};

static const char ca_key[] = "ca.key", ca_pem[] = "ca.pem",
		  ca_source[] = "ca.h";
static const char config[] = "otterd-tls.yaml";

struct pki {
	char dir[PATH_MAX]; /* absolute */
	struct authority authority;
	struct host hosts[NAMING_MAX];
	size_t host_count;
	int days;
	EVP_PKEY *keys[PAIRS];
	X509 *certificates[PAIRS]; /* NULL: not wanted */
	bool first[PAIRS];	   /* no key was there before */
	bool new_config;
	struct pki_files files;
};

static void pki_free(struct pki *pki)
{
	authority_free(&pki->authority);
	for (int i = 0; i < PAIRS; i++) {
		EVP_PKEY_free(pki->keys[i]);
		X509_free(pki->certificates[i]);
	}
	pki_files_free(&pki->files);
}

/* What a pair is for: old mbedTLS matches names as others do, but addresses
 * not. */
static size_t hosts_of(const struct pki *pki, enum pair pair,
		       struct host hosts[static NAMING_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < pki->host_count; i++) {
		if (pair == SERVER || pki->hosts[i].address_len)
			hosts[count++] = pki->hosts[i];
	}
	return count;
}

static bool is_wanted(const struct pki *pki, enum pair pair)
{
	struct host hosts[NAMING_MAX];

	return hosts_of(pki, pair, hosts) > 0;
}

static bool issue(struct pki *pki, enum pair pair, struct err *err)
{
	struct host hosts[NAMING_MAX];
	const struct authority_request request = {
		.key = pki->keys[pair],
		.hosts = hosts,
		.host_count = hosts_of(pki, pair, hosts),
		.naming = pairs[pair].naming,
		.now = clock_utc(),
		.days = pki->days,
	};

	return authority_issue(&pki->certificates[pair], &pki->authority,
			       &request, err);
}

static bool add_pair(struct pki *pki, enum pair pair, bool new_key,
		     struct err *err)
{
	struct pki_files *files = &pki->files;

	return (!new_key || pki_files_add_key(files, pairs[pair].key,
					      pki->keys[pair], err)) &&
	       pki_files_add_certificate(files, pairs[pair].certificate,
					 pki->certificates[pair], err);
}

/* ---- what is said ------------------------------------------------------- */

static void print_certificate(const char *label, const char *dir,
			      const char *file, X509 *certificate)
{
	char subject[CERTIFICATE_NAME_SIZE], until[CLOCK_TEXT_SIZE];

	certificate_subject(certificate, subject);
	clock_rfc3339(certificate_not_after(certificate), until);
	printf("%s: %s/%s, %s, until %s\n", label, dir, file, subject, until);
}

static void print_pairs(const struct pki *pki, const char *dir)
{
	for (int i = 0; i < PAIRS; i++) {
		if (!pki->certificates[i])
			continue;
		print_certificate("certificate", dir, pairs[i].certificate,
				  pki->certificates[i]);
		printf("key: %s/%s, %s\n", dir, pairs[i].key,
		       key_name(pki->keys[i]));
	}
}

/* As a shell reads it; `name` may be empty. */
static void print_path(const char *dir, const char *name)
{
	fputs(" '", stdout);
	for (const char *c = dir; *c; c++) {
		if (*c == '\'')
			fputs("'\\'", stdout);
		putchar(*c);
	}
	printf("%s%s'", *name ? "/" : "", name);
}

static void print_keys(const struct pki *pki)
{
	for (int i = 0; i < PAIRS; i++) {
		if (pki->first[i])
			print_path(pki->dir, pairs[i].key);
	}
	putchar('\n');
}

/* The service's user has to read the server's keys, and never the CA's. */
static void print_access(const struct pki *pki)
{
	if (!pki->first[SERVER] && !pki->first[OLD_MBEDTLS])
		return;
	printf("\nSo that the service's user can read its keys:\n"
	       "  sudo chown root:otterd");
	print_path(pki->dir, "");
	print_keys(pki);
	printf("  sudo chmod 750");
	print_path(pki->dir, "");
	printf("\n  sudo chmod 640");
	print_keys(pki);
}

static void print_made(const struct pki *pki, const char *dir)
{
	print_certificate("anchor", dir, ca_pem, pki->authority.certificate);
	printf("anchor in C: %s/%s\nanchor key: %s/%s\n", dir, ca_source, dir,
	       ca_key);
	print_pairs(pki, dir);
	printf("configuration: %s/%s\n", dir, config);
	printf("\nPin %s in the devices; %s has it as a C string.  Put the "
	       "section of\n%s into otterd.yaml.  Keep %s safe: who has it "
	       "can pose as the\nserver, and without it the devices take no "
	       "other certificate; only\n`otterd pki renew` needs it.\n",
	       ca_pem, ca_source, config, ca_key);
	print_access(pki);
}

/* ---- options ------------------------------------------------------------ */

#define NAME_OPTION(must, to)                                    \
	{                                                        \
		.name = "name", .letter = 'n', .value = "HOST",  \
		.required = (must),                              \
		.help = "a DNS name, also *.example.com, or an " \
			"address; repeat it for more",           \
		.list = (to)                                     \
	}

#define DAYS_OPTION(to)                                            \
	{                                                          \
		.name = "days", .value = "N",                      \
		.help = "how long the server's certificates last " \
			"(3650)",                                  \
		.text = (to)                                       \
	}

/* EXIT_DONE, or EXIT_USAGE after saying what is wrong. */
static int read_names(struct pki *pki, const struct args_list *names,
		      const struct args *args, const char *name)
{
	struct err err;

	for (size_t i = 0; i < names->count; i++) {
		struct host *host = &pki->hosts[i];

		if (!host_parse(host, names->texts[i], true, &err))
			return args_wrong(args, name, "%s", err.text);
		for (size_t k = 0; k < i; k++) {
			if (host_equal(&pki->hosts[k], host))
				return args_wrong(args, name,
						  "'%s' is given twice",
						  host->text);
		}
	}
	pki->host_count = names->count;
	return EXIT_DONE;
}

static int read_days(struct pki *pki, const char *text, const struct args *args,
		     const char *name)
{
	size_t digits = strspn(text, "0123456789");
	long days = strtol(text, NULL, 10);

	if (!digits || text[digits] || days < 1 || days > DAYS_MAX)
		return args_wrong(args, name,
				  "'%s' is no number of days: wanted 1 to %d",
				  text, DAYS_MAX);
	pki->days = (int)days;
	return EXIT_DONE;
}

/* ---- init --------------------------------------------------------------- */

static bool make_pairs(struct pki *pki, const char *algorithm, struct err *err)
{
	for (int i = 0; i < PAIRS; i++) {
		pki->first[i] = is_wanted(pki, i);
		if (pki->first[i] &&
		    (!key_generate(&pki->keys[i], algorithm, err) ||
		     !issue(pki, i, err) || !add_pair(pki, i, true, err)))
			return false;
	}
	return true;
}

static bool make(struct pki *pki, const char *dir, const char *algorithm,
		 struct err *err)
{
	struct authority *ca = &pki->authority;
	struct pki_files *files = &pki->files;

	return pki_files_resolve(pki->dir, dir, err) &&
	       authority_make(ca, algorithm, clock_utc(), err) &&
	       pki_files_add_key(files, ca_key, ca->key, err) &&
	       pki_files_add_certificate(files, ca_pem, ca->certificate, err) &&
	       pki_files_add_source(files, ca_source, ca->certificate, err) &&
	       make_pairs(pki, algorithm, err) &&
	       pki_files_add_config(files, config, pki->dir, pki->hosts,
				    pki->host_count, err) &&
	       pki_files_create(files, dir, err);
}

static bool is_algorithm(const char *text)
{
	for (size_t i = 0; authority_algorithms[i]; i++) {
		if (strcmp(text, authority_algorithms[i]) == 0)
			return true;
	}
	return false;
}

static int init(int argc, char **argv)
{
	const char *days = days_default, *algorithm = authority_algorithms[0];
	const char *texts[NAMING_MAX];
	struct args_list names = {.texts = texts, .max = NAMING_MAX};
	const struct args_option options[] = {
		NAME_OPTION(true, &names),
		DAYS_OPTION(&days),
		{.name = "algorithm",
		 .value = "NAME",
		 .help = "rsa-2048 (which every device takes), rsa-3072, "
			 "rsa-4096, ecdsa-p256, ecdsa-p384",
		 .text = &algorithm},
	};
	const struct args args = {
		.synopsis = "DIR --name HOST [--name HOST ...] [--days N] "
			    "[--algorithm NAME]",
		.about = "Makes a CA to pin in devices, also as a C string, a "
			 "server certificate, for an\naddress a second one "
			 "that old mbedTLS takes, and the configuration for "
			 "them.\n",
		.options = options,
		.option_count = 3,
		.operands = 1};
	struct pki pki = {0};
	char **operands;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	if (!is_algorithm(algorithm))
		return args_wrong(&args, argv[0],
				  "'%s' is no algorithm; --help lists them",
				  algorithm);
	status = read_names(&pki, &names, &args, argv[0]);
	if (status == EXIT_DONE)
		status = read_days(&pki, days, &args, argv[0]);
	if (status != EXIT_DONE)
		return status;
	if (make(&pki, operands[0], algorithm, &err))
		print_made(&pki, operands[0]);
	else
		status = command_failed(argv[0], &err);
	pki_free(&pki);
	return status;
}

/* ---- renew -------------------------------------------------------------- */

static bool path_of(char path[static PATH_MAX], const char *dir,
		    const char *name, struct err *err)
{
	return snprintf(path, PATH_MAX, "%s/%s", dir, name) < PATH_MAX ||
	       err_set(err, ERR_INVALID, "%s: the path is too long", dir);
}

static bool read_authority(struct pki *pki, const char *dir, struct err *err)
{
	char key[PATH_MAX], certificate[PATH_MAX];

	return path_of(key, dir, ca_key, err) &&
	       path_of(certificate, dir, ca_pem, err) &&
	       authority_read(&pki->authority, key, certificate, err);
}

/* The names of the certificate that is to be replaced. */
static bool read_hosts(struct pki *pki, const char *dir, struct err *err)
{
	STACK_OF(X509) * chain;
	char path[PATH_MAX];
	bool ok;

	if (!path_of(path, dir, pairs[SERVER].certificate, err) ||
	    !key_read_certificates(&chain, path, err))
		return false;
	ok = naming_read(pki->hosts, &pki->host_count, sk_X509_value(chain, 0),
			 err) ||
	     err_wrap(err, "%s", path);
	sk_X509_pop_free(chain, X509_free);
	return ok;
}

/* A pair that was not needed before has no key yet. */
static bool has_pair(const char *dir, enum pair pair)
{
	char path[PATH_MAX];
	struct err ignored;

	return (path_of(path, dir, pairs[pair].key, &ignored) &&
		access(path, F_OK) == 0) ||
	       (path_of(path, dir, pairs[pair].certificate, &ignored) &&
		access(path, F_OK) == 0);
}

static bool renew_pair(struct pki *pki, const char *dir, enum pair pair,
		       bool new_key, struct err *err)
{
	const char *algorithm = key_name(pki->authority.key);
	EVP_PKEY **key = &pki->keys[pair];
	char path[PATH_MAX];

	if (!path_of(path, dir, pairs[pair].key, err))
		return false;
	pki->first[pair] = !has_pair(dir, pair);
	new_key = new_key || pki->first[pair];
	return (new_key ? key_generate(key, algorithm, err)
			: key_read_private(key, path, err)) &&
	       issue(pki, pair, err) && add_pair(pki, pair, new_key, err);
}

static bool add_config(struct pki *pki, const char *dir, struct err *err)
{
	const struct pki_file *file;
	struct err ignored;
	char path[PATH_MAX], *old = NULL;
	size_t len;

	if (!path_of(path, dir, config, err) ||
	    !pki_files_add_config(&pki->files, config, pki->dir, pki->hosts,
				  pki->host_count, err))
		return false;
	file = &pki->files.files[pki->files.count - 1];
	pki->new_config = !file_read(path, CONFIG_MAX, &old, &len, &ignored) ||
			  len != file->len || memcmp(old, file->data, len);
	free(old);
	return true;
}

/* Hosts that are given replace those of the certificates there. */
static bool renew_all(struct pki *pki, const char *dir, bool new_key,
		      struct err *err)
{
	bool new_hosts = pki->host_count > 0;

	if (!pki_files_resolve(pki->dir, dir, err) ||
	    !read_authority(pki, dir, err) ||
	    (!new_hosts && !read_hosts(pki, dir, err)))
		return false;
	for (int i = 0; i < PAIRS; i++) {
		if (is_wanted(pki, i) && !renew_pair(pki, dir, i, new_key, err))
			return false;
	}
	return (!new_hosts || add_config(pki, dir, err)) &&
	       pki_files_replace(&pki->files, dir, err);
}

static void print_renewed(const struct pki *pki, const char *dir)
{
	print_pairs(pki, dir);
	if (pki->new_config)
		printf("configuration: %s/%s\n\nThe section of %s has "
		       "changed: it must go into otterd.yaml\nagain, in place "
		       "of the old one.\n",
		       dir, config, config);
	if (!pki->certificates[OLD_MBEDTLS] && has_pair(dir, OLD_MBEDTLS))
		printf("\n%s/%s and %s are renewed no more, since\nno name "
		       "is an address: remove them when otterd.yaml does not "
		       "name them.\n",
		       dir, pairs[OLD_MBEDTLS].certificate,
		       pairs[OLD_MBEDTLS].key);
	print_access(pki);
}

static int renew(int argc, char **argv)
{
	const char *days = days_default, *texts[NAMING_MAX];
	struct args_list names = {.texts = texts, .max = NAMING_MAX};
	bool new_key = false;
	const struct args_option options[] = {
		NAME_OPTION(false, &names),
		DAYS_OPTION(&days),
		{.name = "new-key",
		 .help = "make new keys for the server too, which is wrong "
			 "for devices that pin one",
		 .flag = &new_key},
	};
	const struct args args = {
		.synopsis = "DIR [--name HOST ...] [--days N] [--new-key]",
		.about = "Issues new server certificates from the CA in DIR, "
			 "for the same names unless\n--name gives others.  A "
			 "running otterd takes them over by itself.\n",
		.options = options,
		.option_count = 3,
		.operands = 1};
	struct pki pki = {0};
	char **operands;
	struct err err;
	int status;

	if (!args_read(&args, argc, argv, &operands, &status))
		return status;
	status = read_names(&pki, &names, &args, argv[0]);
	if (status == EXIT_DONE)
		status = read_days(&pki, days, &args, argv[0]);
	if (status != EXIT_DONE)
		return status;
	if (renew_all(&pki, operands[0], new_key, &err))
		print_renewed(&pki, operands[0]);
	else
		status = command_failed(argv[0], &err);
	pki_free(&pki);
	return status;
}

int pki_main(int argc, char **argv)
{
	static const struct command commands[] = {
		{"init", "make a CA, server certificates and what to pin",
		 init},
		{"renew", "issue new server certificates", renew},
	};

	return command_run(commands, sizeof(commands) / sizeof(*commands), argc,
			   argv);
}
