/* SPDX-License-Identifier: Apache-2.0 */
/* What wakes the daemon up, and what others ask of it. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "missiu/daemon_impl.h"
#include "missiu/status.h"

/* The engine is asked for its deadlines at least this often. */
#define TICK_MAX_US 1000000u

static void rearm(struct daemon *d)
{
	missiu_usec now = clock_now(), next = missiu_tick(d->m, now);
	missiu_usec wait = next > now ? next - now : 0;
	struct timeval tv;

	if (wait > TICK_MAX_US)
		wait = TICK_MAX_US;
	if (wait < 1000)
		wait = 1000;
	tv.tv_sec = (time_t)(wait / 1000000);
	tv.tv_usec = (suseconds_t)(wait % 1000000);
	event_add(d->events[EV_TICK], &tv);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	dataplane_count_lost(d->data);
	rearm(d);
	control_events(d->control);
}

/* The TAP, the interface, or ourselves: there are packets to move. */
static void on_packets(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval at_once = { 0, 0 };
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	/* Looked at anyway; now each packet would cost its sender a wake-up. */
	event_del(d->events[EV_OUTER]);
	switch (dataplane_run(d->data)) {
	case DATAPLANE_GONE:
		log_err(tap, "%s was removed: stopping", d->tap.name);
		d->status = EXIT_FAILURE;
		event_base_loopbreak(d->base);
		break;
	case DATAPLANE_MORE:
		event_add(d->events[EV_MORE], &at_once);
		break;
	case DATAPLANE_IDLE:
		event_add(d->events[EV_OUTER], NULL);
		break;
	}
	control_events(d->control);
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct daemon *d = arg;

	(void)what;
	log_info(main, "signal %d: stopping", (int)sig);
	event_base_loopbreak(d->base);
}

int daemon_stage_loop(struct daemon *d, struct missiu_diag *diag)
{
	struct event **ev = d->events;

	signal(SIGPIPE, SIG_IGN);
	d->data = dataplane_new(d->m, &d->tap, d->ops, d->outer, d->conf->look);
	d->base = event_base_new();
	if (!d->data || !d->base)
		return daemon_no_memory(diag);
	ev[EV_TAP] = event_new(d->base, d->tap.fd, EV_READ | EV_PERSIST,
			       on_packets, d);
	ev[EV_OUTER] = event_new(d->base, d->ops->rx_fd(d->outer),
				 EV_READ | EV_PERSIST, on_packets, d);
	ev[EV_TICK] = evtimer_new(d->base, on_tick, d);
	ev[EV_MORE] = evtimer_new(d->base, on_packets, d);
	ev[EV_TERM] = evsignal_new(d->base, SIGTERM, on_signal, d);
	ev[EV_HUP] = evsignal_new(d->base, SIGHUP, on_signal, d);
	ev[EV_INT] = evsignal_new(d->base, SIGINT, on_signal, d);
	for (int i = 0; i < N_EVENTS; i++)
		if (!ev[i] || (i < EV_TICK && event_add(ev[i], NULL)))
			return daemon_no_memory(diag);
	rearm(d);
	return 0;
}

/* ---- what the control server asks of us ------------------------------- */

static void hook_stop(void *ctx)
{
	struct daemon *d = ctx;

	event_base_loopbreak(d->base);
}

static void hook_changed(void *ctx)
{
	struct daemon *d = ctx;

	dataplane_release(d->data);
	rearm(d);
}

static void fit_mtu(struct daemon *d)
{
	struct missiu_diag diag = { "" };

	if (tapmtu_fit(&d->tapmtu, d->m, d->link.mtu, &diag))
		log_warn(net, "%s: MTU: %s", d->tap.name, diag.msg);
}

unsigned daemon_free_mtu(const struct daemon *d)
{
	return d->tapmtu.fixed ? 0 : d->tapmtu.mtu;
}

static void hook_spd_changed(void *ctx)
{
	struct daemon *d = ctx;

	guard_spd_changed(d->guard);
	dataplane_spd_changed(d->data);
	fit_mtu(d);
	if (d->routes)
		autoroute_update(d->routes, d->m, daemon_free_mtu(d));
	gateway_advise(&d->gateway, d->nl, d->m);
}

static void hook_tcp_packets(void *ctx)
{
	on_packets(-1, 0, ctx);
}

static void hook_tcp_port(void *ctx, uint16_t port)
{
	struct daemon *d = ctx;

	if (port)
		log_info(ctl, "IKE and ESP over TCP, port %u", port);
	guard_tcp_port(d->guard, port);
}

static int hook_net(void *ctx, const struct ctl_net *net,
		    struct missiu_diag *diag)
{
	struct daemon *d = ctx;
	int err;

	if (!d->virtip)
		return 0;
	err = virtip_set(d->virtip, net, diag);
	if (d->routes)
		autoroute_update(d->routes, d->m, daemon_free_mtu(d));
	return err;
}

static char *hook_status(void *ctx)
{
	struct daemon *d = ctx;
	struct netlink_link tap = { 0 };
	struct guard_state guard;
	struct status_view view = {
		.iface = d->conf->iface,
		.tap = d->tap.name,
		.backend = d->ops->name,
		.backend_why = d->ops_why,
		.link_mtu = d->link.mtu,
		.pid = (int)getpid(),
		.drop_unmatched = d->conf->drop_unmatched,
		.started = d->started,
		.now = clock_now(),
		.routes = d->routes,
	};

	dataplane_count_lost(d->data);
	if (d->guard) {
		guard_state_get(d->guard, &guard);
		view.guard = &guard;
	}
	if (!netlink_link_get(d->nl, d->tap.name, &tap, NULL)) {
		view.tap_mtu = tap.mtu;
		view.tap_lost = tap.tx_dropped;
	}
	return status_json(d->m, &view);
}

int daemon_stage_control(struct daemon *d, struct missiu_diag *diag)
{
	const struct control_hooks hooks = {
		.ctx = d,
		.status = hook_status,
		.stop = hook_stop,
		.changed = hook_changed,
		.spd_changed = hook_spd_changed,
		.net = hook_net,
	};

	const struct tcplink_hooks tcp = { .ctx = d,
					   .packets = hook_tcp_packets,
					   .port = hook_tcp_port };
	int err = control_open(d->conf->iface, d->base, d->m, &hooks,
			       &d->control, diag);

	if (!err)
		err = tcplink_open(d->conf->iface, d->base, &tcp, &d->tcp,
				   diag);
	if (!err)
		dataplane_set_tcp(d->data, d->tcp);
	return err;
}

/* ---- news of links ----------------------------------------------------- */

static void hook_link_removed(void *ctx)
{
	struct daemon *d = ctx;

	d->status = EXIT_FAILURE;
	event_base_loopbreak(d->base);
}

static void hook_links(void *ctx, unsigned outer)
{
	struct daemon *d = ctx;

	guard_link_changed(d->guard);
	if (outer & MONITOR_MTU)
		fit_mtu(d);
	virtip_refresh(d->virtip, d->tap.name);
	if (d->routes)
		autoroute_refresh(d->routes, d->m, &d->link, d->tap.name,
				  daemon_free_mtu(d));
}

int daemon_stage_links(struct daemon *d, struct missiu_diag *diag)
{
	const struct links_hooks hooks = { .ctx = d,
					   .removed = hook_link_removed,
					   .changed = hook_links };

	return links_open(d->nl, d->base, &d->link, &d->tap, &hooks, &d->links,
			  diag);
}
