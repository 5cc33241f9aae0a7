/*
 * job - work handed from one thread to another and given back.
 *
 * A job is embedded in what it works on.  From the moment it is submitted
 * until its done() runs it belongs to the thread that runs it; done() is
 * called on the thread that owns `port`, from port_drain().
 */
#ifndef OTTERD_BASE_JOB_H
#define OTTERD_BASE_JOB_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

struct port;

struct job {
	struct job *next;
	struct port *port; /* where the finished job goes */
	/*
	 * Do it.  `context` is the running thread's own: struct db * on the
	 * writer, NULL among the chores.
	 */
	bool (*run)(struct job *job, void *context, struct err *err);
	void (*done)(struct job *job); /* look at ok and err */
	bool ok;
	struct err err; /* why not, when !ok */
};

/* A queue that any thread may push to and one thread takes whole. */
struct job_queue {
	_Atomic(struct job *) newest;
};

/* True when the queue was empty, so that its owner has to be woken. */
bool job_queue_push(struct job_queue *queue, struct job *job);

/* All jobs, oldest first; NULL when there are none. */
struct job *job_queue_take(struct job_queue *queue);

/*
 * A port is where a thread gets its finished jobs back: a queue and an
 * eventfd to put into the thread's epoll.
 */
bool port_open(struct port **out, struct err *err);
void port_close(struct port *port);   /* no job is to come any more */
int port_fd(const struct port *port); /* readable when jobs wait */

/* Give a finished job back.  Any thread. */
void port_post(struct port *port, struct job *job);

/* Call done() of each job that waits.  The port's own thread. */
void port_drain(struct port *port);

#endif
