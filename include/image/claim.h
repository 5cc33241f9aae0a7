/*
 * claim - keeps an image in the store while the row that names it is on its
 * way to the database.
 *
 * A claim is a shared flock(2) on the image's file, taken before the file
 * has its name; removing takes the exclusive one.  Whoever gives up a claim
 * without having written the row removes the image.
 */
#ifndef OTTERD_IMAGE_CLAIM_H
#define OTTERD_IMAGE_CLAIM_H

#include <stdbool.h>

#include "base/digest.h"
#include "base/err.h"
#include "image/blob.h"

/*
 * blob_upload_commit() under a claim, which ends when the upload is freed and
 * *claim closed: after the row was committed, or was given up and before
 * claim_remove().  *claim is -1 on failure.  ERR_BUSY when the same image was
 * being removed just then.  Slow, as the commit is.
 */
bool claim_commit(int *claim, struct blob_store *store,
		  struct blob_upload *upload, const struct digest *id,
		  struct err *err);

/*
 * Remove an image that no row names, unless it is claimed: then its claimer
 * sees to it.  `named` says whether a committed row names it; it is asked
 * while no claim can be had.  An image that is not there is success.
 */
bool claim_remove(struct blob_store *store, const struct digest *id,
		  bool (*named)(void *arg, const struct digest *id, bool *is,
				struct err *err),
		  void *arg, struct err *err);

#endif
