#include "config_number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DAY = 86400, KILO = 1024, MEGA = KILO * KILO };
static const int64_t giga = (int64_t)KILO * MEGA;

static void test_units(void **state)
{
	const struct {
		const char *text;
		enum config_number which;
		int64_t value;
	} rows[] = {
		{"30s", CONFIG_POLL_INTERVAL, 30},
		{"5m", CONFIG_POLL_INTERVAL, 300},
		{"24h", CONFIG_POLL_INTERVAL, DAY},
		{"90d", CONFIG_POLL_INTERVAL, 90 * DAY},
		{"4096", CONFIG_MAX_IMAGE_SIZE, 4096},
		{"512K", CONFIG_MAX_IMAGE_SIZE, 512 * KILO},
		{"16M", CONFIG_MAX_IMAGE_SIZE, 16 * MEGA},
		{"3G", CONFIG_MAX_IMAGE_SIZE, 3 * giga},
		{"10737418240", CONFIG_MAX_IMAGE_SIZE, 10 * giga},
		{"8", CONFIG_WORKERS, 8},
		{"auto", CONFIG_WORKERS, 0},
		{"007s", CONFIG_POLL_INTERVAL, 7},
		{NULL, CONFIG_POLL_INTERVAL, DAY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t value = -1;
		struct err err;

		if (!number_read(&value, rows[i].which, rows[i].text, &err))
			fail_msg("%s: %s", rows[i].text, err.text);
		assert_int_equal(value, rows[i].value);
	}
}

/* Both sides of every bound. */
static void test_bounds(void **state)
{
	static const struct {
		enum config_number which;
		const char *below, *least, *most, *above;
	} rows[] = {
		{CONFIG_WORKERS, "0", "1", "64", "65"},
		{CONFIG_POLL_INTERVAL, "0s", "1s", "90d", "7776001s"},
		{CONFIG_MAX_IMAGE_SIZE, "1023", "1K", "16G", "17179869185"},
		{CONFIG_HANDSHAKE_TIMEOUT, "0s", "1s", "5m", "301s"},
		{CONFIG_HEAD_TIMEOUT, "0s", "1s", "5m", "301s"},
		{CONFIG_IDLE_TIMEOUT, "0s", "1s", "1h", "3601s"},
		{CONFIG_STALL_TIMEOUT, "0s", "1s", "1h", "3601s"},
		{CONFIG_DRAIN_TIMEOUT, "-1s", "0s", "1h", "3601s"},
		{CONFIG_MIN_RATE, "0", "1", "1M", "1048577"},
		{CONFIG_MAX_CONNECTIONS, "0", "1", "1000000", "1000001"},
		{CONFIG_MAX_CONNECTIONS_PER_SOURCE, "0", "1", "1000000",
		 "1000001"},
		{CONFIG_MAX_REQUEST_HEAD, "1023", "1K", "64K", "65537"},
		{CONFIG_MANIFEST_LIFETIME, "59s", "1m", "3650d", "3651d"},
		{CONFIG_KEEP_CHECKINS, "59s", "1m", "3650d", "3651d"},
	};
	int64_t value;
	struct err err;

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), CONFIG_NUMBERS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum config_number which = rows[i].which;

		if (number_read(&value, which, rows[i].below, &err) ||
		    !number_read(&value, which, rows[i].least, &err) ||
		    !number_read(&value, which, rows[i].most, &err) ||
		    number_read(&value, which, rows[i].above, &err))
			fail_msg("bounds of %s", number_key(which));
	}
}

static void test_defaults_are_within_bounds(void **state)
{
	int64_t value;
	struct err err;

	(void)state;
	for (enum config_number i = 0; i < CONFIG_NUMBERS; i++)
		assert_true(number_read(&value, i, NULL, &err));
}

static void test_refused(void **state)
{
	static const struct {
		enum config_number which;
		const char *text, *want;
	} rows[] = {
		{CONFIG_WORKERS, "many",
		 "got 'many', wanted a number from 1 to 64 or auto"},
		{CONFIG_WORKERS, "8K",
		 "got '8K', wanted a number from 1 to 64 or auto"},
		{CONFIG_IDLE_TIMEOUT, "60",
		 "got '60', wanted a duration from 1s to 1h"},
		{CONFIG_IDLE_TIMEOUT, "60S",
		 "got '60S', wanted a duration from 1s to 1h"},
		{CONFIG_IDLE_TIMEOUT, "60 s",
		 "got '60 s', wanted a duration from 1s to 1h"},
		{CONFIG_IDLE_TIMEOUT, " 60s",
		 "got ' 60s', wanted a duration from 1s to 1h"},
		{CONFIG_IDLE_TIMEOUT, "+60s",
		 "got '+60s', wanted a duration from 1s to 1h"},
		{CONFIG_IDLE_TIMEOUT, "1m1s",
		 "got '1m1s', wanted a duration from 1s to 1h"},
		{CONFIG_IDLE_TIMEOUT, "s",
		 "got 's', wanted a duration from 1s to 1h"},
		{CONFIG_IDLE_TIMEOUT, "",
		 "got '', wanted a duration from 1s to 1h"},
		{CONFIG_MAX_IMAGE_SIZE, "256k",
		 "got '256k', wanted a size from 1K to 16G"},
		{CONFIG_MAX_IMAGE_SIZE, "0x1000",
		 "got '0x1000', wanted a size from 1K to 16G"},
		/* 2^64 + 4096, and what overflows only in bytes. */
		{CONFIG_MAX_IMAGE_SIZE, "18446744073709555712",
		 "got '18446744073709555712', wanted a size from 1K to 16G"},
		{CONFIG_MAX_IMAGE_SIZE, "17179869185G",
		 "got '17179869185G', wanted a size from 1K to 16G"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t value;
		struct err err;

		if (number_read(&value, rows[i].which, rows[i].text, &err))
			fail_msg("'%s' accepted", rows[i].text);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.text, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_defaults_are_within_bounds),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
