/*
 * probe_report - what a probe has seen, for people and scripts: a line
 * "LABEL: VALUE" for each thing, or one JSON object.
 */
#ifndef OTTERD_CLI_PROBE_REPORT_H
#define OTTERD_CLI_PROBE_REPORT_H

#include <jansson.h>

#include "cli/probe_link.h"

/* Print to standard output. */
void probe_report_print(const struct probe_seen *seen,
			const struct probe_device *device);

/* The caller's; NULL when out of memory. */
json_t *probe_report_json(const struct probe_seen *seen,
			  const struct probe_device *device);

/*
 * Would mbedTLS before 3.6.3, which does not put the pieces of a message
 * together, take the Certificate message with the fragment length agreed on?
 */
bool probe_fits_record(const struct probe_seen *seen);

#endif
