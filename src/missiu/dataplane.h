/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packet path: TAP <-> engine <-> outer back end, a batch at a time.
 *
 *   kernel -> TAP -> l2_parse -> missiu_outbound -> tx_batch -> interface
 *   kernel <- TAP <- l2 header <- missiu_inbound <- rx_batch <- interface
 *
 * One thread. Packets never wait here: each batch leaves its buffers free, so
 * that one set of OUTER_BATCH buffers, allocated at start, serves all calls.
 */
#ifndef MISSIU_DATAPLANE_H
#define MISSIU_DATAPLANE_H

#include "missiu/outer.h"
#include "missiu/tap.h"

struct dataplane; /* opaque */

/**
 * dataplane_new() - allocate the buffers
 * @m, @tap, @ops, @outer: borrowed; must outlive the result
 *
 * Return: NULL without memory.
 */
struct dataplane *dataplane_new(struct missiu *m, const struct tap *tap,
				const struct outer_ops *ops,
				struct outer *outer);

/** dataplane_free() - NULL is fine */
void dataplane_free(struct dataplane *d);

/**
 * dataplane_outbound() - move what waits in the TAP to the interface
 *
 * At most a few batches, so that the other direction and the control socket
 * get their turn; what is left makes the descriptor readable again.
 *
 * Return: false when somebody removed the TAP device.
 */
bool dataplane_outbound(struct dataplane *d);

/**
 * dataplane_inbound() - move what waits on the interface to the TAP
 *
 * Packets that are not protected are not delivered: the kernel has them.
 *
 * Return: true when it is to be called again though the descriptor may not be
 * readable.
 */
bool dataplane_inbound(struct dataplane *d);

/** dataplane_release() - send packets whose SA has arrived */
void dataplane_release(struct dataplane *d);

/**
 * dataplane_spd_changed() - read the SPD again
 *
 * Multicast and broadcast are the stack's own noise on the TAP and dropped,
 * except to groups that a PROTECT policy names.
 */
void dataplane_spd_changed(struct dataplane *d);

/** dataplane_count_lost() - ask the back end for losses and count them */
void dataplane_count_lost(struct dataplane *d);

#endif
