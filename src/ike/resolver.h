/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Name servers that peers assign, for the host's resolver: by resolvectl where
 * systemd-resolved runs, else by resolvconf, else a line in the log says what
 * to do. Programs are started with a fixed environment and without a shell; what
 * comes from peers is addresses and domains that were checked. ike has no
 * capabilities by then, so they have none.
 */
#ifndef IKE_RESOLVER_H
#define IKE_RESOLVER_H

#include <event2/event.h>

#include "ike/core.h"

struct resolver; /* opaque */

/** resolver_open() - NULL without memory; @base: borrowed */
struct resolver *resolver_open(struct event_base *base);

/**
 * resolver_recover() - take back what an ike that was killed left
 * @iface: of missiu; names the file where interfaces with name servers are noted
 *
 * When ike has given up its capabilities, since programs inherit them.
 */
void resolver_recover(struct resolver *r, const char *iface);

/**
 * resolver_set() - what one peer assigned, in place of what it had before
 *
 * The interface is the one that has the first of the addresses; a data path that
 * has not put it there yet is waited for. Never blocks.
 */
void resolver_set(struct resolver *r, const struct ike_net *net);

/** resolver_close() - what was set is taken back before this returns, or given
 * up after two seconds; NULL is fine */
void resolver_close(struct resolver *r);

#endif
