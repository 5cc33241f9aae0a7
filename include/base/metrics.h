/*
 * metrics - counters, gauges and histograms, and their Prometheus text form
 * (exposition format 0.0.4).
 *
 * Metrics are made once, at start or reload, and kept by pointer; counting
 * is one relaxed atomic addition.  A metric lives as long as its registry.
 */
#ifndef OTTERD_BASE_METRICS_H
#define OTTERD_BASE_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

struct metrics; /* the registry */
struct metric;	/* one time series: a name and its labels */

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metrics *metrics_new(void); /* NULL when out of memory */
void metrics_free(struct metrics *m);

/*
 * The series `name` with `labels` ('route="/manifest",status="200"', or ""),
 * made when it is not there yet.  `help` is one sentence.  Histograms count
 * microseconds and are shown in seconds, with buckets from 0.5 ms to 10 s.
 * NULL when out of memory; every call below takes NULL and does nothing.
 * Any thread.
 */
struct metric *metrics_get(struct metrics *m, enum metric_type type,
			   const char *name, const char *labels,
			   const char *help);

void metric_add(struct metric *metric, int64_t value); /* any thread */
void metric_set(struct metric *metric, int64_t value); /* any thread */
void metric_time(struct metric *metric, uint64_t us);  /* any thread */
int64_t metric_value(const struct metric *metric);

/* Append all series, families together with HELP and TYPE.  Any thread. */
void metrics_write(struct metrics *m, struct strbuf *out);

#endif
