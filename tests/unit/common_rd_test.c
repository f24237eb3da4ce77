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

/* Each way of reading n bytes: works with n left, fails with n - 1 and then
 * leaves both the reader and the result as they were. */
static void test_rd_results_are_untouched_on_failure(void **state)
{
	uint8_t b[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, copy[3] = { 9, 9, 9 };
	uint8_t v8 = 9;
	uint16_t v16 = 9;
	uint32_t v32 = 9;
	uint64_t v64 = 9;
	const uint8_t *at = copy;
	struct rd r, sub = rd_from(b, 1);

	(void)state;
	r = rd_from(b, 0);
	assert_false(rd_u8(&r, &v8));
	assert_true(rd_done(&r));
	r = rd_from(b, 1);
	assert_false(rd_be16(&r, &v16));
	r = rd_from(b, 3);
	assert_false(rd_be32(&r, &v32));
	r = rd_from(b, 7);
	assert_false(rd_be64(&r, &v64));
	r = rd_from(b, 2);
	assert_false(rd_copy(&r, copy, 3));
	assert_false(rd_take(&r, SIZE_MAX, &at));
	assert_false(rd_take_end(&r, 3, &at));
	assert_false(rd_sub(&r, 3, &sub));
	assert_false(rd_skip(&r, 3));
	assert_int_equal(rd_left(&r), 2);
	assert_int_equal(rd_left(&sub), 1);
	assert_int_equal(v8, 9);
	assert_int_equal(v16, 9);
	assert_int_equal(v32, 9);
	assert_int_equal(v64, 9);
	assert_int_equal(copy[0], 9);
	assert_ptr_equal(at, copy);
}

static void test_rd_reads_what_wr_wrote(void **state)
{
	uint8_t b[32], v8, got[3];
	struct wr w = wr_to(b, sizeof(b));
	struct rd r;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;
	const uint8_t *at;

	(void)state;
	wr_u8(&w, 0x81);
	wr_be16(&w, 0x8283);
	wr_be32(&w, 0x84858687);
	wr_be64(&w, 0x88898a8b8c8d8e8f);
	wr_bytes(&w, "abc", 3);
	wr_zero(&w, 2);
	assert_true(wr_ok(&w));
	r = rd_from(b, w.len);
	assert_true(rd_take_end(&r, 2, &at));
	assert_int_equal(at[0] | at[1], 0);
	assert_true(rd_u8(&r, &v8) && rd_be16(&r, &v16) && rd_be32(&r, &v32) &&
		    rd_be64(&r, &v64) && rd_copy(&r, got, 3));
	assert_true(rd_done(&r));
	assert_int_equal(v8, 0x81);
	assert_int_equal(v16, 0x8283);
	assert_int_equal(v32, 0x84858687);
	assert_true(v64 == 0x88898a8b8c8d8e8f);
	assert_memory_equal(got, "abc", 3);
}

static void test_wr_len16_refuses_more_than_16_bits(void **state)
{
	static uint8_t b[70000];
	struct wr w = wr_to(b, sizeof(b));
	size_t at = wr_len16_begin(&w);

	(void)state;
	wr_zero(&w, 65533);
	wr_len16_end(&w, at, at);
	assert_true(wr_ok(&w));
	assert_int_equal(load_be16(b), 65535);
	wr_u8(&w, 0);
	wr_len16_end(&w, at, at);
	assert_false(wr_ok(&w));
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
		cmocka_unit_test(test_rd_results_are_untouched_on_failure),
		cmocka_unit_test(test_rd_reads_what_wr_wrote),
		cmocka_unit_test(test_wr_len16_refuses_more_than_16_bits),
		cmocka_unit_test(test_wr_overflow_is_sticky),
		cmocka_unit_test(test_wr_len16_counts_from_given_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
