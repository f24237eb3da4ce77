/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio-net header (VIRTIO 1.2, 5.1.6) that stands before each frame of a
 * TAP device and each packet of a packet socket, if we ask for it: it says what
 * the kernel has left undone, and what we have. Pure.
 */
#ifndef MISSIU_VNET_H
#define MISSIU_VNET_H

#include "missiu/offload.h"

/** Bytes of the header, without the number of merged buffers. */
#define VNET_LEN 10

/**
 * vnet_parse() - what the kernel says of a packet
 * @h:    the header; 16-bit fields in the machine's byte order
 * @skip: bytes of the frame before its IP header
 * @o:    out
 *
 * Return: false for kinds that were not asked for; drop the packet.
 */
bool vnet_parse(const uint8_t h[static VNET_LEN], size_t skip,
		struct missiu_offload *o);

/**
 * vnet_put() - tell the kernel what a packet is
 * @o:    see missiu_gro()
 * @skip: bytes of the frame before its IP header
 * @v6:   IP version 6
 * @h:    out
 */
void vnet_put(const struct missiu_offload *o, size_t skip, bool v6,
	      uint8_t h[static VNET_LEN]);

#endif
