#include "base/metrics.h"

#include <pthread.h>

#include "fixture.h"

static char *written(struct metrics *m)
{
	struct strbuf out = {0};
	char *text;

	metrics_write(m, &out);
	text = strbuf_take(&out, NULL);
	assert_non_null(text);
	return text;
}

static void check(struct metrics *m, const char *want)
{
	char *text = written(m);

	assert_string_equal(text, want);
	free(text);
}

static int start(void **state)
{
	*state = metrics_new();
	return *state ? 0 : -1;
}

static int stop(void **state)
{
	metrics_free(*state);
	return 0;
}

static void test_empty(void **state)
{
	check(*state, "");
}

static void test_counters(void **state)
{
	struct metrics *m = *state;
	struct metric *a =
		metrics_get(m, METRIC_COUNTER, "a_total", "", "Things.");
	struct metric *b =
		metrics_get(m, METRIC_GAUGE, "b", "x=\"1\"", "Others.");

	check(m, "# HELP a_total Things.\n# TYPE a_total counter\n"
		 "a_total 0\n"
		 "# HELP b Others.\n# TYPE b gauge\nb{x=\"1\"} 0\n");
	metric_add(a, 2);
	metric_add(a, 40);
	metric_set(b, 7);
	metric_add(b, -9);
	assert_int_equal(metric_value(a), 42);
	assert_int_equal(metric_value(b), -2);
	check(m, "# HELP a_total Things.\n# TYPE a_total counter\n"
		 "a_total 42\n"
		 "# HELP b Others.\n# TYPE b gauge\nb{x=\"1\"} -2\n");
	metric_set(a, INT64_MAX);
	assert_int_equal(metric_value(a), INT64_MAX);
}

/* The series of a family stand together, whenever each was made. */
static void test_families(void **state)
{
	struct metrics *m = *state;
	struct metric *one =
		metrics_get(m, METRIC_COUNTER, "a", "x=\"1\"", "A.");

	metric_add(metrics_get(m, METRIC_COUNTER, "ab", "x=\"1\"", "AB."), 5);
	metric_add(metrics_get(m, METRIC_COUNTER, "a", "x=\"2\"", "A."), 2);
	metric_add(one, 1);
	assert_ptr_equal(metrics_get(m, METRIC_COUNTER, "a", "x=\"1\"", "A."),
			 one);
	check(m, "# HELP a A.\n# TYPE a counter\n"
		 "a{x=\"1\"} 1\na{x=\"2\"} 2\n"
		 "# HELP ab AB.\n# TYPE ab counter\nab{x=\"1\"} 5\n");
}

/* Both sides of the first and of the last bound, which count as below. */
static void test_histogram(void **state)
{
	struct metric *h =
		metrics_get(*state, METRIC_HISTOGRAM, "t", "", "Times.");

	metric_time(h, 0);
	metric_time(h, 500);
	metric_time(h, 501);
	metric_time(h, 1000);
	metric_time(h, 10000000);
	metric_time(h, 10000001);
	check(*state, "# HELP t Times.\n# TYPE t histogram\n"
		      "t_bucket{le=\"0.0005\"} 2\n"
		      "t_bucket{le=\"0.001\"} 4\n"
		      "t_bucket{le=\"0.0025\"} 4\n"
		      "t_bucket{le=\"0.005\"} 4\n"
		      "t_bucket{le=\"0.01\"} 4\n"
		      "t_bucket{le=\"0.025\"} 4\n"
		      "t_bucket{le=\"0.05\"} 4\n"
		      "t_bucket{le=\"0.1\"} 4\n"
		      "t_bucket{le=\"0.25\"} 4\n"
		      "t_bucket{le=\"0.5\"} 4\n"
		      "t_bucket{le=\"1\"} 4\n"
		      "t_bucket{le=\"2.5\"} 4\n"
		      "t_bucket{le=\"5\"} 4\n"
		      "t_bucket{le=\"10\"} 5\n"
		      "t_bucket{le=\"+Inf\"} 6\n"
		      "t_sum 20.002002\n"
		      "t_count 6\n");
}

static void test_histogram_labels(void **state)
{
	struct metric *h = metrics_get(*state, METRIC_HISTOGRAM, "t",
				       "r=\"/m\",s=\"200\"", "Times.");
	char *text;

	metric_time(h, 1500000);
	text = written(*state);
	assert_non_null(
		strstr(text, "\nt_bucket{r=\"/m\",s=\"200\",le=\"1\"} 0\n"));
	assert_non_null(
		strstr(text, "\nt_bucket{r=\"/m\",s=\"200\",le=\"+Inf\"} 1\n"));
	assert_non_null(strstr(text, "\nt_sum{r=\"/m\",s=\"200\"} 1.500000\n"));
	assert_non_null(strstr(text, "\nt_count{r=\"/m\",s=\"200\"} 1\n"));
	free(text);
}

/* Each bound as written is the one that is counted by. */
static void test_bounds(void **state)
{
	static const char *const bounds[] = {
		"0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05",
		"0.1",	  "0.25",  "0.5",    "1",     "2.5",  "5",     "10"};

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		uint64_t us = (uint64_t)(atof(bounds[i]) * 1e6 + 0.5);
		char name[16], want[64], *text;
		struct metric *h;

		snprintf(name, sizeof(name), "h%zu", i);
		h = metrics_get(*state, METRIC_HISTOGRAM, name, "", "H.");
		metric_time(h, us);
		metric_time(h, us + 1);
		snprintf(want, sizeof(want), "\n%s_bucket{le=\"%s\"} 1\n", name,
			 bounds[i]);
		text = written(*state);
		if (!strstr(text, want))
			fail_msg("no %s", want);
		free(text);
	}
}

/* Out of memory gives NULL, which every call takes. */
static void test_null(void **state)
{
	struct strbuf out = {0};

	(void)state;
	assert_null(metrics_get(NULL, METRIC_COUNTER, "a", "", "A."));
	metric_add(NULL, 1);
	metric_set(NULL, 1);
	metric_time(NULL, 1);
	assert_int_equal(metric_value(NULL), 0);
	metrics_write(NULL, &out);
	assert_null(out.data);
	metrics_free(NULL);
}

enum { THREADS = 4, ROUNDS = 2000, SERIES = 50 };

static void *count(void *arg)
{
	struct metrics *m = arg;
	struct strbuf out = {0};

	for (int i = 0; i < ROUNDS; i++) {
		char labels[32];
		struct metric *metric;

		snprintf(labels, sizeof(labels), "x=\"%d\"", i % SERIES);
		metric = metrics_get(m, METRIC_COUNTER, "c", labels, "C.");
		metric_add(metric, 1);
		metric_time(metrics_get(m, METRIC_HISTOGRAM, "h", "", "H."),
			    (uint64_t)i);
		if (i % 500 == 0)
			metrics_write(m, &out);
	}
	strbuf_free(&out);
	return NULL;
}

/* Each series is made once, and no addition is lost. */
static void test_threads(void **state)
{
	pthread_t threads[THREADS];
	char *text, want[64];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, count, *state);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	text = written(*state);
	for (int i = 0; i < SERIES; i++) {
		char *found;

		snprintf(want, sizeof(want), "\nc{x=\"%d\"} %d\n", i,
			 THREADS * ROUNDS / SERIES);
		found = strstr(text, want);
		if (!found || strstr(found + 1, want))
			fail_msg("not once: %s", want);
	}
	snprintf(want, sizeof(want), "\nh_count %d\n", THREADS * ROUNDS);
	assert_non_null(strstr(text, want));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH_REGISTRY(test) cmocka_unit_test_setup_teardown(test, start, stop)
		WITH_REGISTRY(test_empty),
		WITH_REGISTRY(test_counters),
		WITH_REGISTRY(test_families),
		WITH_REGISTRY(test_histogram),
		WITH_REGISTRY(test_histogram_labels),
		WITH_REGISTRY(test_bounds),
		WITH_REGISTRY(test_threads),
		cmocka_unit_test(test_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
