#include "base/chores.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct chores {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct job *first;
	struct job **last;
	bool stopping;
};

static struct job *next_job(struct chores *chores)
{
	struct job *job;

	pthread_mutex_lock(&chores->lock);
	while (!chores->first && !chores->stopping)
		pthread_cond_wait(&chores->wake, &chores->lock);
	job = chores->first;
	if (job) {
		chores->first = job->next;
		if (!chores->first)
			chores->last = &chores->first;
	}
	pthread_mutex_unlock(&chores->lock);
	return job;
}

static void *run_chores(void *arg)
{
	struct chores *chores = arg;
	struct job *job;

	pthread_setname_np(pthread_self(), "chores");
	while ((job = next_job(chores))) {
		job->ok = job->run(job, NULL, &job->err);
		port_post(job->port, job);
	}
	return NULL;
}

static void free_chores(struct chores *chores)
{
	pthread_cond_destroy(&chores->wake);
	pthread_mutex_destroy(&chores->lock);
	free(chores);
}

bool chores_start(struct chores **out, struct err *err)
{
	struct chores *chores = calloc(1, sizeof(*chores));

	*out = NULL;
	if (!chores)
		return err_memory(err);
	pthread_mutex_init(&chores->lock, NULL);
	pthread_cond_init(&chores->wake, NULL);
	chores->last = &chores->first;
	errno = pthread_create(&chores->thread, NULL, run_chores, chores);
	if (errno) {
		err_sys(err, "thread for chores");
		free_chores(chores);
		return false;
	}
	*out = chores;
	return true;
}

void chores_submit(struct chores *chores, struct job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&chores->lock);
	*chores->last = job;
	chores->last = &job->next;
	pthread_cond_signal(&chores->wake);
	pthread_mutex_unlock(&chores->lock);
}

void chores_stop(struct chores *chores)
{
	if (!chores)
		return;
	pthread_mutex_lock(&chores->lock);
	chores->stopping = true;
	pthread_cond_signal(&chores->wake);
	pthread_mutex_unlock(&chores->lock);
	pthread_join(chores->thread, NULL);
	free_chores(chores);
}
