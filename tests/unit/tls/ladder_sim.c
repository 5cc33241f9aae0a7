/*
 * Many devices behind one address that look alike and trust different roots,
 * on schedules of all kinds: how many tries does each need?  Everything comes
 * from fixed seeds, and no time passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ladder_fixture.h"

enum {
	DEVICES_MAX = 40,
	SEEDS = 10,
	HOPELESS = 200,	  /* tries after which a device gives up */
	MODERN_FIRST = 80 /* per cent of its polls that are served at once */
};

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE }; /* ms */

/* When they try again. */
enum manner {
	ONE_BY_ONE, /* each until it gets through, then the next */
	ROUNDS,	    /* all of them; then all that failed, in any order */
	ON_THEIR_OWN,
	POLLS /* on their own, and again and again for days */
};

/* Where the handshakes are done. */
enum place {
	FREELY,	   /* any number at once */
	TWO_SEATS, /* two at once, the others stay accepted and wait */
	TWO_CORES  /* clients and server share two cores fairly */
};

struct schedule {
	const char *label;
	enum manner manner;
	enum place place;
	double spread;	    /* ms: of their first tries */
	double work[2];	    /* ms of a handshake: least, most */
	double pause[2];    /* ms before another try: least, most */
	double period;	    /* ms between two polls, 10 % more or less */
	double modern;	    /* ms between polls of one that takes the first */
	double over_limit;  /* per cent that may need more tries than rungs */
	double twice_limit; /* per cent that may need more than twice that */
};

struct device {
	enum { WAITS, STANDS_BY, WORKS, HAS_DONE } state;
	double at;   /* WAITS: until when */
	double left; /* WORKS: ms of work */
	double came; /* when it was accepted */
	unsigned int accepts;
	unsigned int tries, polls;
	struct ladder_offer offer;
};

/* What came of a schedule. */
struct tally {
	unsigned long done, tries, over, twice, modern, modern_first;
	unsigned int worst;
};

struct sim {
	const struct schedule *schedule;
	struct tls_ladder *ladder;
	struct ladder_plan plan;
	struct ladder_key key;
	struct device devices[DEVICES_MAX];
	size_t count;
	size_t next; /* ONE_BY_ONE: whose turn comes next */
	double now;
	uint64_t random;
	struct tally *tally;
};

/* ---- chance ------------------------------------------------------------- */

/* xorshift64*, 0 to 1. */
static double chance(struct sim *sim)
{
	uint64_t x = sim->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	sim->random = x;
	return (double)(x * 0x2545f4914f6cdd1du >> 11) / (1ull << 53);
}

static double between(struct sim *sim, double least, double most)
{
	return least + (most - least) * chance(sim);
}

/* ---- one handshake ------------------------------------------------------ */

static size_t working(const struct sim *sim)
{
	size_t count = 0;

	for (size_t i = 0; i < sim->count; i++)
		count += sim->devices[i].state == WORKS;
	return count;
}

static void start_work(struct sim *sim, struct device *d)
{
	const double *work = sim->schedule->work;

	tls_ladder_offer(sim->ladder, &sim->plan, &sim->key, 0x0303,
			 (uint64_t)d->came, &d->offer);
	d->state = WORKS;
	d->left = between(sim, work[0], work[1]);
}

static void come(struct sim *sim, struct device *d)
{
	d->came = sim->now;
	d->state = STANDS_BY;
	if (sim->schedule->place != TWO_SEATS || working(sim) < 2)
		start_work(sim, d);
}

/* Who was accepted first takes a seat that is free. */
static void call_next(struct sim *sim)
{
	struct device *first = NULL;

	for (size_t i = 0; i < sim->count; i++) {
		struct device *d = &sim->devices[i];

		if (d->state == STANDS_BY && (!first || d->came < first->came))
			first = d;
	}
	if (first && working(sim) < 2)
		start_work(sim, first);
}

/* ---- what follows ------------------------------------------------------- */

static void wait_until(struct device *d, double at)
{
	d->state = WAITS;
	d->at = at;
}

static double pause_of(struct sim *sim)
{
	return between(sim, sim->schedule->pause[0], sim->schedule->pause[1]);
}

static double period_of(const struct sim *sim, const struct device *d)
{
	return d == sim->devices && sim->schedule->modern
		       ? sim->schedule->modern
		       : sim->schedule->period;
}

static void count_success(struct sim *sim, const struct device *d)
{
	struct tally *tally = sim->tally;

	tally->done++;
	tally->tries += d->tries;
	tally->over += d->tries > sim->plan.count;
	tally->twice += d->tries > 2 * sim->plan.count;
	if (d->tries > tally->worst)
		tally->worst = d->tries;
	if (d == sim->devices && sim->schedule->modern) {
		tally->modern++;
		tally->modern_first += d->tries == 1;
	}
}

static void get_through(struct sim *sim, struct device *d)
{
	count_success(sim, d);
	d->tries = 0;
	d->state = HAS_DONE;
	if (sim->schedule->manner == POLLS && --d->polls > 0)
		wait_until(d, sim->now + period_of(sim, d) *
						 between(sim, 0.9, 1.1));
	else if (sim->schedule->manner == ONE_BY_ONE && sim->next < sim->count)
		wait_until(&sim->devices[sim->next++],
			   sim->now + pause_of(sim));
}

static void finish(struct sim *sim, struct device *d)
{
	bool ok = d->accepts >> d->offer.rung & 1;

	d->tries++;
	tls_ladder_settle(sim->ladder, &sim->plan, &sim->key, &d->offer,
			  ok ? LADDER_ACCEPTED : LADDER_REJECTED,
			  (uint64_t)sim->now,
			  UTC + (int64_t)(sim->now / SECOND));
	if (ok || d->tries >= HOPELESS)
		get_through(sim, d);
	else if (sim->schedule->manner == ROUNDS)
		wait_until(d, INFINITY);
	else
		wait_until(d, sim->now + pause_of(sim));
}

/* ---- time --------------------------------------------------------------- */

static double speed(const struct sim *sim)
{
	size_t count = working(sim);

	return sim->schedule->place == TWO_CORES && count > 2
		       ? 2.0 / (double)count
		       : 1;
}

static double time_of(const struct sim *sim, const struct device *d)
{
	switch (d->state) {
	case WAITS:
		return d->at;
	case WORKS:
		return sim->now + d->left / speed(sim);
	case STANDS_BY:
	case HAS_DONE:
		break;
	}
	return INFINITY;
}

static struct device *first_event(struct sim *sim, double *at)
{
	struct device *first = NULL;

	*at = INFINITY;
	for (size_t i = 0; i < sim->count; i++) {
		double time = time_of(sim, &sim->devices[i]);

		if (time < *at) {
			first = &sim->devices[i];
			*at = time;
		}
	}
	return first;
}

static void pass_time(struct sim *sim, double at)
{
	double done = (at - sim->now) * speed(sim);

	for (size_t i = 0; i < sim->count; i++) {
		if (sim->devices[i].state == WORKS)
			sim->devices[i].left -= done;
	}
	sim->now = at;
}

/* All that failed try again; false when there is none. */
static bool next_round(struct sim *sim)
{
	double at = sim->now + pause_of(sim);
	bool any = false;

	for (size_t i = 0; i < sim->count; i++) {
		if (sim->devices[i].state != WAITS)
			continue;
		sim->devices[i].at = at + chance(sim) * sim->schedule->spread;
		any = true;
	}
	return any;
}

static void play(struct sim *sim)
{
	struct device *d;
	double at;

	do {
		while ((d = first_event(sim, &at))) {
			pass_time(sim, at);
			if (d->state == WAITS) {
				come(sim, d);
			} else {
				finish(sim, d);
				call_next(sim);
			}
		}
	} while (next_round(sim));
}

/* ---- schedules ---------------------------------------------------------- */

/* What they trust: one rung each, or all but one. */
static unsigned int pin(struct sim *sim, bool all_but_one)
{
	unsigned int bit = 1u
			   << (size_t)(chance(sim) * (double)sim->plan.count);

	return all_but_one ? ((1u << sim->plan.count) - 1) & ~bit : bit;
}

static void run(const struct schedule *schedule, size_t rungs, size_t count,
		bool all_but_one, uint64_t seed, struct tally *tally)
{
	struct sim sim = {.schedule = schedule,
			  .ladder = make_ladder(),
			  .key = make_key("192.0.2.0/24", "ota.example.com"),
			  .count = count,
			  .next = 1,
			  .now = 1000000,
			  .random = seed * 0x9e3779b97f4a7c15u,
			  .tally = tally};

	sim.plan = make_plan(sim.ladder, rungs);
	for (size_t i = 0; i < count; i++) {
		struct device *d = &sim.devices[i];
		double spread = schedule->manner == POLLS ? period_of(&sim, d)
							  : schedule->spread;

		d->polls = 30;
		d->accepts =
			i == 0 && schedule->modern ? 1 : pin(&sim, all_but_one);
		d->state = HAS_DONE;
		if (schedule->manner != ONE_BY_ONE || i == 0)
			wait_until(d, sim.now + chance(&sim) * spread);
	}
	play(&sim);
	tls_ladder_free(sim.ladder);
}

static double per_cent(unsigned long part, unsigned long whole)
{
	return 100 * (double)part / (double)whole;
}

static void report(const struct schedule *schedule, const char *kind,
		   size_t count, const struct tally *tally)
{
	double over = per_cent(tally->over, tally->done);
	double twice = per_cent(tally->twice, tally->done);
	double modern = 100;

	printf(" |%3u %4.2f %4.1f %4.1f", tally->worst,
	       (double)tally->tries / (double)tally->done, over, twice);
	if (tally->modern) {
		modern = per_cent(tally->modern_first, tally->modern);
		printf(" %3.0f%%", modern);
	}
	if (over > schedule->over_limit || twice > schedule->twice_limit ||
	    tally->worst >= HOPELESS || modern < MODERN_FIRST) {
		printf("\n");
		fail_msg("%s, %s, %zu devices: %.1f %% and %.1f %%, at most "
			 "%.1f %% and %.1f %%; modern %.0f %%",
			 schedule->label, kind, count, over, twice,
			 schedule->over_limit, schedule->twice_limit, modern);
	}
}

static void simulate(const struct schedule *schedule)
{
	static const struct {
		const char *label;
		size_t rungs;
		bool all_but_one;
	} kinds[] = {{"1 of 2", 2, false},
		     {"1 of 3", 3, false},
		     {"2 of 3", 3, true},
		     {"1 of 4", 4, false}};
	static const size_t counts[] = {1, 3, 10, DEVICES_MAX};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		printf("%-34s %s", schedule->label, kinds[k].label);
		for (size_t n = 0; n < sizeof(counts) / sizeof(*counts); n++) {
			struct tally tally = {0};

			for (uint64_t seed = 1; seed <= SEEDS; seed++)
				run(schedule, kinds[k].rungs, counts[n],
				    kinds[k].all_but_one, seed, &tally);
			report(schedule, kinds[k].label, counts[n], &tally);
		}
		printf("\n");
	}
}

static void simulate_all(const struct schedule *schedules, size_t count)
{
	printf("most, mean tries, %% with more than rungs, %% with more than "
	       "twice that;\n%-42s | 1 device          | 3 devices         | "
	       "10                | 40\n",
	       "");
	for (size_t i = 0; i < count; i++)
		simulate(&schedules[i]);
}

/* Nobody needs more tries than there are rungs. */
static const struct schedule exact_ones[] = {
	{.label = "one by one, at once",
	 .manner = ONE_BY_ONE,
	 .work = {2, 20},
	 .pause = {0, 1}},
	{.label = "one by one, a minute",
	 .manner = ONE_BY_ONE,
	 .work = {2, 20},
	 .pause = {MINUTE, 1.1 * MINUTE}},
	{.label = "rounds",
	 .manner = ROUNDS,
	 .spread = 2,
	 .work = {2, 20},
	 .pause = {0, 5}},
	{.label = "rounds, two seats",
	 .manner = ROUNDS,
	 .place = TWO_SEATS,
	 .spread = 2,
	 .work = {2, 20},
	 .pause = {0, 5}},
	{.label = "rounds, two cores",
	 .manner = ROUNDS,
	 .place = TWO_CORES,
	 .spread = 2,
	 .work = {2, 20},
	 .pause = {0, 5}},
	{.label = "all at once, again after 1 s",
	 .manner = ON_THEIR_OWN,
	 .spread = 2,
	 .work = {2, 20},
	 .pause = {0.95 * SECOND, 1.05 * SECOND}},
	{.label = "likewise, two seats",
	 .manner = ON_THEIR_OWN,
	 .place = TWO_SEATS,
	 .spread = 2,
	 .work = {2, 20},
	 .pause = {0.95 * SECOND, 1.05 * SECOND}},
	{.label = "likewise, two cores",
	 .manner = ON_THEIR_OWN,
	 .place = TWO_CORES,
	 .spread = 2,
	 .work = {2, 20},
	 .pause = {0.95 * SECOND, 1.05 * SECOND}},
	{.label = "all at once, again after 60 s",
	 .manner = ON_THEIR_OWN,
	 .spread = 2,
	 .work = {2, 20},
	 .pause = {59 * SECOND, 61 * SECOND}},
	{.label = "likewise, two seats",
	 .manner = ON_THEIR_OWN,
	 .place = TWO_SEATS,
	 .spread = 2,
	 .work = {2, 20},
	 .pause = {59 * SECOND, 61 * SECOND}},
};

static void exact(void **state)
{
	(void)state;
	simulate_all(exact_ones, sizeof(exact_ones) / sizeof(*exact_ones));
}

/* What nobody can tell apart; but most get through in time, and all do. */
static const struct schedule others[] = {
	{.label = "again at once, two seats",
	 .manner = ON_THEIR_OWN,
	 .place = TWO_SEATS,
	 .spread = 1,
	 .work = {2, 20},
	 .pause = {5, 60},
	 .over_limit = 15,
	 .twice_limit = 2},
	{.label = "again at once, two cores",
	 .manner = ON_THEIR_OWN,
	 .place = TWO_CORES,
	 .spread = 100,
	 .work = {2, 20},
	 .pause = {5, 60},
	 .over_limit = 50,
	 .twice_limit = 10},
	{.label = "again at once, slow handshakes",
	 .manner = ON_THEIR_OWN,
	 .place = FREELY,
	 .spread = 5 * SECOND,
	 .work = {0.8 * SECOND, 2 * SECOND},
	 .pause = {0, 50},
	 .over_limit = 20,
	 .twice_limit = 3},
	{.label = "after 1.5 s, started by and by",
	 .manner = ON_THEIR_OWN,
	 .place = TWO_CORES,
	 .spread = 300,
	 .work = {10, 20},
	 .pause = {1500, 1510},
	 .over_limit = 45,
	 .twice_limit = 25},
	{.label = "after 5 s, slow handshakes",
	 .manner = ON_THEIR_OWN,
	 .place = FREELY,
	 .spread = 2 * SECOND,
	 .work = {0.8 * SECOND, 2 * SECOND},
	 .pause = {4.9 * SECOND, 5.1 * SECOND},
	 .over_limit = 12,
	 .twice_limit = 2},
	{.label = "after 1 s to 60 s",
	 .manner = ON_THEIR_OWN,
	 .place = FREELY,
	 .spread = 2,
	 .work = {2, 20},
	 .pause = {SECOND, MINUTE},
	 .over_limit = 30,
	 .twice_limit = 8},
	{.label = "polls of 6 h, after 60 s",
	 .manner = POLLS,
	 .place = FREELY,
	 .work = {2, 200},
	 .pause = {MINUTE, 1.02 * MINUTE},
	 .period = 6 * HOUR,
	 .over_limit = 3,
	 .twice_limit = 0.5},
	{.label = "polls of 1 h, after 60 s",
	 .manner = POLLS,
	 .place = FREELY,
	 .work = {2, 200},
	 .pause = {MINUTE, 1.02 * MINUTE},
	 .period = HOUR,
	 .over_limit = 10,
	 .twice_limit = 2},
	{.label = "polls of 24 h, after 1 h",
	 .manner = POLLS,
	 .place = FREELY,
	 .work = {2, 200},
	 .pause = {HOUR, 1.02 * HOUR},
	 .period = 24 * HOUR,
	 .over_limit = 40,
	 .twice_limit = 16},
	{.label = "polls of 6 h, after 1 s to 1 h",
	 .manner = POLLS,
	 .place = FREELY,
	 .work = {2, 200},
	 .pause = {SECOND, HOUR},
	 .period = 6 * HOUR,
	 .over_limit = 40,
	 .twice_limit = 15},
	{.label = "and one modern every minute",
	 .manner = POLLS,
	 .place = FREELY,
	 .work = {2, 200},
	 .pause = {10 * MINUTE, 10.2 * MINUTE},
	 .period = 6 * HOUR,
	 .modern = MINUTE,
	 .over_limit = 30,
	 .twice_limit = 12},
};

static void nearly(void **state)
{
	(void)state;
	simulate_all(others, sizeof(others) / sizeof(*others));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact),
		cmocka_unit_test(nearly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
