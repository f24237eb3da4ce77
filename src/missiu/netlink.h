/* SPDX-License-Identifier: Apache-2.0 */
/* Links, addresses and routes by rtnetlink. Synchronous, kernel answers at once. */
#ifndef MISSIU_NETLINK_H
#define MISSIU_NETLINK_H

#include <net/if.h>

#include "missiu/engine.h"

/** Marks our routes in the kernel's table ("proto 77"). */
#define NETLINK_ROUTE_PROTO 77

struct netlink; /* one rtnetlink socket, opaque */

struct netlink_link {
	char name[IFNAMSIZ];
	unsigned index;
	unsigned mtu;
	bool up;	     /**< IFF_UP */
	uint64_t tx_dropped; /**< packets its queue had no room for */
};

/** A route: prefix, device, source address to prefer. */
struct netlink_route {
	struct missiu_addr dst;
	uint8_t plen;
	struct missiu_addr src; /**< family 0: the kernel's choice */
	unsigned index;		/**< device */
};

/** One address of this host. */
struct netlink_addr {
	struct missiu_addr addr;
	unsigned index;
};

/**
 * netlink_open() - open a socket
 *
 * Return: 0 or MISSIU_EIO with *@diag.
 */
int netlink_open(struct netlink **out, struct missiu_diag *diag);

/** netlink_close() - NULL is fine */
void netlink_close(struct netlink *nl);

/**
 * netlink_link_get() - look at an interface
 * @name: its name
 *
 * Return: 0; MISSIU_ENOENT; MISSIU_EIO.
 */
int netlink_link_get(struct netlink *nl, const char *name,
		     struct netlink_link *out, struct missiu_diag *diag);

/**
 * netlink_link_set() - set MTU and bring up
 * @mtu: 0: unchanged
 * @up:  true: bring it up; false: leave it
 *
 * Return: 0; MISSIU_EPERM; MISSIU_EIO.
 */
int netlink_link_set(struct netlink *nl, unsigned index, unsigned mtu, bool up,
		     struct missiu_diag *diag);

/**
 * netlink_addrs() - addresses of this host that packets can be sent from
 * @v, @max: out; those over @max are left out
 * @n: out: how many
 *
 * Loopback, IPv6 link-local and addresses not (or no longer) in use are left
 * out.
 *
 * Return: 0 or MISSIU_EIO.
 */
int netlink_addrs(struct netlink *nl, struct netlink_addr *v, size_t max,
		  size_t *n, struct missiu_diag *diag);

/**
 * netlink_route_add(), netlink_route_del() - main table, link scope
 *
 * Return: 0; MISSIU_EEXIST (add: such a route exists), MISSIU_ENOENT (delete),
 * MISSIU_EPERM, MISSIU_EIO.
 */
int netlink_route_add(struct netlink *nl, const struct netlink_route *r,
		      struct missiu_diag *diag);
int netlink_route_del(struct netlink *nl, const struct netlink_route *r,
		      struct missiu_diag *diag);

#endif
