/* SPDX-License-Identifier: Apache-2.0 */
/* The TAP device: created by us, gone when its descriptor is closed. */
#ifndef MISSIU_TAP_H
#define MISSIU_TAP_H

#include <net/if.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "missiu/offload.h"
#include "missiu/vnet.h"

struct tap {
	int fd; /**< -1: none */
	char name[IFNAMSIZ];
	unsigned index;
	uint8_t mac[6];
};

/**
 * tap_open() - create a new TAP device, down, without addresses
 * @name: its name; NULL: the kernel picks tap0, tap1, ...
 * @t:    out; .fd is -1 on failure
 * @diag: out: what is missing and how to get it
 *
 * Return: 0; MISSIU_EPERM, MISSIU_EEXIST (the name is taken), MISSIU_EINVAL,
 * MISSIU_EIO.
 */
int tap_open(const char *name, struct tap *t, struct missiu_diag *diag);

/**
 * tap_read() - one Ethernet frame from the kernel, without waiting
 * @buf, @cap: room; a longer frame is cut off. VNET_LEN bytes in front of it
 *             are written, too: one piece of memory is read by the faster call
 * @o:   out: what is left to do for it; it may be a super-packet
 *
 * Return: bytes; MISSIU_EAGAIN; MISSIU_EIO: the device was removed.
 */
ssize_t tap_read(const struct tap *t, uint8_t *buf, size_t cap,
		 struct missiu_offload *o);

/**
 * tap_write() - one Ethernet frame to the kernel
 * @v: pieces of the frame, its header first; VNET_LEN bytes in front of v[0]
 *     are written, and v[0] is moved
 * @n: how many
 * @o: what is left to do for it
 * @ipv6: the packet inside is IPv6
 *
 * Return: false when it is refused.
 */
bool tap_write(const struct tap *t, struct iovec *v, size_t n,
	       const struct missiu_offload *o, bool ipv6);

/** tap_close() - the device and every route through it disappear */
void tap_close(struct tap *t);

#endif
