/* SPDX-License-Identifier: Apache-2.0 */
/* Packets that must not pass, each with its own counter. */
#include "ipsec_rig.h"

#include "crypto/crypt.h"
#include "ipsec/state.h"

/* Deliver and expect exactly this one drop. */
static void expect_drop(struct missiu *m, struct box *b, missiu_usec now,
			enum missiu_drop why)
{
	uint64_t all = rig_all_drops(m), one = rig_drops(m, why);
	struct missiu_stats s0, s1;

	missiu_stats_get(m, &s0);
	assert_int_equal(go_in(m, b, now), 0);
	assert_int_equal(b->k.verdict, MISSIU_V_DROP);
	if (b->k.drop != why)
		fail_msg("%s, expected %s", missiu_drop_name(b->k.drop),
			 missiu_drop_name(why));
	assert_int_equal(rig_all_drops(m), all + 1);
	assert_int_equal(rig_drops(m, why), one + 1);
	missiu_stats_get(m, &s1);
	assert_int_equal(s1.in_packets, s0.in_packets);
	assert_int_equal(s1.in_clear, s0.in_clear);
}

static void flip_every_bit(const struct combo *c)
{
	struct box b, good;
	struct rig r;

	rig_start(&r, c);
	box_sealed(&good, &r, 60);
	for (size_t i = 0; i < good.k.len * 8; i++) {
		uint64_t before = rig_all_drops(r.b);

		box_set(&b, good.k.data, good.k.len);
		b.k.data[i / 8] ^= (uint8_t)(1 << i % 8);
		if (go_in(r.b, &b, r.now) == 0) {
			assert_int_equal(b.k.verdict, MISSIU_V_DROP);
			assert_int_equal(rig_all_drops(r.b), before + 1);
		} else if ((i / 8 != 9 && i / 8 != 0) ||
			   b.k.verdict != MISSIU_V_CLEAR) {
			/* of another protocol it is nothing to be opened */
			fail_msg("bit %zu passed", i);
		}
		box_free(&b);
	}
	/* None of it touched the window: the packet itself still passes. */
	box_set(&b, good.k.data, good.k.len);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	box_free(&b);
	box_free(&good);
	rig_stop(&r);
}

static void test_every_bit_flip_is_dropped_and_counted(void **state)
{
	static const uint8_t suites[][2] = {
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE },
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA256 },
		{ MISSIU_ENCR_NULL, MISSIU_AUTH_SHA1 },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (uint8_t mode = 1; mode <= 2; mode++)
			for (int esn = 0; esn < 2; esn++) {
				struct combo c = { .encr = suites[i][0],
						   .auth = suites[i][1],
						   .mode = mode,
						   .esn = esn };

				flip_every_bit(&c);
			}
}

/* IPv6 has no header checksum: what ESP does not cover is not protected. */
static void test_every_bit_flip_of_esp_over_ipv6(void **state)
{
	struct combo c = { .outer = 6, .inner = 6 };
	struct box b, good;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&good, &r, 60);
	for (size_t i = 40 * 8; i < good.k.len * 8; i++) {
		box_set(&b, good.k.data, good.k.len);
		b.k.data[i / 8] ^= (uint8_t)(1 << i % 8);
		expect_drop(r.b, &b, r.now,
			    i < 44 * 8 ? MISSIU_DROP_IN_NO_STATES :
			    i == 47 * 8 ? /* number 1 becomes 0 */
				    MISSIU_DROP_IN_STATE_SEQ :
				    MISSIU_DROP_IN_STATE_PROTO);
		box_free(&b);
	}
	box_free(&good);
	rig_stop(&r);
}

/* Cut short with lengths that agree, as an attacker would do it. */
static void test_every_shorter_packet_is_dropped(void **state)
{
	struct combo c = { .encap = true, .mode = MISSIU_TRANSPORT };

	(void)state;
	for (int encap = 0; encap < 2; encap++) {
		struct box b, good;
		struct rig r;

		c.encap = encap;
		rig_start(&r, &c);
		box_sealed(&good, &r, 60);
		for (size_t n = 0; n < good.k.len; n++) {
			box_set(&b, good.k.data, n);
			if (n >= 20)
				ip4_finish(b.k.data, n);
			if (encap && n >= 28)
				store_be16(b.k.data + 24, (uint16_t)(n - 20));
			assert_int_equal(go_in(r.b, &b, r.now), 0);
			assert_int_equal(b.k.verdict, MISSIU_V_DROP);
			box_free(&b);
		}
		assert_int_equal(rig_all_drops(r.b), good.k.len);
		box_free(&good);
		rig_stop(&r);
	}
}

static void test_replays(void **state)
{
	struct combo c = { .window = 64 };
	struct missiu_sa_stats st;
	struct missiu_sa sa;
	uint64_t cursor = 0;
	struct box b[100], again;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	for (size_t i = 0; i < 100; i++)
		box_sealed(&b[i], &r, i);
	/* The last one first: 36 … 98 are still inside, 0 … 35 are not. */
	box_set(&again, b[99].k.data, b[99].k.len);
	assert_int_equal(go_in(r.b, &b[99], r.now), 1);
	expect_drop(r.b, &again, r.now, MISSIU_DROP_IN_STATE_SEQ);
	box_free(&again);
	for (size_t i = 0; i < 99; i++) {
		if (i < 36)
			expect_drop(r.b, &b[i], r.now,
				    MISSIU_DROP_IN_STATE_SEQ);
		else
			assert_int_equal(go_in(r.b, &b[i], r.now), 1);
	}
	assert_true(missiu_sa_next(r.b, &cursor, &sa, &st));
	assert_int_equal(st.replays, 37);
	assert_int_equal(st.packets, 64);
	for (size_t i = 0; i < 100; i++)
		box_free(&b[i]);
	rig_stop(&r);
}

/* Both copies pass the check before the crypto; only one may be delivered. */
static void test_twice_in_one_vector_is_a_replay(void **state)
{
	struct combo c = { 0 };
	struct missiu_pkt *v[2];
	struct box b, copy;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&b, &r, 9);
	box_set(&copy, b.k.data, b.k.len);
	v[0] = &b.k;
	v[1] = &copy.k;
	assert_int_equal(missiu_inbound(r.b, v, 2, r.now), 1);
	assert_ptr_equal(v[0], &b.k);
	assert_int_equal(copy.k.drop, MISSIU_DROP_IN_STATE_SEQ);
	box_free(&b);
	box_free(&copy);
	rig_stop(&r);
}

/* A forged packet far ahead must not move the window. */
static void test_forged_number_does_not_move_the_window(void **state)
{
	struct combo c = { 0 };
	struct box b, forged;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&b, &r, 9);
	box_set(&forged, b.k.data, b.k.len);
	store_be32(forged.k.data + 24, 1000000);
	expect_drop(r.b, &forged, r.now, MISSIU_DROP_IN_STATE_PROTO);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	box_free(&b);
	box_free(&forged);
	rig_stop(&r);
}

/*
 * Seal what A would never send: @n bytes of ESP payload with trailer, by A's
 * SA, in tunnel framing from A to B. Encryption NULL and HMAC-SHA1.
 */
static void box_forged(struct box *b, struct rig *r, uint32_t seq,
		       const uint8_t *text, size_t n)
{
	struct missiu_addr s = rig_outer(&r->c, 'a');
	struct missiu_addr d = rig_outer(&r->c, 'b');
	struct crypt_job job = { .text_len = n, .seq = seq };
	uint8_t esp[512] = { 0 }, wire[600];

	store_be32(esp, RIG_SPI_AB);
	store_be32(esp + 4, seq);
	memcpy(esp + 8, text, n);
	job.esp = esp;
	crypt_seal(r->a->sad.v[0]->key, &job, 1);
	assert_int_equal(job.result, 0);
	box_set(b, wire, put_ip(wire, &s, &d, IP_P_ESP, esp, 8 + n + 12));
}

/* A whole text: body, padding 1 2 3 …, trailer. */
static size_t text_of(uint8_t *text, const uint8_t *body, size_t n,
		      uint8_t next)
{
	size_t pad = (6 - n % 4) % 4;

	memcpy(text, body, n);
	for (size_t i = 0; i < pad; i++)
		text[n + i] = (uint8_t)(i + 1);
	text[n + pad] = (uint8_t)pad;
	text[n + pad + 1] = next;
	return n + pad + 2;
}

#define NULL_SHA1 .encr = MISSIU_ENCR_NULL, .auth = MISSIU_AUTH_SHA1

static void test_padding_is_checked(void **state)
{
	struct combo c = { NULL_SHA1 };
	uint8_t text[256], inner[64];
	struct missiu_addr s, d;
	struct box b;
	struct rig r;
	size_t n, len;

	(void)state;
	rig_start(&r, &c);
	s = rig_inner(&r.c, 'a');
	d = rig_inner(&r.c, 'b');
	len = put_ip(inner, &s, &d, 253, (const uint8_t *)"abc", 3);
	n = text_of(text, inner, len, 4);
	assert_int_equal(text[n - 2], 3);
	box_forged(&b, &r, 1, text, n);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	box_free(&b);
	text[len + 1] ^= 1; /* 1 3 3 */
	box_forged(&b, &r, 2, text, n);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_BAD_PAD);
	box_free(&b);
	text[n - 2] = (uint8_t)(n - 1); /* more padding than text */
	box_forged(&b, &r, 2, text, n);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_BAD_PAD);
	box_free(&b);
	/* The number was not used up by those. */
	n = text_of(text, inner, len, 4);
	box_forged(&b, &r, 2, text, n);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	box_free(&b);
	rig_stop(&r);
}

static void test_next_header_and_inner_packet(void **state)
{
	struct combo c = { NULL_SHA1 };
	uint8_t text[256], inner[128];
	struct missiu_addr s, d;
	struct box b;
	struct rig r;
	size_t n, len;

	(void)state;
	rig_start(&r, &c);
	s = rig_inner(&r.c, 'a');
	d = rig_inner(&r.c, 'b');
	len = put_udp(inner, &s, &d, 1, 2, 5);
	/* a dummy packet */
	n = text_of(text, inner, len, 59);
	box_forged(&b, &r, 1, text, n);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_DUMMY);
	box_free(&b);
	/* transport by a tunnel SA */
	n = text_of(text, inner + 20, len - 20, 17);
	box_forged(&b, &r, 2, text, n);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_STATE_MODE);
	box_free(&b);
	/* IPv4 announced as IPv6 */
	n = text_of(text, inner, len, 41);
	box_forged(&b, &r, 2, text, n);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_BAD_INNER);
	box_free(&b);
	/* TFC padding behind the inner packet is cut off */
	memset(inner + len, 0xee, 40);
	n = text_of(text, inner, len + 40, 4);
	box_forged(&b, &r, 2, text, n);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	assert_int_equal(b.k.len, len);
	assert_memory_equal(b.k.data, inner, len);
	box_free(&b);
	/* the inner packet says it is longer than what came */
	n = text_of(text, inner, len - 1, 4);
	box_forged(&b, &r, 3, text, n);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_BAD_INNER);
	box_free(&b);
	/* nothing inside at all */
	n = text_of(text, inner, 0, 4);
	box_forged(&b, &r, 3, text, n);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_BAD_INNER);
	box_free(&b);
	rig_stop(&r);
}

static void test_outer_packet(void **state)
{
	struct combo c = { 0 };
	struct box b, good;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&good, &r, 60);
	/* a fragment of it, with a header that is damaged */
	box_set(&b, good.k.data, good.k.len);
	store_be16(b.k.data + 6, 0x2000);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_HDR_ERROR);
	/* first, but of a length that no first fragment has */
	ip4_finish(b.k.data, b.k.len - b.k.len % 8);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_REASM_BAD);
	box_free(&b);
	/* an SPI nobody knows */
	box_set(&b, good.k.data, good.k.len);
	store_be32(b.k.data + 20, 0x9999);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_NO_STATES);
	box_free(&b);
	/* AH, which nobody here has an SA for */
	box_set(&b, good.k.data, good.k.len);
	b.k.data[9] = 51;
	ip4_finish(b.k.data, b.k.len);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_NO_STATES);
	box_free(&b);
	/* the outbound SA is no inbound one */
	box_set(&b, good.k.data, good.k.len);
	expect_drop(r.a, &b, r.now, MISSIU_DROP_IN_NO_STATES);
	box_free(&b);
	/* to another address */
	box_set(&b, good.k.data, good.k.len);
	b.k.data[19] ^= 1;
	ip4_finish(b.k.data, b.k.len);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_NO_STATES);
	box_free(&b);
	/* from another address: authentic, but not that SA's */
	box_set(&b, good.k.data, good.k.len);
	b.k.data[15] ^= 1;
	ip4_finish(b.k.data, b.k.len);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_STATE_MISMATCH);
	box_free(&b);
	/* ESP by UDP although the SA has no encapsulation */
	{
		uint8_t udp[256];

		store_be16(udp, 4500);
		store_be16(udp + 2, 4500);
		store_be16(udp + 4, (uint16_t)(8 + good.k.len - 20));
		store_be16(udp + 6, 0);
		memcpy(udp + 8, good.k.data + 20, good.k.len - 20);
		box_set(&b, good.k.data, good.k.len + 8);
		memcpy(b.k.data + 20, udp, good.k.len - 12);
		b.k.data[9] = 17;
		ip4_finish(b.k.data, b.k.len);
		expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_UDP_ENCAP);
		box_free(&b);
	}
	box_free(&good);
	rig_stop(&r);
}

static void test_udp_encapsulation(void **state)
{
	struct combo c = { .encap = true };
	struct missiu_addr s, d;
	uint8_t raw[256];
	struct box b, good;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	s = rig_outer(&r.c, 'a');
	d = rig_outer(&r.c, 'b');
	box_sealed(&good, &r, 60);
	/* plain ESP for an SA with encapsulation */
	box_set(&b, good.k.data, good.k.len - 8);
	memcpy(b.k.data + 20, good.k.data + 28, good.k.len - 28);
	b.k.data[9] = 50;
	ip4_finish(b.k.data, b.k.len);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_UDP_ENCAP);
	box_free(&b);
	/* keep-alive */
	raw[28] = 0;
	put_udp(raw, &s, &d, 4500, 4500, 1);
	raw[28] = 0xff;
	box_set(&b, raw, 29);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_KEEPALIVE);
	box_free(&b);
	/* neither keep-alive nor room for an SPI */
	box_set(&b, raw, put_udp(raw, &s, &d, 4500, 4500, 3));
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_RUNT);
	box_free(&b);
	/* UDP length beyond the packet */
	box_set(&b, good.k.data, good.k.len);
	store_be16(b.k.data + 24, (uint16_t)(b.k.len - 19));
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_HDR_ERROR);
	box_free(&b);
	store_be16(good.k.data + 24, 7);
	expect_drop(r.b, &good, r.now, MISSIU_DROP_IN_HDR_ERROR);
	/* non-ESP marker: that is IKE */
	put_udp(raw, &s, &d, 4500, 4500, 40);
	memset(raw + 28, 0, 4);
	box_set(&b, raw, 68);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	assert_int_equal(b.k.verdict, MISSIU_V_CLEAR);
	assert_restored((b.k.verdict = MISSIU_V_DONE, &b));
	box_free(&b);
	box_free(&good);
	rig_stop(&r);
}

static void test_sa_selectors(void **state)
{
	struct combo c = { 0 };
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_IN);
	assert_int_equal(missiu_sa_del(r.b, 50, sa.spi, &sa.dst), 0);
	sa.n_ts_src = sa.n_ts_dst = 1;
	sa.ts_src[0] = sa.ts_dst[0] = ts_any();
	sa.ts_dst[0].proto = sa.ts_src[0].proto = 17;
	sa.ts_dst[0].port_lo = 10;
	rig_add_sa(r.b, &sa, r.now);
	box_sealed(&b, &r, 60); /* to port 9 */
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_STATE_MISMATCH);
	box_free(&b);
	assert_int_equal(missiu_sa_del(r.b, 50, sa.spi, &sa.dst), 0);
	sa.n_ts_dst = 2; /* a second selector covers it */
	sa.ts_dst[1] = ts_any();
	rig_add_sa(r.b, &sa, r.now);
	box_sealed(&b, &r, 60);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	box_free(&b);
	rig_stop(&r);
}

/* What B's policy must be for a packet by this SA to pass, and what not. */
static void test_policy_must_ask_for_this_sa(void **state)
{
	struct combo c = { 0 };
	struct missiu_change v[2] = { { .kind = MISSIU_CHG_FLUSH_POLICY },
				      { .kind = MISSIU_CHG_ADD_POLICY } };
	struct missiu_policy *p = &v[1].policy;
	struct missiu_policy good;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	good = rig_policy(&r.c, 'b');
	for (int i = 0; i < 12; i++) {
		enum missiu_drop why = MISSIU_DROP_IN_TMPL_MISMATCH;
		struct box b;

		*p = good;
		switch (i) {
		case 0:
			p->mode = MISSIU_TRANSPORT;
			p->tun_local = p->tun_remote =
				(struct missiu_addr){ 0 };
			break;
		case 1:
			p->prot[0].encr = MISSIU_ENCR_AES_CBC;
			p->prot[0].auth = MISSIU_AUTH_SHA1;
			break;
		case 2:
			p->prot[0].key_len = 32; /* the SA has 16 */
			break;
		case 3:
			p->prot[0].icv_len = 8;
			break;
		case 4:
			p->tun_remote.b[3] ^= 1;
			break;
		case 5:
			p->tun_local.b[3] ^= 1;
			break;
		case 6:
			p->action = MISSIU_BYPASS;
			break;
		case 7:
			p->action = MISSIU_DISCARD;
			why = MISSIU_DROP_IN_POL_BLOCK;
			break;
		case 8:
			p->dirs = MISSIU_OUT;
			why = MISSIU_DROP_IN_NO_POLS;
			break;
		case 9: /* any algorithm and size */
			p->prot[0].encr = MISSIU_ENCR_ANY;
			p->prot[0].auth = MISSIU_AUTH_ANY;
			p->prot[0].key_len = 16;
			p->prot[0].icv_len = 16;
			why = MISSIU_DROP_NONE;
			break;
		case 10: /* any ends */
			p->tun_local = p->tun_remote =
				(struct missiu_addr){ 0 };
			why = MISSIU_DROP_NONE;
			break;
		default:
			why = MISSIU_DROP_NONE;
		}
		assert_int_equal(missiu_load(r.b, v, 2, r.now, NULL, NULL), 0);
		box_sealed(&b, &r, 60);
		if (why) {
			expect_drop(r.b, &b, r.now, why);
		} else {
			assert_int_equal(go_in(r.b, &b, r.now), 1);
			assert_restored(&b);
		}
		box_free(&b);
	}
	rig_stop(&r);
}

static void test_sa_of_another_policy(void **state)
{
	struct combo c = { 0 };
	struct missiu_policy other;
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	other = rig_policy(&r.c, 'b');
	other.local = ts_host(&other.tun_local);
	sa = rig_sa(&r.c, 'a', MISSIU_IN);
	assert_int_equal(missiu_sa_del(r.b, 50, sa.spi, &sa.dst), 0);
	sa.policy_id = rig_add_policy(r.b, &other);
	rig_add_sa(r.b, &sa, r.now);
	box_sealed(&b, &r, 60);
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_TMPL_MISMATCH);
	box_free(&b);
	rig_stop(&r);
}

static void test_clear_packets_by_policy(void **state)
{
	static const struct {
		uint8_t action, unmatched;
		enum missiu_drop in, out;
	} t[] = {
		{ MISSIU_BYPASS, 0, 0, 0 },
		{ MISSIU_DISCARD, 0, MISSIU_DROP_IN_POL_BLOCK,
		  MISSIU_DROP_OUT_POL_BLOCK },
		{ MISSIU_PROTECT, 0, MISSIU_DROP_IN_POL_CLEAR, 0 },
		{ 0, 0, 0, 0 },
		{ 0, MISSIU_DISCARD, MISSIU_DROP_IN_POL_BLOCK,
		  MISSIU_DROP_OUT_POL_BLOCK },
		{ MISSIU_BYPASS, MISSIU_DISCARD, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct missiu_opts o = { .unmatched = t[i].unmatched };
		struct missiu *m = missiu_new(&o);
		struct rig r = { .c = { .encr = MISSIU_ENCR_AES_GCM,
					.auth = MISSIU_AUTH_NONE,
					.mode = MISSIU_TUNNEL,
					.inner = 4,
					.outer = 4 } };
		struct missiu_policy p = rig_policy(&r.c, 'b');
		struct missiu_policy_stats st;
		uint64_t cursor = 0;
		struct box b;

		p.action = t[i].action;
		if (p.action)
			rig_add_policy(m, &p);
		box_ab(&b, &r, 10);
		if (t[i].in) {
			expect_drop(m, &b, 1, t[i].in);
		} else {
			assert_int_equal(go_in(m, &b, 1), 1);
			assert_int_equal(b.k.verdict, MISSIU_V_CLEAR);
		}
		if (p.action) {
			missiu_policy_next(m, &cursor, &p, &st);
			assert_int_equal(st.in_packets, 1);
			assert_int_equal(st.in_bytes, 38);
		}
		box_free(&b);
		if (t[i].action != MISSIU_PROTECT) {
			/* out: B's side is the source now */
			uint8_t raw[128];
			struct missiu_addr s = rig_inner(&r.c, 'b');
			struct missiu_addr d = rig_inner(&r.c, 'a');

			box_set(&b, raw, put_udp(raw, &s, &d, 1, 2, 10));
			assert_int_equal(go_out(m, &b, 1), !t[i].out);
			assert_int_equal(b.k.drop, t[i].out);
			box_free(&b);
		}
		missiu_free(m);
	}
}

static void test_ike_is_exempt(void **state)
{
	static const struct {
		uint16_t sport, dport;
		bool out, in;
	} t[] = {
		{ 500, 500, true, true },    { 4500, 4500, true, true },
		{ 500, 31000, true, false }, { 31000, 4500, false, true },
		{ 501, 501, false, false },
	};
	struct combo c = { .mode = MISSIU_TRANSPORT };

	(void)state;
	for (uint8_t action = 1; action <= 3; action += 2)
		for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			struct missiu_change v[2] = {
				{ .kind = MISSIU_CHG_FLUSH_POLICY },
				{ .kind = MISSIU_CHG_ADD_POLICY }
			};
			struct missiu_addr s, d;
			uint8_t raw[128];
			struct box b;
			struct rig r;
			size_t n;

			rig_open(&r, &c);
			s = rig_outer(&r.c, 'a');
			d = rig_outer(&r.c, 'b');
			v[1].policy = rig_policy(&r.c, 'a');
			v[1].policy.action = action;
			missiu_load(r.a, v, 2, 0, NULL, NULL);
			v[1].policy = rig_policy(&r.c, 'b');
			v[1].policy.action = action;
			missiu_load(r.b, v, 2, 0, NULL, NULL);
			n = put_udp(raw, &s, &d, t[i].sport, t[i].dport, 40);
			memset(raw + 28, 0, 4); /* non-ESP marker */
			box_set(&b, raw, n);
			go_out(r.a, &b, r.now);
			assert_int_equal(b.k.verdict == MISSIU_V_CLEAR,
					 t[i].out);
			box_free(&b);
			box_set(&b, raw, n);
			go_in(r.b, &b, r.now);
			assert_int_equal(b.k.verdict == MISSIU_V_CLEAR,
					 t[i].in);
			box_free(&b);
			rig_stop(&r);
		}
}

/* IKE of hosts behind a gateway goes through its tunnel. */
static void test_ike_inside_a_tunnel_to_elsewhere(void **state)
{
	struct combo c = { 0 };
	struct missiu_addr s, d;
	struct missiu_policy p;
	uint8_t raw[128];
	struct box b;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	s = rig_inner(&r.c, 'a');
	d = rig_inner(&r.c, 'b');
	box_set(&b, raw, put_udp(raw, &s, &d, 500, 500, 40));
	assert_int_equal(go_out(r.a, &b, r.now), 1);
	assert_int_equal(b.k.verdict, MISSIU_V_DONE);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	assert_restored(&b);
	box_free(&b);
	box_set(&b, raw, put_udp(raw, &s, &d, 500, 500, 40));
	expect_drop(r.b, &b, r.now, MISSIU_DROP_IN_POL_CLEAR);
	box_free(&b);
	/* The gateways' own IKE does not, even if their addresses match. */
	p = rig_policy(&r.c, 'a');
	p.local = p.remote = ts_any();
	rig_add_policy(r.a, &p);
	s = rig_outer(&r.c, 'a');
	d = rig_outer(&r.c, 'b');
	box_set(&b, raw, put_udp(raw, &s, &d, 500, 500, 40));
	assert_int_equal(go_out(r.a, &b, r.now), 1);
	assert_int_equal(b.k.verdict, MISSIU_V_CLEAR);
	box_free(&b);
	rig_stop(&r);
}

static void test_neighbour_discovery_is_exempt(void **state)
{
	struct combo c = { .mode = MISSIU_TRANSPORT, .inner = 6, .outer = 6 };
	struct missiu_addr s, d;
	uint8_t raw[128], icmp[24] = { 0 };
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	s = rig_outer(&r.c, 'a');
	d = rig_outer(&r.c, 'b');
	for (unsigned type = 130; type < 140; type++)
		for (unsigned hops = 254; hops < 256; hops++) {
			bool nd = type >= 133 && type <= 137 && hops == 255;
			struct box b;

			icmp[0] = (uint8_t)type;
			put_ip(raw, &s, &d, 58, icmp, 24);
			raw[7] = (uint8_t)hops;
			box_set(&b, raw, 64);
			go_out(r.a, &b, r.now);
			assert_int_equal(b.k.verdict == MISSIU_V_CLEAR, nd);
			box_free(&b);
			box_set(&b, raw, 64);
			go_in(r.b, &b, r.now);
			assert_int_equal(b.k.verdict == MISSIU_V_CLEAR, nd);
			box_free(&b);
		}
	rig_stop(&r);
}

static void test_fragments(void **state)
{
	struct combo c = { 0 };
	struct missiu_change v[2] = { { .kind = MISSIU_CHG_FLUSH_POLICY },
				      { .kind = MISSIU_CHG_ADD_POLICY } };
	struct box b;
	struct rig r;

	(void)state;
	for (int later = 0; later < 2; later++) {
		/* transport mode waits for the rest */
		c.mode = MISSIU_TRANSPORT;
		rig_start(&r, &c);
		box_ab(&b, &r, 64);
		store_be16(b.k.data + 6, later ? 3 : 0x2000);
		ip4_finish(b.k.data, b.k.len);
		assert_int_equal(go_out(r.a, &b, r.now), 0);
		assert_int_equal(b.k.verdict, MISSIU_V_HELD);
		box_free(&b);
		rig_stop(&r);
		/* tunnel mode carries it */
		c.mode = MISSIU_TUNNEL;
		rig_start(&r, &c);
		box_ab(&b, &r, 64);
		store_be16(b.k.data + 6, later ? 3 : 0x2000);
		ip4_finish(b.k.data, b.k.len);
		memcpy(b.orig, b.k.data, b.k.len);
		assert_int_equal(go_out(r.a, &b, r.now), 1);
		assert_int_equal(go_in(r.b, &b, r.now), 1);
		assert_restored(&b);
		box_free(&b);
		/* unless the policy selects by port */
		v[1].policy = rig_policy(&r.c, 'a');
		v[1].policy.remote.port_lo = 9;
		v[1].policy.remote.port_hi = 9;
		v[1].policy.remote.proto = v[1].policy.local.proto = 17;
		assert_int_equal(missiu_load(r.a, v, 2, 0, NULL, NULL), 0);
		box_ab(&b, &r, 64);
		store_be16(b.k.data + 6, later ? 3 : 0x2000);
		ip4_finish(b.k.data, b.k.len);
		assert_int_equal(go_out(r.a, &b, r.now), 0);
		assert_int_equal(b.k.verdict, MISSIU_V_HELD);
		box_free(&b);
		rig_stop(&r);
	}
}

static void test_outbound_limits(void **state)
{
	struct combo c = { 0 };
	struct missiu_pkt *v;
	struct box b;
	struct rig r;
	static uint8_t big[65535];

	(void)state;
	rig_start(&r, &c);
	box_ab(&b, &r, 10);
	b.k.data[8] = 0;
	assert_int_equal(go_out(r.a, &b, r.now), 0);
	assert_int_equal(b.k.drop, MISSIU_DROP_OUT_TTL);
	box_free(&b);

	box_ab(&b, &r, 10);
	memcpy(big, b.k.data, 20);
	store_be16(big + 6, 0x4000);
	ip4_finish(big, 65500);
	box_free(&b);
	box_set(&b, big, 65500);
	assert_int_equal(go_out(r.a, &b, r.now), 0);
	assert_int_equal(b.k.drop, MISSIU_DROP_OUT_TOO_BIG);
	box_free(&b);

	/* 20 + 8 + 8 in front; trailer 2 and ICV 16 behind 38 bytes */
	for (int i = 0; i < 4; i++) {
		struct missiu_pkt k;
		size_t front = i & 1 ? 36 : 35, tail = i & 2 ? 18 : 17;

		box_ab(&b, &r, 10);
		k = b.k;
		k.head = malloc(front + k.len + tail);
		assert_non_null(k.head);
		k.cap = front + k.len + tail;
		k.data = k.head + front;
		memcpy(k.data, b.k.data, k.len);
		v = &k;
		assert_int_equal(missiu_outbound(r.a, &v, 1, r.now), i == 3);
		assert_int_equal(k.drop, i == 3 ? 0 : MISSIU_DROP_OUT_NO_ROOM);
		free(k.head);
		box_free(&b);
	}
	box_set(&b, "\x45", 1);
	assert_int_equal(go_out(r.a, &b, r.now), 0);
	assert_int_equal(b.k.drop, MISSIU_DROP_OUT_HDR_ERROR);
	box_free(&b);
	rig_stop(&r);
}

/* Bytes of the lower layer's padding are not part of the packet. */
static void test_ethernet_padding_is_left_out(void **state)
{
	struct combo c = { 0 };
	uint8_t raw[64];
	struct box b;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_ab(&b, &r, 2);
	memset(raw, 0xcc, sizeof(raw));
	memcpy(raw, b.k.data, b.k.len);
	box_free(&b);
	box_set(&b, raw, 46);
	assert_int_equal(go_out(r.a, &b, r.now), 1);
	assert_int_equal(load_be16(b.k.data + 2), b.k.len);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	assert_int_equal(b.k.len, 30);
	box_free(&b);
	rig_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_bit_flip_is_dropped_and_counted),
		cmocka_unit_test(test_every_bit_flip_of_esp_over_ipv6),
		cmocka_unit_test(test_every_shorter_packet_is_dropped),
		cmocka_unit_test(test_replays),
		cmocka_unit_test(test_twice_in_one_vector_is_a_replay),
		cmocka_unit_test(test_forged_number_does_not_move_the_window),
		cmocka_unit_test(test_padding_is_checked),
		cmocka_unit_test(test_next_header_and_inner_packet),
		cmocka_unit_test(test_outer_packet),
		cmocka_unit_test(test_udp_encapsulation),
		cmocka_unit_test(test_sa_selectors),
		cmocka_unit_test(test_policy_must_ask_for_this_sa),
		cmocka_unit_test(test_sa_of_another_policy),
		cmocka_unit_test(test_clear_packets_by_policy),
		cmocka_unit_test(test_ike_is_exempt),
		cmocka_unit_test(test_ike_inside_a_tunnel_to_elsewhere),
		cmocka_unit_test(test_neighbour_discovery_is_exempt),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_outbound_limits),
		cmocka_unit_test(test_ethernet_padding_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
