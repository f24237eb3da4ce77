/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Back end "xdp", the part that differs: frames of protocols 50 and 51 by AF_XDP
 * sockets, one for each queue of the interface. All other goes as with "udp".
 */
#ifndef MISSIU_OUTER_XDP_H
#define MISSIU_OUTER_XDP_H

#include <sys/uio.h>

#include "missiu/engine.h"
#include "missiu/xdp_prog.h"

struct xdp_io; /* program and sockets, opaque */

/**
 * xdp_open() - put the program on the interface
 * @iface: its name
 * @index: its number
 * @native: the program in the driver, else in the kernel's receive path
 * @out:   out: NULL on failure
 * @diag:  out
 *
 * Return: 0; MISSIU_EPERM, MISSIU_EBUSY, MISSIU_EIO, MISSIU_ENOMEM.
 */
int xdp_open(const char *iface, unsigned index, bool native,
	     struct xdp_io **out, struct missiu_diag *diag);

/** xdp_close() - NULL is fine */
void xdp_close(struct xdp_io *x);

/** xdp_watch() - have an epoll descriptor tell of packets; false: it can't */
bool xdp_watch(const struct xdp_io *x, int epoll);

/** xdp_rx_batch() - as outer_ops.rx_batch */
size_t xdp_rx_batch(struct xdp_io *x, struct missiu_pkt *v[], size_t n);

/** xdp_rx_lost() - as outer_ops.rx_lost */
uint64_t xdp_rx_lost(struct xdp_io *x);

/**
 * xdp_tx() - send frames
 * @f: with Ethernet header, up to XDP_FRAME_MAX bytes each
 * @v: their packets; those that fail get verdict DROP and a reason
 *
 * From now on packets to the addresses that sealed ones come from are taken.
 */
void xdp_tx(struct xdp_io *x, const struct iovec *f, struct missiu_pkt *v[],
	    size_t n);

/** xdp_own() - the interface's Ethernet address, whenever it was looked at */
void xdp_own(struct xdp_io *x, const uint8_t mac[6]);

/** xdp_forget() - routes or links changed: take nothing until we send again */
void xdp_forget(struct xdp_io *x);

#endif
