#include "cli/ask.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/metrics.h"
#include "config.h"
#include "control_ask.h"
#include "store/db.h"
#include "store/writer.h"
#include "verb.h"

/*
 * Whoever has the lock but does not listen is a daemon that starts or stops,
 * or another command: both are over soon.
 */
enum { TRIES = 50, PAUSE_MS = 100 };

/* ---- in this process ---------------------------------------------------- */

static void call_done(struct job *job)
{
	(void)job;
}

/* Run the call on a writer of our own, as the daemon would. */
static bool run_on_writer(struct verb_call *call, struct metrics *metrics,
			  struct err *err)
{
	const struct writer_options options = {0};
	struct writer *writer;
	struct db *db;

	if (!db_open(&db, call->data_dir, DB_WRITER, err) ||
	    !writer_start(&writer, db, &options, metrics, err))
		return false;
	verb_submit(call, writer, NULL);
	writer_stop(writer); /* it commits what was submitted */
	*err = call->job.err;
	return call->job.ok;
}

static bool run_writing(struct verb_call *call, struct err *err)
{
	struct metrics *metrics = metrics_new();
	bool ok;

	if (!metrics)
		return err_memory(err);
	ok = port_open(&call->job.port, err);
	if (ok) {
		call->job.done = call_done;
		ok = run_on_writer(call, metrics, err);
		port_close(call->job.port);
	}
	metrics_free(metrics);
	return ok;
}

static bool run_call(json_t *request, const char *data_dir, json_t **answer,
		     int *fd, struct err *err)
{
	struct verb_call call;
	bool ok;

	ok = verb_begin(&call, json_incref(request), data_dir, err);
	if (ok)
		ok = verb_writes(&call) ? run_writing(&call, err)
					: call.job.run(&call.job, NULL, err);
	if (ok) {
		*answer = json_incref(call.answer);
		*fd = call.fd;
		call.fd = -1;
	}
	verb_end(&call);
	return ok;
}

static bool run_locked(json_t *request, const char *data_dir, json_t **answer,
		       int *fd, struct err *err)
{
	int lock;
	bool ok;

	if (!db_lock(&lock, data_dir, err))
		return false;
	verb_clean(data_dir);
	ok = run_call(request, data_dir, answer, fd, err);
	close(lock);
	return ok;
}

/* Root acts as the owner of the directory, all others as themselves. */
static bool become_owner(const char *data_dir, struct err *err)
{
	struct stat st;

	if (geteuid() != 0)
		return true;
	if (stat(data_dir, &st) < 0)
		return err_sys(err, "%s", data_dir);
	if (setegid(st.st_gid) == 0 && seteuid(st.st_uid) == 0)
		return true;
	return err_sys(err, "becoming the owner of %s", data_dir);
}

static bool run_here(json_t *request, const char *data_dir, json_t **answer,
		     int *fd, struct err *err)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	bool ok = become_owner(data_dir, err) &&
		  run_locked(request, data_dir, answer, fd, err);

	if (seteuid(uid) < 0 || setegid(gid) < 0)
		ok = err_sys(err, "becoming who we were");
	return ok;
}

/* ---- the daemon or us --------------------------------------------------- */

static bool run(json_t *request, const char *data_dir, json_t **answer, int *fd,
		struct err *err)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

	for (int i = 1;; i++) {
		if (run_here(request, data_dir, answer, fd, err))
			return true;
		if (err->code != ERR_BUSY)
			return false;
		if (control_ask(data_dir, request, answer, fd, err))
			return true;
		if (err->code != ERR_BUSY || i == TRIES)
			return false;
		nanosleep(&pause, NULL);
	}
}

bool ask(const char *config, json_t *request, json_t **answer, int *fd,
	 struct err *err)
{
	struct config *c;
	bool ok;

	*answer = NULL;
	*fd = -1;
	if (!request)
		return err_memory(err);
	ok = config_load(&c, config, err);
	if (ok)
		ok = run(request, c->data_dir, answer, fd, err);
	config_free(c);
	json_decref(request);
	return ok;
}
