/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/l2.h"

#include "common/wr.h"

#define ETH_IPV4 0x0800
#define ETH_ARP	 0x0806
#define ETH_IPV6 0x86dd

#define ARP_LEN	    28
#define ARP_REQUEST 1
#define ARP_REPLY   2

#define IPV6_HDR_LEN   40
#define PROTO_ICMPV6   58
#define ND_SOLICIT     135
#define ND_ADVERT      136
#define ND_LEN	       24 /* type .. target address, without options */
#define ND_OPT_TARGET  2
#define ND_FLAGS_REPLY 0x60000000u /* solicited, override */

const uint8_t l2_gateway[6] = { 0x02, 0x6d, 0x69, 0x73, 0x73, 0x69 };

static void drop(struct l2_frame *out, enum missiu_drop why)
{
	out->kind = L2_DROP;
	out->drop = why;
}

static bool all_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void put_eth(struct wr *w, const uint8_t *dst, uint16_t type)
{
	wr_bytes(w, dst, 6);
	wr_bytes(w, l2_gateway, 6);
	wr_be16(w, type);
}

/*
 *  0: htype 1 | 2: ptype 0x0800 | 4: hlen 6 | 5: plen 4 | 6: operation
 *  8: sender MAC | 14: sender IP | 18: target MAC | 24: target IP
 */
static void arp(struct rd r, struct l2_frame *out)
{
	static const uint8_t ethernet_ipv4[6] = { 0, 1, 8, 0, 6, 4 };
	struct wr w = wr_to(out->reply, sizeof(out->reply));
	const uint8_t *p;

	if (!rd_take(&r, ARP_LEN, &p)) {
		drop(out, MISSIU_DROP_TAP_RUNT);
		return;
	}
	if (memcmp(p, ethernet_ipv4, sizeof(ethernet_ipv4)) != 0) {
		drop(out, MISSIU_DROP_TAP_NON_IP);
		return;
	}
	out->kind = L2_IGNORE;
	if (load_be16(p + 6) != ARP_REQUEST || all_zero(p + 14, 4) ||
	    !memcmp(p + 14, p + 24, 4))
		return;
	put_eth(&w, p + 8, ETH_ARP);
	wr_bytes(&w, ethernet_ipv4, sizeof(ethernet_ipv4));
	wr_be16(&w, ARP_REPLY);
	wr_bytes(&w, l2_gateway, 6);
	wr_bytes(&w, p + 24, 4);
	wr_bytes(&w, p + 8, 10);
	out->kind = L2_REPLY;
	out->reply_len = w.len;
}

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
	for (; n > 1; p += 2, n -= 2)
		sum += load_be16(p);
	return n ? sum + ((uint32_t)*p << 8) : sum;
}

/* Checksum over the IPv6 pseudo header (RFC 8200 8.1) and an ICMPv6 message. */
static uint16_t icmp6_sum(const uint8_t *src_dst, const uint8_t *msg, size_t n)
{
	uint32_t sum = sum16(src_dst, 32, (uint32_t)n + PROTO_ICMPV6);

	sum = sum16(msg, n, sum);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void advertise(const uint8_t *eth_src, const uint8_t *ip6,
		      const uint8_t *target, struct l2_frame *out)
{
	struct wr w = wr_to(out->reply, sizeof(out->reply));
	uint8_t *msg;

	put_eth(&w, eth_src, ETH_IPV6);
	wr_be32(&w, 0x60000000);
	wr_be16(&w, ND_LEN + 8);
	wr_u8(&w, PROTO_ICMPV6);
	wr_u8(&w, 255);
	wr_bytes(&w, target, 16);
	wr_bytes(&w, ip6 + 8, 16);
	wr_u8(&w, ND_ADVERT);
	wr_u8(&w, 0);
	wr_be16(&w, 0);
	wr_be32(&w, ND_FLAGS_REPLY);
	wr_bytes(&w, target, 16);
	wr_u8(&w, ND_OPT_TARGET);
	wr_u8(&w, 1);
	wr_bytes(&w, l2_gateway, 6);
	msg = out->reply + L2_HDR_LEN + IPV6_HDR_LEN;
	store_be16(msg + 2,
		   icmp6_sum(out->reply + L2_HDR_LEN + 8, msg, ND_LEN + 8));
	out->kind = L2_REPLY;
	out->reply_len = w.len;
}

/*
 * A neighbour solicitation, validated as RFC 4861 7.1.1 wants it.
 * Return: false when the packet is none and goes on as any other.
 */
static bool solicitation(const uint8_t *eth_src, const uint8_t *ip6, size_t len,
			 struct l2_frame *out)
{
	struct rd r = rd_from(ip6 + IPV6_HDR_LEN, len - IPV6_HDR_LEN);
	size_t n = rd_left(&r);
	const uint8_t *msg;

	if (ip6[6] != PROTO_ICMPV6 || !rd_take(&r, 1, &msg) ||
	    *msg != ND_SOLICIT)
		return false;
	out->kind = L2_IGNORE;
	if (ip6[7] != 255 || n < ND_LEN || msg[1] != 0 || msg[8] == 0xff ||
	    icmp6_sum(ip6 + 8, msg, n) != 0 || all_zero(ip6 + 8, 16))
		return true;
	advertise(eth_src, ip6, msg + 8, out);
	return true;
}

static void found(struct l2_frame *out, size_t len)
{
	out->kind = L2_IP;
	out->ip = L2_HDR_LEN;
	out->ip_len = len;
}

static void ipv4(struct rd r, struct l2_frame *out)
{
	size_t left = rd_left(&r), len, ihl;
	const uint8_t *p;

	if (!rd_take(&r, 20, &p)) {
		drop(out, MISSIU_DROP_TAP_RUNT);
		return;
	}
	len = load_be16(p + 2);
	ihl = (size_t)(p[0] & 15) * 4;
	if (p[0] >> 4 != 4 || ihl < 20 || len < ihl)
		drop(out, MISSIU_DROP_OUT_HDR_ERROR);
	else if (len > left)
		drop(out, MISSIU_DROP_TAP_RUNT);
	else
		found(out, len);
}

static void ipv6(const uint8_t *eth_src, struct rd r, struct l2_frame *out)
{
	size_t left = rd_left(&r), len;
	const uint8_t *p;

	if (!rd_take(&r, IPV6_HDR_LEN, &p)) {
		drop(out, MISSIU_DROP_TAP_RUNT);
		return;
	}
	len = (size_t)load_be16(p + 4) + IPV6_HDR_LEN;
	if (p[0] >> 4 != 6)
		drop(out, MISSIU_DROP_OUT_HDR_ERROR);
	else if (len > left)
		drop(out, MISSIU_DROP_TAP_RUNT);
	else if (!solicitation(eth_src, p, len, out))
		found(out, len);
}

void l2_parse(struct rd frame, struct l2_frame *out)
{
	const uint8_t *eth;

	out->drop = MISSIU_DROP_NONE;
	out->group = false;
	out->reply_len = 0;
	if (!rd_take(&frame, L2_HDR_LEN, &eth)) {
		drop(out, MISSIU_DROP_TAP_RUNT);
		return;
	}
	out->group = eth[0] & 1;
	switch (load_be16(eth + 12)) {
	case ETH_IPV4:
		ipv4(frame, out);
		break;
	case ETH_IPV6:
		ipv6(eth + 6, frame, out);
		break;
	case ETH_ARP:
		arp(frame, out);
		break;
	default: /* 802.1Q included: the gateway is on no VLAN */
		drop(out, MISSIU_DROP_TAP_NON_IP);
	}
}

/* RFC 1112 6.4, RFC 2464 7: a group's MAC address is made from its own. */
static void destination_mac(uint8_t mac[static 6], const uint8_t *tap_mac,
			    const uint8_t *ip)
{
	static const uint8_t group4[6] = { 0x01, 0x00, 0x5e };

	if (*ip >> 4 == 6 && ip[24] == 0xff) {
		memset(mac, 0x33, 2);
		memcpy(mac + 2, ip + 36, 4);
	} else if (*ip >> 4 == 4 && load_be32(ip + 16) == UINT32_MAX) {
		memset(mac, 0xff, 6);
	} else if (*ip >> 4 == 4 && ip[16] >> 4 == 14) {
		memcpy(mac, group4, 3);
		memcpy(mac + 3, ip + 17, 3);
		mac[3] &= 0x7f;
	} else {
		memcpy(mac, tap_mac, 6);
	}
}

void l2_put_header(uint8_t hdr[static L2_HDR_LEN],
		   const uint8_t tap_mac[static 6], const uint8_t *ip)
{
	destination_mac(hdr, tap_mac, ip);
	memcpy(hdr + 6, l2_gateway, 6);
	store_be16(hdr + 12, *ip >> 4 == 6 ? ETH_IPV6 : ETH_IPV4);
}
