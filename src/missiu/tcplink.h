/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ESP over TCP (RFC 9329), this daemon's part: a socket to the key daemon, which
 * has the connections. What leaves is put together to the form it has in the
 * stream, many packets a message; what arrives is cut apart and given the outer
 * header that it would have had in UDP. Whoever is on the other end of the socket
 * can do no more than somebody on the wire: packets pass SA lookup, replay check,
 * ICV and policy like all others.
 */
#ifndef MISSIU_TCPLINK_H
#define MISSIU_TCPLINK_H

#include <event2/event.h>

#include "missiu/engine.h"

struct tcplink; /* opaque */

struct tcplink_hooks {
	void *ctx;
	void (*packets)(void *ctx); /* some wait: tcplink_rx() */
	/** The key daemon uses this TCP port; 0: it has gone */
	void (*port)(void *ctx, uint16_t port);
};

/**
 * tcplink_open() - listen for the key daemon; the one that came last counts
 *
 * Return: as ctl_listen(), MISSIU_ENOMEM.
 */
int tcplink_open(const char *iface, struct event_base *base,
		 const struct tcplink_hooks *hooks, struct tcplink **out,
		 struct missiu_diag *diag);

/** tcplink_close() - and remove the socket's file; NULL is fine */
void tcplink_close(struct tcplink *t);

/**
 * tcplink_tx() - send those packets that are of an SA over TCP
 * @v, @n: protected and clear ones; those meant for TCP go to the end
 *
 * Those that fail get verdict DROP and a reason: nobody is there, or what waits
 * is too much already. Return: how many are left at the front for other ways.
 */
size_t tcplink_tx(struct tcplink *t, struct missiu_pkt *v[], size_t n);

/**
 * tcplink_rx() - fetch packets, as struct outer_ops.rx_batch
 *
 * Return: how many; when @n, more may wait.
 */
size_t tcplink_rx(struct tcplink *t, struct missiu_pkt *v[], size_t n);

#endif
