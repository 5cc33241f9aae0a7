#include "http/app.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* A site, counted by the views of it. */
struct site_share {
	const struct site *site;
	void (*free_site)(void *owner);
	void *owner;
	_Atomic int references;
};

/*
 * `build` is held while a catalog is read and put in force, so that a later
 * build has always read later.  `lock` is held for a moment only.
 */
struct current {
	pthread_mutex_t build;
	pthread_mutex_t lock;
	struct view *view;
};

bool current_open(struct current **out, struct err *err)
{
	struct current *current = calloc(1, sizeof(*current));

	*out = NULL;
	if (!current)
		return err_memory(err);
	pthread_mutex_init(&current->build, NULL);
	pthread_mutex_init(&current->lock, NULL);
	*out = current;
	return true;
}

void current_close(struct current *current)
{
	if (!current)
		return;
	view_unref(current->view);
	pthread_mutex_destroy(&current->lock);
	pthread_mutex_destroy(&current->build);
	free(current);
}

struct view *current_get(struct current *current)
{
	struct view *view;

	pthread_mutex_lock(&current->lock);
	view = current->view;
	if (view)
		atomic_fetch_add_explicit(&view->references, 1,
					  memory_order_relaxed);
	pthread_mutex_unlock(&current->lock);
	return view;
}

static void share_unref(struct site_share *share)
{
	if (atomic_fetch_sub(&share->references, 1) != 1)
		return;
	share->free_site(share->owner);
	free(share);
}

void view_unref(struct view *view)
{
	if (!view || atomic_fetch_sub(&view->references, 1) != 1)
		return;
	catalog_unref(view->catalog); /* it borrows from the site */
	share_unref(view->share);
	free(view);
}

/* A view of the site with the catalog read for it; counts `share` up. */
static bool view_build(struct view **out, struct site_share *share,
		       struct db *db, struct err *err)
{
	const struct site *site = share->site;
	struct view *view = calloc(1, sizeof(*view));

	if (!view)
		return err_memory(err);
	if (!catalog_build(&view->catalog, db, site->products,
			   site->product_count, site->public_url, err)) {
		free(view);
		return false;
	}
	view->site = site;
	view->share = share;
	view->references = 1;
	atomic_fetch_add(&share->references, 1);
	*out = view;
	return true;
}

static void put_in_force(struct current *current, struct view *view)
{
	struct view *old;

	pthread_mutex_lock(&current->lock);
	old = current->view;
	current->view = view;
	pthread_mutex_unlock(&current->lock);
	view_unref(old);
}

bool current_set_site(struct current *current, const struct site *site,
		      void (*free_site)(void *owner), void *owner,
		      struct db *db, struct err *err)
{
	struct site_share *share = calloc(1, sizeof(*share));
	struct view *view;
	bool ok;

	if (!share)
		return err_memory(err);
	share->site = site;
	share->free_site = free_site;
	share->owner = owner;
	pthread_mutex_lock(&current->build);
	ok = view_build(&view, share, db, err);
	if (ok)
		put_in_force(current, view);
	else
		free(share); /* the site stays the caller's */
	pthread_mutex_unlock(&current->build);
	return ok;
}

bool current_refresh(struct current *current, struct db *db, struct err *err)
{
	struct view *old = NULL, *view;
	bool ok;

	pthread_mutex_lock(&current->build);
	old = current_get(current);
	ok = view_build(&view, old->share, db, err);
	if (ok && catalog_serial(view->catalog) < catalog_serial(old->catalog))
		view_unref(view);
	else if (ok)
		put_in_force(current, view);
	pthread_mutex_unlock(&current->build);
	view_unref(old);
	return ok;
}
