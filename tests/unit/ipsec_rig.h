/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two engines back to back, and packets for them. A and B protect what goes
 * between their inner addresses; in transport mode these are the outer ones.
 */
#ifndef IPSEC_RIG_H
#define IPSEC_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"
#include "crypto/algs.h"
#include "ipsec/ip.h"
#include "missiu/engine.h"

#define RIG_SPI_AB 0x1001
#define RIG_SPI_BA 0x2002
#define SEC	   UINT64_C(1000000)

/* What a pair of SAs looks like; zeros: AES-GCM 16, tunnel, all IPv4. */
struct combo {
	uint8_t encr, auth, icv_len;
	uint8_t proto;	 /* 0: ESP */
	uint8_t ah_auth; /* AH around ESP; 0: none */
	uint8_t mode;
	uint8_t inner, outer; /* 4 or 6 */
	bool esn, encap;
	uint32_t window; /* 0: 64 */
	uint8_t sa_flags;
	uint8_t sa_mode; /* 0: as mode */
	uint16_t tfc;
};

struct rig {
	struct missiu *a, *b;
	struct combo c;
	missiu_usec now;
	uint32_t pol_a, pol_b;
};

/* A packet in a block of memory that is no larger than it must be. */
struct box {
	struct missiu_pkt k;
	uint8_t *orig; /* copy of the packet as it was */
	size_t orig_len;
};

static inline struct missiu_addr rig_addr(const char *text)
{
	struct missiu_addr a = { 0 };

	assert_true(addr_parse(text, &a));
	return a;
}

static inline struct missiu_addr rig_outer(const struct combo *c, char who)
{
	if (c->outer == 6)
		return rig_addr(who == 'a' ? "2001:db8::1" : "2001:db8::2");
	return rig_addr(who == 'a' ? "192.0.2.1" : "192.0.2.2");
}

static inline struct missiu_addr rig_inner(const struct combo *c, char who)
{
	if (c->mode == MISSIU_TRANSPORT)
		return rig_outer(c, who);
	if (c->inner == 6)
		return rig_addr(who == 'a' ? "fd00:a::5" : "fd00:b::7");
	return rig_addr(who == 'a' ? "10.1.0.5" : "10.2.0.7");
}

static inline int rig_random(void *ctx, uint8_t *buf, size_t len)
{
	uint32_t *x = ctx;

	for (size_t i = 0; i < len; i++) {
		*x = *x * 1664525 + 1013904223;
		buf[i] = (uint8_t)(*x >> 24);
	}
	return 0;
}

/* Engines made from the same seed on, and used alike, do the same. */
static uint32_t rig_seed = 7;

static inline struct missiu *rig_engine(void)
{
	struct missiu_opts o = { .random = rig_random,
				 .random_ctx = &rig_seed };
	struct missiu *m = missiu_new(&o);

	assert_non_null(m);
	return m;
}

static inline struct missiu_policy rig_policy(const struct combo *c, char who)
{
	char peer = who == 'a' ? 'b' : 'a';
	struct missiu_addr l = rig_inner(c, who), r = rig_inner(c, peer);
	struct missiu_policy p = {
		.dirs = MISSIU_IN | MISSIU_OUT,
		.action = MISSIU_PROTECT,
		.mode = c->mode,
		.n_prot = 1,
		.prot = { { .proto = c->proto ? c->proto : MISSIU_ESP,
			    .encr = c->encr,
			    .auth = c->auth },
			  { .proto = MISSIU_AH,
			    .encr = MISSIU_ENCR_NULL,
			    .auth = c->ah_auth } },
		.local = ts_host(&l),
		.remote = ts_host(&r),
		.tfc = c->tfc,
	};

	if (c->ah_auth)
		p.n_prot = 2;
	else
		p.prot[1] = (struct missiu_prot){ 0 };
	if (c->mode == MISSIU_TUNNEL) {
		p.tun_local = rig_outer(c, who);
		p.tun_remote = rig_outer(c, peer);
	}
	return p;
}

static inline struct missiu_sa rig_sa(const struct combo *c, char from,
				      uint8_t dir)
{
	const struct encr_alg *e = encr_alg(c->encr);
	const struct auth_alg *a = auth_alg(c->auth);
	struct missiu_sa sa = {
		.spi = from == 'a' ? RIG_SPI_AB : RIG_SPI_BA,
		.dir = dir,
		.proto = c->proto ? c->proto : MISSIU_ESP,
		.mode = c->sa_mode ? c->sa_mode : c->mode,
		.flags = (uint8_t)((c->esn ? MISSIU_SA_ESN : 0) | c->sa_flags),
		.encr = c->encr,
		.auth = c->auth,
		.icv_len = e->aead ? (c->icv_len ? c->icv_len : 16) : 0,
		.encr_key_len = (uint8_t)(e->key_min + e->salt_len),
		.auth_key_len = a->key_len,
		.src = rig_outer(c, from),
		.dst = rig_outer(c, from == 'a' ? 'b' : 'a'),
		.encap_sport = c->encap ? 4500 : 0,
		.encap_dport = c->encap ? 4500 : 0,
		.replay_window = c->window ? c->window : 64,
	};

	for (size_t i = 0; i < sa.encr_key_len; i++)
		sa.encr_key[i] = (uint8_t)(i * 7 + sa.spi);
	for (size_t i = 0; i < sa.auth_key_len; i++)
		sa.auth_key[i] = (uint8_t)(i * 5 + sa.spi);
	return sa;
}

/* The SA of a bundle that goes around rig_sa(). */
static inline struct missiu_sa rig_sa_ah(const struct combo *c, char from,
					 uint8_t dir)
{
	struct combo ah = *c;

	ah.proto = MISSIU_AH;
	ah.encr = MISSIU_ENCR_NULL;
	ah.auth = c->ah_auth;
	ah.mode = MISSIU_TRANSPORT;
	ah.sa_mode = 0;
	ah.icv_len = 0;
	return rig_sa(&ah, from, dir);
}

static inline uint32_t rig_add_policy(struct missiu *m,
				      const struct missiu_policy *p)
{
	struct missiu_change c = { .kind = MISSIU_CHG_ADD_POLICY,
				   .policy = *p };
	struct missiu_diag d = { "" };
	int ret = missiu_load(m, &c, 1, 0, NULL, &d);

	if (ret)
		fail_msg("%d %s", ret, d.msg);
	return c.policy.id;
}

static inline void rig_add_sa(struct missiu *m, const struct missiu_sa *sa,
			      missiu_usec now)
{
	struct missiu_diag d = { "" };
	int ret = missiu_sa_add(m, sa, now, &d);

	if (ret)
		fail_msg("%d %s", ret, d.msg);
}

static inline void rig_drain(struct missiu *m)
{
	struct missiu_event ev;

	while (missiu_event_next(m, &ev))
		;
}

/* Both engines with policies only. */
static inline void rig_open(struct rig *r, const struct combo *c)
{
	struct missiu_policy p;

	*r = (struct rig){ .c = *c, .now = 1000 * SEC };
	if (!r->c.encr) {
		r->c.encr = MISSIU_ENCR_AES_GCM;
		r->c.auth = MISSIU_AUTH_NONE;
	}
	if (!r->c.mode)
		r->c.mode = MISSIU_TUNNEL;
	if (!r->c.inner)
		r->c.inner = 4;
	if (!r->c.outer)
		r->c.outer = 4;
	r->a = rig_engine();
	r->b = rig_engine();
	p = rig_policy(&r->c, 'a');
	r->pol_a = rig_add_policy(r->a, &p);
	p = rig_policy(&r->c, 'b');
	r->pol_b = rig_add_policy(r->b, &p);
	rig_drain(r->a);
	rig_drain(r->b);
}

/* … and SAs in both directions. */
static inline void rig_start(struct rig *r, const struct combo *c)
{
	struct missiu_sa sa;

	rig_open(r, c);
	for (const char *who = "ab"; *who; who++) {
		sa = rig_sa(&r->c, *who, MISSIU_OUT);
		rig_add_sa(*who == 'a' ? r->a : r->b, &sa, r->now);
		sa.dir = MISSIU_IN;
		rig_add_sa(*who == 'a' ? r->b : r->a, &sa, r->now);
		if (!r->c.ah_auth)
			continue;
		sa = rig_sa_ah(&r->c, *who, MISSIU_OUT);
		rig_add_sa(*who == 'a' ? r->a : r->b, &sa, r->now);
		sa.dir = MISSIU_IN;
		rig_add_sa(*who == 'a' ? r->b : r->a, &sa, r->now);
	}
}

static inline void rig_stop(struct rig *r)
{
	missiu_free(r->a);
	missiu_free(r->b);
}

static inline uint64_t rig_drops(const struct missiu *m, enum missiu_drop why)
{
	struct missiu_stats s;

	missiu_stats_get(m, &s);
	return s.drops[why];
}

static inline uint64_t rig_all_drops(const struct missiu *m)
{
	struct missiu_stats s;
	uint64_t n = 0;

	missiu_stats_get(m, &s);
	for (size_t i = 0; i < MISSIU_DROP_MAX; i++)
		n += s.drops[i];
	return n;
}

/* --- packets --- */

static inline void box_set(struct box *b, const void *data, size_t len)
{
	b->k = (struct missiu_pkt){ .cap = MISSIU_HEADROOM + len +
					   MISSIU_TAILROOM };
	b->k.head = malloc(b->k.cap);
	assert_non_null(b->k.head);
	memset(b->k.head, 0xa5, b->k.cap);
	b->k.data = b->k.head + MISSIU_HEADROOM;
	b->k.len = len;
	memcpy(b->k.data, data, len);
	b->orig = malloc(len ? len : 1);
	assert_non_null(b->orig);
	memcpy(b->orig, data, len);
	b->orig_len = len;
}

static inline void box_free(struct box *b)
{
	free(b->k.head);
	free(b->orig);
}

/* A packet with these bytes behind its IP header. */
static inline size_t put_ip(uint8_t *out, const struct missiu_addr *src,
			    const struct missiu_addr *dst, uint8_t proto,
			    const uint8_t *payload, size_t len)
{
	size_t hdr = src->family == 4 ? 20 : 40, al = addr_len(src);

	memset(out, 0, hdr);
	if (len)
		memcpy(out + hdr, payload, len);
	memcpy(out + hdr - 2 * al, src->b, al);
	memcpy(out + hdr - al, dst->b, al);
	if (src->family == 4) {
		out[0] = 0x45;
		out[8] = 61;
		out[9] = proto;
		store_be16(out + 4, 0x1234);
		ip4_finish(out, hdr + len);
	} else {
		out[0] = 0x60;
		out[3] = 0x77; /* flow label */
		store_be16(out + 4, (uint16_t)len);
		out[6] = proto;
		out[7] = 61;
	}
	return hdr + len;
}

/* UDP with a right checksum; @len bytes of data that depend on their place. */
static inline size_t put_udp(uint8_t *out, const struct missiu_addr *src,
			     const struct missiu_addr *dst, uint16_t sport,
			     uint16_t dport, size_t len)
{
	uint8_t u[2048] = { 0 };
	struct ip_info ip;
	size_t n;

	store_be16(u, sport);
	store_be16(u + 2, dport);
	store_be16(u + 4, (uint16_t)(8 + len));
	store_be16(u + 6, 1);
	for (size_t i = 0; i < len; i++)
		u[8 + i] = (uint8_t)(i * 13 + len);
	n = put_ip(out, src, dst, IP_P_UDP, u, 8 + len);
	assert_int_equal(ip_parse(out, n, &ip), 0);
	ip_fix_checksum(out, &ip);
	return n;
}

/* UDP 7 → 9 from A's inner address to B's. */
static inline void box_ab(struct box *b, const struct rig *r, size_t len)
{
	struct missiu_addr src = rig_inner(&r->c, 'a');
	struct missiu_addr dst = rig_inner(&r->c, 'b');
	uint8_t p[4096];

	box_set(b, p, put_udp(p, &src, &dst, 7, 9, len));
}

static inline size_t go_out(struct missiu *m, struct box *b, missiu_usec now)
{
	struct missiu_pkt *v = &b->k;

	return missiu_outbound(m, &v, 1, now);
}

static inline size_t go_in(struct missiu *m, struct box *b, missiu_usec now)
{
	struct missiu_pkt *v = &b->k;

	return missiu_inbound(m, &v, 1, now);
}

/* One packet of A as it is on the wire. */
static inline void box_sealed(struct box *b, const struct rig *r, size_t len)
{
	box_ab(b, r, len);
	assert_int_equal(go_out(r->a, b, r->now), 1);
	assert_int_equal(b->k.verdict, MISSIU_V_DONE);
}

static inline void assert_restored(const struct box *b)
{
	assert_int_equal(b->k.verdict, MISSIU_V_DONE);
	assert_int_equal(b->k.len, b->orig_len);
	assert_memory_equal(b->k.data, b->orig, b->orig_len);
}

#endif
