/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Link-layer addresses of next hops, as the kernel's tables have them, kept for
 * packets that are handed to the link directly.
 *
 * Theory of operation. An entry is asked for by rtnetlink: the route to the
 * destination through the interface, then the neighbour it names. While there
 * is no valid neighbour, and once in a while when there is, a packet goes the
 * kernel's own way: so the kernel looks for neighbours, checks that they are
 * still there, and keeps their entries. Any news of routes, neighbours or links
 * empties the cache.
 */
#ifndef MISSIU_NEXTHOP_H
#define MISSIU_NEXTHOP_H

#include "missiu/engine.h"

/** Bytes of an Ethernet address. */
#define NEXTHOP_MAC 6

struct nexthop; /* a cache, opaque */

/**
 * nexthop_open() - make a cache for one Ethernet interface
 * @index: its number
 * @diag:  out
 *
 * Return: NULL without memory or rtnetlink.
 */
struct nexthop *nexthop_open(unsigned index, struct missiu_diag *diag);

/** nexthop_close() - NULL is fine */
void nexthop_close(struct nexthop *nh);

/**
 * nexthop_find() - where packets to an address go on the link
 * @dst: 4 or 16 bytes, as in the packet
 * @family: 4 or 6
 * @now: time in µs
 *
 * Return: NEXTHOP_MAC bytes, valid until the next call; NULL: this packet is to
 * go the kernel's way.
 */
const uint8_t *nexthop_find(struct nexthop *nh, const uint8_t *dst,
			    uint8_t family, missiu_usec now);

/**
 * nexthop_news() - a number that changes when news of routes, neighbours or links
 * were heard
 */
uint64_t nexthop_news(const struct nexthop *nh);

#endif
