/* Who does what a command asks: this process, or whoever has the lock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/metrics.h"
#include "cli/ask.h"
#include "control.h"
#include "store/db.h"

enum { NOBODY = 65534, HOLD_MS = 300 };

struct place {
	char dir[PATH_MAX];
	char data[PATH_MAX + 16];
	char config[PATH_MAX + 16];
};

static const char settings[] =
	"server: {data_dir: data, public_url: https://localhost:8443}\n"
	"tls:\n"
	"  certificates: [{name: c, file: c.pem, key: k.pem}]\n"
	"  profiles: [{name: p, certificates: [c]}]\n"
	"  default_profile: p\n"
	"manifest: {key: m.pem}\n";

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct err err;

	log_setup(LOG_ERROR, LOG_TEXT);
	snprintf(p->dir, sizeof(p->dir), "/tmp/ask.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	assert_int_equal(chmod(p->dir, 0755), 0);
	snprintf(p->data, sizeof(p->data), "%s/data", p->dir);
	snprintf(p->config, sizeof(p->config), "%s/otterd.yaml", p->dir);
	assert_int_equal(mkdir(p->data, 0700), 0);
	assert_true(
		file_create(p->config, settings, strlen(settings), 0644, &err));
	*state = p;
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

static int tear_down(void **state)
{
	struct place *p = *state;

	nftw(p->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
	free(p);
	return 0;
}

static json_t *add_request(const char *name)
{
	return json_pack("{s:s, s:s, s:s}", "verb", "token-add", "name", name,
			 "role", "admin");
}

/* Ask for what has no file in its answer. */
static bool get(const struct place *p, json_t *request, json_t **answer,
		struct err *err)
{
	int fd;
	bool ok = ask(p->config, request, answer, &fd, err);

	assert_int_equal(fd, -1);
	assert_int_equal(ok, *answer != NULL);
	return ok;
}

static size_t count_tokens(const struct place *p)
{
	json_t *answer;
	struct err err;
	size_t count;

	assert_true(get(p, json_pack("{s:s}", "verb", "token-list"), &answer,
			&err));
	count = json_array_size(json_object_get(answer, "tokens"));
	json_decref(answer);
	return count;
}

/* ---- no daemon ---------------------------------------------------------- */

static void does_it_itself(void **state)
{
	json_t *answer;
	struct err err;

	assert_true(get(*state, add_request("ci"), &answer, &err));
	assert_int_equal(
		strlen(json_string_value(json_object_get(answer, "secret"))),
		50);
	json_decref(answer);
	assert_int_equal(count_tokens(*state), 1);
}

static void refusals_are_not_tried_again(void **state)
{
	json_t *answer;
	struct err err;

	assert_true(get(*state, add_request("ci"), &answer, &err));
	json_decref(answer);
	assert_false(get(*state, add_request("ci"), &answer, &err));
	assert_string_equal(err.text, "token ci exists");
	assert_false(
		get(*state, json_pack("{s:s}", "verb", "fly"), &answer, &err));
	assert_string_equal(err.text, "unknown verb 'fly'");
}

static void backup_has_its_file(void **state)
{
	struct place *p = *state;
	json_t *answer;
	char head[16];
	struct err err;
	int fd;

	assert_true(get(p, add_request("ci"), &answer, &err));
	json_decref(answer);
	assert_true(ask(p->config, json_pack("{s:s}", "verb", "db-backup"),
			&answer, &fd, &err));
	json_decref(answer);
	assert_int_equal(pread(fd, head, sizeof(head), 0), sizeof(head));
	assert_memory_equal(head, "SQLite format 3", sizeof(head));
	close(fd);
}

static void nothing_there_yet(void **state)
{
	json_t *answer;
	struct err err;

	assert_false(get(*state, json_pack("{s:s}", "verb", "db-check"),
			 &answer, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void wrong_configuration(void **state)
{
	struct place *p = *state;
	json_t *answer;
	struct err err;
	int fd;

	assert_false(ask("/nonexistent/otterd.yaml", add_request("ci"), &answer,
			 &fd, &err));
	assert_null(answer);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(rmdir(p->data), 0);
	assert_false(get(p, add_request("ci"), &answer, &err));
	assert_int_equal(err.code, ERR_NOT_FOUND);
}

/* Root leaves nothing that the daemon's user could not use. */
static void root_works_as_the_owner(void **state)
{
	static const char *const names[] = {"otterd.lock", "otterd.db"};
	struct place *p = *state;
	char path[PATH_MAX + 64];
	json_t *answer;
	struct stat st;
	struct err err;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(p->data, NOBODY, NOBODY), 0);
	assert_true(get(p, add_request("ci"), &answer, &err));
	json_decref(answer);
	assert_int_equal(geteuid(), 0);
	assert_int_equal(getegid(), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", p->data, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_uid, NOBODY);
		assert_int_equal(st.st_gid, NOBODY);
	}
}

/* ---- another process ---------------------------------------------------- */

/* Changing the user interrupts the sleep of every thread. */
static void *hold(void *arg)
{
	uint64_t end = clock_ms() + HOLD_MS;

	while (clock_ms() < end)
		usleep(1000);
	close(*(int *)arg);
	return NULL;
}

/* A command that works with the database is waited for. */
static void waits_for_the_lock(void **state)
{
	struct place *p = *state;
	pthread_t thread;
	json_t *answer;
	struct err err;
	int lock;

	assert_true(db_lock(&lock, p->data, &err));
	pthread_create(&thread, NULL, hold, &lock);
	assert_true(get(p, add_request("ci"), &answer, &err));
	json_decref(answer);
	pthread_join(thread, NULL);
}

struct daemon {
	struct control *control;
	atomic_bool stop;
};

static void *serve(void *arg)
{
	struct daemon *d = arg;
	struct pollfd wait = {.fd = control_fd(d->control), .events = POLLIN};

	while (!atomic_load(&d->stop)) {
		poll(&wait, 1, 10);
		control_serve(d->control);
	}
	return NULL;
}

/* The lock is the daemon's throughout, so it alone can have done it. */
static void leaves_it_to_the_daemon(void **state)
{
	const struct writer_options options = {0};
	struct metrics *metrics = metrics_new();
	struct place *p = *state;
	struct daemon d = {0};
	struct writer *writer;
	pthread_t thread;
	json_t *answer;
	struct err err;
	struct db *db;
	int lock;

	assert_true(db_lock(&lock, p->data, &err));
	assert_true(db_open(&db, p->data, DB_WRITER, &err));
	assert_true(writer_start(&writer, db, &options, metrics, &err));
	assert_true(control_open(&d.control, p->data, writer, &err));
	pthread_create(&thread, NULL, serve, &d);
	assert_true(get(p, add_request("ci"), &answer, &err));
	json_decref(answer);
	assert_false(get(p, add_request("ci"), &answer, &err));
	assert_string_equal(err.text, "token ci exists");
	assert_int_equal(count_tokens(p), 1);
	atomic_store(&d.stop, true);
	pthread_join(thread, NULL);
	control_close(d.control);
	writer_stop(writer);
	close(lock);
	metrics_free(metrics);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(does_it_itself),	   TEST(refusals_are_not_tried_again),
		TEST(backup_has_its_file), TEST(nothing_there_yet),
		TEST(wrong_configuration), TEST(root_works_as_the_owner),
		TEST(waits_for_the_lock),  TEST(leaves_it_to_the_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
