/* SPDX-License-Identifier: Apache-2.0 */
/* ICMP "fragmentation needed" and ICMPv6 "packet too big". */
#ifndef IPSEC_ICMP_H
#define IPSEC_ICMP_H

#include "common/rd.h"
#include "ipsec/ip.h"
#include "missiu/engine.h"

/** Bytes in front of the quoted packet: IP and ICMP header. */
#define ICMP4_TOO_BIG_LEN (IP4_HDR_LEN + 8)
#define ICMP6_TOO_BIG_LEN (IP6_HDR_LEN + 8)

/** Tokens of a limiter: so many at once, and so many more a second. */
struct icmp_limit {
	uint32_t tokens;
	missiu_usec at; /* of the last one granted */
};
#define ICMP_BURST 64
#define ICMP_RATE  1000

/** icmp_may() - take one token (RFC 1812 4.3.2.8, RFC 4443 2.4 f) */
bool icmp_may(struct icmp_limit *l, missiu_usec now);

/**
 * icmp_too_big() - turn a packet into the answer "too big" to its sender
 * @p:   in: the packet; out: the ICMP message, from the packet's destination
 *       (or, if that is multicast, @from) to its source. IPv4 needs 28 bytes
 *       before the packet, IPv6 48
 * @ip:  @p parsed
 * @from: family 0: there is none
 * @mtu: the largest packet that would pass
 *
 * None is sent about ICMP errors, to what is no single host, and over IPv4
 * about multicast and later fragments. RFC 792, RFC 1191 4, RFC 1122 3.2.2, RFC 4443 2.4, 3.2.
 *
 * Return: false when there is no answer; @p is as before.
 */
bool icmp_too_big(struct missiu_pkt *p, const struct ip_info *ip,
		  const struct missiu_addr *from, uint32_t mtu);

/** icmp_is_too_big() - is this packet one, by type and code alone? */
bool icmp_is_too_big(const uint8_t *p, const struct ip_info *ip);

/** What such a message says. */
struct icmp_told {
	uint32_t mtu;
	struct ip_info ip; /* of the packet that was too big; len as it was */
	struct rd upper;   /* its upper header, as far as it is quoted */
};

/**
 * icmp_read_too_big() - parse the message and the packet it quotes
 * @p, @ip: a whole packet for which icmp_is_too_big()
 * @out: out, untouched on failure
 *
 * The quote may be cut off anywhere behind its IP header. IPv6 extension
 * headers in it are not walked.
 *
 * Return: 0, MISSIU_ESHORT, MISSIU_EPROTO (checksum, malformed).
 */
int icmp_read_too_big(const uint8_t *p, const struct ip_info *ip,
		      struct icmp_told *out);

#endif
