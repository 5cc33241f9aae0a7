#include "fixture.h"

#include "store/catalog.h"

static struct digest digest(int number)
{
	struct digest d;

	memset(&d, number, sizeof(d));
	return d;
}

static struct image_row image(const char *product, int number,
			      const char *version)
{
	return (struct image_row){.product = name(product),
				  .sha256 = digest(number),
				  .size = 1577648,
				  .version = name(version),
				  .format = "raw",
				  .created = 1000 + number,
				  .modified = 2000 + number};
}

static void add_image(struct db *db, const char *product, int number,
		      const char *version)
{
	struct image_row row = image(product, number, version);
	bool existed;

	must(image_add(db, &row, &existed, &failure));
	assert_false(existed);
}

static void sign(struct db *db, const char *product, int number,
		 const char *signer, const char *value)
{
	struct image_signature_row row = {.signer = name(signer),
					  .algorithm = "ecdsa-p256-sha256",
					  .created = 5};
	struct ident p = name(product);
	struct digest sha256 = digest(number);

	row.value.len = strlen(value);
	memcpy(row.value.bytes, value, row.value.len);
	must(image_sign(db, &p, &sha256, &row, &failure));
}

static int64_t release(struct db *db, const char *product, int number,
		       const char *channel)
{
	struct release_row row = {.product = name(product),
				  .sha256 = digest(number),
				  .channel = name(channel),
				  .percent = 25,
				  .state = RELEASE_PAUSED,
				  .created = 77};

	must(release_add(db, &row, &failure));
	assert_string_not_equal(row.version.text, "");
	return row.id;
}

static void states_have_names(void **state)
{
	static const struct {
		const char *text;
		bool good;
		enum release_state state;
	} cases[] = {
		{"active", true, RELEASE_ACTIVE},
		{"paused", true, RELEASE_PAUSED},
		{"halted", true, RELEASE_HALTED},
		{"", false, RELEASE_ACTIVE},
		{"activ", false, RELEASE_ACTIVE},
		{"Active", false, RELEASE_ACTIVE},
		{"active ", false, RELEASE_ACTIVE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum release_state got = RELEASE_ACTIVE;

		assert_int_equal(release_state_parse(&got, cases[i].text),
				 cases[i].good);
		assert_int_equal(got, cases[i].state);
		if (cases[i].good)
			assert_string_equal(release_state_name(got),
					    cases[i].text);
	}
}

static void an_image_is_found_again(void **state)
{
	struct image_row row = image("inklay", 1, "1.0"), got;
	struct ident other = name("other");
	struct digest two = digest(2);
	struct fixture *f = *state;
	bool exists;

	row.size = UINT64_C(1) << 40;
	must(image_add(f->db, &row, &exists, &failure));
	must(image_find(f->db, &row.product, &row.sha256, &got, &failure));
	assert_string_equal(got.product.text, "inklay");
	assert_true(digest_equal(&got.sha256, &row.sha256));
	assert_true(got.size == row.size);
	assert_string_equal(got.version.text, "1.0");
	assert_string_equal(got.format, "raw");
	assert_int_equal(got.created, 1001);
	assert_int_equal(got.modified, 2001);
	must_fail(image_find(f->db, &row.product, &two, &got, &failure),
		  ERR_NOT_FOUND, "inklay has no image 0202");
	must_fail(image_find(f->db, &other, &row.sha256, &got, &failure),
		  ERR_NOT_FOUND, "other has no image 0101");
	must(image_exists(f->db, &row.sha256, &exists, &failure));
	assert_true(exists);
	must(image_exists(f->db, &two, &exists, &failure));
	assert_false(exists);
}

static void the_same_image_again(void **state)
{
	struct image_row same = image("inklay", 1, "1.0");
	struct image_row other = image("inklay", 1, "1.1");
	struct fixture *f = *state;
	bool existed;

	add_image(f->db, "inklay", 1, "1.0");
	must(image_add(f->db, &same, &existed, &failure));
	assert_true(existed);
	must_fail(image_add(f->db, &other, &existed, &failure), ERR_CONFLICT,
		  "as version 1.0, not 1.1");
	assert_false(existed);
	add_image(f->db, "other", 1, "1.1");
}

static void signatures_are_kept(void **state)
{
	struct ident inklay = name("inklay"), other = name("other");
	struct image_signature_row *rows, row = {.signer = name("a")};
	struct digest one = digest(1), two = digest(2);
	struct fixture *f = *state;
	size_t count;

	add_image(f->db, "inklay", 1, "1.0");
	add_image(f->db, "other", 1, "1.0");
	sign(f->db, "inklay", 1, "bob", "first");
	sign(f->db, "inklay", 1, "alice", "second");
	sign(f->db, "inklay", 1, "bob", "in its place");
	must(image_signatures(f->db, &inklay, &one, &rows, &count, &failure));
	assert_int_equal(count, 2);
	assert_string_equal(rows[0].signer.text, "alice");
	assert_string_equal(rows[1].signer.text, "bob");
	assert_string_equal(rows[1].algorithm, "ecdsa-p256-sha256");
	assert_int_equal(rows[1].created, 5);
	assert_int_equal(rows[1].value.len, 12);
	assert_memory_equal(rows[1].value.bytes, "in its place", 12);
	free(rows);
	must(image_signatures(f->db, &other, &one, &rows, &count, &failure));
	assert_int_equal(count, 0);
	assert_null(rows);
	must_fail(image_sign(f->db, &inklay, &two, &row, &failure),
		  ERR_NOT_FOUND, "0202");
}

static bool see_image(void *arg, const struct image_row *row,
		      const struct image_signature_row *signatures,
		      size_t count)
{
	char *seen = arg;
	size_t used = strlen(seen);

	snprintf(seen + used, 256 - used, "%s:%s ", row->version.text,
		 count ? signatures[0].signer.text : "-");
	return strcmp(row->version.text, "stop") != 0;
}

static void images_are_listed(void **state)
{
	struct ident inklay = name("inklay"), never = name("never");
	struct fixture *f = *state;
	char seen[256] = "";

	add_image(f->db, "inklay", 1, "1.0");
	add_image(f->db, "inklay", 3, "1.3");
	add_image(f->db, "inklay", 2, "stop");
	add_image(f->db, "other", 4, "4.0");
	sign(f->db, "inklay", 3, "bob", "x");
	must(image_list(f->db, &inklay, see_image, seen, &failure));
	assert_string_equal(seen, "1.3:bob stop:- ");
	seen[0] = '\0';
	must(image_list(f->db, &never, see_image, seen, &failure));
	assert_string_equal(seen, "");
}

static void an_image_goes_when_nothing_uses_it(void **state)
{
	struct ident inklay = name("inklay"), other = name("other");
	struct digest one = digest(1);
	struct fixture *f = *state;
	bool unused;

	add_image(f->db, "inklay", 1, "1.0");
	add_image(f->db, "other", 1, "1.0");
	sign(f->db, "inklay", 1, "bob", "x");
	assert_int_equal(release(f->db, "other", 1, "stable"), 1);
	assert_int_equal(release(f->db, "other", 1, "beta"), 2);
	must(image_delete(f->db, &inklay, &one, &unused, &failure));
	assert_false(unused);
	assert_int_equal(number_of(f->db->sqlite,
				   "SELECT count(*) FROM image_signatures"),
			 0);
	must_fail(image_delete(f->db, &inklay, &one, &unused, &failure),
		  ERR_NOT_FOUND, "0101");
	must_fail(image_delete(f->db, &other, &one, &unused, &failure),
		  ERR_CONFLICT, "release 2 on channel beta");
	exec(f->db, "DELETE FROM releases");
	must(image_delete(f->db, &other, &one, &unused, &failure));
	assert_true(unused);
}

static void a_release_is_found_again(void **state)
{
	struct ident inklay = name("inklay"), other = name("other");
	struct fixture *f = *state;
	struct release_row row;

	add_image(f->db, "inklay", 1, "1.0");
	add_image(f->db, "other", 2, "1.0");
	assert_int_equal(release(f->db, "inklay", 1, "stable"), 1);
	must(release_find(f->db, &inklay, 1, &row, &failure));
	assert_int_equal(row.id, 1);
	assert_string_equal(row.product.text, "inklay");
	assert_int_equal(row.sha256.bytes[31], 1);
	assert_string_equal(row.version.text, "1.0");
	assert_string_equal(row.channel.text, "stable");
	assert_int_equal(row.percent, 25);
	assert_int_equal(row.state, RELEASE_PAUSED);
	assert_int_equal(row.created, 77);
	must_fail(release_find(f->db, &inklay, 2, &row, &failure),
		  ERR_NOT_FOUND, "no release 2");
	must_fail(release_find(f->db, &other, 1, &row, &failure), ERR_NOT_FOUND,
		  "other has no release 1");
}

static void a_release_needs_its_image(void **state)
{
	struct release_row row = {.product = name("inklay"),
				  .sha256 = digest(1),
				  .channel = name("stable")};
	struct fixture *f = *state;

	must_fail(release_add(f->db, &row, &failure), ERR_NOT_FOUND, "0101");
	add_image(f->db, "other", 1, "1.0");
	must_fail(release_add(f->db, &row, &failure), ERR_NOT_FOUND, "0101");
}

static void a_share_has_bounds(void **state)
{
	static const struct {
		int percent;
		bool good;
	} cases[] = {{-1, false}, {0, true}, {100, true}, {101, false}};
	struct fixture *f = *state;

	add_image(f->db, "inklay", 1, "1.0");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct release_row row = {.product = name("inklay"),
					  .sha256 = digest(1),
					  .channel = name("stable"),
					  .percent = cases[i].percent};

		assert_int_equal(release_add(f->db, &row, &failure),
				 cases[i].good);
	}
}

static void releases_change(void **state)
{
	struct release_row row = {.product = name("inklay"),
				  .id = 1,
				  .percent = 100,
				  .state = RELEASE_HALTED};
	struct fixture *f = *state;
	struct release_row got;

	must_fail(release_set(f->db, &row, &failure), ERR_NOT_FOUND,
		  "no release 1");
	add_image(f->db, "inklay", 1, "1.0");
	release(f->db, "inklay", 1, "stable");
	must(release_set(f->db, &row, &failure));
	must(release_find(f->db, &row.product, 1, &got, &failure));
	assert_int_equal(got.percent, 100);
	assert_int_equal(got.state, RELEASE_HALTED);
	assert_string_equal(got.channel.text, "stable");
	row.id = 2;
	must_fail(release_set(f->db, &row, &failure), ERR_NOT_FOUND,
		  "no release 2");
}

static void ids_are_never_used_twice(void **state)
{
	struct fixture *f = *state;

	add_image(f->db, "inklay", 1, "1.0");
	assert_int_equal(release(f->db, "inklay", 1, "stable"), 1);
	assert_int_equal(release(f->db, "inklay", 1, "stable"), 2);
	exec(f->db, "DELETE FROM releases");
	assert_int_equal(release(f->db, "inklay", 1, "stable"), 3);
}

static bool see_release(void *arg, const struct release_row *row)
{
	char *seen = arg;
	size_t used = strlen(seen);

	snprintf(seen + used, 256 - used, "%s/%lld ", row->product.text,
		 (long long)row->id);
	return row->id != 2;
}

static void releases_are_listed(void **state)
{
	struct ident all = name(""), inklay = name("inklay");
	struct ident never = name("never");
	struct fixture *f = *state;
	char seen[256] = "";

	add_image(f->db, "inklay", 1, "1.0");
	add_image(f->db, "other", 1, "1.0");
	release(f->db, "inklay", 1, "stable");
	release(f->db, "inklay", 1, "stable");
	release(f->db, "inklay", 1, "beta");
	release(f->db, "other", 1, "stable");
	must(release_list(f->db, &all, see_release, seen, &failure));
	assert_string_equal(seen, "other/4 inklay/3 inklay/2 ");
	seen[0] = '\0';
	must(release_list(f->db, &inklay, see_release, seen, &failure));
	assert_string_equal(seen, "inklay/3 inklay/2 ");
	seen[0] = '\0';
	must(release_list(f->db, &never, see_release, seen, &failure));
	assert_string_equal(seen, "");
}

static void the_serial_never_goes_back(void **state)
{
	static const struct {
		int64_t at_least, serial;
	} steps[] = {
		{1000, 1000}, {1000, 1001}, {1001, 1002}, {900, 1003},
		{1004, 1004}, {2000, 2000}, {0, 2001},
	};
	struct fixture *f = *state;
	int64_t serial;

	must(serial_get(f->db, &serial, &failure));
	assert_int_equal(serial, 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		must(serial_next(f->db, steps[i].at_least, &serial, &failure));
		assert_int_equal(serial, steps[i].serial);
		db_close(f->db);
		must(db_open(&f->db, f->dir, DB_WRITER, &failure));
		must(serial_get(f->db, &serial, &failure));
		assert_int_equal(serial, steps[i].serial);
	}
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_db, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_have_names),
		TEST(an_image_is_found_again),
		TEST(the_same_image_again),
		TEST(signatures_are_kept),
		TEST(images_are_listed),
		TEST(an_image_goes_when_nothing_uses_it),
		TEST(a_release_is_found_again),
		TEST(a_release_needs_its_image),
		TEST(a_share_has_bounds),
		TEST(releases_change),
		TEST(ids_are_never_used_twice),
		TEST(releases_are_listed),
		TEST(the_serial_never_goes_back),
	};

	return cmocka_run_group_tests_name("store/catalog", tests, NULL, NULL);
}
