/*
 * intern - names that repeat in every row, as small numbers.
 *
 * Names are only ever added, so a connection remembers those it met.  The
 * empty name is always number 0.  For the store room only.
 */
#ifndef OTTERD_STORE_INTERN_H
#define OTTERD_STORE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/connection.h"

/* Words, for words are never removed: no fingerprints are added behind these.
 * Some 8 MB; a fleet has a few hundred. */
enum { INTERN_WORDS_MAX = 65536 };

/*
 * Writer: the number of `name`, which is added when it is new.  A fingerprint
 * for which there is no room is 0, as if it were "".
 */
bool intern_add(struct db *db, enum intern_kind kind, const char *name,
		int64_t *id, struct err *err);

/* The number of `name`; ERR_NOT_FOUND when nobody used it yet. */
bool intern_find(struct db *db, enum intern_kind kind, const char *name,
		 int64_t *id, struct err *err);

/* The name behind a number, as much of it as `size` holds. */
bool intern_name(struct db *db, enum intern_kind kind, int64_t id, char *name,
		 size_t size, struct err *err);

/* Forget what is remembered, because it may have been rolled back. */
void intern_forget(struct db *db);

#endif
