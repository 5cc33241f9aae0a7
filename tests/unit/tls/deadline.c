#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tls/deadline.h"

static void due_in_order(void **state)
{
	struct deadline_list list = {.after = 100};
	struct deadline a = {0}, b = {0}, c = {0};

	(void)state;
	deadline_set(&a, &list, 0);
	deadline_set(&b, &list, 10);
	deadline_set(&c, &list, 20);
	assert_null(deadline_due(&list, 99));
	assert_ptr_equal(deadline_due(&list, 100), &a);
	deadline_clear(&a);
	assert_null(deadline_due(&list, 109));
	deadline_set(&b, &list, 50); /* again, now behind c */
	assert_ptr_equal(deadline_due(&list, 120), &c);
	deadline_clear(&c);
	assert_ptr_equal(deadline_due(&list, 150), &b);
	deadline_clear(&b);
	assert_null(list.first);
	assert_null(list.last);
}

static void moves_between_lists(void **state)
{
	struct deadline_list slow = {.after = 100}, quick = {.after = 5};
	struct deadline a = {0};

	(void)state;
	deadline_set(&a, &slow, 0);
	deadline_set(&a, &quick, 0);
	assert_null(slow.first);
	assert_ptr_equal(deadline_due(&quick, 5), &a);
	deadline_clear(&a);
	deadline_clear(&a); /* twice does no harm */
	assert_null(quick.first);
}

static void wait_is_bounded(void **state)
{
	struct deadline_list list = {.after = 100};
	struct deadline a = {0};

	(void)state;
	assert_int_equal(deadline_wait(&list, 0, 1000), 1000);
	deadline_set(&a, &list, 0);
	assert_int_equal(deadline_wait(&list, 0, 1000), 100);
	assert_int_equal(deadline_wait(&list, 0, 50), 50);
	assert_int_equal(deadline_wait(&list, 99, 1000), 1);
	assert_int_equal(deadline_wait(&list, 100, 1000), 0);
	assert_int_equal(deadline_wait(&list, 500, 1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(due_in_order),
		cmocka_unit_test(moves_between_lists),
		cmocka_unit_test(wait_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
