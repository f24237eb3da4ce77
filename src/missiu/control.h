/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control server: missiu.fifo.<if> (numbered requests) and missiu.pfkey.<if>
 * (PF_KEY messages), several clients each, all on the daemon's event loop. No
 * client can block another one or the data path: nothing waits, queues are
 * bounded, and whoever breaks the protocol or does not read loses his connection
 * and nothing else happens.
 */
#ifndef MISSIU_CONTROL_H
#define MISSIU_CONTROL_H

#include <event2/event.h>

#include "ctl/net.h"
#include "missiu/engine.h"

/** Connections at the same time, both sockets together. */
#define CONTROL_CLIENTS_MAX 32

/** What the daemon does for the server. */
struct control_hooks {
	void *ctx;
	char *(*status)(void *ctx); /**< JSON text to be free()d, or NULL */
	void (*stop)(void *ctx);    /**< a client wants us to end */
	void (*changed)(void *ctx); /**< the engine was changed:
					  held packets may be ready */
	void (*spd_changed)(void *ctx);
	/** What a peer of the key daemon assigned; NULL: the one who said so is
	    gone, and all of it with him */
	int (*net)(void *ctx, const struct ctl_net *net,
		   struct missiu_diag *diag);
};

struct control; /* opaque */

/**
 * control_open() - listen on both sockets
 * @iface: names the sockets
 * @base:  event loop; borrowed
 * @m:     engine; borrowed
 * @hooks: copied
 * @out:   out
 *
 * Return: 0; MISSIU_EBUSY, MISSIU_EIO, MISSIU_EINVAL, MISSIU_ENOMEM with *@diag.
 */
int control_open(const char *iface, struct event_base *base, struct missiu *m,
		 const struct control_hooks *hooks, struct control **out,
		 struct missiu_diag *diag);

/**
 * control_events() - fetch the engine's events and hand them out
 *
 * To registered PF_KEY clients, to watchers, and SPD changes to the hook.
 */
void control_events(struct control *c);

/**
 * control_close() - close everything and remove the socket files
 *
 * Return: the connection of the client that asked us to stop, or -1. Closing
 * it tells him that we are done: do it last.
 */
int control_close(struct control *c);

#endif
