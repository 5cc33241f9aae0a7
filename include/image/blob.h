/*
 * blob - the content-addressed store of images.
 *
 * DATA_DIR/images holds one file per image, named by the SHA-256 of its
 * bytes.  A file gets that name only when all its bytes are on disk, so
 * what has a name is whole.  Uploads in progress are unnamed or carry a
 * ".upload-" prefix and never survive a start.  Only regular files count:
 * symbolic links are never followed, and a sweep leaves them alone.
 */
#ifndef OTTERD_IMAGE_BLOB_H
#define OTTERD_IMAGE_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"

struct blob_store;
struct blob_upload;

/*
 * Open DATA_DIR/images, made with mode 0750 when absent, and remove what
 * unfinished uploads left.  The caller owns *out.
 */
bool blob_store_open(struct blob_store **out, const char *data_dir,
		     struct err *err);
void blob_store_close(struct blob_store *store);

/*
 * Call `keep` for each stored image and remove those it returns false for,
 * as at start for files whose database row was never written.
 */
bool blob_store_sweep(struct blob_store *store,
		      bool (*keep)(void *arg, const struct digest *id),
		      void *arg, struct err *err);

/*
 * Begin an upload of at most `max` bytes.  `expected` is the length that the
 * client announced, or BLOB_LENGTH_UNKNOWN; one over `max` is ERR_TOO_LARGE
 * at once, and room for it is reserved on the disk (ERR_NO_SPACE).
 */
#define BLOB_LENGTH_UNKNOWN UINT64_MAX
bool blob_upload_begin(struct blob_upload **out, struct blob_store *store,
		       uint64_t max, uint64_t expected, struct err *err);

/* Append bytes and hash them.  ERR_TOO_LARGE, ERR_NO_SPACE, ERR_SYSTEM. */
bool blob_upload_write(struct blob_upload *upload, const void *data, size_t len,
		       struct err *err);

/*
 * End the input: the digest and size of what was written.  ERR_INVALID, with
 * got and wanted, when it is not the expected length or is empty.
 */
bool blob_upload_end(struct blob_upload *upload, struct digest *id,
		     uint64_t *size, struct err *err);

/* The file, open for reading and positioned reads; it stays the upload's. */
int blob_upload_fd(const struct blob_upload *upload);

/*
 * After blob_upload_end(): fsync, give it its name, fsync the directory.  An
 * image that is there already is success with *existed set; ERR_CONFLICT when
 * something else has its name.  Slow: not for a worker's thread.
 */
bool blob_upload_commit(struct blob_upload *upload, bool *existed,
			struct err *err);

/* Free the upload; what was not committed is removed. */
void blob_upload_free(struct blob_upload *upload);

/*
 * Open an image for reading; the caller closes *fd.  ERR_NOT_FOUND when it
 * is not stored, ERR_INVALID when what has its name is no regular file.
 * *modified is the file's time, UTC seconds.
 */
bool blob_open(struct blob_store *store, const struct digest *id, int *fd,
	       uint64_t *size, int64_t *modified, struct err *err);

/* Remove an image; one that is not there is success. */
bool blob_remove(struct blob_store *store, const struct digest *id,
		 struct err *err);

#endif
