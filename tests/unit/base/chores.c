#include "base/chores.h"

#include <poll.h>
#include <pthread.h>

#include "fixture.h"

enum { JOBS = 1000 };

struct fixture {
	struct chores *chores;
	struct port *port;
	pthread_t thread; /* where run() was called */
	int run_count;
	int done_count;
	bool wrong;
};

struct numbered {
	struct job job;
	struct fixture *fixture;
	int number;
};

/* Every third job fails. */
static bool run(struct job *job, void *context, struct err *err)
{
	struct numbered *n = (struct numbered *)job;
	struct fixture *f = n->fixture;

	if (context || n->number != f->run_count++)
		f->wrong = true;
	f->thread = pthread_self();
	return n->number % 3 != 0 ||
	       err_set(err, ERR_DENIED, "number %d", n->number);
}

static void done(struct job *job)
{
	struct numbered *n = (struct numbered *)job;
	struct fixture *f = n->fixture;
	char want[32];

	snprintf(want, sizeof(want), "number %d", n->number);
	if (n->number != f->done_count++ || job->ok != (n->number % 3 != 0) ||
	    (!job->ok &&
	     (job->err.code != ERR_DENIED || strcmp(job->err.text, want) != 0)))
		f->wrong = true;
	free(n);
}

static void submit(struct fixture *f, int number)
{
	struct numbered *n = calloc(1, sizeof(*n));

	n->fixture = f;
	n->number = number;
	n->job.run = run;
	n->job.done = done;
	n->job.port = f->port;
	chores_submit(f->chores, &n->job);
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	return port_open(&f->port, &failure) &&
			       chores_start(&f->chores, &failure)
		       ? 0
		       : -1;
}

static int stop(void **state)
{
	struct fixture *f = *state;

	chores_stop(f->chores);
	port_close(f->port);
	free(f);
	return 0;
}

static void wait_for(struct fixture *f, int count)
{
	struct pollfd fd = {.fd = port_fd(f->port), .events = POLLIN};

	while (f->done_count < count) {
		if (poll(&fd, 1, 60 * 1000) != 1)
			fail_msg("stuck after %d", f->done_count);
		port_drain(f->port);
	}
}

/* In order, one at a time, on another thread, with ok and err. */
static void test_runs(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < JOBS; i++)
		submit(f, i);
	wait_for(f, JOBS);
	assert_false(f->wrong);
	assert_false(pthread_equal(f->thread, pthread_self()));
	submit(f, JOBS); /* after it has slept */
	wait_for(f, JOBS + 1);
	assert_false(f->wrong);
}

/* Stopping finishes what was submitted. */
static void test_stop(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < JOBS; i++)
		submit(f, i);
	chores_stop(f->chores);
	f->chores = NULL;
	assert_int_equal(f->run_count, JOBS);
	port_drain(f->port);
	assert_int_equal(f->done_count, JOBS);
	assert_false(f->wrong);
}

static void test_idle(void **state)
{
	(void)state; /* starts and stops without any job */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_runs, start, stop),
		cmocka_unit_test_setup_teardown(test_stop, start, stop),
		cmocka_unit_test_setup_teardown(test_idle, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
