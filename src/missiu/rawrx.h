/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receiving half of the raw back end: one AF_PACKET socket with a filter.
 * On Ethernet it reads frames with a virtio-net header, which tells packets that
 * the kernel has merged; these are cut here. On other links it reads packets
 * without their link-layer header, which every kind of link can do.
 */
#ifndef MISSIU_RAWRX_H
#define MISSIU_RAWRX_H

#include "missiu/engine.h"

struct rawrx; /* opaque */

/**
 * rawrx_open() - open, filter, bind: in this order, nothing else gets in
 * @index: interface
 *
 * Return: 0; MISSIU_EPERM, MISSIU_EIO, MISSIU_ENOMEM with *@diag.
 */
int rawrx_open(unsigned index, struct rawrx **out, struct missiu_diag *diag);

/** rawrx_close() - NULL is fine */
void rawrx_close(struct rawrx *r);

/** rawrx_fd(), rawrx_batch(), rawrx_more(), rawrx_lost() - see outer.h */
int rawrx_fd(const struct rawrx *r);
size_t rawrx_batch(struct rawrx *r, struct missiu_pkt *v[], size_t n);
bool rawrx_more(const struct rawrx *r);
uint64_t rawrx_lost(struct rawrx *r);

#endif
