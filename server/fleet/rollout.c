#include "fleet/rollout.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/digest.h"
#include "fleet/version.h"

static const char *const reason_names[] = {
	[ROLLOUT_UPDATE] = "update",
	[ROLLOUT_UP_TO_DATE] = "up-to-date",
	[ROLLOUT_NO_RELEASE] = "no-release",
	[ROLLOUT_NOT_YET] = "not-yet",
	[ROLLOUT_PAUSED] = "paused",
	[ROLLOUT_HALTED] = "halted",
	[ROLLOUT_PINNED] = "pinned",
	[ROLLOUT_NEWER_ON_DEVICE] = "newer-on-device",
};

const char *rollout_reason_name(enum rollout_reason reason)
{
	return reason_names[reason];
}

unsigned int rollout_place(const struct ident *device, int64_t number)
{
	char text[IDENT_MAX + 32];
	struct digest d;
	uint64_t hash = 0;
	int len = snprintf(text, sizeof(text), "%s/%" PRId64, device->text,
			   number);

	if (!digest_of(&d, text, (size_t)len))
		return ROLLOUT_PLACES - 1;
	for (size_t i = 0; i < sizeof(hash); i++)
		hash = hash << 8 | d.bytes[i];
	return (unsigned int)(hash % ROLLOUT_PLACES);
}

static bool has_turn(const struct release_row *release,
		     const struct ident *device)
{
	if (release->percent >= 100)
		return true;
	return release->percent > 0 &&
	       rollout_place(device, release->id) <
		       100U * (unsigned)release->percent;
}

/* What a release that is newer than the device's version means to it. */
static enum rollout_reason judge(const struct release_row *release,
				 const struct ident *device)
{
	switch (release->state) {
	case RELEASE_PAUSED:
		return ROLLOUT_PAUSED;
	case RELEASE_HALTED:
		return ROLLOUT_HALTED;
	case RELEASE_ACTIVE:
		break;
	}
	return has_turn(release, device) ? ROLLOUT_UPDATE : ROLLOUT_NOT_YET;
}

/* NULL is older than any release. */
static bool is_newer(const struct release_row *a, const struct release_row *b)
{
	int order = b ? version_compare(&a->version, &b->version) : 1;

	return order ? order > 0 : a->id > b->id;
}

static bool pin_allows(const struct rollout_device *device,
		       const struct release_row *release)
{
	return !device->pin.text[0] ||
	       ident_equal(&device->pin, &release->version);
}

/* What was found on the device's channel. */
struct findings {
	const struct release_row *newest;  /* of all */
	const struct release_row *pending; /* allowed, newer than the device */
	const struct release_row *offer;   /* and to be had now */
	bool pinned; /* there is a newer one that the pin keeps away */
};

static void consider(struct findings *f, const struct release_row *release,
		     const struct rollout_device *device)
{
	if (is_newer(release, f->newest))
		f->newest = release;
	if (version_compare(&release->version, &device->version) <= 0)
		return;
	if (!pin_allows(device, release)) {
		f->pinned = true;
		return;
	}
	if (is_newer(release, f->pending))
		f->pending = release;
	if (is_newer(release, f->offer) &&
	    judge(release, &device->device) == ROLLOUT_UPDATE)
		f->offer = release;
}

struct rollout_decision
rollout_decide(const struct release_row *const *releases, size_t count,
	       const struct rollout_device *device)
{
	struct rollout_decision decision = {.reason = ROLLOUT_UP_TO_DATE};
	struct findings f = {0};

	for (size_t i = 0; i < count; i++) {
		if (ident_equal(&releases[i]->channel, &device->channel))
			consider(&f, releases[i], device);
	}
	decision.release = f.offer;
	if (f.offer)
		decision.reason = ROLLOUT_UPDATE;
	else if (f.pending)
		decision.reason = judge(f.pending, &device->device);
	else if (f.pinned)
		decision.reason = ROLLOUT_PINNED;
	else if (!f.newest)
		decision.reason = ROLLOUT_NO_RELEASE;
	else if (version_compare(&f.newest->version, &device->version) < 0)
		decision.reason = ROLLOUT_NEWER_ON_DEVICE;
	return decision;
}
