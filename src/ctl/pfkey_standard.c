/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of RFC 2367, and those that PF_KEY has elsewhere, too. */
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/addr.h"
#include "ctl/pfkey_impl.h"

#define COMB_BYTES 72
#define REQ_BYTES  16

static bool get_sa(struct rd *r, struct pfkey_msg *m)
{
	return rd_be32(r, &m->sa.spi) && rd_u8(r, &m->sa.replay) &&
	       rd_u8(r, &m->sa.state) && rd_u8(r, &m->sa.auth) &&
	       rd_u8(r, &m->sa.encr) && get_h32(r, &m->sa.flags);
}

static void put_sa(struct wr *w, const struct pfkey_msg *m)
{
	wr_be32(w, m->sa.spi);
	wr_u8(w, m->sa.replay);
	wr_u8(w, m->sa.state);
	wr_u8(w, m->sa.auth);
	wr_u8(w, m->sa.encr);
	put_h32(w, m->sa.flags);
}

static bool get_life(struct rd *r, struct pfkey_life *l)
{
	return get_h32(r, &l->allocs) && get_h64(r, &l->bytes) &&
	       get_h64(r, &l->add_s) && get_h64(r, &l->use_s);
}

static void put_life(struct wr *w, const struct pfkey_life *l)
{
	put_h32(w, l->allocs);
	put_h64(w, l->bytes);
	put_h64(w, l->add_s);
	put_h64(w, l->use_s);
}

static bool get_cur(struct rd *r, struct pfkey_msg *m)
{
	return get_life(r, &m->cur);
}

static void put_cur(struct wr *w, const struct pfkey_msg *m)
{
	put_life(w, &m->cur);
}

static bool get_hard(struct rd *r, struct pfkey_msg *m)
{
	return get_life(r, &m->hard);
}

static void put_hard(struct wr *w, const struct pfkey_msg *m)
{
	put_life(w, &m->hard);
}

static bool get_soft(struct rd *r, struct pfkey_msg *m)
{
	return get_life(r, &m->soft);
}

static void put_soft(struct wr *w, const struct pfkey_msg *m)
{
	put_life(w, &m->soft);
}

static size_t sockaddr_len(uint16_t family)
{
	return family == AF_INET  ? sizeof(struct sockaddr_in) :
	       family == AF_INET6 ? sizeof(struct sockaddr_in6) :
				    0;
}

/* One sockaddr of Linux's layout, without the padding that may follow it. */
static bool get_sockaddr(struct rd *r, struct missiu_addr *a, uint16_t *port)
{
	struct rd peek = *r;
	const uint8_t *at;
	uint16_t family;

	*a = (struct missiu_addr){ 0 };
	if (!get_h16(&peek, &family) || !sockaddr_len(family) ||
	    !rd_take(r, sockaddr_len(family), &at))
		return false;
	*port = load_be16(at + 2);
	a->family = family == AF_INET ? 4 : 6;
	memcpy(a->b, at + (family == AF_INET ? 4 : 8), addr_len(a));
	return true;
}

static void put_sockaddr(struct wr *w, const struct missiu_addr *a,
			 uint16_t port)
{
	uint16_t family = a->family == 6 ? AF_INET6 : AF_INET;
	size_t from = w->len;

	put_h16(w, family);
	wr_be16(w, port);
	if (family == AF_INET6)
		wr_zero(w, 4); /* flow label */
	wr_bytes(w, a->b, family == AF_INET6 ? 16 : 4);
	if (wr_ok(w))
		wr_zero(w, from + sockaddr_len(family) - w->len);
}

static bool get_address(struct rd *r, struct pfkey_addr *a)
{
	return rd_u8(r, &a->proto) && rd_u8(r, &a->plen) && rd_skip(r, 2) &&
	       get_sockaddr(r, &a->addr, &a->port) &&
	       a->plen <= addr_len(&a->addr) * 8 &&
	       rd_skip(r, pad8(sockaddr_len(a->addr.family == 4 ? AF_INET :
								  AF_INET6)));
}

static void put_address(struct wr *w, const struct pfkey_addr *a)
{
	wr_u8(w, a->proto);
	wr_u8(w, a->plen);
	wr_zero(w, 2);
	put_sockaddr(w, &a->addr, a->port);
}

static bool get_src(struct rd *r, struct pfkey_msg *m)
{
	return get_address(r, &m->src);
}

static void put_src(struct wr *w, const struct pfkey_msg *m)
{
	put_address(w, &m->src);
}

static bool get_dst(struct rd *r, struct pfkey_msg *m)
{
	return get_address(r, &m->dst);
}

static void put_dst(struct wr *w, const struct pfkey_msg *m)
{
	put_address(w, &m->dst);
}

static bool get_key(struct rd *r, struct pfkey_key *k)
{
	uint16_t bits;

	if (!get_h16(r, &bits) || !rd_skip(r, 2) || bits % 8 ||
	    bits / 8 > MISSIU_KEY_MAX)
		return false;
	k->len = (uint8_t)(bits / 8);
	return rd_copy(r, k->key, k->len) && rd_skip(r, pad8(k->len));
}

static void put_key(struct wr *w, const struct pfkey_key *k)
{
	put_h16(w, (uint16_t)(k->len * 8));
	wr_zero(w, 2);
	wr_bytes(w, k->key, k->len);
}

static bool get_key_auth(struct rd *r, struct pfkey_msg *m)
{
	return get_key(r, &m->auth_key);
}

static void put_key_auth(struct wr *w, const struct pfkey_msg *m)
{
	put_key(w, &m->auth_key);
}

static bool get_key_encr(struct rd *r, struct pfkey_msg *m)
{
	return get_key(r, &m->encr_key);
}

static void put_key_encr(struct wr *w, const struct pfkey_msg *m)
{
	put_key(w, &m->encr_key);
}

static bool get_comb(struct rd *r, struct pfkey_comb *c)
{
	struct rd sub;

	return rd_sub(r, COMB_BYTES, &sub) && rd_u8(&sub, &c->auth) &&
	       rd_u8(&sub, &c->encr) && rd_skip(&sub, 2) &&
	       get_h16(&sub, &c->auth_bits_lo) &&
	       get_h16(&sub, &c->auth_bits_hi) &&
	       get_h16(&sub, &c->encr_bits_lo) &&
	       get_h16(&sub, &c->encr_bits_hi) && rd_skip(&sub, 4 + 8 + 8) &&
	       get_h64(&sub, &c->hard_bytes) && rd_skip(&sub, 8) &&
	       get_h64(&sub, &c->hard_s);
	/* Lifetimes by use, the last 16 bytes, have no meaning here. */
}

static bool get_proposal(struct rd *r, struct pfkey_msg *m)
{
	if (!rd_u8(r, &m->prop.replay) || !rd_skip(r, 3))
		return false;
	for (m->prop.n = 0; !rd_done(r); m->prop.n++)
		if (m->prop.n == PFKEY_COMB_MAX ||
		    !get_comb(r, &m->prop.v[m->prop.n]))
			return false;
	return true;
}

static void put_proposal(struct wr *w, const struct pfkey_msg *m)
{
	uint8_t i;

	wr_u8(w, m->prop.replay);
	wr_zero(w, 3);
	for (i = 0; i < m->prop.n; i++) {
		const struct pfkey_comb *c = &m->prop.v[i];

		wr_u8(w, c->auth);
		wr_u8(w, c->encr);
		wr_zero(w, 2);
		put_h16(w, c->auth_bits_lo);
		put_h16(w, c->auth_bits_hi);
		put_h16(w, c->encr_bits_lo);
		put_h16(w, c->encr_bits_hi);
		wr_zero(w, 4 + 8 + 8); /* reserved, allocations, soft bytes */
		put_h64(w, c->hard_bytes);
		wr_zero(w, 8);
		put_h64(w, c->hard_s);
		wr_zero(w, 16);
	}
}

static bool get_algs(struct rd *r, struct pfkey_algs *a)
{
	if (!rd_skip(r, 4))
		return false;
	for (a->n = 0; !rd_done(r); a->n++) {
		struct pfkey_alg *v = &a->v[a->n];

		if (a->n == PFKEY_ALG_MAX || !rd_u8(r, &v->id) ||
		    !rd_u8(r, &v->iv_len) || !get_h16(r, &v->bits_lo) ||
		    !get_h16(r, &v->bits_hi) || !rd_skip(r, 2))
			return false;
	}
	return true;
}

static void put_algs(struct wr *w, const struct pfkey_algs *a)
{
	uint8_t i;

	wr_zero(w, 4);
	for (i = 0; i < a->n; i++) {
		wr_u8(w, a->v[i].id);
		wr_u8(w, a->v[i].iv_len);
		put_h16(w, a->v[i].bits_lo);
		put_h16(w, a->v[i].bits_hi);
		wr_zero(w, 2);
	}
}

static bool get_sup_auth(struct rd *r, struct pfkey_msg *m)
{
	return get_algs(r, &m->sup_auth);
}

static void put_sup_auth(struct wr *w, const struct pfkey_msg *m)
{
	put_algs(w, &m->sup_auth);
}

static bool get_sup_encr(struct rd *r, struct pfkey_msg *m)
{
	return get_algs(r, &m->sup_encr);
}

static void put_sup_encr(struct wr *w, const struct pfkey_msg *m)
{
	put_algs(w, &m->sup_encr);
}

static bool get_spirange(struct rd *r, struct pfkey_msg *m)
{
	return get_h32(r, &m->spi_lo) && get_h32(r, &m->spi_hi) &&
	       m->spi_lo <= m->spi_hi && rd_skip(r, 4);
}

static void put_spirange(struct wr *w, const struct pfkey_msg *m)
{
	put_h32(w, m->spi_lo);
	put_h32(w, m->spi_hi);
	wr_zero(w, 4);
}

/* Its length is in bytes; two sockaddrs follow without gap, or none. */
static bool get_req(struct rd *r, struct pfkey_req *q)
{
	uint16_t len, port;
	struct rd sub;

	*q = (struct pfkey_req){ 0 };
	if (!get_h16(r, &len) || len < REQ_BYTES ||
	    !rd_sub(r, len - sizeof(len), &sub) || !get_h16(&sub, &q->proto) ||
	    !rd_u8(&sub, &q->mode) || !rd_u8(&sub, &q->level) ||
	    !rd_skip(&sub, 2) || !get_h32(&sub, &q->reqid) || !rd_skip(&sub, 4))
		return false;
	if (rd_done(&sub))
		return true;
	return get_sockaddr(&sub, &q->src, &port) &&
	       get_sockaddr(&sub, &q->dst, &port) &&
	       q->src.family == q->dst.family && rd_left(&sub) < 8;
}

static void put_req(struct wr *w, const struct pfkey_req *q)
{
	const size_t at = w->len,
		     sl = sockaddr_len(q->src.family == 6 ? AF_INET6 : AF_INET);

	put_h16(w, (uint16_t)(REQ_BYTES + (q->src.family ? 2 * sl : 0)));
	put_h16(w, q->proto);
	wr_u8(w, q->mode);
	wr_u8(w, q->level);
	wr_zero(w, 2);
	put_h32(w, q->reqid);
	wr_zero(w, 4);
	if (q->src.family) {
		put_sockaddr(w, &q->src, 0);
		put_sockaddr(w, &q->dst, 0);
	}
	if (wr_ok(w))
		wr_zero(w, pad8(w->len - at));
}

static bool get_policy(struct rd *r, struct pfkey_msg *m)
{
	struct pfkey_policy *p = &m->pol;

	if (!get_h16(r, &p->type) || !rd_u8(r, &p->dir) || !rd_skip(r, 1) ||
	    !get_h32(r, &p->id) || !get_h32(r, &p->priority))
		return false;
	for (p->n = 0; !rd_done(r); p->n++)
		if (p->n == MISSIU_PROT_MAX || !get_req(r, &p->req[p->n]))
			return false;
	return true;
}

static void put_policy(struct wr *w, const struct pfkey_msg *m)
{
	const struct pfkey_policy *p = &m->pol;
	uint8_t i;

	put_h16(w, p->type);
	wr_u8(w, p->dir);
	wr_zero(w, 1);
	put_h32(w, p->id);
	put_h32(w, p->priority);
	for (i = 0; i < p->n; i++)
		put_req(w, &p->req[i]);
}

static bool get_sa2(struct rd *r, struct pfkey_msg *m)
{
	return rd_u8(r, &m->mode) && m->mode <= MISSIU_TUNNEL &&
	       rd_skip(r, 3 + 4) && get_h32(r, &m->reqid);
}

static void put_sa2(struct wr *w, const struct pfkey_msg *m)
{
	wr_u8(w, m->mode);
	wr_zero(w, 3 + 4);
	put_h32(w, m->reqid);
}

static bool get_nat_type(struct rd *r, struct pfkey_msg *m)
{
	return rd_u8(r, &m->nat_type) && rd_skip(r, 3);
}

static void put_nat_type(struct wr *w, const struct pfkey_msg *m)
{
	wr_u8(w, m->nat_type);
	wr_zero(w, 3);
}

static bool get_nat_sport(struct rd *r, struct pfkey_msg *m)
{
	return rd_be16(r, &m->nat_sport) && rd_skip(r, 2);
}

static void put_nat_sport(struct wr *w, const struct pfkey_msg *m)
{
	wr_be16(w, m->nat_sport);
	wr_zero(w, 2);
}

static bool get_nat_dport(struct rd *r, struct pfkey_msg *m)
{
	return rd_be16(r, &m->nat_dport) && rd_skip(r, 2);
}

static void put_nat_dport(struct wr *w, const struct pfkey_msg *m)
{
	wr_be16(w, m->nat_dport);
	wr_zero(w, 2);
}

static const struct pfkey_ext exts[] = {
	{ 1, PFH_SA, get_sa, put_sa },
	{ 2, PFH_LIFE_CUR, get_cur, put_cur },
	{ 3, PFH_LIFE_HARD, get_hard, put_hard },
	{ 4, PFH_LIFE_SOFT, get_soft, put_soft },
	{ 5, PFH_SRC, get_src, put_src },
	{ 6, PFH_DST, get_dst, put_dst },
	{ 8, PFH_KEY_AUTH, get_key_auth, put_key_auth },
	{ 9, PFH_KEY_ENCR, get_key_encr, put_key_encr },
	{ 13, PFH_PROPOSAL, get_proposal, put_proposal },
	{ 14, PFH_SUP_AUTH, get_sup_auth, put_sup_auth },
	{ 15, PFH_SUP_ENCR, get_sup_encr, put_sup_encr },
	{ 16, PFH_SPIRANGE, get_spirange, put_spirange },
	{ 18, PFH_POLICY, get_policy, put_policy },
	{ 19, PFH_SA2, get_sa2, put_sa2 },
	{ 20, PFH_NAT_TYPE, get_nat_type, put_nat_type },
	{ 21, PFH_NAT_SPORT, get_nat_sport, put_nat_sport },
	{ 22, PFH_NAT_DPORT, get_nat_dport, put_nat_dport },
};

const struct pfkey_exts pfkey_standard = { exts,
					   sizeof(exts) / sizeof(exts[0]) };
