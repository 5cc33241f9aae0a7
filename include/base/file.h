/*
 * file - whole small files, and replacing a file so that a crash leaves
 * either the old or the new one.
 */
#ifndef OTTERD_BASE_FILE_H
#define OTTERD_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Read a whole regular file of at most `max` bytes.  *data is NUL-terminated
 * after *len bytes and the caller's to free().  The error names the path.
 */
bool file_read(const char *path, size_t max, char **data, size_t *len,
	       struct err *err);

/*
 * The same for a file that holds a secret: refused when group or others may
 * read or write it (mode & 077, unless it belongs to root and only its group
 * may read it, as for a key in a group of its own, mode 0640), with the chmod
 * that mends it in the error.
 */
bool file_read_secret(const char *path, size_t max, char **data, size_t *len,
		      struct err *err);

/*
 * Write `data` to a temporary beside `path` with this mode, fsync it, rename
 * it over `path` and fsync the directory.  Nothing is left when it fails.
 */
bool file_replace(const char *path, const void *data, size_t len, mode_t mode,
		  struct err *err);

/* The same with what the file `from`, the caller's, holds from its offset on.
 */
bool file_replace_copy(const char *path, int from, mode_t mode,
		       struct err *err);

/* file_replace(), but fail with ERR_CONFLICT when `path` exists. */
bool file_create(const char *path, const void *data, size_t len, mode_t mode,
		 struct err *err);

/* Write all `len` bytes to fd, going on after short writes and EINTR. */
bool file_write_all(int fd, const void *data, size_t len, struct err *err);

/* fsync the directory behind `dir_fd`.  `what` names it in the error. */
bool file_sync_dir(int dir_fd, const char *what, struct err *err);

#endif
