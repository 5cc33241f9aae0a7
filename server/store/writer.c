#include "store/writer.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/checkin.h"
#include "store/connection.h"

enum {
	GATHER_ENOUGH = 32,	 /* jobs: more make a commit hardly cheaper */
	CHECKPOINT_PAGES = 1000, /* 4 MiB of log */
	PRUNE_ROWS = 500,	 /* one step: a millisecond or two */
	PRUNE_STEP_MS = 100,	 /* while there is something left: 5,000/s */
	PRUNE_IDLE_MS = 10000	 /* else */
};

struct writer {
	pthread_t thread;
	struct db *db;
	int wake_fd; /* eventfd: a queue is no longer empty, or news */
	struct job_queue ordinary;
	struct job_queue plain;
	_Atomic int submitted; /* jobs that have not come back */
	_Atomic unsigned int gather_ms;
	_Atomic int64_t keep_checkins;
	_Atomic bool stopping;
	uint64_t next_prune; /* monotonic ms */
	int checkpointed;    /* pages of the log copied at the last one */
	struct metric *queue_metric;
	struct metric *commit_metric;
	struct metric *jobs_metric;
	struct metric *failures_metric;
};

static void wake(struct writer *writer)
{
	/* An eventfd that cannot take 1 is readable already. */
	(void)!write(writer->wake_fd, &(uint64_t){1}, sizeof(uint64_t));
}

/* Until woken or the moment `until`, monotonic ms. */
static void wait_until(struct writer *writer, uint64_t until)
{
	struct pollfd fd = {.fd = writer->wake_fd, .events = POLLIN};
	uint64_t now = clock_ms(), count;
	uint64_t left = until > now ? until - now : 0;

	if (poll(&fd, 1, left > INT_MAX ? -1 : (int)left) > 0)
		(void)!read(writer->wake_fd, &count, sizeof(count));
}

static bool has_jobs(struct writer *writer)
{
	return atomic_load(&writer->ordinary.newest) ||
	       atomic_load(&writer->plain.newest);
}

/* The first job is here; give others the time to join it. */
static void gather(struct writer *writer)
{
	uint64_t until = clock_ms() + atomic_load(&writer->gather_ms);

	while (clock_ms() < until && !atomic_load(&writer->stopping) &&
	       atomic_load(&writer->submitted) < GATHER_ENOUGH)
		wait_until(writer, until);
}

/* False when the group is lost: SQLite has rolled back by itself. */
static bool run_ordinary(struct db *db, struct job *job, struct err *err)
{
	if (!db_savepoint(db, err))
		return false;
	job->ok = job->run(job, db, &job->err);
	if (job->ok)
		return db_savepoint_keep(db, err);
	if (db_in_transaction(db))
		return db_savepoint_undo(db, err);
	*err = job->err;
	return false;
}

/* The same without a savepoint, so half a job takes the group with it. */
static bool run_plain(struct db *db, struct job *job, struct err *err)
{
	int64_t before = sqlite3_total_changes64(db->sqlite);

	job->ok = job->run(job, db, &job->err);
	if (job->ok || (db_in_transaction(db) &&
			sqlite3_total_changes64(db->sqlite) == before))
		return true;
	*err = job->err;
	return false;
}

static bool run_each(struct db *db, struct job *jobs,
		     bool (*run)(struct db *db, struct job *job,
				 struct err *err),
		     struct err *err)
{
	for (struct job *job = jobs; job; job = job->next) {
		if (!run(db, job, err))
			return false;
	}
	return true;
}

static bool commit(struct writer *writer, struct err *err)
{
	uint64_t start = clock_us();
	bool ok = db_commit(writer->db, err);

	metric_time(writer->commit_metric, clock_us() - start);
	return ok;
}

static bool run_group(struct writer *writer, struct job *ordinary,
		      struct job *plain, struct err *err)
{
	if (db_begin(writer->db, err) &&
	    run_each(writer->db, ordinary, run_ordinary, err) &&
	    run_each(writer->db, plain, run_plain, err) && commit(writer, err))
		return true;
	db_rollback(writer->db);
	metric_add(writer->failures_metric, 1);
	return false;
}

/* Post all jobs of a list; `lost` is the reason when nothing was kept. */
static void give_back(struct writer *writer, struct job *jobs,
		      const struct err *lost)
{
	int count = 0;

	while (jobs) {
		struct job *job = jobs;

		jobs = job->next;
		if (lost) {
			job->ok = false;
			job->err = *lost;
		}
		count++;
		port_post(job->port, job);
	}
	atomic_fetch_sub(&writer->submitted, count);
	metric_add(writer->queue_metric, -count);
	metric_add(writer->jobs_metric, lost ? 0 : count);
}

static void run_waiting(struct writer *writer)
{
	struct job *ordinary = job_queue_take(&writer->ordinary);
	struct job *plain = job_queue_take(&writer->plain);
	struct err err;
	bool ok;

	if (!ordinary && !plain)
		return;
	ok = run_group(writer, ordinary, plain, &err);
	give_back(writer, ordinary, ok ? NULL : &err);
	give_back(writer, plain, ok ? NULL : &err);
}

/* Between groups, so that no job waits inside its own group for the copy. */
static void checkpoint(struct writer *writer)
{
	int pages = writer->db->wal_pages;
	struct err err;

	if (pages < writer->checkpointed) /* the log began anew */
		writer->checkpointed = 0;
	if (pages - writer->checkpointed < CHECKPOINT_PAGES)
		return;
	writer->checkpointed = pages;
	if (!db_checkpoint(writer->db, false, &err))
		log_event(LOG_WARN, "database", "%s", err.text);
}

static bool prune_step(struct writer *writer, int64_t before, int *removed,
		       struct err *err)
{
	if (db_begin(writer->db, err) &&
	    checkin_prune(writer->db, before, PRUNE_ROWS, removed, err) &&
	    db_commit(writer->db, err))
		return true;
	db_rollback(writer->db);
	return false;
}

static void prune(struct writer *writer)
{
	int64_t keep = atomic_load(&writer->keep_checkins);
	uint64_t now = clock_ms();
	struct err err;
	int removed = 0;

	if (!keep || now < writer->next_prune)
		return;
	if (!prune_step(writer, clock_utc() - keep, &removed, &err))
		log_event(LOG_WARN, "prune", "%s", err.text);
	writer->next_prune =
		clock_ms() +
		(removed == PRUNE_ROWS ? PRUNE_STEP_MS : PRUNE_IDLE_MS);
}

static void wait_for_work(struct writer *writer)
{
	bool pruning = atomic_load(&writer->keep_checkins) != 0;

	/* gather() may have taken the wake-up that came with the stop. */
	if (!atomic_load(&writer->stopping))
		wait_until(writer, pruning ? writer->next_prune : UINT64_MAX);
}

static void *run_writer(void *arg)
{
	struct writer *writer = arg;
	bool stopping;
	struct err err;

	pthread_setname_np(pthread_self(), "writer");
	do {
		wait_for_work(writer);
		/* Read before the queues: what was submitted before the stop
		 * is in them by then. */
		stopping = atomic_load(&writer->stopping);
		if (has_jobs(writer) && !stopping)
			gather(writer);
		run_waiting(writer);
		checkpoint(writer);
		prune(writer);
	} while (!stopping);
	if (!db_checkpoint(writer->db, true, &err))
		log_event(LOG_WARN, "database", "%s", err.text);
	return NULL;
}

static void make_metrics(struct writer *writer, struct metrics *m)
{
	writer->queue_metric =
		metrics_get(m, METRIC_GAUGE, "otterd_checkin_queue", "",
			    "Jobs that wait for the writer.");
	writer->commit_metric =
		metrics_get(m, METRIC_HISTOGRAM, "otterd_commit_seconds", "",
			    "Time that a commit to the database took.");
	writer->jobs_metric =
		metrics_get(m, METRIC_COUNTER, "otterd_commit_jobs_total", "",
			    "Jobs in the groups that were committed.");
	writer->failures_metric =
		metrics_get(m, METRIC_COUNTER, "otterd_commit_failures_total",
			    "", "Groups of jobs that could not be committed.");
}

static void writer_free(struct writer *writer)
{
	if (writer->wake_fd >= 0)
		close(writer->wake_fd);
	db_close(writer->db);
	free(writer);
}

bool writer_start(struct writer **out, struct db *db,
		  const struct writer_options *options, struct metrics *metrics,
		  struct err *err)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	int failed;

	*out = NULL;
	if (!writer) {
		db_close(db);
		return err_memory(err);
	}
	writer->db = db;
	make_metrics(writer, metrics);
	atomic_store(&writer->gather_ms, options->gather_ms);
	atomic_store(&writer->keep_checkins, options->keep_checkins);
	writer->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (writer->wake_fd < 0) {
		err_sys(err, "eventfd");
		goto fail;
	}
	failed = pthread_create(&writer->thread, NULL, run_writer, writer);
	if (failed) {
		err_set(err, ERR_SYSTEM, "thread for the writer: %s",
			strerror(failed));
		goto fail;
	}
	*out = writer;
	return true;
fail:
	writer_free(writer);
	return false;
}

void writer_configure(struct writer *writer,
		      const struct writer_options *options)
{
	atomic_store(&writer->gather_ms, options->gather_ms);
	atomic_store(&writer->keep_checkins, options->keep_checkins);
	wake(writer);
}

static void submit(struct writer *writer, struct job_queue *queue,
		   struct job *job)
{
	int before = atomic_fetch_add(&writer->submitted, 1);

	metric_add(writer->queue_metric, 1);
	if (job_queue_push(queue, job) || before + 1 == GATHER_ENOUGH)
		wake(writer);
}

void writer_submit(struct writer *writer, struct job *job)
{
	submit(writer, &writer->ordinary, job);
}

void writer_submit_plain(struct writer *writer, struct job *job)
{
	submit(writer, &writer->plain, job);
}

void writer_stop(struct writer *writer)
{
	if (!writer)
		return;
	atomic_store(&writer->stopping, true);
	wake(writer);
	pthread_join(writer->thread, NULL);
	writer_free(writer);
}
