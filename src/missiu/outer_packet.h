/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receiving from the interface by a packet socket. Packets lie in a ring that
 * is shared with the kernel: none of them takes a system call. What the network
 * or a peer on the same machine put together (GRO, UDP_SEGMENT) arrives as one
 * super-packet by one copy and is cut here.
 */
#ifndef MISSIU_OUTER_PACKET_H
#define MISSIU_OUTER_PACKET_H

#include "missiu/engine.h"

struct packet_rx; /* opaque */

/**
 * packet_rx_open() - listen on an interface
 * @iface: its name
 * @index: its number
 * @out:   out: NULL on failure
 * @diag:  out
 *
 * Only what rawfilter_ipsec() passes ever enters the queue.
 *
 * Return: 0; MISSIU_EPERM, MISSIU_EIO, MISSIU_ENOMEM.
 */
int packet_rx_open(const char *iface, unsigned index, struct packet_rx **out,
		   struct missiu_diag *diag);

/** packet_rx_close() - NULL is fine */
void packet_rx_close(struct packet_rx *r);

/** packet_rx_fd() - readable when packets wait in the kernel */
int packet_rx_fd(const struct packet_rx *r);

/**
 * packet_rx_batch() - as outer_ops.rx_batch
 *
 * When all of @v were filled, more may be left in @r itself: call again.
 */
size_t packet_rx_batch(struct packet_rx *r, struct missiu_pkt *v[], size_t n);

/** packet_rx_lost() - as outer_ops.rx_lost */
uint64_t packet_rx_lost(struct packet_rx *r);

#endif
