/* What the tests of the store of images share: a store and uploads to it. */
#ifndef OTTERD_TESTS_IMAGE_FIXTURE_H
#define OTTERD_TESTS_IMAGE_FIXTURE_H

#include <fcntl.h>

#include "../base/fixture.h"
#include "image/blob.h"

static struct blob_store *store;

static const char bytes[] = "an image";
enum { SIZE = sizeof(bytes), MAX = 1024 };

static inline int open_store(void **state)
{
	return make_dir(state) || !blob_store_open(&store, *state, &failure);
}

static inline int close_store(void **state)
{
	blob_store_close(store);
	return remove_dir(state);
}

static inline const char *images(void **state)
{
	return in_dir(*state, "images");
}

static inline const char *path_of(void **state, const struct digest *id)
{
	char hex[DIGEST_HEX_SIZE], name[80];

	digest_hex(id, hex);
	snprintf(name, sizeof(name), "images/%s", hex);
	return in_dir(*state, name);
}

static inline struct blob_upload *begin(uint64_t expected)
{
	struct blob_upload *upload;

	must(blob_upload_begin(&upload, store, MAX, expected, &failure));
	return upload;
}

/* A whole upload of `len` bytes; the digest is that of the bytes. */
static inline bool put(const void *data, size_t len, uint64_t expected,
		       struct digest *id)
{
	struct blob_upload *upload = begin(expected);
	struct digest want;
	bool existed;
	uint64_t size;

	must(blob_upload_write(upload, data, len, &failure));
	must(blob_upload_end(upload, id, &size, &failure));
	assert_int_equal(size, len);
	assert_true(digest_of(&want, data, len));
	assert_true(digest_equal(id, &want));
	must(blob_upload_commit(upload, &existed, &failure));
	blob_upload_free(upload);
	return existed;
}

static inline void check_stored(const struct digest *id, const void *data,
				size_t len)
{
	int64_t modified;
	struct stat st;
	uint64_t size;
	char got[MAX];
	int fd;

	must(blob_open(store, id, &fd, &size, &modified, &failure));
	assert_int_equal(size, len);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(modified, st.st_mtime);
	assert_int_equal(pread(fd, got, sizeof(got), 0), len);
	assert_memory_equal(got, data, len);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	close(fd);
}

static inline void check_missing(const struct digest *id)
{
	int64_t modified;
	uint64_t size;
	int fd;

	must_fail("missing",
		  blob_open(store, id, &fd, &size, &modified, &failure),
		  ERR_NOT_FOUND, "image ");
	assert_int_equal(fd, -1);
}

#endif
