/*
 * A control socket whose daemon's side runs in a thread of the test, in a
 * directory of its own.
 */
#ifndef OTTERD_TESTS_CONTROL_FIXTURE_H
#define OTTERD_TESTS_CONTROL_FIXTURE_H

#include <control.c> /* the one in server/, not this one */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/metrics.h"
#include "store/access.h"
#include "store/db.h"

enum { PATIENCE_MS = 30000 };

struct daemon {
	char dir[PATH_MAX];
	struct metrics *metrics;
	struct writer *writer;
	struct control *control;
	pthread_t thread;
	atomic_bool stop;
};

static void *run_daemon(void *arg)
{
	struct daemon *d = arg;
	struct pollfd wait = {.fd = control_fd(d->control), .events = POLLIN};

	while (!atomic_load(&d->stop)) {
		poll(&wait, 1, 10);
		control_serve(d->control);
	}
	return NULL;
}

static int start(void **state)
{
	const struct writer_options options = {0};
	struct daemon *d = calloc(1, sizeof(*d));
	struct err err;
	struct db *db;

	log_setup(LOG_ERROR, LOG_TEXT);
	snprintf(d->dir, sizeof(d->dir), "/tmp/control.XXXXXX");
	assert_non_null(mkdtemp(d->dir));
	d->metrics = metrics_new();
	assert_true(db_open(&db, d->dir, DB_WRITER, &err));
	assert_true(writer_start(&d->writer, db, &options, d->metrics, &err));
	assert_true(control_open(&d->control, d->dir, d->writer, &err));
	assert_int_equal(pthread_create(&d->thread, NULL, run_daemon, d), 0);
	*state = d;
	return 0;
}

static int drop(const char *path, const struct stat *st, int type,
		struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* From here on the control is the test's. */
static void stop_thread(struct daemon *d)
{
	if (!atomic_exchange(&d->stop, true))
		pthread_join(d->thread, NULL);
}

static void stop_control(struct daemon *d)
{
	stop_thread(d);
	control_close(d->control);
	d->control = NULL;
}

static int stop(void **state)
{
	struct daemon *d = *state;

	stop_control(d);
	writer_stop(d->writer);
	metrics_free(d->metrics);
	nftw(d->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
	free(d);
	return 0;
}

static bool exists(const struct daemon *d, const char *name)
{
	int dir = open(d->dir, O_PATH | O_DIRECTORY);
	bool is = faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;

	close(dir);
	return is;
}

/* The answer to a request, or NULL and the reason in *err. */
static json_t *get(struct daemon *d, json_t *request, int *fd, struct err *err)
{
	json_t *answer;

	control_ask(d->dir, request, &answer, fd, err);
	json_decref(request);
	return answer;
}

static json_t *add_token(struct daemon *d, const char *name, struct err *err)
{
	int fd;

	return get(d,
		   json_pack("{s:s, s:s, s:s}", "verb", "token-add", "name",
			     name, "role", "publisher"),
		   &fd, err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

#endif
