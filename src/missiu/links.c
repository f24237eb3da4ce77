/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/links.h"

#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "common/log.h"

/*
 * Changes come in bursts (an interface that goes down loses its addresses one
 * by one): we look when they have settled, and 20 times a second at most.
 */
#define SETTLE_US 50000

enum { EV_READ_FD, EV_SETTLED, N_EVENTS };

struct links {
	struct netlink *nl;
	struct monitor *monitor;
	struct netlink_link *outer, tap_was;
	struct tap *tap;
	struct links_hooks hooks;
	struct event *ev[N_EVENTS];
};

/* What a change means for the traffic; NULL: not worth a word. */
static const struct {
	enum monitor_change change;
	const char *outer, *tap;
} words[] = {
	{ MONITOR_DOWN, "is down: nothing is sent or received until it is up",
	  "was brought down: protected traffic stops until it is up" },
	{ MONITOR_UP, "is up again", "is up" },
	{ MONITOR_NO_CARRIER, "has no carrier", NULL },
	{ MONITOR_CARRIER, "has a carrier again", NULL },
};

static void say(const struct netlink_link *was, const struct netlink_link *is,
		unsigned changes, bool tap)
{
	const char *what = tap ? "TAP device" : "interface";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *text = tap ? words[i].tap : words[i].outer;

		if (text && changes & words[i].change)
			log_info(net, "%s %s %s", what, is->name, text);
	}
	if (changes & MONITOR_NAME)
		log_info(net, "%s %s is called %s now%s", what, was->name,
			 is->name,
			 tap ? "" :
			       "; missiu's sockets and files keep the name it "
			       "was started with");
	if (!tap && changes & MONITOR_MTU)
		log_info(net, "%s %s: MTU %u, was %u", what, is->name, is->mtu,
			 was->mtu);
}

/* Return: false when there is no such link any more. */
static bool look(struct links *l, struct netlink_link *link, bool tap,
		 unsigned *changes)
{
	struct netlink_link now;
	struct missiu_diag diag = { "" };
	int err = netlink_link_at(l->nl, link->index, &now, &diag);

	*changes = 0;
	if (err == MISSIU_ENOENT)
		return false;
	if (err) {
		log_warn(net, "%s: %s", link->name, diag.msg);
		return true;
	}
	*changes = monitor_compare(link, &now);
	say(link, &now, *changes, tap);
	*link = now;
	return true;
}

static void on_settled(evutil_socket_t fd, short what, void *arg)
{
	struct links *l = arg;
	unsigned outer, tap;

	(void)fd;
	(void)what;
	if (!look(l, l->outer, false, &outer)) {
		log_err(net, "interface %s was removed: stopping",
			l->outer->name);
		l->hooks.removed(l->hooks.ctx);
		return;
	}
	/* A TAP that was removed makes itself known by its descriptor. */
	if (!look(l, &l->tap_was, true, &tap))
		return;
	memcpy(l->tap->name, l->tap_was.name, sizeof(l->tap->name));
	l->hooks.changed(l->hooks.ctx, outer);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval settle = { .tv_usec = SETTLE_US };
	struct links *l = arg;

	(void)fd;
	(void)what;
	if (monitor_read(l->monitor) &&
	    !evtimer_pending(l->ev[EV_SETTLED], NULL))
		evtimer_add(l->ev[EV_SETTLED], &settle);
}

static int listen_to(struct links *l, struct event_base *base,
		     struct missiu_diag *diag)
{
	const unsigned index[MONITOR_LINKS] = { l->outer->index,
						l->tap->index };
	int err = monitor_open(index, &l->monitor, diag);

	if (err)
		return err;
	/* Whatever happened before we listened is seen by this look. */
	err = netlink_link_at(l->nl, l->tap->index, &l->tap_was, diag);
	if (err)
		return err;
	l->ev[EV_SETTLED] = evtimer_new(base, on_settled, l);
	l->ev[EV_READ_FD] = event_new(base, monitor_fd(l->monitor),
				      EV_READ | EV_PERSIST, on_readable, l);
	if (!l->ev[EV_SETTLED] || !l->ev[EV_READ_FD] ||
	    event_add(l->ev[EV_READ_FD], NULL))
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	event_active(l->ev[EV_SETTLED], EV_TIMEOUT, 0);
	return 0;
}

int links_open(struct netlink *nl, struct event_base *base,
	       struct netlink_link *outer, struct tap *tap,
	       const struct links_hooks *hooks, struct links **out,
	       struct missiu_diag *diag)
{
	struct links *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	l->nl = nl;
	l->outer = outer;
	l->tap = tap;
	l->hooks = *hooks;
	err = listen_to(l, base, diag);
	if (err) {
		links_close(l);
		return err;
	}
	*out = l;
	return 0;
}

void links_close(struct links *l)
{
	if (!l)
		return;
	for (int i = 0; i < N_EVENTS; i++)
		if (l->ev[i])
			event_free(l->ev[i]);
	monitor_close(l->monitor);
	free(l);
}
