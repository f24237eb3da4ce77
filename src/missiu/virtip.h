/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that peers assigned to this host: on the TAP, with routes that
 * send from them. All goes when the key daemon says so, or is gone itself.
 */
#ifndef MISSIU_VIRTIP_H
#define MISSIU_VIRTIP_H

#include "ctl/net.h"
#include "missiu/autoroute.h"

/** Peers that assign something at the same time. */
#define VIRTIP_MAX 16

struct virtip; /* opaque */

/**
 * virtip_new() - nothing assigned
 * @nl: borrowed
 * @link: the outer interface
 * @tap_index, @tap_name: the TAP; copied
 * @shared: where the routes go, before those of the SPD; borrowed; the caller
 *          updates it after each call; NULL: routes of our own
 *
 * Return: NULL without memory.
 */
struct virtip *virtip_new(struct netlink *nl, const struct netlink_link *link,
			  unsigned tap_index, const char *tap_name,
			  struct autoroute *shared);

/**
 * virtip_set() - what one peer assigned, in place of what it had before
 * @net: NULL: nothing of anybody
 * @diag: out; may be NULL with @net NULL
 *
 * Brings the TAP up. What is as before stays untouched. A failure leaves
 * nothing of this peer. Return: 0; MISSIU_EFULL, MISSIU_ENOMEM, MISSIU_EPERM,
 * MISSIU_EEXIST (the host has the address already), MISSIU_EIO.
 */
int virtip_set(struct virtip *v, const struct ctl_net *net,
	       struct missiu_diag *diag);

/** virtip_refresh() - the TAP changed: what the kernel took away comes back */
void virtip_refresh(struct virtip *v, const char *tap_name);

/** virtip_free() - take all back; NULL is fine */
void virtip_free(struct virtip *v);

#endif
