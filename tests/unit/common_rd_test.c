/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/rd.h"
#include "common/wr.h"

static void test_rd_refuses_one_byte_over(void **state)
{
	uint8_t b[4] = { 1, 2, 3, 4 };
	struct rd r = rd_from(b, sizeof(b));
	uint32_t v = 7;
	uint16_t h;

	(void)state;
	assert_true(rd_be16(&r, &h));
	assert_int_equal(h, 0x0102);
	assert_false(rd_be32(&r, &v));
	assert_int_equal(v, 7);
	assert_int_equal(rd_left(&r), 2);
}

static void test_rd_sub_narrows_scope(void **state)
{
	uint8_t b[3] = { 9, 8, 7 };
	struct rd r = rd_from(b, sizeof(b)), sub;
	uint16_t v;

	(void)state;
	assert_true(rd_sub(&r, 1, &sub));
	assert_false(rd_be16(&sub, &v));
	assert_int_equal(rd_left(&r), 2);
}

static void test_wr_overflow_is_sticky(void **state)
{
	uint8_t b[3];
	struct wr w = wr_to(b, sizeof(b));

	(void)state;
	wr_be32(&w, 1);
	wr_u8(&w, 1);
	assert_false(wr_ok(&w));
	assert_int_equal(w.len, 0);
}

static void test_wr_len16_counts_from_given_start(void **state)
{
	uint8_t b[8];
	struct wr w = wr_to(b, sizeof(b));
	size_t at;

	(void)state;
	at = wr_len16_begin(&w);
	wr_u8(&w, 5);
	wr_len16_end(&w, at, at);
	assert_true(wr_ok(&w));
	assert_int_equal(load_be16(b), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rd_refuses_one_byte_over),
		cmocka_unit_test(test_rd_sub_narrows_scope),
		cmocka_unit_test(test_wr_overflow_is_sticky),
		cmocka_unit_test(test_wr_len16_counts_from_given_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
