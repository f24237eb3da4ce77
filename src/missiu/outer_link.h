/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending: packets as frames, straight to the queue of an Ethernet interface.
 * Routing and neighbour tables are skipped for each packet; nexthop.h knows what
 * they say. Queueing disciplines are not: shaping and captures go on to work.
 */
#ifndef MISSIU_OUTER_LINK_H
#define MISSIU_OUTER_LINK_H

#include "missiu/engine.h"

/** Bytes that must be free in front of a packet. */
#define LINK_ROOM 14

struct link_tx; /* a socket, opaque */

/**
 * link_tx_open() - start on an interface
 * @out: out: NULL when it is no Ethernet
 *
 * Return: 0; MISSIU_EPERM, MISSIU_EIO, MISSIU_ENOMEM with *@diag.
 */
int link_tx_open(unsigned index, struct link_tx **out,
		 struct missiu_diag *diag);

struct xdp_io;

/** link_tx_by_xdp() - frames go by AF_XDP from now on; @x is borrowed */
void link_tx_by_xdp(struct link_tx *t, struct xdp_io *x);

/** link_tx_close() - NULL is fine */
void link_tx_close(struct link_tx *t);

/**
 * link_tx_run() - send packets from the front of @v
 * @v: each begins with its IP header, with LINK_ROOM bytes in front; those that
 *     fail get verdict DROP and a reason
 * @n: up to OUTER_BATCH
 *
 * Return: how many were dealt with; the next one, if any, is to go the kernel's
 * way.
 */
size_t link_tx_run(struct link_tx *t, struct missiu_pkt *v[], size_t n);

#endif
