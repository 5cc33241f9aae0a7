#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ladder_fixture.h"

static struct ladder_keys *make_keys(void)
{
	struct ladder_keys *keys;
	struct err err;

	assert_true(ladder_keys_new(&keys, &err));
	return keys;
}

static struct ladder_key key_of(int network, int sni)
{
	struct ladder_key key = {.ja4 = "t13d"};

	snprintf(key.network, sizeof(key.network), "10.%d.%d.0/24",
		 network / 256, network % 256);
	snprintf(key.sni, sizeof(key.sni), "%d", sni);
	return key;
}

static struct ladder_entry *find(struct ladder_keys *keys, int network, int sni)
{
	struct ladder_key key = key_of(network, sni);

	return ladder_keys_find(keys, ladder_keys_hash(keys, &key), &key);
}

static struct ladder_entry *add(struct ladder_keys *keys, int network, int sni)
{
	struct ladder_key key = key_of(network, sni);

	return ladder_keys_add(keys, ladder_keys_hash(keys, &key), &key);
}

static struct ladder_entry *restore(struct ladder_keys *keys, int network,
				    int sni)
{
	struct ladder_key key = key_of(network, sni);

	return ladder_keys_restore(keys, ladder_keys_hash(keys, &key), &key);
}

static void succeed(struct ladder_keys *keys, int network, int sni)
{
	struct ladder_entry *entry = find(keys, network, sni);

	entry->preferred = 0;
	ladder_keys_touch(keys, entry);
}

static void finds_what_was_added(void **state)
{
	struct ladder_keys *keys = make_keys();
	struct ladder_entry *entry;

	(void)state;
	assert_null(find(keys, 1, 1));
	entry = add(keys, 1, 1);
	assert_string_equal(entry->network, "10.0.1.0/24");
	assert_string_equal(entry->ja4, "t13d");
	assert_string_equal(entry->sni, "1");
	assert_int_equal(entry->preferred, -1);
	assert_ptr_equal(find(keys, 1, 1), entry);
	assert_null(find(keys, 1, 2));
	assert_null(find(keys, 2, 1));
	ladder_keys_free(keys);
}

/* Where one text ends and the next begins matters. */
static void hash_sees_the_borders(void **state)
{
	struct ladder_keys *keys = make_keys();
	struct ladder_key a = {.network = "1", .ja4 = "23", .sni = ""};
	struct ladder_key b = {.network = "12", .ja4 = "3", .sni = ""};
	struct ladder_key c = {.network = "1", .ja4 = "2", .sni = "3"};

	(void)state;
	assert_int_not_equal(ladder_keys_hash(keys, &a),
			     ladder_keys_hash(keys, &b));
	assert_int_not_equal(ladder_keys_hash(keys, &a),
			     ladder_keys_hash(keys, &c));
	ladder_keys_free(keys);
}

/* Within a network: who never accepted anything, the oldest first. */
static void least_useful_of_a_network(void **state)
{
	struct ladder_keys *keys = make_keys();

	(void)state;
	add(keys, 0, 0);
	for (int i = 0; i < LADDER_PER_NETWORK; i++)
		add(keys, 1, i);
	succeed(keys, 1, 0);
	ladder_keys_touch(keys, find(keys, 1, 1));
	assert_non_null(find(keys, 1, 2));
	add(keys, 1, 1000);
	assert_null(find(keys, 1, 2));
	assert_non_null(find(keys, 1, 3));
	add(keys, 1, 1001);
	assert_null(find(keys, 1, 3));
	for (int i = 0; i < LADDER_PER_NETWORK - 4; i++)
		add(keys, 1, 2000 + i);
	assert_non_null(find(keys, 1, 1));
	add(keys, 1, 3000);
	assert_null(find(keys, 1, 1));
	assert_non_null(find(keys, 1, 0));
	assert_non_null(find(keys, 0, 0));
	ladder_keys_free(keys);
}

/* When all have accepted something, the one longest ago. */
static void least_useful_of_useful_ones(void **state)
{
	struct ladder_keys *keys = make_keys();

	(void)state;
	for (int i = 0; i < LADDER_PER_NETWORK; i++) {
		add(keys, 1, i);
		succeed(keys, 1, i);
	}
	succeed(keys, 1, 0);
	add(keys, 1, 1000);
	assert_non_null(find(keys, 1, 0));
	assert_null(find(keys, 1, 1));
	ladder_keys_free(keys);
}

/* A scanner with one network does not touch the others; one with many takes
 * the place of those that never accepted anything. */
static void least_useful_of_all(void **state)
{
	struct ladder_keys *keys = make_keys();
	int networks = LADDER_KEYS_MAX / 100;

	(void)state;
	for (int i = 0; i < LADDER_KEYS_MAX; i++) {
		add(keys, i % networks, i / networks);
		if (i % 2)
			succeed(keys, i % networks, i / networks);
	}
	for (int i = 0; i < LADDER_KEYS_MAX; i++)
		assert_non_null(find(keys, i % networks, i / networks));
	add(keys, 60000, 0);
	assert_null(find(keys, 0, 0));
	for (int i = 0; i < LADDER_KEYS_MAX; i++)
		add(keys, 1000 + i / LADDER_PER_NETWORK, i);
	for (int i = 1; i < LADDER_KEYS_MAX; i += 2)
		assert_non_null(find(keys, i % networks, i / networks));
	assert_null(find(keys, 60000, 0));
	ladder_keys_free(keys);
}

static void restored_ones_push_nobody(void **state)
{
	struct ladder_keys *keys = make_keys();
	struct ladder_entry *entry;

	(void)state;
	for (int i = 0; i < LADDER_PER_NETWORK; i++) {
		entry = restore(keys, 1, i); /* the newest comes first */
		entry->preferred = 0;
		ladder_keys_sort(keys, entry);
	}
	assert_null(restore(keys, 1, 1000));
	add(keys, 1, 1001);
	assert_null(find(keys, 1, LADDER_PER_NETWORK - 1));
	assert_non_null(find(keys, 1, 0));
	ladder_keys_free(keys);
}

static void news(void **state)
{
	struct ladder_keys *keys = make_keys();
	struct ladder_entry *a = add(keys, 1, 1), *b = add(keys, 1, 2);
	bool gone;

	(void)state;
	assert_null(ladder_keys_news(keys, &gone));
	assert_false(gone);
	ladder_keys_touch(keys, b);
	ladder_keys_touch(keys, a);
	ladder_keys_touch(keys, b);
	assert_ptr_equal(ladder_keys_news(keys, &gone), b);
	assert_false(gone);
	assert_ptr_equal(ladder_keys_news(keys, &gone), a);
	assert_null(ladder_keys_news(keys, &gone));
	ladder_keys_free(keys);
}

/* It went and came again: both are told, in that order. */
static void news_of_one_that_came_again(void **state)
{
	struct ladder_keys *keys = make_keys();
	struct ladder_entry *entry = restore(keys, 1, 1000);
	bool gone;

	(void)state;
	ladder_keys_sort(keys, entry);
	ladder_keys_touch(keys, entry);
	for (int i = 0; i < LADDER_PER_NETWORK; i++)
		add(keys, 1, i);
	assert_null(find(keys, 1, 1000));
	ladder_keys_touch(keys, add(keys, 1, 1000));
	entry = ladder_keys_news(keys, &gone);
	assert_true(gone);
	assert_string_equal(entry->sni, "1000");
	ladder_entry_free(entry);
	entry = ladder_keys_news(keys, &gone);
	assert_false(gone);
	assert_string_equal(entry->sni, "1000");
	ladder_keys_free(keys);
}

static void counts_the_stranded(void **state)
{
	struct ladder_keys *keys = make_keys();

	(void)state;
	ladder_keys_strand(keys, add(keys, 1, 1), true);
	ladder_keys_strand(keys, find(keys, 1, 1), true);
	ladder_keys_strand(keys, add(keys, 1, 2), true);
	assert_int_equal(ladder_keys_stranded(keys), 2);
	ladder_keys_strand(keys, find(keys, 1, 2), false);
	assert_int_equal(ladder_keys_stranded(keys), 1);
	for (int i = 0; i < LADDER_PER_NETWORK; i++)
		add(keys, 1, 1000 + i);
	assert_int_equal(ladder_keys_stranded(keys), 0);
	ladder_keys_free(keys);
}

/* Random coming beside a plain array that cannot be wrong. */
static void many_keys(void **state)
{
	enum { NETWORKS = 40, NAMES = LADDER_PER_NETWORK, STEPS = 100000 };
	struct ladder_keys *keys = make_keys();
	bool *known = calloc(NETWORKS * NAMES, sizeof(*known));
	unsigned int seed = (unsigned int)arc4random();
	struct ladder_entry *entry;
	bool gone;

	(void)state;
	print_message("seed %u\n", seed);
	for (int i = 0; i < STEPS; i++) {
		int n = rand_r(&seed) % (NETWORKS * NAMES);

		entry = find(keys, n / NAMES, n % NAMES);
		assert_int_equal(entry != NULL, known[n]);
		if (!entry)
			entry = add(keys, n / NAMES, n % NAMES);
		known[n] = true;
		if (rand_r(&seed) % 2)
			entry->preferred = rand_r(&seed) % 3 - 1;
		ladder_keys_touch(keys, entry);
		if (rand_r(&seed) % 4 == 0)
			assert_non_null(ladder_keys_news(keys, &gone));
	}
	free(known);
	ladder_keys_free(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added),
		cmocka_unit_test(hash_sees_the_borders),
		cmocka_unit_test(least_useful_of_a_network),
		cmocka_unit_test(least_useful_of_useful_ones),
		cmocka_unit_test(least_useful_of_all),
		cmocka_unit_test(restored_ones_push_nobody),
		cmocka_unit_test(news),
		cmocka_unit_test(news_of_one_that_came_again),
		cmocka_unit_test(counts_the_stranded),
		cmocka_unit_test(many_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
