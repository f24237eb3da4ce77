/* SPDX-License-Identifier: Apache-2.0 */
/* Two engines and a path that cannot carry everything. */
#include "ipsec_rig.h"

#include "ipsec/frag.h"

#define N_OF(a)	 (sizeof(a) / sizeof((a)[0]))
#define BUF	 (MISSIU_HEADROOM + 65535 + MISSIU_TAILROOM)
#define WIRE_MAX 512
#define MIN6	 1280

/* Packets between the engines, in the order they were sent. */
struct wire {
	uint8_t *p[WIRE_MAX];
	size_t len[WIRE_MAX];
	size_t n;
};

static void wire_put(struct wire *w, const struct missiu_pkt *k)
{
	assert_true(w->n < WIRE_MAX);
	w->p[w->n] = malloc(k->len);
	assert_non_null(w->p[w->n]);
	memcpy(w->p[w->n], k->data, k->len);
	w->len[w->n++] = k->len;
}

static void wire_clear(struct wire *w)
{
	while (w->n)
		free(w->p[--w->n]);
}

static void wire_reverse(struct wire *w)
{
	for (size_t i = 0; i < w->n / 2; i++) {
		size_t j = w->n - 1 - i, len = w->len[i];
		uint8_t *p = w->p[i];

		w->p[i] = w->p[j];
		w->len[i] = w->len[j];
		w->p[j] = p;
		w->len[j] = len;
	}
}

static struct missiu_pkt buffer(const uint8_t *data, size_t len)
{
	struct missiu_pkt k = { .cap = BUF, .len = len };

	k.head = malloc(BUF);
	assert_non_null(k.head);
	k.data = k.head + MISSIU_HEADROOM;
	if (len)
		memcpy(k.data, data, len);
	return k;
}

/* What an engine has beyond the first packet. */
static void fetch(struct missiu *m, enum missiu_dir dir, struct wire *out,
		  missiu_usec now)
{
	struct missiu_pkt k[3], *v[3];
	size_t done, good;

	do {
		for (size_t i = 0; i < 3; i++) {
			k[i] = buffer(NULL, 0);
			v[i] = &k[i];
		}
		good = missiu_fragments(m, dir, v, 3, &done, now);
		assert_true(good <= done && done <= 3);
		for (size_t i = 0; i < good; i++)
			wire_put(out, v[i]);
		for (size_t i = 0; i < 3; i++)
			free(k[i].head);
	} while (done == 3);
}

/* One packet in, all that comes of it out; Return: its verdict. */
static enum missiu_verdict through(struct missiu *m, enum missiu_dir dir,
				   const uint8_t *data, size_t len,
				   struct wire *out, missiu_usec now)
{
	struct missiu_pkt k = buffer(data, len), *v = &k;
	enum missiu_verdict verdict;
	size_t good;

	good = dir == MISSIU_OUT ? missiu_outbound(m, &v, 1, now) :
				   missiu_inbound(m, &v, 1, now);
	verdict = k.verdict;
	assert_int_equal(good,
			 verdict == MISSIU_V_DONE || verdict == MISSIU_V_CLEAR);
	if (good || verdict == MISSIU_V_REPLY)
		wire_put(out, &k);
	fetch(m, dir, out, now);
	free(k.head);
	return verdict;
}

/* UDP from A to B, of @len bytes in all. */
static uint8_t *packet(const struct rig *r, size_t len, bool df)
{
	struct missiu_addr s = rig_inner(&r->c, 'a'), d = rig_inner(&r->c, 'b');
	size_t hdr = s.family == 4 ? 20 : 40;
	uint8_t *p = malloc(len), *body = calloc(1, len);
	struct ip_info ip;

	assert_non_null(p);
	assert_non_null(body);
	for (size_t i = 8; i < len - hdr; i++)
		body[i] = (uint8_t)(i * 13 + (i >> 8));
	store_be16(body, 7);
	store_be16(body + 2, 9);
	store_be16(body + 4, (uint16_t)(len - hdr));
	store_be16(body + 6, 1);
	put_ip(p, &s, &d, IP_P_UDP, body, len - hdr);
	if (s.family == 4) {
		store_be16(p + 6, df ? 0x4000 : 0);
		ip4_finish(p, len);
	}
	assert_int_equal(ip_parse(p, len, &ip), 0);
	ip_fix_checksum(p, &ip);
	free(body);
	return p;
}

static void link_mtu(struct rig *r, uint32_t mtu)
{
	missiu_set_mtu(r->a, mtu);
	missiu_set_mtu(r->b, mtu);
}

static void assert_fits(const struct wire *w, uint32_t mtu)
{
	for (size_t i = 0; i < w->n; i++)
		assert_true(w->len[i] <= mtu);
}

/* All of @w into B; Return: how many packets came out. */
static size_t arrive(struct rig *r, const struct wire *w, struct wire *out)
{
	for (size_t i = 0; i < w->n; i++)
		through(r->b, MISSIU_IN, w->p[i], w->len[i], out, r->now);
	return out->n;
}

/* --- the largest packet, and one more --------------------------------------- */

static uint32_t outer_header(const struct combo *c)
{
	return (c->outer == 6 ? 40U : 20U) + (c->encap ? 8U : 0U);
}

/* AES-GCM: SPI and number 8, IV 8, ICV 16; blocks of 4 with a trailer of 2. */
static uint32_t room_of(const struct combo *c, uint32_t mtu)
{
	uint32_t text = mtu - outer_header(c) - 32;

	text -= text % 4;
	return text - 2 +
	       (c->mode == MISSIU_TRANSPORT ? (c->outer == 6 ? 40U : 20U) : 0);
}

static const struct combo paths[] = {
	{ .mode = MISSIU_TUNNEL },
	{ .mode = MISSIU_TUNNEL, .encap = true },
	{ .mode = MISSIU_TUNNEL, .inner = 6 },
	{ .mode = MISSIU_TUNNEL, .inner = 6, .outer = 6 },
	{ .mode = MISSIU_TUNNEL, .outer = 6 },
	{ .mode = MISSIU_TUNNEL, .outer = 6, .encap = true },
	{ .mode = MISSIU_TRANSPORT },
	{ .mode = MISSIU_TRANSPORT, .encap = true },
	{ .mode = MISSIU_TRANSPORT, .inner = 6, .outer = 6 },
	{ .mode = MISSIU_TRANSPORT, .inner = 6, .outer = 6, .encap = true },
};

static void test_sender_is_told_what_passes(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(paths); i++) {
		uint32_t room = room_of(&paths[i], 1500), told;
		bool v6 = paths[i].inner == 6;
		struct wire out = { .n = 0 };
		struct ip_info ip;
		uint8_t *p;
		struct rig r;

		rig_start(&r, &paths[i]);
		link_mtu(&r, 1500);
		p = packet(&r, room, true);
		assert_int_equal(through(r.a, MISSIU_OUT, p, room, &out, r.now),
				 MISSIU_V_DONE);
		assert_int_equal(out.n, 1);
		assert_true(out.len[0] > 1500 - 4 && out.len[0] <= 1500);
		wire_clear(&out);
		free(p);
		p = packet(&r, room + 1, true);
		assert_int_equal(
			through(r.a, MISSIU_OUT, p, room + 1, &out, r.now),
			MISSIU_V_REPLY);
		assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_TOO_BIG), 1);
		assert_int_equal(rig_all_drops(r.a), 1);
		assert_int_equal(out.n, 1);
		assert_int_equal(ip_parse(out.p[0], out.len[0], &ip), 0);
		assert_int_equal(ip.proto, v6 ? IP_P_ICMP6 : IP_P_ICMP);
		told = v6 ? load_be32(out.p[0] + 44) : load_be16(out.p[0] + 26);
		assert_int_equal(told, room);
		wire_clear(&out);
		free(p);
		rig_stop(&r);
	}
}

static void test_told_at_most_so_often(void **state)
{
	struct combo c = { 0 };
	struct missiu_stats s;
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	link_mtu(&r, 1500);
	p = packet(&r, 1500, true);
	for (int i = 0; i < 200; i++) {
		struct wire out = { .n = 0 };

		through(r.a, MISSIU_OUT, p, 1500, &out, r.now);
		wire_clear(&out);
	}
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.too_big_sent, 64);
	assert_int_equal(s.drops[MISSIU_DROP_OUT_TOO_BIG], 200);
	free(p);
	rig_stop(&r);
}

/* --- sizes ------------------------------------------------------------------ */

/* A packet that may be cut reaches B, whole or in its fragments. */
static void cut_and_carry(struct rig *r, size_t len, uint32_t mtu, bool back)
{
	struct wire w = { .n = 0 }, got = { .n = 0 }, host = { .n = 0 };
	uint64_t drops = rig_all_drops(r->b);
	uint8_t *p = packet(r, len, false);
	size_t hdr = p[0] >> 4 == 4 ? 20 : 40;

	assert_int_equal(through(r->a, MISSIU_OUT, p, len, &w, r->now),
			 MISSIU_V_DONE);
	assert_fits(&w, mtu);
	if (back)
		wire_reverse(&w);
	arrive(r, &w, &got);
	assert_true(got.n > 0);
	/* What B's host makes of it: another engine without policies. */
	if (got.n == 1) {
		assert_int_equal(got.len[0], len);
		assert_memory_equal(got.p[0] + hdr, p + hdr, len - hdr);
	} else {
		struct missiu *m = rig_engine();
		struct missiu_policy ports = rig_policy(&r->c, 'b');

		/* ports: it must put them together to see */
		ports.action = MISSIU_BYPASS;
		ports.mode = ports.n_prot = 0;
		ports.tun_local = ports.tun_remote = (struct missiu_addr){ 0 };
		ports.local.proto = ports.remote.proto = IP_P_UDP;
		ports.local.port_lo = ports.local.port_hi = 9;
		rig_add_policy(m, &ports);
		for (size_t i = 0; i < got.n; i++)
			through(m, MISSIU_IN, got.p[i], got.len[i], &host,
				r->now);
		if (host.n != 1)
			fail_msg("%zu bytes, MTU %u: %zu of %zu", len, mtu,
				 host.n, got.n);
		assert_int_equal(host.len[0], len);
		assert_memory_equal(host.p[0] + hdr, p + hdr, len - hdr);
		missiu_free(m);
	}
	assert_int_equal(rig_all_drops(r->b), drops);
	wire_clear(&w);
	wire_clear(&got);
	wire_clear(&host);
	free(p);
}

static void test_every_size_gets_through(void **state)
{
	static const uint32_t mtus[] = { 576, 1280, 1500, 9000 };
	static const size_t sizes[] = {
		100,  500,  575,  576,	1279, 1280,  1281,  1499,  1500,
		1501, 2000, 8999, 9028, 9100, 20000, 40000, 65400, 65535
	};

	(void)state;
	for (size_t i = 0; i < N_OF(paths); i++)
		for (size_t j = 0; j < N_OF(mtus); j++) {
			struct combo wide = paths[i], *c = &wide;
			struct rig r;

			/* IPv6 is not cut on its way, see below. */
			if (c->inner == 6 || (c->outer == 6 && mtus[j] < MIN6))
				continue;
			wide.window = 512; /* for those in reverse order */
			rig_start(&r, c);
			link_mtu(&r, mtus[j]);
			for (size_t k = 0; k < N_OF(sizes); k++) {
				size_t max = room_of(c, 65535);

				/* transport: it must fit into one packet */
				if (c->mode == MISSIU_TRANSPORT &&
				    sizes[k] > max)
					continue;
				cut_and_carry(&r, sizes[k], mtus[j], k & 1);
			}
			assert_int_equal(rig_all_drops(r.a), 0);
			rig_stop(&r);
		}
}

/* A has fragments of its host: transport mode puts them together. */
static void test_fragments_of_the_host_get_through(void **state)
{
	static const size_t sizes[] = { 1600, 9028, 9048, 65000 };

	(void)state;
	for (size_t i = 0; i < N_OF(paths); i++)
		for (size_t j = 0; j < N_OF(sizes); j++) {
			struct wire in = { .n = 0 }, w = { .n = 0 },
				    got = { .n = 0 };
			struct frag_queue q;
			struct missiu_pkt k;
			struct ip_info ip;
			uint8_t *p;
			struct rig r;
			bool lost;

			rig_start(&r, &paths[i]);
			link_mtu(&r, 1500);
			p = packet(&r, sizes[j], false);
			k = buffer(p, sizes[j]);
			frag_queue_init(&q);
			assert_int_equal(ip_parse(k.data, k.len, &ip), 0);
			assert_int_equal(frag_cut(&q, &k, &ip, 1400, 99), 0);
			do
				wire_put(&in, &k);
			while (frag_queue_get(&q, &k, &lost));
			free(k.head);
			for (size_t n = 0; n < in.n; n++)
				through(r.a, MISSIU_OUT, in.p[n], in.len[n], &w,
					r.now);
			assert_fits(&w, 1500);
			arrive(&r, &w, &got);
			if (paths[i].mode == MISSIU_TRANSPORT) {
				size_t hdr = ip.family == 4 ? 20 : 40;

				assert_int_equal(got.n, 1);
				assert_int_equal(got.len[0], sizes[j]);
				assert_memory_equal(got.p[0] + hdr, p + hdr,
						    sizes[j] - hdr);
			} else {
				assert_int_equal(got.n, in.n);
				for (size_t n = 0; n < in.n; n++)
					assert_memory_equal(got.p[n], in.p[n],
							    in.len[n]);
			}
			assert_int_equal(rig_all_drops(r.a), 0);
			assert_int_equal(rig_all_drops(r.b), 0);
			wire_clear(&in);
			wire_clear(&w);
			wire_clear(&got);
			free(p);
			rig_stop(&r);
		}
}

/* RFC 8200 5: no link may refuse these; RFC 2473 7.1. */
static void test_ipv6_of_1280_bytes_is_cut_outside(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(paths); i++) {
		const struct combo *c = &paths[i];
		uint32_t mtu = c->outer == 6 ? MIN6 : 576;
		struct wire w = { .n = 0 }, got = { .n = 0 };
		uint8_t *p;
		struct rig r;

		if (c->inner != 6)
			continue;
		rig_start(&r, c);
		link_mtu(&r, mtu);
		p = packet(&r, MIN6, true);
		assert_int_equal(through(r.a, MISSIU_OUT, p, MIN6, &w, r.now),
				 MISSIU_V_DONE);
		assert_true(w.n > 1);
		assert_fits(&w, mtu);
		assert_int_equal(arrive(&r, &w, &got), 1);
		assert_int_equal(got.len[0], MIN6);
		assert_memory_equal(got.p[0], p, MIN6);
		free(p);
		wire_clear(&w);
		wire_clear(&got);
		/* one more is refused with just that */
		p = packet(&r, MIN6 + 1, true);
		assert_int_equal(
			through(r.a, MISSIU_OUT, p, MIN6 + 1, &w, r.now),
			MISSIU_V_REPLY);
		assert_int_equal(load_be32(w.p[0] + 44), MIN6);
		free(p);
		wire_clear(&w);
		rig_stop(&r);
	}
}

/* --- DF --------------------------------------------------------------------- */

static void start_with(struct rig *r, const struct combo *c, uint8_t flags)
{
	struct missiu_change v[2] = { { .kind = MISSIU_CHG_FLUSH_POLICY },
				      { .kind = MISSIU_CHG_ADD_POLICY } };

	rig_start(r, c);
	v[1].policy = rig_policy(&r->c, 'a');
	v[1].policy.flags = flags;
	assert_int_equal(missiu_load(r->a, v, 2, r->now, NULL, NULL), 0);
	rig_drain(r->a);
}

static void test_df_of_outer_headers(void **state)
{
	static const struct {
		uint8_t flags, inner;
		bool df, outer;
	} rows[] = {
		{ 0, 4, false, false },
		{ 0, 4, true, true },
		{ 0, 6, false, true },
		{ MISSIU_POL_DF_SET, 4, false, true },
		{ MISSIU_POL_DF_SET, 4, true, true },
		{ MISSIU_POL_DF_SET, 6, false, true },
		{ MISSIU_POL_DF_CLEAR, 4, false, false },
		{ MISSIU_POL_DF_CLEAR, 4, true, false },
		{ MISSIU_POL_DF_CLEAR, 6, false, false },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct combo c = { .inner = rows[i].inner };
		struct wire w = { .n = 0 };
		uint8_t *p;
		struct rig r;

		start_with(&r, &c, rows[i].flags);
		p = packet(&r, 200, rows[i].df);
		assert_int_equal(through(r.a, MISSIU_OUT, p, 200, &w, r.now),
				 MISSIU_V_DONE);
		assert_int_equal(load_be16(w.p[0] + 6),
				 rows[i].outer ? 0x4000 : 0);
		wire_clear(&w);
		free(p);
		rig_stop(&r);
	}
}

static void test_df_clear_cuts_what_is_too_large(void **state)
{
	(void)state;
	for (uint8_t inner = 4; inner <= 6; inner += 2) {
		struct combo c = { .inner = inner };
		struct wire w = { .n = 0 }, got = { .n = 0 };
		uint8_t *p;
		struct rig r;

		start_with(&r, &c, MISSIU_POL_DF_CLEAR);
		link_mtu(&r, 1500);
		p = packet(&r, 3000, true);
		assert_int_equal(through(r.a, MISSIU_OUT, p, 3000, &w, r.now),
				 MISSIU_V_DONE);
		assert_int_equal(w.n, 3);
		assert_fits(&w, 1500);
		assert_int_equal(arrive(&r, &w, &got), 1);
		assert_int_equal(got.len[0], 3000);
		assert_memory_equal(got.p[0], p, 3000);
		wire_clear(&w);
		wire_clear(&got);
		free(p);
		rig_stop(&r);
	}
}

static void test_bad_flags_are_refused(void **state)
{
	struct combo c = { 0 };
	struct missiu_change v = { .kind = MISSIU_CHG_ADD_POLICY };
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	v.policy = rig_policy(&r.c, 'a');
	v.policy.flags = MISSIU_POL_DF_SET | MISSIU_POL_DF_CLEAR;
	assert_int_equal(missiu_load(r.a, &v, 1, 0, NULL, NULL), MISSIU_EINVAL);
	rig_stop(&r);
}

/* --- ports ------------------------------------------------------------------ */

/* Policies for UDP to port 9 of B, and nothing else. */
static void start_ports(struct rig *r, const struct combo *c)
{
	struct missiu_change v[2] = { { .kind = MISSIU_CHG_FLUSH_POLICY },
				      { .kind = MISSIU_CHG_ADD_POLICY } };

	rig_start(r, c);
	for (const char *who = "ab"; *who; who++) {
		struct missiu_policy *p = &v[1].policy;
		struct missiu_ts *b;

		*p = rig_policy(&r->c, *who);
		p->local.proto = p->remote.proto = IP_P_UDP;
		b = *who == 'a' ? &p->remote : &p->local;
		b->port_lo = b->port_hi = 9;
		assert_int_equal(missiu_load(*who == 'a' ? r->a : r->b, v, 2,
					     r->now, NULL, NULL),
				 0);
	}
	rig_drain(r->a);
	rig_drain(r->b);
}

/* The host's fragments of one packet, last first. */
static void fragments_of(const uint8_t *p, size_t len, struct wire *out)
{
	struct missiu_pkt k = buffer(p, len);
	struct frag_queue q;
	struct ip_info ip;
	bool lost;

	frag_queue_init(&q);
	assert_int_equal(ip_parse(k.data, k.len, &ip), 0);
	assert_int_equal(frag_cut(&q, &k, &ip, 1400, 99), 0);
	do
		wire_put(out, &k);
	while (frag_queue_get(&q, &k, &lost));
	wire_reverse(out);
	free(k.head);
}

static void test_policy_with_ports_sees_whole_packets(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(paths); i++) {
		struct wire in = { .n = 0 }, w = { .n = 0 }, got = { .n = 0 };
		bool v6 = paths[i].inner == 6;
		size_t hdr = v6 ? 40 : 20;
		uint8_t *p;
		struct rig r;

		start_ports(&r, &paths[i]);
		link_mtu(&r, 1500);
		p = packet(&r, 9000, false);
		fragments_of(p, 9000, &in);
		for (size_t n = 0; n < in.n; n++)
			through(r.a, MISSIU_OUT, in.p[n], in.len[n], &w, r.now);
		assert_fits(&w, 1500);
		assert_int_equal(arrive(&r, &w, &got), 1);
		assert_int_equal(got.len[0], 9000);
		assert_memory_equal(got.p[0] + hdr, p + hdr, 9000 - hdr);
		wire_clear(&w);
		wire_clear(&got);
		/* what came whole is not cut inside, either */
		if (!v6) {
			through(r.a, MISSIU_OUT, p, 9000, &w, r.now);
			assert_fits(&w, 1500);
			if (r.c.outer == 4)
				assert_int_equal(load_be16(w.p[0] + 6), 0x2000);
			else
				assert_int_equal(w.p[0][6], IP_P_FRAGMENT);
			assert_int_equal(arrive(&r, &w, &got), 1);
			assert_int_equal(got.len[0], 9000);
		}
		assert_int_equal(rig_all_drops(r.a), 0);
		assert_int_equal(rig_all_drops(r.b), 0);
		wire_clear(&in);
		wire_clear(&w);
		wire_clear(&got);
		free(p);
		rig_stop(&r);
	}
}

/* The policy has none, but the SA was negotiated for some. */
static void test_sa_with_ports_sees_whole_packets(void **state)
{
	struct combo c = { 0 };
	struct wire in = { .n = 0 }, w = { .n = 0 }, got = { .n = 0 };
	struct missiu_addr a, b;
	struct missiu_sa sa;
	uint8_t *p;
	struct rig r, s;

	(void)state;
	rig_start(&r, &c); /* A sends fragments in the tunnel */
	rig_open(&s, &c);
	a = rig_inner(&s.c, 'a');
	b = rig_inner(&s.c, 'b');
	sa = rig_sa(&s.c, 'a', MISSIU_IN);
	sa.n_ts_src = sa.n_ts_dst = 1;
	sa.ts_src[0] = ts_host(&a);
	sa.ts_dst[0] = ts_host(&b);
	sa.ts_dst[0].proto = sa.ts_src[0].proto = IP_P_UDP;
	sa.ts_dst[0].port_lo = sa.ts_dst[0].port_hi = 9;
	rig_add_sa(s.b, &sa, s.now);
	p = packet(&r, 4000, false);
	fragments_of(p, 4000, &in);
	for (size_t n = 0; n < in.n; n++)
		through(r.a, MISSIU_OUT, in.p[n], in.len[n], &w, r.now);
	assert_int_equal(arrive(&s, &w, &got), 1);
	assert_int_equal(got.len[0], 4000);
	wire_clear(&in);
	wire_clear(&w);
	wire_clear(&got);
	free(p);
	rig_stop(&r);
	rig_stop(&s);
}

/* Fragments of a flow use the flow's SA: it is asked for with its ports. */
static void test_unique_sa_is_asked_for_with_ports(void **state)
{
	struct missiu_change v[2] = { { .kind = MISSIU_CHG_FLUSH_POLICY },
				      { .kind = MISSIU_CHG_ADD_POLICY } };
	struct combo c = { 0 };
	struct wire in = { .n = 0 }, w = { .n = 0 };
	struct missiu_event ev;
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	v[1].policy = rig_policy(&r.c, 'a');
	v[1].policy.flags = MISSIU_POL_UNIQUE;
	assert_int_equal(missiu_load(r.a, v, 2, r.now, NULL, NULL), 0);
	rig_drain(r.a);
	p = packet(&r, 4000, false);
	fragments_of(p, 4000, &in);
	for (size_t n = 0; n < in.n; n++)
		through(r.a, MISSIU_OUT, in.p[n], in.len[n], &w, r.now);
	assert_int_equal(w.n, 0);
	assert_true(missiu_event_next(r.a, &ev));
	assert_int_equal(ev.kind, MISSIU_EV_ACQUIRE);
	assert_int_equal(ev.pkt_dst.port_lo, 9);
	assert_int_equal(ev.pkt_dst.port_hi, 9);
	assert_false(missiu_event_next(r.a, &ev));
	wire_clear(&in);
	free(p);
	rig_stop(&r);
}

/*
 * The peer put its fragments into the tunnel one by one: they are permitted
 * together; IPv6 goes on in fragments as large as they were.
 */
static void test_fragments_inside_are_permitted_as_a_whole(void **state)
{
	(void)state;
	for (int good = 0; good < 2; good++)
		for (uint8_t inner = 4; inner <= 6; inner += 2) {
			struct combo c = { .inner = inner };
			struct wire in = { .n = 0 }, w = { .n = 0 },
				    got = { .n = 0 };
			uint8_t *p;
			struct rig r, s;

			rig_start(&r, &c);   /* A: no ports */
			start_ports(&s, &c); /* B: ports */
			p = packet(&r, 4000, false);
			p[(inner == 4 ? 20 : 40) + 3] = good ? 9 : 10;
			fragments_of(p, 4000, &in);
			for (size_t n = 0; n < in.n; n++)
				through(r.a, MISSIU_OUT, in.p[n], in.len[n], &w,
					r.now);
			assert_int_equal(w.n, in.n);
			arrive(&s, &w, &got);
			if (!good) {
				assert_int_equal(got.n, 0);
				assert_int_equal(
					rig_drops(s.b, MISSIU_DROP_IN_NO_POLS),
					1);
			} else if (inner == 4) {
				assert_int_equal(got.n, 1);
				assert_int_equal(got.len[0], 4000);
			} else {
				assert_int_equal(got.n, in.n);
				assert_fits(&got, 1400);
			}
			/* every fragment counts as authentic: no replays */
			arrive(&s, &w, &got);
			assert_int_equal(
				rig_drops(s.b, MISSIU_DROP_IN_STATE_SEQ), w.n);
			wire_clear(&in);
			wire_clear(&w);
			wire_clear(&got);
			free(p);
			rig_stop(&r);
			rig_stop(&s);
		}
}

/* Clear packets that had to be put together leave as fragments again. */
static void test_clear_packets_are_cut_again(void **state)
{
	struct combo c = { 0 };
	struct wire in = { .n = 0 }, w = { .n = 0 };
	struct missiu_change v = { .kind = MISSIU_CHG_FLUSH_POLICY };
	struct missiu_policy pol;
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	assert_int_equal(missiu_load(r.a, &v, 1, 0, NULL, NULL), 0);
	pol = rig_policy(&r.c, 'a');
	pol.local.proto = pol.remote.proto = IP_P_UDP;
	pol.remote.port_lo = pol.remote.port_hi = 10;
	rig_add_policy(r.a, &pol);
	link_mtu(&r, 1500);
	p = packet(&r, 4000, false);
	fragments_of(p, 4000, &in);
	for (size_t n = 0; n < in.n; n++)
		through(r.a, MISSIU_OUT, in.p[n], in.len[n], &w, r.now);
	assert_int_equal(w.n, 3);
	assert_fits(&w, 1500);
	assert_int_equal(rig_all_drops(r.a), 0);
	wire_clear(&in);
	wire_clear(&w);
	free(p);
	rig_stop(&r);
}

/* --- outer fragments -------------------------------------------------------- */

static void test_lost_fragment_is_given_up_by_the_tick(void **state)
{
	struct combo c = { .mode = MISSIU_TRANSPORT };
	struct wire w = { .n = 0 }, got = { .n = 0 };
	missiu_usec next;
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	link_mtu(&r, 576);
	p = packet(&r, 2000, false);
	through(r.a, MISSIU_OUT, p, 2000, &w, r.now);
	assert_int_equal(w.n, 4);
	free(w.p[--w.n]);
	assert_int_equal(arrive(&r, &w, &got), 0);
	next = missiu_tick(r.b, r.now + 14 * SEC + 500000);
	assert_int_equal(next, r.now + 15 * SEC);
	missiu_tick(r.b, r.now + 15 * SEC);
	assert_int_equal(rig_drops(r.b, MISSIU_DROP_REASM_TIMEOUT), 3);
	wire_clear(&w);
	wire_clear(&got);
	free(p);
	rig_stop(&r);
}

static void test_overlapping_outer_fragments_are_dropped(void **state)
{
	struct combo c = { .mode = MISSIU_TRANSPORT };
	struct wire w = { .n = 0 }, got = { .n = 0 };
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	link_mtu(&r, 576);
	p = packet(&r, 1000, false);
	through(r.a, MISSIU_OUT, p, 1000, &w, r.now);
	assert_int_equal(w.n, 2);
	through(r.b, MISSIU_IN, w.p[0], w.len[0], &got, r.now);
	w.p[0][100] ^= 1;
	arrive(&r, &w, &got);
	assert_int_equal(got.n, 0);
	assert_int_equal(rig_drops(r.b, MISSIU_DROP_REASM_OVERLAP), 3);
	wire_clear(&w);
	free(p);
	rig_stop(&r);
}

/* Fragments of UDP concern only a host with SAs in UDP. */
static void test_udp_fragments_without_such_sas_are_clear(void **state)
{
	(void)state;
	for (int encap = 0; encap < 2; encap++) {
		struct combo c = { .mode = MISSIU_TUNNEL, .encap = encap };
		struct missiu_addr s = rig_addr("203.0.113.1"),
				   d = rig_addr("203.0.113.2");
		struct wire got = { .n = 0 };
		uint8_t p[200];
		size_t n = put_udp(p, &s, &d, 53, 4500, 72);
		struct rig r;

		rig_start(&r, &c);
		store_be16(p + 6, 3);
		ip4_finish(p, n);
		assert_int_equal(through(r.b, MISSIU_IN, p, n, &got, r.now),
				 encap ? MISSIU_V_HELD : MISSIU_V_CLEAR);
		wire_clear(&got);
		rig_stop(&r);
	}
}

/* --- what routers say ------------------------------------------------------- */

/* An ICMP message from a router about @bad, first @quote bytes of it. */
static size_t router_says(uint8_t *p, const uint8_t *bad, size_t quote,
			  uint32_t mtu)
{
	bool v6 = bad[0] >> 4 == 6;
	struct missiu_addr router =
		rig_addr(v6 ? "2001:db8:9::9" : "198.51.100.9");
	struct missiu_addr us =
		addr_from_bytes(v6 ? 6 : 4, bad + (v6 ? 8 : 12));
	uint8_t body[1300] = { v6 ? 2 : 3, v6 ? 0 : 4 };
	size_t n;

	store_be32(body + 4, mtu);
	memcpy(body + 8, bad, quote);
	store_be16(body + 2,
		   ip_fold(ip_sum(body, 8 + quote,
				  v6 ? ip_pseudo_sum(&router, &us, IP_P_ICMP6,
						     8 + quote) :
				       0)));
	n = put_ip(p, &router, &us, v6 ? IP_P_ICMP6 : IP_P_ICMP, body,
		   8 + quote);
	return n;
}

static enum missiu_verdict hear(struct rig *r, const uint8_t *bad, size_t quote,
				uint32_t mtu)
{
	struct wire got = { .n = 0 };
	enum missiu_verdict verdict;
	uint8_t p[1400];
	size_t n = router_says(p, bad, quote, mtu);

	verdict = through(r->a, MISSIU_IN, p, n, &got, r->now);
	wire_clear(&got);
	return verdict;
}

/* The size at which A begins to refuse, found by asking. */
static uint32_t limit_of(struct rig *r, uint32_t mtu)
{
	uint32_t room = room_of(&r->c, mtu), told;
	struct wire w = { .n = 0 };
	uint8_t *p = packet(r, 1460, true);

	assert_true(room < 1460);
	r->now += SEC;
	assert_int_equal(through(r->a, MISSIU_OUT, p, 1460, &w, r->now),
			 MISSIU_V_REPLY);
	told = p[0] >> 4 == 6 ? load_be32(w.p[0] + 44) : load_be16(w.p[0] + 26);
	wire_clear(&w);
	free(p);
	return told;
}

static void test_router_lowers_the_mtu_for_a_while(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(paths); i++) {
		const struct combo *c = &paths[i];
		struct wire w = { .n = 0 };
		struct missiu_stats s;
		missiu_usec heard;
		struct combo plain = *c;
		uint8_t *p;
		struct rig r;

		if (!plain.encap && plain.mode == MISSIU_TRANSPORT &&
		    plain.outer == 6)
			continue; /* 1462 fit into 1500: as the others */
		rig_start(&r, c);
		if (room_of(&r.c, 1400) < MIN6 && r.c.inner == 6) {
			rig_stop(&r);
			continue;
		}
		link_mtu(&r, 1480);
		p = packet(&r, 1300, true);
		through(r.a, MISSIU_OUT, p, 1300, &w, r.now);
		/* pretend that it was larger */
		if (w.p[0][0] >> 4 == 4)
			ip4_finish(w.p[0], 1480);
		else
			store_be16(w.p[0] + 4, 1440);
		assert_int_equal(limit_of(&r, 1480), room_of(&r.c, 1480));
		heard = r.now;
		assert_int_equal(hear(&r, w.p[0], 100, 1400), MISSIU_V_USED);
		assert_int_equal(limit_of(&r, 1400), room_of(&r.c, 1400));
		/* more is never believed, less is */
		assert_int_equal(hear(&r, w.p[0], 100, 1450), MISSIU_V_USED);
		assert_int_equal(limit_of(&r, 1400), room_of(&r.c, 1400));
		missiu_stats_get(r.a, &s);
		assert_int_equal(s.pmtu_learned, 1);
		/* after ten minutes the larger size is tried again */
		r.now = heard + 598 * SEC;
		assert_int_equal(limit_of(&r, 1400), room_of(&r.c, 1400));
		assert_int_equal(limit_of(&r, 1480), room_of(&r.c, 1480));
		wire_clear(&w);
		free(p);
		rig_stop(&r);
	}
}

/* The path is the same, whatever keys its packets have. */
static void
test_a_rekeyed_sa_begins_with_what_the_old_one_was_told(void **state)
{
	(void)state;
	for (int bound = 0; bound < 2; bound++) {
		struct combo c = { 0 };
		struct wire w = { .n = 0 };
		missiu_usec heard;
		struct missiu_sa sa, other;
		uint8_t *p;
		struct rig r;

		rig_open(&r, &c);
		link_mtu(&r, 1480);
		sa = rig_sa(&r.c, 'a', MISSIU_OUT);
		sa.policy_id = bound ? r.pol_a : 0;
		rig_add_sa(r.a, &sa, r.now);
		p = packet(&r, 1300, true);
		through(r.a, MISSIU_OUT, p, 1300, &w, r.now);
		ip4_finish(w.p[0], 1480);
		heard = r.now;
		assert_int_equal(hear(&r, w.p[0], 100, 1400), MISSIU_V_USED);
		/* Another peer's SA has another path. */
		other = sa;
		other.spi++;
		other.dst = rig_addr("192.0.2.77");
		rig_add_sa(r.a, &other, r.now);
		sa.spi += 2;
		rig_add_sa(r.a, &sa, r.now);
		assert_int_equal(missiu_sa_del(r.a, 50, sa.spi - 2, &sa.dst),
				 0);
		assert_int_equal(limit_of(&r, 1400), room_of(&r.c, 1400));
		/* And forgets it when the old one would have. */
		r.now = heard + 599 * SEC;
		assert_int_equal(limit_of(&r, 1480), room_of(&r.c, 1480));
		assert_int_equal(missiu_sa_del(r.a, 50, sa.spi, &sa.dst), 0);
		r.now = heard + 1 * SEC;
		if (bound) /* the policy's other end: as the link has it */
			assert_int_equal(limit_of(&r, 1480),
					 room_of(&r.c, 1480));
		wire_clear(&w);
		free(p);
		rig_stop(&r);
	}
}

/* What cannot be about a packet that we have just sent is not believed. */
static void test_not_every_message_is_believed(void **state)
{
	static const struct {
		const char *what;
		size_t at; /* of the quoted packet */
		uint8_t flip;
		uint32_t mtu;
		enum missiu_verdict verdict;
	} rows[] = {
		{ "below the minimum", 0, 0, 575, MISSIU_V_USED },
		{ "none", 0, 0, 0, MISSIU_V_USED },
		{ "as large as the packet", 0, 0, 1480, MISSIU_V_USED },
		{ "number never sent", 27, 0x40, 1400, MISSIU_V_USED },
		{ "number sent long ago", 24, 0x80, 1400, MISSIU_V_USED },
		{ "other SPI", 23, 1, 1400, MISSIU_V_CLEAR },
		{ "other source", 15, 1, 1400, MISSIU_V_CLEAR },
		{ "other destination", 19, 1, 1400, MISSIU_V_CLEAR },
		{ "other protocol", 9, 1, 1400, MISSIU_V_CLEAR },
		{ "in UDP", 9, 50 ^ 17, 1400, MISSIU_V_CLEAR },
		{ "later fragment", 7, 1, 1400, MISSIU_V_CLEAR },
		{ "no IPv4", 0, 0x20, 1400, MISSIU_V_CLEAR },
	};
	struct combo c = { 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		struct wire w = { .n = 0 };
		uint8_t *p;
		struct rig r;

		rig_start(&r, &c);
		link_mtu(&r, 1480);
		p = packet(&r, 1300, true);
		through(r.a, MISSIU_OUT, p, 1300, &w, r.now);
		ip4_finish(w.p[0], 1480);
		w.p[0][rows[i].at] ^= rows[i].flip;
		if (hear(&r, w.p[0], 28, rows[i].mtu) != rows[i].verdict)
			fail_msg("%s", rows[i].what);
		assert_int_equal(limit_of(&r, 1480), room_of(&r.c, 1480));
		/* the same without damage is */
		w.p[0][rows[i].at] ^= rows[i].flip;
		assert_int_equal(hear(&r, w.p[0], 28, 1400), MISSIU_V_USED);
		assert_int_equal(limit_of(&r, 1400), room_of(&r.c, 1400));
		wire_clear(&w);
		free(p);
		rig_stop(&r);
	}
}

/* A router passes what is no larger than its MTU. */
static void test_mtu_not_below_the_packet_is_not_believed(void **state)
{
	struct combo c = { 0 };
	struct wire w = { .n = 0 };
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	link_mtu(&r, 1480);
	p = packet(&r, 1300, true);
	through(r.a, MISSIU_OUT, p, 1300, &w, r.now);
	ip4_finish(w.p[0], 1400);
	assert_int_equal(hear(&r, w.p[0], 28, 1400), MISSIU_V_USED);
	assert_int_equal(hear(&r, w.p[0], 28, 1401), MISSIU_V_USED);
	assert_int_equal(limit_of(&r, 1480), room_of(&r.c, 1480));
	assert_int_equal(hear(&r, w.p[0], 28, 1399), MISSIU_V_USED);
	assert_int_equal(limit_of(&r, 1399), room_of(&r.c, 1399));
	wire_clear(&w);
	free(p);
	rig_stop(&r);
}

/* A packet that came by our inbound SA was never ours to make smaller. */
static void test_quote_of_an_inbound_sa_is_none_of_ours(void **state)
{
	struct combo c = { 0 };
	struct wire w = { .n = 0 };
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	p = packet(&r, 1300, true);
	through(r.a, MISSIU_OUT, p, 1300, &w, r.now);
	store_be32(w.p[0] + 20, RIG_SPI_BA);
	store_be32(w.p[0] + 24, 0);
	memcpy(w.p[0] + 12, rig_outer(&r.c, 'b').b, 4);
	memcpy(w.p[0] + 16, rig_outer(&r.c, 'a').b, 4);
	assert_int_equal(hear(&r, w.p[0], 28, 1000), MISSIU_V_CLEAR);
	wire_clear(&w);
	free(p);
	rig_stop(&r);
}

static void test_ipv6_routers_cannot_ask_for_less_than_1280(void **state)
{
	struct combo c = { .inner = 4, .outer = 6 };
	struct wire w = { .n = 0 };
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	link_mtu(&r, 1480);
	p = packet(&r, 1400, true);
	through(r.a, MISSIU_OUT, p, 1400, &w, r.now);
	assert_int_equal(hear(&r, w.p[0], 48, 1279), MISSIU_V_USED);
	assert_int_equal(limit_of(&r, 1480), room_of(&r.c, 1480));
	assert_int_equal(hear(&r, w.p[0], 48, 1280), MISSIU_V_USED);
	assert_int_equal(limit_of(&r, 1280), room_of(&r.c, 1280));
	wire_clear(&w);
	free(p);
	rig_stop(&r);
}

static void test_encapsulated_quote_needs_ports_and_spi(void **state)
{
	struct combo c = { .encap = true };
	struct wire w = { .n = 0 };
	uint8_t *p, bare[40];
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	link_mtu(&r, 1480);
	p = packet(&r, 1300, true);
	through(r.a, MISSIU_OUT, p, 1300, &w, r.now);
	/* eight bytes behind the IP header are the UDP header alone */
	assert_int_equal(hear(&r, w.p[0], 28, 1300), MISSIU_V_CLEAR);
	for (size_t at = 20; at < 24; at++) {
		w.p[0][at] ^= 1;
		assert_int_equal(hear(&r, w.p[0], 36, 1300), MISSIU_V_CLEAR);
		w.p[0][at] ^= 1;
	}
	/* the same SPI, but not in UDP */
	memcpy(bare, w.p[0], 20);
	memcpy(bare + 20, w.p[0] + 28, 20);
	bare[9] = IP_P_ESP;
	assert_int_equal(hear(&r, bare, 40, 1300), MISSIU_V_CLEAR);
	assert_int_equal(limit_of(&r, 1480), room_of(&r.c, 1480));
	assert_int_equal(hear(&r, w.p[0], 36, 1300), MISSIU_V_USED);
	assert_int_equal(limit_of(&r, 1300), room_of(&r.c, 1300));
	wire_clear(&w);
	free(p);
	rig_stop(&r);
}

/* --- the rest --------------------------------------------------------------- */

static void test_syn_is_clamped_both_ways(void **state)
{
	static const uint8_t tcp[] = { 3, 232, 0, 80, 0,    0, 0,  1,
				       0, 0,   0, 0,  0x60, 2, 32, 0,
				       0, 0,   0, 0,  2,    4, 5,  180 };

	(void)state;
	for (int off = 0; off < 2; off++)
		for (size_t i = 0; i < N_OF(paths); i++) {
			struct missiu_addr s, d;
			struct wire w = { .n = 0 }, got = { .n = 0 };
			struct ip_info ip;
			uint8_t p[100], q[100];
			size_t n, hdr;
			struct rig r;
			uint32_t mss;

			rig_start(&r, &paths[i]);
			s = rig_inner(&r.c, 'a');
			d = rig_inner(&r.c, 'b');
			hdr = s.family == 4 ? 20 : 40;
			n = put_ip(p, &s, &d, IP_P_TCP, tcp, sizeof(tcp));
			assert_int_equal(ip_parse(p, n, &ip), 0);
			ip_fix_checksum(p, &ip);
			/* one of them knows the narrow interface */
			missiu_set_mtu(off ? r.b : r.a, 1300);
			mss = room_of(&r.c, 1300) - (uint32_t)hdr - 20;
			through(r.a, MISSIU_OUT, p, n, &w, r.now);
			assert_int_equal(arrive(&r, &w, &got), 1);
			assert_int_equal(load_be16(got.p[0] + hdr + 22), mss);
			memcpy(q, got.p[0], n);
			ip_fix_checksum(q, &ip);
			assert_memory_equal(q, got.p[0], n);
			wire_clear(&w);
			wire_clear(&got);
			rig_stop(&r);
		}
}

static void test_clamp_can_be_turned_off(void **state)
{
	const struct missiu_opts o = { .no_mss_clamp = true };
	struct combo c = { 0 };
	struct missiu_stats s;
	struct missiu_sa sa;
	struct missiu_policy pol;
	struct wire w = { .n = 0 };
	uint8_t p[100], tcp[24] = { [12] = 0x60, 2, [20] = 2, 4, 5, 180 };
	struct missiu_addr src, dst;
	struct rig r;
	size_t n;

	(void)state;
	rig_open(&r, &c);
	missiu_free(r.a);
	r.a = missiu_new(&o);
	assert_non_null(r.a);
	pol = rig_policy(&r.c, 'a');
	rig_add_policy(r.a, &pol);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	rig_add_sa(r.a, &sa, r.now);
	missiu_set_mtu(r.a, 1300);
	src = rig_inner(&r.c, 'a');
	dst = rig_inner(&r.c, 'b');
	n = put_ip(p, &src, &dst, IP_P_TCP, tcp, sizeof(tcp));
	assert_int_equal(through(r.a, MISSIU_OUT, p, n, &w, r.now),
			 MISSIU_V_DONE);
	missiu_stats_get(r.a, &s);
	assert_int_equal(s.mss_clamped, 0);
	wire_clear(&w);
	rig_stop(&r);
}

/* What waited for its SA is sent, whatever its size: nobody is told late. */
static void test_held_packets_are_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(paths); i++) {
		struct missiu_pkt k, *v = &k;
		struct wire w = { .n = 0 }, got = { .n = 0 };
		struct missiu_sa sa;
		size_t done;
		uint8_t *p;
		struct rig r;

		rig_open(&r, &paths[i]);
		link_mtu(&r, 1500);
		p = packet(&r, 1500, true);
		assert_int_equal(through(r.a, MISSIU_OUT, p, 1500, &w, r.now),
				 MISSIU_V_HELD);
		sa = rig_sa(&r.c, 'a', MISSIU_OUT);
		rig_add_sa(r.a, &sa, r.now);
		sa.dir = MISSIU_IN;
		rig_add_sa(r.b, &sa, r.now);
		k = buffer(NULL, 0);
		assert_int_equal(missiu_release(r.a, &v, 1, &done, r.now), 1);
		assert_int_equal(done, 1);
		wire_put(&w, &k);
		fetch(r.a, MISSIU_OUT, &w, r.now);
		assert_int_equal(w.n, 2);
		assert_fits(&w, 1500);
		assert_int_equal(arrive(&r, &w, &got), 1);
		assert_int_equal(got.len[0], 1500);
		assert_memory_equal(got.p[0] + 40, p + 40, 1460);
		free(k.head);
		free(p);
		wire_clear(&w);
		wire_clear(&got);
		rig_stop(&r);
	}
}

/* Fragments that wait to be fetched while their policy goes away. */
static void test_pieces_without_policy_are_dropped(void **state)
{
	struct missiu_change flush = { .kind = MISSIU_CHG_FLUSH_POLICY };
	struct combo c = { 0 };
	struct missiu_pkt k, *v = &k;
	struct wire w = { .n = 0 };
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	link_mtu(&r, 1500);
	p = packet(&r, 4000, false);
	k = buffer(p, 4000);
	assert_int_equal(missiu_outbound(r.a, &v, 1, r.now), 1);
	assert_int_equal(missiu_load(r.a, &flush, 1, r.now, NULL, NULL), 0);
	fetch(r.a, MISSIU_OUT, &w, r.now);
	assert_int_equal(w.n, 0);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_FRAGMENT), 2);
	free(k.head);
	free(p);
	rig_stop(&r);
}

static void test_no_limit_unless_told(void **state)
{
	struct combo c = { 0 };
	struct wire w = { .n = 0 };
	uint8_t *p;
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	p = packet(&r, 60000, true);
	assert_int_equal(through(r.a, MISSIU_OUT, p, 60000, &w, r.now),
			 MISSIU_V_DONE);
	assert_int_equal(w.n, 1);
	wire_clear(&w);
	link_mtu(&r, 1500);
	link_mtu(&r, 0);
	assert_int_equal(through(r.a, MISSIU_OUT, p, 60000, &w, r.now),
			 MISSIU_V_DONE);
	wire_clear(&w);
	free(p);
	rig_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sender_is_told_what_passes),
		cmocka_unit_test(test_told_at_most_so_often),
		cmocka_unit_test(test_every_size_gets_through),
		cmocka_unit_test(test_fragments_of_the_host_get_through),
		cmocka_unit_test(test_ipv6_of_1280_bytes_is_cut_outside),
		cmocka_unit_test(test_df_of_outer_headers),
		cmocka_unit_test(test_df_clear_cuts_what_is_too_large),
		cmocka_unit_test(test_bad_flags_are_refused),
		cmocka_unit_test(test_policy_with_ports_sees_whole_packets),
		cmocka_unit_test(test_sa_with_ports_sees_whole_packets),
		cmocka_unit_test(test_unique_sa_is_asked_for_with_ports),
		cmocka_unit_test(
			test_fragments_inside_are_permitted_as_a_whole),
		cmocka_unit_test(test_clear_packets_are_cut_again),
		cmocka_unit_test(test_lost_fragment_is_given_up_by_the_tick),
		cmocka_unit_test(test_overlapping_outer_fragments_are_dropped),
		cmocka_unit_test(test_udp_fragments_without_such_sas_are_clear),
		cmocka_unit_test(test_router_lowers_the_mtu_for_a_while),
		cmocka_unit_test(
			test_a_rekeyed_sa_begins_with_what_the_old_one_was_told),
		cmocka_unit_test(test_not_every_message_is_believed),
		cmocka_unit_test(test_mtu_not_below_the_packet_is_not_believed),
		cmocka_unit_test(test_quote_of_an_inbound_sa_is_none_of_ours),
		cmocka_unit_test(
			test_ipv6_routers_cannot_ask_for_less_than_1280),
		cmocka_unit_test(test_encapsulated_quote_needs_ports_and_spi),
		cmocka_unit_test(test_syn_is_clamped_both_ways),
		cmocka_unit_test(test_clamp_can_be_turned_off),
		cmocka_unit_test(test_held_packets_are_cut),
		cmocka_unit_test(test_pieces_without_policy_are_dropped),
		cmocka_unit_test(test_no_limit_unless_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
