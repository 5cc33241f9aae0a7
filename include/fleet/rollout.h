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
 * when none remains.  A pinned device gets its pinned version only.  Nothing
 * older than or equal to what the device runs is ever offered.
 */
struct rollout_decision
rollout_decide(const struct release_row *const *releases, size_t count,
	       const struct rollout_device *device);

/*
 * The device's place in a release's queue, 0 to 9999 hundredths of a percent:
 * it is in the share when place < 100 * percent.  Depends only on the device
 * and the release, so a growing share never takes an offer back.
 */
unsigned int rollout_place(const struct ident *device, int64_t release);

#endif
