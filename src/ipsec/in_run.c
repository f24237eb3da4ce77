/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of packets with one outer and one inner header on their way in. SA,
 * selectors and policy are those of the packet before; length, replay check,
 * ICV, trailer, lifetime and counters are each packet's own, in their order.
 */
#include "ipsec/esp_in.h"

#include "common/wr.h"
#include "ipsec/tcp.h"

void in_run_outer(struct in_batch *b, const struct in_pkt *in, struct sa *sa,
		  size_t off)
{
	struct in_run *r = &b->run;

	same_note(&r->outer, in->p->data, in->outer);
	r->ip = in->outer;
	r->sa = sa;
	r->sport = in->sport;
	r->off = (uint8_t)off;
	r->udp_len = (uint8_t)(off - in->outer->upper_off);
}

/* Where ESP lies, as the lengths of the headers around it have it. */
static bool find_esp(const struct in_run *r, const struct missiu_pkt *p,
		     struct rd *esp)
{
	uint32_t len = same_len(&r->outer, p->data), udp;

	if (len > p->len || len < r->off + (uint32_t)ESP_HDR_LEN)
		return false;
	len -= r->off;
	if (r->udp_len) {
		udp = load_be16(p->data + r->off - 4);
		if (udp > len + UDP_HDR_LEN || udp < UDP_HDR_LEN + ESP_HDR_LEN)
			return false;
		len = udp - UDP_HDR_LEN;
	}
	*esp = rd_from(p->data + r->off, len);
	return load_be32(esp->p) == r->sa->d.spi;
}

bool in_run_admit(struct in_batch *b, struct missiu_pkt *p,
		  enum missiu_drop *why)
{
	const struct in_run *r = &b->run;
	struct in_pkt *in = &b->in[b->n];
	struct rd esp;

	if (!same_as(&r->outer, p->data, p->len) || !find_esp(r, p, &esp) ||
	    (r->outer.family == 4 && !ip4_sum_ok(p->data)))
		return false;
	p->verdict = 0;
	p->drop = MISSIU_DROP_NONE;
	p->policy_id = 0;
	in->p = p;
	in->outer = r->ip;
	in->sport = r->sport;
	in->ah = NULL;
	*why = in_admit(b, in, esp, r->sa);
	return true;
}

void in_run_inner(struct in_batch *b, const struct in_good *g,
		  const struct in_pkt *in, const struct ip_info *ip,
		  uint8_t next)
{
	struct in_run *r = &b->run;

	same_none(&r->inner);
	/* Behind a NAT the checksum is made anew in transport mode. */
	if (g->mode == MISSIU_TRANSPORT && in->sport)
		return;
	r->pol = NULL;
	r->policy_id = in->p->policy_id;
	r->came = in->outer;
	r->in = *ip;
	r->mode = g->mode;
	r->next = next;
	r->min_len = ip->upper_off + UDP_HDR_LEN;
	r->syn = 0;
	if (ip->proto == IP_P_TCP) {
		r->min_len = ip->upper_off + TCP_HDR_LEN;
		r->syn = ip->upper_off + TCP_FLAGS_OFF;
	}
	if (r->policy_id)
		same_note(&r->inner, in->p->data, ip);
}

/* Where packets of many flows alternate, runs end before it is needed. */
static bool know_policy(const struct in_batch *b, struct in_run *r)
{
	if (!r->pol)
		r->pol = spd_by_id(&b->m->spd, r->policy_id);
	return r->pol;
}

/* Tunnel mode: the packet inside. Return: false when it is another one. */
static bool again_tunnel(const struct in_run *r, struct in_pkt *in,
			 struct rd body, uint32_t *len)
{
	const uint8_t *h = body.p;

	if (!same_as(&r->inner, h, rd_left(&body)))
		return false;
	*len = same_len(&r->inner, h);
	if (*len > rd_left(&body) || *len < r->min_len ||
	    (r->syn && h[r->syn] & TCP_SYN))
		return false;
	in->p->data += h - in->p->data;
	return true;
}

/* Transport mode: the header that it came with, in front of its payload. */
static bool again_transport(const struct in_run *r, struct in_pkt *in,
			    struct rd body, uint32_t *len)
{
	const size_t hdr = in->outer->upper_off;
	uint8_t *h;

	*len = (uint32_t)(hdr + rd_left(&body));
	if (*len < r->min_len || memcmp(&r->inner.id, body.p, 4) ||
	    (r->syn && body.p[r->syn - hdr] & TCP_SYN))
		return false;
	h = in->p->data + (body.p - in->p->data) - hdr;
	memmove(h, in->p->data, hdr);
	h[in->outer->upper_nh_off] = r->next;
	if (r->inner.family == 4)
		ip4_finish(h, *len);
	else
		store_be16(h + 4, (uint16_t)(*len - IP6_HDR_LEN));
	in->p->data = h;
	return true;
}

bool in_run_deliver(struct in_batch *b, const struct in_good *g,
		    struct in_pkt *in, struct rd body, uint8_t next,
		    enum missiu_drop *why)
{
	struct in_run *r = &b->run;
	struct missiu *m = b->m;
	uint32_t len;

	/* One outer header is one SA. */
	if (!r->inner.family || r->came != in->outer || r->next != next ||
	    !know_policy(b, r))
		return false;
	if (!(r->mode == MISSIU_TUNNEL ? again_tunnel(r, in, body, &len) :
					 again_transport(r, in, body, &len)))
		return false;
	in->p->len = r->in.len = len;
	in->p->policy_id = r->policy_id;
	engine_hit(r->pol, MISSIU_IN, len);
	*why = in_commit(m, g, in, &r->in, b->now);
	if (*why)
		return true;
	m->stats.in_packets++;
	m->stats.in_bytes += len;
	return true;
}
