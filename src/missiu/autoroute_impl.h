/* SPDX-License-Identifier: Apache-2.0 */
/* What planning and installing of routes share. Nobody else includes this. */
#ifndef MISSIU_AUTOROUTE_IMPL_H
#define MISSIU_AUTOROUTE_IMPL_H

#include "common/addr.h"
#include "missiu/autoroute.h"

/** autoroute_full_len() - prefix length of a single address */
static inline uint8_t autoroute_full_len(const struct missiu_addr *a)
{
	return (uint8_t)(addr_len(a) * 8);
}

/**
 * autoroute_by_prefix() - order of plans and of what is installed
 * @a, @b: struct netlink_route, or what begins with one
 *
 * By address, then by length, for qsort() and bsearch(). Return: as theirs.
 */
int autoroute_by_prefix(const void *a, const void *b);

/**
 * autoroute_half() - one half of a prefix that is no single address
 * @upper: the one of the higher addresses
 */
struct netlink_route autoroute_half(const struct netlink_route *r, bool upper);

/**
 * autoroute_plan_add() - one more route
 *
 * One whose prefix is in @plan already only lowers the MTU of that.
 * Return: false without memory.
 */
bool autoroute_plan_add(struct autoroute_plan *plan,
			const struct netlink_route *r);

#endif
