/*
 * Some calls of blob.c go through the test, which makes them fail as file
 * systems do that lack something.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

static int tmpfile_fails;    /* errno for O_TMPFILE, or 0 */
static int fallocate_fails;  /* errno for the next one, or 0 */
static int fallocates;	     /* calls */
static off_t writeback_to;   /* bytes whose writing was begun */
static bool writeback_holes; /* or begun twice */

static int test_openat(int dir, const char *name, int flags, ...)
	__attribute__((unused));

static int test_openat(int dir, const char *name, int flags, ...)
{
	if (tmpfile_fails && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = tmpfile_fails;
		return -1;
	}
	return openat(dir, name, flags, 0640);
}

static int test_fallocate(int fd, int mode, off_t from, off_t len)
{
	fallocates++;
	if (!fallocate_fails)
		return fallocate(fd, mode, from, len);
	errno = fallocate_fails;
	if (errno == EINTR)
		fallocate_fails = 0;
	return -1;
}

static int test_sync_file_range(int fd, off_t from, off_t len,
				unsigned int flags)
{
	if (from != writeback_to)
		writeback_holes = true;
	writeback_to = from + len;
	return sync_file_range(fd, from, len, flags);
}

static bool fsync_fails;

static int test_fsync(int fd)
{
	errno = EIO;
	return fsync_fails ? -1 : fsync(fd);
}

#define openat		test_openat
#define fsync		test_fsync
#define fallocate	test_fallocate
#define sync_file_range test_sync_file_range
#include "image/blob.c"
#undef openat
#undef fsync
#undef fallocate
#undef sync_file_range

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "fixture.h"

/* ---- the store of a test ------------------------------------------------ */

static int open_unnamed(void **state)
{
	tmpfile_fails = fallocate_fails = fallocates = 0;
	writeback_to = 0;
	writeback_holes = false;
	return open_store(state);
}

/* The same, as on a file system without O_TMPFILE. */
static int open_named(void **state)
{
	int failed = open_unnamed(state);

	tmpfile_fails = EOPNOTSUPP;
	return failed;
}

/* ---- whole uploads ------------------------------------------------------ */

static void test_whole(void **state)
{
	struct digest id;
	struct stat st;

	assert_false(put(bytes, SIZE, BLOB_LENGTH_UNKNOWN, &id));
	check_stored(&id, bytes, SIZE);
	assert_int_equal(count_names(images(state)), 1);
	assert_int_equal(stat(path_of(state, &id), &st), 0);
	assert_int_equal(st.st_mode & 07137, 0);
	assert_int_equal(st.st_nlink, 1);
	assert_true(put(bytes, SIZE, SIZE, &id)); /* once more */
	check_stored(&id, bytes, SIZE);
	assert_int_equal(count_names(images(state)), 1);
}

static void test_two_at_once(void **state)
{
	struct blob_upload *a = begin(3), *b = begin(3);
	struct digest ida, idb;
	uint64_t size;
	bool existed;

	must(blob_upload_write(a, "a", 1, &failure));
	must(blob_upload_write(b, "bcd", 3, &failure));
	must(blob_upload_write(a, "bc", 2, &failure));
	must(blob_upload_end(a, &ida, &size, &failure));
	must(blob_upload_end(b, &idb, &size, &failure));
	must(blob_upload_commit(b, &existed, &failure));
	must(blob_upload_commit(a, &existed, &failure));
	blob_upload_free(a);
	blob_upload_free(b);
	check_stored(&ida, "abc", 3);
	check_stored(&idb, "bcd", 3);
	assert_int_equal(count_names(images(state)), 2);
}

/* The same image twice at once: the second finds the first. */
static void test_same_at_once(void **state)
{
	struct blob_upload *a = begin(SIZE);
	struct digest id, again;
	uint64_t size;
	bool existed;

	must(blob_upload_write(a, bytes, SIZE, &failure));
	must(blob_upload_end(a, &id, &size, &failure));
	assert_false(put(bytes, SIZE, SIZE, &again));
	must(blob_upload_commit(a, &existed, &failure));
	assert_true(existed);
	blob_upload_free(a);
	check_stored(&id, bytes, SIZE);
	assert_int_equal(count_names(images(state)), 1);
}

/* Until the commit there is no image; given up, there is nothing. */
static void test_given_up(void **state)
{
	struct blob_upload *upload = begin(BLOB_LENGTH_UNKNOWN);
	struct digest id;
	char got[SIZE];
	uint64_t size;

	blob_upload_free(begin(BLOB_LENGTH_UNKNOWN));
	assert_int_equal(count_names(images(state)), !!tmpfile_fails);
	must(blob_upload_write(upload, bytes, SIZE, &failure));
	must(blob_upload_end(upload, &id, &size, &failure));
	check_missing(&id);
	assert_int_equal(pread(blob_upload_fd(upload), got, SIZE, 0), SIZE);
	assert_memory_equal(got, bytes, SIZE);
	blob_upload_free(upload);
	assert_int_equal(count_names(images(state)), 0);
	blob_upload_free(NULL);
}

/* ---- refused uploads ---------------------------------------------------- */

static void test_too_large(void **state)
{
	struct blob_upload *upload;
	char data[MAX + 1] = {0};
	struct digest id;

	must_fail("announced",
		  blob_upload_begin(&upload, store, MAX, MAX + 1, &failure),
		  ERR_TOO_LARGE, "1025 bytes, at most 1024");
	assert_null(upload);
	blob_upload_free(begin(MAX));
	upload = begin(BLOB_LENGTH_UNKNOWN);
	must_fail("at once", blob_upload_write(upload, data, MAX + 1, &failure),
		  ERR_TOO_LARGE, "1025 bytes, at most 1024");
	must(blob_upload_write(upload, data, MAX - 1, &failure));
	must_fail("by parts", blob_upload_write(upload, data, 2, &failure),
		  ERR_TOO_LARGE, "1025 bytes, at most 1024");
	must_fail("enormous",
		  blob_upload_write(upload, data, SIZE_MAX, &failure),
		  ERR_TOO_LARGE, "at most 1024");
	blob_upload_free(upload);
	assert_int_equal(count_names(images(state)), 0);
	put(data, MAX, BLOB_LENGTH_UNKNOWN, &id);
	check_stored(&id, data, MAX);
}

static void test_length(void **state)
{
	static const struct {
		const char *label;
		uint64_t expected;
		size_t sent;
		const char *why;
	} rows[] = {
		{"short", SIZE, SIZE - 1, "8 bytes came, but 9 were announced"},
		{"long", SIZE - 1, SIZE, "9 bytes came, but 8 were announced"},
		{"nothing", SIZE, 0, "empty"},
		{"empty", 0, 0, "empty"},
		{"empty, unknown", BLOB_LENGTH_UNKNOWN, 0, "empty"},
		{"none announced", 0, 1, "1 bytes came, but 0 were"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct blob_upload *upload = begin(rows[i].expected);
		struct digest id;
		uint64_t size;

		must(blob_upload_write(upload, bytes, rows[i].sent, &failure));
		must_fail(rows[i].label,
			  blob_upload_end(upload, &id, &size, &failure),
			  ERR_INVALID, rows[i].why);
		blob_upload_free(upload);
		assert_int_equal(count_names(images(state)), 0);
	}
}

/* ---- the disk ----------------------------------------------------------- */

static void test_no_tmpfile(void **state)
{
	static const int errors[] = {EOPNOTSUPP, EISDIR, EINVAL};
	struct blob_upload *upload;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		tmpfile_fails = errors[i];
		upload = begin(1);
		assert_int_equal(count_names(images(state)), 1);
		blob_upload_free(upload);
		assert_int_equal(count_names(images(state)), 0);
	}
	tmpfile_fails = EACCES;
	must_fail("other error",
		  blob_upload_begin(&upload, store, MAX, 1, &failure),
		  ERR_SYSTEM, "temporary image: Permission denied");
	assert_null(upload);
}

static void test_reserve(void **state)
{
	struct blob_upload *upload;
	struct digest id;
	struct stat st;

	blob_upload_free(begin(BLOB_LENGTH_UNKNOWN));
	blob_upload_free(begin(0));
	assert_int_equal(fallocates, 0);
	upload = begin(MAX);
	assert_int_equal(fstat(blob_upload_fd(upload), &st), 0);
	assert_true(st.st_blocks * 512 >= MAX);
	blob_upload_free(upload);
	fallocate_fails = EINTR;
	blob_upload_free(begin(MAX));
	assert_int_equal(fallocates, 3);
	fallocate_fails = EOPNOTSUPP;
	put(bytes, SIZE, SIZE, &id);
	check_stored(&id, bytes, SIZE);
	fallocate_fails = ENOSPC;
	must_fail("full",
		  blob_upload_begin(&upload, store, MAX, SIZE, &failure),
		  ERR_NO_SPACE, "no room for an image of 9 bytes");
	assert_null(upload);
	assert_int_equal(count_names(images(state)), 1);
}

/* A file that may not grow is an error, and nothing is left of it. */
static void test_size_limit(void **state)
{
	struct rlimit old, small = {.rlim_cur = SIZE - 1};
	struct blob_upload *upload = begin(BLOB_LENGTH_UNKNOWN);
	bool ok;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	ok = blob_upload_write(upload, bytes, SIZE, &failure);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(ok);
	assert_int_equal(failure.code, ERR_TOO_LARGE);
	blob_upload_free(upload);
	assert_int_equal(count_names(images(state)), 0);
}

enum { NO_MOUNT = 77, PIECE = 16 * 1024, DISK = 4 * PIECE };

/* On a disk of 64 KiB: 0 when all went as it should, else the step. */
static int fill_disk(const char *dir)
{
	struct blob_upload *upload = NULL;
	char piece[PIECE] = {1};
	bool ok = true;

	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", dir, "tmpfs", 0, "size=64k"))
		return NO_MOUNT;
	if (!blob_store_open(&store, dir, &failure))
		return 1;
	if (blob_upload_begin(&upload, store, 2 * DISK, 2 * DISK, &failure) ||
	    failure.code != ERR_NO_SPACE)
		return 2;
	if (!blob_upload_begin(&upload, store, 2 * DISK, BLOB_LENGTH_UNKNOWN,
			       &failure))
		return 3;
	for (int i = 0; i < DISK / PIECE && ok; i++)
		ok = blob_upload_write(upload, piece, PIECE, &failure);
	ok = ok && blob_upload_write(upload, piece, 1, &failure);
	if (ok || failure.code != ERR_NO_SPACE)
		return 4;
	blob_upload_free(upload);
	/* The room is there again. */
	if (!blob_upload_begin(&upload, store, DISK, DISK - PIECE, &failure))
		return 5;
	blob_upload_free(upload);
	blob_store_close(store);
	return 0;
}

/* In a process with mounts of its own, which end with it. */
static void test_full(void **state)
{
	pid_t child;
	int status;

	if (getuid() != 0)
		skip();
	child = fork();
	if (!child)
		_exit(fill_disk(*state));
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_MOUNT)
		skip();
	assert_int_equal(status, 0);
}

/* What the disk did not take gets no name. */
static void test_sync_fails(void **state)
{
	struct blob_upload *upload = begin(SIZE);
	struct digest id;
	uint64_t size;
	bool existed;

	must(blob_upload_write(upload, bytes, SIZE, &failure));
	must(blob_upload_end(upload, &id, &size, &failure));
	fsync_fails = true;
	must_fail("EIO", blob_upload_commit(upload, &existed, &failure),
		  ERR_SYSTEM, "image ");
	fsync_fails = false;
	blob_upload_free(upload);
	assert_int_equal(count_names(images(state)), 0);
}

/* Everything but the last step is on its way to the disk. */
static void test_writeback(void **state)
{
	enum { ODD = 100001, ROUNDS = 30 };
	static char data[ODD];
	struct blob_upload *upload;

	(void)state;
	must(blob_upload_begin(&upload, store, ODD * ROUNDS,
			       BLOB_LENGTH_UNKNOWN, &failure));
	for (int i = 1; i <= ROUNDS; i++) {
		must(blob_upload_write(upload, data, ODD, &failure));
		assert_true(writeback_to <= i * ODD);
		assert_true(i * ODD - writeback_to < WRITEBACK_STEP);
	}
	assert_true(writeback_to > 0);
	assert_false(writeback_holes);
	blob_upload_free(upload);
}

/* A crash in the midst of an upload, by a process that ends so. */
static void test_crash(void **state)
{
	struct blob_store *again;
	int status;
	pid_t child = fork();

	if (!child) {
		struct blob_upload *upload = begin(MAX);

		_exit(!blob_upload_write(upload, bytes, SIZE, &failure));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(count_names(images(state)), !!tmpfile_fails);
	must(blob_store_open(&again, *state, &failure));
	blob_store_close(again);
	assert_int_equal(count_names(images(state)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define UNNAMED(test) \
	cmocka_unit_test_setup_teardown(test, open_unnamed, close_store)
#define NAMED(test) \
	{#test " without O_TMPFILE", test, open_named, close_store, NULL}
#define BOTH(test) UNNAMED(test), NAMED(test)
		BOTH(test_whole),	  BOTH(test_two_at_once),
		BOTH(test_same_at_once),  BOTH(test_given_up),
		BOTH(test_too_large),	  BOTH(test_length),
		BOTH(test_size_limit),	  BOTH(test_sync_fails),
		BOTH(test_full),	  BOTH(test_crash),
		UNNAMED(test_no_tmpfile), UNNAMED(test_reserve),
		UNNAMED(test_writeback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
