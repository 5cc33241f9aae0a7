#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "tls/tally.h"

static struct tls_tally *make(void)
{
	struct tls_tally *tally;
	struct err err;

	assert_true(tls_tally_new(&tally, &err));
	return tally;
}

static struct handshake_row kind(void)
{
	struct handshake_row row = {
		.alert = 48, .first_seen = 5, .last_seen = 5};

	text_copy(row.ja4, sizeof(row.ja4), "ja4");
	text_copy(row.ja3, sizeof(row.ja3), "ja3");
	text_copy(row.sni, sizeof(row.sni), "sni");
	text_copy(row.profile, sizeof(row.profile), "modern");
	text_copy(row.result, sizeof(row.result), "alert");
	text_copy(row.detail, sizeof(row.detail), "unknown_ca");
	text_copy(row.network, sizeof(row.network), "192.0.2.0/24");
	text_copy(row.address, sizeof(row.address), "192.0.2.1");
	return row;
}

static void counts_one_kind_together(void **state)
{
	struct tls_tally *tally = make();
	struct handshake_row row = kind(), *rows;
	uint64_t untold;

	(void)state;
	assert_int_equal(tls_tally_take(tally, &rows, &untold), 0);
	assert_null(rows);
	tls_tally_add(tally, &row);
	row.first_seen = row.last_seen = 9;
	text_copy(row.address, sizeof(row.address), "192.0.2.2");
	tls_tally_add(tally, &row);
	assert_int_equal(tls_tally_take(tally, &rows, &untold), 1);
	assert_int_equal(untold, 0);
	assert_int_equal(rows[0].count, 2);
	assert_int_equal(rows[0].first_seen, 5);
	assert_int_equal(rows[0].last_seen, 9);
	assert_string_equal(rows[0].address, "192.0.2.2");
	free(rows);
	assert_int_equal(tls_tally_take(tally, &rows, &untold), 0);
	tls_tally_free(tally);
}

/* Each thing that makes a kind, changed alone, makes another one. */
static void tells_kinds_apart(void **state)
{
	struct tls_tally *tally = make();
	struct handshake_row base = kind(), *rows;
	uint64_t untold;

	(void)state;
	tls_tally_add(tally, &base);
#define DIFFERS(change)                          \
	do {                                     \
		struct handshake_row row = base; \
		change;                          \
		tls_tally_add(tally, &row);      \
	} while (0)
	DIFFERS(row.ja4[0] = 'x');
	DIFFERS(row.ja3[0] = 'x');
	DIFFERS(row.sni[0] = 'x');
	DIFFERS(row.profile[0] = 'x');
	DIFFERS(row.result[0] = 'x');
	DIFFERS(row.alert = 49);
	DIFFERS(row.detail[0] = 'x');
	DIFFERS(row.network[0] = 'x');
#undef DIFFERS
	assert_int_equal(tls_tally_take(tally, &rows, &untold), 9);
	for (int i = 0; i < 9; i++)
		assert_int_equal(rows[i].count, 1);
	free(rows);
	tls_tally_free(tally);
}

static void add_kinds(struct tls_tally *tally, int count)
{
	struct handshake_row row = kind();

	for (int i = 0; i < count; i++) {
		snprintf(row.sni, sizeof(row.sni), "host%d", i);
		tls_tally_add(tally, &row);
	}
}

static void is_bounded(void **state)
{
	struct tls_tally *tally = make();
	struct handshake_row *rows;
	uint64_t untold;

	(void)state;
	add_kinds(tally, TALLY_KINDS_MAX);
	assert_int_equal(tls_tally_take(tally, &rows, &untold),
			 TALLY_KINDS_MAX);
	assert_int_equal(untold, 0);
	free(rows);
	add_kinds(tally, TALLY_KINDS_MAX + 1);
	add_kinds(tally, TALLY_KINDS_MAX);
	assert_int_equal(tls_tally_take(tally, &rows, &untold),
			 TALLY_KINDS_MAX);
	assert_int_equal(untold, 1);
	for (int i = 0; i < TALLY_KINDS_MAX; i++)
		assert_int_equal(rows[i].count, 2);
	free(rows);
	tls_tally_free(tally);
}

enum { THREADS = 4, ROUNDS = 1000, KINDS = 50 };

static void *add_many(void *arg)
{
	for (int i = 0; i < ROUNDS / KINDS; i++)
		add_kinds(arg, KINDS);
	return NULL;
}

/* Nothing is lost when several threads count while another takes. */
static void is_shared(void **state)
{
	struct tls_tally *tally = make();
	pthread_t threads[THREADS];
	int64_t total = 0;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, add_many, tally), 0);
	for (int turn = 0; turn <= THREADS; turn++) {
		struct handshake_row *rows;
		uint64_t untold;
		size_t count;

		if (turn > 0)
			pthread_join(threads[turn - 1], NULL);
		count = tls_tally_take(tally, &rows, &untold);
		assert_int_equal(untold, 0);
		for (size_t i = 0; i < count; i++)
			total += rows[i].count;
		free(rows);
	}
	assert_int_equal(total, THREADS * ROUNDS);
	tls_tally_free(tally);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_one_kind_together),
		cmocka_unit_test(tells_kinds_apart),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(is_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
