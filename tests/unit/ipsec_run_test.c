/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of alike packets are a shortcut. Whatever is mixed into a vector, each
 * packet must come out as if it had been alone: two pairs of engines with equal
 * seeds do the same work, one by the vector, one packet by packet.
 */
#include "ipsec_rig.h"
#include "crypto/crypt.h"
#include "ipsec/tcp.h"

#define VEC    40
#define ROUNDS 60
#define LEN    1600
#define MTU    1000

static uint32_t dice_state;

/* 0 … n-1 */
static uint32_t dice(uint32_t n)
{
	dice_state = dice_state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)dice_state * n) >> 32);
}

/* --- packets, mostly of one flow, with this and that wrong or different ---- */

static size_t tcp_bytes(uint8_t *out, size_t len)
{
	memset(out, 0, TCP_HDR_LEN + 4);
	store_be16(out, 7);
	store_be16(out + 2, 9);
	out[TCP_DOFF_OFF] = 6 << 4;
	out[TCP_FLAGS_OFF] = TCP_ACK;
	out[TCP_HDR_LEN] = 2; /* MSS 1460 */
	out[TCP_HDR_LEN + 1] = 4;
	store_be16(out + TCP_HDR_LEN + 2, 1460);
	for (size_t i = 0; i < len; i++)
		out[TCP_HDR_LEN + 4 + i] = (uint8_t)(i * 11);
	return TCP_HDR_LEN + 4 + len;
}

static size_t usual(const struct rig *r, bool tcp, uint8_t *out)
{
	struct missiu_addr src = rig_inner(&r->c, 'a');
	struct missiu_addr dst = rig_inner(&r->c, 'b');
	size_t len = dice(4) ? 700 : dice(MTU + 100);
	uint8_t t[LEN];

	if (!tcp)
		return put_udp(out, &src, &dst, 7, 9, len);
	len = tcp_bytes(t, len);
	return put_ip(out, &src, &dst, IP_P_TCP, t, len);
}

enum spoil {
	TOS = 20,
	TTL,
	NO_TTL,
	OTHER_ID,
	DF,
	PIECE,
	PROTO,
	PORT,
	OTHER_HOST,
	OPTIONS,
	SYN,
	TOO_LONG,
	TOO_SHORT,
	VERSION,
	CUT,
	TAIL,
	SPOILS
};

static void options(uint8_t *p, size_t *len)
{
	if (p[0] != 0x45)
		return;
	memmove(p + 24, p + 20, *len - 20);
	memset(p + 20, 1, 4);
	p[0] = 0x46;
	*len += 4;
	ip4_finish(p, *len);
}

/* Most numbers do nothing. */
static void spoil(uint8_t *p, size_t *len, uint32_t how)
{
	bool v4 = p[0] >> 4 == 4;
	size_t hdr = v4 ? 20 : 40, at = v4 ? 2 : 4;
	uint16_t told = load_be16(p + at);

	switch (how) {
	case TOS:
		ip_set_tos(p, (uint8_t)dice(256));
		break;
	case TTL:
		p[v4 ? 8 : 7] = 3;
		break;
	case NO_TTL:
		p[v4 ? 8 : 7] = 0;
		break;
	case OTHER_ID:
		store_be16(p + 4, v4 ? (uint16_t)dice(65536) : told);
		break;
	case DF:
		p[6] = v4 ? 0x40 : p[6];
		break;
	case PIECE:
		p[6] = v4 ? (uint8_t)(0x20 + dice(3)) : IP_P_FRAGMENT;
		break;
	case PROTO:
		p[v4 ? 9 : 6] = IP_P_ESP;
		break;
	case PORT:
		p[hdr + 1 + 2 * dice(2)]++;
		break;
	case OTHER_HOST:
		p[hdr - 1 - dice(8)] ^= 2;
		break;
	case OPTIONS:
		options(p, len);
		break;
	case SYN:
		if (*len > hdr + TCP_HDR_LEN)
			p[hdr + TCP_FLAGS_OFF] |= TCP_SYN;
		break;
	case TOO_LONG:
		store_be16(p + at, (uint16_t)(told + 1 + dice(9)));
		break;
	case TOO_SHORT:
		store_be16(p + at, (uint16_t)dice(told));
		break;
	case VERSION:
		p[0] ^= 0x20;
		break;
	case CUT:
		*len = dice((uint32_t)*len) + 1;
		break;
	case TAIL:
		memset(p + *len, 0x5a, 9);
		*len += 9;
		break;
	default:
		break;
	}
}

/* --- two pairs -------------------------------------------------------------- */

struct twins {
	struct rig one, many;
	struct box one_box[VEC], many_box[VEC];
};

/* In front of the policy that protects: one port is not welcome. */
static void refuse_port(struct missiu *m, const struct combo *c, char who)
{
	const struct missiu_policy prot = rig_policy(c, who);
	struct missiu_change v[] = { { .kind = MISSIU_CHG_FLUSH_POLICY },
				     { .kind = MISSIU_CHG_ADD_POLICY },
				     { .kind = MISSIU_CHG_ADD_POLICY } };
	struct missiu_policy *no = &v[1].policy;

	v[2].policy = prot;
	*no = (struct missiu_policy){ .dirs = MISSIU_IN | MISSIU_OUT,
				      .action = MISSIU_DISCARD,
				      .local = prot.local,
				      .remote = prot.remote };
	no->local.proto = no->remote.proto = IP_P_UDP;
	if (who == 'a')
		no->local.port_lo = no->local.port_hi = 8;
	else
		no->remote.port_lo = no->remote.port_hi = 8;
	assert_int_equal(missiu_load(m, v, 3, 0, NULL, NULL), 0);
	rig_drain(m);
}

static void start(struct twins *t, const struct combo *c)
{
	rig_seed = 7;
	rig_start(&t->one, c);
	rig_seed = 7;
	rig_start(&t->many, c);
	refuse_port(t->one.a, &t->one.c, 'a');
	refuse_port(t->many.a, &t->one.c, 'a');
	refuse_port(t->one.b, &t->one.c, 'b');
	refuse_port(t->many.b, &t->one.c, 'b');
	/* AH authenticates identifications. */
	if (c->ah_auth)
		return;
	missiu_set_mtu(t->one.a, MTU);
	missiu_set_mtu(t->many.a, MTU);
	missiu_set_mtu(t->one.b, MTU);
	missiu_set_mtu(t->many.b, MTU);
}

static void stop(struct twins *t)
{
	rig_stop(&t->one);
	rig_stop(&t->many);
}

/* All but which drop was the last: they come in another order. */
static void same_figures(const struct missiu *a, const struct missiu *b)
{
	struct missiu_policy_stats pa, pb;
	struct missiu_sa_stats sa, sb;
	struct missiu_stats x, y;
	struct missiu_policy p;
	struct missiu_sa s;
	uint64_t ca = 0, cb = 0;

	missiu_stats_get(a, &x);
	missiu_stats_get(b, &y);
	assert_memory_equal(&x, &y, sizeof(x));
	while (missiu_sa_next(a, &ca, &s, &sa)) {
		assert_true(missiu_sa_next(b, &cb, &s, &sb));
		sa.last_drop = sb.last_drop;
		assert_memory_equal(&sa, &sb, sizeof(sa));
	}
	ca = cb = 0;
	while (missiu_policy_next(a, &ca, &p, &pa)) {
		assert_true(missiu_policy_next(b, &cb, &p, &pb));
		pa.last_drop = pb.last_drop;
		assert_memory_equal(&pa, &pb, sizeof(pa));
	}
}

/* Identifications are taken in another order where packets are cut, too. */
static void without_id(struct missiu_pkt *p)
{
	if (p->data[0] >> 4 != 4 || p->data[9] == IP_P_AH)
		return;
	store_be16(p->data + 4, 0);
	store_be16(p->data + 10, 0);
}

static void same_packet(struct missiu_pkt *a, struct missiu_pkt *b)
{
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->drop, b->drop);
	assert_int_equal(a->policy_id, b->policy_id);
	assert_int_equal(a->spi, b->spi);
	if (a->verdict == MISSIU_V_DROP || a->verdict == MISSIU_V_HELD)
		return;
	assert_int_equal(a->len, b->len);
	assert_int_equal(a->data - a->head, b->data - b->head);
	assert_true(a->data[0] >> 4 == 6 ||
		    ip4_sum_ok(a->data) == ip4_sum_ok(b->data));
	without_id(a);
	without_id(b);
	assert_memory_equal(a->data, b->data, a->len);
}

static void forget_pieces(struct missiu *m, enum missiu_dir dir,
			  missiu_usec now)
{
	struct missiu_pkt k[8], *v[8];
	uint8_t *mem = malloc(8 * 70000);
	size_t done;

	assert_non_null(mem);
	do {
		for (size_t i = 0; i < 8; i++) {
			k[i] = (struct missiu_pkt){ .head = mem + i * 70000,
						    .cap = 70000 };
			k[i].data = k[i].head + MISSIU_HEADROOM;
			v[i] = &k[i];
		}
		missiu_fragments(m, dir, v, 8, &done, now);
	} while (done == 8);
	free(mem);
}

typedef size_t work(struct missiu *m, struct missiu_pkt *v[], size_t n,
		    missiu_usec now);

/* One by one, and all at once. */
static void both(struct twins *t, struct missiu *one, struct missiu *many,
		 enum missiu_dir dir)
{
	work *go = dir == MISSIU_OUT ? missiu_outbound : missiu_inbound;
	struct missiu_pkt *v[VEC], *single;
	size_t good = 0, n;

	for (size_t i = 0; i < VEC; i++) {
		single = &t->one_box[i].k;
		good += go(one, &single, 1, t->one.now);
		v[i] = &t->many_box[i].k;
	}
	n = go(many, v, VEC, t->many.now);
	assert_int_equal(n, good);
	for (size_t i = 1; i < n; i++)
		assert_true(v[i - 1] < v[i]); /* their order is kept */
	for (size_t i = 0; i < VEC; i++)
		same_packet(&t->one_box[i].k, &t->many_box[i].k);
	forget_pieces(one, dir, t->one.now);
	forget_pieces(many, dir, t->many.now);
	same_figures(one, many);
}

static void fill(struct twins *t, size_t i, const uint8_t *p, size_t len)
{
	const size_t less = dice(6) ? 0 : dice(MISSIU_TAILROOM);
	struct missiu_pkt *k[] = { &t->one_box[i].k, &t->many_box[i].k };

	box_set(&t->one_box[i], p, len);
	box_set(&t->many_box[i], p, len);
	for (size_t j = 0; j < 2; j++) {
		k[j]->cap -= less;
		/* What is left of a packet that was here before. */
		k[j]->verdict = MISSIU_V_DROP;
		k[j]->drop = MISSIU_DROP_TX_ERROR;
		k[j]->policy_id = k[j]->spi = 77;
	}
}

static void drop_boxes(struct twins *t)
{
	for (size_t i = 0; i < VEC; i++) {
		box_free(&t->one_box[i]);
		box_free(&t->many_box[i]);
	}
}

/*
 * What leaves becomes what arrives, with something done to some of it, but not
 * to sequence numbers: a forged packet with that of another one in the vector
 * counts as a replay or as forged, as it comes.
 */
#define BODY 60
static void carry(struct twins *t)
{
	uint8_t p[LEN];

	for (size_t i = 0; i < VEC; i++) {
		struct missiu_pkt k = t->one_box[i].k;
		size_t len = k.len < LEN - 64 ? k.len : LEN - 64;
		uint32_t how;
		bool v4;

		memcpy(p, k.data, len);
		v4 = p[0] >> 4 == 4;
		if (v4)
			ip4_finish(p, k.len);
		how = dice(2 * SPOILS);
		spoil(p, &len, how == SYN ? 0 : how);
		if (v4 && len >= 20 && dice(2)) {
			store_be16(p + 10, 0);
			store_be16(p + 10, ip_fold(ip_sum(p, 20, 0)));
		}
		if (!dice(8) && len > BODY)
			p[BODY + dice((uint32_t)len - BODY)] ^= 1;
		box_free(&t->one_box[i]);
		box_free(&t->many_box[i]);
		fill(t, i, p, len);
	}
}

static void run(const struct combo *c)
{
	struct twins t;
	uint8_t p[LEN];

	start(&t, c);
	for (unsigned round = 0; round < ROUNDS; round++) {
		bool tcp = dice(2);

		for (size_t i = 0; i < VEC; i++) {
			size_t len = usual(&t.one, tcp, p);

			spoil(p, &len, dice(2 * SPOILS));
			fill(&t, i, p, len);
		}
		both(&t, t.one.a, t.many.a, MISSIU_OUT);
		carry(&t);
		both(&t, t.one.b, t.many.b, MISSIU_IN);
		drop_boxes(&t);
	}
	stop(&t);
}

static const struct combo combos[] = {
	{ .inner = 4, .outer = 4 },
	{ .inner = 4, .outer = 4, .encap = true },
	{ .inner = 6, .outer = 6, .encap = true },
	{ .inner = 6, .outer = 4, .esn = true },
	{ .inner = 4, .outer = 6 },
	{ .tfc = 900 },
	{ .mode = MISSIU_TRANSPORT },
	{ .mode = MISSIU_TRANSPORT, .encap = true },
	{ .mode = MISSIU_TRANSPORT, .inner = 6, .outer = 6 },
	{ .encr = MISSIU_ENCR_AES_CBC, .auth = MISSIU_AUTH_SHA1 },
	{ .encr = MISSIU_ENCR_CHACHA20_POLY1305,
	  .auth = MISSIU_AUTH_NONE,
	  .mode = MISSIU_TRANSPORT },
	{ .encr = MISSIU_ENCR_NULL,
	  .auth = MISSIU_AUTH_SHA256,
	  .ah_auth = MISSIU_AUTH_SHA256,
	  .mode = MISSIU_TRANSPORT,
	  .sa_flags = MISSIU_SA_MANUAL },
};

static void test_a_vector_does_what_its_packets_would_do_alone(void **state)
{
	(void)state;
	dice_state = 1;
	for (size_t i = 0; i < sizeof(combos) / sizeof(combos[0]); i++)
		run(&combos[i]);
}

/* --- packets that no engine of ours would send ------------------------------ */

struct forge {
	struct crypt_key *key[2]; /* of two SAs for one policy */
	uint64_t seq[2];
};

static void forge_start(struct forge *f, struct twins *t)
{
	for (uint32_t i = 0; i < 2; i++) {
		struct missiu_sa sa = rig_sa(&t->one.c, 'a', MISSIU_IN);
		const struct crypt_spec spec = { .encr = sa.encr,
						 .auth = sa.auth,
						 .icv_len = sa.icv_len,
						 .encr_key = sa.encr_key,
						 .encr_key_len =
							 sa.encr_key_len };

		assert_int_equal(crypt_key_new(&spec, &f->key[i], NULL), 0);
		f->seq[i] = 0;
		if (!i)
			continue;
		sa.spi++;
		rig_add_sa(t->one.b, &sa, t->one.now);
		rig_add_sa(t->many.b, &sa, t->many.now);
	}
}

/* The header in front, for @len bytes of ESP. */
static size_t forge_hdr(const struct rig *r, uint8_t *p, size_t len)
{
	struct missiu_addr src = rig_outer(&r->c, 'a');
	struct missiu_addr dst = rig_outer(&r->c, 'b');
	uint8_t body[LEN + 100] = { 0 };

	if (!r->c.encap)
		return put_ip(p, &src, &dst, IP_P_ESP, body, len) - len;
	store_be16(body, 4500);
	store_be16(body + 2, 4500);
	store_be16(body + 4, (uint16_t)(8 + len));
	return put_ip(p, &src, &dst, IP_P_UDP, body, 8 + len) - len;
}

/* ESP around @text, which is @next, by SA number @i. */
static size_t forge(struct forge *f, const struct rig *r, uint8_t *p,
		    const uint8_t *text, size_t len, uint8_t next, uint32_t i)
{
	size_t pad = (4 - (len + 2) % 4) % 4;
	struct crypt_job job = { .text_len = len + pad + 2,
				 .seq = ++f->seq[i] };
	size_t hdr = forge_hdr(r, p, 16 + job.text_len + 16);

	job.esp = p + hdr;
	store_be32(job.esp, RIG_SPI_AB + i);
	store_be32(job.esp + 4, (uint32_t)job.seq);
	memcpy(job.esp + 16, text, len);
	for (size_t k = 0; k < pad; k++)
		job.esp[16 + len + k] = (uint8_t)(k + 1);
	job.esp[16 + len + pad] = (uint8_t)pad;
	job.esp[16 + len + pad + 1] = next;
	crypt_seal(f->key[i], &job, 1);
	assert_int_equal(job.result, 0);
	return hdr + 16 + job.text_len + 16;
}

/* A packet of the flow, something done to it, inside ESP. */
static size_t forge_one(struct forge *f, const struct rig *r, bool tcp,
			uint8_t *p)
{
	bool tunnel = r->c.mode == MISSIU_TUNNEL;
	uint8_t inner[LEN], next = tcp ? IP_P_TCP : IP_P_UDP;
	size_t len = usual(r, tcp, inner), skip = 0;

	spoil(inner, &len, dice(2 * SPOILS));
	if (tunnel)
		next = IP_P_IPIP;
	else
		skip = len < 20 ? len : 20;
	if (!dice(12))
		next = dice(2) ? IP_P_IPV6 : IP_P_UDP;
	return forge(f, r, p, inner + skip, len - skip, next, !dice(4));
}

static void run_forged(const struct combo *c)
{
	uint8_t p[LEN + 200];
	struct forge f;
	struct twins t;

	start(&t, c);
	forge_start(&f, &t);
	for (unsigned round = 0; round < 4 * ROUNDS; round++) {
		bool tcp = dice(2);

		for (size_t i = 0; i < VEC; i++) {
			size_t len = forge_one(&f, &t.one, tcp, p);

			fill(&t, i, p, len);
		}
		both(&t, t.one.b, t.many.b, MISSIU_IN);
		drop_boxes(&t);
	}
	crypt_key_free(f.key[0]);
	crypt_key_free(f.key[1]);
	stop(&t);
}

static void test_what_a_peer_puts_inside_is_judged_one_by_one(void **state)
{
	static const struct combo c[] = {
		{ .inner = 4, .outer = 4 },
		{ .inner = 4, .outer = 4, .encap = true },
		{ .mode = MISSIU_TRANSPORT },
	};

	(void)state;
	dice_state = 2;
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++)
		run_forged(&c[i]);
}

/* The limit falls into the middle of a run. */
static void test_a_run_ends_where_its_sa_does(void **state)
{
	struct missiu_pkt *v[VEC];
	struct combo c = { 0 };
	struct missiu_sa sa;
	struct box b[VEC];
	struct rig r;

	(void)state;
	rig_open(&r, &c);
	sa = rig_sa(&r.c, 'a', MISSIU_OUT);
	sa.hard_packets = 10;
	rig_add_sa(r.a, &sa, r.now);
	for (size_t i = 0; i < VEC; i++) {
		box_ab(&b[i], &r, 100);
		v[i] = &b[i].k;
	}
	assert_int_equal(missiu_outbound(r.a, v, VEC, r.now), 10);
	assert_int_equal(rig_drops(r.a, MISSIU_DROP_OUT_STATE_EXPIRED),
			 VEC - 10);
	for (size_t i = 0; i < VEC; i++)
		box_free(&b[i]);
	rig_stop(&r);
}

/* A packet and its copies in one vector: one of them is good. */
static void test_replays_within_a_run_are_dropped(void **state)
{
	struct missiu_pkt *v[VEC];
	struct combo c = { 0 };
	struct box first, b[VEC];
	struct rig r;

	(void)state;
	rig_start(&r, &c);
	box_sealed(&first, &r, 100);
	for (size_t i = 0; i < VEC; i++) {
		box_set(&b[i], first.k.data, first.k.len);
		v[i] = &b[i].k;
	}
	assert_int_equal(missiu_inbound(r.b, v, VEC, r.now), 1);
	assert_int_equal(rig_drops(r.b, MISSIU_DROP_IN_STATE_SEQ), VEC - 1);
	for (size_t i = 0; i < VEC; i++)
		box_free(&b[i]);
	box_free(&first);
	rig_stop(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_a_vector_does_what_its_packets_would_do_alone),
		cmocka_unit_test(
			test_what_a_peer_puts_inside_is_judged_one_by_one),
		cmocka_unit_test(test_a_run_ends_where_its_sa_does),
		cmocka_unit_test(test_replays_within_a_run_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
