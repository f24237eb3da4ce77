/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The XDP program on the interface: which frames go to AF_XDP sockets instead
 * of to the kernel. A few instructions, assembled here and loaded by bpf(2): no
 * compiler, no object file and no library are needed.
 *
 * Theory of operation. A frame is taken when it is for this interface's Ethernet
 * address, carries ESP or AH right behind a plain IPv4 or IPv6 header, is no
 * fragment and not too long, and goes to an address that we have lately sent
 * IPsec from. Whatever else there is, transit ESP of a router and frames for a
 * bridge's other members too, goes on as if there were no program, and IPsec
 * among it comes by the packet socket. So it is never wrong to take too little,
 * and the table needs no upkeep but to be emptied when routes change. It lies in
 * memory shared with the kernel: after the start no system call changes anything.
 */
#ifndef MISSIU_XDP_PROG_H
#define MISSIU_XDP_PROG_H

#include "missiu/types.h"

/** Longest frame taken: what one piece of an AF_XDP socket's memory holds. */
#define XDP_FRAME_MAX 3840u

/** Addresses that are known at a time; those that share a slot take turns. */
#define XDP_SLOTS 256

/** What the program compares with, in network byte order as in the frame. */
struct xdp_table {
	uint8_t mac[6]; /**< all zero: nothing is taken */
	uint16_t unused;
	uint32_t addr[XDP_SLOTS][4]; /**< IPv4 as ::ffff:a.b.c.d */
};

struct xdp_prog {
	int prog, sockets, memory, link; /* descriptors; -1: not open */
	struct xdp_table *table;
};

/** Not open: what xdp_prog_close() leaves alone. */
#define XDP_PROG_NONE                                                          \
	(struct xdp_prog)                                                      \
	{                                                                      \
		.prog = -1, .sockets = -1, .memory = -1, .link = -1            \
	}

/**
 * xdp_prog_load() - have the kernel check the program
 * @p:      out; to be closed on failure too
 * @queues: how many there may be
 * @miss:   verdict (XDP_PASS) for frames of a queue that has no socket
 *
 * Return: 0; MISSIU_EPERM, MISSIU_EIO with *@diag.
 */
int xdp_prog_load(struct xdp_prog *p, unsigned queues, uint32_t miss,
		  struct missiu_diag *diag);

/**
 * xdp_prog_attach() - put it on an interface
 * @native: in its driver, else in the kernel's receive path, which works with
 *          every driver
 *
 * The kernel takes it off when the process ends, in whatever way.
 *
 * Return: 0; MISSIU_EPERM, MISSIU_EBUSY (another program is there), MISSIU_EIO.
 */
int xdp_prog_attach(struct xdp_prog *p, const char *iface, unsigned index,
		    bool native, struct missiu_diag *diag);

/** xdp_prog_socket() - frames of a queue go to this AF_XDP socket */
bool xdp_prog_socket(struct xdp_prog *p, unsigned queue, int fd);

/** xdp_prog_close() - and off the interface */
void xdp_prog_close(struct xdp_prog *p);

/** xdp_table_own() - the interface's Ethernet address */
void xdp_table_own(struct xdp_table *t, const uint8_t mac[6]);

/** xdp_table_add() - take IPsec for the source of this sealed packet of ours */
void xdp_table_add(struct xdp_table *t, const uint8_t *packet);

/** xdp_table_clear() - forget all addresses */
void xdp_table_clear(struct xdp_table *t);

#endif
