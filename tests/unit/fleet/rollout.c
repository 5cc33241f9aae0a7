#include "fleet/rollout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "fleet/version.h"

enum { RELEASES_MAX = 4 };

static struct ident ident(const char *text)
{
	struct ident id = {""};

	if (text && !ident_parse(&id, text, strlen(text)))
		fail_msg("'%s' is no ident", text);
	return id;
}

static struct release_row row_of(const char *version, const char *channel,
				 int64_t id)
{
	struct release_row row = {.id = id, .percent = 100};

	row.version = ident(version);
	row.channel = ident(channel);
	return row;
}

/* "2.0" or "2.0@beta", then any of "/paused", "/halted", "/0". */
static struct release_row read_release(char *text, int64_t id)
{
	char *version = strsep(&text, "/");
	char *channel = strchr(version, '@');
	struct release_row row;
	char *word;

	if (channel)
		*channel++ = '\0';
	row = row_of(version, channel ? channel : "stable", id);
	while ((word = strsep(&text, "/"))) {
		if (strcmp(word, "paused") == 0)
			row.state = RELEASE_PAUSED;
		else if (strcmp(word, "halted") == 0)
			row.state = RELEASE_HALTED;
		else
			row.percent = 0;
	}
	return row;
}

static struct rollout_device device_of(const char *name, const char *version,
				       const char *pin)
{
	struct rollout_device device = {.device = ident(name),
					.version = ident(version),
					.channel = ident("stable"),
					.pin = ident(pin)};

	return device;
}

static const struct {
	const char *label;
	const char *version; /* on the device */
	const char *pin;
	const char *releases; /* their ids are 1, 2, ... */
	enum rollout_reason reason;
	int64_t offered; /* id, 0 for none */
} decisions[] = {
	{"nothing at all", "1.0", NULL, "", ROLLOUT_NO_RELEASE, 0},
	{"another channel", "1.0", NULL, "2.0@beta", ROLLOUT_NO_RELEASE, 0},
	{"a channel in other letters", "1.0", NULL, "2.0@Stable",
	 ROLLOUT_NO_RELEASE, 0},
	{"a newer one", "1.0", NULL, "2.0", ROLLOUT_UPDATE, 1},
	{"the same", "2.0", NULL, "2.0", ROLLOUT_UP_TO_DATE, 0},
	{"the same, written otherwise", "v2", NULL, "2.0.0", ROLLOUT_UP_TO_DATE,
	 0},
	{"an older one", "2.1", NULL, "2.0", ROLLOUT_NEWER_ON_DEVICE, 0},
	{"a candidate of what runs", "2.0", NULL, "2.0-rc1",
	 ROLLOUT_NEWER_ON_DEVICE, 0},
	{"newest version wins, first", "1.0", NULL, "1.10 1.9", ROLLOUT_UPDATE,
	 1},
	{"newest version wins, last", "1.0", NULL, "1.9 1.10", ROLLOUT_UPDATE,
	 2},
	{"newest release of equal versions", "1.0", NULL, "2.0 2.0 1.5",
	 ROLLOUT_UPDATE, 2},
	{"newest release of equals written apart", "1.0", NULL, "2.0+a v2.0",
	 ROLLOUT_UPDATE, 2},
	{"newest of another channel", "1.0", NULL, "2.0 3.0@beta",
	 ROLLOUT_UPDATE, 1},
	{"paused", "1.0", NULL, "2.0/paused", ROLLOUT_PAUSED, 0},
	{"halted", "1.0", NULL, "2.0/halted", ROLLOUT_HALTED, 0},
	{"not yet", "1.0", NULL, "2.0/0", ROLLOUT_NOT_YET, 0},
	{"paused and not yet", "1.0", NULL, "2.0/paused/0", ROLLOUT_PAUSED, 0},
	{"halted and not yet", "1.0", NULL, "2.0/halted/0", ROLLOUT_HALTED, 0},
	{"paused, of what runs", "2.0", NULL, "2.0/paused", ROLLOUT_UP_TO_DATE,
	 0},
	{"halted, of what runs", "2.0", NULL, "2.0/halted", ROLLOUT_UP_TO_DATE,
	 0},
	{"paused and older", "2.1", NULL, "2.0/paused", ROLLOUT_NEWER_ON_DEVICE,
	 0},
	{"paused gives way", "1.0", NULL, "1.5 2.0/paused", ROLLOUT_UPDATE, 1},
	{"halted gives way", "1.0", NULL, "1.5 2.0/halted", ROLLOUT_UPDATE, 1},
	{"not yet gives way", "1.0", NULL, "1.5 2.0/0", ROLLOUT_UPDATE, 1},
	{"gives way twice", "1.0", NULL, "1.5 2.0/paused 1.7/halted 1.6",
	 ROLLOUT_UPDATE, 4},
	{"gives way to an equal one", "1.0", NULL, "2.0 2.0/halted",
	 ROLLOUT_UPDATE, 1},
	{"gives way, but not to what runs", "1.5", NULL, "1.5 2.0/paused",
	 ROLLOUT_PAUSED, 0},
	{"gives way, but not to an older one", "1.6", NULL, "1.5 2.0/halted",
	 ROLLOUT_HALTED, 0},
	{"gives way, but not across channels", "1.0", NULL,
	 "1.5@beta 2.0/halted", ROLLOUT_HALTED, 0},
	{"reason of the newest: paused", "1.0", NULL,
	 "1.5/halted 2.0/paused 1.7/0", ROLLOUT_PAUSED, 0},
	{"reason of the newest: halted", "1.0", NULL,
	 "2.0/halted 1.7/paused 1.5/0", ROLLOUT_HALTED, 0},
	{"reason of the newest: not yet", "1.0", NULL,
	 "1.7/halted 1.5/paused 2.0/0", ROLLOUT_NOT_YET, 0},
	{"pinned to what comes", "1.0", "1.5", "1.5 2.0", ROLLOUT_UPDATE, 1},
	{"pinned to the newest", "1.0", "2.0", "1.5 2.0", ROLLOUT_UPDATE, 2},
	{"pinned to what runs", "1.5", "1.5", "1.5 2.0", ROLLOUT_PINNED, 0},
	{"pinned to what runs, the newest", "2.0", "2.0", "1.5 2.0",
	 ROLLOUT_UP_TO_DATE, 0},
	{"pinned to an older one", "1.5", "1.0", "1.0 2.0", ROLLOUT_PINNED, 0},
	{"pinned to an older one, on the newest", "2.0", "1.0", "1.0 2.0",
	 ROLLOUT_UP_TO_DATE, 0},
	{"pinned to what is not there", "1.0", "1.7", "1.5 2.0", ROLLOUT_PINNED,
	 0},
	{"pinned, nothing there", "1.0", "1.7", "", ROLLOUT_NO_RELEASE, 0},
	{"pinned on another channel", "1.0", "1.7", "1.7@beta",
	 ROLLOUT_NO_RELEASE, 0},
	{"pinned, newer on device", "3.0", "1.7", "1.7",
	 ROLLOUT_NEWER_ON_DEVICE, 0},
	{"pinned to another build", "1.0", "2.0", "2.0+debug", ROLLOUT_PINNED,
	 0},
	{"pinned to a paused one", "1.0", "1.5", "1.5/paused 2.0",
	 ROLLOUT_PAUSED, 0},
	{"pinned to a halted one", "1.0", "1.5", "1.5/halted 2.0",
	 ROLLOUT_HALTED, 0},
	{"pinned to one not yet for it", "1.0", "1.5", "1.5/0 2.0",
	 ROLLOUT_NOT_YET, 0},
	{"pinned, paused gives way to its like", "1.0", "1.5",
	 "1.5 1.5/paused 2.0", ROLLOUT_UPDATE, 1},
	{"pinned, only a paused one is kept away", "1.5", "1.5",
	 "1.5 2.0/paused", ROLLOUT_PINNED, 0},
};

static struct rollout_decision decide(size_t i,
				      struct release_row rows[RELEASES_MAX])
{
	struct rollout_device device =
		device_of("device", decisions[i].version, decisions[i].pin);
	const struct release_row *list[RELEASES_MAX];
	char text[128], *at = text, *word;
	size_t count = 0;

	snprintf(text, sizeof(text), "%s", decisions[i].releases);
	while ((word = strsep(&at, " ")) && *word) {
		rows[count] = read_release(word, (int64_t)count + 1);
		list[count] = &rows[count];
		count++;
	}
	return rollout_decide(list, count, &device);
}

static void test_decisions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(decisions) / sizeof(decisions[0]); i++) {
		struct release_row rows[RELEASES_MAX];
		struct rollout_decision got = decide(i, rows);
		int64_t offered = got.release ? got.release->id : 0;

		if (got.reason != decisions[i].reason ||
		    offered != decisions[i].offered)
			fail_msg("%s: got %s and release %lld, want %s and "
				 "release %lld",
				 decisions[i].label,
				 rollout_reason_name(got.reason),
				 (long long)offered,
				 rollout_reason_name(decisions[i].reason),
				 (long long)decisions[i].offered);
	}
}

static void test_reason_names(void **state)
{
	static const char *const names[] = {
		"update", "up-to-date", "no-release", "not-yet",
		"paused", "halted",	"pinned",     "newer-on-device"};

	(void)state;
	for (int i = 0; i <= ROLLOUT_NEWER_ON_DEVICE; i++)
		assert_string_equal(rollout_reason_name((enum rollout_reason)i),
				    names[i]);
}

static enum rollout_reason reason_at(const char *name, int64_t id, int percent)
{
	struct rollout_device device = device_of(name, "1.0", NULL);
	struct release_row row = row_of("2.0", "stable", id);
	const struct release_row *list[] = {&row};

	row.percent = percent;
	return rollout_decide(list, 1, &device).reason;
}

/* A device whose place is exactly `place`, for release 7. */
static void find_place(char name[static 16], unsigned int place)
{
	struct ident device;

	for (int i = 0; i < 1000000; i++) {
		snprintf(name, 16, "d%d", i);
		device = ident(name);
		if (rollout_place(&device, 7) == place)
			return;
	}
	fail_msg("no device at place %u", place);
}

static void test_share_bounds(void **state)
{
	static const struct {
		unsigned int place;
		int percent;
		enum rollout_reason reason;
	} rows[] = {
		{0, 0, ROLLOUT_NOT_YET},     {0, 1, ROLLOUT_UPDATE},
		{99, 1, ROLLOUT_UPDATE},     {100, 1, ROLLOUT_NOT_YET},
		{100, 2, ROLLOUT_UPDATE},    {4999, 50, ROLLOUT_UPDATE},
		{5000, 50, ROLLOUT_NOT_YET}, {9899, 99, ROLLOUT_UPDATE},
		{9900, 99, ROLLOUT_NOT_YET}, {9999, 99, ROLLOUT_NOT_YET},
		{9999, 100, ROLLOUT_UPDATE},
	};
	char name[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		find_place(name, rows[i].place);
		if (reason_at(name, 7, rows[i].percent) != rows[i].reason)
			fail_msg("place %u at %d %%: want %s", rows[i].place,
				 rows[i].percent,
				 rollout_reason_name(rows[i].reason));
	}
}

static void test_shares_are_fair(void **state)
{
	int in_first = 0, in_both = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char name[16];
		bool first;

		snprintf(name, sizeof(name), "device-%d", i);
		first = reason_at(name, 1, 10) == ROLLOUT_UPDATE;
		in_first += first;
		in_both += first && reason_at(name, 2, 10) == ROLLOUT_UPDATE;
	}
	/* 2000 and 200 are expected; six standard deviations are 255, 85. */
	assert_in_range(in_first, 1745, 2255);
	assert_in_range(in_both, 115, 285);
}

static uint64_t random_state;

static int pick(int below)
{
	random_state =
		random_state * 6364136223846793005u + 1442695040888963407u;
	return (int)(random_state >> 33) % below;
}

static struct release_row random_release(int64_t id)
{
	static const char *const versions[] = {"0.9", "1.0", "1.1-rc1", "1.1",
					       "2.0"};
	struct release_row row =
		row_of(versions[pick(5)], pick(4) ? "stable" : "beta", id);

	row.state = (enum release_state)pick(3);
	row.percent = pick(101);
	return row;
}

/* Growing any share never takes an offer away or makes it older. */
static void test_growing_share(void **state)
{
	const char *given = getenv("SEED");
	uint64_t seed =
		given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_state = seed;
	for (int i = 0; i < 100000; i++) {
		struct release_row rows[RELEASES_MAX];
		const struct release_row *list[RELEASES_MAX];
		struct rollout_decision before, after;
		struct rollout_device device;
		char name[16];
		int grown = pick(RELEASES_MAX);

		for (int j = 0; j < RELEASES_MAX; j++) {
			rows[j] = random_release(j + 1);
			list[j] = &rows[j];
		}
		snprintf(name, sizeof(name), "d%d", pick(1000));
		device = device_of(name, pick(2) ? "1.0" : "1.1",
				   pick(4) ? NULL : "1.1");
		before = rollout_decide(list, RELEASES_MAX, &device);
		rows[grown].percent += pick(101 - rows[grown].percent);
		after = rollout_decide(list, RELEASES_MAX, &device);
		if (before.release &&
		    (!after.release ||
		     version_compare(&after.release->version,
				     &before.release->version) < 0))
			fail_msg("round %d: the offer went away", i);
		if (after.release && version_compare(&after.release->version,
						     &device.version) <= 0)
			fail_msg("round %d: not newer than the device's", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_reason_names),
		cmocka_unit_test(test_share_bounds),
		cmocka_unit_test(test_shares_are_fair),
		cmocka_unit_test(test_growing_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
