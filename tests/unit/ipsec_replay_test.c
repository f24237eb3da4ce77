/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ipsec/replay.h"
#include "missiu/err.h"

static const uint32_t windows[] = { 32, 64, 100, 128, 4096 };

#define N_WINDOWS (sizeof(windows) / sizeof(windows[0]))

static void test_first_number_is_one(void **state)
{
	struct replay r;

	(void)state;
	for (size_t i = 0; i < N_WINDOWS; i++) {
		assert_int_equal(replay_init(&r, windows[i]), 0);
		assert_false(replay_check(&r, 0));
		assert_true(replay_check(&r, 1));
		assert_true(replay_commit(&r, 1));
		assert_false(replay_check(&r, 1));
		assert_false(replay_commit(&r, 1));
		replay_fini(&r);
	}
}

static void test_check_alone_changes_nothing(void **state)
{
	struct replay r;

	(void)state;
	assert_int_equal(replay_init(&r, 64), 0);
	assert_true(replay_check(&r, 1000));
	assert_true(replay_check(&r, 1000));
	assert_int_equal(r.top, 0);
	replay_fini(&r);
}

static void test_window_edge(void **state)
{
	struct replay r;

	(void)state;
	for (size_t i = 0; i < N_WINDOWS; i++) {
		uint32_t w = windows[i];

		assert_int_equal(replay_init(&r, w), 0);
		assert_true(replay_commit(&r, 10000));
		assert_true(replay_check(&r, 10000 - w + 1));
		assert_false(replay_check(&r, 10000 - w));
		assert_true(replay_commit(&r, 10000 - w + 1));
		assert_false(replay_check(&r, 10000 - w + 1));
		/* One further: what was the edge is outside now. */
		assert_true(replay_commit(&r, 10001));
		assert_false(replay_check(&r, 10000 - w + 1));
		assert_true(replay_check(&r, 10000 - w + 2));
		replay_fini(&r);
	}
}

static void test_numbers_above_32_bits(void **state)
{
	const uint64_t base = UINT64_C(0x100000000);
	struct replay r;

	(void)state;
	assert_int_equal(replay_init(&r, 128), 0);
	assert_true(replay_commit(&r, base - 3));
	assert_true(replay_commit(&r, base + 5));
	assert_true(replay_check(&r, base));
	assert_true(replay_check(&r, base - 1));
	assert_false(replay_check(&r, base - 3));
	assert_false(replay_check(&r, 5));
	assert_true(replay_commit(&r, UINT64_MAX));
	assert_false(replay_check(&r, UINT64_MAX));
	assert_true(replay_check(&r, UINT64_MAX - 127));
	assert_false(replay_check(&r, UINT64_MAX - 128));
	replay_fini(&r);
}

/* The window as a set of all numbers ever committed. */
static void test_agrees_with_a_plain_set(void **state)
{
	enum { SPAN = 20000 };
	static uint8_t seen[SPAN];
	struct replay r;
	uint32_t x = 1;
	uint64_t top;

	(void)state;
	for (size_t i = 0; i < N_WINDOWS; i++) {
		uint32_t w = windows[i];

		memset(seen, 0, sizeof(seen));
		top = 0;
		assert_int_equal(replay_init(&r, w), 0);
		for (int n = 0; n < 30000; n++) {
			uint64_t seq, step;
			bool want;

			x = x * 1664525 + 1013904223;
			step = x >> 8;
			seq = step % 5 == 0 ? top + step % (2 * w) :
					      top + 4 - step % (w + 8);
			if (seq == 0 || seq >= SPAN)
				continue;
			want = seq > top || (top - seq < w && !seen[seq]);
			assert_int_equal(replay_check(&r, seq), want);
			assert_int_equal(replay_commit(&r, seq), want);
			seen[seq] = 1;
			if (seq > top)
				top = seq;
			assert_int_equal(r.top, top);
		}
		replay_fini(&r);
	}
}

static void test_no_window_refuses_nothing(void **state)
{
	struct replay r;

	(void)state;
	assert_int_equal(replay_init(&r, 0), 0);
	assert_true(replay_commit(&r, 7));
	assert_true(replay_commit(&r, 7));
	assert_true(replay_commit(&r, 3));
	assert_int_equal(r.top, 7);
	replay_fini(&r);
}

static void test_window_has_a_limit(void **state)
{
	struct replay r;

	(void)state;
	assert_int_equal(replay_init(&r, 4097), MISSIU_EINVAL);
}

/* RFC 4303 appendix A2.2: window W, top T, low bits on the wire. */
static void test_esn_guess(void **state)
{
	static const struct {
		uint32_t window;
		uint64_t top;
		uint32_t lo;
		uint64_t want;
	} t[] = {
		/* a fresh SA */
		{ 64, 0, 1, 1 },
		{ 64, 0, 0xffffffff, 0xffffffff },
		{ 64, 10, 5, 5 },
		/* case A: the window lies in one subspace */
		{ 64, 0x80000000, 0x80000001, 0x80000001 },
		{ 64, 0x80000000, 0x7fffffc1, 0x7fffffc1 },
		{ 64, 0x80000000, 0x7fffffc0, 0x17fffffc0 },
		{ 64, 0xffffffff, 0, 0x100000000 },
		{ 64, 0xffffffff, 0xffffffc0, 0xffffffc0 },
		{ 64, 0xffffffff, 0xffffffbf, 0x1ffffffbf },
		{ 4096, 0xffffffff, 0xfffff000, 0xfffff000 },
		{ 64, 0x10000003f, 0, 0x100000000 },
		/* case B: it reaches back into the subspace before */
		{ 64, 0x10000003e, 0xffffffff, 0xffffffff },
		{ 64, 0x10000003e, 0xfffffffe, 0x1fffffffe },
		{ 64, 0x100000000, 0xffffffff, 0xffffffff },
		{ 64, 0x100000000, 0xffffffc1, 0xffffffc1 },
		{ 64, 0x100000000, 0xffffffc0, 0x1ffffffc0 },
		{ 64, 0x100000000, 1, 0x100000001 },
		{ 4096, 0x300000000, 0xfffff001, 0x2fffff001 },
		{ 4096, 0x300000000, 0xfffff000, 0x3fffff000 },
	};
	struct replay r;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(replay_init(&r, t[i].window), 0);
		r.top = t[i].top;
		assert_int_equal(esn_guess(&r, t[i].lo), t[i].want);
		replay_fini(&r);
	}
}

/* Every number of a run across 2^32 is guessed right, in any near order. */
static void test_esn_guess_follows_a_stream(void **state)
{
	struct replay r;

	(void)state;
	for (size_t i = 0; i < N_WINDOWS; i++) {
		assert_int_equal(replay_init(&r, windows[i]), 0);
		r.top = UINT64_C(0x1fffffff0);
		for (uint64_t s = r.top + 1; s < UINT64_C(0x200000040); s++) {
			uint64_t swapped = s ^ 1;

			assert_int_equal(esn_guess(&r, (uint32_t)swapped),
					 swapped);
			replay_commit(&r, swapped);
		}
		replay_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_number_is_one),
		cmocka_unit_test(test_check_alone_changes_nothing),
		cmocka_unit_test(test_window_edge),
		cmocka_unit_test(test_numbers_above_32_bits),
		cmocka_unit_test(test_agrees_with_a_plain_set),
		cmocka_unit_test(test_no_window_refuses_nothing),
		cmocka_unit_test(test_window_has_a_limit),
		cmocka_unit_test(test_esn_guess),
		cmocka_unit_test(test_esn_guess_follows_a_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
