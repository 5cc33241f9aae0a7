/*
 * ladder - what the TLS front has learned of clients that reject chains,
 * kept over restarts.
 */
#ifndef OTTERD_STORE_LADDER_H
#define OTTERD_STORE_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/bounds.h"
#include "store/db.h"

/* One kind of client: its source network, JA4 and server name. */
struct ladder_row {
	char network[STORE_NETWORK_SIZE];
	char ja4[STORE_WORD_SIZE];
	char sni[STORE_NAME_SIZE];
	char preferred[STORE_PROFILE_SIZE]; /* accepted last, or "" */
	char rejected[STORE_TEXT_SIZE];	    /* profiles, joined by ',' */
	int64_t failures;		    /* since it was last accepted */
	bool stranded;			    /* it rejected all there is */
	int64_t at;			    /* UTC seconds: last change */
};

/* Writer: insert or replace; one without preferred and rejected is deleted. */
bool ladder_save(struct db *db, const struct ladder_row *row, struct err *err);

/* All rows, the newest first. */
bool ladder_load(struct db *db,
		 bool (*each)(void *arg, const struct ladder_row *row),
		 void *arg, struct err *err);

/*
 * Writer: delete the rows from before `before`, UTC seconds, and all but the
 * `keep` newest.
 */
bool ladder_prune(struct db *db, int64_t before, int64_t keep, struct err *err);

#endif
