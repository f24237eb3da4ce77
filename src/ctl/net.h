/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer assigned to this host, for the TAP: virtual addresses, and what
 * is reached with them. The key daemon hears of it, the data path, which may,
 * sets it.
 */
#ifndef CTL_NET_H
#define CTL_NET_H

#include "common/rd.h"
#include "common/wr.h"
#include "missiu/peer.h"

#define CTL_NET_ADDRS  2 /* one a family */
#define CTL_NET_ROUTES 32
#define CTL_NET_BYTES  2048 /* upper bound of the encoded size */

/** All that one peer assigned; has no padding, so it may be compared whole. */
struct ctl_net {
	char name[MISSIU_PEER_NAME_MAX + 1]; /* of the peer: whose this is */
	uint8_t n_addr, n_route;	     /* no address: take all away */
	struct missiu_addr addr[CTL_NET_ADDRS];
	struct missiu_range route[CTL_NET_ROUTES];
};

/** ctl_put_net() - without version byte; valid values only */
void ctl_put_net(struct wr *w, const struct ctl_net *net);

/**
 * ctl_get_net() - read one, exactly all of @r
 * @out: unspecified on failure
 *
 * Checks the name's characters, at most one usable address a family, ranges
 * of a family that has an address. Return: false: malformed.
 */
must_check bool ctl_get_net(struct rd *r, struct ctl_net *out);

#endif
