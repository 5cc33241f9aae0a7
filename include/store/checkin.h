/*
 * checkin - what devices said: polls, reports, and the device they made.
 *
 * Each check-in remembers the one before it of the same device, so that a
 * device's history is read by following that chain and needs no index that
 * every poll would have to touch.
 */
#ifndef OTTERD_STORE_CHECKIN_H
#define OTTERD_STORE_CHECKIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ident.h"
#include "store/bounds.h"
#include "store/db.h"

/* How a client was connected. */
struct store_peer {
	char address[STORE_ADDRESS_SIZE];
	char tls_version[STORE_WORD_SIZE]; /* "TLSv1.3" */
	char cipher[STORE_WORD_SIZE];
	char profile[STORE_PROFILE_SIZE];
	char fingerprint[STORE_WORD_SIZE]; /* JA4 of its ClientHello */
	char label[STORE_LABEL_SIZE]; /* out: an operator's for it, or "" */
};

struct checkin {
	int64_t id; /* out: 1 and up, in the order of time */
	int64_t at; /* UTC seconds */
	struct ident product;
	struct ident device;
	struct ident version;	      /* what it runs */
	struct ident channel;	      /* what it asked for, or "" */
	int64_t release;	      /* what it was offered, or 0 */
	char reason[STORE_WORD_SIZE]; /* "update", "up-to-date", ... */
	struct store_peer peer;
};

struct device_row {
	struct ident product;
	struct ident device;
	struct ident version;	      /* at its last poll */
	struct ident channel;	      /* set by an admin, or "" */
	struct ident pin;	      /* the only version it may get, or "" */
	char groups[STORE_TEXT_SIZE]; /* idents joined by ',' */
	int64_t first_seen;	      /* UTC seconds */
	int64_t last_seen;
	int64_t checkins; /* how many, also those pruned */
	int64_t release;  /* last offered, or 0 */
	char reason[STORE_WORD_SIZE];
	struct store_peer peer;		     /* at its last poll */
	char report_status[STORE_WORD_SIZE]; /* last reported, or "" */
	int64_t report_at;
	int64_t report_release;
};

struct report {
	int64_t at;
	struct ident product;
	struct ident device;
	int64_t release;
	char status[STORE_WORD_SIZE];
	struct ident version; /* or "" */
	char error[STORE_TEXT_SIZE];
	char detail[STORE_TEXT_SIZE];
	char address[STORE_ADDRESS_SIZE];
};

/* Writer: insert the row, make or update the device's, set c->id. */
bool checkin_add(struct db *db, struct checkin *c, struct err *err);

/* Writer: insert the report and note it on the device, made if unknown. */
bool report_add(struct db *db, const struct report *r, struct err *err);

/* Find one device.  ERR_NOT_FOUND when it never polled nor reported. */
bool device_find(struct db *db, const struct ident *product,
		 const struct ident *device, struct device_row *out,
		 struct err *err);

struct device_settings {
	struct ident channel;	      /* or "" */
	struct ident pin;	      /* the only version it may get, or "" */
	char groups[STORE_TEXT_SIZE]; /* idents joined by ',' */
};

/*
 * What an admin set for a device: all empty when nothing is set, also for a
 * device that is not known.  For every poll: unlike device_find() it does not
 * cost more when there are more devices.
 */
bool device_settings_find(struct db *db, const struct ident *product,
			  const struct ident *device,
			  struct device_settings *out, struct err *err);

/*
 * Writer: set the channel, groups and pin of an existing device; NULL leaves
 * one as it is, "" clears it.  ERR_NOT_FOUND.
 */
bool device_set(struct db *db, const struct ident *product,
		const struct ident *device, const struct ident *channel,
		const char *groups, const struct ident *pin, struct err *err);

struct device_query {
	struct ident product, version, channel; /* "" matches all */
	char profile[STORE_PROFILE_SIZE];	/* "" matches all */
	char fingerprint[STORE_WORD_SIZE];	/* "" matches all */
	int64_t seen_before;			/* UTC seconds; 0 matches all */
	struct ident after_product, after_device; /* start behind this key */
	int limit;				  /* rows, 1 to 1000 */
};

/* Devices in the order of product and id.  Stops early when each() says so. */
bool device_list(struct db *db, const struct device_query *query,
		 bool (*each)(void *arg, const struct device_row *row),
		 void *arg, struct err *err);

/* How many devices there are in all (for the metric). */
bool device_count(struct db *db, int64_t *count, struct err *err);

struct checkin_query {
	struct ident product, device; /* device needs product; "" is all */
	int64_t before; /* only ids below this; 0 starts at the newest */
	int limit;	/* rows, 1 to 1000 */
};

/* Check-ins, newest first. */
bool checkin_list(struct db *db, const struct checkin_query *query,
		  bool (*each)(void *arg, const struct checkin *row), void *arg,
		  struct err *err);

/*
 * Writer: look at the `limit` oldest check-ins and reports and delete those
 * from before `before`, UTC seconds; *removed is how many went, at most
 * `limit` in all.
 */
bool checkin_prune(struct db *db, int64_t before, int limit, int *removed,
		   struct err *err);

#endif
