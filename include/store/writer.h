/*
 * writer - the one thread that writes to the database.
 *
 * It takes all jobs that wait, runs them in one transaction, commits, and
 * only then gives them back: a job that comes back ok is on disk.
 */
#ifndef OTTERD_STORE_WRITER_H
#define OTTERD_STORE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/job.h"
#include "base/metrics.h"
#include "store/db.h"

struct writer;

struct writer_options {
	unsigned int gather_ms; /* how long the first job of a group waits for
				   others */
	int64_t keep_checkins;	/* seconds; older check-ins are pruned in
				   small steps between groups; 0 keeps all */
};

/*
 * Start the thread on `db`, a DB_WRITER that it owns from then on, success
 * or not.  Metrics: otterd_checkin_queue, otterd_commit_seconds,
 * otterd_commit_jobs_total, otterd_commit_failures_total.
 */
bool writer_start(struct writer **out, struct db *db,
		  const struct writer_options *options, struct metrics *metrics,
		  struct err *err);

/* Take over new options, at a reload.  Any thread. */
void writer_configure(struct writer *writer,
		      const struct writer_options *options);

/*
 * Run job->run(job, db, err) in the next group.  A job that returns false has
 * its own changes undone (savepoint) and not those of its neighbours.  When
 * the commit fails, every job of the group comes back with that reason and
 * nothing of the group is kept.  Any thread.
 */
void writer_submit(struct writer *writer, struct job *job);

/*
 * The same without the cost of a savepoint, for a job that either fails
 * before it changed anything or not for a reason of its own, as a check-in.
 * One that fails later takes its whole group with it.  Plain jobs keep their
 * order among themselves, and so do the others.
 */
void writer_submit_plain(struct writer *writer, struct job *job);

/* Commit what was submitted, checkpoint, end the thread, close the db. */
void writer_stop(struct writer *writer);

#endif
