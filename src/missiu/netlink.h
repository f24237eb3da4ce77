/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links, addresses, routes and per-device settings by rtnetlink. Synchronous:
 * the kernel answers at once.
 */
#ifndef MISSIU_NETLINK_H
#define MISSIU_NETLINK_H

#include <limits.h>
#include <net/if.h>

#include "missiu/engine.h"

/** Marks our routes in the kernel's table ("proto 77"). */
#define NETLINK_ROUTE_PROTO 77

struct netlink; /* one rtnetlink socket, opaque */

struct netlink_link {
	char name[IFNAMSIZ];
	unsigned index;
	unsigned mtu;
	bool up;	     /**< IFF_UP: the operator's word */
	bool carrier;	     /**< IFF_LOWER_UP: the wire's word */
	uint64_t tx_dropped; /**< packets its queue had no room for */
};

/** A route: prefix, device, next hop, source address to prefer. */
struct netlink_route {
	struct missiu_addr dst;
	uint8_t plen;
	struct missiu_addr src; /**< family 0: the kernel's choice */
	struct missiu_addr via; /**< family 0: whole prefix on the link */
	unsigned index;		/**< device */
	unsigned mtu;		/**< for packets on it; 0: the device's */
};

/** Index for netlink_conf_get(): what counts for all devices together. */
#define NETLINK_CONF_ALL UINT_MAX

/** Settings of a device, or of all, for one family (net.ipv[46].conf). */
struct netlink_conf {
	bool forwarding;
	unsigned rp_filter; /**< 0 off, 1 strict, 2 loose; IPv6: 0 */
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
 * netlink_link_at() - look at an interface, whatever it is called by now
 * @index: its number
 *
 * Return: 0; MISSIU_ENOENT; MISSIU_EIO.
 */
int netlink_link_at(struct netlink *nl, unsigned index,
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
 * netlink_addr_add(), netlink_addr_del() - an address of one host on a device
 *
 * IPv6: without asking whether somebody has it, nobody can hear.
 * Return: 0; MISSIU_EEXIST (add), MISSIU_ENOENT (delete), MISSIU_EPERM,
 * MISSIU_EIO.
 */
int netlink_addr_add(struct netlink *nl, unsigned index,
		     const struct missiu_addr *addr, struct missiu_diag *diag);
int netlink_addr_del(struct netlink *nl, unsigned index,
		     const struct missiu_addr *addr, struct missiu_diag *diag);

/**
 * netlink_conf_get() - read settings
 * @family: 4 or 6
 * @index:  device or NETLINK_CONF_ALL
 *
 * Return: 0; MISSIU_ENOENT (also: the family is off); MISSIU_EIO.
 */
int netlink_conf_get(struct netlink *nl, int family, unsigned index,
		     struct netlink_conf *out, struct missiu_diag *diag);

/**
 * netlink_set_rp_filter() - IPv4 reverse path filter of one device
 * @mode: 0, 1 or 2; the kernel applies the larger of this and "all"
 *
 * Return: 0; MISSIU_ENOENT, MISSIU_EPERM, MISSIU_EIO.
 */
int netlink_set_rp_filter(struct netlink *nl, unsigned index, unsigned mode,
			  struct missiu_diag *diag);

/**
 * netlink_routes() - our routes through a device, as the kernel has them
 * @index: device
 * @v, @n: out: those of NETLINK_ROUTE_PROTO; release *@v with free()
 *
 * Return: 0; MISSIU_ENOMEM; MISSIU_EIO.
 */
int netlink_routes(struct netlink *nl, unsigned index, struct netlink_route **v,
		   size_t *n, struct missiu_diag *diag);

/**
 * netlink_route_add(), netlink_route_del() - main table, or where the kernel
 * looks for multicast
 *
 * Return: 0; MISSIU_EEXIST (add: such a route exists), MISSIU_ENOENT (delete),
 * MISSIU_EPERM, MISSIU_EIO.
 */
int netlink_route_add(struct netlink *nl, const struct netlink_route *r,
		      struct missiu_diag *diag);
int netlink_route_del(struct netlink *nl, const struct netlink_route *r,
		      struct missiu_diag *diag);

#endif
