/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ipsec/gso_sum.h"
#include "ipsec_offload_rig.h"
#include "missiu/err.h"
#include "missiu/offload.h"

#define SEGS_MAX 70

static uint8_t super[65536], want[65536], got[65536];

/* The next segment into memory of exactly its room. */
static bool next(struct missiu_gso *g, struct missiu_pkt *p)
{
	size_t room = missiu_gso_room(g), left = missiu_gso_left(g);
	uint8_t *mem = malloc(room ? room : 1);
	bool more;

	assert_non_null(mem);
	p->data = mem;
	more = missiu_gso_next(g, p);
	assert_int_equal(more, left > 0);
	if (more) {
		assert_int_equal(missiu_gso_left(g), left - 1);
		assert_true(p->len <= room);
		memcpy(got, mem, p->len);
	}
	free(mem);
	return more;
}

/* A super-packet of @m with an unfinished checksum, as the kernel hands it. */
static struct missiu_offload make_super(struct made m, uint16_t seg_size)
{
	struct missiu_offload o = { .seg = m.udp ? MISSIU_SEG_UDP :
						   MISSIU_SEG_TCP,
				    .csum_needed = true,
				    .seg_size = seg_size };

	o.csum_start = (uint16_t)made_ip_len(&m);
	o.csum_off = m.udp ? 6 : 16;
	make(&m, super);
	put16(super + o.csum_start + o.csum_off, made_pseudo(&m, super));
	return o;
}

/* What segment number @i has to look like. */
static size_t make_want(const struct made *m, size_t i, size_t seg_size)
{
	struct made s = *m;
	size_t at = i * seg_size;
	bool last = m->pay_len - at <= seg_size;

	s.id = (uint16_t)(m->id + i);
	s.seq += (uint32_t)at;
	s.pay_off = at;
	s.pay_len = last ? m->pay_len - at : seg_size;
	if (!last)
		s.flags &= (uint8_t) ~(FLAG_FIN | FLAG_PSH);
	if (i)
		s.flags &= (uint8_t)~FLAG_CWR;
	return make(&s, want);
}

static void check_cut(const struct made *m, uint16_t seg_size)
{
	struct missiu_offload o = make_super(*m, seg_size);
	size_t i, len, n = (m->pay_len + seg_size - 1) / seg_size;
	struct missiu_pkt p = { 0 };
	struct missiu_gso g;

	assert_int_equal(
		missiu_gso_start(&g, super, made_hdr_len(m) + m->pay_len, &o),
		0);
	for (i = 0; next(&g, &p); i++) {
		len = make_want(m, i, seg_size);
		assert_int_equal(p.len, len);
		assert_memory_equal(got, want, len);
	}
	assert_int_equal(i, n ? n : 1);
	assert_false(next(&g, &p));
}

static void test_segments_are_those_of_a_sender_without_offload(void **state)
{
	static const size_t sizes[] = { 1, 2, 536, 1348, 1448, 8948, 60000 };
	struct made m;

	(void)state;
	for (unsigned bits = 0; bits < 8; bits++) {
		m = made_tcp();
		m.v6 = bits & 1;
		m.udp = bits & 2;
		m.df = bits & 4;
		m.flags |= FLAG_PSH | FLAG_FIN | FLAG_CWR | FLAG_ECE;
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			m.pay_len = 61234;
			if (sizes[i] * SEGS_MAX < m.pay_len)
				m.pay_len = sizes[i] * SEGS_MAX + sizes[i] / 2;
			check_cut(&m, (uint16_t)sizes[i]);
			m.pay_len = sizes[i];
			check_cut(&m, (uint16_t)sizes[i]);
		}
	}
}

static void test_largest_super_packet(void **state)
{
	struct made m = made_tcp();

	(void)state;
	m.pay_len = 65535 - made_hdr_len(&m);
	check_cut(&m, 1448);
}

static void test_super_packet_without_payload_is_one_segment(void **state)
{
	struct made m = made_tcp();

	(void)state;
	m.pay_len = 0;
	check_cut(&m, 1448);
}

static void test_unfinished_checksum_of_a_single_packet(void **state)
{
	struct made m;

	(void)state;
	for (unsigned bits = 0; bits < 4; bits++) {
		struct missiu_offload o;
		struct missiu_pkt p = { 0 };
		struct missiu_gso g;
		size_t len;

		m = made_tcp();
		m.v6 = bits & 1;
		m.udp = bits & 2;
		m.pay_len = 777;
		len = made_hdr_len(&m) + m.pay_len;
		o = make_super(m, 0);
		o.seg = MISSIU_SEG_NONE;
		assert_int_equal(missiu_gso_start(&g, super, len, &o), 0);
		assert_true(next(&g, &p));
		assert_int_equal(p.len, make(&m, want));
		assert_memory_equal(got, want, len);
		assert_false(next(&g, &p));
	}
}

/* RFC 768: a sum of zero is sent as all ones, or it would mean "no checksum". */
static void test_udp_checksum_is_never_zero(void **state)
{
	struct made m = made_udp();
	unsigned hits = 0;

	(void)state;
	m.pay_len = 4;
	for (unsigned port = 0; port <= 0xffff; port++) {
		m.sport = (uint16_t)port;
		make(&m, want);
		if (want[26] == 0xff && want[27] == 0xff) {
			check_cut(&m, 4);
			hits++;
		}
	}
	assert_true(hits > 0);
}

/* What carries authenticated packets needs no sum for each: RFC 3948 2.1. */
static void test_verified_udp_is_cut_without_checksums(void **state)
{
	struct made m = made_udp();
	struct missiu_offload o = make_super(m, 300);
	struct missiu_pkt p = { 0 };
	struct missiu_gso g;
	size_t i, len;

	(void)state;
	o.csum_good = true;
	assert_int_equal(
		missiu_gso_start(&g, super, made_hdr_len(&m) + m.pay_len, &o),
		0);
	for (i = 0; next(&g, &p); i++) {
		len = make_want(&m, i, 300);
		put16(want + 26, 0);
		assert_int_equal(p.len, len);
		assert_memory_equal(got, want, len);
	}
	assert_int_equal(i, 4);
}

static void test_packet_without_offload_is_copied(void **state)
{
	const struct missiu_offload none = { 0 };
	struct made m = made_tcp();
	size_t len = make(&m, super);
	struct missiu_pkt p = { 0 };
	struct missiu_gso g;

	(void)state;
	super[len - 1] ^= 1; /* a wrong checksum stays the sender's */
	assert_int_equal(missiu_gso_start(&g, super, len, &none), 0);
	assert_int_equal(missiu_gso_room(&g), len);
	assert_true(next(&g, &p));
	assert_int_equal(p.len, len);
	assert_memory_equal(got, super, len);
	assert_false(next(&g, &p));
}

static void test_descriptions_that_do_not_fit_are_refused(void **state)
{
	struct made m = made_tcp();
	struct missiu_offload good = make_super(m, 500), o;
	size_t len = made_hdr_len(&m) + m.pay_len;
	struct missiu_gso g;

	(void)state;
	o = good;
	o.seg_size = 0;
	assert_int_equal(missiu_gso_start(&g, super, len, &o), MISSIU_EPROTO);
	o = good;
	o.seg = MISSIU_SEG_UDP;
	assert_int_equal(missiu_gso_start(&g, super, len, &o), MISSIU_EPROTO);
	o.seg = 3;
	assert_int_equal(missiu_gso_start(&g, super, len, &o), MISSIU_EPROTO);
	o = good;
	o.seg = MISSIU_SEG_NONE;
	o.csum_start = (uint16_t)(len - 17);
	assert_int_equal(missiu_gso_start(&g, super, len, &o), MISSIU_EPROTO);
	o.csum_start--;
	assert_int_equal(missiu_gso_start(&g, super, len, &o), 0);
	super[20 + 12] = 0x40; /* TCP header of 16 bytes */
	assert_int_equal(missiu_gso_start(&g, super, len, &good),
			 MISSIU_EPROTO);
	make_super(m, 500);
	put16(super + 6, 0x2000); /* a fragment */
	assert_int_equal(missiu_gso_start(&g, super, len, &good),
			 MISSIU_EPROTO);
}

static void test_every_prefix_is_refused(void **state)
{
	struct made m = made_tcp();
	struct missiu_offload o = make_super(m, 500);
	struct missiu_gso g;

	(void)state;
	for (size_t n = 0; n < made_hdr_len(&m) + m.pay_len; n++) {
		uint8_t *p = malloc(n ? n : 1);

		assert_non_null(p);
		memcpy(p, super, n);
		assert_int_equal(missiu_gso_start(&g, p, n, &o), MISSIU_EPROTO);
		free(p);
	}
	/* A header that says it ends before its TCP header does. */
	for (size_t n = 20; n < made_hdr_len(&m); n++) {
		put16(super + 2, n);
		assert_int_equal(missiu_gso_start(&g, super, n, &o),
				 MISSIU_EPROTO);
	}
}

static void test_flipped_header_bits_stay_in_bounds(void **state)
{
	struct made m = made_tcp();
	struct missiu_offload o = make_super(m, 300);
	size_t len = made_hdr_len(&m) + m.pay_len;
	uint8_t *p = malloc(len);

	(void)state;
	assert_non_null(p);
	for (size_t bit = 0; bit < made_hdr_len(&m) * 8; bit++) {
		struct missiu_pkt k = { 0 };
		struct missiu_gso g;

		memcpy(p, super, len);
		p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (missiu_gso_start(&g, p, len, &o))
			continue;
		while (next(&g, &k))
			assert_true(k.len > 20);
	}
	free(p);
}

static void test_sums_agree_with_the_definition(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(super); i++)
		super[i] = pay_byte(i * 31);
	for (size_t len = 0; len < 300; len++) {
		for (size_t at = 0; at < 9; at++) {
			uint16_t s = slow_sum(super + at, len, 0);

			assert_int_equal(sum_bytes(super + at, len), s);
			memset(got, 0, len + 1);
			assert_int_equal(sum_copy(got, super + at, len), s);
			assert_memory_equal(got, super + at, len);
			assert_int_equal(got[len], 0);
		}
	}
	memset(super, 0xff, sizeof(super));
	assert_int_equal(sum_bytes(super, sizeof(super)), 0xffff);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_segments_are_those_of_a_sender_without_offload),
		cmocka_unit_test(test_largest_super_packet),
		cmocka_unit_test(
			test_super_packet_without_payload_is_one_segment),
		cmocka_unit_test(test_unfinished_checksum_of_a_single_packet),
		cmocka_unit_test(test_udp_checksum_is_never_zero),
		cmocka_unit_test(test_verified_udp_is_cut_without_checksums),
		cmocka_unit_test(test_packet_without_offload_is_copied),
		cmocka_unit_test(test_descriptions_that_do_not_fit_are_refused),
		cmocka_unit_test(test_every_prefix_is_refused),
		cmocka_unit_test(test_flipped_header_bits_stay_in_bounds),
		cmocka_unit_test(test_sums_agree_with_the_definition),
	};

	return cmocka_run_group_tests_name("gso", tests, NULL, NULL);
}
