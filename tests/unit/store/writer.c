#include "store/writer.c"

#include "fixture.h"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "store/intern.h"
#include "store/query.h"

/* ---- jobs that note what became of them ---------------------------------- */

enum deed {
	GOOD, /* add the word */
	BAD,  /* refuse at once */
	HALF, /* add the word, then refuse */
	BIG   /* add a row that needs many pages */
};

struct test_job {
	struct job job;
	enum deed deed;
	char word[16];
	int done; /* how often it came back */
};

static struct port *port;
static int back; /* jobs that came back, in all */

static bool add_word(struct db *db, const char *word, struct err *err)
{
	int64_t id;

	return intern_add(db, INTERN_WORD, word, &id, err);
}

static bool run_job(struct job *job, void *context, struct err *err)
{
	struct test_job *t = (struct test_job *)job;
	struct db *db = context;

	switch (t->deed) {
	case GOOD:
		return add_word(db, t->word, err);
	case BAD:
		return err_set(err, ERR_DENIED, "bad %s", t->word);
	case HALF:
		return add_word(db, t->word, err) &&
		       err_set(err, ERR_DENIED, "half %s", t->word);
	case BIG:
		if (sqlite3_exec(db->sqlite,
				 "INSERT INTO words (name) VALUES "
				 "(hex(randomblob(100000)))",
				 NULL, NULL, NULL))
			return db_fail(db, err, "big");
		return true;
	}
	return false;
}

static void done(struct job *job)
{
	((struct test_job *)job)->done++;
	back++;
}

static struct test_job make(enum deed deed, const char *word)
{
	struct test_job t = {
		.job = {.port = port, .run = run_job, .done = done},
		.deed = deed};

	snprintf(t.word, sizeof(t.word), "%s", word);
	return t;
}

/* Wait until `count` jobs in all have come back. */
static void await(int count)
{
	struct pollfd fd = {.fd = port_fd(port), .events = POLLIN};

	while (back < count) {
		assert_int_equal(poll(&fd, 1, -1), 1);
		port_drain(port);
	}
}

static bool has_word(struct fixture *f, const char *word)
{
	struct db *reader;
	bool found;
	int64_t id;

	must(db_open(&reader, f->dir, DB_READER, &failure));
	found = intern_find(reader, INTERN_WORD, word, &id, &failure);
	db_close(reader);
	return found;
}

/* ---- the writer under test ------------------------------------------------
 */

enum { FOREVER_MS = 3600 * 1000 };

static struct writer *w;
static struct metrics *metrics;
static _Atomic int commits;
static _Atomic bool commits_fail;

static int count_commit(void *arg)
{
	(void)arg;
	commits++;
	return commits_fail;
}

static void start(struct fixture *f, unsigned int gather_ms, int64_t keep)
{
	struct writer_options options = {gather_ms, keep};
	struct db *db = f->db;

	f->db = NULL;
	commits = 0;
	commits_fail = false;
	sqlite3_commit_hook(db->sqlite, count_commit, NULL);
	must(writer_start(&w, db, &options, metrics, &failure));
}

static void stop(void)
{
	writer_stop(w);
	w = NULL;
	port_drain(port);
}

static int set_up(void **state)
{
	set_up_db(state);
	back = 0;
	metrics = metrics_new();
	must(port_open(&port, &failure));
	return 0;
}

static int clean_up(void **state)
{
	writer_stop(w);
	w = NULL;
	port_close(port);
	metrics_free(metrics);
	return tear_down(state);
}

static int64_t metric_of(enum metric_type type, const char *metric)
{
	return metric_value(metrics_get(metrics, type, metric, "", ""));
}

/* ---- groups ----------------------------------------------------------------
 */

static void what_comes_back_is_there(void **state)
{
	struct test_job one, two;
	struct fixture *f = *state;

	one = make(GOOD, "one");
	two = make(GOOD, "two");
	start(f, 0, 0);
	writer_submit(w, &one.job);
	await(1);
	assert_true(one.job.ok);
	assert_true(has_word(f, "one"));
	writer_submit_plain(w, &two.job);
	await(2);
	assert_true(two.job.ok);
	assert_true(has_word(f, "two"));
	assert_int_equal(one.done + two.done, 2);
}

/* The writer gathers until it is stopped, so all are in one group. */
static void a_group_is_one_commit(void **state)
{
	enum { JOBS = 40 };
	struct test_job jobs[JOBS];
	struct fixture *f = *state;
	char word[16];

	start(f, FOREVER_MS, 0);
	for (int i = 0; i < JOBS; i++) {
		snprintf(word, sizeof(word), "w%d", i);
		jobs[i] = make(GOOD, word);
		if (i % 2)
			writer_submit(w, &jobs[i].job);
		else
			writer_submit_plain(w, &jobs[i].job);
	}
	assert_int_equal(metric_of(METRIC_GAUGE, "otterd_checkin_queue"), JOBS);
	stop();
	assert_int_equal(commits, 1);
	for (int i = 0; i < JOBS; i++) {
		assert_true(jobs[i].job.ok);
		assert_int_equal(jobs[i].done, 1);
		assert_true(has_word(f, jobs[i].word));
	}
	assert_int_equal(metric_of(METRIC_GAUGE, "otterd_checkin_queue"), 0);
	assert_int_equal(metric_of(METRIC_COUNTER, "otterd_commit_jobs_total"),
			 JOBS);
	assert_int_equal(
		metric_of(METRIC_COUNTER, "otterd_commit_failures_total"), 0);
}

static void a_refusal_is_its_own(void **state)
{
	static const struct {
		const char *word;
		enum deed deed;
		bool plain, ok;
	} rows[] = {
		{"a", GOOD, false, true}, {"b", HALF, false, false},
		{"c", BAD, false, false}, {"d", GOOD, false, true},
		{"e", GOOD, true, true},  {"f", BAD, true, false},
		{"g", GOOD, true, true},
	};
	enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
	struct test_job jobs[ROWS];
	struct fixture *f = *state;

	start(f, FOREVER_MS, 0);
	for (int i = 0; i < ROWS; i++) {
		jobs[i] = make(rows[i].deed, rows[i].word);
		if (rows[i].plain)
			writer_submit_plain(w, &jobs[i].job);
		else
			writer_submit(w, &jobs[i].job);
	}
	stop();
	assert_int_equal(commits, 1);
	for (int i = 0; i < ROWS; i++) {
		print_message("%s\n", rows[i].word);
		assert_int_equal(jobs[i].job.ok, rows[i].ok);
		assert_int_equal(has_word(f, rows[i].word), rows[i].ok);
		if (!rows[i].ok)
			assert_int_equal(jobs[i].job.err.code, ERR_DENIED);
	}
}

/* A plain job that leaves half of its work takes the group with it. */
static void half_a_plain_job_keeps_nothing(void **state)
{
	struct test_job good, half, next;
	struct fixture *f = *state;

	good = make(GOOD, "good");
	half = make(HALF, "half");
	next = make(GOOD, "next");
	start(f, FOREVER_MS, 0);
	writer_submit_plain(w, &good.job);
	writer_submit_plain(w, &half.job);
	writer_submit_plain(w, &next.job);
	stop();
	assert_int_equal(commits, 0);
	assert_int_equal(back, 3);
	assert_false(good.job.ok || half.job.ok || next.job.ok);
	assert_string_equal(good.job.err.text, "half half");
	assert_false(has_word(f, "good"));
	assert_false(has_word(f, "half"));
}

/* ---- when the disk says no
 * --------------------------------------------------- */

static void a_failed_commit_fails_its_group(void **state)
{
	struct test_job one, two, later;
	struct fixture *f = *state;

	one = make(GOOD, "one");
	two = make(GOOD, "two");
	later = make(GOOD, "one");
	start(f, 0, 0);
	commits_fail = true;
	writer_submit(w, &one.job);
	writer_submit_plain(w, &two.job);
	await(2);
	assert_false(one.job.ok || two.job.ok);
	assert_string_not_equal(one.job.err.text, "");
	assert_string_equal(one.job.err.text, two.job.err.text);
	assert_false(has_word(f, "one"));
	assert_true(metric_of(METRIC_COUNTER, "otterd_commit_failures_total") >
		    0);

	commits_fail = false;
	writer_submit(w, &later.job);
	await(3);
	assert_true(later.job.ok);
	assert_true(has_word(f, "one"));
	assert_false(has_word(f, "two"));
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* The log cannot grow: the real thing, at the real place. */
static void a_full_disk_is_told_and_survived(void **state)
{
	struct test_job first, big, again;
	struct fixture *f = *state;
	struct stat st;

	first = make(GOOD, "first");
	big = make(BIG, "");
	again = make(GOOD, "again");
	start(f, 0, 0);
	writer_submit(w, &first.job);
	await(1);
	assert_int_equal(stat(path_of(f, "otterd.db-wal"), &st), 0);

	signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)st.st_size + 8192);
	writer_submit(w, &big.job);
	await(2);
	limit_files(RLIM_INFINITY);
	assert_false(big.job.ok);
	assert_int_equal(big.job.err.code, ERR_NO_SPACE);

	writer_submit(w, &again.job);
	await(3);
	assert_true(again.job.ok);
	assert_true(has_word(f, "first"));
	assert_true(has_word(f, "again"));
}

/* The database may not grow, which SQLite notices inside the job. */
static void full_inside_a_job(void **state)
{
	struct test_job before, big, after, later;
	struct fixture *f = *state;

	before = make(GOOD, "before");
	big = make(BIG, "");
	after = make(GOOD, "after");
	later = make(GOOD, "later");
	exec(f->db, "PRAGMA max_page_count = 1");
	start(f, 0, 0);
	writer_submit(w, &before.job);
	writer_submit(w, &big.job);
	writer_submit(w, &after.job);
	await(3);
	assert_false(big.job.ok);
	assert_int_equal(big.job.err.code, ERR_NO_SPACE);
	/* Whoever was told yes is there, whoever was told no is not. */
	assert_int_equal(has_word(f, "before"), before.job.ok);
	assert_int_equal(has_word(f, "after"), after.job.ok);
	writer_submit(w, &later.job);
	await(4);
	assert_true(later.job.ok);
	assert_true(has_word(f, "later"));
}

/* ---- starting, stopping, reloading
 * --------------------------------------------- */

static void stopping_commits_what_waits(void **state)
{
	struct test_job job;
	struct fixture *f = *state;
	struct stat st;

	job = make(GOOD, "last");
	start(f, 0, 0);
	writer_submit(w, &job.job);
	stop();
	assert_true(job.job.ok);
	/* The log is emptied, and gone with the last connection. */
	assert_int_equal(stat(path_of(f, "otterd.db-wal"), &st), -1);
	assert_true(has_word(f, "last"));
}

static void an_idle_writer_stops(void **state)
{
	struct fixture *f = *state;

	start(f, FOREVER_MS, 0);
	stop();
	assert_int_equal(commits, 0);
	writer_stop(NULL);
}

/* The wake-up for the stop is taken while gathering, and is not missed. */
static void a_gathering_writer_stops(void **state)
{
	struct pollfd fd = {.events = POLLIN};
	struct fixture *f = *state;
	struct test_job job;

	job = make(GOOD, "last");
	start(f, FOREVER_MS, 0);
	writer_submit(w, &job.job);
	fd.fd = w->wake_fd;
	while (poll(&fd, 1, 0) > 0)
		sched_yield(); /* until the writer has taken the job's */
	usleep(1000);
	stop();
	assert_true(job.job.ok);
	assert_int_equal(commits, 1);
}

/* A gathering writer hears of new options with its next group. */
static void options_change(void **state)
{
	struct writer_options now = {0, 0};
	struct test_job one;
	struct fixture *f = *state;

	one = make(GOOD, "one");
	start(f, FOREVER_MS, 0);
	writer_configure(w, &now);
	writer_submit(w, &one.job);
	await(1);
	assert_true(one.job.ok);
}

/* ---- many at once
 * ---------------------------------------------------------------- */

enum { THREADS = 4, POLLS = 300 };

struct poll_job {
	struct job job;
	struct checkin checkin;
};

static bool run_poll(struct job *job, void *context, struct err *err)
{
	return checkin_add(context, &((struct poll_job *)job)->checkin, err);
}

static void poll_done(struct job *job)
{
	if (!job->ok)
		abort();
}

/* One device that polls again as soon as it is answered. */
static void *poll_on(void *arg)
{
	struct poll_job poll_job = {
		.job = {.run = run_poll, .done = poll_done}};
	struct pollfd fd = {.events = POLLIN};
	struct port *own;
	struct err err;

	if (!port_open(&own, &err))
		abort();
	fd.fd = port_fd(own);
	poll_job.job.port = own;
	poll_job.checkin.product = name("inklay");
	poll_job.checkin.version = name("1.0");
	poll_job.checkin.device = *(const struct ident *)arg;
	for (int i = 0; i < POLLS; i++) {
		writer_submit_plain(w, &poll_job.job);
		if (poll(&fd, 1, -1) != 1)
			abort();
		port_drain(own);
	}
	port_close(own);
	return NULL;
}

static void many_threads_poll(void **state)
{
	struct ident devices[THREADS] = {name("a"), name("b"), name("c"),
					 name("d")};
	pthread_t threads[THREADS];
	struct fixture *f = *state;

	start(f, 0, 0);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, poll_on, &devices[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	stop();
	must(db_open(&f->db, f->dir, DB_WRITER, &failure));
	assert_int_equal(
		number_of(f->db->sqlite, "SELECT count(*) FROM checkins"),
		THREADS * POLLS);
	assert_int_equal(
		number_of(f->db->sqlite, "SELECT min(checkins) FROM devices"),
		POLLS);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, clean_up)
	const struct CMUnitTest tests[] = {
		TEST(what_comes_back_is_there),
		TEST(a_group_is_one_commit),
		TEST(a_refusal_is_its_own),
		TEST(half_a_plain_job_keeps_nothing),
		TEST(a_failed_commit_fails_its_group),
		TEST(a_full_disk_is_told_and_survived),
		TEST(full_inside_a_job),
		TEST(stopping_commits_what_waits),
		TEST(an_idle_writer_stops),
		TEST(a_gathering_writer_stops),
		TEST(options_change),
		TEST(many_threads_poll),
	};

	return cmocka_run_group_tests_name("store/writer", tests, NULL, NULL);
}
