/* SPDX-License-Identifier: Apache-2.0 */
/* Reassembly: what comes together, what does not, and what it costs. */
#include "ipsec_rig.h"

#include "ipsec/frag.h"
#include "ipsec/reasm.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* A datagram whose payload byte i is i * 7 + 1. */
struct dgram {
	uint8_t family, proto, tos;
	uint32_t id;
	char src;  /* last character of its address */
	bool opts; /* IPv4 options, IPv6 hop-by-hop header */
};

static struct reasm table;
static uint64_t drops[MISSIU_DROP_MAX];

static void open_table(const struct reasm_conf *conf)
{
	struct reasm_conf c = reasm_conf_default();

	memset(drops, 0, sizeof(drops));
	reasm_init(&table, conf ? conf : &c, 4711, drops);
}

static void close_table(void)
{
	reasm_fini(&table);
	assert_int_equal(table.bytes, 0);
	assert_int_equal(table.n, 0);
	assert_null(table.oldest);
}

static void put_payload(uint8_t *at, uint32_t off, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		at[i] = (uint8_t)((off + i) * 7 + 1);
}

static size_t header4(uint8_t *p, const struct dgram *d, uint16_t field,
		      uint32_t len)
{
	size_t hdr = d->opts ? 24 : 20;

	memset(p, 0, hdr);
	p[0] = (uint8_t)(0x40 | hdr / 4);
	p[1] = d->tos;
	store_be16(p + 4, (uint16_t)d->id);
	store_be16(p + 6, field);
	p[8] = 60;
	p[9] = d->proto;
	p[12] = p[16] = 10;
	p[15] = (uint8_t)d->src;
	p[19] = 2;
	if (d->opts)
		memset(p + 20, 1, 4);
	ip4_finish(p, hdr + len);
	return hdr;
}

static size_t header6(uint8_t *p, const struct dgram *d, bool frag,
		      uint16_t field, uint32_t len)
{
	size_t hdr = 40;
	uint8_t *nh = p + 6;

	memset(p, 0, 56);
	p[0] = (uint8_t)(0x60 | d->tos >> 4);
	p[1] = (uint8_t)(d->tos << 4);
	p[7] = 60;
	p[8] = p[24] = 0xfd;
	p[23] = (uint8_t)d->src;
	p[39] = 2;
	if (d->opts) {
		*nh = IP_P_HOPOPTS;
		nh = p + hdr;
		memcpy(nh, "\0\0\1\4\0\0\0\0", 8);
		hdr += 8;
	}
	*nh = frag ? IP_P_FRAGMENT : d->proto;
	if (frag) {
		p[hdr] = d->proto;
		p[hdr + 1] = 0;
		store_be16(p + hdr + 2, field);
		store_be32(p + hdr + 4, d->id);
		hdr += 8;
	}
	store_be16(p + 4, (uint16_t)(hdr - 40 + len));
	return hdr;
}

static size_t put_whole(uint8_t *p, const struct dgram *d, uint32_t len)
{
	size_t hdr = d->family == 4 ? header4(p, d, 0, len) :
				      header6(p, d, false, 0, len);

	put_payload(p + hdr, 0, len);
	return hdr + len;
}

static size_t put_part(uint8_t *p, const struct dgram *d, uint32_t off,
		       uint32_t len, bool more)
{
	size_t hdr =
		d->family == 4 ?
			header4(p, d, (uint16_t)(off / 8 | (more ? 0x2000 : 0)),
				len) :
			header6(p, d, true, (uint16_t)(off | more), len);

	put_payload(p + hdr, off, len);
	return hdr + len;
}

/* The result for these bytes, in a block that holds @room bytes exactly. */
static struct reasm_result feed(const uint8_t *data, size_t len, size_t room,
				uint64_t ctx, missiu_usec now,
				struct missiu_pkt *out)
{
	struct reasm_result res = { .fate = REASM_DROP };
	struct ip_info ip;

	if (room < len)
		room = len;
	*out = (struct missiu_pkt){ .cap = room };
	out->head = malloc(room ? room : 1);
	assert_non_null(out->head);
	out->data = out->head;
	out->len = len;
	memcpy(out->data, data, len);
	if (!ip_parse(out->data, len, &ip) && ip.frag != IP_WHOLE)
		res = reasm_add(&table, out, &ip, ctx, now);
	return res;
}

static struct reasm_result add(const struct dgram *d, uint32_t off,
			       uint32_t len, bool more, missiu_usec now)
{
	static uint8_t p[70000];
	struct reasm_result res;
	struct missiu_pkt k;

	res = feed(p, put_part(p, d, off, len, more), 3000, 0, now, &k);
	free(k.head);
	return res;
}

static void expect_kept(const struct dgram *d, uint32_t off, uint32_t len,
			bool more)
{
	assert_int_equal(add(d, off, len, more, SEC).fate, REASM_KEPT);
}

static void expect_drop(const struct dgram *d, uint32_t off, uint32_t len,
			bool more, enum missiu_drop why)
{
	struct reasm_result res = add(d, off, len, more, SEC);

	assert_int_equal(res.fate, REASM_DROP);
	if (res.why != why)
		fail_msg("%s, expected %s", missiu_drop_name(res.why),
			 missiu_drop_name(why));
}

/* The last fragment that was missing makes it whole, byte by byte. */
static void expect_whole(const struct dgram *d, uint32_t off, uint32_t len,
			 bool more, uint32_t total)
{
	static uint8_t p[70000], want[70000];
	size_t n = put_whole(want, d, total);
	struct reasm_result res;
	struct missiu_pkt k;

	res = feed(p, put_part(p, d, off, len, more), n, 0, SEC, &k);
	assert_int_equal(res.fate, REASM_WHOLE);
	assert_int_equal(k.len, n);
	if (d->family == 4) {
		/* the whole keeps its identification */
		store_be16(want + 4, (uint16_t)d->id);
		ip4_finish(want, n);
	}
	assert_memory_equal(k.data, want, n);
	free(k.head);
	assert_int_equal(table.n, 0);
}

static const struct dgram kinds[] = {
	{ .family = 4, .proto = IP_P_UDP, .id = 77, .src = 'a' },
	{ .family = 4, .proto = IP_P_ESP, .id = 0, .src = 'a', .opts = true },
	{ .family = 6, .proto = IP_P_ESP, .id = 0x12345678, .src = 'a' },
	{ .family = 6, .proto = IP_P_UDP, .id = 1, .src = 'a', .opts = true },
};

struct part {
	uint32_t off, len;
};

static void test_any_order_makes_it_whole(void **state)
{
	/* 0..100 in pieces, the last of them 4 bytes; all 24 orders */
	static const struct part v[4] = {
		{ 0, 32 }, { 32, 8 }, { 40, 56 }, { 96, 4 }
	};

	(void)state;
	for (size_t k = 0; k < N_OF(kinds); k++)
		for (unsigned code = 0; code < 256; code++) {
			unsigned i[4] = { code & 3, code >> 2 & 3,
					  code >> 4 & 3, code >> 6 };

			if ((1U << i[0] | 1U << i[1] | 1U << i[2] |
			     1U << i[3]) != 15)
				continue;
			open_table(NULL);
			for (unsigned j = 0; j < 3; j++)
				expect_kept(&kinds[k], v[i[j]].off, v[i[j]].len,
					    i[j] != 3);
			expect_whole(&kinds[k], v[i[3]].off, v[i[3]].len,
				     i[3] != 3, 100);
			close_table();
		}
}

static void test_sizes_up_to_the_largest(void **state)
{
	static const uint32_t sizes[] = { 9,	 1480,	1481, 9000,
					  32768, 65000, 65515 };

	(void)state;
	for (size_t k = 0; k < N_OF(kinds); k++)
		for (size_t i = 0; i < N_OF(sizes); i++) {
			uint32_t total = sizes[i], off;

			if (total > 65000 && kinds[k].family == 6)
				total -= 20;
			if (total > 65000 && kinds[k].opts)
				total -= 8;
			open_table(NULL);
			for (off = 0; off + 1480 < total; off += 1480)
				expect_kept(&kinds[k], off, 1480, true);
			if (off)
				expect_whole(&kinds[k], off, total - off, false,
					     total);
			close_table();
		}
}

static void test_copies_are_ignored(void **state)
{
	(void)state;
	for (size_t k = 0; k < N_OF(kinds); k++) {
		const struct dgram *d = &kinds[k];

		open_table(NULL);
		expect_kept(d, 16, 16, true);
		expect_drop(d, 16, 16, true, MISSIU_DROP_REASM_DUPLICATE);
		expect_kept(d, 0, 16, true);
		expect_drop(d, 0, 16, true, MISSIU_DROP_REASM_DUPLICATE);
		expect_drop(d, 16, 16, true, MISSIU_DROP_REASM_DUPLICATE);
		expect_whole(d, 32, 3, false, 35);
		assert_int_equal(drops[MISSIU_DROP_REASM_OVERLAP], 0);
		close_table();
	}
}

static void test_overlap_spoils_the_datagram(void **state)
{
	/* 0..8 and 16..32 are there */
	static const struct {
		uint32_t off, len;
		bool more;
	} bad[] = {
		{ 0, 16, true },  /* begins where the first does */
		{ 8, 16, true },  /* reaches into the second */
		{ 16, 8, true },  /* begins where the second does */
		{ 24, 8, true },  /* lies in the second */
		{ 24, 16, true }, /* begins in it */
		{ 0, 40, true },  /* covers all */
		{ 8, 200, true }, /* covers what is there and more */
		{ 8, 4, false },  /* ends before what is there */
		{ 24, 4, false },
	};

	(void)state;
	for (size_t k = 0; k < N_OF(kinds); k++)
		for (size_t i = 0; i < N_OF(bad); i++) {
			const struct dgram *d = &kinds[k];
			size_t bytes;

			open_table(NULL);
			expect_kept(d, 0, 8, true);
			expect_kept(d, 16, 16, true);
			bytes = table.bytes;
			expect_drop(d, bad[i].off, bad[i].len, bad[i].more,
				    MISSIU_DROP_REASM_OVERLAP);
			assert_int_equal(drops[MISSIU_DROP_REASM_OVERLAP], 2);
			assert_true(table.bytes < bytes);
			/* what would have completed it comes too late */
			expect_drop(d, 8, 8, true, MISSIU_DROP_REASM_OVERLAP);
			expect_drop(d, 32, 8, false, MISSIU_DROP_REASM_OVERLAP);
			/* until its time is up; nothing is counted twice */
			assert_int_equal(reasm_expire(&table, 17 * SEC),
					 UINT64_MAX);
			assert_int_equal(drops[MISSIU_DROP_REASM_TIMEOUT], 0);
			expect_kept(d, 8, 8, true);
			close_table();
		}
}

/* A copy in place and length, but not in what it says. */
static void test_different_copy_is_an_overlap(void **state)
{
	struct missiu_pkt k;
	uint8_t p[128];
	size_t n;

	(void)state;
	open_table(NULL);
	expect_kept(&kinds[0], 0, 16, true);
	n = put_part(p, &kinds[0], 0, 16, true);
	p[n - 1] ^= 1;
	assert_int_equal(feed(p, n, 0, 0, SEC, &k).why,
			 MISSIU_DROP_REASM_OVERLAP);
	free(k.head);
	close_table();
}

static void test_ends_must_agree(void **state)
{
	const struct dgram *d = &kinds[0];

	(void)state;
	open_table(NULL);
	expect_kept(d, 32, 8, false);
	expect_drop(d, 48, 8, false, MISSIU_DROP_REASM_OVERLAP);
	close_table();
	open_table(NULL);
	expect_kept(d, 32, 8, false);
	expect_drop(d, 40, 8, true, MISSIU_DROP_REASM_OVERLAP);
	close_table();
	open_table(NULL);
	expect_kept(d, 32, 8, false);
	expect_drop(d, 24, 8, false, MISSIU_DROP_REASM_OVERLAP);
	close_table();
}

static void test_malformed_fragments(void **state)
{
	static const struct {
		uint32_t off, len;
		bool more;
	} bad[] = {
		{ 0, 0, true },		{ 8, 0, false },
		{ 0, 9, true },		{ 8, 7, true },
		{ 65512, 16, true },	{ 65528, 8, false },
		{ 65000, 1400, false },
	};

	(void)state;
	for (size_t k = 0; k < N_OF(kinds); k++) {
		open_table(NULL);
		for (size_t i = 0; i < N_OF(bad); i++)
			expect_drop(&kinds[k], bad[i].off, bad[i].len,
				    bad[i].more, MISSIU_DROP_REASM_BAD);
		assert_int_equal(table.n, 0);
		close_table();
	}
}

static void test_gap_is_waited_for_and_times_out(void **state)
{
	const struct dgram *d = &kinds[2];

	(void)state;
	open_table(NULL);
	assert_int_equal(add(d, 0, 8, true, 100 * SEC).fate, REASM_KEPT);
	assert_int_equal(add(d, 24, 3, false, 105 * SEC).fate, REASM_KEPT);
	/* later fragments do not prolong it */
	assert_int_equal(reasm_expire(&table, 114 * SEC), 115 * SEC);
	assert_int_equal(drops[MISSIU_DROP_REASM_TIMEOUT], 0);
	assert_int_equal(reasm_expire(&table, 115 * SEC), UINT64_MAX);
	assert_int_equal(drops[MISSIU_DROP_REASM_TIMEOUT], 2);
	assert_int_equal(table.bytes, 0);
	/* what was missing comes: a new start */
	assert_int_equal(add(d, 8, 16, true, 116 * SEC).fate, REASM_KEPT);
	close_table();
}

static void test_expires_without_a_tick(void **state)
{
	struct dgram other = kinds[0];

	(void)state;
	other.id++;
	open_table(NULL);
	assert_int_equal(add(&kinds[0], 0, 8, true, SEC).fate, REASM_KEPT);
	assert_int_equal(add(&other, 0, 8, true, 20 * SEC).fate, REASM_KEPT);
	assert_int_equal(table.n, 1);
	assert_int_equal(drops[MISSIU_DROP_REASM_TIMEOUT], 1);
	close_table();
}

static void test_fragments_of_different_datagrams_never_meet(void **state)
{
	struct dgram other[4];
	struct missiu_pkt k;
	uint8_t p[128];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		other[i] = kinds[0];
	other[0].id++;
	other[1].src++;
	other[2].proto = IP_P_TCP;
	other[3] = kinds[2];
	other[3].id = kinds[0].id;
	open_table(NULL);
	expect_kept(&kinds[0], 0, 8, true);
	for (size_t i = 0; i < 4; i++)
		expect_kept(&other[i], 8, 8, false);
	assert_int_equal(
		feed(p, put_part(p, &kinds[0], 8, 8, false), 0, 1, SEC, &k)
			.fate,
		REASM_KEPT);
	free(k.head);
	assert_int_equal(table.n, 6);
	/* RFC 8200 4.5: over IPv6 the protocol is none of its names */
	other[3] = kinds[2];
	other[3].proto = IP_P_TCP;
	expect_kept(&kinds[2], 0, 8, true);
	assert_int_equal(add(&other[3], 8, 8, false, SEC).fate, REASM_WHOLE);
	close_table();
}

static void test_fragment_that_is_all_of_it(void **state)
{
	struct dgram d = kinds[2];

	(void)state;
	for (int opts = 0; opts < 2; opts++) {
		d.opts = opts;
		open_table(NULL);
		expect_whole(&d, 0, 33, false, 33);
		/* others with its identification are not disturbed */
		expect_kept(&d, 0, 8, true);
		assert_int_equal(add(&d, 0, 33, false, SEC).fate, REASM_WHOLE);
		expect_whole(&d, 8, 8, false, 16);
		close_table();
	}
}

static void test_congestion_mark_survives(void **state)
{
	/* of first and second; of the whole, 9: refused */
	static const uint8_t rows[][3] = {
		{ 0, 0, 0 }, { 1, 1, 1 }, { 2, 3, 3 }, { 3, 1, 3 },
		{ 3, 3, 3 }, { 0, 3, 9 }, { 3, 0, 9 }, { 2, 0, 2 },
	};

	(void)state;
	for (uint8_t family = 4; family <= 6; family += 2)
		for (size_t i = 0; i < N_OF(rows); i++) {
			struct dgram d = { .family = family,
					   .proto = 50,
					   .id = 1,
					   .src = 'a',
					   .tos = (uint8_t)(0xb8 |
							    rows[i][0]) };
			struct ip_info ip;
			struct reasm_result res;
			struct missiu_pkt k;
			uint8_t p[128];

			open_table(NULL);
			expect_kept(&d, 0, 8, true);
			d.tos = (uint8_t)(0xb8 | rows[i][1]);
			res = feed(p, put_part(p, &d, 8, 8, false), 256, 0, SEC,
				   &k);
			if (rows[i][2] == 9) {
				assert_int_equal(res.why,
						 MISSIU_DROP_REASM_BAD);
				assert_int_equal(drops[MISSIU_DROP_REASM_BAD],
						 1);
			} else {
				assert_int_equal(res.fate, REASM_WHOLE);
				assert_int_equal(ip_parse(k.data, k.len, &ip),
						 0);
				assert_int_equal(ip.tos, 0xb8 | rows[i][2]);
			}
			free(k.head);
			close_table();
		}
}

static void test_whole_needs_room(void **state)
{
	struct reasm_result res;
	struct missiu_pkt k;
	uint8_t p[128];

	(void)state;
	open_table(NULL);
	expect_kept(&kinds[0], 0, 80, true);
	res = feed(p, put_part(p, &kinds[0], 80, 8, false), 107, 0, SEC, &k);
	assert_int_equal(res.why, MISSIU_DROP_REASM_NO_ROOM);
	assert_int_equal(drops[MISSIU_DROP_REASM_NO_ROOM], 1);
	free(k.head);
	expect_kept(&kinds[0], 0, 80, true);
	expect_whole(&kinds[0], 80, 8, false, 88);
	close_table();
}

static void test_largest_fragment_is_remembered(void **state)
{
	struct reasm_result res;
	struct missiu_pkt k;
	uint8_t p[256];

	(void)state;
	open_table(NULL);
	expect_kept(&kinds[2], 0, 80, true);
	expect_kept(&kinds[2], 80, 96, true);
	res = feed(p, put_part(p, &kinds[2], 176, 5, false), 4096, 0, SEC, &k);
	assert_int_equal(res.fate, REASM_WHOLE);
	assert_int_equal(res.biggest, 48 + 96);
	free(k.head);
	close_table();
}

static void test_too_many_pieces(void **state)
{
	(void)state;
	open_table(NULL);
	for (uint32_t i = 0; i < REASM_PIECES_MAX; i++)
		expect_kept(&kinds[0], i * 8, 8, true);
	expect_drop(&kinds[0], REASM_PIECES_MAX * 8, 8, true,
		    MISSIU_DROP_REASM_FULL);
	close_table();
}

/* --- floods ----------------------------------------------------------------- */

static uint32_t lcg(uint32_t *x)
{
	*x = *x * 1664525 + 1013904223;
	return *x >> 8;
}

static void test_flood_of_many_sources_stays_within_limits(void **state)
{
	const struct reasm_conf c = { .max_bytes = 200000,
				      .src_bytes = 50000,
				      .max_dgrams = 300,
				      .src_dgrams = 20,
				      .timeout_us = 15 * SEC };
	uint64_t fed = 0, refused = 0, kept = 0, lost;
	uint32_t x = 1;

	(void)state;
	open_table(&c);
	for (int i = 0; i < 20000; i++) {
		struct dgram d = { .family = (uint8_t)(lcg(&x) % 2 ? 4 : 6),
				   .proto = IP_P_ESP,
				   .id = lcg(&x),
				   .src = (char)lcg(&x) };
		struct reasm_result res =
			add(&d, lcg(&x) % 100 * 8, lcg(&x) % 180 * 8, true,
			    SEC + (missiu_usec)i);

		fed++;
		refused += res.fate == REASM_DROP;
		assert_true(table.bytes <= c.max_bytes);
		assert_true(table.n <= c.max_dgrams);
		for (size_t b = 0; b < REASM_BUCKETS; b++) {
			assert_true(table.bucket[b].bytes <= c.src_bytes);
			assert_true(table.bucket[b].n <= c.src_dgrams);
		}
	}
	lost = drops[MISSIU_DROP_REASM_FULL];
	reasm_expire(&table, 1000 * SEC);
	kept = drops[MISSIU_DROP_REASM_TIMEOUT];
	/* each is accounted for once: refused, given up, or still waiting */
	assert_int_equal(fed, refused + lost + kept);
	assert_int_equal(table.bytes, 0);
	close_table();
}

static void test_flood_of_one_source_hurts_no_other(void **state)
{
	struct dgram bad = kinds[0], good = kinds[0];

	(void)state;
	good.src = 'b';
	open_table(NULL);
	expect_kept(&good, 0, 1400, true);
	for (uint32_t i = 0; i < 5000; i++) {
		bad.id = i;
		expect_kept(&bad, 8, 1400, true);
		assert_true(table.bytes <= table.conf.src_bytes + 2000);
		assert_true(table.n <= table.conf.src_dgrams + 1);
	}
	assert_int_equal(add(&good, 1400, 8, false, SEC).fate, REASM_WHOLE);
	close_table();
}

static void test_large_datagrams_of_one_source_are_bounded(void **state)
{
	struct dgram bad = kinds[0];

	(void)state;
	open_table(NULL);
	for (uint32_t i = 0; i < 50; i++)
		for (uint32_t off = 8; off < 60000; off += 1400) {
			bad.id = i;
			expect_kept(&bad, off, 1400, true);
			assert_true(table.bytes <= table.conf.src_bytes);
		}
	assert_true(drops[MISSIU_DROP_REASM_FULL] > 1000);
	close_table();
}

static void test_datagrams_of_all_sources_are_bounded(void **state)
{
	struct dgram d = kinds[2];

	(void)state;
	open_table(NULL);
	for (uint32_t i = 0; i < 3000; i++) {
		d.id = i;
		d.src = (char)i;
		expect_kept(&d, 8, 8, true);
		assert_true(table.n <= table.conf.max_dgrams);
	}
	assert_int_equal(table.n, table.conf.max_dgrams);
	close_table();
}

/* In the flood a datagram that comes at once has its chance. */
static void test_newest_wins_over_older(void **state)
{
	struct dgram d = kinds[0];

	(void)state;
	open_table(NULL);
	for (uint32_t i = 0; i < 5000; i++) {
		d.id = i;
		expect_kept(&d, 8, 1400, true);
	}
	d.id = 6000;
	expect_kept(&d, 0, 1400, true);
	assert_int_equal(add(&d, 1400, 8, false, SEC).fate, REASM_WHOLE);
	close_table();
}

static void test_limits_smaller_than_anything(void **state)
{
	const struct reasm_conf c = { .timeout_us = SEC };

	(void)state;
	open_table(&c);
	expect_drop(&kinds[0], 0, 8, true, MISSIU_DROP_REASM_FULL);
	close_table();
}

/* --- damage ----------------------------------------------------------------- */

static void test_every_prefix(void **state)
{
	uint8_t p[256];

	(void)state;
	for (size_t k = 0; k < N_OF(kinds); k++)
		for (int last = 0; last < 2; last++) {
			size_t n = put_part(p, &kinds[k], 16, 24, !last);

			for (size_t i = 0; i < n; i++) {
				struct missiu_pkt pkt;

				open_table(NULL);
				assert_int_equal(
					feed(p, i, 0, 0, SEC, &pkt).fate,
					REASM_DROP);
				free(pkt.head);
				close_table();
			}
		}
}

/* Whatever comes out is a packet, and nothing is read or kept beyond it. */
static void test_every_bit_flip(void **state)
{
	static uint8_t p[256], q[256];

	(void)state;
	for (size_t k = 0; k < N_OF(kinds); k++) {
		size_t n = put_part(p, &kinds[k], 0, 24, true);
		size_t m = put_part(q, &kinds[k], 24, 10, false);

		for (size_t i = 0; i < (n + m) * 8; i++) {
			uint8_t *at = i / 8 < n ? p + i / 8 : q + i / 8 - n;
			struct missiu_pkt pkt;
			struct ip_info ip;

			open_table(NULL);
			*at ^= (uint8_t)(1 << i % 8);
			feed(p, n, 0, 0, SEC, &pkt);
			free(pkt.head);
			if (feed(q, m, 300, 0, SEC, &pkt).fate == REASM_WHOLE)
				assert_int_equal(
					ip_parse(pkt.data, pkt.len, &ip), 0);
			*at ^= (uint8_t)(1 << i % 8);
			free(pkt.head);
			close_table();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order_makes_it_whole),
		cmocka_unit_test(test_sizes_up_to_the_largest),
		cmocka_unit_test(test_copies_are_ignored),
		cmocka_unit_test(test_overlap_spoils_the_datagram),
		cmocka_unit_test(test_different_copy_is_an_overlap),
		cmocka_unit_test(test_ends_must_agree),
		cmocka_unit_test(test_malformed_fragments),
		cmocka_unit_test(test_gap_is_waited_for_and_times_out),
		cmocka_unit_test(test_expires_without_a_tick),
		cmocka_unit_test(
			test_fragments_of_different_datagrams_never_meet),
		cmocka_unit_test(test_fragment_that_is_all_of_it),
		cmocka_unit_test(test_congestion_mark_survives),
		cmocka_unit_test(test_whole_needs_room),
		cmocka_unit_test(test_largest_fragment_is_remembered),
		cmocka_unit_test(test_too_many_pieces),
		cmocka_unit_test(
			test_flood_of_many_sources_stays_within_limits),
		cmocka_unit_test(test_flood_of_one_source_hurts_no_other),
		cmocka_unit_test(
			test_large_datagrams_of_one_source_are_bounded),
		cmocka_unit_test(test_datagrams_of_all_sources_are_bounded),
		cmocka_unit_test(test_newest_wins_over_older),
		cmocka_unit_test(test_limits_smaller_than_anything),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_every_bit_flip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
