/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Outer back ends: how protected packets reach and leave the interface. Each
 * gives one table of functions; the data path knows no more about it.
 */
#ifndef MISSIU_OUTER_H
#define MISSIU_OUTER_H

#include "missiu/engine.h"

/** Packets a call moves at most. */
#define OUTER_BATCH 128
/** Multicast groups listened to at most. */
#define OUTER_GROUPS 64

struct outer; /* a back end at work, opaque */

struct outer_ops {
	const char *name;
	/**
	 * Start on an interface. Return: 0; MISSIU_EPERM, MISSIU_EIO,
	 * MISSIU_ENOMEM with *@diag.
	 */
	int (*open)(const char *iface, unsigned index, struct outer **out,
		    struct missiu_diag *diag);
	/** Descriptor that becomes readable when packets wait. */
	int (*rx_fd)(const struct outer *o);
	/**
	 * Fetch up to @n waiting packets, each at its outer IP header; data
	 * says where in its buffer it may start, cap how far it may reach less
	 * MISSIU_TAILROOM. A packet with verdict DROP came in damaged.
	 * Return: how many of @v were filled. Unless that is 0 more may be
	 * waiting without @rx_fd saying so: call again.
	 */
	size_t (*rx_batch)(struct outer *o, struct missiu_pkt *v[], size_t n);
	/**
	 * Send packets that start with their outer IP header, to the next hop
	 * that the kernel's tables name on this interface. Those that fail get
	 * verdict DROP and a reason.
	 */
	void (*tx_batch)(struct outer *o, struct missiu_pkt *v[], size_t n);
	/**
	 * Have the interface receive these multicast groups (and tell routers
	 * and switches), and no others of earlier calls. Up to OUTER_GROUPS.
	 */
	void (*join)(struct outer *o, const struct missiu_addr *v, size_t n);
	/** Packets lost since the last call for want of room to receive. */
	uint64_t (*rx_lost)(struct outer *o);
	/** Stop; NULL is fine. */
	void (*close)(struct outer *o);
};

/** Packet socket to receive, raw IP sockets to send: works everywhere. */
extern const struct outer_ops outer_raw;

/** The same, but ESP in UDP is sent by UDP sockets, many packets a call. */
extern const struct outer_ops outer_udp;

/**
 * The same, but frames of protocols 50 and 51 go and come by AF_XDP, past the
 * queueing discipline and captures. Needs an Ethernet interface.
 */
extern const struct outer_ops outer_xdp;

/** The same with the program in the driver, without copies where it can. */
extern const struct outer_ops outer_xdp_native;

#endif
