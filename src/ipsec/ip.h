/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 and IPv6 headers: bounds-checked walk to the upper layer, checksums. */
#ifndef IPSEC_IP_H
#define IPSEC_IP_H

#include "missiu/types.h"

enum ip_proto {
	IP_P_HOPOPTS = 0,
	IP_P_ICMP = 1,
	IP_P_IPIP = 4,
	IP_P_TCP = 6,
	IP_P_UDP = 17,
	IP_P_DCCP = 33,
	IP_P_IPV6 = 41,
	IP_P_ROUTING = 43,
	IP_P_FRAGMENT = 44,
	IP_P_ESP = 50,
	IP_P_AH = 51,
	IP_P_ICMP6 = 58,
	IP_P_NONE = 59,
	IP_P_DSTOPTS = 60,
	IP_P_SCTP = 132,
	IP_P_MH = 135,
	IP_P_UDPLITE = 136,
};

#define IP4_HDR_LEN 20
#define IP6_HDR_LEN 40
#define UDP_HDR_LEN 8
/** Extension headers walked before a packet counts as malformed. */
#define IP6_EXT_MAX 8

enum ip_frag { IP_WHOLE, IP_FRAG_FIRST, IP_FRAG_LATER };

/** What a fragment or a truncated upper header leaves unknown. */
enum ip_vague { IP_VAGUE_PORTS = 1, IP_VAGUE_PROTO = 2 };

/** What the engine wants to know of a packet. Offsets count from its start. */
struct ip_info {
	struct missiu_addr src, dst;
	uint32_t len;	       /* total length as the header says, <= given */
	uint32_t upper_off;    /* the upper protocol's header */
	uint32_t upper_nh_off; /* the byte that names it */
	uint32_t ins_off;    /* where transport mode inserts (RFC 4303 3.1.1) */
	uint32_t ins_nh_off; /* the byte that names what stands there now */
	uint32_t frag_at;    /* IPv6: the fragment header; 0: none */
	uint16_t sport, dport; /* host order; ICMP: both type << 8 | code */
	uint8_t family;	       /* 4 or 6 */
	uint8_t proto;	       /* upper protocol, extension headers skipped */
	uint8_t tos, ttl;      /* traffic class, hop limit */
	uint8_t frag;	       /* enum ip_frag */
	uint8_t vague;	       /* mask of enum ip_vague */
	bool has_ports;	       /* sport and dport are known */
	bool df;	       /* IPv4 don't fragment */
	bool rebuilt;	       /* by us, of fragments; never by ip_parse() */
};

/**
 * ip_parse() - walk the headers of a packet
 * @p, @len: bytes; may be longer than the packet (Ethernet padding)
 * @out: out, untouched on failure
 *
 * IPv4 options are skipped, the header checksum is not verified. IPv6
 * hop-by-hop, routing, destination and fragment headers are walked.
 * Jumbograms are refused. RFC 791, RFC 8200.
 *
 * Return: 0, MISSIU_ESHORT (cut off), MISSIU_EPROTO (malformed).
 */
int ip_parse(const uint8_t *p, size_t len, struct ip_info *out);

/** ip_sum() - one's complement sum of @len bytes added to @sum (RFC 1071) */
uint32_t ip_sum(const uint8_t *p, size_t len, uint32_t sum);

/** ip_fold() - fold a sum to the 16 bits that go into a header */
uint16_t ip_fold(uint32_t sum);

/**
 * ip4_finish() - write total length and header checksum
 * @hdr: IPv4 header with valid header length
 * @len: total length, at most 65535
 */
void ip4_finish(uint8_t *hdr, size_t len);

/** ip4_sum_ok() - whether the header checksum of a parsed IPv4 packet is right */
bool ip4_sum_ok(const uint8_t *hdr);

/**
 * ip_set_tos() - replace the traffic class byte
 * @p:   a parsed packet; an IPv4 checksum is adjusted (RFC 1624)
 * @tos: new value
 */
void ip_set_tos(uint8_t *p, uint8_t tos);

/**
 * ip_pseudo_sum() - sum of the pseudo header
 * @src, @dst: addresses of one family
 * @proto: upper protocol
 * @len: bytes of upper header and payload
 */
uint32_t ip_pseudo_sum(const struct missiu_addr *src,
		       const struct missiu_addr *dst, uint8_t proto,
		       size_t len);

/**
 * ip_fix_checksum() - recompute the upper layer's checksum
 * @p:  the packet
 * @ip: its parsed form
 *
 * For TCP, UDP, UDP-Lite with full coverage and ICMPv6; an IPv4 UDP checksum
 * of 0 stays 0. Others are left alone. RFC 3948 3.1.2.
 */
void ip_fix_checksum(uint8_t *p, const struct ip_info *ip);

#endif
