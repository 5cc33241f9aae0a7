#include "base/job.h"

#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct port {
	struct job_queue queue;
	int fd;
	_Atomic int posting; /* threads inside port_post() */
};

bool job_queue_push(struct job_queue *queue, struct job *job)
{
	struct job *head = atomic_load(&queue->newest);

	do {
		job->next = head;
	} while (!atomic_compare_exchange_weak(&queue->newest, &head, job));
	return !head;
}

struct job *job_queue_take(struct job_queue *queue)
{
	struct job *newest = atomic_exchange(&queue->newest, NULL);
	struct job *oldest = NULL;

	while (newest) {
		struct job *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

bool port_open(struct port **out, struct err *err)
{
	struct port *port = calloc(1, sizeof(*port));

	*out = NULL;
	if (!port)
		return err_memory(err);
	port->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (port->fd < 0) {
		err_sys(err, "eventfd");
		free(port);
		return false;
	}
	*out = port;
	return true;
}

void port_close(struct port *port)
{
	if (!port)
		return;
	/* A job may be taken before the one who posted it is done here. */
	while (atomic_load(&port->posting))
		sched_yield();
	close(port->fd);
	free(port);
}

int port_fd(const struct port *port)
{
	return port->fd;
}

void port_post(struct port *port, struct job *job)
{
	atomic_fetch_add(&port->posting, 1);
	/* An eventfd that cannot take 1 is readable already. */
	if (job_queue_push(&port->queue, job))
		(void)!write(port->fd, &(uint64_t){1}, sizeof(uint64_t));
	atomic_fetch_sub(&port->posting, 1);
}

void port_drain(struct port *port)
{
	uint64_t count;
	struct job *job;

	(void)!read(port->fd, &count, sizeof(count));
	job = job_queue_take(&port->queue);
	while (job) {
		struct job *next = job->next;

		job->done(job);
		job = next;
	}
}
