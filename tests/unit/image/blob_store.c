/* What stands in the folder of images besides what was uploaded. */
#include "fixture.h"

static void test_open(void **state)
{
	struct blob_store *other;
	struct stat st;

	assert_int_equal(stat(images(state), &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0750, 0);
	must(blob_store_open(&other, *state, &failure)); /* it is there now */
	blob_store_close(other);
	blob_store_close(NULL);
	must_fail("no directory",
		  blob_store_open(&other, in_dir(*state, "no"), &failure),
		  ERR_NOT_FOUND, "/no: ");
	assert_null(other);
	assert_int_equal(mkdir(in_dir(*state, "a"), 0700), 0);
	assert_int_equal(symlink("../images", in_dir(*state, "a/images")), 0);
	must_fail("a link",
		  blob_store_open(&other, in_dir(*state, "a"), &failure),
		  ERR_SYSTEM, "a/images: ");
	assert_int_equal(mkdir(in_dir(*state, "b"), 0700), 0);
	write_file(in_dir(*state, "b/images"), "", 0, 0600);
	must_fail("a file",
		  blob_store_open(&other, in_dir(*state, "b"), &failure),
		  ERR_SYSTEM, "b/images: ");
}

/* A start removes unfinished uploads, and nothing else. */
static void test_leftovers(void **state)
{
	struct blob_store *again;
	struct digest id;

	put(bytes, SIZE, SIZE, &id);
	write_file(in_dir(*state, "images/.upload-0"), "x", 1, 0600);
	write_file(in_dir(*state, "images/.upload-77"), "x", 1, 0600);
	write_file(in_dir(*state, "images/upload-1"), "x", 1, 0600);
	write_file(in_dir(*state, "aim"), "x", 1, 0600);
	assert_int_equal(symlink("../aim", in_dir(*state, "images/.upload-9")),
			 0);
	must(blob_store_open(&again, *state, &failure));
	blob_store_close(again);
	assert_int_equal(count_names(images(state)), 2);
	assert_int_equal(access(in_dir(*state, "images/upload-1"), F_OK), 0);
	assert_int_equal(access(in_dir(*state, "aim"), F_OK), 0);
	check_stored(&id, bytes, SIZE);
}

static void test_remove(void **state)
{
	struct digest id;

	put(bytes, SIZE, SIZE, &id);
	must(blob_remove(store, &id, &failure));
	check_missing(&id);
	must(blob_remove(store, &id, &failure));
	assert_int_equal(count_names(images(state)), 0);
}

/* What may stand in place of an image. */
static void make_link(const char *path)
{
	assert_int_equal(symlink("../aim", path), 0);
}

static void make_directory(const char *path)
{
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static const struct {
	const char *label;
	void (*make)(const char *path);
} others[] = {
	{"link", make_link},
	{"directory", make_directory},
	{"FIFO", make_fifo},
};

static bool keep_none(void *arg, const struct digest *id)
{
	(void)id;
	(*(int *)arg)++;
	return false;
}

/* None is opened, counts as the image or is swept away. */
static void test_no_regular_file(void **state)
{
	write_file(in_dir(*state, "aim"), bytes, SIZE, 0600);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct blob_upload *upload = begin(SIZE);
		int64_t modified;
		struct digest id;
		uint64_t size;
		bool existed;
		int fd, asked = 0;

		must(blob_upload_write(upload, bytes, SIZE, &failure));
		must(blob_upload_end(upload, &id, &size, &failure));
		others[i].make(path_of(state, &id));
		must_fail(
			others[i].label,
			blob_open(store, &id, &fd, &size, &modified, &failure),
			ERR_INVALID, "image ");
		assert_int_equal(fd, -1);
		must_fail(others[i].label,
			  blob_upload_commit(upload, &existed, &failure),
			  ERR_CONFLICT, "is in the way");
		blob_upload_free(upload);
		must(blob_store_sweep(store, keep_none, &asked, &failure));
		assert_int_equal(asked, 0);
		assert_int_equal(remove(path_of(state, &id)), 0);
	}
}

/* A file of another size is not taken for the image either. */
static void test_damaged(void **state)
{
	struct blob_upload *upload = begin(SIZE);
	struct digest id;
	uint64_t size;
	bool existed;

	must(blob_upload_write(upload, bytes, SIZE, &failure));
	must(blob_upload_end(upload, &id, &size, &failure));
	write_file(path_of(state, &id), bytes, SIZE - 1, 0600);
	must_fail("cut", blob_upload_commit(upload, &existed, &failure),
		  ERR_CONFLICT, "expected a regular file of 9 bytes");
	blob_upload_free(upload);
}

/* ---- sweeping ----------------------------------------------------------- */

struct kept {
	struct digest id;
	int asked;
};

static bool keep_one(void *arg, const struct digest *id)
{
	struct kept *kept = arg;

	kept->asked++;
	return digest_equal(id, &kept->id);
}

static void test_sweep(void **state)
{
	static const char *const names[] = {
		"readme",
		/* a digest with a capital, with a digit less and one more */
		"E3B0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8"
		"55",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8"
		"5",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8"
		"550"};
	struct digest gone[3];
	struct kept kept = {.asked = 0};

	put("1", 1, 1, &gone[0]);
	put("2", 1, 1, &gone[1]);
	put("3", 1, 1, &gone[2]);
	put("4", 1, 1, &kept.id);
	for (size_t i = 0; i < 4; i++) {
		char name[80];

		snprintf(name, sizeof(name), "images/%s", names[i]);
		write_file(in_dir(*state, name), "x", 1, 0600);
	}
	must(blob_store_sweep(store, keep_one, &kept, &failure));
	assert_int_equal(kept.asked, 4);
	for (int i = 0; i < 3; i++)
		check_missing(&gone[i]);
	check_stored(&kept.id, "4", 1);
	assert_int_equal(count_names(images(state)), 5);
	must(blob_store_sweep(store, keep_one, &kept, &failure));
	assert_int_equal(kept.asked, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_STORE(test) \
	cmocka_unit_test_setup_teardown(test, open_store, close_store)
		WITH_STORE(test_open),	  WITH_STORE(test_leftovers),
		WITH_STORE(test_remove),  WITH_STORE(test_no_regular_file),
		WITH_STORE(test_damaged), WITH_STORE(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
