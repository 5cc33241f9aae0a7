#include "base/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Upper bounds of the buckets, microseconds; one more for +Inf. */
static const struct {
	uint64_t us;
	const char *le; /* seconds, as Prometheus shows them */
} buckets[] = {
	{500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},
	{10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},
	{250000, "0.25"}, {500000, "0.5"},  {1000000, "1"},   {2500000, "2.5"},
	{5000000, "5"},	  {10000000, "10"},
};

enum { BUCKETS = sizeof(buckets) / sizeof(buckets[0]) };

struct metric {
	struct metric *next; /* of the same family */
	char *labels;
	_Atomic int64_t value;		     /* of a counter or gauge */
	_Atomic uint64_t count[BUCKETS + 1]; /* of a histogram */
	_Atomic uint64_t sum_us;
};

struct family {
	struct family *next;
	enum metric_type type;
	char *name;
	char *help;
	struct metric *metrics; /* in the order they were made */
};

struct metrics {
	pthread_mutex_t lock; /* over the lists; values are atomic */
	struct family *families;
};

struct metrics *metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m)
		pthread_mutex_init(&m->lock, NULL);
	return m;
}

static void free_metric(struct metric *metric)
{
	free(metric->labels);
	free(metric);
}

static void free_family(struct family *family)
{
	while (family->metrics) {
		struct metric *next = family->metrics->next;

		free_metric(family->metrics);
		family->metrics = next;
	}
	free(family->name);
	free(family->help);
	free(family);
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	while (m->families) {
		struct family *next = m->families->next;

		free_family(m->families);
		m->families = next;
	}
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static struct family *new_family(enum metric_type type, const char *name,
				 const char *help)
{
	struct family *family = calloc(1, sizeof(*family));

	if (!family)
		return NULL;
	family->type = type;
	family->name = strdup(name);
	family->help = strdup(help);
	if (family->name && family->help)
		return family;
	free_family(family);
	return NULL;
}

static struct family *get_family(struct metrics *m, enum metric_type type,
				 const char *name, const char *help)
{
	struct family **at = &m->families;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	if (!*at)
		*at = new_family(type, name, help);
	return *at;
}

static struct metric *new_metric(const char *labels)
{
	struct metric *metric = calloc(1, sizeof(*metric));

	if (!metric)
		return NULL;
	metric->labels = strdup(labels);
	if (metric->labels)
		return metric;
	free(metric);
	return NULL;
}

struct metric *metrics_get(struct metrics *m, enum metric_type type,
			   const char *name, const char *labels,
			   const char *help)
{
	struct metric *metric = NULL, **at;
	struct family *family;

	if (!m)
		return NULL;
	pthread_mutex_lock(&m->lock);
	family = get_family(m, type, name, help);
	if (family) {
		at = &family->metrics;
		while (*at && strcmp((*at)->labels, labels) != 0)
			at = &(*at)->next;
		if (!*at)
			*at = new_metric(labels);
		metric = *at;
	}
	pthread_mutex_unlock(&m->lock);
	return metric;
}

void metric_add(struct metric *metric, int64_t value)
{
	if (metric)
		atomic_fetch_add_explicit(&metric->value, value,
					  memory_order_relaxed);
}

void metric_set(struct metric *metric, int64_t value)
{
	if (metric)
		atomic_store_explicit(&metric->value, value,
				      memory_order_relaxed);
}

void metric_time(struct metric *metric, uint64_t us)
{
	int i = 0;

	if (!metric)
		return;
	while (i < BUCKETS && us > buckets[i].us)
		i++;
	atomic_fetch_add_explicit(&metric->count[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&metric->sum_us, us, memory_order_relaxed);
}

int64_t metric_value(const struct metric *metric)
{
	return metric ? atomic_load_explicit(&metric->value,
					     memory_order_relaxed)
		      : 0;
}

/* ---- the text form ------------------------------------------------------ */

static void write_value(const struct family *family,
			const struct metric *metric, struct strbuf *out)
{
	const char *labels = metric->labels;

	strbuf_printf(out, "%s", family->name);
	strbuf_printf(out, *labels ? "{%s}" : "%s", labels);
	strbuf_printf(out, " %" PRId64 "\n", metric_value(metric));
}

static void write_histogram(const struct family *family,
			    const struct metric *metric, struct strbuf *out)
{
	const char *labels = metric->labels;
	const char *comma = *labels ? "," : "";
	const char *form = *labels ? "{%s}" : "%s";
	uint64_t sum =
		atomic_load_explicit(&metric->sum_us, memory_order_relaxed);
	uint64_t total = 0;

	for (int i = 0; i <= BUCKETS; i++) {
		total += atomic_load_explicit(&metric->count[i],
					      memory_order_relaxed);
		strbuf_printf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n",
			      family->name, labels, comma,
			      i < BUCKETS ? buckets[i].le : "+Inf", total);
	}
	strbuf_printf(out, "%s_sum", family->name);
	strbuf_printf(out, form, labels);
	strbuf_printf(out, " %" PRIu64 ".%06" PRIu64 "\n", sum / 1000000,
		      sum % 1000000);
	strbuf_printf(out, "%s_count", family->name);
	strbuf_printf(out, form, labels);
	strbuf_printf(out, " %" PRIu64 "\n", total);
}

void metrics_write(struct metrics *m, struct strbuf *out)
{
	static const char *const types[] = {[METRIC_COUNTER] = "counter",
					    [METRIC_GAUGE] = "gauge",
					    [METRIC_HISTOGRAM] = "histogram"};

	if (!m)
		return;
	pthread_mutex_lock(&m->lock);
	for (struct family *f = m->families; f; f = f->next) {
		strbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", f->name,
			      f->help, f->name, types[f->type]);
		for (struct metric *s = f->metrics; s; s = s->next) {
			if (f->type == METRIC_HISTOGRAM)
				write_histogram(f, s, out);
			else
				write_value(f, s, out);
		}
	}
	pthread_mutex_unlock(&m->lock);
}
