#include "http/range.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"

/* What is expected of 1000 bytes: "first+length;" of each, or in words. */
#define IGNORE	"ignore"
#define OUTSIDE "unsatisfiable"

static const struct {
	const char *label;
	const char *value;
	const char *expected;
} rows[] = {
	{"first byte", "bytes=0-0", "0+1;"},
	{"first 500", "bytes=0-499", "0+500;"},
	{"to the end", "bytes=500-", "500+500;"},
	{"all", "bytes=0-", "0+1000;"},
	{"last byte", "bytes=999-999", "999+1;"},
	{"last byte as a suffix", "bytes=-1", "999+1;"},
	{"suffix of all", "bytes=-1000", "0+1000;"},
	{"suffix of more", "bytes=-1001", "0+1000;"},
	{"empty suffix", "bytes=-0", OUTSIDE},
	{"ends at the end", "bytes=0-999", "0+1000;"},
	{"ends past the end", "bytes=0-1000", "0+1000;"},
	{"begins at the end", "bytes=1000-", OUTSIDE},
	{"begins past the end", "bytes=1001-2000", OUTSIDE},
	{"backwards", "bytes=2-1", IGNORE},
	{"one byte, not backwards", "bytes=2-2", "2+1;"},
	{"backwards past the end", "bytes=2000-1999", IGNORE},
	{"unit in capitals", "BYTES=0-0", "0+1;"},
	{"another unit", "lines=0-0", IGNORE},
	{"no unit", "0-0", IGNORE},
	{"no equals sign", "bytes 0-0", IGNORE},
	{"blank before the equals sign", "bytes =0-0", IGNORE},
	{"blank behind the equals sign", "bytes= 0-0", "0+1;"},
	{"blank inside", "bytes=0 -0", IGNORE},
	{"nothing", "", IGNORE},
	{"no range", "bytes=", IGNORE},
	{"commas alone", "bytes=,,", IGNORE},
	{"dash alone", "bytes=-", IGNORE},
	{"two dashes", "bytes=--1", IGNORE},
	{"number alone", "bytes=0", IGNORE},
	{"no dash", "bytes=0.5", IGNORE},
	{"sign", "bytes=+0-0", IGNORE},
	{"letters", "bytes=a-b", IGNORE},
	{"more behind it", "bytes=0-0x", IGNORE},
	{"2^64 - 1", "bytes=0-18446744073709551615", "0+1000;"},
	{"2^64", "bytes=0-18446744073709551616", "0+1000;"},
	{"2^64 wraps to 0", "bytes=18446744073709551616-", OUTSIDE},
	{"100 digits",
	 "bytes=0-99999999999999999999999999999999999999999999999999"
	 "99999999999999999999999999999999999999999999999999",
	 "0+1000;"},
	{"suffix of 2^64", "bytes=-18446744073709551616", "0+1000;"},
	{"two", "bytes=0-0,999-", "0+1;999+1;"},
	{"order is kept", "bytes=500-599,0-99", "500+100;0+100;"},
	{"blanks and empty elements", "bytes=, 0-0 ,\t,2-2,", "0+1;2+1;"},
	{"one of two outside", "bytes=1000-,0-0", "0+1;"},
	{"both outside", "bytes=1000-,-0", OUTSIDE},
	{"one of two malformed", "bytes=0-0,x", IGNORE},
	{"no comma", "bytes=0-0 1-1", IGNORE},
	{"neighbours do not overlap", "bytes=0-99,100-199,200-299,300-399",
	 "0+100;100+100;200+100;300+100;"},
	{"two overlap", "bytes=0-99,99-199,200-299", "0+100;99+101;200+100;"},
	{"three overlap", "bytes=0-99,99-199,199-299", IGNORE},
	{"three times all", "bytes=0-,0-,0-", IGNORE},
	{"the same twice", "bytes=0-0,0-0", "0+1;0+1;"},
};

static char *describe(const char *value, uint64_t size)
{
	struct byte_range ranges[RANGE_MAX];
	struct strbuf text = {0};
	size_t count = 99;

	switch (range_parse(value, size, ranges, &count)) {
	case RANGE_IGNORE:
		strbuf_puts(&text, IGNORE);
		break;
	case RANGE_UNSATISFIABLE:
		strbuf_puts(&text, OUTSIDE);
		assert_int_equal(count, 0);
		break;
	case RANGE_PARTIAL:
		for (size_t i = 0; i < count; i++)
			strbuf_printf(&text, "%" PRIu64 "+%" PRIu64 ";",
				      ranges[i].first, ranges[i].length);
		break;
	}
	return strbuf_take(&text, NULL);
}

static void check(const char *label, const char *value, uint64_t size,
		  const char *expected)
{
	char *got = describe(value, size);

	assert_non_null(got);
	if (strcmp(got, expected))
		fail_msg("%s: %s, expected %s", label, got, expected);
	free(got);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(rows[i].label, rows[i].value, 1000, rows[i].expected);
}

static void test_sizes(void **state)
{
	(void)state;
	check("nothing there", "bytes=0-", 0, OUTSIDE);
	check("nothing there, suffix", "bytes=-1", 0, OUTSIDE);
	check("one byte", "bytes=0-", 1, "0+1;");
	check("greatest size", "bytes=0-", UINT64_MAX,
	      "0+18446744073709551615;");
	check("greatest size, last byte", "bytes=-1", UINT64_MAX,
	      "18446744073709551614+1;");
	check("greatest size, outside", "bytes=18446744073709551615-",
	      UINT64_MAX, OUTSIDE);
}

static void test_count(void **state)
{
	struct byte_range ranges[RANGE_MAX];
	struct strbuf value = {0};
	size_t count;

	(void)state;
	strbuf_puts(&value, "bytes=");
	for (int i = 0; i < RANGE_MAX; i++)
		strbuf_printf(&value, "%d-%d,", 2 * i, 2 * i);
	assert_int_equal(range_parse(value.data, 1000, ranges, &count),
			 RANGE_PARTIAL);
	assert_int_equal(count, RANGE_MAX);
	strbuf_puts(&value, "500-500");
	assert_int_equal(range_parse(value.data, 1000, ranges, &count),
			 RANGE_IGNORE);
	/* Those outside count too. */
	value.len -= strlen("500-500");
	strbuf_puts(&value, "2000-");
	assert_int_equal(range_parse(value.data, 1000, ranges, &count),
			 RANGE_IGNORE);
	strbuf_free(&value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
