/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ike/later.h"

static void test_messages_come_back_in_order_as_they_were(void **state)
{
	struct later l = { 0 };
	uint8_t bytes[3] = { 1, 2, 3 };
	struct ike_action a = { .kind = IKE_SEND, .msg = bytes };

	(void)state;
	for (uint16_t i = 0; i < 3; i++) {
		a.local.port = i;
		a.remote.port = (uint16_t)(i + 10);
		a.len = i;
		assert_true(later_add_msg(&l, &a, i + 100u));
	}
	memset(bytes, 0, sizeof(bytes)); /* they were copied */
	for (uint16_t i = 0; i < 3; i++) {
		assert_int_equal(l.msg->mark, i + 100);
		assert_int_equal(l.msg->local.port, i);
		assert_int_equal(l.msg->remote.port, i + 10);
		assert_int_equal(l.msg->len, i);
		for (uint8_t b = 0; b < i; b++)
			assert_int_equal(l.msg->msg[b], b + 1);
		later_pop_msg(&l);
	}
	assert_null(l.msg);
	assert_int_equal(l.n_msg, 0);
	/* An empty queue takes again. */
	assert_true(later_add_msg(&l, &a, 1));
	later_fini(&l);
}

static void test_deletions_come_back_in_order(void **state)
{
	struct later l = { 0 };
	struct ike_action a = { .kind = IKE_SA_DEL };

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		a.sa.proto = MISSIU_ESP;
		a.sa.spi = i;
		a.sa.dst.family = 6;
		assert_true(later_add_del(&l, &a, i * 5));
	}
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(l.del->due_us, i * 5);
		assert_int_equal(l.del->spi, i);
		assert_int_equal(l.del->proto, MISSIU_ESP);
		assert_int_equal(l.del->dst.family, 6);
		later_pop_del(&l);
	}
	assert_null(l.del);
	assert_int_equal(l.n_del, 0);
}

static void test_queues_are_bounded(void **state)
{
	struct later l = { 0 };
	uint8_t byte = 0;
	const struct ike_action a = { .msg = &byte, .len = 1 };

	(void)state;
	for (size_t i = 0; i < LATER_MAX; i++) {
		assert_true(later_add_msg(&l, &a, 0));
		assert_true(later_add_del(&l, &a, 0));
	}
	assert_false(later_add_msg(&l, &a, 0));
	assert_false(later_add_del(&l, &a, 0));
	later_pop_msg(&l);
	later_pop_del(&l);
	assert_true(later_add_msg(&l, &a, 0));
	assert_true(later_add_del(&l, &a, 0));
	later_fini(&l);
	assert_null(l.msg);
	assert_null(l.del);
}

/* To others it need not wait. */
static void test_it_is_known_to_whom_a_message_waits(void **state)
{
	static const struct ike_end us = { .addr = { .family = 4 },
					   .port = 4500 };
	const struct ike_end them[] = {
		{ .addr = { .family = 4, .b = { 10 } }, .port = 4500 },
		{ .addr = { .family = 4, .b = { 11 } }, .port = 4500 },
		{ .addr = { .family = 4, .b = { 10 } }, .port = 500 },
		{ .addr = { .family = 6, .b = { 10 } }, .port = 4500 },
		{ .addr = { .family = 4, .b = { 10 } },
		  .port = 4500,
		  .via = IKE_VIA_TCP_OURS },
	};
	struct ike_action a = { .msg = (const uint8_t *)"", .local = us };
	struct later l = { 0 };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		assert_false(later_has_msg(&l, &us, &them[0]));
		a.remote = them[i];
		assert_true(later_add_msg(&l, &a, 0));
		for (size_t k = 0; k < 5; k++)
			assert_int_equal(later_has_msg(&l, &us, &them[k]),
					 k == i);
		assert_false(later_has_msg(&l, &them[i], &us));
		later_pop_msg(&l);
	}
	/* Wherever it stands. */
	for (size_t i = 0; i < 3; i++) {
		a.remote = them[i];
		assert_true(later_add_msg(&l, &a, 0));
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(later_has_msg(&l, &us, &them[i]));
	later_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages_come_back_in_order_as_they_were),
		cmocka_unit_test(test_deletions_come_back_in_order),
		cmocka_unit_test(test_queues_are_bounded),
		cmocka_unit_test(test_it_is_known_to_whom_a_message_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
