#include "base/job.h"

#include <poll.h>
#include <pthread.h>

#include "fixture.h"

enum { JOBS = 5, THREADS = 4, EACH = 5000 };

static void test_queue(void **state)
{
	struct job_queue queue = {0};
	struct job jobs[JOBS] = {0};
	struct job *at;

	(void)state;
	assert_null(job_queue_take(&queue));
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(job_queue_push(&queue, &jobs[i]), i == 0);
	at = job_queue_take(&queue);
	for (int i = 0; i < JOBS; i++, at = at->next)
		assert_ptr_equal(at, &jobs[i]);
	assert_null(at);
	assert_null(job_queue_take(&queue));
	assert_true(job_queue_push(&queue, &jobs[0]));
	assert_ptr_equal(job_queue_take(&queue), &jobs[0]);
	assert_null(jobs[0].next);
}

/* A job of the tests: what done() saw. */
struct counted {
	struct job job;
	int thread;
	int number;
};

static struct port *the_port;
static int done_count;
static int last_number[THREADS]; /* of each thread's jobs */
static bool in_order;

static void count_done(struct job *job)
{
	struct counted *c = (struct counted *)job;

	done_count++;
	if (c->number != last_number[c->thread] + 1)
		in_order = false;
	last_number[c->thread] = c->number;
	free(c);
}

static struct counted *new_job(int thread, int number)
{
	struct counted *c = calloc(1, sizeof(*c));

	c->job.done = count_done;
	c->thread = thread;
	c->number = number;
	return c;
}

static int open_the_port(void **state)
{
	(void)state;
	done_count = 0;
	in_order = true;
	memset(last_number, 0, sizeof(last_number));
	return port_open(&the_port, &failure) ? 0 : -1;
}

static int close_the_port(void **state)
{
	(void)state;
	port_close(the_port);
	return 0;
}

static bool readable(int timeout_ms)
{
	struct pollfd fd = {.fd = port_fd(the_port), .events = POLLIN};

	return poll(&fd, 1, timeout_ms) == 1;
}

static void test_port(void **state)
{
	(void)state;
	assert_false(readable(0));
	port_drain(the_port); /* does not wait */
	for (int round = 1; round < 6; round += 2) {
		port_post(the_port, &new_job(0, round)->job);
		assert_true(readable(0));
		port_post(the_port, &new_job(0, round + 1)->job);
		port_drain(the_port);
		assert_false(readable(0));
		assert_int_equal(done_count, round + 1);
	}
	assert_true(in_order);
}

static void post_again(struct job *job)
{
	if (++done_count < 3)
		port_post(the_port, job);
}

/* What done() posts is seen at the next drain. */
static void test_post_from_done(void **state)
{
	struct job job = {.done = post_again};

	(void)state;
	port_post(the_port, &job);
	for (int i = 1; i <= 3; i++) {
		assert_true(readable(0));
		port_drain(the_port);
		assert_int_equal(done_count, i);
	}
	assert_false(readable(0));
}

static void *post_many(void *arg)
{
	int thread = *(int *)arg;

	for (int i = 1; i <= EACH; i++)
		port_post(the_port, &new_job(thread, i)->job);
	return NULL;
}

/* No wake-up is lost: waiting for the descriptor alone finds every job. */
static void test_threads(void **state)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, post_many, &numbers[i]);
	}
	while (done_count < THREADS * EACH) {
		if (!readable(60 * 1000))
			fail_msg("stuck after %d jobs", done_count);
		port_drain(the_port);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(in_order);
	port_drain(the_port);
	assert_int_equal(done_count, THREADS * EACH);
}

static void *post_one(void *arg)
{
	port_post(the_port, &new_job(0, *(int *)arg)->job);
	return NULL;
}

/* The port may go as soon as its last job is done. */
static void test_close_after_last(void **state)
{
	for (int i = 0; i < 300; i++) {
		int number = 1;
		pthread_t thread;

		assert_int_equal(open_the_port(state), 0);
		pthread_create(&thread, NULL, post_one, &number);
		while (!done_count)
			port_drain(the_port);
		port_close(the_port);
		pthread_join(thread, NULL);
		assert_int_equal(done_count, 1);
	}
}

static void test_close_null(void **state)
{
	(void)state;
	port_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_PORT(test) \
	cmocka_unit_test_setup_teardown(test, open_the_port, close_the_port)
		cmocka_unit_test(test_queue),
		WITH_PORT(test_port),
		WITH_PORT(test_post_from_done),
		WITH_PORT(test_threads),
		cmocka_unit_test(test_close_after_last),
		cmocka_unit_test(test_close_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
