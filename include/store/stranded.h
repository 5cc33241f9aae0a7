/*
 * stranded - clients that have rejected every profile there is.
 */
#ifndef OTTERD_STORE_STRANDED_H
#define OTTERD_STORE_STRANDED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/bounds.h"
#include "store/db.h"

/* All of one fingerprint. */
struct stranded {
	char ja4[STORE_WORD_SIZE];
	char label[STORE_LABEL_SIZE];	   /* an operator's, or "" */
	char looks_like[STORE_LABEL_SIZE]; /* or "" */
	char profile[STORE_PROFILE_SIZE];  /* the one rejected last */
	char detail[STORE_LABEL_SIZE];	   /* "unknown_ca" */
	int64_t clients; /* networks and server names, at least one each */
};

/* Those of fingerprint `ja4`; out->clients may be 0. */
bool stranded_find(struct db *db, const char *ja4, struct stranded *out,
		   struct err *err);

#endif
