#include "base/file.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "fixture.h"

/* ---- reading ------------------------------------------------------------ */

static void test_read(void **state)
{
	const char *path = in_dir(*state, "f");
	size_t len;
	char *data;

	write_file(path, "a\0b\n", 4, 0644);
	must(file_read(path, 4, &data, &len, &failure));
	assert_int_equal(len, 4);
	assert_memory_equal(data, "a\0b\n", 5);
	free(data);
	must(file_read(path, 5, &data, &len, &failure));
	free(data);
	must_fail("3 of 4", file_read(path, 3, &data, &len, &failure),
		  ERR_TOO_LARGE, "f: larger than 3 bytes");
	assert_null(data);
	assert_int_equal(len, 0);
	must_fail("0 of 4", file_read(path, 0, &data, &len, &failure),
		  ERR_TOO_LARGE, path);
}

static void test_read_empty(void **state)
{
	const char *path = in_dir(*state, "f");
	size_t len = 9;
	char *data;

	write_file(path, "", 0, 0644);
	for (size_t max = 0; max < 2; max++) {
		must(file_read(path, max, &data, &len, &failure));
		assert_int_equal(len, 0);
		assert_string_equal(data, "");
		free(data);
	}
}

static void test_read_no_file(void **state)
{
	const char *path = in_dir(*state, "f");
	size_t len;
	char *data;

	must_fail("missing", file_read(path, 9, &data, &len, &failure),
		  ERR_NOT_FOUND, path);
	must_fail("directory", file_read(*state, 9, &data, &len, &failure),
		  ERR_INVALID, "not a regular file");
	assert_int_equal(mkfifo(path, 0600), 0);
	must_fail("FIFO", file_read(path, 9, &data, &len, &failure),
		  ERR_INVALID, "not a regular file");
}

static void test_secret(void **state)
{
	static const struct {
		mode_t mode;
		bool of_root;
		bool taken;
	} rows[] = {
		{0600, true, true},   {0400, true, true},  {0700, true, true},
		{0640, true, true},   {0660, true, false}, {0650, true, false},
		{0620, true, false},  {0644, true, false}, {0604, true, false},
		{0602, true, false},  {0601, true, false}, {0641, true, false},
		{0600, false, true},  {0400, false, true}, {0640, false, false},
		{0604, false, false},
	};
	const char *path = in_dir(*state, "key");

	write_file(path, "s", 1, 0600);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool root = getuid() == 0;
		char label[32], *data;
		size_t len;

		/* Only root can make files of others and read them. */
		if (rows[i].of_root != root && !root)
			continue;
		assert_int_equal(chmod(path, rows[i].mode), 0);
		if (root)
			assert_int_equal(
				chown(path, rows[i].of_root ? 0 : 65534, -1),
				0);
		snprintf(label, sizeof(label), "mode %04o", rows[i].mode);
		if (!rows[i].taken) {
			must_fail(label,
				  file_read_secret(path, 9, &data, &len,
						   &failure),
				  ERR_DENIED, "chmod 600 ");
			assert_non_null(strstr(failure.text, path));
			assert_non_null(strstr(failure.text, label));
			assert_null(data);
			continue;
		}
		must(file_read_secret(path, 9, &data, &len, &failure));
		assert_string_equal(data, "s");
		free(data);
	}
}

/* ---- writing ------------------------------------------------------------ */

static void check_file(const char *path, const char *want, mode_t mode)
{
	struct stat st;
	size_t len;
	char *data;

	must(file_read(path, 1024, &data, &len, &failure));
	assert_string_equal(data, want);
	free(data);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void test_replace(void **state)
{
	const char *path = in_dir(*state, "f");

	must(file_replace(path, "one", 3, 0640, &failure));
	check_file(path, "one", 0640);
	must(file_replace(path, "", 0, 0600, &failure));
	check_file(path, "", 0600);
	assert_int_equal(count_names(*state), 1);
}

/* The mode is the one asked for whatever the umask. */
static void test_umask(void **state)
{
	mode_t old = umask(0077);

	must(file_replace(in_dir(*state, "f"), "1", 1, 0644, &failure));
	check_file(in_dir(*state, "f"), "1", 0644);
	umask(old);
}

/* The link is replaced; what it points to is left alone. */
static void test_replace_link(void **state)
{
	const char *path = in_dir(*state, "link");
	struct stat st;

	write_file(in_dir(*state, "aim"), "aim", 3, 0600);
	assert_int_equal(symlink("aim", path), 0);
	must(file_replace(path, "new", 3, 0600, &failure));
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	check_file(in_dir(*state, "aim"), "aim", 0600);
}

static void test_create(void **state)
{
	const char *path = in_dir(*state, "f");

	must(file_create(path, "one", 3, 0600, &failure));
	check_file(path, "one", 0600);
	must_fail("again", file_create(path, "two", 3, 0644, &failure),
		  ERR_CONFLICT, path);
	check_file(path, "one", 0600);
	assert_int_equal(count_names(*state), 1);
	assert_int_equal(symlink("nowhere", in_dir(*state, "link")), 0);
	must_fail("dangling link",
		  file_create(in_dir(*state, "link"), "x", 1, 0600, &failure),
		  ERR_CONFLICT, "link");
	assert_int_equal(count_names(*state), 2);
}

static void test_here(void **state)
{
	char before[TEST_PATH_SIZE];

	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(*state), 0);
	must(file_replace("f", "one", 3, 0600, &failure));
	check_file("f", "one", 0600);
	assert_int_equal(chdir(before), 0);
}

static void test_nowhere(void **state)
{
	char path[5000];

	must_fail("no directory",
		  file_replace(in_dir(*state, "no/f"), "x", 1, 0600, &failure),
		  ERR_NOT_FOUND, "no/f");
	assert_int_equal(mkdir(in_dir(*state, "d"), 0700), 0);
	must_fail("a directory",
		  file_replace(in_dir(*state, "d"), "x", 1, 0600, &failure),
		  ERR_SYSTEM, "d: ");
	assert_int_equal(count_names(*state), 1);
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	must_fail("path too long", file_replace(path, "x", 1, 0600, &failure),
		  ERR_INVALID, "too long");
}

/* A write that fails leaves the old file and nothing else. */
static void test_full(void **state)
{
	const char *path = in_dir(*state, "f");
	struct rlimit old, small;
	char data[4096];
	bool ok, created;

	memset(data, 'x', sizeof(data));
	must(file_replace(path, "old", 3, 0600, &failure));
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){.rlim_cur = sizeof(data) - 1,
				.rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	ok = file_replace(path, data, sizeof(data), 0600, &failure);
	created = file_create(in_dir(*state, "g"), data, sizeof(data), 0600,
			      &failure);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_false(ok);
	assert_false(created);
	assert_int_equal(failure.code, ERR_TOO_LARGE);
	assert_non_null(strstr(failure.text, "g: write"));
	check_file(path, "old", 0600);
	assert_int_equal(count_names(*state), 1);
}

enum { MANY = 1 << 20 }; /* bytes: more than a pipe holds */

static void *drain(void *arg)
{
	size_t *got = arg;
	char buf[1000];
	ssize_t n;

	while ((n = read((int)got[1], buf, sizeof(buf))) > 0)
		got[0] += (size_t)n;
	return NULL;
}

/* Short writes go on. */
static void test_write_all(void **state)
{
	char *data = calloc(1, MANY);
	pthread_t reader;
	size_t got[2] = {0};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	got[1] = (size_t)ends[0];
	pthread_create(&reader, NULL, drain, got);
	must(file_write_all(ends[1], data, MANY, &failure));
	must(file_write_all(ends[1], data, 0, &failure));
	close(ends[1]);
	pthread_join(reader, NULL);
	close(ends[0]);
	assert_int_equal(got[0], MANY);
	free(data);
	must_fail("closed", file_write_all(-1, "x", 1, &failure), ERR_SYSTEM,
		  "write");
}

static void test_sync_dir(void **state)
{
	int fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must(file_sync_dir(fd, "here", &failure));
	close(fd);
	must_fail("closed", file_sync_dir(-1, "here", &failure), ERR_SYSTEM,
		  "here: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_DIR(test) \
	cmocka_unit_test_setup_teardown(test, make_dir, remove_dir)
		WITH_DIR(test_read),	     WITH_DIR(test_read_empty),
		WITH_DIR(test_read_no_file), WITH_DIR(test_secret),
		WITH_DIR(test_replace),	     WITH_DIR(test_umask),
		WITH_DIR(test_replace_link), WITH_DIR(test_create),
		WITH_DIR(test_here),	     WITH_DIR(test_nowhere),
		WITH_DIR(test_full),	     WITH_DIR(test_write_all),
		WITH_DIR(test_sync_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
