#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "tls/ladder_guess.h"

enum { RUNGS = 3, NOBODY = -1 };

/* A key, and what its clients do.  A client is told by the name that it was
 * the first to reject. */
struct scene {
	struct ladder_crowd crowd;
	struct ladder_guess guess;
};

static void end(struct scene *scene)
{
	ladder_guess_free(&scene->guess);
}

/* A connection begins; whose it seems to be. */
static int begin(struct scene *scene, uint64_t at_ms,
		 struct ladder_return *taken)
{
	*taken = (struct ladder_return){0};
	ladder_crowd_join(&scene->crowd);
	return ladder_guess_take(&scene->guess, at_ms, 0, &scene->crowd, RUNGS,
				 taken)
		       ? taken->tried[0]
		       : NOBODY;
}

static void reject(struct scene *scene, uint64_t at_ms,
		   const struct ladder_return *taken, int name)
{
	struct ladder_return r = *taken;
	struct ladder_return last = {.at_ms = at_ms, .failures = 1};

	ladder_return_add(&r, name);
	ladder_return_add(&last, name);
	r.at_ms = at_ms;
	r.failures++;
	r.crowd = last.crowd = scene->crowd.number;
	ladder_crowd_leave(&scene->crowd);
	ladder_guess_reject(&scene->guess, taken, &r, &last);
}

static void succeed(struct scene *scene, uint64_t begun_ms,
		    const struct ladder_return *taken)
{
	ladder_crowd_leave(&scene->crowd);
	ladder_guess_accept(&scene->guess, taken, begun_ms);
}

static void drop(struct scene *scene, const struct ladder_return *taken)
{
	ladder_crowd_leave(&scene->crowd);
	ladder_guess_restore(&scene->guess, taken);
}

/* Who comes at that moment and goes without a word. */
static int look(struct scene *scene, uint64_t at_ms)
{
	struct ladder_return taken;
	int who = begin(scene, at_ms, &taken);

	drop(scene, &taken);
	return who;
}

/* A new one comes and is rejected. */
static void fail_as(struct scene *scene, uint64_t at_ms, uint64_t until_ms,
		    int name)
{
	struct ladder_return taken;

	assert_int_equal(begin(scene, at_ms, &taken), NOBODY);
	reject(scene, until_ms, &taken, name);
}

/* ---- one ---------------------------------------------------------------- */

static void alone_comes_back_at_once(void **state)
{
	struct scene scene = {0};

	(void)state;
	assert_int_equal(look(&scene, 100), NOBODY);
	fail_as(&scene, 100, 110, 1);
	assert_int_equal(look(&scene, 89), NOBODY);
	assert_int_equal(look(&scene, 90), 1);
	assert_int_equal(look(&scene, 110), 1);
	end(&scene);
}

static void lost_after_three_days(void **state)
{
	static const uint64_t days = (uint64_t)3 * 24 * 60 * 60 * 1000;
	struct scene scene = {0};

	(void)state;
	fail_as(&scene, 100, 110, 1);
	assert_int_equal(look(&scene, 110 + days), 1);
	assert_int_equal(look(&scene, 111 + days), NOBODY);
	end(&scene);
}

/* From before a restart: the days count from when its key is met again. */
static void before_a_restart(void **state)
{
	static const uint64_t days = (uint64_t)3 * 24 * 60 * 60 * 1000;
	struct ladder_return r = {.failures = 1, .count = 1, .tried = {7}};
	struct scene scene = {0};

	(void)state;
	ladder_returns_add(&scene.guess.returns, &r);
	assert_int_equal(look(&scene, 5 * days), 7);
	assert_int_equal(look(&scene, 6 * days), 7);
	assert_int_equal(look(&scene, 6 * days + 1), NOBODY);
	end(&scene);
}

/* ---- crowds ------------------------------------------------------------- */

/* While those who were there at once are under way, others that come are new;
 * a quarter more may come late. */
static void rush(void **state)
{
	enum { MANY = 8, MORE = MANY / 4 };
	struct ladder_return taken[MANY + MORE + 1];
	struct scene scene = {0};

	(void)state;
	for (int i = 0; i < MANY; i++)
		assert_int_equal(begin(&scene, 100, &taken[i]), NOBODY);
	reject(&scene, 110, &taken[0], 1);
	for (int i = MANY; i < MANY + MORE; i++) {
		assert_int_equal(begin(&scene, 120, &taken[i]), NOBODY);
		reject(&scene, 121, &taken[i], 2);
	}
	assert_int_equal(begin(&scene, 122, &taken[MANY + MORE]), 1);
	end(&scene);
}

static void after_the_crowd(void **state)
{
	struct ladder_return taken[3];
	struct scene scene = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		begin(&scene, 100, &taken[i]);
	for (int i = 0; i < 3; i++)
		reject(&scene, 110 + (uint64_t)i, &taken[i], i);
	for (int i = 0; i < 3; i++)
		assert_int_equal(begin(&scene, 113, &taken[i]), i);
	assert_int_equal(look(&scene, 114), NOBODY);
	end(&scene);
}

/* ---- bursts ------------------------------------------------------------- */

/* Three that come one after the other look like one that comes back.  One
 * more that gets through shows that there are several. */
static void burst(struct scene *scene, bool several, uint64_t silence_ms)
{
	struct ladder_return taken;

	*scene = (struct scene){0};
	for (int i = 0; i < RUNGS; i++) {
		begin(scene, 100 + 20 * (uint64_t)i, &taken);
		reject(scene, 110 + 20 * (uint64_t)i, &taken, i);
	}
	if (several) {
		ladder_crowd_join(&scene->crowd);
		succeed(scene, 150, &(struct ladder_return){0});
	}
	begin(scene, 150 + silence_ms, &taken);
	assert_int_equal(taken.tried[0], 0);
	assert_int_equal(taken.count, several && silence_ms > 30 ? 1 : 3);
	drop(scene, &taken);
}

static void silence_after_a_burst(void **state)
{
	struct scene scene;

	(void)state;
	burst(&scene, true, 30); /* not more than three waits of 10 ms */
	end(&scene);
	burst(&scene, false, 31);
	end(&scene);
	burst(&scene, true, 31);
	for (int i = 0; i < RUNGS; i++) {
		struct ladder_return taken;

		assert_int_equal(begin(&scene, 300, &taken), i);
		assert_int_equal(taken.count, 1);
	}
	end(&scene);
}

/* The silence must be long beside the burst, too. */
static void silence_beside_the_burst(void **state)
{
	(void)state;
	for (uint64_t late = 0; late < 2; late++) {
		struct scene scene = {0};
		struct ladder_return taken;

		fail_as(&scene, 1000, 1000, 0);
		for (uint64_t i = 1; i <= 80; i++) { /* untold ones */
			begin(&scene, 1000 + 5 * i, &taken);
			drop(&scene, &taken);
		}
		begin(&scene, 1400, &taken);
		reject(&scene, 1400, &taken, 1);
		begin(&scene, 1400, &taken);
		reject(&scene, 1400, &taken, 2);
		scene.guess.burst_mixed = true;
		scene.guess.burst_wait_ms = 0;
		begin(&scene, 1400 + 99 + late, &taken);
		assert_int_equal(taken.count, late ? 1 : 3);
		drop(&scene, &taken);
		end(&scene);
	}
}

/* Only those at the address that comes again. */
static void silence_at_one_address(void **state)
{
	struct scene scene = {0};
	struct ladder_return away = {.at_ms = 140,
				     .source = 5,
				     .failures = 3,
				     .count = 3,
				     .tried = {7, 8, 9}};

	(void)state;
	burst(&scene, true, 30);
	ladder_returns_add(&scene.guess.returns, &away);
	ladder_returns_add(&scene.guess.burst, &away);
	look(&scene, 10000);
	assert_int_equal(scene.guess.returns.count, RUNGS + 1);
	assert_int_equal(scene.guess.returns.list[2].source, 5);
	assert_int_equal(scene.guess.returns.list[2].count, 3);
	end(&scene);
}

/* What was there before the burst stays. */
static void older_than_the_burst(void **state)
{
	struct ladder_return r = {
		.at_ms = 1, .failures = 2, .count = 2, .tried = {8, 9}};
	struct scene scene = {0};
	struct ladder_return taken;

	(void)state;
	ladder_returns_add(&scene.guess.returns, &r);
	begin(&scene, 100, &r); /* takes the old one, and keeps it */
	for (int i = 0; i < RUNGS; i++) {
		begin(&scene, 101 + (uint64_t)i, &taken);
		reject(&scene, 102 + (uint64_t)i, &taken, i);
	}
	drop(&scene, &r);
	assert_int_equal(look(&scene, 1000), 8);
	end(&scene);
}

/* ---- pauses ------------------------------------------------------------- */

/* A client fails, waits and gets through; meanwhile another does not count. */
static void wait_once(struct scene *scene, uint64_t at_ms, uint64_t pause_ms)
{
	struct ladder_return taken;

	begin(scene, at_ms, &taken);
	reject(scene, at_ms, &taken, 1);
	begin(scene, at_ms + pause_ms, &taken);
	succeed(scene, at_ms + pause_ms, &taken);
}

static void pause_is_learned(void **state)
{
	struct scene scene = {.guess.many = true};

	(void)state;
	wait_once(&scene, 100000, 60000);
	wait_once(&scene, 300000, 60500);
	fail_as(&scene, 500000, 500000, 1);
	assert_int_equal(look(&scene, 552000), NOBODY);
	assert_int_equal(look(&scene, 553000), 1);
	assert_int_equal(look(&scene, 900000), 1);
	end(&scene);
}

/* Who is alone comes back whenever it likes. */
static void no_pause_for_one_alone(void **state)
{
	struct scene scene = {0};

	(void)state;
	for (uint64_t i = 1; i < 9; i++)
		wait_once(&scene, i * 1000000, 60000);
	fail_as(&scene, 10000000, 10000000, 1);
	assert_int_equal(look(&scene, 10000001), 1);
	end(&scene);
}

/* A pause is not believed any more when one comes earlier and rejects again
 * what it had rejected. */
static void early_ones_count_against(void **state)
{
	struct scene scene = {.guess.many = true};

	(void)state;
	wait_once(&scene, 100000, 60000);
	wait_once(&scene, 300000, 60000);
	fail_as(&scene, 500000, 500000, 1);
	fail_as(&scene, 501000, 501000, 2); /* somebody else */
	fail_as(&scene, 502000, 502000, 1);
	assert_int_equal(look(&scene, 503000), 1);
	end(&scene);
}

/* Who is due goes before who is late. */
static void due_before_late(void **state)
{
	struct scene scene = {.guess.many = true};

	(void)state;
	wait_once(&scene, 100000, 60000);
	wait_once(&scene, 300000, 60000);
	fail_as(&scene, 500000, 500000, 1);
	fail_as(&scene, 540000, 540000, 2);
	assert_int_equal(look(&scene, 590000), 1); /* due */
	assert_int_equal(look(&scene, 592000), 1); /* late, the other early */
	assert_int_equal(look(&scene, 593000), 2);
	assert_int_equal(look(&scene, 630000), 2);
	assert_int_equal(look(&scene, 630001), 1); /* both are late */
	end(&scene);
}

static void pause_is_voted_out(void **state)
{
	struct scene scene = {.guess.many = true};

	(void)state;
	for (uint64_t i = 1; i < 3; i++)
		wait_once(&scene, i * 1000000, 60000);
	for (uint64_t i = 3; i < 20; i++)
		wait_once(&scene, i * 1000000, 10000 * i);
	fail_as(&scene, 30000000, 30000000, 1);
	assert_int_equal(look(&scene, 30001000), 1);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alone_comes_back_at_once),
		cmocka_unit_test(lost_after_three_days),
		cmocka_unit_test(before_a_restart),
		cmocka_unit_test(rush),
		cmocka_unit_test(after_the_crowd),
		cmocka_unit_test(silence_after_a_burst),
		cmocka_unit_test(silence_beside_the_burst),
		cmocka_unit_test(silence_at_one_address),
		cmocka_unit_test(older_than_the_burst),
		cmocka_unit_test(pause_is_learned),
		cmocka_unit_test(no_pause_for_one_alone),
		cmocka_unit_test(early_ones_count_against),
		cmocka_unit_test(due_before_late),
		cmocka_unit_test(pause_is_voted_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
