/*
 * verb - what a command asks of whoever holds the database: the daemon, or
 * the command itself while no daemon runs.
 *
 * A verb is a JSON object, {"verb":"token-add","name":"x","role":"admin"},
 * and so is its answer.
 */
#ifndef OTTERD_VERB_H
#define OTTERD_VERB_H

#include <stdbool.h>

#include <jansson.h>

#include "base/chores.h"
#include "base/err.h"
#include "base/job.h"
#include "store/writer.h"

struct verb;

struct verb_call {
	struct job job; /* its done() and port are the caller's */
	const struct verb *verb;
	const char *data_dir; /* borrowed */
	json_t *request;      /* the members but "verb" */
	json_t *answer;	      /* after the job: an object, if it is ok */
	int fd;		      /* a file that belongs to the answer, or -1 */
};

/*
 * Make a call of a request, whose reference is taken over.  ERR_INVALID for
 * what is not an object with a known "verb".  Ended by verb_end() also when
 * it fails.
 */
bool verb_begin(struct verb_call *call, json_t *request, const char *data_dir,
		struct err *err);

const char *verb_name(const struct verb_call *call);

/* Is it for the writer's thread? */
bool verb_writes(const struct verb_call *call);

/* Run it on the writer or among the chores, whichever it is for. */
void verb_submit(struct verb_call *call, struct writer *writer,
		 struct chores *chores);

/* Free what the call holds. */
void verb_end(struct verb_call *call);

/* Remove what a backup left that was cut short. */
void verb_clean(const char *data_dir);

#endif
