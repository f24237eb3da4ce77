/* SPDX-License-Identifier: Apache-2.0 */
/* The UDP sockets of the IKE daemon: ports 500 and 4500 of each address. */
#ifndef IKE_UDP_H
#define IKE_UDP_H

#include <sys/types.h>

#include "ike/core.h"

#define UDP_PORT_IKE  500
#define UDP_PORT_NATT 4500

struct udp_sock {
	int fd;
	struct ike_end local;
};

/**
 * udp_open() - bind one socket
 * @local: address and port
 * @iface: sent and received through this interface only, so that a route into
 *         the TAP device can't catch IKE's own packets; NULL: any
 * @out:   out
 * @diag:  out: what failed and its remedy
 *
 * On port 4500 a socket filter keeps ESP and keep-alives from waking us.
 * Return: 0, MISSIU_EPERM, MISSIU_EBUSY, MISSIU_EIO.
 */
int udp_open(const struct ike_end *local, const char *iface,
	     struct udp_sock *out, struct missiu_diag *diag);

/** udp_close() - close; fine when never opened (fd -1) */
void udp_close(struct udp_sock *s);

/**
 * udp_recv() - receive one message
 * @remote: out: the sender
 * @buf, @cap: out; the non-ESP marker is taken off
 *
 * Return: its length; 0: one to be ignored; MISSIU_EAGAIN: no more for now.
 */
ssize_t udp_recv(struct udp_sock *s, struct ike_end *remote, uint8_t *buf,
		 size_t cap);

/**
 * udp_send() - send one message, with the marker where the port needs it
 * @keepalive: send the bytes as they are
 *
 * Return: 0 or MISSIU_EIO with errno set.
 */
int udp_send(const struct udp_sock *s, const struct ike_end *remote,
	     const uint8_t *msg, size_t len, bool keepalive);

#endif
