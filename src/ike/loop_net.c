/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets and connections to peers, as addresses come and go. */
#include "ike/loop_impl.h"

#include <unistd.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/diag.h"
#include "common/log.h"
#include "ike/addrs.h"

#define RX_BATCH 64    /* messages of one socket before others get a turn */
#define ADDRS_US 20000 /* after a change of addresses until we look */

const struct udp_sock *loop_sock(const struct loop *l,
				 const struct ike_end *local)
{
	for (size_t i = 0; i < l->n_sock; i++)
		if (l->sock[i].local.port == local->port &&
		    addr_eq(&l->sock[i].local.addr, &local->addr))
			return &l->sock[i];
	return NULL;
}

const struct missiu_addr *loop_local(const struct loop *l, uint8_t family)
{
	for (size_t i = 0; i < l->n_sock; i++)
		if (l->sock[i].local.addr.family == family)
			return &l->sock[i].local.addr;
	return NULL;
}

/*
 * Peers wait in their sockets while the SPD is being read: a request for a
 * policy loaded a moment ago must not be refused.
 */
void loop_hear_peers(struct loop *l, bool on)
{
	tcp_pause(l->tcp, !on);
	for (size_t i = 0; i < l->n_sock; i++) {
		if (on)
			event_add(l->sock_ev[i], NULL);
		else
			event_del(l->sock_ev[i]);
	}
}

static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	struct udp_sock *s = NULL;
	struct ike_end remote = { 0 };

	(void)what;
	if (!loop_hear_dp(l)) {
		loop_settle(l);
		return;
	}
	for (size_t i = 0; i < l->n_sock; i++)
		if (l->sock[i].fd == fd)
			s = &l->sock[i];
	if (!s)
		return;
	for (int i = 0; i < RX_BATCH; i++) {
		ssize_t n = udp_recv(s, &remote, l->buf, sizeof(l->buf));

		if (n == MISSIU_EAGAIN)
			break;
		if (n > 0)
			ike_input(l->ike, &s->local, &remote, l->buf, (size_t)n,
				  clock_now());
		loop_act(l);
	}
	loop_settle(l);
}

/* --- TCP */

static bool hook_tcp_ready(void *ctx)
{
	return loop_hear_dp(ctx);
}

static void hook_tcp_message(void *ctx, const struct ike_end *local,
			     const struct ike_end *remote, const uint8_t *msg,
			     size_t len)
{
	struct loop *l = ctx;

	ike_input(l->ike, local, remote, msg, len, clock_now());
	loop_act(l);
}

static void hook_tcp_settle(void *ctx)
{
	loop_settle(ctx);
}

static bool hook_tcp_wanted(void *ctx, const struct ike_end *local,
			    const struct ike_end *remote)
{
	const struct loop *l = ctx;

	return ike_tcp_wanted(l->ike, local, remote);
}

static void hook_tcp_again(void *ctx, const struct ike_end *local,
			   const struct ike_end *remote)
{
	struct loop *l = ctx;

	ike_tcp_again(l->ike, local, remote, clock_now());
}

static int open_tcp(struct loop *l)
{
	const struct tcp_hooks hooks = { .ctx = l,
					 .ready = hook_tcp_ready,
					 .message = hook_tcp_message,
					 .settle = hook_tcp_settle,
					 .wanted = hook_tcp_wanted,
					 .again = hook_tcp_again };
	const uint16_t port = l->cli->conf.tcp_port;

	if (!port)
		return 0;
	l->tcp = tcp_new(l->base, l->iface, port, &hooks);
	return l->tcp ? 0 : MISSIU_ENOMEM;
}

/* --- sockets */

static int open_sock(struct loop *l, const struct missiu_addr *addr,
		     uint16_t port, struct missiu_diag *diag)
{
	struct ike_end local = { .addr = *addr, .port = port };
	size_t i = l->n_sock;
	int ret = udp_open(&local, l->iface, &l->sock[i], diag);

	if (ret)
		return ret;
	l->n_sock++;
	l->sock_ev[i] = event_new(l->base, l->sock[i].fd, EV_READ | EV_PERSIST,
				  on_datagram, l);
	return l->sock_ev[i] && !event_add(l->sock_ev[i], NULL) ? 0 :
								  MISSIU_ENOMEM;
}

static void close_sock(struct loop *l, size_t i)
{
	if (l->sock_ev[i])
		event_free(l->sock_ev[i]);
	udp_close(&l->sock[i]);
	l->n_sock--;
	memmove(&l->sock[i], &l->sock[i + 1],
		(l->n_sock - i) * sizeof(l->sock[0]));
	memmove(&l->sock_ev[i], &l->sock_ev[i + 1],
		(l->n_sock - i) * sizeof(l->sock_ev[0]));
}

/* All ports of an address, or none. */
static int open_addr(struct loop *l, const struct missiu_addr *addr,
		     struct missiu_diag *diag)
{
	const size_t n = l->n_sock;
	int ret = open_sock(l, addr, UDP_PORT_IKE, diag);

	if (!ret)
		ret = open_sock(l, addr, UDP_PORT_NATT, diag);
	if (!ret && l->tcp)
		ret = tcp_listen(l->tcp, addr, diag);
	while (ret && l->n_sock > n)
		close_sock(l, l->n_sock - 1);
	return ret;
}

/* --- addresses that come and go */

/* Without operands: sockets follow the addresses of missiu's interface. */
static void follow_addrs(struct loop *l, const struct missiu_addr *v, size_t n)
{
	const struct ike_end *local;
	struct missiu_diag diag;

	for (size_t i = 0; i < l->n_sock;) {
		local = &l->sock[i].local;
		if (addr_listed(v, n, &local->addr)) {
			i++;
			continue;
		}
		if (local->port == UDP_PORT_IKE)
			log_info(main, "%s has gone",
				 addr_text(&local->addr).s);
		tcp_unlisten(l->tcp, &local->addr);
		close_sock(l, i);
	}
	for (size_t i = 0; i < n && l->n_sock + 2 <= SOCKS_MAX; i++) {
		if (loop_sock(l, &(struct ike_end){ .addr = v[i],
						    .port = UDP_PORT_IKE }))
			continue;
		/* One that is still looked for duplicates comes later. */
		if (open_addr(l, &v[i], &diag))
			log_debug(main, "%s", diag.msg);
		else if (l->control) /* not at start */
			log_info(main, "listening on %s, too",
				 addr_text(&v[i]).s);
	}
}

/* Tell the core which of the addresses with sockets there are. */
static void tell_addrs(struct loop *l, const struct missiu_addr *v, size_t n)
{
	struct missiu_addr usable[SOCKS_MAX];
	size_t k = 0;

	for (size_t i = 0; i < l->n_sock; i++)
		if (l->sock[i].local.port == UDP_PORT_IKE &&
		    addr_listed(v, n, &l->sock[i].local.addr))
			usable[k++] = l->sock[i].local.addr;
	ike_local_addresses(l->ike, usable, k, clock_now());
}

static void look_at_addrs(struct loop *l)
{
	struct missiu_addr v[4 * CLI_ADDRS_MAX];
	const size_t n = addrs_list(l->cli->n_local ? NULL : l->iface, v,
				    sizeof(v) / sizeof(v[0]));

	if (!l->cli->n_local)
		follow_addrs(l, v, n);
	tell_addrs(l, v, n);
}

static void on_look(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	look_at_addrs(l);
	loop_settle(l);
}

/* Changes come in flocks: an address goes, its routes, another comes. */
static void on_addrs(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval soon = { .tv_usec = ADDRS_US };
	struct loop *l = arg;

	(void)what;
	addrs_news(fd);
	if (!evtimer_pending(l->look, NULL))
		event_add(l->look, &soon);
}

static int watch_addrs(struct loop *l, struct missiu_diag *diag)
{
	int ret = addrs_open(&l->addrs_fd, diag);

	if (ret)
		return ret;
	l->look = evtimer_new(l->base, on_look, l);
	l->addrs_ev = event_new(l->base, l->addrs_fd, EV_READ | EV_PERSIST,
				on_addrs, l);
	return l->look && l->addrs_ev && !event_add(l->addrs_ev, NULL) ?
		       0 :
		       MISSIU_ENOMEM;
}

int loop_open_network(struct loop *l, struct missiu_diag *diag)
{
	int ret = open_tcp(l);

	if (!ret)
		ret = watch_addrs(l, diag);
	for (size_t i = 0; !ret && i < l->cli->n_local; i++)
		ret = open_addr(l, &l->cli->local[i], diag);
	if (ret)
		return ret;
	look_at_addrs(l);
	if (!l->n_sock)
		return diag_set(diag, MISSIU_EINVAL,
				"%s has no address; give one: ike ADDRESS",
				l->iface);
	return 0;
}

void loop_close_network(struct loop *l)
{
	tcp_free(l->tcp);
	while (l->n_sock)
		close_sock(l, l->n_sock - 1);
	if (l->addrs_ev)
		event_free(l->addrs_ev);
	if (l->look)
		event_free(l->look);
	if (l->addrs_fd >= 0)
		close(l->addrs_fd);
}
