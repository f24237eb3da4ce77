/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes that are drawn ahead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/rng.h"

#include "missiu/err.h"

/* Counts up from 1, so that a byte given twice is seen. */
struct source {
	uint32_t next;
	unsigned draws;
	bool dry;
};

static int draw(void *ctx, uint8_t *buf, size_t len)
{
	struct source *s = ctx;

	s->draws++;
	if (s->dry)
		return MISSIU_ERANDOM;
	for (size_t i = 0; i + 4 <= len; i += 4) {
		s->next++;
		memcpy(buf + i, &s->next, 4);
	}
	return 0;
}

static void test_no_byte_is_given_twice_and_draws_are_few(void **state)
{
	static bool seen[4096];
	struct source s = { 0 };
	struct rng_pool p = { .from = { draw, &s } };
	uint32_t v[16];

	(void)state;
	for (size_t n = 1, given = 0; given < 2000; n = n % 16 + 1) {
		assert_int_equal(rng_pool_fill(&p, (uint8_t *)v, 4 * n), 0);
		for (size_t i = 0; i < n; i++) {
			assert_in_range(v[i], 1, 4095);
			assert_false(seen[v[i]]);
			seen[v[i]] = true;
		}
		given += n;
	}
	assert_in_range(s.draws, 2000 / 64, 2000 / 64 * 3 / 2);
}

static void test_what_was_given_is_wiped(void **state)
{
	static const uint8_t zero[sizeof(((struct rng_pool *)0)->buf)];
	struct source s = { 0 };
	struct rng_pool p = { .from = { draw, &s } };
	uint8_t buf[40];

	(void)state;
	assert_int_equal(rng_pool_fill(&p, buf, sizeof(buf)), 0);
	assert_int_equal(p.left, sizeof(p.buf) - sizeof(buf));
	assert_memory_equal(p.buf + p.left, zero, sizeof(buf));
	assert_memory_not_equal(p.buf, zero, p.left);
}

static void test_more_than_it_holds_is_drawn_at_once(void **state)
{
	struct source s = { 0 };
	struct rng_pool p = { .from = { draw, &s } };
	uint8_t buf[sizeof(p.buf) + 4];

	(void)state;
	assert_int_equal(rng_pool_fill(&p, buf, sizeof(buf)), 0);
	assert_int_equal(s.draws, 1);
	assert_int_equal(s.next, sizeof(buf) / 4);
	assert_int_equal(p.left, 0);
}

static void test_a_source_that_fails_is_told(void **state)
{
	struct source s = { .dry = true };
	struct rng_pool p = { .from = { draw, &s } };
	uint8_t buf[8];

	(void)state;
	assert_int_equal(rng_pool_fill(&p, buf, sizeof(buf)), MISSIU_ERANDOM);
	assert_int_equal(rng_pool_fill(&p, buf, sizeof(buf)), MISSIU_ERANDOM);
	s.dry = false;
	assert_int_equal(rng_pool_fill(&p, buf, sizeof(buf)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_byte_is_given_twice_and_draws_are_few),
		cmocka_unit_test(test_what_was_given_is_wiped),
		cmocka_unit_test(test_more_than_it_holds_is_drawn_at_once),
		cmocka_unit_test(test_a_source_that_fails_is_told),
	};

	return cmocka_run_group_tests_name("random bytes ahead", tests, NULL,
					   NULL);
}
