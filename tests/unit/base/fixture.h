/* What the tests of base, pki and image share: a directory and two checks. */
#ifndef OTTERD_TESTS_BASE_FIXTURE_H
#define OTTERD_TESTS_BASE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

enum { TEST_PATH_SIZE = 256 };

/* The reason of the last failure; the tests of a program run in turn. */
static struct err failure __attribute__((unused));

/* The call must succeed; the reason is printed when it does not. */
#define must(call)                                               \
	do {                                                     \
		failure.text[0] = '\0';                          \
		if (!(call))                                     \
			fail_msg("%s: %s", #call, failure.text); \
	} while (0)

/* The call must fail with this code, and a reason that holds `part`. */
#define must_fail(label, call, wanted, part)                                  \
	do {                                                                  \
		failure.text[0] = '\0';                                       \
		if (call)                                                     \
			fail_msg("%s: %s passed", label, #call);              \
		if (failure.code != (wanted) || !strstr(failure.text, part))  \
			fail_msg("%s: code %d, '%s', wanted %d, '%s'", label, \
				 (int)failure.code, failure.text,             \
				 (int)(wanted), part);                        \
	} while (0)

/* A directory of the test's own, *state. */
static inline int make_dir(void **state)
{
	char *dir = strdup("/tmp/otterd-test-XXXXXX");

	*state = dir;
	return dir && mkdtemp(dir) ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *st, int type,
			     struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline int remove_dir(void **state)
{
	int failed = nftw(*state, remove_one, 8, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return failed;
}

/* The path of `name` in the directory; it lasts for three more calls. */
static inline const char *in_dir(const char *dir, const char *name)
{
	static char paths[4][TEST_PATH_SIZE];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, TEST_PATH_SIZE, "%s/%s", dir, name);
	return path;
}

/* How many names the directory holds. */
static inline int count_names(const char *dir)
{
	int count = 0;
	DIR *d = opendir(dir);

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));)
		count += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	closedir(d);
	return count;
}

static inline void write_file(const char *path, const void *data, size_t len,
			      mode_t mode)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

#endif
