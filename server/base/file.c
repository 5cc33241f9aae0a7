#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_PIECE = 1024 * 1024 * 1024 }; /* bytes of one sendfile(2) */
enum { PATH_SIZE = 4096 };		  /* bytes; PATH_MAX */

/* ---- reading ------------------------------------------------------------ */

static bool read_all(int fd, const char *path, size_t max, char **data,
		     size_t *len, struct err *err)
{
	char *buf = malloc(max + 2);
	size_t got = 0;
	ssize_t n = 1;

	if (!buf)
		return err_memory(err);
	/* One byte more than allowed tells a file that is too large. */
	while (n && got <= max) {
		n = read(fd, buf + got, max + 1 - got);
		if (n > 0)
			got += (size_t)n;
		else if (n < 0 && errno != EINTR)
			break;
	}
	if (n < 0) {
		err_sys(err, "%s", path);
	} else if (got > max) {
		err_set(err, ERR_TOO_LARGE, "%s: larger than %zu bytes", path,
			max);
	} else {
		buf[got] = '\0';
		*data = buf;
		*len = got;
		return true;
	}
	free(buf);
	return false;
}

/* A key's group may read it when root owns it: a group of its own. */
static bool is_private(const char *path, const struct stat *st, struct err *err)
{
	mode_t open_to = st->st_mode & 077;

	if (!open_to || (open_to == 040 && st->st_uid == 0))
		return true;
	return err_set(err, ERR_DENIED,
		       "%s: others may use this secret (mode %04o): mend it "
		       "with: chmod 600 %s",
		       path, (unsigned int)(st->st_mode & 07777), path);
}

static bool read_file(const char *path, size_t max, bool secret, char **data,
		      size_t *len, struct err *err)
{
	struct stat st;
	bool ok = false;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	*data = NULL;
	*len = 0;
	if (fd < 0)
		return err_sys(err, "%s", path);
	if (fstat(fd, &st) < 0)
		err_sys(err, "%s", path);
	else if (!S_ISREG(st.st_mode))
		err_set(err, ERR_INVALID, "%s: not a regular file", path);
	else if (!secret || is_private(path, &st, err))
		ok = read_all(fd, path, max, data, len, err);
	close(fd);
	return ok;
}

bool file_read(const char *path, size_t max, char **data, size_t *len,
	       struct err *err)
{
	return read_file(path, max, false, data, len, err);
}

bool file_read_secret(const char *path, size_t max, char **data, size_t *len,
		      struct err *err)
{
	return read_file(path, max, true, data, len, err);
}

/* ---- writing ------------------------------------------------------------ */

bool file_write_all(int fd, const void *data, size_t len, struct err *err)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, "write");
		at += n;
		len -= (size_t)n;
	}
	return true;
}

bool file_sync_dir(int dir_fd, const char *what, struct err *err)
{
	return fsync(dir_fd) == 0 || err_sys(err, "%s", what);
}

static bool sync_dir_of(const char *path, struct err *err)
{
	char copy[PATH_SIZE];
	const char *dir;
	bool ok;
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	dir = dirname(copy);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "%s", dir);
	ok = file_sync_dir(fd, dir, err);
	close(fd);
	return ok;
}

/* Where a new file's content comes from. */
struct source {
	const void *data;
	size_t len;
	int fd; /* copied from its offset on instead, unless -1 */
};

static bool copy_all(int to, int from, struct err *err)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, COPY_PIECE);
	while (n > 0 || (n < 0 && errno == EINTR));
	return n == 0 || err_sys(err, "copying");
}

static bool write_temporary(int fd, const char *path,
			    const struct source *source, mode_t mode,
			    struct err *err)
{
	bool ok = source->fd < 0
			  ? file_write_all(fd, source->data, source->len, err)
			  : copy_all(fd, source->fd, err);

	if (!ok)
		return err_wrap(err, "%s", path);
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return err_sys(err, "%s", path);
	return true;
}

/* rename(2), or link(2), which fails when there is a file already. */
static bool put_in_place(const char *from, const char *to, bool replace,
			 struct err *err)
{
	if (replace)
		return rename(from, to) == 0 || err_sys(err, "%s", to);
	if (link(from, to) < 0)
		return err_sys(err, "%s", to);
	unlink(from);
	return true;
}

static bool put_file(const char *path, const struct source *source, mode_t mode,
		     bool replace, struct err *err)
{
	char temporary[PATH_SIZE];
	bool ok;
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >=
	    PATH_SIZE)
		return err_set(err, ERR_INVALID, "path too long: %s", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "%s", path);
	ok = write_temporary(fd, path, source, mode, err);
	close(fd);
	ok = ok && put_in_place(temporary, path, replace, err);
	if (!ok) {
		unlink(temporary);
		return false;
	}
	return sync_dir_of(path, err);
}

bool file_replace(const char *path, const void *data, size_t len, mode_t mode,
		  struct err *err)
{
	const struct source source = {.data = data, .len = len, .fd = -1};

	return put_file(path, &source, mode, true, err);
}

bool file_create(const char *path, const void *data, size_t len, mode_t mode,
		 struct err *err)
{
	const struct source source = {.data = data, .len = len, .fd = -1};

	return put_file(path, &source, mode, false, err);
}

bool file_replace_copy(const char *path, int from, mode_t mode, struct err *err)
{
	const struct source source = {.fd = from};

	return put_file(path, &source, mode, true, err);
}
