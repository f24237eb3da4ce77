/* SPDX-License-Identifier: Apache-2.0 */
/* AH, and ESP inside AH: back to back, against scapy, and what must not pass. */
#include "ipsec_rig.h"

#include "../vec/ah_vec.h"
#include "../vec/hex.h"
#include "crypto/auth.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ROOM	 512

static const uint8_t auths[] = {
	MISSIU_AUTH_SHA1,	 MISSIU_AUTH_SHA256,
	MISSIU_AUTH_SHA384,	 MISSIU_AUTH_SHA512,
	MISSIU_AUTH_AES_XCBC,	 MISSIU_AUTH_AES_CMAC,
	MISSIU_AUTH_AES128_GMAC, MISSIU_AUTH_AES192_GMAC,
	MISSIU_AUTH_AES256_GMAC, MISSIU_AUTH_BLAKE2B,
	MISSIU_AUTH_BLAKE2S,
#if MISSIU_LEGACY
	MISSIU_AUTH_MD5,
#endif
};

static struct combo ah_combo(uint8_t auth, uint8_t mode, uint8_t family)
{
	return (struct combo){ .proto = MISSIU_AH,
			       .encr = MISSIU_ENCR_NULL,
			       .auth = auth,
			       .mode = mode,
			       .inner = family,
			       .outer = family };
}

/* RFC 4302 2: 12 bytes, the IV and ICV, padding to 4 (IPv4) or 8 (IPv6). */
static size_t ah_size(uint8_t auth, uint8_t family)
{
	const struct auth_alg *a = auth_alg(auth);
	size_t n = 12u + a->iv_len + a->icv_len, align = family == 4 ? 4 : 8;

	return (n + align - 1) / align * align;
}

static void check_wire(const struct rig *r, const struct box *b, uint32_t seq)
{
	uint8_t outer = r->c.outer;
	size_t hdr = outer == 4 ? 20 : 40, ah = ah_size(r->c.auth, outer);
	const uint8_t *h = b->k.data + hdr;
	struct ip_info ip;

	assert_int_equal(ip_parse(b->k.data, b->k.len, &ip), 0);
	assert_int_equal(ip.len, b->k.len);
	assert_int_equal(ip.proto, IP_P_AH);
	assert_int_equal(ip.upper_off, hdr);
	if (outer == 4)
		assert_true(ip4_sum_ok(b->k.data));
	assert_int_equal(h[0], r->c.mode == MISSIU_TRANSPORT ? IP_P_UDP :
			       r->c.inner == 4		     ? IP_P_IPIP :
							       IP_P_IPV6);
	assert_int_equal(h[1], ah / 4 - 2);
	assert_int_equal(load_be16(h + 2), 0);
	assert_int_equal(load_be32(h + 4), RIG_SPI_AB);
	assert_int_equal(load_be32(h + 8), seq);
	if (auth_alg(r->c.auth)->iv_len)
		assert_int_equal(load_be64(h + 12), seq);
	if (r->c.mode == MISSIU_TUNNEL) {
		assert_int_equal(b->k.len, hdr + ah + b->orig_len);
		assert_memory_equal(h + ah, b->orig, b->orig_len);
	} else {
		assert_int_equal(b->k.len, ah + b->orig_len);
		assert_memory_equal(h + ah, b->orig + hdr, b->orig_len - hdr);
	}
}

static void round_trips(const struct combo *c)
{
	struct missiu_sa_stats st;
	struct missiu_sa sa;
	uint64_t cursor = 0;
	struct box b;
	struct rig r;
	uint32_t n = 0;

	rig_start(&r, c);
	for (size_t len = 0; len <= 1400; len += len < 9 ? 1 : 347) {
		box_sealed(&b, &r, len);
		n++;
		if (!c->ah_auth)
			check_wire(&r, &b, n);
		assert_int_equal(go_in(r.b, &b, r.now), 1);
		assert_restored(&b);
		assert_int_equal(b.k.spi, RIG_SPI_AB);
		assert_int_equal(b.k.policy_id, r.pol_b);
		box_free(&b);
	}
	while (missiu_sa_next(r.b, &cursor, &sa, &st)) {
		assert_int_equal(st.seq, sa.spi == RIG_SPI_AB ? n : 0);
		assert_int_equal(st.packets, sa.spi == RIG_SPI_AB ? n : 0);
	}
	assert_int_equal(rig_all_drops(r.a), 0);
	assert_int_equal(rig_all_drops(r.b), 0);
	rig_stop(&r);
}

static void test_every_algorithm_mode_and_family(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(auths); i++) {
		for (unsigned bits = 0; bits < 16; bits++) {
			struct combo c = ah_combo(auths[i], 1 + (bits & 1),
						  bits & 2 ? 6 : 4);

			c.outer = bits & 4 ? 6 : 4;
			c.esn = bits & 8;
			if (c.mode == MISSIU_TUNNEL || c.inner == c.outer)
				round_trips(&c);
		}
	}
}

static void test_bundles_of_every_kind(void **state)
{
	static const uint8_t esp[][2] = {
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA256 },
		{ MISSIU_ENCR_NULL, MISSIU_AUTH_SHA1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(auths) * COUNT(esp); i++) {
		for (unsigned bits = 0; bits < 16; bits++) {
			struct combo c = {
				.encr = esp[i % 3][0],
				.auth = esp[i % 3][1],
				.ah_auth = auths[i / 3],
				.mode = (uint8_t)(1 + (bits & 1)),
				.inner = bits & 2 ? 6 : 4,
				.outer = bits & 4 ? 6 : 4,
				.esn = bits & 8,
			};

			if (c.mode == MISSIU_TUNNEL || c.inner == c.outer)
				round_trips(&c);
		}
	}
}

/* --- against an independent implementation */

static void check_vector(const struct ah_vec *v)
{
	uint8_t wire[ROOM], clear[ROOM];
	size_t n = unhex(v->wire, wire, ROOM),
	       n2 = unhex(v->clear, clear, ROOM);
	uint8_t family = wire[0] >> 4;
	struct combo c = ah_combo(v->auth, v->mode, family);
	struct missiu_sa sa;
	struct rig r;
	struct box b;

	c.inner = clear[0] >> 4;
	c.esn = v->esn;
	rig_open(&r, &c);
	sa = rig_sa(&c, 'a', MISSIU_IN);
	for (size_t i = 0; i < sa.auth_key_len; i++)
		sa.auth_key[i] = (uint8_t)(i + 1);
	rig_add_sa(r.b, &sa, r.now);
	box_set(&b, wire, n);
	if (go_in(r.b, &b, r.now) != 1)
		fail_msg("%s: %s", v->what, missiu_drop_name(b.k.drop));
	assert_int_equal(b.k.len, n2);
	assert_memory_equal(b.k.data, clear, n2);
	box_free(&b);
	if (v->mode == MISSIU_TUNNEL) {
		rig_stop(&r);
		return;
	}
	/* Ours is the same, byte for byte, with the same number. */
	sa.dir = MISSIU_OUT;
	sa.flags &= (uint8_t)~MISSIU_SA_ESN;
	rig_add_sa(r.a, &sa, r.now);
	for (int i = 0; i < 5; i++) {
		if (i)
			box_free(&b);
		box_set(&b, clear, n2);
		assert_int_equal(go_out(r.a, &b, r.now), 1);
	}
	assert_int_equal(b.k.len, n);
	assert_memory_equal(b.k.data, wire, n);
	box_free(&b);
	rig_stop(&r);
}

static void test_packets_of_scapy(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ah_vecs); i++)
		check_vector(&ah_vecs[i]);
}

/* --- what is authenticated and what is not */

/* B opens each copy anew: no window, so that copies are no replays. */
static void start_receiver(struct rig *r, const struct combo *c)
{
	struct missiu_sa sa;

	rig_open(r, c);
	sa = rig_sa(&r->c, 'a', MISSIU_OUT);
	rig_add_sa(r->a, &sa, r->now);
	sa.dir = MISSIU_IN;
	sa.replay_window = 0;
	rig_add_sa(r->b, &sa, r->now);
}

/* Seal @p at A, then flip each bit; @may says which of them B must not mind. */
static void flip_every_bit(const struct combo *c, const uint8_t *p, size_t n,
			   bool (*may)(size_t bit))
{
	struct box good, b;
	struct rig r;

	start_receiver(&r, c);
	box_set(&good, p, n);
	assert_int_equal(go_out(r.a, &good, r.now), 1);
	for (size_t i = 0; i < good.k.len * 8; i++) {
		uint64_t before = rig_all_drops(r.b);
		size_t got;

		box_set(&b, good.k.data, good.k.len);
		b.k.data[i / 8] ^= (uint8_t)(0x80 >> i % 8);
		/* What routers change, they change with the checksum. */
		if (b.k.data[0] >> 4 == 4 && b.k.data[0] >= 0x45 &&
		    i / 8 != 10 && i / 8 != 11) {
			store_be16(b.k.data + 10, 0);
			ip4_finish(b.k.data, load_be16(b.k.data + 2));
		}
		got = go_in(r.b, &b, r.now);
		if (got != may(i) &&
		    !(got && b.k.verdict == MISSIU_V_CLEAR)) /* no longer AH */
			fail_msg("bit %zu of byte %zu: %s", i % 8, i / 8,
				 got ? "passed" : missiu_drop_name(b.k.drop));
		/* Some flips make fragments, which are kept. */
		if (i / 8 < 6 || i / 8 > 7)
			assert_int_equal(rig_all_drops(r.b), before + !got);
		box_free(&b);
	}
	box_free(&good);
	rig_stop(&r);
}

/* DSCP, ECN, DF, TTL. The flags of fragments make fragments of it. */
static bool may4(size_t bit)
{
	return bit / 8 == 1 || bit == 49 || bit == 48 || bit / 8 == 8;
}

/* 20: router alert; 24: record route of 7; 31: no operation; end */
static bool may4_options(size_t bit)
{
	return may4(bit) || (bit / 8 >= 24 && bit / 8 < 31 && bit / 8 != 25);
}

static bool may6(size_t bit)
{
	return (bit >= 4 && bit < 32) || bit / 8 == 7;
}

/* 40: hop-by-hop: 42: option that may change, 48: one that may not */
static bool may6_options(size_t bit)
{
	return may6(bit) || (bit / 8 >= 44 && bit / 8 < 48);
}

static void test_every_bit_of_ipv4(void **state)
{
	uint8_t p[ROOM] = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(auths); i++) {
		struct combo c = ah_combo(auths[i], MISSIU_TRANSPORT, 4);
		struct missiu_addr src = rig_outer(&c, 'a');
		struct missiu_addr dst = rig_outer(&c, 'b');
		size_t n = put_udp(p, &src, &dst, 7, 9, 5);

		flip_every_bit(&c, p, n, may4);
	}
}

static void test_every_bit_of_ipv4_options(void **state)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA256, MISSIU_TRANSPORT, 4);
	struct missiu_addr src = rig_outer(&c, 'a'), dst = rig_outer(&c, 'b');
	uint8_t p[ROOM];
	size_t n = put_udp(p, &src, &dst, 7, 9, 5);

	(void)state;
	memmove(p + 32, p + 20, n - 20);
	memcpy(p + 20, "\x94\4\0\0\7\7\10\xc0\0\2\7\1", 12);
	p[0] = 0x48;
	ip4_finish(p, n + 12);
	flip_every_bit(&c, p, n + 12, may4_options);
}

static void test_every_bit_of_ipv6(void **state)
{
	uint8_t p[ROOM], ext[ROOM] = { 0 };
	size_t n;

	(void)state;
	for (size_t i = 0; i < COUNT(auths); i++) {
		struct combo c = ah_combo(auths[i], MISSIU_TRANSPORT, 6);
		struct missiu_addr src = rig_outer(&c, 'a');
		struct missiu_addr dst = rig_outer(&c, 'b');

		flip_every_bit(&c, p, put_udp(p, &src, &dst, 7, 9, 5), may6);
		memcpy(ext, "\x11\1\x3e\4abcd\x1e\6efghij", 16);
		memcpy(ext + 16, "\0\7\0\11\0\10\0\0", 8);
		n = put_ip(p, &src, &dst, IP_P_HOPOPTS, ext, 24);
		flip_every_bit(&c, p, n, may6_options);
	}
}

/* The outer header of a tunnel, too; all of the inner packet is covered. */
static void test_every_bit_of_a_tunnel(void **state)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA256, MISSIU_TUNNEL, 6);
	struct missiu_addr src, dst;
	uint8_t p[ROOM];

	(void)state;
	c.inner = 4;
	src = rig_inner(&c, 'a');
	dst = rig_inner(&c, 'b');
	flip_every_bit(&c, p, put_udp(p, &src, &dst, 7, 9, 5), may6);
}

/* --- header chains */

/* What a packet with these options becomes: sealed, and opened by B. */
static enum missiu_drop with_options(const char *opts, size_t len)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA1, MISSIU_TRANSPORT, 4);
	struct missiu_addr src = rig_outer(&c, 'a'), dst = rig_outer(&c, 'b');
	enum missiu_drop why = MISSIU_DROP_NONE;
	uint8_t p[ROOM];
	size_t n = put_udp(p, &src, &dst, 7, 9, 5);
	struct rig r;
	struct box b;

	rig_start(&r, &c);
	memmove(p + 20 + len, p + 20, n - 20);
	memcpy(p + 20, opts, len);
	p[0] = (uint8_t)(0x45 + len / 4);
	ip4_finish(p, n + len);
	box_set(&b, p, n + len);
	if (!go_out(r.a, &b, r.now)) {
		why = b.k.drop;
	} else {
		assert_int_equal(go_in(r.b, &b, r.now), 1);
		assert_restored(&b);
	}
	box_free(&b);
	rig_stop(&r);
	return why;
}

static void test_ipv4_options(void **state)
{
	static const struct {
		const char *opts;
		size_t len;
		enum missiu_drop why;
	} t[] = {
		{ "\1\1\1\0", 4, MISSIU_DROP_NONE },
		{ "\0\1\2\3", 4, MISSIU_DROP_NONE }, /* behind the end */
		{ "\x94\4\0\0", 4, MISSIU_DROP_NONE },
		{ "\x86\6\0\0\0\1\1\0", 8, MISSIU_DROP_NONE },
		{ "\x95\6\12\0\0\1\0\0", 8, MISSIU_DROP_NONE },
		{ "\x44\10\5\0\0\0\0\0", 8, MISSIU_DROP_NONE },
		{ "\x63\4\0\0", 4, MISSIU_DROP_NONE }, /* nobody knows it */
		/* routes: at their end, not yet there, without a pointer */
		{ "\x83\7\10\12\0\0\1\0", 8, MISSIU_DROP_NONE },
		{ "\x89\7\10\12\0\0\1\0", 8, MISSIU_DROP_NONE },
		{ "\x83\7\4\12\0\0\1\0", 8, MISSIU_DROP_OUT_AH_ROUTE },
		{ "\x89\7\4\12\0\0\1\0", 8, MISSIU_DROP_OUT_AH_ROUTE },
		{ "\1\1\x83\2", 4, MISSIU_DROP_OUT_AH_ROUTE },
		/* lengths that cannot be */
		{ "\7\0\0\0", 4, MISSIU_DROP_OUT_AH_ROUTE },
		{ "\7\1\0\0", 4, MISSIU_DROP_OUT_AH_ROUTE },
		{ "\7\5\4\0", 4, MISSIU_DROP_OUT_AH_ROUTE },
		{ "\1\1\1\7", 4, MISSIU_DROP_OUT_AH_ROUTE },
		{ "\x94\xff\0\0", 4, MISSIU_DROP_OUT_AH_ROUTE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++)
		if (with_options(t[i].opts, t[i].len) != t[i].why)
			fail_msg("options %zu", i);
}

/* RFC 4302 appendix A1: which options routers may change. */
static void test_classes_of_ipv4_options(void **state)
{
	static const struct {
		uint8_t type;
		bool kept;
	} t[] = {
		{ 130, true },	{ 133, true },	{ 134, true },	{ 148, true },
		{ 149, true },	{ 131, false }, { 68, false },	{ 7, false },
		{ 137, false }, { 82, false },	{ 136, false }, { 11, false },
		{ 12, false },	{ 145, false }, { 10, false },	{ 205, false },
		{ 142, false }, { 15, false },	{ 144, false }, { 147, false },
		{ 99, false },	{ 255, false }, { 2, false },	{ 20, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		struct combo c =
			ah_combo(MISSIU_AUTH_SHA1, MISSIU_TRANSPORT, 4);
		struct missiu_addr src = rig_outer(&c, 'a');
		struct missiu_addr dst = rig_outer(&c, 'b');
		uint8_t p[ROOM];
		size_t n = put_udp(p, &src, &dst, 7, 9, 5);
		struct rig r;
		struct box b;

		rig_start(&r, &c);
		memmove(p + 24, p + 20, n - 20);
		p[0] = 0x46;
		p[20] = t[i].type;
		p[21] = 4;
		p[22] = 5; /* a route at its end */
		p[23] = 0;
		ip4_finish(p, n + 4);
		box_set(&b, p, n + 4);
		assert_int_equal(go_out(r.a, &b, r.now), 1);
		b.k.data[23] = 0x55;
		ip4_finish(b.k.data, b.k.len);
		if (go_in(r.b, &b, r.now) == t[i].kept)
			fail_msg("option %u", t[i].type);
		box_free(&b);
		rig_stop(&r);
	}
}

static enum missiu_drop with_ext6(uint8_t first, const char *ext, size_t len)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA256, MISSIU_TRANSPORT, 6);
	struct missiu_addr src = rig_outer(&c, 'a'), dst = rig_outer(&c, 'b');
	enum missiu_drop why = MISSIU_DROP_NONE;
	uint8_t p[ROOM], pay[ROOM];
	struct ip_info ip;
	struct rig r;
	struct box b;

	rig_start(&r, &c);
	memcpy(pay, ext, len);
	memcpy(pay + len, "\0\7\0\11\0\10\0\0", 8);
	box_set(&b, p, put_ip(p, &src, &dst, first, pay, len + 8));
	if (!go_out(r.a, &b, r.now)) {
		why = b.k.drop;
	} else {
		assert_int_equal(ip_parse(b.k.data, b.k.len, &ip), 0);
		assert_int_equal(ip.proto, IP_P_AH);
		assert_int_equal(go_in(r.b, &b, r.now), 1);
		assert_restored(&b);
	}
	box_free(&b);
	rig_stop(&r);
	return why;
}

static void test_ipv6_extension_headers(void **state)
{
	static const struct {
		uint8_t first;
		const char *ext;
		size_t len;
		enum missiu_drop why;
	} t[] = {
		{ 0, "\x11\0\1\4\0\0\0\0", 8, MISSIU_DROP_NONE },
		{ 0, "\x11\0\0\0\0\0\0\0", 8, MISSIU_DROP_NONE }, /* Pad1 */
		{ 0, "\x3c\0\5\2\0\0\1\0\x11\0\x3e\4abcd", 16,
		  MISSIU_DROP_NONE },
		/* destination options in front of a routing header */
		{ 60, "\x2b\0\1\4\0\0\0\0\x11\0\0\0\0\0\0\0", 16,
		  MISSIU_DROP_NONE },
		/* … alone: AH goes in front of them, they are payload */
		{ 60, "\x11\0\x3e\5abcd", 8, MISSIU_DROP_NONE },
		/* segments left */
		{ 43, "\x11\2\0\1\0\0\0\0abcdefghijklmnop", 24,
		  MISSIU_DROP_OUT_AH_ROUTE },
		{ 43, "\x11\2\2\1\0\0\0\0abcdefghijklmnop", 24,
		  MISSIU_DROP_OUT_AH_ROUTE },
		{ 43, "\x11\2\0\0\0\0\0\0abcdefghijklmnop", 24,
		  MISSIU_DROP_NONE },
		/* options that leave their header */
		{ 0, "\x11\0\1\5\0\0\0\0", 8, MISSIU_DROP_OUT_AH_ROUTE },
		{ 0, "\x11\0\1\3\0\0\0\5", 8, MISSIU_DROP_OUT_AH_ROUTE },
		{ 0, "\x11\0\x3e\xff\0\0\0\0", 8, MISSIU_DROP_OUT_AH_ROUTE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(t); i++) {
		enum missiu_drop why =
			with_ext6(t[i].first, t[i].ext, t[i].len);

		if (why != t[i].why)
			fail_msg("chain %zu: %s", i, missiu_drop_name(why));
	}
}

/* --- what must not pass */

static void expect_drop(struct missiu *m, struct box *b, missiu_usec now,
			enum missiu_drop why)
{
	uint64_t all = rig_all_drops(m), one = rig_drops(m, why);

	assert_int_equal(go_in(m, b, now), 0);
	if (b->k.drop != why)
		fail_msg("%s, expected %s", missiu_drop_name(b->k.drop),
			 missiu_drop_name(why));
	assert_int_equal(rig_all_drops(m), all + 1);
	assert_int_equal(rig_drops(m, why), one + 1);
}

static void test_replays(void **state)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA1, MISSIU_TUNNEL, 4);
	struct box b, again;
	struct rig r;

	(void)state;
	for (c.esn = false;; c.esn = true) {
		rig_start(&r, &c);
		box_sealed(&b, &r, 60);
		box_set(&again, b.k.data, b.k.len);
		assert_int_equal(go_in(r.b, &b, r.now), 1);
		expect_drop(r.b, &again, r.now, MISSIU_DROP_IN_STATE_SEQ);
		box_free(&b);
		box_free(&again);
		rig_stop(&r);
		if (c.esn)
			break;
	}
}

/* Twice in one vector: the second is a replay already. */
static void test_bundle_replays_within_a_vector(void **state)
{
	struct combo c = { .ah_auth = MISSIU_AUTH_SHA1 };
	struct missiu_pkt *v[2];
	struct box b[2];
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&b[0], &r, 60);
	box_set(&b[1], b[0].k.data, b[0].k.len);
	v[0] = &b[0].k;
	v[1] = &b[1].k;
	assert_int_equal(missiu_inbound(r.b, v, 2, r.now), 1);
	assert_restored(&b[0]);
	assert_int_equal(b[1].k.drop, MISSIU_DROP_IN_STATE_SEQ);
	box_free(&b[0]);
	box_free(&b[1]);
	rig_stop(&r);
}

static void test_lengths_that_are_not_the_sas(void **state)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA256, MISSIU_TUNNEL, 4);
	struct box b, good;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&good, &r, 60);
	assert_int_equal(good.k.data[21], 5);
	for (unsigned len = 0; len < 256; len++) {
		box_set(&b, good.k.data, good.k.len);
		b.k.data[21] = (uint8_t)len;
		if (len == 6) /* as long as IPv6 would have it */
			expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_STATE_PROTO);
		else if (len != 5)
			expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_AH_LEN);
		box_free(&b);
	}
	/* Cut short with lengths that agree. */
	for (size_t n = 20; n < good.k.len; n++) {
		box_set(&b, good.k.data, n);
		ip4_finish(b.k.data, n);
		expect_drop(r.b, &b, r.now,
			    n < 48 ? MISSIU_DROP_IN_RUNT :
				     MISSIU_DROP_IN_STATE_PROTO);
		box_free(&b);
	}
	box_free(&good);
	rig_stop(&r);
}

/* Padding to 8 bytes over IPv4, as Linux does it, with a right ICV. */
static void test_more_padding_than_needed(void **state)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA256, MISSIU_TUNNEL, 4);
	struct missiu_sa sa;
	struct auth_key *k;
	uint8_t p[ROOM], h[20], tag[AUTH_TAG_MAX];
	static const uint8_t zero[16];
	struct box b, good;
	struct rig r;
	size_t n;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&good, &r, 60);
	sa = rig_sa(&r.c, 'a', MISSIU_IN);
	assert_int_equal(
		auth_key_new(sa.auth, sa.auth_key, sa.auth_key_len, &k, NULL),
		0);
	n = good.k.len + 4;
	memcpy(p, good.k.data, 48);
	store_be32(p + 48, 0x01020304);
	memcpy(p + 52, good.k.data + 48, good.k.len - 48);
	p[21] = 6;
	ip4_finish(p, n);
	memcpy(h, p, 20);
	h[1] = h[6] = h[7] = h[8] = h[10] = h[11] = 0;
	auth_start(k, NULL);
	auth_update(k, h, 20);
	auth_update(k, p + 20, 12);
	auth_update(k, zero, 16);
	auth_update(k, p + 48, n - 48);
	assert_int_equal(auth_final(k, tag), 0);
	memcpy(p + 32, tag, 16);
	box_set(&b, p, n);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	assert_int_equal(b.k.len, good.orig_len);
	assert_memory_equal(b.k.data, good.orig, good.orig_len);
	box_free(&b);
	p[51] ^= 1;
	store_be32(p + 28, 2); /* no replay */
	box_set(&b, p, n);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_STATE_PROTO);
	box_free(&b);
	box_free(&good);
	auth_key_free(k);
	rig_stop(&r);
}

static void test_outer_packet(void **state)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA1, MISSIU_TUNNEL, 4);
	struct missiu_sa sa;
	struct box b, good;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&good, &r, 60);
	/* a header checksum that is wrong */
	box_set(&b, good.k.data, good.k.len);
	b.k.data[10] ^= 1;
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_HDR_ERROR);
	box_free(&b);
	/* ESP of the same SPI is another SA */
	box_set(&b, good.k.data, good.k.len);
	memmove(b.k.data + 20, b.k.data + 24, 8);
	b.k.data[9] = IP_P_ESP;
	ip4_finish(b.k.data, b.k.len);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_NO_STATES);
	box_free(&b);
	/* the outbound SA is no inbound one */
	box_set(&b, good.k.data, good.k.len);
	expect_drop(r.a, &b, r.now, MISSIU_DROP_IN_NO_STATES);
	box_free(&b);
	/* authentic, but selectors say otherwise */
	sa = rig_sa(&r.c, 'a', MISSIU_IN);
	assert_int_equal(missiu_sa_del(r.b, MISSIU_AH, sa.spi, &sa.dst), 0);
	sa.n_ts_src = sa.n_ts_dst = 1;
	sa.ts_src[0] = sa.ts_dst[0] = ts_any();
	sa.ts_dst[0].port_lo = 10;
	sa.ts_dst[0].proto = IP_P_UDP;
	rig_add_sa(r.b, &sa, r.now);
	box_set(&b, good.k.data, good.k.len);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_STATE_MISMATCH);
	box_free(&b);
	box_free(&good);
	rig_stop(&r);
}

static void test_mode_must_be_the_sas(void **state)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA1, MISSIU_TRANSPORT, 4);
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&b, &r, 60);
	sa = rig_sa(&r.c, 'a', MISSIU_IN);
	assert_int_equal(missiu_sa_del(r.b, MISSIU_AH, sa.spi, &sa.dst), 0);
	sa.mode = MISSIU_TUNNEL;
	rig_add_sa(r.b, &sa, r.now);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_STATE_MODE);
	box_free(&b);
	rig_stop(&r);
}

/* RFC 4301 5.2: the SAs used must be those of the policy, all and no others. */
static void test_layers_must_be_the_policys(void **state)
{
	static const struct combo kinds[] = {
		{ .encr = MISSIU_ENCR_NULL, .auth = MISSIU_AUTH_SHA1 },
		{ .proto = MISSIU_AH,
		  .encr = MISSIU_ENCR_NULL,
		  .auth = MISSIU_AUTH_SHA256 },
		{ .encr = MISSIU_ENCR_NULL,
		  .auth = MISSIU_AUTH_SHA1,
		  .ah_auth = MISSIU_AUTH_SHA256 },
		{ .encr = MISSIU_ENCR_NULL,
		  .auth = MISSIU_AUTH_SHA1,
		  .ah_auth = MISSIU_AUTH_SHA384 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(kinds) * COUNT(kinds) * 2; i++) {
		struct combo sent = kinds[i % 4], asked = kinds[i / 4 % 4];
		struct missiu_change ch = { .kind = MISSIU_CHG_DEL_POLICY };
		struct missiu_policy p;
		struct rig r;
		struct box b;

		sent.mode = asked.mode = (uint8_t)(1 + i / 16);
		rig_start(&r, &sent);
		ch.policy.id = r.pol_b;
		assert_int_equal(missiu_load(r.b, &ch, 1, r.now, NULL, NULL),
				 0);
		asked.inner = asked.outer = 4;
		p = rig_policy(&asked, 'b');
		rig_add_policy(r.b, &p);
		box_sealed(&b, &r, 60);
		if (i % 4 == i / 4 % 4)
			assert_int_equal(go_in(r.b, &b, r.now), 1);
		else
			expect_drop(r.b, &b, r.now,
				    MISSIU_DROP_IN_TMPL_MISMATCH);
		box_free(&b);
		rig_stop(&r);
	}
}

/* Either half alone lets nothing out. */
static void test_bundle_needs_both_sas(void **state)
{
	struct combo c = { .ah_auth = MISSIU_AUTH_SHA256 };
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	rig_add_sa(r.a, &sa, r.now);
	box_ab(&b, &r, 60);
	assert_int_equal(go_out(r.a, &b, r.now), 0);
	assert_int_equal(b.k.verdict, MISSIU_V_HELD);
	box_free(&b);
	sa = rig_sa_ah(&r.c, 'a', MISSIU_OUT);
	rig_add_sa(r.a, &sa, r.now);
	box_sealed(&b, &r, 60);
	box_free(&b);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	assert_int_equal(missiu_sa_del(r.a, MISSIU_ESP, sa.spi, &sa.dst), 0);
	box_ab(&b, &r, 60);
	assert_int_equal(go_out(r.a, &b, r.now), 0);
	box_free(&b);
	rig_stop(&r);
}

/* The AH SA of this very peer, among many to others. */
static void test_bundle_finds_its_outer_sa(void **state)
{
	struct combo c = { .ah_auth = MISSIU_AUTH_SHA256 };
	struct missiu_sa sa;
	struct rig r;
	struct box b;

	(void)state;
	rig_start(&r, &c);
	for (uint32_t i = 0; i < 200; i++) {
		sa = rig_sa_ah(&r.c, 'a', MISSIU_OUT);
		sa.spi = 0x9000 + i;
		sa.dst.b[3] = (uint8_t)(10 + i);
		rig_add_sa(r.a, &sa, r.now);
	}
	/* From elsewhere, and for another kind of traffic. */
	sa.dst = rig_outer(&r.c, 'b');
	sa.src.b[3] = 77;
	rig_add_sa(r.a, &sa, r.now);
	sa.src = rig_outer(&r.c, 'a');
	sa.spi++;
	sa.mode = MISSIU_TUNNEL;
	rig_add_sa(r.a, &sa, r.now);
	box_sealed(&b, &r, 60);
	assert_int_equal(load_be32(b.k.data + 24), RIG_SPI_AB);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	assert_restored(&b);
	box_free(&b);
	rig_stop(&r);
}

/* The AH around ESP is judged by its own SA, too. */
static void test_outer_sa_has_its_own_limits(void **state)
{
	(void)state;
	for (int what = 0; what < 3; what++) {
		struct combo c = { .ah_auth = MISSIU_AUTH_SHA256 };
		struct missiu_pkt *v[2];
		struct missiu_sa sa;
		struct box b[2];
		struct rig r;

		rig_start(&r, &c);
		sa = rig_sa_ah(&r.c, 'a', MISSIU_IN);
		assert_int_equal(missiu_sa_del(r.b, sa.proto, sa.spi, &sa.dst),
				 0);
		if (what == 0) {
			sa.src.b[3] = 77; /* not from there */
		} else if (what == 1) {
			sa.n_ts_src = sa.n_ts_dst = 1;
			sa.ts_src[0] = sa.ts_dst[0] = ts_any();
			sa.ts_src[0].proto = IP_P_TCP; /* not ESP */
		} else {
			sa.hard_packets = 1;
		}
		rig_add_sa(r.b, &sa, r.now);
		for (int i = 0; i < 2; i++) {
			box_sealed(&b[i], &r, 60);
			v[i] = &b[i].k;
		}
		assert_int_equal(missiu_inbound(r.b, v, 2, r.now), what == 2);
		assert_int_equal(b[1].k.drop,
				 what == 2 ? MISSIU_DROP_IN_STATE_EXPIRED :
					     MISSIU_DROP_IN_STATE_MISMATCH);
		box_free(&b[0]);
		box_free(&b[1]);
		rig_stop(&r);
	}
}

/* The outer SA ends within a vector: what is left is dropped, never leaked. */
static void test_outer_sa_ends_within_a_vector(void **state)
{
	struct combo c = { .ah_auth = MISSIU_AUTH_SHA256 };
	struct missiu_pkt *v[8];
	struct missiu_sa sa;
	struct box b[8];
	struct rig r;
	size_t n;

	(void)state;
	rig_open(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	rig_add_sa(r.a, &sa, r.now);
	sa = rig_sa_ah(&r.c, 'a', MISSIU_OUT);
	sa.hard_bytes = 1;
	rig_add_sa(r.a, &sa, r.now);
	for (size_t i = 0; i < 8; i++) {
		box_ab(&b[i], &r, 60);
		v[i] = &b[i].k;
	}
	n = missiu_outbound(r.a, v, 8, r.now);
	assert_int_equal(n, 1);
	assert_int_equal(b[0].k.data[9], IP_P_AH);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_STATE_EXPIRED), 7);
	for (size_t i = 0; i < 8; i++)
		box_free(&b[i]);
	rig_stop(&r);
}

static void test_what_ah_does_not_do(void **state)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA1, MISSIU_TUNNEL, 4);
	struct missiu *m = rig_engine();
	struct missiu_diag d;
	struct missiu_sa v[4];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		v[i] = rig_sa(&c, 'a', MISSIU_IN);
	v[0].encap_sport = v[0].encap_dport = 4500;
	v[1].icv_len = 16;
	v[2].encr_key_len = 16;
	v[3].auth = MISSIU_AUTH_NONE;
	for (size_t i = 0; i < 4; i++) {
		d.msg[0] = '\0';
		assert_int_equal(missiu_sa_add(m, &v[i], 0, &d),
				 i ? MISSIU_EINVAL : MISSIU_EUNSUP);
		assert_true(d.msg[0]);
	}
	missiu_free(m);
}

static void test_no_room_and_too_big(void **state)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA1, MISSIU_TUNNEL, 4);
	uint8_t *p = calloc(1, 65535);
	struct missiu_addr src, dst;
	struct box b;
	struct rig r;

	(void)state;
	assert_non_null(p);
	rig_start(&r, &c);
	src = rig_inner(&r.c, 'a');
	dst = rig_inner(&r.c, 'b');
	box_set(&b, p, put_ip(p, &src, &dst, 99, p, 0));
	b.k.head = b.k.data - 43;
	b.k.cap -= MISSIU_HEADROOM - 43;
	assert_int_equal(go_out(r.a, &b, r.now), 0);
	assert_int_equal(b.k.drop, MISSIU_DROP_OUT_NO_ROOM);
	b.k.head -= MISSIU_HEADROOM - 43;
	box_free(&b);
	put_ip(p, &src, &dst, 99, p, 0);
	p[6] = 0x40;
	ip4_finish(p, 65535 - 43);
	box_set(&b, p, 65535 - 43);
	assert_int_equal(go_out(r.a, &b, r.now), 0);
	assert_int_equal(b.k.drop, MISSIU_DROP_OUT_TOO_BIG);
	box_free(&b);
	free(p);
	rig_stop(&r);
}

/*
 * The largest packet that must not be fragmented fills the MTU; for one byte
 * more its sender is told how much fits.
 */
static void test_mtu_is_used_to_the_last_byte(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 16; bits++) {
		struct combo c = ah_combo(MISSIU_AUTH_SHA256, 1 + (bits & 1),
					  bits & 2 ? 6 : 4);
		size_t fits = 0, ip = bits & 2 ? 48 : 28, len;
		struct rig r;
		struct box b;

		c.outer = bits & 4 ? 6 : 4;
		if (c.mode == MISSIU_TRANSPORT && c.inner != c.outer)
			continue;
		if (bits & 8) {
			c.proto = 0;
			c.ah_auth = MISSIU_AUTH_SHA384;
		}
		rig_start(&r, &c);
		missiu_set_mtu(r.a, 1500);
		for (len = 1290; len <= 1500 - ip; len++) {
			box_ab(&b, &r, len);
			if (c.inner == 4) {
				b.k.data[6] = 0x40;
				ip4_finish(b.k.data, b.k.len);
			}
			if (!go_out(r.a, &b, r.now))
				break;
			fits = b.k.len;
			box_free(&b);
		}
		assert_int_equal(b.k.verdict, MISSIU_V_REPLY);
		/* RFC 792, RFC 4443 3.2 */
		assert_int_equal(c.inner == 4 ? load_be16(b.k.data + 26) :
						load_be32(b.k.data + 44),
				 len - 1 + ip);
		box_free(&b);
		assert_in_range(fits, bits & 8 ? 1497 : 1500, 1500);
		rig_stop(&r);
	}
}

/* Packets cut after protection are put together before AH is looked at. */
static void test_fragments_of_ah(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 2; bits++) {
		struct combo c =
			ah_combo(MISSIU_AUTH_SHA256, MISSIU_TRANSPORT, 4);
		uint8_t buf[MISSIU_HEADROOM + 2000 + MISSIU_TAILROOM];
		struct missiu_pkt more = { .head = buf, .cap = sizeof(buf) };
		struct missiu_pkt *v = &more;
		size_t done;
		struct rig r;
		struct box b;

		if (bits) {
			c.proto = 0;
			c.ah_auth = MISSIU_AUTH_SHA384;
		}
		rig_start(&r, &c);
		missiu_set_mtu(r.a, 800);
		box_ab(&b, &r, 1000);
		assert_int_equal(go_out(r.a, &b, r.now), 1);
		assert_true(b.k.len <= 800);
		assert_int_equal(go_in(r.b, &b, r.now), 0);
		assert_int_equal(b.k.verdict, MISSIU_V_HELD);
		more.data = buf + MISSIU_HEADROOM;
		assert_int_equal(
			missiu_fragments(r.a, MISSIU_OUT, &v, 1, &done, r.now),
			1);
		assert_int_equal(missiu_inbound(r.b, &v, 1, r.now), 1);
		assert_int_equal(more.len, b.orig_len);
		assert_memory_equal(more.data, b.orig, b.orig_len);
		box_free(&b);
		rig_stop(&r);
	}
}

static void test_overhead(void **state)
{
	struct combo c = ah_combo(MISSIU_AUTH_SHA1, MISSIU_TUNNEL, 4);
	struct missiu_policy p = rig_policy(&c, 'a');

	(void)state;
	assert_int_equal(missiu_policy_overhead(&p, false), 20 + 24);
	p.prot[0].auth = MISSIU_AUTH_ANY;
	assert_int_equal(missiu_policy_overhead(&p, false), 20 + 48);
	c = (struct combo){ .encr = MISSIU_ENCR_AES_GCM,
			    .auth = MISSIU_AUTH_NONE,
			    .ah_auth = MISSIU_AUTH_SHA256,
			    .mode = MISSIU_TRANSPORT,
			    .inner = 6,
			    .outer = 6 };
	p = rig_policy(&c, 'a');
	assert_int_equal(missiu_policy_overhead(&p, false),
			 32 + 8 + 8 + 3 + 2 + 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_algorithm_mode_and_family),
		cmocka_unit_test(test_bundles_of_every_kind),
		cmocka_unit_test(test_packets_of_scapy),
		cmocka_unit_test(test_every_bit_of_ipv4),
		cmocka_unit_test(test_every_bit_of_ipv4_options),
		cmocka_unit_test(test_every_bit_of_ipv6),
		cmocka_unit_test(test_every_bit_of_a_tunnel),
		cmocka_unit_test(test_ipv4_options),
		cmocka_unit_test(test_classes_of_ipv4_options),
		cmocka_unit_test(test_ipv6_extension_headers),
		cmocka_unit_test(test_replays),
		cmocka_unit_test(test_bundle_replays_within_a_vector),
		cmocka_unit_test(test_lengths_that_are_not_the_sas),
		cmocka_unit_test(test_more_padding_than_needed),
		cmocka_unit_test(test_outer_packet),
		cmocka_unit_test(test_mode_must_be_the_sas),
		cmocka_unit_test(test_layers_must_be_the_policys),
		cmocka_unit_test(test_bundle_needs_both_sas),
		cmocka_unit_test(test_bundle_finds_its_outer_sa),
		cmocka_unit_test(test_outer_sa_has_its_own_limits),
		cmocka_unit_test(test_outer_sa_ends_within_a_vector),
		cmocka_unit_test(test_what_ah_does_not_do),
		cmocka_unit_test(test_no_room_and_too_big),
		cmocka_unit_test(test_mtu_is_used_to_the_last_byte),
		cmocka_unit_test(test_fragments_of_ah),
		cmocka_unit_test(test_overhead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
