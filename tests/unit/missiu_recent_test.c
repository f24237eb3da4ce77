/* SPDX-License-Identifier: Apache-2.0 */
/* Which ACQUIREs a key daemon that comes late is told of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "missiu/recent.h"

#define SECOND 1000000u

static struct missiu *engine;

static int make_engine(void **state)
{
	(void)state;
	engine = missiu_new(NULL);
	return engine ? 0 : -1;
}

static int free_engine(void **state)
{
	(void)state;
	missiu_free(engine);
	return 0;
}

static struct missiu_event acquire(uint32_t id)
{
	return (struct missiu_event){ .kind = MISSIU_EV_ACQUIRE,
				      .policy_id = id,
				      .acquire_id = id };
}

static void add(struct recent *r, uint32_t id, missiu_usec at)
{
	struct missiu_event ev = acquire(id);

	recent_add(r, &ev, at);
}

static void test_oldest_first(void **state)
{
	struct recent r = { 0 };
	size_t cursor = 0;

	(void)state;
	add(&r, 1, SECOND);
	add(&r, 2, 2 * SECOND);
	assert_int_equal(
		recent_next(&r, engine, &cursor, 3 * SECOND)->acquire_id, 1);
	assert_int_equal(
		recent_next(&r, engine, &cursor, 3 * SECOND)->acquire_id, 2);
	assert_null(recent_next(&r, engine, &cursor, 3 * SECOND));
}

static void test_too_old_is_forgotten(void **state)
{
	struct recent r = { 0 };
	size_t cursor = 0;

	(void)state;
	add(&r, 1, SECOND);
	assert_null(recent_next(&r, engine, &cursor, 31 * SECOND));
	cursor = 0;
	assert_non_null(recent_next(&r, engine, &cursor, 31 * SECOND - 1));
}

static void test_full_list_loses_the_oldest(void **state)
{
	struct recent r = { 0 };
	size_t cursor = 0;

	(void)state;
	for (uint32_t id = 1; id <= RECENT_MAX + 2; id++)
		add(&r, id, SECOND);
	for (uint32_t id = 3; id <= RECENT_MAX + 2; id++)
		assert_int_equal(
			recent_next(&r, engine, &cursor, SECOND)->acquire_id,
			id);
	assert_null(recent_next(&r, engine, &cursor, SECOND));
}

static void test_policy_with_an_sa_waits_no_more(void **state)
{
	struct missiu_change c[] = {
		{ .kind = MISSIU_CHG_ADD_POLICY,
		  .policy = { .dirs = MISSIU_IN | MISSIU_OUT,
			      .action = MISSIU_PROTECT,
			      .mode = MISSIU_TRANSPORT,
			      .n_prot = 1,
			      .prot = { { .proto = MISSIU_ESP,
					  .encr = MISSIU_ENCR_AES_GCM,
					  .auth = MISSIU_AUTH_NONE } } } },
	};
	struct missiu_sa sa = {
		.spi = 0x1000,
		.dir = MISSIU_OUT,
		.proto = MISSIU_ESP,
		.mode = MISSIU_TRANSPORT,
		.encr = MISSIU_ENCR_AES_GCM,
		.auth = MISSIU_AUTH_NONE,
		.icv_len = 16,
		.encr_key_len = 20,
		.src = { 4, { 10, 0, 0, 1 } },
		.dst = { 4, { 10, 0, 0, 9 } },
	};
	struct recent r = { 0 };
	size_t cursor = 0;

	(void)state;
	c[0].policy.local.port_hi = UINT16_MAX;
	c[0].policy.remote.port_hi = UINT16_MAX;
	assert_int_equal(missiu_load(engine, c, 1, 1, NULL, NULL), 0);
	sa.policy_id = c[0].policy.id;
	add(&r, sa.policy_id, SECOND);
	assert_non_null(recent_next(&r, engine, &cursor, SECOND));
	assert_int_equal(missiu_sa_add(engine, &sa, 1, NULL), 0);
	cursor = 0;
	assert_null(recent_next(&r, engine, &cursor, SECOND));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, make_engine, free_engine)
	const struct CMUnitTest tests[] = {
		T(test_oldest_first),
		T(test_too_old_is_forgotten),
		T(test_full_list_loses_the_oldest),
		T(test_policy_with_an_sa_waits_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
