/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that leave: policy, SA, ESP (RFC 4301 5.1, RFC 4303 3.3).
 *
 * Transport mode                     Tunnel mode
 *   IP header, options                 outer IP header
 *   [UDP]  RFC 3948                    [UDP]
 *   SPI, sequence number, IV           SPI, sequence number, IV
 *   payload                            inner packet
 *   padding, pad length, next header   padding, pad length, next header
 *   ICV                                ICV
 *
 * Payload and inner packet stay where they are; headers are put in front.
 */
#include "ipsec/out.h"

#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"
#include "ipsec/ah.h"
#include "ipsec/mss.h"
#include "ipsec/pmtu.h"
#include "ipsec/warm.h"

/* Packets of a chunk that will be sealed. */
struct out_batch {
	struct missiu *m;
	missiu_usec now;
	enum out_from from;
	struct sa *sas; /* those with packets here */
	struct missiu_pkt *p[CHUNK_MAX];
	struct crypt_job job[CHUNK_MAX];
	uint16_t next[CHUNK_MAX];
	uint32_t bytes[CHUNK_MAX]; /* of the packet before */
	struct sa *ah[CHUNK_MAX];  /* of a bundle: what goes around it */
	uint16_t n;
};

/* Do the SA's outer addresses suit the policy and the packet? */
static bool ends_fit(const struct sa *sa, const struct policy *pol,
		     const struct ip_info *ip)
{
	const struct missiu_policy *p = &pol->p;
	bool tunnel = p->mode == MISSIU_TUNNEL;
	const struct missiu_addr *dst = &ip->dst, *src = &ip->src;

	if (tunnel && p->tun_local.family)
		src = &p->tun_local;
	if (tunnel && p->tun_remote.family)
		dst = &p->tun_remote;
	/* Source any: the outer header takes it from policy or packet. */
	if (!sa->d.src.family && src->family != sa->d.dst.family)
		return false;
	/*
	 * The key daemon knows which ends it negotiated (NAT, MOBIKE). Where
	 * the policy leaves the far end open there may be many; the traffic
	 * selectors tell which of them is meant.
	 */
	if (tunnel && sa_bound(sa, pol) &&
	    (p->tun_remote.family || sa->d.n_ts_dst))
		return true;
	if (!addr_eq(&sa->d.dst, dst))
		return false;
	/* A policy that leaves our end open takes any. */
	return !sa->d.src.family || (tunnel && !p->tun_local.family) ||
	       addr_eq(&sa->d.src, src);
}

static bool usable(const struct sa *sa, missiu_usec now, enum missiu_drop *why)
{
	if (sa->seq >= sa->seq_max)
		*why = MISSIU_DROP_OUT_STATE_SEQ;
	else if (life_over(sa, now))
		*why = MISSIU_DROP_OUT_STATE_EXPIRED;
	else
		return true;
	return false;
}

static struct sa *newest(struct sa *sa, const struct policy *pol,
			 const struct ip_info *ip, missiu_usec now,
			 enum missiu_drop *why)
{
	for (; sa; sa = sa->out_next)
		if (sa->d.dir & MISSIU_OUT &&
		    sa_fits(sa, pol, 0, pol->p.mode) && ends_fit(sa, pol, ip) &&
		    sa_covers(sa, ip) && usable(sa, now, why))
			return sa;
	return NULL;
}

/*
 * The SA of the AH around ESP: transport mode between the ends of the latter.
 * Only manual keys make them, so they have no selectors.
 */
static struct sa *newest_ah(struct missiu *m, const struct policy *pol,
			    const struct sa *esp, const struct ip_info *ip,
			    missiu_usec now, enum missiu_drop *why)
{
	struct sa *sa = sad_out_first(&m->sad, 0, &esp->d.dst);
	const struct missiu_addr *src = &esp->d.src;

	if (!src->family && pol->p.mode == MISSIU_TUNNEL)
		src = &pol->p.tun_local;
	if (!src->family)
		src = &ip->src;
	for (; sa; sa = sa->out_next)
		if (sa->d.dir & MISSIU_OUT &&
		    sa_fits(sa, pol, 1, MISSIU_TRANSPORT) &&
		    addr_eq(&sa->d.dst, &esp->d.dst) &&
		    (!sa->d.src.family || addr_eq(&sa->d.src, src)) &&
		    !sa->d.n_ts_src && usable(sa, now, why))
			return sa;
	return NULL;
}

struct out_sa out_sa_find(struct missiu *m, const struct policy *pol,
			  const struct ip_info *ip, missiu_usec now)
{
	const struct missiu_policy *p = &pol->p;
	const struct missiu_addr *end = &ip->dst;
	struct out_sa o = { NULL, NULL, MISSIU_DROP_NONE };
	struct sa *chain[3], *sa;

	if (p->mode == MISSIU_TUNNEL && p->tun_remote.family)
		end = &p->tun_remote;
	chain[0] = sad_out_first(&m->sad, p->id, &ip->dst);
	chain[1] = sad_out_first(&m->sad, p->id, NULL);
	chain[2] = sad_out_first(&m->sad, 0, end);
	for (size_t i = 0; i < 3; i++) {
		sa = newest(chain[i], pol, ip, now, &o.why);
		if (sa && (!o.sa || sa->serial > o.sa->serial))
			o.sa = sa;
	}
	if (o.sa && p->n_prot > 1) {
		o.ah = newest_ah(m, pol, o.sa, ip, now, &o.why);
		if (!o.ah || o.sa->udp_len)
			o.sa = NULL;
	}
	return o;
}

/* Outer header of tunnel mode: RFC 4301 5.1.2.1 (IPv4), 5.1.2.2 (IPv6). */
void out_put_outer(struct missiu *m, const struct sa *sa,
		   const struct policy *pol, const struct ip_info *ip,
		   uint8_t *h)
{
	const struct missiu_addr *src = &pol->p.tun_local;
	size_t len = addr_len(&sa->d.dst);
	bool df;

	memcpy(h, sa->hdr, sa->ip_len);
	if (!sa->d.src.family) {
		if (!src->family)
			src = &ip->src;
		memcpy(h + sa->ip_len - 2 * len, src->b, len);
	}
	/* DSCP copied; ECN copied too: RFC 6040 4.1, normal mode. */
	if (sa->d.dst.family == 6) {
		h[0] = (uint8_t)(0x60 | ip->tos >> 4);
		h[1] = (uint8_t)(ip->tos << 4);
		return;
	}
	h[1] = ip->tos;
	store_be16(h + 4, (uint16_t)engine_ip_id(m, 4));
	/*
	 * RFC 4301 8.1: DF copied from IPv4, set or clear. IPv6 packets are
	 * never fragmented on their way: copied, it is set for them.
	 */
	df = ip->df || ip->family == 6 || pol->p.flags & MISSIU_POL_DF_SET;
	df = df && !(pol->p.flags & MISSIU_POL_DF_CLEAR);
	store_be16(h + 6, df ? 0x4000 : 0);
}

void out_finish_ip(uint8_t *h, size_t len)
{
	if (h[0] >> 4 == 4)
		ip4_finish(h, len);
	else
		store_be16(h + 4, (uint16_t)(len - IP6_HDR_LEN));
}

/* RFC 4303 2.4: padding 1, 2, 3 …, pad length, next header. */
static void put_trailer(uint8_t *at, size_t pad, uint8_t next)
{
	for (size_t i = 0; i < pad; i++)
		at[i] = (uint8_t)(i + 1);
	at[pad] = (uint8_t)pad;
	at[pad + 1] = next;
}

/* Sizes of a packet to be. */
struct layout {
	size_t hdr;  /* IP header in front of UDP or ESP */
	size_t keep; /* of it, bytes that are the packet's own */
	size_t grow; /* bytes in front of the packet */
	size_t body; /* bytes to encrypt, TFC padding included, no trailer */
	size_t text; /* with trailer */
	size_t total;
};

static enum missiu_drop lay_out(const struct sa *sa, uint8_t mode,
				const struct ip_info *ip,
				const struct missiu_pkt *p, size_t tfc,
				struct layout *l)
{
	size_t esp = (size_t)sa->udp_len + ESP_HDR_LEN + sa->sz.iv_len;
	size_t used = (size_t)(p->data - p->head);

	l->keep = mode == MISSIU_TUNNEL ? 0 : ip->ins_off;
	l->hdr = mode == MISSIU_TUNNEL ? sa->ip_len : l->keep;
	l->grow = l->hdr - l->keep + esp;
	l->body = (tfc > ip->len ? tfc : ip->len) - l->keep;
	l->text = l->body + ESP_TRAILER_LEN + sa->sz.block - 1;
	l->text -= l->text % sa->sz.block;
	l->total = l->hdr + esp + l->text + sa->sz.icv_len;
	if (l->total > UINT16_MAX)
		return MISSIU_DROP_OUT_TOO_BIG;
	if (l->grow > used || l->total - l->grow > p->cap - used)
		return MISSIU_DROP_OUT_NO_ROOM;
	return MISSIU_DROP_NONE;
}

/* RFC 4303 2.7: as the policy asks, as far as path, peer and buffer allow. */
static size_t tfc_len(const struct out_sa *o, const struct policy *pol,
		      const struct missiu_pkt *p, uint32_t room)
{
	size_t want = pol->p.tfc;
	size_t cap = p->cap - (size_t)(p->data - p->head);

	if (!want || pol->p.mode != MISSIU_TUNNEL ||
	    o->sa->d.flags & MISSIU_SA_NO_TFC || cap < MISSIU_TAILROOM)
		return 0;
	if (want > room)
		want = room;
	return want < cap - MISSIU_TAILROOM ? want : cap - MISSIU_TAILROOM;
}

/* Everything but encryption; the job says what is left to do. */
static enum missiu_drop encapsulate(struct missiu *m, struct sa *sa,
				    const struct policy *pol,
				    const struct ip_info *ip, size_t tfc,
				    struct missiu_pkt *p, struct crypt_job *job)
{
	struct layout l;
	enum missiu_drop why = lay_out(sa, pol->p.mode, ip, p, tfc, &l);
	uint8_t *h, *udp, *esp, next;

	if (why)
		return why;
	h = p->data - l.grow;
	udp = h + l.hdr;
	esp = udp + sa->udp_len;
	if (pol->p.mode == MISSIU_TUNNEL) {
		next = ip->family == 4 ? IP_P_IPIP : IP_P_IPV6;
		out_put_outer(m, sa, pol, ip, h);
	} else {
		memmove(h, p->data, l.keep);
		next = h[ip->ins_nh_off];
		h[ip->ins_nh_off] = sa->udp_len ? IP_P_UDP : IP_P_ESP;
	}
	out_finish_ip(h, l.total);
	if (sa->udp_len) {
		memcpy(udp, sa->hdr + sa->ip_len, sa->udp_len);
		store_be16(udp + 4, (uint16_t)(l.total - l.hdr));
		store_be16(udp + 6, 0);
	}
	sa->seq++;
	store_be32(esp, sa->d.spi);
	store_be32(esp + 4, (uint32_t)sa->seq);
	memset(p->data + ip->len, 0, l.keep + l.body - ip->len);
	put_trailer(p->data + l.keep + l.body,
		    l.text - l.body - ESP_TRAILER_LEN, next);
	*job = (struct crypt_job){ .esp = esp,
				   .text_len = l.text,
				   .seq = sa->seq };
	p->data = h;
	p->len = l.total;
	return MISSIU_DROP_NONE;
}

/* RFC 4301 8.2: the sender is told. Counted once, whether told or not. */
static void refuse(struct out_batch *b, const struct sa *sa,
		   const struct ip_info *ip, struct missiu_pkt *p, uint32_t mtu)
{
	engine_drop(b->m, p, MISSIU_DROP_OUT_TOO_BIG);
	if (!icmp_may(&b->m->icmp_out, b->now) ||
	    !icmp_too_big(p, ip, &sa->d.src, mtu))
		return;
	p->verdict = MISSIU_V_REPLY;
	b->m->stats.too_big_sent++;
}

/*
 * See that the protected packet will suit the path; @p and @ip may become the
 * first fragment. Return: false when the packet has its verdict; @room: out:
 * what would fit.
 */
static bool fit(struct out_batch *b, const struct out_sa *o,
		const struct policy *pol, struct ip_info *ip,
		struct missiu_pkt *p, uint32_t *room)
{
	struct missiu *m = b->m;
	enum missiu_drop why;

	switch (pmtu_way(m, o, pol, ip, b->now, room)) {
	case PMTU_FITS:
		if (!m->opts.no_mss_clamp && mss_clamp(p->data, ip, *room))
			m->stats.mss_clamped++;
		return true;
	case PMTU_CUT_AFTER:
		return true;
	case PMTU_REFUSE:
		refuse(b, o->sa, ip, p, *room);
		return false;
	case PMTU_CUT_BEFORE:
		break;
	}
	why = cut_packet(m, &m->out_cut, p, *room);
	if (!why && ip_parse(p->data, p->len, ip))
		why = MISSIU_DROP_OUT_HDR_ERROR;
	if (why)
		engine_drop(m, p, why);
	return !why;
}

/* The packet is protected. */
static void done(struct out_batch *b, const struct out_sa *o,
		 struct missiu_pkt *p, uint32_t bytes)
{
	struct missiu *m = b->m;
	enum missiu_drop why =
		cut_packet(m, &m->out_done, p, pmtu_of(m, o, b->now));

	if (why) {
		engine_drop(m, p, why);
		return;
	}
	p->verdict = MISSIU_V_DONE;
	m->stats.out_packets++;
	m->stats.out_bytes += bytes;
}

/* One more sequence number is gone. */
static void used(struct missiu *m, struct sa *sa, uint32_t bytes,
		 missiu_usec now)
{
	life_used(m, sa, bytes, now);
	if (sa->seq >= sa->seq_max && !(sa->d.flags & MISSIU_SA_MANUAL))
		life_kill(m, sa);
}

/* The packet is laid out; what is left is done SA by SA. */
static void queue(struct out_batch *b, const struct out_sa *o,
		  struct missiu_pkt *p, uint32_t bytes)
{
	b->p[b->n] = p;
	b->bytes[b->n] = bytes;
	b->ah[b->n] = o->ah;
	batch_add(&b->sas, o->sa, b->n, b->next);
	b->n++;
}

/* The policy says PROTECT: find the SA, lay the packet out, queue it. */
static void protect(struct out_batch *b, struct flow *f, struct ip_info *ip,
		    struct missiu_pkt *p)
{
	struct policy *pol = f->pol;
	enum missiu_drop why = MISSIU_DROP_NONE;
	struct out_sa o = { f->sa, NULL, MISSIU_DROP_NONE };
	uint32_t room = 0;

	if (!ip->ttl) {
		engine_drop(b->m, p, MISSIU_DROP_OUT_TTL);
		return;
	}
	if (!o.sa || pol->p.n_prot > 1 || !usable(o.sa, b->now, &why))
		o = out_sa_find(b->m, pol, ip, b->now);
	f->sa = o.sa;
	if (!o.sa && !o.why) {
		acquire_packet(b->m, pol, ip, p, b->now);
		return;
	}
	if (o.sa && !fit(b, &o, pol, ip, p, &room))
		return;
	why = o.why;
	if (o.sa && o.sa->auth)
		why = ah_seal(b->m, o.sa, pol, pol->p.mode, ip, p);
	else if (o.sa)
		why = encapsulate(b->m, o.sa, pol, ip,
				  tfc_len(&o, pol, p, room), p, &b->job[b->n]);
	if (why) {
		engine_drop(b->m, p, why);
		return;
	}
	p->spi = o.sa->d.spi;
	used(b->m, o.sa, ip->len, b->now);
	if (o.sa->auth)
		done(b, &o, p, ip->len);
	else
		queue(b, &o, p, ip->len);
}

/* Unprotected. What was put together only to be looked at is cut again. */
static void pass_clear(struct out_batch *b, const struct ip_info *ip,
		       struct missiu_pkt *p)
{
	struct missiu *m = b->m;
	enum missiu_drop why = MISSIU_DROP_NONE;

	if (ip->rebuilt)
		why = cut_packet(m, &m->out_done, p, m->mtu);
	if (why)
		engine_drop(m, p, why);
	else
		engine_clear(m, p, MISSIU_OUT);
}

static void by_policy(struct out_batch *b, struct flow *f, struct ip_info *ip,
		      struct missiu_pkt *p)
{
	unsigned action = f->pol ? f->pol->p.action : b->m->opts.unmatched;

	if (f->pol)
		p->policy_id = f->pol->p.id;
	/* A packet that waited for its SA was counted when it came. */
	if (b->from != OUT_HELD)
		engine_hit(f->pol, MISSIU_OUT, ip->len);
	if (action == MISSIU_DISCARD)
		engine_drop(b->m, p, MISSIU_DROP_OUT_POL_BLOCK);
	else if (action == MISSIU_PROTECT)
		protect(b, f, ip, p);
	else
		pass_clear(b, ip, p);
}

/* IKE is never in anybody's way: no policy then. */
static struct flow *look_up(struct out_batch *b, const struct ip_info *ip,
			    struct flow *tmp, struct spd_query *q, bool *vague)
{
	*q = (struct spd_query){ .ip = ip, .dir = MISSIU_OUT };
	q->ike = spd_is_ike(ip, MISSIU_OUT);
	return engine_decide(b->m, q, tmp, vague);
}

/*
 * RFC 4301 7: fragments that a policy cannot tell from others, and those that
 * transport mode cannot carry, are put together.
 */
static bool wants_whole(const struct flow *f, bool vague)
{
	const struct policy *pol = f->pol;

	return vague || (pol && pol->p.action == MISSIU_PROTECT &&
			 (pol->p.mode == MISSIU_TRANSPORT ||
			  pol->p.flags & MISSIU_POL_UNIQUE));
}

/* Fragments of a packet whose policy was found before it was cut. */
static void outbound_piece(struct out_batch *b, struct ip_info *ip,
			   struct missiu_pkt *p)
{
	struct flow f = { .pol = spd_by_id(&b->m->spd, p->policy_id) };

	if (!f.pol || f.pol->p.action != MISSIU_PROTECT)
		engine_drop(b->m, p, MISSIU_DROP_OUT_FRAGMENT);
	else
		protect(b, &f, ip, p);
}

static void outbound_one(struct out_batch *b, struct missiu_pkt *p)
{
	struct missiu *m = b->m;
	struct ip_info ip;
	struct spd_query q;
	struct flow tmp, *f;
	bool vague;

	p->verdict = 0;
	p->drop = MISSIU_DROP_NONE;
	p->spi = 0;
	if (ip_parse(p->data, p->len, &ip)) {
		p->policy_id = 0;
		engine_drop(m, p, MISSIU_DROP_OUT_HDR_ERROR);
		return;
	}
	if (b->from == OUT_PIECES) {
		outbound_piece(b, &ip, p);
		return;
	}
	p->policy_id = 0;
	ip.rebuilt = b->from == OUT_HELD;
	if (spd_is_nd(&ip)) {
		engine_clear(m, p, MISSIU_OUT);
		return;
	}
	frag_view(p->data, &ip);
	f = look_up(b, &ip, &tmp, &q, &vague);
	if (ip.frag != IP_WHOLE && wants_whole(f, vague)) {
		if (!put_together(m, &m->leaving, p, &ip, 0, b->now, NULL))
			return;
		f = look_up(b, &ip, &tmp, &q, &vague);
	}
	if (vague) /* cut off within its ports */
		engine_drop(m, p, MISSIU_DROP_OUT_FRAGMENT);
	else if (q.ike && !f->pol)
		pass_clear(b, &ip, p);
	else
		by_policy(b, f, &ip, p);
}

/* RFC 8200 8.1: over IPv6 the checksum of UDP is not optional. */
static void finish_udp(const struct sa *sa, struct missiu_pkt *p,
		       const uint8_t *esp)
{
	uint8_t *udp = p->data + (esp - p->data) - UDP_HDR_LEN;
	size_t len = load_be16(udp + 4);
	struct missiu_addr src, dst;
	uint16_t sum;

	if (!sa->udp_len || p->data[0] >> 4 != 6)
		return;
	src = addr_from_bytes(6, p->data + 8);
	dst = addr_from_bytes(6, p->data + 24);
	sum = ip_fold(
		ip_sum(udp, len, ip_pseudo_sum(&src, &dst, IP_P_UDP, len)));
	store_be16(udp + 6, sum ? sum : 0xffff);
}

/* The second half of a bundle, once ESP is sealed. */
static enum missiu_drop wrap(struct out_batch *b, struct sa *ah,
			     struct missiu_pkt *p)
{
	enum missiu_drop why = MISSIU_DROP_OUT_HDR_ERROR;
	struct ip_info ip;

	/* Earlier packets of the vector may have used it up. */
	if (!usable(ah, b->now, &why) || ip_parse(p->data, p->len, &ip))
		return why;
	why = ah_seal(b->m, ah, NULL, MISSIU_TRANSPORT, &ip, p);
	if (!why)
		used(b->m, ah, ip.len, b->now);
	return why;
}

static void seal_sa(struct out_batch *b, struct sa *sa)
{
	struct crypt_job v[CHUNK_MAX];
	enum missiu_drop why;
	struct missiu_pkt *p;
	uint16_t i, n = 0;

	for (i = sa->batch_first; i != SA_BATCH_END; i = b->next[i])
		v[n++] = b->job[i];
	crypt_seal(sa->key, v, n);
	n = 0;
	for (i = sa->batch_first; i != SA_BATCH_END; i = b->next[i], n++) {
		p = b->p[i];
		why = v[n].result ? MISSIU_DROP_OUT_STATE_PROTO :
				    MISSIU_DROP_NONE;
		if (!why)
			finish_udp(sa, p, v[n].esp);
		if (!why && b->ah[i])
			why = wrap(b, b->ah[i], p);
		if (why)
			engine_drop(b->m, p, why);
		else
			done(b, &(struct out_sa){ .sa = sa, .ah = b->ah[i] }, p,
			     b->bytes[i]);
	}
	sa->batch_first = SA_BATCH_END;
}

static void outbound_chunk(struct missiu *m, struct missiu_pkt *v[], size_t n,
			   missiu_usec now, enum out_from from)
{
	struct out_batch b;

	b.m = m;
	b.now = now;
	b.from = from;
	b.sas = NULL;
	b.n = 0;
	warm_out(m, v, n);
	for (size_t i = 0; i < n; i++)
		outbound_one(&b, v[i]);
	for (struct sa *sa = b.sas; sa; sa = sa->batch_next)
		seal_sa(&b, sa);
}

size_t engine_outbound(struct missiu *m, struct missiu_pkt *v[], size_t n,
		       missiu_usec now, enum out_from from)
{
	size_t chunk;

	for (size_t i = 0; i < n; i += chunk) {
		chunk = n - i < CHUNK_MAX ? n - i : CHUNK_MAX;
		outbound_chunk(m, v + i, chunk, now, from);
		life_reap(m);
	}
	return engine_sort(v, n);
}

size_t missiu_outbound(struct missiu *m, struct missiu_pkt *v[], size_t n,
		       missiu_usec now)
{
	return engine_outbound(m, v, n, now, OUT_FRESH);
}
