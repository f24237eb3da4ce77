/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "missiu/vnet.h"

#define SKIP 14

/* flags, type, hdr_len, gso_size, csum_start, csum_offset */
static void header(uint8_t h[static VNET_LEN], uint8_t flags, uint8_t type,
		   const uint16_t v[static 4])
{
	h[0] = flags;
	h[1] = type;
	memcpy(h + 2, v, 8);
}

static void test_what_the_kernel_says(void **state)
{
	static const struct {
		uint8_t flags, type;
		uint16_t v[4];
		struct missiu_offload o;
	} t[] = {
		{ 0, 0, { 0 }, { 0 } },
		{ 2, 0, { 0 }, { .csum_good = true } },
		{ 1,
		  0,
		  { 0, 0, 34, 16 },
		  { .csum_needed = true, .csum_start = 20, .csum_off = 16 } },
		{ 1,
		  1,
		  { 66, 1448, 34, 16 },
		  { .seg = MISSIU_SEG_TCP,
		    .csum_needed = true,
		    .seg_size = 1448,
		    .csum_start = 20,
		    .csum_off = 16 } },
		{ 1,
		  0x84, /* with ECN */
		  { 86, 1428, 54, 16 },
		  { .seg = MISSIU_SEG_TCP,
		    .csum_needed = true,
		    .seg_size = 1428,
		    .csum_start = 40,
		    .csum_off = 16 } },
		{ 1,
		  5,
		  { 42, 100, 34, 6 },
		  { .seg = MISSIU_SEG_UDP,
		    .csum_needed = true,
		    .seg_size = 100,
		    .csum_start = 20,
		    .csum_off = 6 } },
	};
	struct missiu_offload o;
	uint8_t h[VNET_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		header(h, t[i].flags, t[i].type, t[i].v);
		assert_true(vnet_parse(h, SKIP, &o));
		assert_int_equal(o.seg, t[i].o.seg);
		assert_int_equal(o.csum_needed, t[i].o.csum_needed);
		assert_int_equal(o.csum_good, t[i].o.csum_good);
		assert_int_equal(o.seg_size, t[i].o.seg_size);
		assert_int_equal(o.csum_start, t[i].o.csum_start);
		assert_int_equal(o.csum_off, t[i].o.csum_off);
	}
}

static void test_what_was_not_asked_for_is_refused(void **state)
{
	static const uint16_t early[4] = { 0, 0, SKIP - 1, 0 };
	static const uint16_t none[4] = { 0 };
	struct missiu_offload o;
	uint8_t h[VNET_LEN];

	(void)state;
	header(h, 0, 3, none); /* IPv4 fragmentation of UDP */
	assert_false(vnet_parse(h, SKIP, &o));
	header(h, 0, 77, none);
	assert_false(vnet_parse(h, SKIP, &o));
	header(h, 1, 0, early);
	assert_false(vnet_parse(h, SKIP, &o));
}

static void test_what_we_say_is_understood(void **state)
{
	const struct missiu_offload t[] = {
		{ 0 },
		{ .csum_good = true },
		{ .seg = MISSIU_SEG_TCP,
		  .csum_needed = true,
		  .seg_size = 1000,
		  .hdr_len = 52,
		  .csum_start = 20,
		  .csum_off = 16 },
		{ .seg = MISSIU_SEG_UDP,
		  .csum_needed = true,
		  .seg_size = 9,
		  .hdr_len = 28,
		  .csum_start = 20,
		  .csum_off = 6 },
	};
	static const uint8_t types[][2] = {
		{ 0, 0 }, { 0, 0 }, { 1, 4 }, { 5, 5 }
	};
	struct missiu_offload o;
	uint8_t h[VNET_LEN];
	uint16_t hdr_len;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (int v6 = 0; v6 < 2; v6++) {
			vnet_put(&t[i], SKIP, v6, h);
			assert_int_equal(h[1], types[i][v6]);
			memcpy(&hdr_len, h + 2, 2);
			assert_int_equal(hdr_len,
					 t[i].seg ? t[i].hdr_len + SKIP : 0);
			assert_true(vnet_parse(h, SKIP, &o));
			o.hdr_len = t[i].hdr_len;
			assert_memory_equal(&o, &t[i], sizeof(o));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_kernel_says),
		cmocka_unit_test(test_what_was_not_asked_for_is_refused),
		cmocka_unit_test(test_what_we_say_is_understood),
	};

	return cmocka_run_group_tests_name("vnet", tests, NULL, NULL);
}
