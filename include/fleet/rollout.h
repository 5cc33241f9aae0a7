/*
 * rollout - which release a device gets.  A pure function.
 */
#ifndef OTTERD_FLEET_ROLLOUT_H
#define OTTERD_FLEET_ROLLOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ident.h"
#include "store/catalog.h"

enum rollout_reason {
	ROLLOUT_UPDATE,
	ROLLOUT_UP_TO_DATE,
	ROLLOUT_NO_RELEASE,
	ROLLOUT_NOT_YET,
	ROLLOUT_PAUSED,
	ROLLOUT_HALTED,
	ROLLOUT_PINNED,
	ROLLOUT_NEWER_ON_DEVICE
};

/* "update", "up-to-date", ... as the manifest's `reason` says it. */
const char *rollout_reason_name(enum rollout_reason reason);

struct rollout_device {
	struct ident device;
	struct ident version; /* what it runs now */
	struct ident channel; /* an admin's, else the one asked for, else
				 "stable" */
	struct ident pin;     /* the only version it may get, or "" */
};

struct rollout_decision {
	enum rollout_reason reason;
	const struct release_row *release; /* set when reason is UPDATE */
};

/*
 * Decide among the releases of the device's product, in any order.  Of the
 * releases on the device's channel the one with the newest version counts
 * (of equal versions the newest release); one that is paused, halted or not
 * yet this device's share gives way to the next older one that is still
 * newer than what the device runs, and the reason told is that of the newest
 * when none remains.  A pinned device gets its pinned version only, written
 * exactly as the pin; the reason is PINNED when nothing but the pin keeps a
 * newer one away.  Nothing older than or equal to what the device runs is
 * ever offered.
 */
struct rollout_decision
rollout_decide(const struct release_row *const *releases, size_t count,
	       const struct rollout_device *device);

/*
 * A device's place in a queue, 0 to ROLLOUT_PLACES - 1: a hash of the device
 * and a number.  With the release's id for the number the device is in the
 * release's share when place < 100 * percent, so that a growing share never
 * takes an offer back.
 */
enum { ROLLOUT_PLACES = 10000 };
unsigned int rollout_place(const struct ident *device, int64_t number);

#endif
