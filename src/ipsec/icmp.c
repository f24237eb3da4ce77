/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/icmp.h"

#include <string.h>

#include "common/addr.h"
#include "common/wr.h"
#include "missiu/err.h"

#define ICMP4_UNREACH	  3
#define ICMP4_FRAG_NEEDED 4
#define ICMP6_TOO_BIG	  2
#define ICMP_HDR_LEN	  8

/* RFC 1812 4.3.2.3 and RFC 4443 3.2: as much as fits into these. */
#define ICMP4_MAX 576
#define ICMP6_MAX 1280

#define ICMP_TTL 64

bool icmp_may(struct icmp_limit *l, missiu_usec now)
{
	uint64_t grown = (now - l->at) * ICMP_RATE / 1000000;

	if (!l->at || grown >= ICMP_BURST)
		l->tokens = ICMP_BURST;
	else if (l->tokens + grown < ICMP_BURST)
		l->tokens += (uint32_t)grown;
	else
		l->tokens = ICMP_BURST;
	if (!l->at || grown)
		l->at = now;
	if (!l->tokens)
		return false;
	l->tokens--;
	return true;
}

/* RFC 1122 3.2.2 and RFC 4443 2.4 e: errors do not answer errors. */
static bool is_error(const uint8_t *p, const struct ip_info *ip)
{
	uint8_t type;

	if ((ip->proto != IP_P_ICMP && ip->proto != IP_P_ICMP6) ||
	    ip->frag == IP_FRAG_LATER)
		return false;
	if (ip->len == ip->upper_off)
		return true; /* who knows */
	type = p[ip->upper_off];
	if (ip->proto == IP_P_ICMP6)
		return type < 128;
	return (type >= 3 && type <= 5) || type == 11 || type == 12;
}

static bool is_host(const struct missiu_addr *a)
{
	return addr_len(a) && !addr_is_any(a) && !addr_is_multicast(a) &&
	       (a->family != 4 || (a->b[0] != 0 && a->b[0] < 240));
}

static void put4(uint8_t *h, const struct missiu_addr *src,
		 const struct missiu_addr *dst, size_t len, uint32_t mtu)
{
	uint8_t *msg = h + IP4_HDR_LEN;

	memset(h, 0, ICMP4_TOO_BIG_LEN);
	h[0] = 0x45;
	h[1] = 0xc0; /* RFC 1812 4.3.2.5: precedence of internetwork control */
	h[8] = ICMP_TTL;
	h[9] = IP_P_ICMP;
	memcpy(h + 12, src->b, 4);
	memcpy(h + 16, dst->b, 4);
	ip4_finish(h, len);
	msg[0] = ICMP4_UNREACH;
	msg[1] = ICMP4_FRAG_NEEDED;
	store_be16(msg + 6, (uint16_t)mtu);
	store_be16(msg + 2, ip_fold(ip_sum(msg, len - IP4_HDR_LEN, 0)));
}

static void put6(uint8_t *h, const struct missiu_addr *src,
		 const struct missiu_addr *dst, size_t len, uint32_t mtu)
{
	uint8_t *msg = h + IP6_HDR_LEN;
	size_t n = len - IP6_HDR_LEN;

	memset(h, 0, ICMP6_TOO_BIG_LEN);
	h[0] = 0x60;
	store_be16(h + 4, (uint16_t)n);
	h[6] = IP_P_ICMP6;
	h[7] = ICMP_TTL;
	memcpy(h + 8, src->b, 16);
	memcpy(h + 24, dst->b, 16);
	msg[0] = ICMP6_TOO_BIG;
	store_be32(msg + 4, mtu);
	store_be16(msg + 2,
		   ip_fold(ip_sum(msg, n,
				  ip_pseudo_sum(src, dst, IP_P_ICMP6, n))));
}

bool icmp_too_big(struct missiu_pkt *p, const struct ip_info *ip,
		  const struct missiu_addr *from, uint32_t mtu)
{
	bool v4 = ip->family == 4;
	size_t hdr = v4 ? ICMP4_TOO_BIG_LEN : ICMP6_TOO_BIG_LEN;
	size_t len = ip->len + hdr, max = v4 ? ICMP4_MAX : ICMP6_MAX;
	const struct missiu_addr *src = &ip->dst;

	if ((v4 && ip->frag == IP_FRAG_LATER) || is_error(p->data, ip) ||
	    !is_host(&ip->src) || hdr > (size_t)(p->data - p->head))
		return false;
	if (!is_host(src)) /* RFC 4443 2.4 e.3: allowed for IPv6 */
		src = from;
	if (src->family != ip->family || !is_host(src) ||
	    (v4 && src != &ip->dst))
		return false;
	if (len > max)
		len = max;
	p->data -= hdr;
	p->len = len;
	(v4 ? put4 : put6)(p->data, src, &ip->src, len, mtu);
	return true;
}

bool icmp_is_too_big(const uint8_t *p, const struct ip_info *ip)
{
	if (ip->frag != IP_WHOLE || ip->len - ip->upper_off < ICMP_HDR_LEN)
		return false;
	p += ip->upper_off;
	if (ip->family == 4)
		return ip->proto == IP_P_ICMP && p[0] == ICMP4_UNREACH &&
		       p[1] == ICMP4_FRAG_NEEDED;
	return ip->proto == IP_P_ICMP6 && p[0] == ICMP6_TOO_BIG;
}

/* The quoted IP header; its packet is longer than what is left of it. */
static int quoted4(struct rd r, struct icmp_told *t)
{
	struct ip_info *ip = &t->ip;
	const uint8_t *h, *opts;
	size_t hlen;

	if (!rd_take(&r, IP4_HDR_LEN, &h))
		return MISSIU_ESHORT;
	hlen = (size_t)(h[0] & 15) * 4;
	if (h[0] >> 4 != 4 || hlen < IP4_HDR_LEN)
		return MISSIU_EPROTO;
	if (!rd_take(&r, hlen - IP4_HDR_LEN, &opts))
		return MISSIU_ESHORT;
	/* A later fragment names no SA. */
	if (load_be16(h + 6) & 0x1fff)
		return MISSIU_EPROTO;
	ip->family = 4;
	ip->len = load_be16(h + 2);
	ip->proto = h[9];
	ip->src = addr_from_bytes(4, h + 12);
	ip->dst = addr_from_bytes(4, h + 16);
	t->upper = r;
	return 0;
}

static int quoted6(struct rd r, struct icmp_told *t)
{
	struct ip_info *ip = &t->ip;
	const uint8_t *h, *f;

	if (!rd_take(&r, IP6_HDR_LEN, &h))
		return MISSIU_ESHORT;
	if (h[0] >> 4 != 6)
		return MISSIU_EPROTO;
	ip->family = 6;
	ip->len = IP6_HDR_LEN + (uint32_t)load_be16(h + 4);
	ip->proto = h[6];
	if (ip->proto == IP_P_FRAGMENT) {
		if (!rd_take(&r, 8, &f))
			return MISSIU_ESHORT;
		if (load_be16(f + 2) >> 3)
			return MISSIU_EPROTO;
		ip->proto = f[0];
	}
	ip->src = addr_from_bytes(6, h + 8);
	ip->dst = addr_from_bytes(6, h + 24);
	t->upper = r;
	return 0;
}

int icmp_read_too_big(const uint8_t *p, const struct ip_info *ip,
		      struct icmp_told *out)
{
	size_t n = ip->len - ip->upper_off;
	struct rd r = rd_from(p + ip->upper_off, n);
	struct icmp_told t = { 0 };
	const uint8_t *h;
	uint32_t sum = 0;
	int ret;

	if (!rd_take(&r, ICMP_HDR_LEN, &h))
		return MISSIU_ESHORT;
	if (ip->family == 6)
		sum = ip_pseudo_sum(&ip->src, &ip->dst, IP_P_ICMP6, n);
	if (ip_fold(ip_sum(h, n, sum)))
		return MISSIU_EPROTO;
	t.mtu = ip->family == 4 ? load_be16(h + 6) : load_be32(h + 4);
	ret = ip->family == 4 ? quoted4(r, &t) : quoted6(r, &t);
	if (!ret)
		*out = t;
	return ret;
}
