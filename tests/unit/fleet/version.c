#include "fleet/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct ident ident(const char *text)
{
	struct ident id;

	if (!ident_parse(&id, text, strlen(text)))
		fail_msg("'%s' is no ident", text);
	return id;
}

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

static void check(const char *a, const char *b, int want)
{
	struct ident x = ident(a), y = ident(b);

	if (sign(version_compare(&x, &y)) != want)
		fail_msg("%s against %s: got %d, want %d", a, b,
			 sign(version_compare(&x, &y)), want);
	if (sign(version_compare(&y, &x)) != -want)
		fail_msg("%s against %s: got %d, want %d", b, a,
			 sign(version_compare(&y, &x)), -want);
}

#define NINES "99999999999999999999999999999999999999999999999999999999999999"

static void test_older(void **state)
{
	static const struct {
		const char *older;
		const char *newer;
	} rows[] = {
		{"1.9", "1.10"},
		{"1.10", "1.10.1"},
		{"1.9", "2.0"},
		{"2.0-rc1", "2.0"},
		{"2.0-rc1", "2.0-rc2"},
		{"2.0-rc9", "2.0-rc10"},
		{"2.0-rc.9", "2.0-rc.10"},
		{"2.0rc1", "2.0"},
		{"2.0-rc1", "2.0.1"},
		{"2.0.0-rc1", "2.0"},
		{"2.0-rc1", "2.0.0"},
		{"2.0-rc1", "2.0.0-rc2"},
		{"2.0-alpha", "2.0-beta"},
		{"2.0-alpha", "2.0-alpha.1"},
		{"2.0-rc", "2.0-rcx"},
		{"2.0-RC", "2.0-rc"},
		{"1.9.9", "2.0-rc1"},
		{"1.0", "1.0-1"},
		{"1.2.3", "1.2.3-4-gabc"},
		{"abc", "0"},
		{"rc", "1"},
		{"1.a", "1.0"},
		{"1.a", "1.1"},
		{NINES, "1" NINES},
		{"18446744073709551615", "18446744073709551616"},
		{"4294967295", "4294967296"},
		{"v1.2", "1.3"},
		{"1.2", "V1.3"},
		{"v", "0"},
		{"1.0+9", "1.1+1"},
		{"2.0-rc1+2", "2.0+1"},
		{"2026.11.9", "2026.11.21"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(rows[i].older, rows[i].newer, -1);
}

static void test_same(void **state)
{
	static const struct {
		const char *a;
		const char *b;
	} rows[] = {
		{"1.0", "1.0"},
		{"1.0", "1.0.0"},
		{"1", "1.0.0.0"},
		{"0", "0.0"},
		{"v1.2", "1.2"},
		{"V1.2", "v1.2"},
		{"1.2+a", "1.2+b"},
		{"1.2", "1.2+b"},
		{"1.2", "1.2+5-rc1"},
		{"01.002", "1.2"},
		{"1.2-rc1", "1.2.0-rc1"},
		{"1-rc1", "1.0.0-rc1"},
		{"1.2-rc1", "1.2_rc1"},
		{"1.2-rc1", "1.2rc1"},
		{"1.2-rc1", "1.2:rc-1"},
		{"1.2..3", "1.2.3"},
		{"1.2.", "1.2"},
		{"2-rc", "2-rc0"},
		{"000000000000000000000000001", "1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(rows[i].a, rows[i].b, 0);
}

static uint64_t random_state;

static unsigned int pick(unsigned int below)
{
	random_state =
		random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(random_state >> 33) % below;
}

/* Few different parts, so that equal and nearly equal versions are common. */
static struct ident random_version(void)
{
	static const char *const parts[] = {
		"0", "1", "2", "10", "00", "01", "rc", "a",
		"v", ".", "-", "+",  "_",  ":",	 ".0", "99999999999999999999"};
	char text[IDENT_MAX * 2] = "";
	size_t used = 0;
	struct ident id;

	do {
		unsigned int count = 1 + pick(6);

		used = 0;
		while (count-- && used < 40)
			used += (size_t)snprintf(
				text + used, sizeof(text) - used, "%s",
				parts[pick(sizeof(parts) / sizeof(parts[0]))]);
	} while (!ident_parse(&id, text, used));
	return id;
}

static void test_total_order(void **state)
{
	const char *given = getenv("SEED");
	uint64_t seed =
		given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

	(void)state;
	print_message("seed %llu\n", (unsigned long long)seed);
	random_state = seed;
	for (int i = 0; i < 200000; i++) {
		struct ident a = random_version(), b = random_version(),
			     c = random_version();
		int ab = sign(version_compare(&a, &b));
		int bc = sign(version_compare(&b, &c));
		int ac = sign(version_compare(&a, &c));

		if (version_compare(&a, &a))
			fail_msg("%s is not itself", a.text);
		if (ab != -sign(version_compare(&b, &a)))
			fail_msg("%s and %s: not antisymmetric", a.text,
				 b.text);
		if (ab == bc && ac != ab)
			fail_msg("%s, %s, %s: not transitive", a.text, b.text,
				 c.text);
		if (ab == 0 && ac != bc)
			fail_msg("%s = %s, but not to %s", a.text, b.text,
				 c.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_total_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
