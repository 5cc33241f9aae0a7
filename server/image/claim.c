#include "image/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool going_away(struct err *err)
{
	return err_set(err, ERR_BUSY,
		       "the same image was being deleted; try again");
}

/* The file of an image that was stored before; it may be going away. */
static bool claim_stored(int *claim, struct blob_store *store,
			 const struct digest *id, struct err *err)
{
	struct stat st;
	int64_t modified;
	uint64_t size;
	int fd;

	if (!blob_open(store, id, &fd, &size, &modified, err))
		return err->code == ERR_NOT_FOUND ? going_away(err) : false;
	if (flock(fd, LOCK_SH) || fstat(fd, &st)) {
		err_sys(err, "image");
	} else if (!st.st_nlink) {
		going_away(err);
	} else {
		*claim = fd;
		return true;
	}
	close(fd);
	return false;
}

bool claim_commit(int *claim, struct blob_store *store,
		  struct blob_upload *upload, const struct digest *id,
		  struct err *err)
{
	int fd = fcntl(blob_upload_fd(upload), F_DUPFD_CLOEXEC, 0);
	bool existed;

	*claim = -1;
	if (fd < 0)
		return err_sys(err, "image");
	if (flock(fd, LOCK_SH)) {
		err_sys(err, "image");
		goto fail;
	}
	if (!blob_upload_commit(upload, &existed, err))
		goto fail;
	if (existed) {
		close(fd);
		return claim_stored(claim, store, id, err);
	}
	*claim = fd;
	return true;
fail:
	close(fd);
	return false;
}

bool claim_remove(struct blob_store *store, const struct digest *id,
		  bool (*named)(void *arg, const struct digest *id, bool *is,
				struct err *err),
		  void *arg, struct err *err)
{
	bool is_named = true, ok = true;
	int64_t modified;
	uint64_t size;
	int fd;

	if (!blob_open(store, id, &fd, &size, &modified, err))
		return err->code == ERR_NOT_FOUND;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			ok = err_sys(err, "image");
	} else {
		ok = named(arg, id, &is_named, err);
		if (ok && !is_named)
			ok = blob_remove(store, id, err);
	}
	close(fd);
	return ok;
}
