#include "http/app.h"

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

#include "store/catalog.h"

struct fixture {
	char dir[32];
	struct db *db;
	struct current *current;
};

/* A site that counts how often it was freed. */
struct owner {
	struct site site;
	struct product_spec product;
	_Atomic int freed;
};

static void free_site(void *arg)
{
	struct owner *owner = arg;

	atomic_fetch_add(&owner->freed, 1);
}

static struct owner owner_of(void)
{
	struct owner owner = {.site = {.public_url = "https://localhost",
				       .product_count = 1}};

	assert_true(ident_parse(&owner.product.name, "lamp", 4));
	return owner;
}

static void set_site(struct fixture *f, struct owner *owner)
{
	struct err err;

	owner->site.products = &owner->product;
	if (!current_set_site(f->current, &owner->site, free_site, owner, f->db,
			      &err))
		fail_msg("%s", err.text);
}

static int open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err;

	snprintf(f->dir, sizeof(f->dir), "/tmp/otterd-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	if (!db_open(&f->db, f->dir, DB_WRITER, &err) ||
	    !current_open(&f->current, &err))
		fail_msg("%s", err.text);
	*state = f;
	return 0;
}

static int close_fixture(void **state)
{
	static const char *const names[] = {"otterd.db", "otterd.db-wal",
					    "otterd.db-shm"};
	struct fixture *f = *state;
	char path[64];

	db_close(f->db);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static int64_t bump_serial(struct fixture *f)
{
	struct err err;
	int64_t serial;

	assert_true(serial_next(f->db, 0, &serial, &err));
	return serial;
}

static int64_t serial_in_force(struct fixture *f)
{
	struct view *view = current_get(f->current);
	int64_t serial = catalog_serial(view->catalog);

	view_unref(view);
	return serial;
}

static void test_empty(void **state)
{
	struct fixture *f = *state;

	assert_null(current_get(f->current));
	view_unref(NULL);
	current_close(f->current);
	current_close(NULL);
}

static void test_site_outlives_its_views(void **state)
{
	struct owner one = owner_of(), two = owner_of();
	struct fixture *f = *state;
	struct view *held;

	set_site(f, &one);
	held = current_get(f->current);
	assert_ptr_equal(held->site, &one.site);
	set_site(f, &two);
	assert_int_equal(one.freed, 0);
	assert_int_equal(strcmp(held->site->public_url, "https://localhost"),
			 0);
	view_unref(held);
	assert_int_equal(one.freed, 1);
	held = current_get(f->current);
	assert_ptr_equal(held->site, &two.site);
	view_unref(held);
	assert_int_equal(two.freed, 0);
	current_close(f->current);
	assert_int_equal(two.freed, 1);
	assert_int_equal(one.freed, 1);
}

static void test_refresh(void **state)
{
	struct owner one = owner_of();
	struct fixture *f = *state;
	struct view *held;
	struct err err;
	int64_t serial;

	set_site(f, &one);
	held = current_get(f->current);
	serial = bump_serial(f);
	assert_int_not_equal(serial_in_force(f), serial);
	assert_true(current_refresh(f->current, f->db, &err));
	assert_int_equal(serial_in_force(f), serial);
	assert_int_not_equal(catalog_serial(held->catalog), serial);
	view_unref(held);
	assert_int_equal(one.freed, 0);
	current_close(f->current);
	assert_int_equal(one.freed, 1);
}

/* A second database stands for a reader that is behind. */
static void test_older_never_replaces(void **state)
{
	struct owner one = owner_of();
	struct fixture *f = *state, *behind;
	void *other = NULL;
	struct err err;
	int64_t serial;

	open_fixture(&other);
	behind = other;
	bump_serial(f);
	serial = bump_serial(f);
	set_site(f, &one);
	bump_serial(behind);
	assert_true(current_refresh(f->current, behind->db, &err));
	assert_int_equal(serial_in_force(f), serial);
	bump_serial(behind);
	bump_serial(behind);
	assert_true(current_refresh(f->current, behind->db, &err));
	assert_int_equal(serial_in_force(f), serial + 1);
	current_close(behind->current);
	close_fixture(&other);
	current_close(f->current);
	assert_int_equal(one.freed, 1);
}

enum { READERS = 2, ROUNDS = 20000 };

static void *read_views(void *arg)
{
	struct current *current = arg;
	int64_t last = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct view *view = current_get(current);
		int64_t serial = catalog_serial(view->catalog);

		if (serial < last || view->site->product_count != 1)
			return current; /* not NULL: it went wrong */
		last = serial;
		view_unref(view);
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct owner owners[8];
	struct fixture *f = *state;
	pthread_t readers[READERS];
	struct err err;

	for (int i = 0; i < 8; i++)
		owners[i] = owner_of();
	set_site(f, &owners[0]);
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, read_views,
						f->current),
				 0);
	for (int i = 1; i < 8; i++) {
		bump_serial(f);
		assert_true(current_refresh(f->current, f->db, &err));
		set_site(f, &owners[i]);
	}
	for (int i = 0; i < READERS; i++) {
		void *wrong;

		pthread_join(readers[i], &wrong);
		assert_null(wrong);
	}
	current_close(f->current);
	for (int i = 0; i < 8; i++)
		assert_int_equal(owners[i].freed, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_DATABASE(test) \
	cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
		WITH_DATABASE(test_empty),
		WITH_DATABASE(test_site_outlives_its_views),
		WITH_DATABASE(test_refresh),
		WITH_DATABASE(test_older_never_replaces),
		WITH_DATABASE(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
