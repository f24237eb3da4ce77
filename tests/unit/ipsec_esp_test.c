/* SPDX-License-Identifier: Apache-2.0 */
/* Two engines back to back: what A seals, B restores byte for byte. */
#include "ipsec_rig.h"

#include "ipsec/state.h"

struct suite {
	uint8_t encr, auth;
};

/* Each cipher with each integrity algorithm that this build has. */
static size_t all_suites(struct suite *v)
{
	size_t n = 0;

	for (uint8_t e = 1; e < MISSIU_ENCR_MAX; e++) {
		const struct encr_alg *ea = encr_alg(e);

		if (!ea || !ea->usable)
			continue;
		for (uint8_t a = 1; a < MISSIU_AUTH_MAX; a++) {
			const struct auth_alg *aa = auth_alg(a);

			if (aa && aa->usable && !aa->ah_only &&
			    ea->aead == (a == MISSIU_AUTH_NONE))
				v[n++] = (struct suite){ e, a };
		}
	}
	return n;
}

/* What the wire must show: outer addresses, protocol, SPI, lengths. */
static void check_wire(const struct rig *r, const struct box *b)
{
	struct missiu_addr src = rig_outer(&r->c, 'a');
	struct missiu_addr dst = rig_outer(&r->c, 'b');
	const uint8_t *esp;
	struct ip_info ip;

	assert_int_equal(ip_parse(b->k.data, b->k.len, &ip), 0);
	assert_int_equal(ip.len, b->k.len);
	assert_true(addr_eq(&ip.src, &src));
	assert_true(addr_eq(&ip.dst, &dst));
	if (ip.family == 4)
		assert_true(ip4_sum_ok(b->k.data));
	esp = b->k.data + ip.upper_off;
	if (r->c.encap) {
		size_t len = load_be16(esp + 4);

		assert_int_equal(ip.proto, IP_P_UDP);
		assert_int_equal(ip.sport, 4500);
		assert_int_equal(ip.dport, 4500);
		assert_int_equal(len, ip.len - ip.upper_off);
		if (ip.family == 4)
			assert_int_equal(load_be16(esp + 6), 0);
		else
			assert_int_equal(
				ip_fold(ip_sum(
					esp, len,
					ip_pseudo_sum(&src, &dst, 17, len))),
				0);
		esp += 8;
	} else {
		assert_int_equal(ip.proto, IP_P_ESP);
	}
	assert_int_equal(load_be32(esp), RIG_SPI_AB);
	assert_int_equal(b->k.spi, RIG_SPI_AB);
	assert_int_equal(b->k.policy_id, r->pol_a);
	if (r->c.encr != MISSIU_ENCR_NULL &&
	    r->c.encr != MISSIU_ENCR_AES_GMAC && b->orig_len > 60)
		assert_null(memmem(b->k.data, b->k.len, b->orig + 40, 16));
}

static void round_trip(struct rig *r, size_t len)
{
	struct box b;

	box_sealed(&b, r, len);
	check_wire(r, &b);
	assert_int_equal(go_in(r->b, &b, r->now), 1);
	assert_restored(&b);
	assert_int_equal(b.k.spi, RIG_SPI_AB);
	assert_int_equal(b.k.policy_id, r->pol_b);
	box_free(&b);
}

static void all_lengths(const struct combo *c, size_t step)
{
	struct missiu_sa_stats st;
	struct missiu_sa sa;
	uint64_t cursor = 0;
	struct rig r;
	size_t n = 0;

	rig_start(&r, c);
	for (size_t len = 0; len <= 1500; len += len < 40 ? 1 : step) {
		round_trip(&r, len);
		n++;
	}
	assert_true(missiu_sa_next(r.b, &cursor, &sa, &st));
	assert_int_equal(sa.spi, RIG_SPI_AB);
	assert_int_equal(st.packets, n);
	assert_int_equal(st.seq, n);
	assert_int_equal(rig_all_drops(r.a), 0);
	assert_int_equal(rig_all_drops(r.b), 0);
	rig_stop(&r);
}

static void each_shape(const struct suite *s, size_t step)
{
	struct combo c = { .encr = s->encr, .auth = s->auth };

	for (unsigned bits = 0; bits < 32; bits++) {
		c.mode = bits & 1 ? MISSIU_TRANSPORT : MISSIU_TUNNEL;
		c.inner = bits & 2 ? 6 : 4;
		c.outer = bits & 4 ? 6 : 4;
		c.esn = bits & 8;
		c.encap = bits & 16;
		if (c.mode == MISSIU_TRANSPORT && c.inner != c.outer)
			continue;
		all_lengths(&c, step);
	}
}

static void test_every_algorithm_and_shape(void **state)
{
	struct suite v[MISSIU_ENCR_MAX * MISSIU_AUTH_MAX];
	size_t n = all_suites(v);

	(void)state;
	assert_true(n >= 10);
	for (size_t i = 0; i < n; i++)
		each_shape(&v[i], 487);
}

static void test_every_length(void **state)
{
	static const struct suite v[] = {
		{ MISSIU_ENCR_AES_CBC, MISSIU_AUTH_SHA1 },
		{ MISSIU_ENCR_AES_GCM, MISSIU_AUTH_NONE },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		each_shape(&v[i], 7);
}

/* Packet sizes outside say nothing of those inside, up to the size asked for. */
static void test_tfc_padding(void **state)
{
	static const struct {
		uint8_t mode, flags;
		uint32_t mtu, pads_to;
	} t[] = {
		{ MISSIU_TUNNEL, 0, 0, 700 },
		{ MISSIU_TUNNEL, MISSIU_SA_NO_TFC, 0, 0 },
		/* what fits: 600 - 20 - 8 - 8 - 16, less the trailer's two */
		{ MISSIU_TUNNEL, 0, 600, 546 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct combo c = { .mode = t[i].mode, .sa_flags = t[i].flags };
		uint8_t p[1024];
		struct missiu_addr src, dst;
		struct missiu_change ch[] = {
			{ .kind = MISSIU_CHG_FLUSH_POLICY },
			{ .kind = MISSIU_CHG_ADD_POLICY },
		};
		struct rig r;

		rig_start(&r, &c);
		ch[1].policy = rig_policy(&r.c, 'a');
		ch[1].policy.tfc = 700;
		assert_int_equal(missiu_load(r.a, ch, 2, r.now, NULL, NULL), 0);
		missiu_set_mtu(r.a, t[i].mtu);
		src = rig_inner(&r.c, 'a');
		dst = rig_inner(&r.c, 'b');
		for (size_t len = 0; len < 800; len += 53) {
			size_t n = put_udp(p, &src, &dst, 7, 9, len), body;
			struct box b;

			box_set(&b, p, n);
			/* Room as the caller of a real packet has it. */
			b.k.head = realloc(b.k.head, b.k.cap + 1024);
			assert_non_null(b.k.head);
			b.k.cap += 1024;
			b.k.data = b.k.head + MISSIU_HEADROOM;
			assert_int_equal(go_out(r.a, &b, r.now), 1);
			body = n < t[i].pads_to ? t[i].pads_to : n;
			if (!t[i].mtu || n <= t[i].pads_to)
				assert_int_equal(
					b.k.len,
					20 + 8 + 8 + (body + 2 + 3) / 4 * 4 +
						16);
			if (t[i].mtu)
				assert_true(b.k.len <= t[i].mtu);
			if (n <= 546) {
				assert_int_equal(go_in(r.b, &b, r.now), 1);
				assert_restored(&b);
			}
			box_free(&b);
		}
		rig_stop(&r);
	}
}

/* Without room behind the packet it goes as it is; only tunnels pad. */
static void test_tfc_padding_needs_room(void **state)
{
	struct combo c = { .mode = MISSIU_TUNNEL };
	struct missiu_change ch[] = {
		{ .kind = MISSIU_CHG_FLUSH_POLICY },
		{ .kind = MISSIU_CHG_ADD_POLICY },
	};
	struct rig r;
	struct box b;

	(void)state;
	rig_start(&r, &c);
	ch[1].policy = rig_policy(&r.c, 'a');
	ch[1].policy.tfc = 65535;
	assert_int_equal(missiu_load(r.a, ch, 2, r.now, NULL, NULL), 0);
	box_sealed(&b, &r, 12);
	assert_int_equal(b.k.len, 20 + 8 + 8 + 44 + 16);
	box_free(&b);
	ch[1].policy.mode = MISSIU_TRANSPORT;
	ch[1].policy.tun_local = ch[1].policy.tun_remote =
		(struct missiu_addr){ 0 };
	assert_int_equal(missiu_load(r.a, ch, 2, r.now, NULL, NULL),
			 MISSIU_EINVAL);
	rig_stop(&r);
}

static void test_short_icvs(void **state)
{
	struct combo c = { .encr = MISSIU_ENCR_AES_GCM,
			   .auth = MISSIU_AUTH_NONE };

	(void)state;
	for (c.icv_len = 8; c.icv_len <= 16; c.icv_len += 4)
		all_lengths(&c, 300);
}

/* An independent look at the bytes: NULL encryption hides nothing. */
static void test_layout_of_a_packet(void **state)
{
	struct combo c = { .encr = MISSIU_ENCR_NULL, .auth = MISSIU_AUTH_SHA1 };
	struct box b;
	struct rig r;
	const uint8_t *e;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&b, &r, 3);
	/* 20 outer, 8 ESP, 31 inner, 3 pad, 2 trailer, 12 ICV */
	assert_int_equal(b.k.len, 20 + 8 + 31 + 3 + 2 + 12);
	e = b.k.data + 20;
	assert_int_equal(load_be32(e + 4), 1);
	assert_memory_equal(e + 8, b.orig, 31);
	assert_memory_equal(e + 39, "\1\2\3\3\4", 5);
	assert_int_equal(b.k.data[8], 64); /* TTL of our own */
	box_free(&b);
	rig_stop(&r);
	c.mode = MISSIU_TRANSPORT;
	rig_start(&r, &c);
	box_sealed(&b, &r, 3);
	/* 20, 8, 11 UDP, 3 pad, 2, 12 */
	assert_int_equal(b.k.len, 20 + 8 + 11 + 3 + 2 + 12);
	e = b.k.data + 20;
	assert_memory_equal(e + 8, b.orig + 20, 11);
	assert_memory_equal(e + 19, "\1\2\3\3\21", 5);
	assert_int_equal(b.k.data[8], 61); /* the packet's own */
	box_free(&b);
	rig_stop(&r);
}

/* IPv4 options and IPv6 extension headers stay where RFC 4303 3.1.1 wants. */
static void test_transport_keeps_header_chains(void **state)
{
	struct combo c = { .mode = MISSIU_TRANSPORT, .encap = false };
	struct missiu_addr s6 = rig_addr("2001:db8::1"), d6;
	uint8_t p[256], opt[8 + 8 + 16];
	struct ip_info ip;
	struct box b;
	struct rig r;
	size_t n;

	(void)state;
	rig_start(&r, &c);
	box_ab(&b, &r, 50);
	memcpy(p, b.orig, 20);
	memcpy(p + 20, "\x94\x04\0\0", 4);
	memcpy(p + 24, b.orig + 20, b.orig_len - 20);
	p[0] = 0x46;
	n = b.orig_len + 4;
	ip4_finish(p, n);
	box_free(&b);
	box_set(&b, p, n);
	assert_int_equal(go_out(r.a, &b, r.now), 1);
	assert_int_equal(b.k.data[0], 0x46);
	assert_int_equal(b.k.data[9], IP_P_ESP);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	assert_restored(&b);
	box_free(&b);
	rig_stop(&r);

	c.inner = c.outer = 6;
	rig_start(&r, &c);
	d6 = rig_addr("2001:db8::2");
	/* hop-by-hop, then destination options, then UDP */
	memcpy(opt, "\x3c\0\1\4\0\0\0\0\x11\0\1\4\0\0\0\0", 16);
	memcpy(opt + 16, "\0\7\0\11\0\20\0\0\0\0\0\0\0\0\0\0", 16);
	n = put_ip(p, &s6, &d6, IP_P_HOPOPTS, opt, 24);
	box_set(&b, p, n);
	assert_int_equal(go_out(r.a, &b, r.now), 1);
	assert_int_equal(ip_parse(b.k.data, b.k.len, &ip), 0);
	assert_int_equal(ip.proto, IP_P_ESP);
	assert_int_equal(ip.upper_off, 48);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	assert_restored(&b);
	box_free(&b);
	rig_stop(&r);
}

static void test_vector_keeps_order_across_sas_and_chunks(void **state)
{
	enum { N = 600 };
	struct combo c = { 0 };
	static struct box b[N];
	struct missiu_pkt *v[N];
	struct missiu_policy p;
	struct missiu_addr any = rig_addr("198.51.100.1");
	uint8_t raw[2048];
	struct rig r;
	size_t n, k = 0;

	(void)state;
	rig_start(&r, &c);
	p = (struct missiu_policy){ .dirs = MISSIU_OUT,
				    .action = MISSIU_DISCARD,
				    .local = ts_any(),
				    .remote = ts_any() };
	p.remote.lo = p.remote.hi = rig_addr("198.51.100.9");
	rig_add_policy(r.a, &p);
	for (size_t i = 0; i < N; i++) {
		struct missiu_addr s = rig_inner(&r.c, 'a');

		if (i % 5 == 1) { /* clear */
			box_set(&b[i], raw, put_udp(raw, &s, &any, 1, 2, i));
		} else if (i % 5 == 3) { /* dropped */
			box_set(&b[i], raw,
				put_udp(raw, &s, &p.remote.lo, 1, 2, i));
		} else {
			box_ab(&b[i], &r, i);
		}
		v[i] = &b[i].k;
	}
	n = missiu_outbound(r.a, v, N, r.now);
	assert_int_equal(n, N - N / 5);
	for (size_t i = 0; i < N; i++)
		if (i % 5 != 3)
			assert_ptr_equal(v[k++], &b[i].k);
	/* The others follow; none is lost. */
	for (; k < N; k++) {
		assert_int_equal(v[k]->drop, MISSIU_DROP_OUT_POL_BLOCK);
		v[k]->drop = MISSIU_DROP_NONE; /* seen */
	}
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_POL_BLOCK), N / 5);
	assert_int_equal(missiu_inbound(r.b, v, n, r.now), n);
	for (size_t i = 0; i < N; i++) {
		if (i % 5 != 3 && i % 5 != 1)
			assert_restored(&b[i]);
		if (i % 5 == 1)
			assert_int_equal(b[i].k.verdict, MISSIU_V_CLEAR);
		box_free(&b[i]);
	}
	rig_stop(&r);
}

static void test_esn_crosses_32_bits(void **state)
{
	struct combo c = { .esn = true, .window = 32 };
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	/* Near the end of the first subspace on both sides. */
	r.a->sad.v[0]->seq = UINT32_MAX - 20;
	r.b->sad.v[0]->replay.top = UINT32_MAX - 20;
	for (size_t i = 0; i < 50; i++)
		round_trip(&r, i);
	assert_int_equal(r.a->sad.v[0]->seq, UINT64_C(0x100000000) + 29);
	assert_int_equal(rig_all_drops(r.b), 0);
	rig_stop(&r);
}

/* TOS of the inner header → TOS of the outer one (RFC 4301 5.1.2, 6040 4.1). */
static void test_dscp_and_ecn_are_copied_out(void **state)
{
	struct combo c = { 0 };
	struct ip_info ip;
	struct box b;
	struct rig r;

	(void)state;
	for (unsigned fam = 0; fam < 4; fam++) {
		c.inner = fam & 1 ? 6 : 4;
		c.outer = fam & 2 ? 6 : 4;
		rig_start(&r, &c);
		for (unsigned tos = 0; tos < 256; tos++) {
			box_ab(&b, &r, 10);
			ip_set_tos(b.k.data, (uint8_t)tos);
			ip_set_tos(b.orig, (uint8_t)tos);
			assert_int_equal(go_out(r.a, &b, r.now), 1);
			assert_int_equal(ip_parse(b.k.data, b.k.len, &ip), 0);
			assert_int_equal(ip.tos, tos);
			if (c.outer == 6) /* flow label 0 */
				assert_int_equal(load_be32(b.k.data) & 0xfffff,
						 0);
			assert_int_equal(go_in(r.b, &b, r.now), 1);
			assert_restored(&b);
			box_free(&b);
		}
		rig_stop(&r);
	}
}

/* RFC 6040 figure 4; -1: drop. Rows inner, columns outer, by ECN value. */
static void test_ecn_on_the_way_in(void **state)
{
	static const int want[4][4] = {
		{ 0, 0, 0, -1 }, /* not-ECT */
		{ 1, 1, 1, 3 },	 /* ECT(1) */
		{ 2, 1, 2, 3 },	 /* ECT(0) */
		{ 3, 3, 3, 3 },	 /* CE */
	};
	struct combo c = { 0 };
	struct box b;
	struct rig r;

	(void)state;
	for (unsigned fam = 0; fam < 4; fam++) {
		c.inner = fam & 1 ? 6 : 4;
		c.outer = fam & 2 ? 6 : 4;
		rig_start(&r, &c);
		for (unsigned i = 0; i < 16; i++) {
			int w = want[i / 4][i % 4];

			box_ab(&b, &r, 10);
			ip_set_tos(b.k.data, (uint8_t)(0xb8 | i / 4));
			ip_set_tos(b.orig, (uint8_t)(0xb8 | (w & 3)));
			assert_int_equal(go_out(r.a, &b, r.now), 1);
			/* a router changes DSCP and ECN */
			ip_set_tos(b.k.data, (uint8_t)(0x20 | i % 4));
			assert_int_equal(go_in(r.b, &b, r.now), w >= 0);
			if (w >= 0)
				assert_restored(&b);
			else
				assert_int_equal(b.k.drop,
						 MISSIU_DROP_IN_BAD_INNER);
			box_free(&b);
		}
		assert_int_equal(rig_drops(r.b, MISSIU_DROP_IN_BAD_INNER), 1);
		rig_stop(&r);
	}
}

static void test_df_and_id_of_outer_ipv4(void **state)
{
	static const struct {
		uint8_t inner;
		uint16_t inner_frag, outer_frag;
	} t[] = { { 4, 0x4000, 0x4000 }, { 4, 0, 0 }, { 6, 0, 0x4000 } };
	struct combo c = { 0 };
	uint16_t id;
	struct box b;
	struct rig r;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		c.inner = t[i].inner;
		rig_start(&r, &c);
		id = r.a->ip_id;
		for (uint16_t k = 1; k < 4; k++) {
			box_ab(&b, &r, 10);
			if (c.inner == 4) {
				store_be16(b.k.data + 6, t[i].inner_frag);
				ip4_finish(b.k.data, b.k.len);
			}
			assert_int_equal(go_out(r.a, &b, r.now), 1);
			assert_int_equal(load_be16(b.k.data + 6),
					 t[i].outer_frag);
			assert_int_equal(load_be16(b.k.data + 4),
					 (uint16_t)(id + k));
			box_free(&b);
		}
		rig_stop(&r);
	}
}

/* A NAT rewrote the source; the peer's checksums are for the old one. */
static void test_transport_behind_nat_gets_its_checksum_fixed(void **state)
{
	struct combo c = { .mode = MISSIU_TRANSPORT, .encap = true };
	struct missiu_addr nat = rig_addr("192.0.2.200");
	struct missiu_policy p;
	struct missiu_event ev;
	struct missiu_sa sa;
	struct ip_info ip;
	struct box b;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	p = rig_policy(&r.c, 'b');
	p.remote = ts_host(&nat);
	rig_add_policy(r.b, &p);
	rig_drain(r.b);
	box_sealed(&b, &r, 33);
	memcpy(b.k.data + 12, nat.b, 4);
	store_be16(b.k.data + 20, 31234);
	ip4_finish(b.k.data, b.k.len);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	assert_int_equal(b.k.verdict, MISSIU_V_DONE);
	assert_int_equal(ip_parse(b.k.data, b.k.len, &ip), 0);
	assert_true(addr_eq(&ip.src, &nat));
	assert_int_equal(load_be16(b.k.data + 20), 7); /* inner port */
	assert_int_equal(ip_fold(ip_sum(b.k.data + 20, b.k.len - 20,
					ip_pseudo_sum(&ip.src, &ip.dst, 17,
						      b.k.len - 20))),
			 0);
	box_free(&b);
	/* It is told once, and nothing is switched by itself. */
	assert_true(missiu_event_next(r.b, &ev));
	assert_int_equal(ev.kind, MISSIU_EV_NAT_CHANGE);
	assert_int_equal(ev.spi, RIG_SPI_AB);
	assert_int_equal(ev.port, 31234);
	assert_true(addr_eq(&ev.addr, &nat));
	assert_false(missiu_event_next(r.b, &ev));
	box_sealed(&b, &r, 34);
	memcpy(b.k.data + 12, nat.b, 4);
	store_be16(b.k.data + 20, 31234);
	ip4_finish(b.k.data, b.k.len);
	assert_int_equal(go_in(r.b, &b, r.now), 1);
	assert_false(missiu_event_next(r.b, &ev));
	box_free(&b);
	/* The key daemon moves the mate. */
	sa = rig_sa(&r.c, 'b', MISSIU_OUT);
	sa.dst = nat;
	sa.encap_dport = 31234;
	p.remote.lo = rig_outer(&r.c, 'a');
	assert_int_equal(missiu_sa_update(r.b, &sa, &p.remote.lo), 0);
	assert_int_equal(missiu_sa_update(r.b, &sa, &p.remote.lo),
			 MISSIU_ENOENT);
	{
		struct missiu_addr s = rig_outer(&r.c, 'b');
		uint8_t raw[256];

		box_set(&b, raw, put_udp(raw, &s, &nat, 9, 7, 20));
	}
	assert_int_equal(go_out(r.b, &b, r.now), 1);
	assert_int_equal(b.k.verdict, MISSIU_V_DONE);
	assert_int_equal(load_be16(b.k.data + 20), 4500);
	assert_int_equal(load_be16(b.k.data + 22), 31234);
	box_free(&b);
	rig_stop(&r);
}

/* A bound tunnel SA follows its peer although the policy names another end. */
static void test_bound_tunnel_sa_follows_nat(void **state)
{
	struct combo c = { .encap = true };
	struct missiu_addr nat = rig_addr("192.0.2.200"), old;
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	sa.policy_id = r.pol_a;
	rig_add_sa(r.a, &sa, r.now);
	old = sa.dst;
	sa.dst = nat;
	sa.encap_dport = 1025;
	assert_int_equal(missiu_sa_update(r.a, &sa, &old), 0);
	box_sealed(&b, &r, 40);
	assert_memory_equal(b.k.data + 16, nat.b, 4);
	assert_int_equal(load_be16(b.k.data + 22), 1025);
	assert_int_equal(b.k.data[9], 17);
	box_free(&b);
	/* Over TCP from now on, and back. */
	for (int tcp = 1; tcp >= 0; tcp--) {
		sa.flags = tcp ? MISSIU_SA_TCP : 0;
		assert_int_equal(missiu_sa_update(r.a, &sa, &nat), 0);
		box_sealed(&b, &r, 40);
		assert_int_equal(b.k.data[9], tcp ? 6 : 17);
		box_free(&b);
	}
	rig_stop(&r);
}

/* A gateway for peers at addresses that its policy does not know. */
static void test_open_far_end_is_chosen_by_selectors(void **state)
{
	struct combo c = { .encap = true };
	struct missiu_addr src, dst = rig_addr("10.2.1.0"), host;
	struct missiu_change v[2] = { { .kind = MISSIU_CHG_FLUSH_POLICY },
				      { .kind = MISSIU_CHG_ADD_POLICY } };
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	src = rig_inner(&r.c, 'a');
	v[1].policy = rig_policy(&r.c, 'a');
	v[1].policy.tun_remote = (struct missiu_addr){ 0 };
	addr_prefix(&dst, 16, &v[1].policy.remote.lo, &v[1].policy.remote.hi);
	assert_int_equal(missiu_load(r.a, v, 2, r.now, NULL, NULL), 0);
	for (uint8_t i = 1; i <= 4; i++) { /* peers 3 and 4: a network each */
		struct missiu_sa sa = rig_sa(&r.c, 'a', MISSIU_OUT);

		sa.spi = 0x1000U * i;
		sa.policy_id = v[1].policy.id;
		sa.dst = rig_addr("198.51.100.0");
		sa.dst.b[3] = i;
		sa.n_ts_src = sa.n_ts_dst = 1;
		sa.ts_src[0] = ts_any();
		dst.b[2] = i;
		sa.ts_dst[0] = ts_host(&dst);
		if (i > 2)
			addr_prefix(&dst, 24, &sa.ts_dst[0].lo,
				    &sa.ts_dst[0].hi);
		rig_add_sa(r.a, &sa, r.now);
	}
	host = dst;
	for (uint8_t i = 1; i <= 5; i++) {
		uint8_t raw[128];
		struct box b;

		host.b[2] = i;
		host.b[3] = i > 2 ? 9 : 0;
		box_set(&b, raw, put_udp(raw, &src, &host, 1, 2, 5));
		assert_int_equal(go_out(r.a, &b, r.now), i < 5);
		if (i < 5) {
			assert_int_equal(b.k.spi, 0x1000U * i);
			assert_int_equal(b.k.data[19], i);
		} else { /* a peer that is not there */
			assert_int_equal(b.k.verdict, MISSIU_V_HELD);
		}
		box_free(&b);
	}
	rig_stop(&r);
}

static void test_manual_sa_serves_both_ways(void **state)
{
	struct combo c = { .encr = MISSIU_ENCR_AES_CBC,
			   .auth = MISSIU_AUTH_SHA1,
			   .mode = MISSIU_TRANSPORT,
			   .sa_flags = MISSIU_SA_MANUAL };
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	for (const char *who = "ab"; *who; who++) {
		sa = rig_sa(&r.c, *who, MISSIU_IN | MISSIU_OUT);
		sa.mode = 0;
		sa.replay_window = 0;
		if (*who == 'b')
			sa.src = (struct missiu_addr){ 0 };
		rig_add_sa(r.a, &sa, r.now);
		rig_add_sa(r.b, &sa, r.now);
	}
	for (size_t i = 0; i < 3; i++)
		round_trip(&r, i * 100);
	/* The other way, with the SA whose source is any; twice: no replays. */
	{
		struct missiu_addr s = rig_outer(&r.c, 'b');
		struct missiu_addr d = rig_outer(&r.c, 'a');
		uint8_t raw[256], wire[512];
		size_t n;

		box_set(&b, raw, put_udp(raw, &s, &d, 9, 7, 20));
		assert_int_equal(go_out(r.b, &b, r.now), 1);
		assert_int_equal(b.k.spi, RIG_SPI_BA);
		n = b.k.len;
		memcpy(wire, b.k.data, n);
		for (int i = 0; i < 2; i++) {
			box_free(&b);
			box_set(&b, wire, n);
			assert_int_equal(go_in(r.a, &b, r.now), 1);
			assert_int_equal(b.k.len, 48);
		}
		box_free(&b);
	}
	rig_stop(&r);
}

static void test_newest_sa_is_used(void **state)
{
	struct combo c = { 0 };
	struct missiu_sa sa;
	struct box b;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&b, &r, 1);
	assert_int_equal(b.k.spi, RIG_SPI_AB);
	box_free(&b);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	sa.spi = 0x5005;
	rig_add_sa(r.a, &sa, r.now);
	box_sealed(&b, &r, 1);
	assert_int_equal(b.k.spi, 0x5005);
	box_free(&b);
	sa.spi = 0x6006;
	sa.policy_id = r.pol_a;
	rig_add_sa(r.a, &sa, r.now);
	box_sealed(&b, &r, 1);
	assert_int_equal(b.k.spi, 0x6006);
	box_free(&b);
	/* One for any policy, newer than that for this one. */
	sa.spi = 0x6007;
	sa.policy_id = 0;
	rig_add_sa(r.a, &sa, r.now);
	box_sealed(&b, &r, 1);
	assert_int_equal(b.k.spi, 0x6007);
	box_free(&b);
	assert_int_equal(missiu_sa_del(r.a, 50, 0x6007, &sa.dst), 0);
	sa.policy_id = r.pol_a;
	/* Narrower than the packet: not that one. */
	sa.spi = 0x7007;
	sa.n_ts_src = sa.n_ts_dst = 1;
	sa.ts_src[0] = sa.ts_dst[0] = ts_any();
	sa.ts_dst[0].proto = 6;
	rig_add_sa(r.a, &sa, r.now);
	box_sealed(&b, &r, 1);
	assert_int_equal(b.k.spi, 0x6006);
	box_free(&b);
	assert_int_equal(missiu_sa_del(r.a, 50, 0x6006, &sa.dst), 0);
	assert_int_equal(missiu_sa_del(r.a, 50, 0x6006, &sa.dst),
			 MISSIU_ENOENT);
	box_sealed(&b, &r, 1);
	assert_int_equal(b.k.spi, 0x5005);
	box_free(&b);
	rig_stop(&r);
}

static void test_walk_in_order_of_installation(void **state)
{
	enum { N = 300 };
	struct combo c = { 0 };
	struct missiu_sa sa, got;
	uint64_t cursor = 0;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	for (uint32_t i = 0; i < N; i++) {
		sa = rig_sa(&r.c, 'a', MISSIU_OUT);
		sa.spi = 1000 + i * 7919 % 5003;
		rig_add_sa(r.a, &sa, r.now);
	}
	for (uint32_t i = 0; i < N; i += 3)
		assert_int_equal(
			missiu_sa_del(r.a, 50, 1000 + i * 7919 % 5003, &sa.dst),
			0);
	for (uint32_t i = 0; i < N; i++) {
		if (i % 3 == 0)
			continue;
		assert_true(missiu_sa_next(r.a, &cursor, &got, NULL));
		assert_int_equal(got.spi, 1000 + i * 7919 % 5003);
	}
	assert_false(missiu_sa_next(r.a, &cursor, &got, NULL));
	rig_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_algorithm_and_shape),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_tfc_padding),
		cmocka_unit_test(test_tfc_padding_needs_room),
		cmocka_unit_test(test_short_icvs),
		cmocka_unit_test(test_layout_of_a_packet),
		cmocka_unit_test(test_transport_keeps_header_chains),
		cmocka_unit_test(test_vector_keeps_order_across_sas_and_chunks),
		cmocka_unit_test(test_esn_crosses_32_bits),
		cmocka_unit_test(test_dscp_and_ecn_are_copied_out),
		cmocka_unit_test(test_ecn_on_the_way_in),
		cmocka_unit_test(test_df_and_id_of_outer_ipv4),
		cmocka_unit_test(
			test_transport_behind_nat_gets_its_checksum_fixed),
		cmocka_unit_test(test_bound_tunnel_sa_follows_nat),
		cmocka_unit_test(test_open_far_end_is_chosen_by_selectors),
		cmocka_unit_test(test_manual_sa_serves_both_ways),
		cmocka_unit_test(test_newest_sa_is_used),
		cmocka_unit_test(test_walk_in_order_of_installation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
