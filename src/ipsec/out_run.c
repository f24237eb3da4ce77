/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of packets with one header on their way out. Policy, SA, what fits, and
 * most of the new headers are those of the packet before; each packet still
 * has its own sequence number, lifetime check, counters and ICV.
 */
#include "common/wr.h"
#include "ipsec/esp_out.h"
#include "ipsec/out.h"
#include "ipsec/tcp.h"

/* IPv4: the sum of a header to which length and identification are added. */
static uint32_t sum_without_own(const uint8_t *h)
{
	uint32_t sum = ip_sum(h, IP4_HDR_LEN, 0);
	const uint16_t own[] = { load_be16(h + 2), load_be16(h + 4),
				 load_be16(h + 10) };

	/* Subtracting is adding the complement (RFC 1624 3). */
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sum += (uint16_t)~own[i];
	return sum;
}

void out_run_begin(struct out_batch *b, struct policy *pol, struct sa *sa,
		   const struct ip_info *ip, uint32_t room,
		   const struct missiu_pkt *p, const struct same *same)
{
	bool tunnel = pol->p.mode == MISSIU_TUNNEL;
	struct out_run *r = &b->run;
	size_t ip_len = tunnel ? sa->ip_len : ip->ins_off;

	same_none(&r->same);
	if (b->from != OUT_FRESH || pol->p.tfc)
		return;
	r->pol = pol;
	r->sa = sa;
	r->room = room;
	r->ip_len = (uint8_t)ip_len;
	r->keep = (uint8_t)(tunnel ? 0 : ip_len);
	r->grow = (uint8_t)(ip_len - r->keep + sa->udp_len + ESP_HDR_LEN +
			    sa->sz.iv_len);
	r->n = (uint16_t)(ip_len + sa->udp_len + ESP_HDR_LEN);
	r->next = ip->proto;
	r->min_len = ip->upper_off + UDP_HDR_LEN;
	r->syn = 0;
	if (ip->proto == IP_P_TCP) {
		r->min_len = ip->upper_off + TCP_HDR_LEN;
		r->syn = ip->upper_off + TCP_FLAGS_OFF;
	}
	if (tunnel)
		r->next = ip->family == 4 ? IP_P_IPIP : IP_P_IPV6;
	if (r->n > sizeof(r->hdr))
		return;
	memcpy(r->hdr, p->data, r->n);
	if (r->hdr[0] >> 4 == 4)
		r->sum = sum_without_own(r->hdr);
	r->same = *same;
}

/* Both are at least 16 bytes long. */
static void copy_hdr(uint8_t *to, const uint8_t *from, size_t n)
{
	size_t i = 0;

	for (; i + 16 < n; i += 16)
		memcpy(to + i, from + i, 16);
	memcpy(to + n - 16, from + n - 16, 16);
}

/* The new headers; the sequence number is taken. */
static void put_hdr(struct out_batch *b, uint8_t *h, uint16_t id, size_t total)
{
	const struct out_run *r = &b->run;
	uint8_t *udp = h + r->ip_len;

	copy_hdr(h, r->hdr, r->n);
	if (h[0] >> 4 == 4) {
		store_be16(h + 2, (uint16_t)total);
		store_be16(h + 4, id);
		store_be16(h + 10, ip_fold(r->sum + (uint32_t)total + id));
	} else {
		store_be16(h + 4, (uint16_t)(total - IP6_HDR_LEN));
	}
	if (r->sa->udp_len)
		store_be16(udp + 4, (uint16_t)(total - r->ip_len));
	store_be32(udp + r->sa->udp_len + 4, (uint32_t)r->sa->seq);
}

bool out_run_again(struct out_batch *b, struct missiu_pkt *p)
{
	const struct out_run *r = &b->run;
	struct crypt_job *job = &b->job[b->n];
	size_t used = (size_t)(p->data - p->head), text, total;
	enum missiu_drop why;
	struct sa *sa = r->sa;
	uint32_t len;
	uint16_t id;
	uint8_t *h;

	if (!same_as(&r->same, p->data, p->len))
		return false;
	len = same_len(&r->same, p->data);
	if (len > p->len || len < r->min_len || len > r->room ||
	    (r->syn && p->data[r->syn] & TCP_SYN) ||
	    !out_usable(sa, b->now, &why))
		return false;
	text = len - r->keep + ESP_TRAILER_LEN + sa->sz.block - 1;
	text -= text & (size_t)(sa->sz.block - 1);
	total = (size_t)r->n + sa->sz.iv_len + text + sa->sz.icv_len;
	if (r->grow > used || total - r->grow > p->cap - used)
		return false;
	id = load_be16(p->data + 4); /* about to be overwritten */
	if (!r->keep && r->hdr[0] >> 4 == 4)
		id = (uint16_t)engine_ip_id(b->m, 4);
	sa->seq++;
	h = p->data - r->grow;
	put_hdr(b, h, id, total);
	esp_put_trailer(p->data + len, text - len + r->keep - ESP_TRAILER_LEN,
			r->next);
	*job = (struct crypt_job){ .esp = h + r->ip_len + sa->udp_len,
				   .text_len = text,
				   .seq = sa->seq };
	p->data = h;
	p->len = total;
	p->verdict = 0;
	p->drop = MISSIU_DROP_NONE;
	p->policy_id = r->pol->p.id;
	engine_hit(r->pol, MISSIU_OUT, len);
	out_queue(b, sa, NULL, p, len);
	return true;
}
