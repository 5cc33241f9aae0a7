#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tls/ladder_returns.h"

static void names_in_order(void **state)
{
	struct ladder_return r = {0};

	(void)state;
	assert_int_equal(ladder_return_place(&r, 0), LADDER_RUNGS_MAX);
	for (int i = 0; i < LADDER_RUNGS_MAX; i++)
		ladder_return_add(&r, 10 + i);
	assert_int_equal(r.count, LADDER_RUNGS_MAX);
	assert_int_equal(ladder_return_place(&r, 10), 0);
	assert_int_equal(ladder_return_place(&r, 25), 15);
	assert_int_equal(ladder_return_place(&r, 26), LADDER_RUNGS_MAX);
}

static void name_again_goes_last(void **state)
{
	struct ladder_return r = {0};

	(void)state;
	for (int i = 1; i < 4; i++)
		ladder_return_add(&r, i);
	ladder_return_add(&r, 1);
	assert_int_equal(r.count, 3);
	assert_int_equal(ladder_return_place(&r, 2), 0);
	assert_int_equal(ladder_return_place(&r, 3), 1);
	assert_int_equal(ladder_return_place(&r, 1), 2);
}

static void one_name_too_many(void **state)
{
	struct ladder_return r = {0};

	(void)state;
	for (int i = 0; i <= LADDER_RUNGS_MAX; i++)
		ladder_return_add(&r, i);
	assert_int_equal(r.count, LADDER_RUNGS_MAX);
	assert_int_equal(ladder_return_place(&r, 0), LADDER_RUNGS_MAX);
	assert_int_equal(ladder_return_place(&r, 1), 0);
	assert_int_equal(ladder_return_place(&r, 16), 15);
}

static void by_time(void **state)
{
	static const uint64_t times[] = {5, 3, 9, 3, 0, 7};
	static const uint64_t sorted[] = {0, 3, 3, 5, 7, 9};
	static const uint8_t order[] = {4, 1, 3, 0, 5, 2};
	struct ladder_returns returns = {0};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct ladder_return r = {.at_ms = times[i],
					  .failures = (uint8_t)i};

		ladder_returns_add(&returns, &r);
	}
	assert_int_equal(returns.count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(returns.list[i].at_ms, sorted[i]);
		assert_int_equal(returns.list[i].failures, order[i]);
	}
	assert_int_equal(ladder_returns_take(&returns, 3).at_ms, 5);
	assert_int_equal(returns.list[3].at_ms, 7);
	assert_int_equal(ladder_returns_take(&returns, 4).at_ms, 9);
	assert_int_equal(ladder_returns_take(&returns, 0).at_ms, 0);
	assert_int_equal(returns.count, 3);
	ladder_returns_free(&returns);
	assert_int_equal(returns.count, 0);
}

static void one_too_many(void **state)
{
	struct ladder_returns returns = {0};

	(void)state;
	for (uint64_t i = 1; i <= LADDER_PENDING_MAX + 1; i++) {
		struct ladder_return r = {.at_ms = i};

		assert_int_equal(returns.count, i - 1);
		ladder_returns_add(&returns, &r);
		if (i == LADDER_PENDING_MAX)
			assert_int_equal(returns.list[0].at_ms, 1);
		else if (i > LADDER_PENDING_MAX)
			assert_int_equal(returns.list[0].at_ms, 2);
	}
	assert_int_equal(returns.count, LADDER_PENDING_MAX);
	ladder_returns_free(&returns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_in_order),
		cmocka_unit_test(name_again_goes_last),
		cmocka_unit_test(one_name_too_many),
		cmocka_unit_test(by_time),
		cmocka_unit_test(one_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
