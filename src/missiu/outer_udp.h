/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending ESP in UDP by UDP sockets on port 4500, a run of packets to one peer
 * with one call (UDP_SEGMENT): the stack then works once for up to 64 of them.
 */
#ifndef MISSIU_OUTER_UDP_H
#define MISSIU_OUTER_UDP_H

#include "missiu/engine.h"

struct udp_tx; /* opaque */

/**
 * udp_tx_open() - bind port 4500 of an interface, to send only
 * @iface: its name
 * @out:   out: NULL on failure
 * @diag:  out
 *
 * The sockets share the port with ike's (SO_REUSEPORT) and never receive: ike's
 * are bound to addresses and thereby nearer to any datagram, and a filter
 * refuses the rest.
 *
 * Return: 0; MISSIU_EPERM, MISSIU_EIO (the port is taken, or the kernel has no
 * UDP_SEGMENT), MISSIU_ENOMEM.
 */
int udp_tx_open(const char *iface, struct udp_tx **out,
		struct missiu_diag *diag);

/** udp_tx_close() - NULL is fine */
void udp_tx_close(struct udp_tx *u);

/** udp_tx_suits() - would such a socket send the very header @k has? */
bool udp_tx_suits(const struct missiu_pkt *k);

/**
 * udp_tx_run() - send packets from the front of a vector
 * @v: whole outer packets
 * @n: how many, at least 1
 *
 * Return: how many were sent; 0: the first one has to go another way.
 */
size_t udp_tx_run(struct udp_tx *u, struct missiu_pkt *const v[], size_t n);

#endif
