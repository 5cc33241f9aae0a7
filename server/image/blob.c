#include "image/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/*
 * Dirty pages are sent to the disk piece by piece, not all at the fsync.  The
 * call does not wait for the disk, but takes the longer the larger the step.
 */
enum { WRITEBACK_STEP = 1024 * 1024 };

enum { NAME_TRIES = 8 }; /* when others remove the same image meanwhile */

static const char folder[] = "images";
static const char upload_prefix[] = ".upload-";

struct blob_store {
	int dir;
	_Atomic unsigned int uploads; /* begun; makes their names differ */
};

struct blob_upload {
	struct blob_store *store;
	int fd;
	char name[sizeof(upload_prefix) + 16]; /* "" when it has none */
	uint64_t max;
	uint64_t expected;
	uint64_t size;
	uint64_t flushed; /* bytes whose writing was begun */
	struct hasher *hasher;
	struct digest id; /* after blob_upload_end() */
};

/* ---- the store ---------------------------------------------------------- */

/* Call each() for every name in the folder; it may unlink that name. */
static bool for_each_name(struct blob_store *store,
			  bool (*each)(struct blob_store *store,
				       const char *name, void *arg,
				       struct err *err),
			  void *arg, struct err *err)
{
	int fd = openat(store->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool ok = true;

	if (!dir) {
		err_sys(err, "%s", folder);
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (ok) {
		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		ok = each(store, entry->d_name, arg, err);
	}
	if (ok && errno)
		ok = err_sys(err, "%s", folder);
	closedir(dir);
	return ok;
}

static bool remove_upload(struct blob_store *store, const char *name, void *arg,
			  struct err *err)
{
	(void)arg;
	if (strncmp(name, upload_prefix, sizeof(upload_prefix) - 1) != 0)
		return true;
	return unlinkat(store->dir, name, 0) == 0 ||
	       err_sys(err, "%s/%s", folder, name);
}

bool blob_store_open(struct blob_store **out, const char *data_dir,
		     struct err *err)
{
	struct blob_store *store = calloc(1, sizeof(*store));
	int data;

	*out = NULL;
	if (!store)
		return err_memory(err);
	store->dir = -1;
	data = open(data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (data < 0) {
		err_sys(err, "%s", data_dir);
		goto fail;
	}
	if (mkdirat(data, folder, 0750) == 0) {
		if (!file_sync_dir(data, data_dir, err))
			goto fail;
	} else if (errno != EEXIST) {
		err_sys(err, "%s/%s", data_dir, folder);
		goto fail;
	}
	store->dir = openat(data, folder,
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (store->dir < 0) {
		err_sys(err, "%s/%s", data_dir, folder);
		goto fail;
	}
	if (!for_each_name(store, remove_upload, NULL, err))
		goto fail;
	close(data);
	*out = store;
	return true;
fail:
	if (data >= 0)
		close(data);
	blob_store_close(store);
	return false;
}

void blob_store_close(struct blob_store *store)
{
	if (!store)
		return;
	if (store->dir >= 0)
		close(store->dir);
	free(store);
}

/* An image is a regular file named by a digest; *st says more of it. */
static bool is_image(struct blob_store *store, const char *name,
		     struct digest *id, struct stat *st)
{
	return digest_parse(id, name, strlen(name)) &&
	       fstatat(store->dir, name, st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st->st_mode);
}

struct sweep {
	bool (*keep)(void *arg, const struct digest *id);
	void *arg;
};

static bool sweep_name(struct blob_store *store, const char *name, void *arg,
		       struct err *err)
{
	struct sweep *sweep = arg;
	struct digest id;
	struct stat st;

	if (!is_image(store, name, &id, &st) || sweep->keep(sweep->arg, &id))
		return true;
	return blob_remove(store, &id, err);
}

bool blob_store_sweep(struct blob_store *store,
		      bool (*keep)(void *arg, const struct digest *id),
		      void *arg, struct err *err)
{
	struct sweep sweep = {keep, arg};

	return for_each_name(store, sweep_name, &sweep, err);
}

/* ---- uploads ------------------------------------------------------------ */

static bool too_large(uint64_t size, uint64_t max, struct err *err)
{
	return err_set(err, ERR_TOO_LARGE,
		       "the image is too large: %" PRIu64
		       " bytes, at most %" PRIu64 " are taken",
		       size, max);
}

/* Without a name where the file system can, else under a marked one. */
static bool open_temporary(struct blob_upload *upload, struct err *err)
{
	int dir = upload->store->dir;

	upload->fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0640);
	if (upload->fd >= 0)
		return true;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return err_sys(err, "temporary image");
	snprintf(upload->name, sizeof(upload->name), "%s%u", upload_prefix,
		 upload->store->uploads++);
	upload->fd = openat(dir, upload->name,
			    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			    0640);
	return upload->fd >= 0 || err_sys(err, "temporary image");
}

/* Not posix_fallocate(), which writes zeros where this is not supported. */
static bool reserve(struct blob_upload *upload, struct err *err)
{
	if (upload->expected == BLOB_LENGTH_UNKNOWN || !upload->expected)
		return true;
	do {
		if (fallocate(upload->fd, 0, 0, (off_t)upload->expected) == 0)
			return true;
	} while (errno == EINTR);
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return true;
	return err_sys(err, "no room for an image of %" PRIu64 " bytes",
		       upload->expected);
}

bool blob_upload_begin(struct blob_upload **out, struct blob_store *store,
		       uint64_t max, uint64_t expected, struct err *err)
{
	struct blob_upload *upload;

	*out = NULL;
	if (expected != BLOB_LENGTH_UNKNOWN && expected > max)
		return too_large(expected, max, err);
	upload = calloc(1, sizeof(*upload));
	if (!upload)
		return err_memory(err);
	upload->store = store;
	upload->fd = -1;
	upload->max = max;
	upload->expected = expected;
	upload->hasher = hasher_new();
	if (!upload->hasher) {
		err_memory(err);
		goto fail;
	}
	if (!open_temporary(upload, err) || !reserve(upload, err))
		goto fail;
	*out = upload;
	return true;
fail:
	blob_upload_free(upload);
	return false;
}

bool blob_upload_write(struct blob_upload *upload, const void *data, size_t len,
		       struct err *err)
{
	if (len > upload->max - upload->size)
		return too_large(upload->size + len, upload->max, err);
	if (!hasher_add(upload->hasher, data, len))
		return err_openssl(err, ERR_SYSTEM, "SHA-256");
	if (!file_write_all(upload->fd, data, len, err))
		return err_wrap(err, "image");
	upload->size += len;
	if (upload->size - upload->flushed >= WRITEBACK_STEP) {
		sync_file_range(upload->fd, (off_t)upload->flushed,
				(off_t)(upload->size - upload->flushed),
				SYNC_FILE_RANGE_WRITE);
		upload->flushed = upload->size;
	}
	return true;
}

bool blob_upload_end(struct blob_upload *upload, struct digest *id,
		     uint64_t *size, struct err *err)
{
	if (!upload->size)
		return err_set(err, ERR_INVALID, "the image is empty");
	if (upload->expected != BLOB_LENGTH_UNKNOWN &&
	    upload->expected != upload->size)
		return err_set(err, ERR_INVALID,
			       "%" PRIu64 " bytes came, but %" PRIu64
			       " were announced",
			       upload->size, upload->expected);
	if (!hasher_finish(upload->hasher, &upload->id))
		return err_openssl(err, ERR_SYSTEM, "SHA-256");
	*id = upload->id;
	*size = upload->size;
	return true;
}

int blob_upload_fd(const struct blob_upload *upload)
{
	return upload->fd;
}

/* Give the file its name; EEXIST when the image is there already. */
static int name_upload(struct blob_upload *upload, const char *name)
{
	int dir = upload->store->dir;
	char self[64];

	if (upload->name[0])
		return linkat(dir, upload->name, dir, name, 0);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", upload->fd);
	return linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW);
}

/* What has the name already must be the image, whole. */
static bool check_existing(const struct blob_upload *upload, const char *name,
			   const struct stat *st, struct err *err)
{
	if (S_ISREG(st->st_mode) && (uint64_t)st->st_size == upload->size)
		return true;
	return err_set(
		err, ERR_CONFLICT,
		"%s/%s is in the way: expected a regular file of %" PRIu64
		" bytes",
		folder, name, upload->size);
}

/* An image with this name may be removed just when it is looked at. */
static bool name_or_find(struct blob_upload *upload, const char *name,
			 bool *existed, struct err *err)
{
	struct stat st;

	for (int i = 0; i < NAME_TRIES; i++) {
		if (name_upload(upload, name) == 0)
			return true;
		if (errno != EEXIST)
			return err_sys(err, "image %s", name);
		*existed = fstatat(upload->store->dir, name, &st,
				   AT_SYMLINK_NOFOLLOW) == 0;
		if (*existed)
			return check_existing(upload, name, &st, err);
		if (errno != ENOENT)
			return err_sys(err, "image %s", name);
	}
	return err_set(err, ERR_BUSY, "image %s: being removed; try again",
		       name);
}

bool blob_upload_commit(struct blob_upload *upload, bool *existed,
			struct err *err)
{
	char name[DIGEST_HEX_SIZE];

	*existed = false;
	digest_hex(&upload->id, name);
	if (fsync(upload->fd) < 0)
		return err_sys(err, "image %s", name);
	return name_or_find(upload, name, existed, err) &&
	       file_sync_dir(upload->store->dir, folder, err);
}

void blob_upload_free(struct blob_upload *upload)
{
	if (!upload)
		return;
	if (upload->name[0] && upload->fd >= 0)
		unlinkat(upload->store->dir, upload->name, 0);
	if (upload->fd >= 0)
		close(upload->fd);
	hasher_free(upload->hasher);
	free(upload);
}

/* ---- images ------------------------------------------------------------- */

bool blob_open(struct blob_store *store, const struct digest *id, int *fd,
	       uint64_t *size, int64_t *modified, struct err *err)
{
	char name[DIGEST_HEX_SIZE];
	struct stat st;

	digest_hex(id, name);
	*fd = openat(store->dir, name,
		     O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (*fd < 0 && errno == ELOOP)
		return err_set(err, ERR_INVALID, "image %s: a symbolic link",
			       name);
	if (*fd < 0)
		return err_sys(err, "image %s", name);
	if (fstat(*fd, &st) < 0) {
		err_sys(err, "image %s", name);
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, ERR_INVALID, "image %s: not a regular file", name);
		goto fail;
	}
	*size = (uint64_t)st.st_size;
	*modified = (int64_t)st.st_mtime;
	return true;
fail:
	close(*fd);
	*fd = -1;
	return false;
}

bool blob_remove(struct blob_store *store, const struct digest *id,
		 struct err *err)
{
	char name[DIGEST_HEX_SIZE];

	digest_hex(id, name);
	if (unlinkat(store->dir, name, 0) == 0)
		return file_sync_dir(store->dir, folder, err);
	return errno == ENOENT || err_sys(err, "image %s", name);
}
