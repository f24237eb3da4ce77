/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the policies in force call for on the TAP, with --auto: one route for
 * every remote prefix of an outbound PROTECT policy. A default route is never
 * set. It also brings the TAP up.
 */
#ifndef MISSIU_AUTOROUTE_H
#define MISSIU_AUTOROUTE_H

#include "missiu/netlink.h"
#include "missiu/peer.h"

/** A growing list of routes, sorted by prefix; zero-initialised. */
struct autoroute_plan {
	struct netlink_route *v;
	size_t n, cap;
	/** MTUs of the outer interface and of the TAP; 0: not looked at */
	unsigned link_mtu, tap_mtu;
	uint32_t any_id,
		any_line; /**< last policy whose remote is any; 0: none */
};

/**
 * autoroute_plan() - what one policy adds to a plan, pure
 * @p:    policy
 * @addrs, @n_addrs: this host's addresses, those to prefer first
 * @plan: in/out; release .v with free()
 *
 * A prefix that an earlier policy brought is not repeated. The preferred source
 * is the first address inside the policy's local side. The next hop is the
 * gateway we play: the host then has one neighbour on the TAP, not one for each
 * address in the networks behind it. Multicast has none. An IPv4 route has an
 * MTU of its own where the TAP's is larger than what fits (tapmtu_of()).
 *
 * Return: false without memory.
 */
bool autoroute_plan(const struct missiu_policy *p,
		    const struct netlink_addr *addrs, size_t n_addrs,
		    struct autoroute_plan *plan);

/**
 * autoroute_plan_range() - routes for a range of addresses
 * @src: address to send from
 *
 * All of a family becomes its two halves: a default route is never touched.
 */
bool autoroute_plan_range(const struct missiu_range *range,
			  const struct missiu_addr *src,
			  struct autoroute_plan *plan);

struct autoroute; /* what is installed, opaque */

/**
 * autoroute_new() - start with nothing installed
 * @nl: borrowed; must outlive the result
 * @link: the outer interface
 * @tap_index, @tap_name: the TAP; copied
 *
 * Return: NULL without memory.
 */
struct autoroute *autoroute_new(struct netlink *nl,
				const struct netlink_link *link,
				unsigned tap_index, const char *tap_name);

/**
 * autoroute_update() - make the routes fit the SPD
 * @m: the engine
 * @tap_mtu: the TAP's MTU; 0: packets are to be as large as it says
 *
 * Logs what it changes and what it could not. A route that the host has
 * already in a direct form is outdone by its two halves; one that cannot be
 * split stays as it is.
 */
void autoroute_update(struct autoroute *a, struct missiu *m, unsigned tap_mtu);

/**
 * autoroute_refresh() - links or addresses changed: look at everything again
 * @link: the outer interface now
 * @tap_name: the TAP's name now
 * @tap_mtu: as autoroute_update()
 *
 * With an address or a TAP that goes down the kernel takes routes of ours away,
 * or their source address; they are made again as far as they can be.
 */
void autoroute_refresh(struct autoroute *a, struct missiu *m,
		       const struct netlink_link *link, const char *tap_name,
		       unsigned tap_mtu);

/** autoroute_set() - install just what is planned, whatever the SPD says */
void autoroute_set(struct autoroute *a, struct autoroute_plan *plan);

/**
 * autoroute_first() - routes that go before those of the SPD
 * @plan: moved out of
 *
 * They are installed by the next autoroute_update(). Of two with one prefix the
 * SPD's is left out.
 */
void autoroute_first(struct autoroute *a, struct autoroute_plan *plan);

/** autoroute_lost() - whether the kernel has taken any of them away */
bool autoroute_lost(struct autoroute *a);

/** autoroute_next() - walk what is installed; @cursor 0 to start */
bool autoroute_next(const struct autoroute *a, size_t *cursor,
		    struct netlink_route *out);

/** autoroute_free() - remove all our routes; NULL is fine */
void autoroute_free(struct autoroute *a);

#endif
