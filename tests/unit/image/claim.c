#include "image/claim.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char bytes[] = "an image";

struct fixture {
	char dir[32];
	struct blob_store *store;
	struct digest id;
};

static int open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err;

	snprintf(f->dir, sizeof(f->dir), "/tmp/otterd-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	if (!blob_store_open(&f->store, f->dir, &err))
		fail_msg("%s", err.text);
	assert_true(digest_of(&f->id, bytes, sizeof(bytes)));
	*state = f;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;
	char path[64];
	struct err err;

	blob_remove(f->store, &f->id, &err);
	blob_store_close(f->store);
	snprintf(path, sizeof(path), "%s/images", f->dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static bool upload(struct fixture *f, int *claim, struct err *err)
{
	struct blob_upload *u;
	struct digest id;
	uint64_t size;
	bool ok = blob_upload_begin(&u, f->store, 1024, BLOB_LENGTH_UNKNOWN,
				    err) &&
		  blob_upload_write(u, bytes, sizeof(bytes), err) &&
		  blob_upload_end(u, &id, &size, err) &&
		  claim_commit(claim, f->store, u, &id, err);

	blob_upload_free(u);
	return ok;
}

static int claimed(struct fixture *f)
{
	struct err err;
	int claim;

	if (!upload(f, &claim, &err))
		fail_msg("%s", err.text);
	assert_true(claim >= 0);
	return claim;
}

static bool is_there(struct fixture *f)
{
	struct err err;
	int64_t modified;
	uint64_t size;
	int fd;

	if (!blob_open(f->store, &f->id, &fd, &size, &modified, &err))
		return false;
	close(fd);
	return true;
}

/* What named() says, and how often it was asked. */
struct rows {
	bool named;
	bool fails;
	int asked;
};

static bool named(void *arg, const struct digest *id, bool *is, struct err *err)
{
	struct rows *rows = arg;

	(void)id;
	rows->asked++;
	*is = rows->named;
	return !rows->fails || err_set(err, ERR_SYSTEM, "no rows today");
}

static void check_remove(struct fixture *f, struct rows rows, bool want,
			 int asked)
{
	struct err err;

	assert_int_equal(claim_remove(f->store, &f->id, named, &rows, &err),
			 want);
	assert_int_equal(rows.asked, asked);
}

static void test_removes_what_no_row_names(void **state)
{
	struct fixture *f = *state;

	close(claimed(f));
	check_remove(f, (struct rows){0}, true, 1);
	assert_false(is_there(f));
}

static void test_keeps_what_a_row_names(void **state)
{
	struct fixture *f = *state;

	close(claimed(f));
	check_remove(f, (struct rows){.named = true}, true, 1);
	assert_true(is_there(f));
}

static void test_keeps_when_rows_cannot_be_read(void **state)
{
	struct fixture *f = *state;

	close(claimed(f));
	check_remove(f, (struct rows){.fails = true}, false, 1);
	assert_true(is_there(f));
}

static void test_keeps_what_is_claimed(void **state)
{
	struct fixture *f = *state;
	int claim = claimed(f);

	check_remove(f, (struct rows){0}, true, 0);
	assert_true(is_there(f));
	close(claim);
	check_remove(f, (struct rows){0}, true, 1);
	assert_false(is_there(f));
}

static void test_each_claim_counts(void **state)
{
	struct fixture *f = *state;
	int first = claimed(f), second = claimed(f);

	close(first);
	check_remove(f, (struct rows){0}, true, 0);
	assert_true(is_there(f));
	close(second);
	check_remove(f, (struct rows){0}, true, 1);
	assert_false(is_there(f));
}

/* The claim lasts until both the upload and the descriptor are gone. */
static void test_ends_with_upload(void **state)
{
	struct fixture *f = *state;
	struct blob_upload *u;
	struct digest id;
	struct err err;
	uint64_t size;
	int claim;

	assert_true(blob_upload_begin(&u, f->store, 1024, BLOB_LENGTH_UNKNOWN,
				      &err) &&
		    blob_upload_write(u, bytes, sizeof(bytes), &err) &&
		    blob_upload_end(u, &id, &size, &err) &&
		    claim_commit(&claim, f->store, u, &id, &err));
	close(claim);
	check_remove(f, (struct rows){0}, true, 0);
	assert_true(is_there(f));
	blob_upload_free(u);
	check_remove(f, (struct rows){0}, true, 1);
	assert_false(is_there(f));
}

static void test_removing_nothing(void **state)
{
	check_remove(*state, (struct rows){0}, true, 0);
}

enum { ROUNDS = 300 };

static _Atomic bool stop;

static void *remove_always(void *arg)
{
	struct fixture *f = arg;
	struct rows rows = {0};
	struct err err;

	while (!stop) {
		if (!claim_remove(f->store, &f->id, named, &rows, &err))
			return arg; /* not NULL: it went wrong */
	}
	return NULL;
}

/* Whatever a remover does meanwhile, what is claimed is there. */
static void test_race(void **state)
{
	struct fixture *f = *state;
	pthread_t remover;
	int busy = 0;
	void *wrong;

	stop = false;
	assert_int_equal(pthread_create(&remover, NULL, remove_always, f), 0);
	for (int i = 0; i < ROUNDS; i++) {
		struct err err;
		int first, second;

		if (!upload(f, &first, &err)) {
			assert_int_equal(err.code, ERR_BUSY);
			busy++;
			continue;
		}
		second = claimed(f); /* the first one keeps it */
		close(first);
		assert_true(is_there(f));
		close(second);
	}
	stop = true;
	pthread_join(remover, &wrong);
	assert_null(wrong);
	assert_true(busy < ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_STORE(test) \
	cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
		WITH_STORE(test_removes_what_no_row_names),
		WITH_STORE(test_keeps_what_a_row_names),
		WITH_STORE(test_keeps_when_rows_cannot_be_read),
		WITH_STORE(test_keeps_what_is_claimed),
		WITH_STORE(test_each_claim_counts),
		WITH_STORE(test_ends_with_upload),
		WITH_STORE(test_removing_nothing),
		WITH_STORE(test_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
