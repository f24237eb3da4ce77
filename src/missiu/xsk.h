/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An AF_XDP socket: frames of one queue of the interface in memory shared with
 * the kernel, in and out. Without copies where the driver can do that.
 */
#ifndef MISSIU_XSK_H
#define MISSIU_XSK_H

#include <sys/uio.h>

#include "missiu/engine.h"

/** Longest frame: a chunk less what the kernel keeps for itself. */
#define XSK_CHUNK     4096u
#define XSK_FRAME_MAX (XSK_CHUNK - 256u)

struct xsk; /* opaque */

/**
 * xsk_open() - for one queue
 * @index:  of the interface
 * @queue:  its queue
 * @frames: that may wait to be read, a power of two
 * @copy:   the kernel copies, even where the driver need not
 * @out:    out: NULL on failure
 *
 * Return: 0; MISSIU_EPERM, MISSIU_EIO, MISSIU_ENOMEM with *@diag.
 */
int xsk_open(unsigned index, unsigned queue, uint32_t frames, bool copy,
	     struct xsk **out, struct missiu_diag *diag);

/** xsk_close() - NULL is fine */
void xsk_close(struct xsk *x);

/** xsk_fd() - readable when frames wait */
int xsk_fd(const struct xsk *x);

/** xsk_zero_copy() - whether the driver reads and writes our memory itself */
bool xsk_zero_copy(const struct xsk *x);

/**
 * xsk_rx() - as outer_ops.rx_batch; frames come without their Ethernet header
 */
size_t xsk_rx(struct xsk *x, struct missiu_pkt *v[], size_t n);

/**
 * xsk_tx() - send frames
 * @f: up to XSK_FRAME_MAX bytes each
 * @v: their packets; those that fail get verdict DROP and a reason. The kernel
 *     does not say which one it dropped, so the first of the batch stand for it
 */
void xsk_tx(struct xsk *x, const struct iovec *f, struct missiu_pkt *v[],
	    size_t n);

/** xsk_lost() - frames lost since the last call for want of room to receive */
uint64_t xsk_lost(struct xsk *x);

#endif
