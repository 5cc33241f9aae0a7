/*
 * renewal - notices when the files that a configuration's TLS section names
 * have changed on the disk.
 *
 * By looking at them from time to time: what certbot renames, a volume that
 * is mounted anew and a file on NFS all show so, and none needs a reload.
 */
#ifndef OTTERD_RENEWAL_H
#define OTTERD_RENEWAL_H

#include <stdbool.h>

#include "base/digest.h"
#include "config.h"

/* All zero: nothing has been looked at. */
struct renewal {
	struct digest taken; /* the state that was read last */
	struct digest seen;  /* the state at the last look */
};

/* The files are being read as they are now. */
void renewal_take(struct renewal *renewal, const struct config *config);

/*
 * Look at key pairs, anchors and the pool.  True once after a change, when
 * two looks have found the same new state, so that what is being written is
 * not read half done; the state then counts as taken.
 */
bool renewal_look(struct renewal *renewal, const struct config *config);

#endif
