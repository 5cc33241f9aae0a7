/*
 * chores - one thread for slow work that must not hold up a worker: fsync
 * of an image, checking a signature over it.
 */
#ifndef OTTERD_BASE_CHORES_H
#define OTTERD_BASE_CHORES_H

#include "base/err.h"
#include "base/job.h"

struct chores;

bool chores_start(struct chores **out, struct err *err);

/* Run the job on the thread, after those before it.  Any thread. */
void chores_submit(struct chores *chores, struct job *job);

/* Finish what was submitted, then end the thread. */
void chores_stop(struct chores *chores);

#endif
