/* For tests of the ladder: plans, keys, and one try of a client. */
#ifndef OTTERD_TESTS_LADDER_FIXTURE_H
#define OTTERD_TESTS_LADDER_FIXTURE_H

#include <stdio.h>

#include "base/strbuf.h"
#include "tls/ladder.h"

enum { UTC = 1790000000 };

static inline struct tls_ladder *make_ladder(void)
{
	struct tls_ladder *ladder;
	struct err err;

	assert_true(tls_ladder_new(&ladder, &err));
	return ladder;
}

/* Profiles "p0", "p1", ...: all alike. */
static inline struct ladder_plan make_plan(struct tls_ladder *ladder,
					   size_t count)
{
	struct ladder_plan plan = {.count = count};
	char name[32];

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "p%zu", i);
		plan.rungs[i] = (struct ladder_rung){
			.name = tls_ladder_name(ladder, name),
			.bytes = 2000,
			.ends = INT64_MAX,
			.certificates = 2,
			.min_version = 0x0303};
	}
	return plan;
}

static inline struct ladder_key make_key(const char *network, const char *sni)
{
	struct ladder_key key = {.ja4 = "t12d490700_4b815dab2718_7b0ba9b4cf08"};

	text_copy(key.network, sizeof(key.network), network);
	text_copy(key.sni, sizeof(key.sni), sni);
	return key;
}

/* One try from begin to end at a moment; the rung that was offered. */
static inline size_t try_once(struct tls_ladder *ladder,
			      const struct ladder_plan *plan,
			      const struct ladder_key *key,
			      enum ladder_outcome outcome, uint64_t now_ms)
{
	struct ladder_offer offer;

	tls_ladder_offer(ladder, plan, key, 0x0303, now_ms, &offer);
	tls_ladder_settle(ladder, plan, key, &offer, outcome, now_ms,
			  UTC + (int64_t)(now_ms / 1000));
	return offer.rung;
}

#endif
