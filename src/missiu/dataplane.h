/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packet path: TAP <-> engine <-> outer back end, a batch at a time.
 *
 *   kernel -> TAP -> l2_parse -> cut   -> missiu_outbound -> tx_batch -> wire
 *   kernel <- TAP <- l2 header <- merge <- missiu_inbound <- rx_batch <- wire
 *
 * The kernel gives and takes super-packets of up to 64 KB, see offload.h.
 *
 * One thread. Packets never wait here: each batch leaves its buffers free, so
 * that one set of OUTER_BATCH buffers, allocated at start, serves all calls.
 */
#ifndef MISSIU_DATAPLANE_H
#define MISSIU_DATAPLANE_H

#include "missiu/outer.h"
#include "missiu/tap.h"
#include "missiu/tcplink.h"

struct dataplane; /* opaque */

/**
 * dataplane_new() - allocate the buffers
 * @m, @tap, @ops, @outer: borrowed; must outlive the result
 * @look: at most so many microseconds before it sleeps, see look.h
 *
 * Return: NULL without memory.
 */
struct dataplane *dataplane_new(struct missiu *m, const struct tap *tap,
				const struct outer_ops *ops,
				struct outer *outer, missiu_usec look);

/** dataplane_set_tcp() - also this way; borrowed as above */
void dataplane_set_tcp(struct dataplane *d, struct tcplink *tcp);

/** dataplane_free() - NULL is fine */
void dataplane_free(struct dataplane *d);

/** What dataplane_run() leaves behind. */
enum dataplane_state {
	DATAPLANE_IDLE, /* the descriptors tell when there is more to do */
	DATAPLANE_MORE, /* call again, whatever the descriptors say */
	DATAPLANE_GONE, /* somebody removed the TAP device */
};

/**
 * dataplane_run() - move what waits, in both directions
 *
 * Bounded, so that the control socket gets its turn. After work it looks for
 * more for a while before it returns, see look.h. What arrived unprotected is not
 * delivered: the kernel has it.
 */
enum dataplane_state dataplane_run(struct dataplane *d);

/** dataplane_release() - send packets whose SA has arrived */
void dataplane_release(struct dataplane *d);

/**
 * dataplane_spd_changed() - read the SPD again
 *
 * Multicast and broadcast are the stack's own noise on the TAP and dropped,
 * except to groups that a policy names; then they do what the policy says, and
 * what no policy matches after all (another source, say) is dropped, too.
 */
void dataplane_spd_changed(struct dataplane *d);

/** dataplane_count_lost() - ask the back end for losses and count them */
void dataplane_count_lost(struct dataplane *d);

#endif
