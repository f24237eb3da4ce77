/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/ip.h"

#include <endian.h>
#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"
#include "ipsec/gso_sum.h"
#include "missiu/err.h"

/* From here on vectors are faster. */
#define SUM_LONG 64

/* Bytes of the upper header that hold its ports; 0: it has none. */
static size_t ports_len(uint8_t proto)
{
	switch (proto) {
	case IP_P_TCP:
	case IP_P_UDP:
	case IP_P_DCCP:
	case IP_P_SCTP:
	case IP_P_UDPLITE:
		return 4;
	case IP_P_ICMP:
	case IP_P_ICMP6:
		return 2;
	case IP_P_MH:
		return 3;
	default:
		return 0;
	}
}

/* RFC 4301 4.4.1.1: ports, ICMP type and code, mobility header type. */
static void read_ports(struct rd r, struct ip_info *ip)
{
	size_t need = ports_len(ip->proto);
	const uint8_t *at;

	if (!need)
		return;
	if (ip->frag == IP_FRAG_LATER || !rd_take(&r, need, &at)) {
		ip->vague |= IP_VAGUE_PORTS;
		return;
	}
	ip->has_ports = true;
	if (need == 4) {
		ip->sport = load_be16(at);
		ip->dport = load_be16(at + 2);
		return;
	}
	if (need == 2)
		ip->sport = load_be16(at);
	else
		ip->sport = (uint16_t)(at[2] << 8);
	ip->dport = ip->sport;
}

/*
 * An address, stored as two words: who reads it as such soon after it was
 * written in smaller pieces has to wait until they have reached the cache.
 */
static void set_addr4(struct missiu_addr *a, const uint8_t *b)
{
	uint64_t w[2] = { 0 };
	uint32_t v4;

	memcpy(&v4, b, sizeof(v4));
	w[0] = htole64(le32toh(v4));
	a->family = 4;
	memcpy(a->b, w, sizeof(w));
}

/* Writes straight to @ip, once nothing can fail any more: it is in a hurry. */
static int parse4(const uint8_t *p, size_t len, struct ip_info *ip)
{
	struct rd r = rd_from(p, len);
	const uint8_t *h, *opts;
	size_t hlen, total;
	uint16_t frag;

	if (!rd_take(&r, IP4_HDR_LEN, &h))
		return MISSIU_ESHORT;
	hlen = (size_t)(h[0] & 15) * 4;
	total = load_be16(h + 2);
	if (hlen < IP4_HDR_LEN || total < hlen)
		return MISSIU_EPROTO;
	if (total > len)
		return MISSIU_ESHORT;
	r = rd_from(p + IP4_HDR_LEN, total - IP4_HDR_LEN);
	if (!rd_take(&r, hlen - IP4_HDR_LEN, &opts))
		return MISSIU_ESHORT;
	frag = load_be16(h + 6);
	memset(ip, 0, sizeof(*ip));
	ip->len = (uint32_t)total;
	ip->family = 4;
	ip->tos = h[1];
	ip->ttl = h[8];
	ip->proto = h[9];
	ip->df = frag & 0x4000;
	if (frag & 0x1fff)
		ip->frag = IP_FRAG_LATER;
	else if (frag & 0x2000)
		ip->frag = IP_FRAG_FIRST;
	set_addr4(&ip->src, h + 12);
	set_addr4(&ip->dst, h + 16);
	ip->upper_off = ip->ins_off = (uint32_t)hlen;
	ip->upper_nh_off = ip->ins_nh_off = 9;
	read_ports(r, ip);
	return 0;
}

static bool is_ext6(uint8_t nh)
{
	return nh == IP_P_HOPOPTS || nh == IP_P_ROUTING || nh == IP_P_DSTOPTS ||
	       nh == IP_P_FRAGMENT;
}

/* One extension header: its bytes are taken, *nh becomes the next one. */
static int ext6(struct rd *r, uint8_t *nh, struct ip_info *ip)
{
	const uint8_t *h, *rest;
	uint16_t frag;

	if (!rd_take(r, 8, &h))
		return MISSIU_ESHORT;
	if (*nh == IP_P_FRAGMENT) {
		if (ip->frag != IP_WHOLE)
			return MISSIU_EPROTO;
		frag = load_be16(h + 2);
		ip->frag = frag >> 3 ? IP_FRAG_LATER : IP_FRAG_FIRST;
	} else if (!rd_take(r, (size_t)h[1] * 8, &rest)) {
		return MISSIU_ESHORT;
	}
	*nh = h[0];
	return 0;
}

static int walk6(const uint8_t *p, struct rd *r, struct ip_info *ip)
{
	uint8_t nh = p[6];
	uint32_t nh_off = 6;

	ip->ins_off = IP6_HDR_LEN;
	ip->ins_nh_off = nh_off;
	for (unsigned n = 0; is_ext6(nh) && ip->frag != IP_FRAG_LATER; n++) {
		uint32_t at = (uint32_t)(r->p - p);
		uint8_t kind = nh;
		int ret;

		if (n == IP6_EXT_MAX || (nh == IP_P_HOPOPTS && n > 0))
			return MISSIU_EPROTO;
		ret = ext6(r, &nh, ip);
		if (ret)
			return ret;
		nh_off = at;
		if (kind == IP_P_FRAGMENT)
			ip->frag_at = at;
		/*
		 * RFC 4303 3.1.1: ESP follows hop-by-hop and routing headers
		 * and destination options in front of a routing header.
		 */
		if (kind == IP_P_HOPOPTS || kind == IP_P_ROUTING) {
			ip->ins_off = (uint32_t)(r->p - p);
			ip->ins_nh_off = nh_off;
		}
	}
	ip->proto = nh;
	ip->upper_nh_off = nh_off;
	ip->upper_off = (uint32_t)(r->p - p);
	/* A later fragment of a packet with more extension headers. */
	if (is_ext6(nh))
		ip->vague = IP_VAGUE_PROTO | IP_VAGUE_PORTS;
	return 0;
}

static int parse6(const uint8_t *p, size_t len, struct ip_info *ip)
{
	struct rd r = rd_from(p, len);
	const uint8_t *h;
	int ret;

	if (!rd_take(&r, IP6_HDR_LEN, &h))
		return MISSIU_ESHORT;
	ip->len = IP6_HDR_LEN + (uint32_t)load_be16(h + 4);
	if (ip->len > len)
		return MISSIU_ESHORT;
	ip->family = 6;
	ip->tos = (uint8_t)(load_be16(h) >> 4);
	ip->ttl = h[7];
	ip->src = addr_from_bytes(6, h + 8);
	ip->dst = addr_from_bytes(6, h + 24);
	r = rd_from(p + IP6_HDR_LEN, ip->len - IP6_HDR_LEN);
	ret = walk6(p, &r, ip);
	if (ret)
		return ret;
	read_ports(r, ip);
	return 0;
}

int ip_parse(const uint8_t *p, size_t len, struct ip_info *out)
{
	struct ip_info ip = { 0 };
	int ret;

	if (len < 1)
		return MISSIU_ESHORT;
	switch (p[0] >> 4) {
	case 4:
		return parse4(p, len, out);
	case 6:
		ret = parse6(p, len, &ip);
		break;
	default:
		return MISSIU_EPROTO;
	}
	if (!ret)
		*out = ip;
	return ret;
}

uint32_t ip_sum(const uint8_t *p, size_t len, uint32_t sum)
{
	uint64_t s = sum;

	if (len >= SUM_LONG) {
		s += sum_bytes(p, len);
		len = 0;
	}
	for (; len >= 4; p += 4, len -= 4)
		s += load_be32(p);
	if (len >= 2) {
		s += load_be16(p);
		p += 2;
		len -= 2;
	}
	if (len)
		s += (uint64_t)*p << 8;
	/* 2^16 and 2^32 are both 1 modulo 2^16 - 1. */
	while (s >> 32)
		s = (s & UINT32_MAX) + (s >> 32);
	return (uint32_t)(s >> 16) + (uint32_t)(s & 0xffff);
}

uint16_t ip_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

void ip4_finish(uint8_t *hdr, size_t len)
{
	store_be16(hdr + 2, (uint16_t)len);
	store_be16(hdr + 10, 0);
	store_be16(hdr + 10, ip_fold(ip_sum(hdr, (hdr[0] & 15U) * 4, 0)));
}

bool ip4_sum_ok(const uint8_t *hdr)
{
	return ip_fold(ip_sum(hdr, (hdr[0] & 15U) * 4, 0)) == 0;
}

void ip_set_tos(uint8_t *p, uint8_t tos)
{
	uint16_t old;
	uint32_t sum;

	if (p[0] >> 4 == 6) {
		p[0] = (uint8_t)((p[0] & 0xf0) | tos >> 4);
		p[1] = (uint8_t)((p[1] & 0x0f) | tos << 4);
		return;
	}
	/* RFC 1624 eqn. 3: HC' = ~(~HC + ~m + m') */
	old = load_be16(p);
	p[1] = tos;
	sum = (uint16_t)~load_be16(p + 10);
	sum += (uint16_t)~old;
	sum += load_be16(p);
	store_be16(p + 10, ip_fold(sum));
}

uint32_t ip_pseudo_sum(const struct missiu_addr *src,
		       const struct missiu_addr *dst, uint8_t proto, size_t len)
{
	uint32_t sum = ip_sum(src->b, addr_len(src), 0);

	sum = ip_sum(dst->b, addr_len(dst), sum);
	return sum + proto + (uint32_t)(len >> 16) + (uint32_t)(len & 0xffff);
}

/* Where the checksum of a protocol sits in its header; 0: nothing to fix. */
static size_t checksum_at(const struct ip_info *ip)
{
	switch (ip->proto) {
	case IP_P_TCP:
		return 16;
	case IP_P_UDP:
		return 6;
	case IP_P_ICMP6:
		return ip->family == 6 ? 2 : 0;
	default:
		return 0;
	}
}

void ip_fix_checksum(uint8_t *p, const struct ip_info *ip)
{
	uint8_t *up = p + ip->upper_off;
	size_t len = ip->len - ip->upper_off, at = checksum_at(ip);
	uint16_t sum;

	if (!at || ip->frag != IP_WHOLE || len < at + 2)
		return;
	if (ip->proto == IP_P_UDP && ip->family == 4 && !load_be16(up + at))
		return;
	store_be16(up + at, 0);
	sum = ip_fold(ip_sum(
		up, len, ip_pseudo_sum(&ip->src, &ip->dst, ip->proto, len)));
	if (ip->proto == IP_P_UDP && !sum)
		sum = 0xffff;
	store_be16(up + at, sum);
}
