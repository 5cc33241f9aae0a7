#include "fleet/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/catalog.h"
#include "store/db.h"

static const char url[] = "https://ota.example.com";

static struct ident ident(const char *text)
{
	struct ident id;

	if (!ident_parse(&id, text, strlen(text)))
		fail_msg("'%s' is no ident", text);
	return id;
}

/* An image's name in these tests: one byte, 32 times. */
static struct digest digest(int byte)
{
	struct digest d;

	memset(d.bytes, byte, sizeof(d.bytes));
	return d;
}

/* ---- a database of its own for each test -------------------------------- */

struct fixture {
	char dir[32];
	struct db *db;
	struct signer alice, bob;
	const struct signer *allowed[2];
	struct product_spec products[2]; /* inklay: alice; lamp: no need */
};

static int open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err;

	snprintf(f->dir, sizeof(f->dir), "/tmp/otterd-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	if (!db_open(&f->db, f->dir, DB_WRITER, &err))
		fail_msg("%s", err.text);
	f->alice.name = ident("alice");
	f->bob.name = ident("bob");
	f->allowed[0] = &f->alice;
	f->allowed[1] = &f->bob;
	f->products[0] = (struct product_spec){.name = ident("inklay"),
					       .signers = f->allowed,
					       .signer_count = 1,
					       .require_signature = true};
	f->products[1] = (struct product_spec){.name = ident("lamp")};
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

static void add_image(struct fixture *f, const char *product, int byte,
		      const char *version, int64_t modified)
{
	struct image_row row = {.product = ident(product),
				.sha256 = digest(byte),
				.size = 1000 + (uint64_t)byte,
				.version = ident(version),
				.format = "raw",
				.created = modified,
				.modified = modified};
	struct err err;
	bool existed;

	if (!image_add(f->db, &row, &existed, &err))
		fail_msg("%s", err.text);
}

static void sign_image(struct fixture *f, const char *product, int byte,
		       const char *signer)
{
	struct image_signature_row row = {
		.signer = ident(signer),
		.algorithm = "ecdsa-p256-sha256",
		.value = {.bytes = {1, 2, 3}, .len = 3},
		.created = 1};
	struct ident name = ident(product);
	struct digest sha256 = digest(byte);
	struct err err;

	if (!image_sign(f->db, &name, &sha256, &row, &err))
		fail_msg("%s", err.text);
}

static int64_t add_release(struct fixture *f, const char *product, int byte,
			   enum release_state state)
{
	struct release_row row = {.product = ident(product),
				  .sha256 = digest(byte),
				  .channel = ident("stable"),
				  .percent = 25,
				  .state = state,
				  .created = 1};
	struct err err;

	if (!release_add(f->db, &row, &err))
		fail_msg("%s", err.text);
	return row.id;
}

static struct catalog *build(struct fixture *f, size_t products)
{
	struct catalog *catalog;
	struct err err;

	if (!catalog_build(&catalog, f->db, f->products, products, url, &err))
		fail_msg("%s", err.text);
	return catalog;
}

static const struct product *product(const struct catalog *catalog,
				     const char *name)
{
	struct ident id = ident(name);

	return catalog_product(catalog, &id);
}

/* ---- the tests ---------------------------------------------------------- */

static void test_empty(void **state)
{
	struct catalog *catalog = build(*state, 2);
	struct digest sha256 = digest(1);

	assert_non_null(product(catalog, "inklay"));
	assert_int_equal(product(catalog, "inklay")->offer_count, 0);
	assert_null(product(catalog, "other"));
	assert_null(catalog_image(catalog, &sha256));
	catalog_unref(catalog);
	catalog_unref(NULL);
}

static void test_no_products(void **state)
{
	struct catalog *catalog = build(*state, 0);

	assert_null(product(catalog, "inklay"));
	catalog_unref(catalog);
}

#define AA8 "aaaaaaaa"
#define AA  AA8 AA8 AA8 AA8 AA8 AA8 AA8 AA8

static void test_update_json(void **state)
{
	static const char want[] =
		"{\"release\":1,\"version\":\"2.1.0\",\"size\":1170,"
		"\"sha256\":\"" AA "\",\"format\":\"raw\","
		"\"url\":\"https://ota.example.com/images/" AA "\","
		"\"signatures\":[{\"signer\":\"alice\","
		"\"algorithm\":\"ecdsa-p256-sha256\",\"value\":\"AQID\"}]}";
	struct fixture *f = *state;
	struct catalog *catalog;
	const struct product *p;
	const struct offer *offer;

	add_image(f, "inklay", 0xaa, "2.1.0", 77);
	sign_image(f, "inklay", 0xaa, "bob"); /* may not sign inklay */
	sign_image(f, "inklay", 0xaa, "alice");
	add_release(f, "inklay", 0xaa, RELEASE_ACTIVE);
	catalog = build(f, 2);
	p = product(catalog, "inklay");
	assert_int_equal(p->offer_count, 1);
	offer = product_offer(p, p->releases[0]);
	assert_ptr_equal(offer, &p->offers[0]);
	assert_string_equal(offer->update_json, want);
	assert_int_equal(offer->update_len, sizeof(want) - 1);
	assert_int_equal(offer->row.percent, 25);
	assert_string_equal(offer->row.version.text, "2.1.0");
	catalog_unref(catalog);
}

static void test_unsigned_list(void **state)
{
	struct fixture *f = *state;
	struct catalog *catalog;

	add_image(f, "lamp", 1, "1.0", 5);
	add_release(f, "lamp", 1, RELEASE_ACTIVE);
	catalog = build(f, 2);
	assert_int_equal(product(catalog, "lamp")->offer_count, 1);
	assert_non_null(strstr(product(catalog, "lamp")->offers[0].update_json,
			       "\"signatures\":[]}"));
	catalog_unref(catalog);
}

/* Each row differs from the first in one thing. */
static void test_what_is_offered(void **state)
{
	static const struct {
		const char *label;
		const char *signer; /* of the image */
		size_t allowed;	    /* signers of the product */
		bool required;
		size_t products; /* configured */
		enum release_state state;
		bool there;
	} rows[] = {
		{"signed", "alice", 1, true, 1, RELEASE_ACTIVE, true},
		{"paused", "alice", 1, true, 1, RELEASE_PAUSED, true},
		{"halted", "alice", 1, true, 1, RELEASE_HALTED, true},
		{"by another", "bob", 1, true, 1, RELEASE_ACTIVE, false},
		{"by the other", "bob", 2, true, 1, RELEASE_ACTIVE, true},
		{"not signed", NULL, 1, true, 1, RELEASE_ACTIVE, false},
		{"no need", NULL, 1, false, 1, RELEASE_ACTIVE, true},
		{"signer gone", "alice", 0, true, 1, RELEASE_ACTIVE, false},
		{"product gone", "alice", 1, true, 0, RELEASE_ACTIVE, false},
	};
	struct digest sha256 = digest(1);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture *f;
		struct catalog *catalog;
		const struct product *p;
		bool offered, served;

		open_fixture(state);
		f = *state;
		f->products[0].signer_count = rows[i].allowed;
		f->products[0].require_signature = rows[i].required;
		add_image(f, "inklay", 1, "1.0", 5);
		if (rows[i].signer)
			sign_image(f, "inklay", 1, rows[i].signer);
		add_release(f, "inklay", 1, rows[i].state);
		catalog = build(f, rows[i].products);
		p = product(catalog, "inklay");
		offered = p && p->offer_count == 1;
		served = catalog_image(catalog, &sha256);
		if (offered != rows[i].there || served != rows[i].there)
			fail_msg("%s: offered %d, served %d, want %d",
				 rows[i].label, offered, served, rows[i].there);
		catalog_unref(catalog);
		close_fixture(state);
	}
}

static void test_images(void **state)
{
	struct fixture *f = *state;
	struct catalog *catalog;
	struct digest sha256;

	for (int byte = 1; byte <= 20; byte++) {
		add_image(f, "lamp", byte, "1.0", 100 + byte);
		if (byte % 2)
			add_release(f, "lamp", byte, RELEASE_ACTIVE);
	}
	/* A second release of one, and a second product with another. */
	add_release(f, "lamp", 7, RELEASE_HALTED);
	add_image(f, "inklay", 9, "1.0", 3);
	sign_image(f, "inklay", 9, "alice");
	add_release(f, "inklay", 9, RELEASE_ACTIVE);
	catalog = build(f, 2);
	for (int byte = 0; byte <= 21; byte++) {
		const struct released_image *image;

		sha256 = digest(byte);
		image = catalog_image(catalog, &sha256);
		assert_int_equal(image != NULL, byte % 2 && byte < 20);
		if (!image)
			continue;
		assert_int_equal(image->size, 1000 + byte);
		assert_int_equal(image->modified, byte == 9 ? 3 : 100 + byte);
	}
	assert_int_equal(product(catalog, "lamp")->offer_count, 11);
	assert_int_equal(product(catalog, "inklay")->offer_count, 1);
	catalog_unref(catalog);
}

static void test_snapshot(void **state)
{
	struct fixture *f = *state;
	struct catalog *before, *after;
	struct err err;
	int64_t serial;

	assert_true(serial_next(f->db, 1000, &serial, &err));
	before = catalog_ref(build(f, 2));
	catalog_unref(before);
	add_image(f, "lamp", 1, "1.0", 5);
	add_release(f, "lamp", 1, RELEASE_ACTIVE);
	assert_true(serial_next(f->db, 0, &serial, &err));
	after = build(f, 2);
	assert_int_equal(product(before, "lamp")->offer_count, 0);
	assert_int_equal(product(after, "lamp")->offer_count, 1);
	assert_int_equal(catalog_serial(before), 1000);
	assert_int_equal(catalog_serial(after), 1001);
	catalog_unref(before);
	catalog_unref(after);
}

static void test_allows(void **state)
{
	struct fixture *f = *state;

	assert_true(product_allows(&f->products[0], &f->alice.name));
	assert_false(product_allows(&f->products[0], &f->bob.name));
	assert_false(product_allows(&f->products[1], &f->alice.name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_DATABASE(test) \
	cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
		WITH_DATABASE(test_empty),
		WITH_DATABASE(test_no_products),
		WITH_DATABASE(test_update_json),
		WITH_DATABASE(test_unsigned_list),
		cmocka_unit_test(test_what_is_offered),
		WITH_DATABASE(test_images),
		WITH_DATABASE(test_snapshot),
		WITH_DATABASE(test_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
