/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The outer interface and the TAP while we run: going down and up, changing
 * MTU, name or address, disappearing. Says in the log what it means, keeps the
 * daemon's picture of both current and tells it when there is work.
 */
#ifndef MISSIU_LINKS_H
#define MISSIU_LINKS_H

#include <event2/event.h>

#include "missiu/monitor.h"
#include "missiu/tap.h"

struct links_hooks {
	void *ctx;
	/** The outer interface is gone for good. */
	void (*removed)(void *ctx);
	/**
	 * Something changed: links or addresses. @outer is a mask of enum
	 * monitor_change of the outer interface, 0 when it was something else.
	 */
	void (*changed)(void *ctx, unsigned outer);
};

struct links; /* opaque */

/**
 * links_open() - start to watch
 * @nl, @base: borrowed; must outlive the result
 * @outer: borrowed: the outer interface as it is now; kept current
 * @tap:   borrowed: .name is kept current
 * @hooks: copied
 *
 * Return: 0; MISSIU_ENOMEM or MISSIU_EIO with *@diag.
 */
int links_open(struct netlink *nl, struct event_base *base,
	       struct netlink_link *outer, struct tap *tap,
	       const struct links_hooks *hooks, struct links **out,
	       struct missiu_diag *diag);

/** links_close() - NULL is fine */
void links_close(struct links *l);

#endif
