/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ipsec/flow.h"

static struct flow *cache;
static struct policy *const some = (struct policy *)&cache;

static int set_up(void **state)
{
	(void)state;
	cache = calloc(FLOW_ENTRIES, sizeof(*cache));
	return !cache;
}

static int tear_down(void **state)
{
	(void)state;
	free(cache);
	return 0;
}

/* Flow number @n: a port to a port. */
struct numbered {
	struct ip_info ip;
	struct spd_query q;
};

static struct spd_query *query(struct numbered *f, uint32_t n)
{
	f->ip = (struct ip_info){ .family = 4,
				  .proto = 17,
				  .sport = (uint16_t)n,
				  .dport = (uint16_t)(n >> 16) };
	f->q = (struct spd_query){ .ip = &f->ip, .dir = MISSIU_OUT };
	return &f->q;
}

static bool has(uint64_t gen, uint32_t n)
{
	struct numbered f;
	bool hit;

	flow_get(cache, gen, query(&f, n), &hit);
	return hit;
}

/* The next flow after @n whose hash is that of flow 0. */
static uint32_t rival(uint32_t n)
{
	struct numbered a, b;
	const struct flow *slot = flow_slot(cache, query(&a, 0));

	while (flow_slot(cache, query(&b, ++n)) != slot)
		;
	return n;
}

static void test_a_flow_is_new_once(void **state)
{
	struct numbered n;
	struct flow *f;
	bool hit;

	(void)state;
	f = flow_get(cache, 1, query(&n, 7), &hit);
	assert_false(hit);
	assert_null(f->pol);
	f->pol = some;
	f = flow_get(cache, 1, query(&n, 7), &hit);
	assert_true(hit);
	assert_ptr_equal(f->pol, some);
}

static void test_another_generation_starts_with_nothing(void **state)
{
	struct numbered n;
	struct flow *f;
	bool hit;

	(void)state;
	flow_get(cache, 1, query(&n, 7), &hit)->pol = some;
	f = flow_get(cache, 2, query(&n, 7), &hit);
	assert_false(hit);
	assert_null(f->pol);
	assert_true(has(2, 7));
}

static void test_two_flows_of_one_hash_both_stay(void **state)
{
	uint32_t other = rival(0);

	(void)state;
	assert_false(has(1, 0));
	assert_false(has(1, other));
	for (int i = 0; i < 3; i++) {
		assert_true(has(1, 0));
		assert_true(has(1, other));
	}
}

static void test_a_third_one_displaces_one_only(void **state)
{
	uint32_t a = rival(0), b = rival(a);
	struct numbered n;
	const struct flow *set = flow_slot(cache, query(&n, 0));
	struct policy *kept = NULL;
	bool hit;

	(void)state;
	flow_get(cache, 1, query(&n, 0), &hit)->pol = some;
	flow_get(cache, 1, query(&n, a), &hit)->pol = some;
	flow_get(cache, 1, query(&n, b), &hit);
	assert_false(hit);
	for (size_t i = 0; i < FLOW_WAYS; i++)
		kept = set[i].pol ? set[i].pol : kept;
	assert_ptr_equal(kept, some);
	assert_true(has(1, b));
}

static void test_outdated_ones_give_way_first(void **state)
{
	uint32_t a = rival(0), b = rival(a);

	(void)state;
	has(1, 0);
	has(1, a);
	has(2, 0);
	assert_false(has(2, b));
	assert_true(has(2, 0));
	assert_true(has(2, b));
}

static void test_everything_that_decides_tells_flows_apart(void **state)
{
	struct numbered n;
	bool hit;

	(void)state;
	flow_get(cache, 1, query(&n, 7), &hit);
	n.q.dir = MISSIU_IN;
	flow_get(cache, 1, &n.q, &hit);
	assert_false(hit);
	query(&n, 7)->ike = true;
	flow_get(cache, 1, &n.q, &hit);
	assert_false(hit);
	query(&n, 7);
	n.ip.proto = 6;
	flow_get(cache, 1, &n.q, &hit);
	assert_false(hit);
	query(&n, 7);
	n.ip.src.b[15] = 1;
	flow_get(cache, 1, &n.q, &hit);
	assert_false(hit);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_flow_is_new_once),
		TEST(test_another_generation_starts_with_nothing),
		TEST(test_two_flows_of_one_hash_both_stay),
		TEST(test_a_third_one_displaces_one_only),
		TEST(test_outdated_ones_give_way_first),
		TEST(test_everything_that_decides_tells_flows_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
