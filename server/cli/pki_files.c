#include "cli/pki_files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "pki/certificate.h"
#include "pki/key.h"

/* ---- what they hold ----------------------------------------------------- */

static struct pki_file *next(struct pki_files *set, const char *name,
			     mode_t mode)
{
	struct pki_file *file = &set->files[set->count++];

	assert(set->count <= PKI_FILES_MAX);
	file->name = name;
	file->mode = mode;
	return file;
}

static bool add_text(struct pki_files *set, const char *name,
		     struct strbuf *text, struct err *err)
{
	struct pki_file *file = next(set, name, 0644);

	file->data = strbuf_take(text, &file->len);
	return file->data || err_memory(err);
}

bool pki_files_add_key(struct pki_files *set, const char *name, EVP_PKEY *key,
		       struct err *err)
{
	struct pki_file *file = next(set, name, 0600);

	return key_write_private(key, &file->data, &file->len, err);
}

bool pki_files_add_certificate(struct pki_files *set, const char *name,
			       X509 *certificate, struct err *err)
{
	struct pki_file *file = next(set, name, 0644);

	return authority_write(certificate, &file->data, &file->len, err);
}

static void quote_lines(struct strbuf *out, const char *pem)
{
	while (*pem) {
		int len = (int)strcspn(pem, "\n");

		strbuf_printf(out, "\n\t\"%.*s\\n\"", len, pem);
		pem += len + (pem[len] == '\n');
	}
}

bool pki_files_add_source(struct pki_files *set, const char *name,
			  X509 *certificate, struct err *err)
{
	char subject[CERTIFICATE_NAME_SIZE], until[CLOCK_TEXT_SIZE], *pem;
	struct strbuf text = {0};
	size_t len;

	if (!authority_write(certificate, &pem, &len, err))
		return false;
	certificate_subject(certificate, subject);
	clock_rfc3339(certificate_not_after(certificate), until);
	strbuf_printf(&text,
		      "/*\n * What a device pins: %s, until\n * %s.  mbedTLS "
		      "wants its length with the NUL, sizeof(ca_pem).\n */\n"
		      "#ifndef CA_PEM_H\n#define CA_PEM_H\n\n"
		      "static const char ca_pem[] =",
		      subject, until);
	quote_lines(&text, pem);
	strbuf_puts(&text, ";\n\n#endif\n");
	free(pem);
	return add_text(set, name, &text, err);
}

/* Devices send the address they connect to as SNI; others send none then. */
static void add_old_rules(struct strbuf *out, const struct host *hosts,
			  size_t count)
{
	strbuf_puts(out, "  # Devices send an address as SNI.  mbedTLS before "
			 "3.5 and BearSSL find it only\n"
			 "  # as common name of a certificate without "
			 "subjectAltName, others only there.\n"
			 "  select:\n");
	for (size_t i = 0; i < count; i++) {
		if (hosts[i].address_len)
			strbuf_printf(out,
				      "    - {sni: \"%s\", "
				      "profile: old-mbedtls}\n",
				      hosts[i].text);
	}
}

static bool any_address(const struct host *hosts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (hosts[i].address_len)
			return true;
	}
	return false;
}

bool pki_files_resolve(char path[static PATH_MAX], const char *dir,
		       struct err *err)
{
	char parent[PATH_MAX], name[PATH_MAX];
	size_t len;

	if (realpath(dir, path))
		return true;
	if (errno != ENOENT || !text_copy(parent, sizeof(parent), dir) ||
	    !text_copy(name, sizeof(name), dir) ||
	    !realpath(dirname(parent), path))
		return err_sys(err, "%s", dir);
	len = strlen(path);
	if (snprintf(path + len, PATH_MAX - len, "/%s", basename(name)) >=
	    (int)(PATH_MAX - len))
		return err_set(err, ERR_INVALID, "the path is too long");
	return true;
}

static bool is_showable(const char *dir, struct err *err)
{
	const char *at = dir;
	size_t len;

	while ((len = utf8_printable(at)))
		at += len;
	return !*at || err_set(err, ERR_INVALID,
			       "%s: otterd.yaml cannot hold this path: "
			       "expected UTF-8 without control characters",
			       dir);
}

/* A string of JSON is one of YAML. */
static void add_path(struct strbuf *out, const char *dir, const char *file)
{
	json_t *path = json_sprintf("%s/%s", dir, file);
	size_t len = 0;
	char *text = path ? json_write(path, &len) : NULL;

	if (text)
		strbuf_add(out, text, len);
	else
		out->failed = true;
	free(text);
	json_decref(path);
}

static void add_pair(struct strbuf *out, const char *dir, const char *name,
		     const char *certificate, const char *key)
{
	strbuf_printf(out, "    - {name: %s, file: ", name);
	add_path(out, dir, certificate);
	strbuf_puts(out, ", key: ");
	add_path(out, dir, key);
	strbuf_puts(out, "}\n");
}

bool pki_files_add_config(struct pki_files *set, const char *name,
			  const char *dir, const struct host *hosts,
			  size_t count, struct err *err)
{
	bool old = any_address(hosts, count);
	struct strbuf text = {0};

	if (!is_showable(dir, err))
		return false;
	strbuf_puts(&text, "# For otterd.yaml, written by `otterd pki`.\n"
			   "tls:\n"
			   "  anchors:\n"
			   "    # devices without a clock: checks_time: false\n"
			   "    - {name: own-ca, file: ");
	add_path(&text, dir, "ca.pem");
	strbuf_puts(&text, "}\n  certificates:\n");
	add_pair(&text, dir, "own", "server.pem", "server.key");
	if (old)
		add_pair(&text, dir, "old-mbedtls", "old-mbedtls.pem",
			 "old-mbedtls.key");
	strbuf_puts(&text, "  profiles:\n"
			   "    - {name: own, certificates: [own], "
			   "anchor: own-ca}\n");
	if (old) {
		strbuf_puts(&text, "    - {name: old-mbedtls, "
				   "certificates: [old-mbedtls], "
				   "anchor: own-ca}\n");
		add_old_rules(&text, hosts, count);
	}
	strbuf_puts(&text, "  default_profile: own\n");
	if (old)
		strbuf_puts(&text, "  ladder: [own, old-mbedtls]\n");
	return add_text(set, name, &text, err);
}

/* ---- a new directory ---------------------------------------------------- */

enum { SUFFIX_SIZE = 16 };

static bool path_of(char path[static PATH_MAX], const char *dir,
		    const char *name, const char *suffix, struct err *err)
{
	int len = snprintf(path, PATH_MAX, "%s/%s%s", dir, name, suffix);

	return len < PATH_MAX ||
	       err_set(err, ERR_INVALID, "%s: the path is too long", dir);
}

static bool sync_dir(const char *dir, const char *name, struct err *err)
{
	char path[PATH_MAX];
	bool ok;
	int fd;

	if (!path_of(path, dir, name, "", err))
		return false;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "%s", path);
	ok = file_sync_dir(fd, path, err);
	close(fd);
	return ok;
}

/* Of what is not there nothing can be removed, which is as well. */
static void remove_files(const struct pki_files *set, const char *dir,
			 const char *suffix)
{
	char path[PATH_MAX];
	struct err ignored;

	for (size_t i = 0; i < set->count; i++) {
		if (path_of(path, dir, set->files[i].name, suffix, &ignored))
			unlink(path);
	}
}

static bool fill(const struct pki_files *set, const char *dir, struct err *err)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < set->count; i++) {
		const struct pki_file *f = &set->files[i];

		if (!path_of(path, dir, f->name, "", err) ||
		    !file_create(path, f->data, f->len, f->mode, err))
			return false;
	}
	return true;
}

/* rename(2) takes an empty directory's place, and no other's. */
static bool put_in_place(const char *from, const char *to, struct err *err)
{
	if (rename(from, to) == 0)
		return sync_dir(to, "..", err);
	if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
		return err_set(err, ERR_CONFLICT,
			       "%s: it is there already, and nothing is "
			       "written over: expected an empty directory or "
			       "none",
			       to);
	return err_sys(err, "%s", to);
}

bool pki_files_create(const struct pki_files *set, const char *dir,
		      struct err *err)
{
	char to[PATH_MAX], from[PATH_MAX];
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (len + SUFFIX_SIZE > sizeof(to))
		return err_set(err, ERR_INVALID, "the path is too long");
	snprintf(to, sizeof(to), "%.*s", (int)len, dir);
	snprintf(from, sizeof(from), "%.*s.XXXXXX", (int)len, dir);
	if (!mkdtemp(from)) /* mode 0700 */
		return err_sys(err, "%s", to);
	if (fill(set, from, err) && put_in_place(from, to, err))
		return true;
	remove_files(set, from, "");
	rmdir(from);
	return false;
}

/* ---- new files in it ---------------------------------------------------- */

static const char staged[] = ".new";

/* Not by its path: root may do this where another user could swap files. */
static bool give_to(const char *path, const struct stat *owner, struct err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool ok = fd >= 0 && fchown(fd, owner->st_uid, owner->st_gid) == 0;

	if (!ok)
		err_sys(err, "%s: its owner", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool stage(const struct pki_file *file, const char *dir, struct err *err)
{
	char old[PATH_MAX], path[PATH_MAX];
	struct stat st = {.st_mode = file->mode};
	bool known;

	if (!path_of(old, dir, file->name, "", err) ||
	    !path_of(path, dir, file->name, staged, err))
		return false;
	known = lstat(old, &st) == 0;
	return file_replace(path, file->data, file->len, st.st_mode & 0777,
			    err) &&
	       (!known || give_to(path, &st, err));
}

static bool commit(const struct pki_file *file, const char *dir,
		   struct err *err)
{
	char from[PATH_MAX], to[PATH_MAX];

	return path_of(from, dir, file->name, staged, err) &&
	       path_of(to, dir, file->name, "", err) &&
	       (rename(from, to) == 0 || err_sys(err, "%s", to));
}

bool pki_files_replace(const struct pki_files *set, const char *dir,
		       struct err *err)
{
	bool ok = true;

	for (size_t i = 0; i < set->count && ok; i++)
		ok = stage(&set->files[i], dir, err);
	for (size_t i = 0; i < set->count && ok; i++)
		ok = commit(&set->files[i], dir, err);
	if (ok)
		return sync_dir(dir, ".", err);
	remove_files(set, dir, staged);
	return false;
}

void pki_files_free(struct pki_files *set)
{
	for (size_t i = 0; i < set->count; i++) {
		OPENSSL_cleanse(set->files[i].data, set->files[i].len);
		free(set->files[i].data);
	}
	*set = (struct pki_files){0};
}
