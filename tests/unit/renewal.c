#include "config_fixture.h"

#include <ftw.h>
#include <sys/stat.h>

#include "renewal.h"

static void touch(const char *name, const char *text)
{
	char file[2 * PATH_SIZE];
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s", directory, name);
	f = fopen(file, "w");
	if (!f || fputs(text, f) < 0 || fclose(f))
		fail_msg("cannot write %s", file);
}

static void rename_over(const char *from, const char *to)
{
	char a[2 * PATH_SIZE], b[2 * PATH_SIZE];

	snprintf(a, sizeof(a), "%s/%s", directory, from);
	snprintf(b, sizeof(b), "%s/%s", directory, to);
	assert_int_equal(rename(a, b), 0);
}

static struct config *prepare(void)
{
	char folder[2 * PATH_SIZE];

	snprintf(folder, sizeof(folder), "%s/certs.d", directory);
	mkdir(folder, 0700);
	snprintf(folder, sizeof(folder), "%s/certs.d/deep", directory);
	mkdir(folder, 0700);
	touch("rsa.pem", "1");
	touch("ec.key", "1");
	touch("a.pem", "1");
	touch("certs.d/deep/x.pem", "1");
	write_changed("  pool: []\n", "  pool: [certs.d]\n"
				      "  anchors: [{name: a, file: a.pem}]\n");
	return load();
}

static void tells_each_change_once(void **state)
{
	static const char *const files[] = {"rsa.pem", "ec.key", "a.pem",
					    "certs.d/new.pem",
					    "certs.d/deep/x.pem"};
	struct config *config = prepare();
	struct renewal renewal;

	(void)state;
	renewal_take(&renewal, config);
	assert_false(renewal_look(&renewal, config));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		touch(files[i], "another length");
		/* It may still be being written. */
		assert_false(renewal_look(&renewal, config));
		if (!renewal_look(&renewal, config))
			fail_msg("%s: not noticed", files[i]);
		assert_false(renewal_look(&renewal, config));
	}
	config_free(config);
}

static void waits_until_it_settles(void **state)
{
	struct config *config = prepare();
	struct renewal renewal;

	(void)state;
	renewal_take(&renewal, config);
	touch("rsa.pem", "22");
	assert_false(renewal_look(&renewal, config));
	touch("rsa.pem", "333");
	assert_false(renewal_look(&renewal, config));
	assert_true(renewal_look(&renewal, config));
	/* As certbot does it: same length, another file. */
	touch("new.pem", "444");
	rename_over("new.pem", "rsa.pem");
	assert_false(renewal_look(&renewal, config));
	assert_true(renewal_look(&renewal, config));
	config_free(config);
}

static int remove_one(const char *name, const struct stat *st, int type,
		      struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(name);
}

static int remove_tree(void **state)
{
	(void)state;
	return nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_each_change_once),
		cmocka_unit_test(waits_until_it_settles),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_tree);
}
