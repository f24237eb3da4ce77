/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The XDP program, run by the kernel over frames made here (BPF_PROG_TEST_RUN),
 * and the arithmetic of the rings against a kernel played by the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/bpf.h>
#include <linux/if_xdp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "missiu/xdp_prog.h"
#include "missiu/xsk_ring.h"

/* No queue has a socket, so this is the verdict on what would be taken. */
#define TAKEN XDP_DROP

#define OWN   0x02, 0, 0, 0, 0, 0x01
#define OTHER 0x02, 0, 0, 0, 0, 0x02
#define V4    0x08, 0x00
#define V6    0x86, 0xdd
/* An IPv4 header with flags and offset, protocol and the last byte of 10.9.0.x */
#define IP4(frag1, frag2, proto, dst)                                          \
	0x45, 0, 0, 60, 0, 1, frag1, frag2, 64, proto, 0, 0, 10, 9, 0, 9, 10,  \
		9, 0, dst
/* An IPv6 header with next header and the last byte of fd09::x */
#define IP6(next, dst)                                                         \
	0x60, 0, 0, 0, 0, 20, next, 64, 0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
		0, 0, 0, 9, 0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    \
		dst
#define SRC 0x02, 0, 0, 0, 0, 0x09

#define FRAME_LEN 80

/* What follows what is given here is zero. */
struct sample {
	const char *what;
	uint32_t verdict;
	uint8_t frame[FRAME_LEN];
};

static const struct sample samples[] = {
	{ "ESP in IPv4", TAKEN, { OWN, SRC, V4, IP4(0, 0, 50, 1) } },
	{ "AH in IPv4", TAKEN, { OWN, SRC, V4, IP4(0, 0, 51, 1) } },
	{ "ESP with DF", TAKEN, { OWN, SRC, V4, IP4(0x40, 0, 50, 1) } },
	{ "ESP in IPv6", TAKEN, { OWN, SRC, V6, IP6(50, 1) } },
	{ "AH in IPv6", TAKEN, { OWN, SRC, V6, IP6(51, 1) } },
	{ "UDP", XDP_PASS, { OWN, SRC, V4, IP4(0, 0, 17, 1) } },
	{ "TCP", XDP_PASS, { OWN, SRC, V4, IP4(0, 0, 6, 1) } },
	{ "ICMP", XDP_PASS, { OWN, SRC, V4, IP4(0, 0, 1, 1) } },
	{ "UDP in IPv6", XDP_PASS, { OWN, SRC, V6, IP6(17, 1) } },
	{ "a fragment in IPv6", XDP_PASS, { OWN, SRC, V6, IP6(44, 1) } },
	{ "hop-by-hop options", XDP_PASS, { OWN, SRC, V6, IP6(0, 1) } },
	{ "the first fragment",
	  XDP_PASS,
	  { OWN, SRC, V4, IP4(0x20, 0, 50, 1) } },
	{ "the last fragment", XDP_PASS, { OWN, SRC, V4, IP4(0, 1, 50, 1) } },
	{ "a fragment far on",
	  XDP_PASS,
	  { OWN, SRC, V4, IP4(0x10, 0, 50, 1) } },
	{ "another host's frame",
	  XDP_PASS,
	  { OTHER, SRC, V4, IP4(0, 0, 50, 1) } },
	{ "a group's frame",
	  XDP_PASS,
	  { 1, 0, 0x5e, 0, 0, 1, SRC, V4, IP4(0, 0, 50, 1) } },
	{ "a broadcast",
	  XDP_PASS,
	  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, SRC, V4, IP4(0, 0, 50, 1) } },
	{ "a VLAN",
	  XDP_PASS,
	  { OWN, SRC, 0x81, 0, 0, 5, V4, IP4(0, 0, 50, 1) } },
	{ "ARP", XDP_PASS, { OWN, SRC, 0x08, 0x06 } },
	{ "transit", XDP_PASS, { OWN, SRC, V4, IP4(0, 0, 50, 2) } },
	{ "transit in IPv6", XDP_PASS, { OWN, SRC, V6, IP6(50, 2) } },
};

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

struct rig {
	struct xdp_prog prog;
};

static int set_up(void **state)
{
	static struct rig r;
	struct missiu_diag diag = { "" };

	*state = &r;
	if (xdp_prog_load(&r.prog, 1, TAKEN, &diag)) {
		print_message("no XDP here: %s\n", diag.msg);
		xdp_prog_close(&r.prog);
		*state = NULL;
	}
	return 0;
}

static int tear_down(void **state)
{
	struct rig *r = *state;

	if (r)
		xdp_prog_close(&r->prog);
	return 0;
}

/* Knows its own Ethernet address, and that we sent from 10.9.0.1 and fd09::1. */
static struct rig *begin(void **state)
{
	static const uint8_t own[6] = { OWN };
	uint8_t sent4[20] = { IP4(0, 0, 50, 9) }, sent6[40] = { IP6(50, 9) };
	struct rig *r = *state;

	if (!r)
		skip();
	sent4[15] = 1;
	sent6[23] = 1;
	xdp_table_clear(r->prog.table);
	xdp_table_own(r->prog.table, own);
	xdp_table_add(r->prog.table, sent4);
	xdp_table_add(r->prog.table, sent6);
	return r;
}

static uint32_t run(const struct rig *r, const uint8_t *frame, size_t len)
{
	union bpf_attr a = { .test = { .prog_fd = (uint32_t)r->prog.prog,
				       .data_in = (uintptr_t)frame,
				       .data_size_in = (uint32_t)len } };

	assert_int_equal(syscall(SYS_bpf, BPF_PROG_TEST_RUN, &a, sizeof(a)), 0);
	return a.test.retval;
}

static void takes_ipsec_for_us_and_nothing_else(void **state)
{
	const struct rig *r = begin(state);

	for (size_t i = 0; i < N_SAMPLES; i++)
		if (run(r, samples[i].frame, FRAME_LEN) != samples[i].verdict)
			fail_msg("%s", samples[i].what);
}

static void passes_what_is_cut_off_or_too_long(void **state)
{
	static uint8_t long_one[XDP_FRAME_MAX];
	const struct rig *r = begin(state);

	for (size_t len = 14; len < FRAME_LEN; len++)
		assert_int_equal(run(r, samples[0].frame, len),
				 len < 54 ? XDP_PASS : TAKEN);
	memcpy(long_one, samples[0].frame, FRAME_LEN);
	/* The kernel's test takes one page less head and tail room. */
	assert_int_equal(run(r, long_one, 3500), TAKEN);
}

/* Bits that decide, as bytes of the frame [from, to). */
static bool decides(size_t byte, unsigned bit)
{
	if (byte < 6 || byte == 12 || byte == 13 || byte == 23)
		return true;
	if (byte == 20)
		return bit < 6; /* not DF, not the reserved one */
	return byte == 21 || (byte >= 30 && byte < 34);
}

static void one_bit_decides(void **state)
{
	const struct rig *r = begin(state);
	uint8_t frame[FRAME_LEN];

	for (size_t i = 0; i < 8 * FRAME_LEN; i++) {
		uint32_t want = decides(i / 8, i % 8) ? XDP_PASS : TAKEN;

		/* 50 and 51 differ in one. */
		if (i == 8 * 23)
			want = TAKEN;
		memcpy(frame, samples[0].frame, FRAME_LEN);
		frame[i / 8] ^= (uint8_t)(1u << i % 8);
		if (run(r, frame, FRAME_LEN) != want)
			fail_msg("byte %zu bit %zu", i / 8, i % 8);
	}
}

static void forgets(void **state)
{
	static const uint8_t none[6] = { 0 };
	const struct rig *r = begin(state);

	xdp_table_clear(r->prog.table);
	assert_int_equal(run(r, samples[0].frame, FRAME_LEN), XDP_PASS);
	begin(state);
	assert_int_equal(run(r, samples[0].frame, FRAME_LEN), TAKEN);
	xdp_table_own(r->prog.table, none);
	assert_int_equal(run(r, samples[0].frame, FRAME_LEN), XDP_PASS);
}

/* Of addresses that share a slot the last one is known; others keep theirs. */
static void knows_many_addresses(void **state)
{
	const struct rig *r = begin(state);
	uint8_t frame[FRAME_LEN], sent[20] = { IP4(0, 0, 50, 9) };
	unsigned taken = 0;

	xdp_table_clear(r->prog.table);
	for (unsigned i = 0; i < 64; i++) {
		sent[15] = (uint8_t)i;
		xdp_table_add(r->prog.table, sent);
	}
	memcpy(frame, samples[0].frame, FRAME_LEN);
	for (unsigned i = 0; i < 256; i++) {
		frame[33] = (uint8_t)i;
		if (run(r, frame, FRAME_LEN) != TAKEN)
			continue;
		assert_in_range(i, 0, 63);
		taken++;
	}
	assert_in_range(taken, 48, 64);
}

/* ---- rings ------------------------------------------------------------- */

#define SIZE 8u

struct shared {
	uint32_t prod, cons, flags;
	uint32_t entries[SIZE];
};

static struct xsk_ring ring_of(struct shared *s)
{
	return (struct xsk_ring){ .prod = &s->prod,
				  .cons = &s->cons,
				  .flags = &s->flags,
				  .entries = s->entries,
				  .size = SIZE,
				  .at = s->prod,
				  .seen = s->prod };
}

/* Also where the counters wrap. */
static const uint32_t starts[] = { 0, UINT32_MAX - 3, UINT32_MAX, 1u << 31 };

#define N_STARTS (sizeof(starts) / sizeof(starts[0]))

static void a_consumer_sees_what_was_produced(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_STARTS; k++) {
		struct shared s = { starts[k], starts[k], 0, { 0 } };
		struct xsk_ring r = ring_of(&s);
		uint32_t next = 0, want = 0;

		assert_int_equal(xsk_ring_filled(&r), 0);
		for (uint32_t n = 0; n <= SIZE; n++) {
			for (uint32_t i = 0; i < n; i++)
				s.entries[s.prod++ % SIZE] = next++;
			assert_int_equal(xsk_ring_filled(&r), n);
			for (uint32_t i = 0; i < n; i++) {
				assert_int_equal(xsk_ring_filled(&r), n - i);
				assert_int_equal(s.entries[xsk_ring_next(&r)],
						 want++);
			}
			/* Read, and not given back yet. */
			assert_int_equal(s.prod - s.cons, n);
			xsk_ring_release(&r);
			assert_int_equal(s.prod, s.cons);
		}
	}
}

static void a_producer_never_writes_over_what_is_unread(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_STARTS; k++) {
		struct shared s = { starts[k], starts[k], 0, { 0 } };
		struct xsk_ring r = ring_of(&s);

		for (uint32_t i = 0; i < SIZE; i++) {
			assert_int_equal(xsk_ring_room(&r), SIZE - i);
			s.entries[xsk_ring_next(&r)] = i;
		}
		assert_int_equal(xsk_ring_room(&r), 0);
		assert_int_equal(s.prod, starts[k]);
		xsk_ring_submit(&r);
		assert_int_equal(xsk_ring_unread(&r), SIZE);
		for (uint32_t i = 0; i < SIZE; i++) {
			assert_int_equal(s.entries[s.cons++ % SIZE], i);
			assert_int_equal(xsk_ring_unread(&r), SIZE - i - 1);
			assert_int_equal(xsk_ring_room(&r), i + 1);
		}
	}
}

static void the_kernel_asks_to_be_called(void **state)
{
	struct shared s = { 0, 0, 0, { 0 } };
	struct xsk_ring r = ring_of(&s);

	(void)state;
	assert_false(xsk_ring_asks(&r, XDP_RING_NEED_WAKEUP));
	s.flags = XDP_RING_NEED_WAKEUP;
	assert_true(xsk_ring_asks(&r, XDP_RING_NEED_WAKEUP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_ipsec_for_us_and_nothing_else),
		cmocka_unit_test(passes_what_is_cut_off_or_too_long),
		cmocka_unit_test(one_bit_decides),
		cmocka_unit_test(forgets),
		cmocka_unit_test(knows_many_addresses),
		cmocka_unit_test(a_consumer_sees_what_was_produced),
		cmocka_unit_test(a_producer_never_writes_over_what_is_unread),
		cmocka_unit_test(the_kernel_asks_to_be_called),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
