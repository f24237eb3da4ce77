/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ipsec_offload_rig.h"
#include "missiu/offload.h"

#define N_MAX MISSIU_GRO_MAX

static uint8_t bytes[N_MAX][9100], sent[N_MAX][9100];
static uint8_t whole[65536 + 64];
static struct missiu_pkt pkts[N_MAX], *v[N_MAX];
static struct missiu_gro g;
static size_t n;

static void reset(void)
{
	n = 0;
}

static void put(const struct made *m)
{
	pkts[n].data = bytes[n];
	pkts[n].len = make(m, bytes[n]);
	memcpy(sent[n], bytes[n], pkts[n].len);
	v[n] = &pkts[n];
	n++;
}

/* The segment after @m: sequence number, identification, payload go on. */
static struct made after(struct made m)
{
	m.seq += (uint32_t)m.pay_len;
	m.pay_off += m.pay_len;
	m.id++;
	return m;
}

/* The packet that an item describes, in one piece. */
static size_t gather(const struct missiu_gro_item *it)
{
	size_t len = v[it->first]->len;
	uint16_t i = it->first;

	memcpy(whole, v[i]->data, len);
	while (i != it->last) {
		i = g.next[i];
		memcpy(whole + len, v[i]->data + it->o.hdr_len,
		       v[i]->len - it->o.hdr_len);
		len += v[i]->len - it->o.hdr_len;
	}
	assert_int_equal(len, it->len);
	return len;
}

/* Cut an item again: it gives the very packets that came, from @i on. */
static void check_restored(const struct missiu_gro_item *it, size_t i)
{
	size_t len = gather(it);
	uint8_t out[9200];
	struct missiu_pkt p = { .data = out };
	struct missiu_gso s;

	assert_int_equal(missiu_gso_start(&s, whole, len, &it->o), 0);
	assert_true(missiu_gso_room(&s) <= sizeof(out));
	while (missiu_gso_next(&s, &p)) {
		assert_int_equal(p.len, pkts[i].len);
		assert_memory_equal(out, sent[i], p.len);
		i++;
	}
	assert_int_equal(i, (size_t)(it->first + it->n));
}

static void test_a_stream_becomes_one_packet_and_back(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 8; bits++) {
		struct made m = made_tcp();

		m.v6 = bits & 1;
		m.udp = bits & 2;
		m.df = bits & 4;
		reset();
		for (int i = 0; i < 45; i++, m = after(m)) {
			if (i == 44)
				m.pay_len = 7;
			put(&m);
		}
		missiu_gro(&g, v, n);
		assert_int_equal(g.n, 1);
		assert_int_equal(g.item[0].n, 45);
		assert_int_equal(g.item[0].o.seg,
				 m.udp ? MISSIU_SEG_UDP : MISSIU_SEG_TCP);
		assert_int_equal(g.item[0].o.seg_size, 1000);
		assert_true(g.item[0].o.csum_needed);
		check_restored(&g.item[0], 0);
	}
}

static void test_single_packet_is_left_alone_and_vouched_for(void **state)
{
	struct made m = made_tcp();

	(void)state;
	reset();
	put(&m);
	missiu_gro(&g, v, n);
	assert_int_equal(g.n, 1);
	assert_int_equal(g.item[0].o.seg, MISSIU_SEG_NONE);
	assert_true(g.item[0].o.csum_good);
	assert_false(g.item[0].o.csum_needed);
	assert_memory_equal(bytes[0], sent[0], pkts[0].len);
}

/* Two segments, the second changed by @change: are they merged? */
static bool merged(struct made m, void (*change)(struct made *))
{
	struct made second = after(m);

	change(&second);
	reset();
	put(&m);
	put(&second);
	missiu_gro(&g, v, n);
	if (g.n == 1)
		check_restored(&g.item[0], 0);
	return g.n == 1;
}

static void no_change(struct made *m)
{
	(void)m;
}

#define CHANGE(name, what)                                                     \
	static void name(struct made *m)                                       \
	{                                                                      \
		m->what;                                                       \
	}
CHANGE(other_tos, tos ^= 3)
CHANGE(other_ttl, ttl--)
CHANGE(other_df, df ^= 1)
CHANGE(id_skips, id++)
CHANGE(other_sport, sport++)
CHANGE(other_dport, dport++)
CHANGE(other_window, window++)
CHANGE(other_ack, ack++)
CHANGE(seq_gap, seq++)
CHANGE(seq_again, seq -= 1000)
CHANGE(other_option, opt++)
CHANGE(fewer_options, opt_len -= 4)
CHANGE(longer, pay_len++)
CHANGE(empty, pay_len = 0)
CHANGE(cwr, flags |= FLAG_CWR)
CHANGE(ece, flags |= FLAG_ECE)
CHANGE(syn, flags |= FLAG_SYN)
CHANGE(other_family, v6 ^= 1)
CHANGE(other_proto, udp ^= 1)
CHANGE(shorter, pay_len--)
CHANGE(psh, flags |= FLAG_PSH)
CHANGE(fin, flags |= FLAG_FIN)

static void test_what_cutting_would_not_restore_is_not_merged(void **state)
{
	static const struct {
		void (*change)(struct made *);
		bool tcp, udp, v6; /* merged all the same */
	} t[] = {
		{ no_change, true, true, true },
		{ shorter, true, true, true },
		{ psh, true, true, true },
		{ fin, true, true, true },
		{ other_tos, false, false, false },
		{ other_ttl, false, false, false },
		{ other_df, false, false, true },
		{ id_skips, false, false, true },
		{ other_sport, false, false, false },
		{ other_dport, false, false, false },
		{ other_window, false, true, false },
		{ other_ack, false, true, false },
		{ seq_gap, false, true, false },
		{ seq_again, false, true, false },
		{ other_option, false, true, false },
		{ fewer_options, false, true, false },
		{ longer, false, false, false },
		{ empty, false, false, false },
		{ cwr, false, true, false },
		{ ece, false, true, false },
		{ syn, false, true, false },
		{ other_family, false, false, false },
		{ other_proto, false, false, false },
	};
	struct made v6 = made_tcp();

	(void)state;
	v6.v6 = true;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(merged(made_tcp(), t[i].change), t[i].tcp);
		assert_int_equal(merged(made_udp(), t[i].change), t[i].udp);
		assert_int_equal(merged(v6, t[i].change), t[i].v6);
	}
}

/* The third of six segments is changed: what follows it starts anew. */
static void check_ends_item(void (*change)(struct made *))
{
	struct made m = made_tcp();

	reset();
	for (int i = 0; i < 6; i++, m = after(m)) {
		struct made k = m;

		if (i == 2)
			change(&k);
		put(&k);
	}
	missiu_gro(&g, v, n);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.item[0].n, 3);
	assert_int_equal(g.item[1].n, 3);
	check_restored(&g.item[0], 0);
}

static void test_psh_and_fin_end_an_item(void **state)
{
	(void)state;
	check_ends_item(psh);
	check_ends_item(fin);
}

static void test_nothing_follows_a_short_segment(void **state)
{
	struct made m = made_tcp();

	(void)state;
	reset();
	put(&m);
	m = after(m);
	m.pay_len = 999;
	put(&m);
	m = after(m);
	put(&m);
	missiu_gro(&g, v, n);
	assert_int_equal(g.n, 2);
	assert_int_equal(g.item[0].n, 2);
	assert_int_equal(g.item[1].n, 1);
}

/* RFC 6864 4.1: identifications of packets that may not be fragmented. */
static void test_constant_identification_with_df_is_merged(void **state)
{
	struct made m = made_tcp();

	(void)state;
	for (int df = 0; df < 2; df++) {
		m = made_tcp();
		m.df = df;
		reset();
		for (int i = 0; i < 4; i++, m = after(m)) {
			m.id = 0;
			put(&m);
		}
		missiu_gro(&g, v, n);
		assert_int_equal(g.n, df ? 1 : 4);
	}
}

static void test_flows_side_by_side_are_merged_each(void **state)
{
	struct made m[4];

	(void)state;
	reset();
	for (int f = 0; f < 4; f++) {
		m[f] = made_tcp();
		m[f].sport = (uint16_t)(40000 + 7 * f);
	}
	for (int i = 0; i < 80; i++) {
		put(&m[i % 4]);
		m[i % 4] = after(m[i % 4]);
	}
	missiu_gro(&g, v, n);
	assert_int_equal(g.n, 4);
	for (size_t k = 0; k < 4; k++) {
		assert_int_equal(g.item[k].first, k);
		assert_int_equal(g.item[k].n, 20);
	}
}

/* Flows that share a slot, and packets of no flow, never change the order. */
static void test_packets_of_a_flow_keep_their_order(void **state)
{
	uint32_t seen[600] = { 0 }, x = 1;
	struct made m[300];

	(void)state;
	for (int f = 0; f < 300; f++) {
		m[f] = made_tcp();
		m[f].sport = (uint16_t)(40000 + f);
		m[f].pay_len = 8;
	}
	for (int round = 0; round < 50; round++) {
		reset();
		while (n < N_MAX) {
			int f = (int)((x = x * 1664525 + 1013904223) >> 24) %
				(round % 3 ? 5 : 300);

			put(&m[f]);
			if (x >> 8 & 7)
				m[f] = after(m[f]);
			if ((x >> 12 & 15) == 0)
				bytes[n - 1][9] = 1; /* ICMP now */
		}
		missiu_gro(&g, v, n);
		memset(seen, 0, sizeof(seen));
		for (size_t k = 0, all = 0; k < g.n; k++) {
			uint16_t i = g.item[k].first;

			for (;; i = g.next[i], all++) {
				size_t f = (size_t)(sent[i][20] << 8 |
						    sent[i][21]) -
					   40000;

				assert_true(i + 1u > seen[f]);
				seen[f] = i + 1u;
				if (i == g.item[k].last)
					break;
			}
		}
	}
}

static void
test_wrong_checksums_are_neither_merged_nor_vouched_for(void **state)
{
	static const size_t where[] = { 10, 36, 52, 1000 }; /* IP, TCP, data */

	(void)state;
	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		struct made m = made_tcp();

		reset();
		for (int k = 0; k < 3; k++, m = after(m))
			put(&m);
		bytes[1][where[i]] ^= 0x20;
		missiu_gro(&g, v, n);
		assert_int_equal(g.n, 3);
		assert_false(g.item[1].o.csum_good);
		assert_false(g.item[1].o.csum_needed);
	}
}

static void test_udp_without_checksum_is_not_merged(void **state)
{
	struct made m = made_udp();

	(void)state;
	reset();
	for (int k = 0; k < 3; k++, m = after(m)) {
		put(&m);
		put16(bytes[k] + 26, 0);
	}
	missiu_gro(&g, v, n);
	assert_int_equal(g.n, 3);
	assert_false(g.item[0].o.csum_good);
}

static void test_an_item_is_never_longer_than_a_packet_may_be(void **state)
{
	struct made m = made_tcp();

	(void)state;
	reset();
	m.pay_len = 9000;
	for (int i = 0; i < 20; i++, m = after(m))
		put(&m);
	missiu_gro(&g, v, n);
	assert_int_equal(g.n, 3);
	assert_int_equal(g.item[0].n, 7);
	check_restored(&g.item[0], 0);
	reset();
	m = made_udp();
	m.pay_len = 10;
	for (int i = 0; i < 130; i++, m = after(m))
		put(&m);
	missiu_gro(&g, v, n);
	assert_int_equal(g.n, 3);
	assert_int_equal(g.item[0].n, 64); /* UDP_SEGMENT's old limit */
}

static void test_fragments_and_options_pass_alone(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} t[] = { { 6, 0x20 }, { 7, 1 }, { 0, 0x46 }, { 0, 0x55 }, { 9, 50 } };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct made m = made_tcp();

		reset();
		for (int k = 0; k < 2; k++, m = after(m)) {
			put(&m);
			bytes[k][t[i].at] = t[i].value;
			put16(bytes[k] + 10, 0);
			put16(bytes[k] + 10,
			      (uint16_t)~slow_sum(bytes[k], 20, 0));
		}
		missiu_gro(&g, v, n);
		assert_int_equal(g.n, 2);
		assert_false(g.item[0].o.csum_good);
	}
}

static void test_every_prefix_passes_alone(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 4; bits++) {
		struct made m = made_tcp();
		size_t len;

		m.v6 = bits & 1;
		m.udp = bits & 2;
		m.pay_len = 30;
		reset();
		put(&m);
		len = pkts[0].len;
		for (size_t k = 0; k < len; k++) {
			pkts[0].len = k;
			pkts[0].data = malloc(k ? k : 1);
			assert_non_null(pkts[0].data);
			memcpy(pkts[0].data, sent[0], k);
			missiu_gro(&g, v, 1);
			assert_int_equal(g.n, 1);
			assert_int_equal(g.item[0].len, k);
			assert_false(g.item[0].o.csum_good);
			free(pkts[0].data);
		}
	}
}

/* Whatever bit flips: the packet is not merged, or it is restored. */
static void test_every_flipped_bit_of_the_second_packet(void **state)
{
	struct made m = made_tcp(), second = after(m);
	size_t bits;

	(void)state;
	m.pay_len = second.pay_len = 40;
	second.seq = m.seq + 40;
	bits = (made_hdr_len(&m) + 40) * 8;
	for (size_t bit = 0; bit < bits; bit++) {
		reset();
		put(&m);
		put(&second);
		bytes[1][bit / 8] ^= (uint8_t)(1 << bit % 8);
		missiu_gro(&g, v, n);
		assert_int_equal(g.n, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stream_becomes_one_packet_and_back),
		cmocka_unit_test(
			test_single_packet_is_left_alone_and_vouched_for),
		cmocka_unit_test(
			test_what_cutting_would_not_restore_is_not_merged),
		cmocka_unit_test(test_psh_and_fin_end_an_item),
		cmocka_unit_test(test_nothing_follows_a_short_segment),
		cmocka_unit_test(
			test_constant_identification_with_df_is_merged),
		cmocka_unit_test(test_flows_side_by_side_are_merged_each),
		cmocka_unit_test(test_packets_of_a_flow_keep_their_order),
		cmocka_unit_test(
			test_wrong_checksums_are_neither_merged_nor_vouched_for),
		cmocka_unit_test(test_udp_without_checksum_is_not_merged),
		cmocka_unit_test(
			test_an_item_is_never_longer_than_a_packet_may_be),
		cmocka_unit_test(test_fragments_and_options_pass_alone),
		cmocka_unit_test(test_every_prefix_passes_alone),
		cmocka_unit_test(test_every_flipped_bit_of_the_second_packet),
	};

	return cmocka_run_group_tests_name("gro", tests, NULL, NULL);
}
