/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "missiu/look.h"

/* Looks every microsecond from @now on; Return: when it went to sleep. */
static missiu_usec look_out(struct look *l, missiu_usec now)
{
	while (look_on(l, now))
		now++;
	return now;
}

/* Packets come @n times, each @gap after we went to sleep. */
static missiu_usec wake(struct look *l, missiu_usec now, missiu_usec gap, int n)
{
	while (n--) {
		now = look_out(l, now) + gap;
		look_found(l, now);
	}
	return now;
}

static void test_nothing_ever_came_so_it_sleeps(void **state)
{
	struct look l;

	(void)state;
	look_init(&l, 100);
	assert_false(look_on(&l, 5));
}

static void test_who_is_woken_soon_looks_longer_up_to_the_most(void **state)
{
	missiu_usec now, before = 0;
	struct look l;

	(void)state;
	look_init(&l, 100);
	now = wake(&l, 1000, 0, 1);
	for (int i = 0; i < 10; i++) {
		missiu_usec looked = look_out(&l, now) - now;

		assert_true(looked > before || looked == 100);
		before = looked;
		now = wake(&l, now, 30, 1);
	}
	assert_int_equal(before, 100);
}

static void test_who_slept_long_looks_shorter_but_not_nothing(void **state)
{
	missiu_usec now;
	struct look l;

	(void)state;
	look_init(&l, 100);
	now = wake(&l, 1000, 20, 10);
	now = wake(&l, now, 101, 1);
	assert_int_equal(look_out(&l, now) - now, 50);
	now = wake(&l, now, 101, 20);
	assert_in_range(look_out(&l, now) - now, 5, 20);
}

static void test_packets_while_looking_begin_the_time_anew(void **state)
{
	missiu_usec now;
	struct look l;

	(void)state;
	look_init(&l, 100);
	now = wake(&l, 1000, 20, 10);
	for (int i = 0; i < 5; i++) {
		now += 99;
		assert_true(look_on(&l, now));
		look_found(&l, now);
	}
	assert_int_equal(look_out(&l, now) - now, 100);
}

/* Called by timers too, which find nothing: it still sleeps. */
static void test_sleep_counts_from_its_beginning(void **state)
{
	missiu_usec now;
	struct look l;

	(void)state;
	look_init(&l, 100);
	now = look_out(&l, wake(&l, 1000, 20, 10));
	assert_false(look_on(&l, now + 90));
	look_found(&l, now + 150);
	assert_int_equal(look_out(&l, now + 150) - now - 150, 50);
}

static void test_zero_never_looks(void **state)
{
	struct look l;

	(void)state;
	look_init(&l, 0);
	for (missiu_usec now = 1; now < 1000; now += 3) {
		look_found(&l, now);
		assert_false(look_on(&l, now));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_ever_came_so_it_sleeps),
		cmocka_unit_test(
			test_who_is_woken_soon_looks_longer_up_to_the_most),
		cmocka_unit_test(
			test_who_slept_long_looks_shorter_but_not_nothing),
		cmocka_unit_test(
			test_packets_while_looking_begin_the_time_anew),
		cmocka_unit_test(test_sleep_counts_from_its_beginning),
		cmocka_unit_test(test_zero_never_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
