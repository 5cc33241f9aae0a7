/*
 * handshake - how clients connected or failed to, counted by kind.
 *
 * A row is a fingerprint, a server name, a profile, a result and, for those
 * that failed, a source network; further handshakes of the kind raise its
 * count.
 */
#ifndef OTTERD_STORE_HANDSHAKE_H
#define OTTERD_STORE_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/bounds.h"
#include "store/db.h"

enum {
	HANDSHAKE_KEEP = 20000, /* rows: some 10 MB */
	/* When there are more, these give way first, so that no scanner
	 * drives out what is known of others. */
	HANDSHAKE_PER_NETWORK = 500, /* of one network */
	HANDSHAKE_GOOD = 5000	     /* that went well */
};

struct handshake_row {
	int64_t id; /* out */
	char ja4[STORE_WORD_SIZE];
	char ja3[STORE_WORD_SIZE];
	char looks_like[STORE_LABEL_SIZE]; /* by its ClientHello, or "" */
	char label[STORE_LABEL_SIZE];	   /* out: an operator's, or "" */
	char sni[STORE_NAME_SIZE];	   /* "" for none */
	char profile[STORE_PROFILE_SIZE];  /* offered; "" before any was */
	char result[STORE_WORD_SIZE];  /* "ok", "alert", "closed", "no-request",
					  "timeout", "error" */
	int alert;		       /* its number, or -1 */
	char detail[STORE_LABEL_SIZE]; /* "unknown_ca", "no shared cipher" */
	char network[STORE_NETWORK_SIZE]; /* "" when it went well */
	char address[STORE_ADDRESS_SIZE]; /* the last one */
	int64_t first_seen;		  /* UTC seconds */
	int64_t last_seen;
	int64_t count;
	bool stranded; /* out: the ladder has nothing left for that network,
			  fingerprint and name */
};

/* Writer: add row->count to the row of that kind, or make it. */
bool handshake_add(struct db *db, const struct handshake_row *row,
		   struct err *err);

/*
 * Writer: delete rows last seen before `before`, UTC seconds, and what is
 * more than HANDSHAKE_KEEP: of networks with more than HANDSHAKE_PER_NETWORK
 * first, else those seen longest ago.  Takes 0.3 ms while nothing is to be
 * done, so it may follow every few handshake_add().
 */
bool handshake_prune(struct db *db, int64_t before, struct err *err);

enum handshake_outcome { HANDSHAKE_ALL, HANDSHAKE_OK, HANDSHAKE_FAILED };

struct handshake_query {
	enum handshake_outcome outcome;
	char ja4[STORE_WORD_SIZE];	  /* "" is all */
	char profile[STORE_PROFILE_SIZE]; /* "" is all */
	int64_t seen_after;		  /* UTC seconds; 0 is all */
	int64_t after; /* only ids below this, which are older kinds; 0
			  starts at the newest */
	int limit;     /* rows, 1 to STORE_LIST_MAX */
};

/* Kinds, those that appeared last first. */
bool handshake_list(struct db *db, const struct handshake_query *query,
		    bool (*each)(void *arg, const struct handshake_row *row),
		    void *arg, struct err *err);

/* What operators call a fingerprint. */
struct fingerprint_row {
	char ja4[STORE_WORD_SIZE];
	char label[STORE_LABEL_SIZE];
	int64_t at; /* UTC seconds: when it was set */
};

/* Writer: set, or with an empty label remove; ERR_NOT_FOUND when there is none
 * to remove. */
bool fingerprint_label(struct db *db, const struct fingerprint_row *row,
		       struct err *err);

/* ERR_NOT_FOUND when it has no label. */
bool fingerprint_find(struct db *db, const char *ja4,
		      struct fingerprint_row *out, struct err *err);

/* In the order of fingerprints. */
bool fingerprint_list(struct db *db,
		      bool (*each)(void *arg,
				   const struct fingerprint_row *row),
		      void *arg, struct err *err);

/* How many devices last connected by a profile, and how long ago. */
struct profile_usage {
	char profile[STORE_PROFILE_SIZE];
	int64_t devices;  /* in all */
	int64_t days[4];  /* seen in the last 1, 7, 30 and 90 days */
	int64_t last_use; /* UTC seconds */
};

/* Reads every device once, so not on a worker's thread. */
bool profile_usage_list(struct db *db, int64_t now,
			bool (*each)(void *arg,
				     const struct profile_usage *usage),
			void *arg, struct err *err);

#endif
