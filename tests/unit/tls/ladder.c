#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ladder_fixture.h"

/* ---- one client --------------------------------------------------------- */

static void climbs_and_remembers(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	(void)state;
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_REJECTED, 1), 0);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_REJECTED, 2), 1);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_ACCEPTED, 3), 2);
	for (uint64_t day = 1; day < 100; day++)
		assert_int_equal(try_once(ladder, &plan, &key, LADDER_ACCEPTED,
					  day * 86400 * 1000),
				 2);
	tls_ladder_free(ladder);
}

static void failure_after_success_moves_on(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	(void)state;
	try_once(ladder, &plan, &key, LADDER_REJECTED, 1);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_ACCEPTED, 2), 1);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_REJECTED, 3), 1);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_REJECTED, 4), 0);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_ACCEPTED, 5), 2);
	tls_ladder_free(ladder);
}

static void goes_round(void **state)
{
	static const size_t expected[] = {0, 1, 2, 0};
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(try_once(ladder, &plan, &key, LADDER_REJECTED,
					  1000 * i),
				 expected[i]);
	for (size_t i = 4; i < 300; i++)
		assert_true(try_once(ladder, &plan, &key, LADDER_REJECTED,
				     1000 * i) < 3);
	tls_ladder_free(ladder);
}

static void one_rung(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 1);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	(void)state;
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(
			try_once(ladder, &plan, &key, LADDER_REJECTED, i), 0);
	assert_int_equal(tls_ladder_stranded(ladder), 1);
	tls_ladder_free(ladder);
}

static void most_rungs(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, LADDER_RUNGS_MAX);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	(void)state;
	for (size_t i = 0; i < LADDER_RUNGS_MAX; i++)
		assert_int_equal(
			try_once(ladder, &plan, &key, LADDER_REJECTED, i), i);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_REJECTED, 99), 0);
	tls_ladder_free(ladder);
}

/* Keys that differ in one thing know nothing of each other. */
static void keys_apart(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 2);
	struct ladder_key key = make_key("192.0.2.0/24", "a");
	struct ladder_key others[3] = {make_key("192.0.3.0/24", "a"),
				       make_key("192.0.2.0/24", "b"), key};

	(void)state;
	others[2].ja4[1]++;
	try_once(ladder, &plan, &key, LADDER_REJECTED, 1);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			try_once(ladder, &plan, &others[i], LADDER_ACCEPTED, 2),
			0);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_ACCEPTED, 3), 1);
	tls_ladder_free(ladder);
}

/* ---- why it rejects ----------------------------------------------------- */

/* A plan of different chains; the first has 3 certificates. */
static struct ladder_plan varied_plan(struct tls_ladder *ladder)
{
	static const struct {
		size_t bytes;
		int64_t ends;
		int certificates;
	} rungs[] = {
		{4059, UTC + 1000, 3}, {5442, UTC - 1000, 4},
		{2462, UTC - 1000, 2}, {3370, UTC + 1000, 1},
		{2000, UTC + 1000, 2},
	};
	struct ladder_plan plan = make_plan(ladder, 5);

	for (size_t i = 0; i < 5; i++) {
		plan.rungs[i].bytes = rungs[i].bytes;
		plan.rungs[i].ends = rungs[i].ends;
		plan.rungs[i].certificates = rungs[i].certificates;
	}
	return plan;
}

static const struct {
	const char *label;
	enum ladder_outcome outcome;
	size_t offered[6];
} reasons[] = {
	{"48: in the plan's order", LADDER_REJECTED, {0, 1, 2, 3, 4, 0}},
	{"no common version: likewise", LADDER_UNFIT, {0, 1, 2, 3, 4, 0}},
	{"silence: smaller first", LADDER_SILENT, {0, 4, 2, 3, 1, 0}},
	{"49: shorter first", LADDER_BUNDLE, {0, 3, 4, 2, 1, 0}},
	{"45: nothing that has expired", LADDER_EXPIRED, {0, 3, 4, 0, 3, 4}},
};

static void order_by_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
		struct tls_ladder *ladder = make_ladder();
		struct ladder_plan plan = varied_plan(ladder);
		struct ladder_key key = make_key("192.0.2.0/24", "a");

		for (size_t n = 0; n < 6; n++) {
			size_t rung = try_once(ladder, &plan, &key,
					       reasons[i].outcome, n);

			if (rung != reasons[i].offered[n])
				fail_msg("%s: try %zu: got %zu, want %zu",
					 reasons[i].label, n, rung,
					 reasons[i].offered[n]);
		}
		tls_ladder_free(ladder);
	}
}

/* It has expired only when its end has passed. */
static void expired_to_the_second(void **state)
{
	(void)state;
	for (int64_t late = 0; late < 2; late++) {
		struct tls_ladder *ladder = make_ladder();
		struct ladder_plan plan = make_plan(ladder, 3);
		struct ladder_key key = make_key("192.0.2.0/24", "a");

		plan.rungs[1].ends = UTC - late;
		try_once(ladder, &plan, &key, LADDER_EXPIRED, 1);
		assert_int_equal(
			try_once(ladder, &plan, &key, LADDER_ACCEPTED, 2),
			late ? 2 : 1);
		tls_ladder_free(ladder);
	}
}

static void versions(void **state)
{
	static const struct {
		const char *label;
		uint16_t version;
		size_t first, second;
	} rows[] = {
		{"TLS 1.3 may have all", 0x0304, 0, 1},
		{"TLS 1.2 not the first", 0x0303, 1, 2},
		{"TLS 1.0 only the last", 0x0301, 2, 2},
		{"SSL 3 has none, so all", 0x0300, 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct tls_ladder *ladder = make_ladder();
		struct ladder_plan plan = make_plan(ladder, 3);
		struct ladder_key key = make_key("192.0.2.0/24", "a");
		struct ladder_offer offer;

		plan.rungs[0].min_version = 0x0304;
		plan.rungs[2].min_version = 0x0301;
		tls_ladder_offer(ladder, &plan, &key, rows[i].version, 1,
				 &offer);
		if (offer.rung != rows[i].first)
			fail_msg("%s", rows[i].label);
		tls_ladder_settle(ladder, &plan, &key, &offer, LADDER_REJECTED,
				  1, UTC);
		tls_ladder_offer(ladder, &plan, &key, rows[i].version, 2,
				 &offer);
		if (offer.rung != rows[i].second)
			fail_msg("%s: second", rows[i].label);
		tls_ladder_settle(ladder, &plan, &key, &offer, LADDER_UNTOLD, 2,
				  UTC);
		tls_ladder_free(ladder);
	}
}

static void no_evidence(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	(void)state;
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(
			try_once(ladder, &plan, &key, LADDER_UNTOLD, i), 0);
	try_once(ladder, &plan, &key, LADDER_REJECTED, 10);
	for (uint64_t i = 11; i < 15; i++)
		assert_int_equal(
			try_once(ladder, &plan, &key, LADDER_UNTOLD, i), 1);
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_ACCEPTED, 20), 1);
	tls_ladder_free(ladder);
}

/* ---- several clients ---------------------------------------------------- */

/* A fingerprint that only ever takes the first rung always gets it. */
static void modern_ones_alone(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");
	struct ladder_offer open[50];

	(void)state;
	for (uint64_t round = 0; round < 20; round++) {
		for (size_t i = 0; i < 50; i++) {
			tls_ladder_offer(ladder, &plan, &key, 0x0304, round,
					 &open[i]);
			assert_int_equal(open[i].rung, 0);
		}
		for (size_t i = 0; i < 50; i++)
			tls_ladder_settle(ladder, &plan, &key, &open[i],
					  LADDER_ACCEPTED, round, UTC);
	}
	tls_ladder_free(ladder);
}

/* Who was there before another failed is not that other one, even if we
 * learn of the failure a bit late. */
static void accepted_before_the_failure(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");
	struct ladder_offer offer;

	(void)state;
	assert_int_equal(try_once(ladder, &plan, &key, LADDER_REJECTED, 500),
			 0);
	tls_ladder_offer(ladder, &plan, &key, 0x0303, 479, &offer);
	assert_int_equal(offer.rung, 0);
	tls_ladder_settle(ladder, &plan, &key, &offer, LADDER_UNTOLD, 510, UTC);
	tls_ladder_offer(ladder, &plan, &key, 0x0303, 480, &offer);
	assert_int_equal(offer.rung, 1);
	tls_ladder_settle(ladder, &plan, &key, &offer, LADDER_UNTOLD, 510, UTC);
	tls_ladder_free(ladder);
}

/* Those at other addresses of the network are somebody else, but who is new
 * gets what a neighbour accepted. */
static void addresses_apart(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key a = make_key("192.0.2.0/24", "a"), b = a, c = a;

	(void)state;
	a.source = 1;
	b.source = 2;
	c.source = 3;
	assert_int_equal(try_once(ladder, &plan, &a, LADDER_REJECTED, 1), 0);
	assert_int_equal(try_once(ladder, &plan, &b, LADDER_REJECTED, 2), 0);
	assert_int_equal(try_once(ladder, &plan, &b, LADDER_REJECTED, 3), 1);
	assert_int_equal(try_once(ladder, &plan, &a, LADDER_REJECTED, 4), 1);
	assert_int_equal(try_once(ladder, &plan, &b, LADDER_ACCEPTED, 5), 2);
	assert_int_equal(try_once(ladder, &plan, &c, LADDER_REJECTED, 6), 2);
	assert_int_equal(try_once(ladder, &plan, &a, LADDER_ACCEPTED, 7), 2);
	assert_int_equal(try_once(ladder, &plan, &c, LADDER_REJECTED, 8), 0);
	assert_int_equal(try_once(ladder, &plan, &c, LADDER_ACCEPTED, 9), 1);
	tls_ladder_free(ladder);
}

/* One that comes from another address each time gets through some day. */
static void roaming(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");
	size_t rung = 0;

	(void)state;
	for (uint64_t i = 1; rung != 2; i++) {
		assert_true(i < 100);
		key.source = i;
		rung = try_once(ladder, &plan, &key, LADDER_REJECTED,
				60000 * i);
	}
	tls_ladder_free(ladder);
}

/* ---- changes of the plan ------------------------------------------------ */

static void plan_grows_and_shrinks(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan two = make_plan(ladder, 2);
	struct ladder_plan three = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	(void)state;
	for (uint64_t i = 0; i < 9; i++)
		try_once(ladder, &two, &key, LADDER_REJECTED, i);
	assert_int_equal(try_once(ladder, &three, &key, LADDER_ACCEPTED, 20),
			 2);
	assert_true(try_once(ladder, &two, &key, LADDER_ACCEPTED, 21) < 2);
	tls_ladder_free(ladder);
}

static void plan_changes_under_way(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_plan other = plan;
	struct ladder_key key = make_key("192.0.2.0/24", "a");
	struct ladder_offer offer;

	(void)state;
	other.rungs[0] = plan.rungs[2];
	other.rungs[2] = plan.rungs[0];
	tls_ladder_offer(ladder, &plan, &key, 0x0303, 1, &offer);
	tls_ladder_settle(ladder, &plan, &key, &offer, LADDER_REJECTED, 2, UTC);
	assert_int_equal(try_once(ladder, &other, &key, LADDER_REJECTED, 3), 0);
	assert_int_equal(try_once(ladder, &other, &key, LADDER_REJECTED, 4), 1);
	assert_int_equal(try_once(ladder, &other, &key, LADDER_REJECTED, 5), 2);
	tls_ladder_free(ladder);
}

static void names(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	char name[16];

	(void)state;
	for (int i = 0; i < LADDER_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(tls_ladder_name(ladder, name), i);
	}
	assert_int_equal(tls_ladder_name(ladder, "n63"), 63);
	assert_int_equal(tls_ladder_name(ladder, "one more"), -1);
	tls_ladder_free(ladder);
}

/* ---- stranded ----------------------------------------------------------- */

static void stranded_until_accepted(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 3);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	(void)state;
	try_once(ladder, &plan, &key, LADDER_REJECTED, 1);
	try_once(ladder, &plan, &key, LADDER_REJECTED, 2);
	assert_int_equal(tls_ladder_stranded(ladder), 0);
	try_once(ladder, &plan, &key, LADDER_REJECTED, 3);
	assert_int_equal(tls_ladder_stranded(ladder), 1);
	try_once(ladder, &plan, &key, LADDER_REJECTED, 4);
	assert_int_equal(tls_ladder_stranded(ladder), 1);
	try_once(ladder, &plan, &key, LADDER_ACCEPTED, 5);
	assert_int_equal(tls_ladder_stranded(ladder), 0);
	tls_ladder_free(ladder);
}

/* Who never got to see a chain, or took it and asked for nothing, does not
 * lack an anchor. */
static void unfit_is_not_stranded(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 2);
	struct ladder_key key = make_key("192.0.2.0/24", "a");

	(void)state;
	for (uint64_t i = 0; i < 6; i++)
		try_once(ladder, &plan, &key,
			 i % 2 ? LADDER_UNFIT : LADDER_UNUSED, i);
	assert_int_equal(tls_ladder_stranded(ladder), 0);
	tls_ladder_free(ladder);
}

/* The success of another does not hide it. */
static void stranded_among_others(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct ladder_plan plan = make_plan(ladder, 2);
	struct ladder_key key = make_key("192.0.2.0/24", "a");
	struct ladder_offer modern;

	(void)state;
	tls_ladder_offer(ladder, &plan, &key, 0x0303, 0, &modern);
	try_once(ladder, &plan, &key, LADDER_REJECTED, 1000);
	try_once(ladder, &plan, &key, LADDER_REJECTED, 2000);
	tls_ladder_settle(ladder, &plan, &key, &modern, LADDER_ACCEPTED, 2001,
			  UTC);
	for (uint64_t i = 3; tls_ladder_stranded(ladder) == 0; i++) {
		assert_true(i <= 4);
		try_once(ladder, &plan, &key, LADDER_REJECTED, 1000 * i);
	}
	tls_ladder_offer(ladder, &plan, &key, 0x0303, 1, &modern);
	tls_ladder_settle(ladder, &plan, &key, &modern, LADDER_ACCEPTED, 4001,
			  UTC);
	assert_int_equal(tls_ladder_stranded(ladder), 1);
	tls_ladder_free(ladder);
}

/* ---- threads ------------------------------------------------------------ */

struct crew {
	struct tls_ladder *ladder;
	struct ladder_plan plan;
	unsigned int seed;
};

static void ignore_row(void *arg, const struct ladder_row *row)
{
	(void)arg;
	assert_non_null(strchr(row->network, '/'));
}

static void *work(void *arg)
{
	struct crew *crew = arg;
	unsigned int seed = crew->seed;
	char sni[16];

	for (uint64_t i = 0; i < 20000; i++) {
		struct ladder_key key = make_key("192.0.2.0/24", "");

		snprintf(sni, sizeof(sni), "%d", rand_r(&seed) % 300);
		text_copy(key.sni, sizeof(key.sni), sni);
		try_once(crew->ladder, &crew->plan, &key,
			 (enum ladder_outcome)(rand_r(&seed) %
					       (LADDER_UNTOLD + 1)),
			 i);
		if (i % 100 == 0)
			tls_ladder_changes(crew->ladder, 50, ignore_row, NULL);
		if (i % 1000 == 0)
			tls_ladder_name(crew->ladder, "p0");
	}
	return NULL;
}

static void threads(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	struct crew crews[4];
	pthread_t ids[4];

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		crews[i] = (struct crew){ladder, make_plan(ladder, 3), i};
		assert_int_equal(pthread_create(&ids[i], NULL, work, &crews[i]),
				 0);
	}
	for (unsigned int i = 0; i < 4; i++)
		pthread_join(ids[i], NULL);
	assert_true(tls_ladder_stranded(ladder) <= LADDER_PER_NETWORK);
	tls_ladder_free(ladder);
}

static uint64_t source_of(const struct tls_ladder *ladder, const char *text)
{
	struct sockaddr_storage s = {.ss_family = AF_INET6};

	assert_int_equal(inet_pton(AF_INET6, text,
				   &((struct sockaddr_in6 *)&s)->sin6_addr),
			 1);
	return ladder_source(ladder, &s);
}

static void sources(void **state)
{
	struct tls_ladder *ladder = make_ladder();
	uint64_t a = source_of(ladder, "2001:db8::1");

	(void)state;
	assert_int_not_equal(a, 0);
	assert_int_equal(a, source_of(ladder, "2001:db8::1"));
	assert_int_not_equal(a, source_of(ladder, "2001:db8::2"));
	assert_int_not_equal(source_of(ladder, "::ffff:192.0.2.1"),
			     source_of(ladder, "::ffff:192.0.2.2"));
	tls_ladder_free(ladder);
}

/* ---- networks ----------------------------------------------------------- */

static void networks(void **state)
{
	static const struct {
		const char *address, *network;
	} rows[] = {
		{"192.0.2.0", "192.0.2.0/24"},
		{"192.0.2.255", "192.0.2.0/24"},
		{"192.0.3.0", "192.0.3.0/24"},
		{"::ffff:192.0.2.77", "192.0.2.0/24"},
		{"2001:db8:0:1::1", "2001:db8:0:1::/64"},
		{"2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"},
		{"2001:db8:0:2::", "2001:db8:0:2::/64"},
	};
	char text[STORE_NETWORK_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sockaddr_storage s = {0};
		struct sockaddr_in *in = (void *)&s;
		struct sockaddr_in6 *in6 = (void *)&s;
		bool v6 = strchr(rows[i].address, ':');

		s.ss_family = v6 ? AF_INET6 : AF_INET;
		assert_int_equal(inet_pton(s.ss_family, rows[i].address,
					   v6 ? (void *)&in6->sin6_addr
					      : (void *)&in->sin_addr),
				 1);
		ladder_network(&s, text);
		assert_string_equal(text, rows[i].network);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(climbs_and_remembers),
		cmocka_unit_test(failure_after_success_moves_on),
		cmocka_unit_test(goes_round),
		cmocka_unit_test(one_rung),
		cmocka_unit_test(most_rungs),
		cmocka_unit_test(keys_apart),
		cmocka_unit_test(order_by_reason),
		cmocka_unit_test(expired_to_the_second),
		cmocka_unit_test(versions),
		cmocka_unit_test(no_evidence),
		cmocka_unit_test(modern_ones_alone),
		cmocka_unit_test(accepted_before_the_failure),
		cmocka_unit_test(addresses_apart),
		cmocka_unit_test(roaming),
		cmocka_unit_test(plan_grows_and_shrinks),
		cmocka_unit_test(plan_changes_under_way),
		cmocka_unit_test(names),
		cmocka_unit_test(stranded_until_accepted),
		cmocka_unit_test(unfit_is_not_stranded),
		cmocka_unit_test(stranded_among_others),
		cmocka_unit_test(threads),
		cmocka_unit_test(networks),
		cmocka_unit_test(sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
