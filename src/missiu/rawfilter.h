/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classic BPF programs of the raw back end: which packets of the interface
 * reach us at all. The kernel runs them before it copies anything.
 */
#ifndef MISSIU_RAWFILTER_H
#define MISSIU_RAWFILTER_H

#include <linux/filter.h>
#include <stdint.h>

/** Room that a program takes, instructions. */
#define RAWFILTER_MAX 64

/**
 * rawfilter_ipsec() - passes IPsec packets sent to this host
 *
 * @room: where the program is put; the result borrows it
 * @at:   offset of the IP header in what the socket reads: 0 for an AF_PACKET
 *        socket of type SOCK_DGRAM, else the length of the link-layer header
 *
 * Passes ESP and AH in IPv4 and IPv6 (behind one extension header too) with
 * their fragments, and UDP to port 4500 that carries ESP: not the non-ESP
 * marker, not a keep-alive (RFC 3948 2). Later fragments of UDP name no port:
 * all of them pass, and the engine ignores them unless an SA uses UDP. ICMP
 * "fragmentation needed" and ICMPv6 "packet too big" pass; the kernel sees them
 * as well. Refuses what is not for this host and frames of a VLAN, which belong
 * to another interface.
 */
struct sock_fprog rawfilter_ipsec(struct sock_filter room[RAWFILTER_MAX],
				  uint32_t at);

/** rawfilter_none() - passes nothing */
struct sock_fprog rawfilter_none(void);

#endif
