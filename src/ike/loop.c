/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "common/secret.h"
#include "ctl/dp.h"
#include "ctl/sock.h"
#include "ike/addrs.h"
#include "ike/control.h"
#include "ike/isolate.h"
#include "ike/keyfiles.h"
#include "ike/peer_load.h"
#include "ike/later.h"
#include "ike/lease_file.h"
#include "ike/resolver.h"
#include "ike/sources.h"
#include "ike/status.h"
#include "ike/tcp.h"
#include "ike/udp.h"

#define SOCKS_MAX (2 * CLI_ADDRS_MAX)
#define RX_BATCH  64	/* messages of one socket before others get a turn */
#define RETRY_S	  1	/* between attempts to reach missiu again */
#define ADDRS_US  20000 /* after a change of addresses until we look */

struct loop {
	struct cli *cli;
	struct ike *ike;
	struct event_base *base;
	struct dp *dp; /* NULL while missiu is gone */
	struct event *dp_ev;
	struct event *timer;
	struct event *retry;
	int addrs_fd; /* news of addresses; -1: not open */
	struct event *addrs_ev, *look;
	struct event *sig[3];
	char iface[IFNAMSIZ + 1];
	struct udp_sock sock[SOCKS_MAX];
	struct event *sock_ev[SOCKS_MAX];
	size_t n_sock;
	struct tcp *tcp; /* NULL: none */
	struct ike_control *control;
	struct later later;
	struct lease_file leases;
	struct resolver *resolver;
	struct keyfiles keys;
	struct sources *sources;
	bool dp_lost; /* noticed inside a handler, acted on outside */
	bool waiting[CLI_ADDRS_MAX]; /* -c peers that no policy named yet */
	missiu_usec send_log_us; /* when a failed send may be logged again */
	unsigned send_failed;	 /* not logged since */
	uint8_t buf[65536];
};

static missiu_usec now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (missiu_usec)ts.tv_sec * 1000000 +
	       (missiu_usec)ts.tv_nsec / 1000;
}

/* --- actions of the core */

static const struct udp_sock *find_sock(const struct loop *l,
					const struct ike_end *local)
{
	for (size_t i = 0; i < l->n_sock; i++)
		if (l->sock[i].local.port == local->port &&
		    addr_eq(&l->sock[i].local.addr, &local->addr))
			return &l->sock[i];
	return NULL;
}

/* Strangers choose where answers go: a line a second, with a count. */
static void log_send_failed(struct loop *l, const struct ike_action *a,
			    const char *why)
{
	const missiu_usec now = now_us();

	l->send_failed++;
	if (now < l->send_log_us)
		return;
	log_warn(ike, "sending from %s[%u] to %s[%u] failed: %s (%u times)",
		 addr_text(&a->local.addr).s, a->local.port,
		 addr_text(&a->remote.addr).s, a->remote.port, why,
		 l->send_failed);
	l->send_failed = 0;
	l->send_log_us = now + 1000000;
}

static void send_now(struct loop *l, const struct ike_action *a)
{
	const struct udp_sock *s;

	if (a->local.via) {
		if (!l->tcp ||
		    tcp_send(l->tcp, &a->local, &a->remote, a->msg, a->len))
			log_send_failed(l, a, "no TCP connection");
		return;
	}
	s = find_sock(l, &a->local);
	if (!s)
		log_send_failed(l, a, "no socket of that address and port");
	else if (udp_send(s, &a->remote, a->msg, a->len, a->keepalive))
		log_send_failed(l, a, strerror(errno));
}

/* What was asked of the data path must be there before the peer knows of it. */
static void do_send(struct loop *l, const struct ike_action *a, bool after_dp)
{
	const uint64_t mark = l->dp ? l->dp->ops->mark(l->dp) : 0;

	if (!after_dp || !l->dp || l->dp->ops->reached(l->dp, mark) ||
	    !later_add_msg(&l->later, a, mark))
		send_now(l, a);
}

static void do_dp(struct loop *l, const struct ike_action *a)
{
	int ret = MISSIU_ECONN;

	if (!l->dp)
		return;
	switch (a->kind) {
	case IKE_SA_ADD:
		ret = l->dp->ops->sa_add(l->dp, &a->sa);
		break;
	case IKE_SA_UPDATE:
		ret = l->dp->ops->sa_update(l->dp, &a->sa, &a->old_dst);
		break;
	case IKE_SA_DEL:
		if (a->linger_us &&
		    later_add_del(&l->later, a, now_us() + a->linger_us))
			return;
		ret = l->dp->ops->sa_del(l->dp, a->sa.proto, a->sa.spi,
					 &a->sa.dst);
		break;
	case IKE_ACQUIRE_FAILED:
		ret = l->dp->ops->acquire_failed(l->dp, a->acquire_id);
		break;
	case IKE_NET:
		ret = l->dp->ops->net_set(l->dp, &a->net->tap);
		break;
	case IKE_SEND:
	case IKE_LOG:
	case IKE_TELL:
	case IKE_KEYS:
	case IKE_TCP_PROVEN:
		return;
	}
	if (ret)
		log_err(ike, "missiu did not take a request: %s",
			missiu_strerror(ret));
}

static void do_actions(struct loop *l)
{
	struct ike_action a;
	bool after_dp = false;

	while (ike_action_next(l->ike, &a)) {
		keyfiles_put(&l->keys, &a);
		if (a.kind == IKE_SEND)
			do_send(l, &a, after_dp);
		else if (a.kind == IKE_LOG)
			log_line(LOG_G_ike, (enum log_level)a.level, "%s",
				 a.text);
		else if (a.kind == IKE_TELL)
			ike_control_tell(l->control, a.news);
		else if (a.kind == IKE_TCP_PROVEN)
			tcp_proven(l->tcp, &a.local, &a.remote);
		else
			do_dp(l, &a);
		if (a.kind == IKE_NET)
			resolver_set(l->resolver, a.net);
		after_dp |= a.kind == IKE_SA_ADD;
	}
	secret_wipe(&a, sizeof(a));
}

/* What was put off and is due; all of it when @now is UINT64_MAX. */
static void do_later(struct loop *l, missiu_usec now)
{
	const struct later_msg *m;
	const struct later_del *d;

	while ((m = l->later.msg) != NULL &&
	       (!l->dp || now == UINT64_MAX ||
		l->dp->ops->reached(l->dp, m->mark))) {
		send_now(l, &(struct ike_action){ .kind = IKE_SEND,
						  .local = m->local,
						  .remote = m->remote,
						  .msg = m->msg,
						  .len = m->len });
		later_pop_msg(&l->later);
	}
	while ((d = l->later.del) != NULL && d->due_us <= now) {
		if (l->dp)
			(void)l->dp->ops->sa_del(l->dp, d->proto, d->spi,
						 &d->dst);
		later_pop_del(&l->later);
	}
}

/* Perform what the core wants and sleep until it wants to be called again. */
static void settle(struct loop *l)
{
	missiu_usec now = now_us(), next = ike_tick(l->ike, now), wait, kept;
	struct timeval tv;

	do_actions(l);
	do_later(l, now);
	if (l->later.del && l->later.del->due_us < next)
		next = l->later.del->due_us;
	kept = lease_file_save(&l->leases, l->ike, now);
	if (kept < next)
		next = kept;
	wait = next > now ? next - now : 0;
	if (wait > 3600u * 1000000u)
		wait = 3600u * 1000000u;
	tv.tv_sec = (time_t)(wait / 1000000);
	tv.tv_usec = (suseconds_t)(wait % 1000000);
	event_add(l->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	settle(arg);
}

static void drop_dp(struct loop *l)
{
	struct timeval tv = { .tv_sec = RETRY_S };

	l->dp_lost = false;
	if (l->dp_ev)
		event_free(l->dp_ev);
	l->dp_ev = NULL;
	if (l->dp)
		l->dp->ops->free(l->dp);
	l->dp = NULL;
	tcp_dp_close(l->tcp);
	do_later(l, UINT64_MAX);
	event_add(l->retry, &tv);
}

/*
 * Peers wait in their sockets while the SPD is being read: a request for a
 * policy loaded a moment ago must not be refused.
 */
static void hear_peers(struct loop *l, bool on)
{
	tcp_pause(l->tcp, !on);
	for (size_t i = 0; i < l->n_sock; i++) {
		if (on)
			event_add(l->sock_ev[i], NULL);
		else
			event_del(l->sock_ev[i]);
	}
}

/* Read what the data path has to say; false: the SPD is not up to date. */
static bool hear_dp(struct loop *l)
{
	bool stale;

	if (!l->dp)
		return true;
	l->dp->ops->process(l->dp);
	if (l->dp_lost) {
		/* The SAs are gone with missiu: tell the peers. */
		log_err(ike, "missiu on %s is gone; waiting for it to return",
			l->iface);
		ike_shutdown(l->ike, now_us());
		drop_dp(l);
		hear_peers(l, true);
		return true;
	}
	stale = l->dp->ops->stale(l->dp);
	hear_peers(l, !stale);
	return !stale;
}

static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	struct udp_sock *s = NULL;
	struct ike_end remote = { 0 };

	(void)what;
	if (!hear_dp(l)) {
		settle(l);
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
				  now_us());
		do_actions(l);
	}
	settle(l);
}

/* --- TCP */

static bool hook_tcp_ready(void *ctx)
{
	return hear_dp(ctx);
}

static void hook_tcp_message(void *ctx, const struct ike_end *local,
			     const struct ike_end *remote, const uint8_t *msg,
			     size_t len)
{
	struct loop *l = ctx;

	ike_input(l->ike, local, remote, msg, len, now_us());
	do_actions(l);
}

static void hook_tcp_settle(void *ctx)
{
	settle(ctx);
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

	ike_tcp_again(l->ike, local, remote, now_us());
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

/* --- the data path */

static const struct missiu_addr *local_of(const struct loop *l, uint8_t family)
{
	for (size_t i = 0; i < l->n_sock; i++)
		if (l->sock[i].local.addr.family == family)
			return &l->sock[i].local.addr;
	return NULL;
}

/* -c: a peer can be contacted as soon as a policy names it. */
static void initiate_peer(struct loop *l, size_t i)
{
	const struct missiu_addr *peer = &l->cli->peer[i];
	const struct missiu_addr *local = local_of(l, peer->family);

	if (!local)
		log_err(ike, "-c %s: no local address of its family",
			addr_text(peer).s);
	l->waiting[i] = local && ike_initiate(l->ike, local, peer, now_us()) ==
					 MISSIU_ENOENT;
}

/* The same for peers that say init yes; those that have an SA keep it. */
static void initiate_loaded(struct loop *l)
{
	struct missiu_addr local, remote;
	size_t cursor = 0;

	while (ike_init_next(l->ike, &cursor, &local, &remote)) {
		for (size_t s = 0; s < l->n_sock && !local.family; s++)
			if (l->sock[s].local.addr.family == remote.family)
				local = l->sock[s].local.addr;
		if (local.family)
			ike_initiate(l->ike, &local, &remote, now_us());
	}
}

static void wait_for_peers(struct loop *l)
{
	for (size_t i = 0; i < l->cli->n_peer; i++)
		l->waiting[i] = true;
}

static void on_policies(void *ctx, const struct missiu_policy *v, size_t n)
{
	struct loop *l = ctx;

	log_debug(ike, "policies=%zu", n);
	ike_policies(l->ike, v, n);
	for (size_t i = 0; i < l->cli->n_peer; i++)
		if (l->waiting[i])
			initiate_peer(l, i);
	initiate_loaded(l);
}

static const struct missiu_addr *local_for(const struct loop *l,
					   const struct missiu_event *ev)
{
	uint8_t family = ev->pkt_dst.lo.family;

	for (size_t i = 0; i < l->n_sock; i++)
		if (ev->kind == MISSIU_EV_ACQUIRE &&
		    addr_eq(&l->sock[i].local.addr, &ev->pkt_src.lo))
			return &l->sock[i].local.addr;
	for (size_t i = 0; i < l->n_sock; i++)
		if (l->sock[i].local.addr.family == family)
			return &l->sock[i].local.addr;
	return &l->sock[0].local.addr;
}

static void on_event(void *ctx, const struct missiu_event *ev)
{
	struct loop *l = ctx;

	ike_event(l->ike, ev, local_for(l, ev), now_us());
}

static void on_refused(void *ctx, uint64_t owner, uint32_t spi, int err,
		       const char *text)
{
	struct loop *l = ctx;

	if (!owner && !spi)
		log_err(ike, "missiu does not set what the peer assigned: %s",
			text);
	else
		ike_refused(l->ike, owner, spi, err, text, now_us());
}

static void on_lost(void *ctx, int err)
{
	struct loop *l = ctx;

	(void)err;
	l->dp_lost = true;
}

static void on_dp(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	hear_dp(l);
	settle(l);
}

static int open_dp(struct loop *l, struct missiu_diag *diag)
{
	struct dp_handlers on = { .policies = on_policies,
				  .event = on_event,
				  .refused = on_refused,
				  .lost = on_lost,
				  .ctx = l };
	int ret = dp_pfkey_open(l->iface, &on, &l->dp, diag);

	if (ret)
		return ret;
	l->dp_ev = event_new(l->base, l->dp->ops->fd(l->dp),
			     EV_READ | EV_PERSIST, on_dp, l);
	tcp_dp_open(l->tcp);
	return l->dp_ev && !event_add(l->dp_ev, NULL) ? 0 : MISSIU_ENOMEM;
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct timeval tv = { .tv_sec = RETRY_S };
	struct loop *l = arg;

	(void)fd;
	(void)what;
	if (open_dp(l, NULL)) {
		event_add(l->retry, &tv);
		return;
	}
	log_info(ike, "missiu on %s is back", l->iface);
	wait_for_peers(l);
}

/* --- peers */

static int load_config(struct loop *l, struct missiu_diag *diag)
{
	const struct peer_load how = { .file = l->cli->config,
				       .source = IKE_PEERS_CONFIG };
	int n;

	if (!how.file)
		return 0;
	n = peer_load_file(l->ike, &how, diag, now_us());
	if (n < 0)
		return n;
	log_info(ike, "peers=%d from %s", n, how.file);
	return 0;
}

static void on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct missiu_diag diag = { "" };
	struct loop *l = arg;

	(void)fd;
	(void)what;
	if (load_config(l, &diag)) {
		log_err(ike, "%s; the peers stay as they were", diag.msg);
	} else {
		sources_load(l->sources, l->ike);
		initiate_loaded(l);
	}
	settle(l);
}

/* Peers from loadConfig. */
static void hook_peers(void *ctx, const struct ctl_peers *req,
		       struct ctl_peers_answer *answer)
{
	struct loop *l = ctx;
	const struct peer_load how = { .file = req->file,
				       .source = IKE_PEERS_CONTROL,
				       .keep = req->keep };
	struct peer_load_err err;
	int n = peer_load_text(l->ike, &how, req->text, req->len, &err,
			       now_us());

	*answer = (struct ctl_peers_answer){ n < 0 ? n : 0, err.peer.index,
					     err.peer.key, err.diag };
	if (n < 0)
		return;
	log_info(ike, "peers=%d from %s", n, req->file);
	sources_load(l->sources, l->ike);
	initiate_loaded(l);
	settle(l);
}

/* --- the control socket */

static char *hook_status(void *ctx)
{
	struct loop *l = ctx;

	return status_json(l->ike, l->tcp, sources_json(l->sources), now_us());
}

/* What was asked for happens before the client is answered. */
static int done(struct loop *l, int n)
{
	settle(l);
	return n;
}

static int hook_up(void *ctx, const char *peer, struct missiu_diag *diag)
{
	struct loop *l = ctx;
	const struct missiu_addr *local;
	struct missiu_addr addr;
	int ret;

	if (!ike_peer_address(l->ike, peer, &addr))
		return diag_set(diag, MISSIU_ENOENT,
				"found peer '%.100s', expected an address, or "
				"a name for which a policy or raddr says one",
				peer);
	local = local_of(l, addr.family);
	if (!local)
		return diag_set(diag, MISSIU_ENOENT,
				"no local address of the family of %s",
				addr_text(&addr).s);
	ret = ike_initiate(l->ike, local, &addr, now_us());
	if (ret == MISSIU_EEXIST)
		return 0; /* it is up already */
	if (ret == MISSIU_ENOENT)
		return diag_set(diag, ret,
				"no ipsec policy names %s as its peer",
				addr_text(&addr).s);
	if (ret)
		return diag_set(diag, ret, "%s", missiu_strerror(ret));
	return done(l, 1);
}

static int none_with(const char *peer, struct missiu_diag *diag)
{
	return diag_set(diag, MISSIU_ENOENT, "there is no IKE SA with %.100s",
			peer);
}

static int hook_down(void *ctx, const char *peer, struct missiu_diag *diag)
{
	struct loop *l = ctx;
	int n = ike_down(l->ike, peer, now_us());

	return n ? done(l, n) : none_with(peer, diag);
}

static int hook_rekey(void *ctx, const char *peer, bool child, bool ike,
		      struct missiu_diag *diag)
{
	struct loop *l = ctx;
	int n = ike_rekey(l->ike, peer,
			  (child ? IKE_REKEY_CHILDREN : 0u) |
				  (ike ? IKE_REKEY_IKE : 0u),
			  now_us());

	return n ? done(l, n) : none_with(peer, diag);
}

static int hook_redirect(void *ctx, const char *peer,
			 const struct missiu_addr *to, struct missiu_diag *diag)
{
	struct loop *l = ctx;
	int n = ike_redirect(l->ike, peer, to, now_us());

	if (n)
		return done(l, n);
	return diag_set(diag, MISSIU_ENOENT,
			"there is no IKE SA with %.100s that can be redirected",
			peer);
}

static int open_control(struct loop *l, struct missiu_diag *diag)
{
	const struct ike_control_hooks hooks = { .ctx = l,
						 .status = hook_status,
						 .peers = hook_peers,
						 .up = hook_up,
						 .down = hook_down,
						 .rekey = hook_rekey,
						 .redirect = hook_redirect };

	return ike_control_open(l->iface, l->base, &hooks, &l->control, diag);
}

/* --- start and stop */

static void on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;

	(void)fd;
	(void)what;
	event_base_loopbreak(l->base);
}

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

static bool listed(const struct missiu_addr *v, size_t n,
		   const struct missiu_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_eq(&v[i], a))
			return true;
	return false;
}

/* --- addresses that come and go */

/* Without operands: sockets follow the addresses of missiu's interface. */
static void follow_addrs(struct loop *l, const struct missiu_addr *v, size_t n)
{
	const struct ike_end *local;
	struct missiu_diag diag;

	for (size_t i = 0; i < l->n_sock;) {
		local = &l->sock[i].local;
		if (listed(v, n, &local->addr)) {
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
		if (find_sock(l, &(struct ike_end){ .addr = v[i],
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
		    listed(v, n, &l->sock[i].local.addr))
			usable[k++] = l->sock[i].local.addr;
	ike_local_addresses(l->ike, usable, k, now_us());
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
	settle(l);
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

static int open_network(struct loop *l, struct missiu_diag *diag)
{
	int ret = watch_addrs(l, diag);

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

static int find_iface(struct loop *l, struct missiu_diag *diag)
{
	if (!l->cli->iface)
		return ctl_find_instance(l->iface, sizeof(l->iface), diag);
	if (strlen(l->cli->iface) >= IFNAMSIZ)
		return diag_set(diag, MISSIU_EINVAL,
				"-i: found '%s', expected an interface name",
				l->cli->iface);
	memcpy(l->iface, l->cli->iface, strlen(l->cli->iface) + 1);
	return 0;
}

static int open_events(struct loop *l)
{
	static const int signals[2] = { SIGINT, SIGTERM };

	l->base = event_base_new();
	if (!l->base)
		return MISSIU_ENOMEM;
	l->timer = evtimer_new(l->base, on_timer, l);
	l->retry = evtimer_new(l->base, on_retry, l);
	for (int i = 0; i < 2; i++) {
		l->sig[i] = evsignal_new(l->base, signals[i], on_signal, l);
		if (!l->sig[i] || event_add(l->sig[i], NULL))
			return MISSIU_ENOMEM;
	}
	/* Without a file to be read again, a hangup ends as it always did. */
	if (l->cli->config) {
		l->sig[2] = evsignal_new(l->base, SIGHUP, on_hangup, l);
		if (!l->sig[2] || event_add(l->sig[2], NULL))
			return MISSIU_ENOMEM;
	}
	return l->timer && l->retry ? 0 : MISSIU_ENOMEM;
}

static int64_t unix_s(void *ctx)
{
	(void)ctx;
	return time(NULL);
}

static int start(struct loop *l, struct missiu_diag *diag)
{
	int ret = keyfiles_open(l->cli->save_keys, &l->keys, diag);

	if (!ret)
		ret = open_events(l);
	if (!ret) {
		l->sources = sources_new(l->base);
		ret = l->sources ? 0 : MISSIU_ENOMEM;
	}
	l->cli->conf.unix_s = unix_s;
	if (!ret)
		ret = find_iface(l, diag);
	if (!ret) {
		l->ike = ike_new(&l->cli->conf, diag);
		ret = l->ike ? 0 : MISSIU_EINVAL;
		if (!l->cli->n_psk && !l->cli->conf.cred && !l->cli->config)
			log_warn(ike, "no key yet: waiting for peers from "
				      "loadConfig; or give --config FILE, "
				      "--psk-file FILE or -p KEY");
		if (!ret)
			lease_file_load(&l->leases, l->iface, l->ike);
		cli_wipe(l->cli);
	}
	if (!ret)
		ret = load_config(l, diag);
	if (!ret)
		ret = open_tcp(l);
	if (!ret)
		ret = open_network(l, diag);
	if (!ret)
		ret = open_dp(l, diag);
	if (!ret)
		ret = open_control(l, diag);
	if (!ret) {
		l->resolver = resolver_open(l->base);
		ret = l->resolver ? isolate(!l->cli->n_local, diag) :
				    MISSIU_ENOMEM;
	}
	if (!ret)
		sources_load(l->sources, l->ike);
	return ret;
}

static void fini(struct loop *l)
{
	resolver_close(l->resolver);
	ike_control_close(l->control);
	sources_free(l->sources);
	tcp_free(l->tcp);
	for (size_t i = 0; i < l->n_sock; i++) {
		if (l->sock_ev[i])
			event_free(l->sock_ev[i]);
		udp_close(&l->sock[i]);
	}
	if (l->dp_ev)
		event_free(l->dp_ev);
	if (l->dp)
		l->dp->ops->free(l->dp);
	for (int i = 0; i < 3; i++)
		if (l->sig[i])
			event_free(l->sig[i]);
	if (l->addrs_ev)
		event_free(l->addrs_ev);
	if (l->look)
		event_free(l->look);
	if (l->addrs_fd >= 0)
		close(l->addrs_fd);
	if (l->timer)
		event_free(l->timer);
	if (l->retry)
		event_free(l->retry);
	if (l->base)
		event_base_free(l->base);
	later_fini(&l->later);
	keyfiles_close(&l->keys);
	ike_free(l->ike);
}

int loop_run(struct cli *cli)
{
	struct missiu_diag diag = { "out of memory" };
	struct loop *l = calloc(1, sizeof(*l));
	int ret = MISSIU_ENOMEM;

	if (!l)
		return 1;
	l->cli = cli;
	l->addrs_fd = -1;
	ret = start(l, &diag);
	if (ret) {
		log_err(main, "%s", diag.msg);
		fini(l);
		free(l);
		return 1;
	}
	for (size_t i = 0; i < l->n_sock; i += 2)
		log_info(
			main,
			"listening on %s, ports 500 and 4500, data path %s on %s",
			addr_text(&l->sock[i].local.addr).s, l->dp->ops->name,
			l->iface);
	wait_for_peers(l);
	settle(l);
	event_base_dispatch(l->base);
	ike_shutdown(l->ike, now_us());
	do_actions(l);
	do_later(l, UINT64_MAX);
	lease_file_save(&l->leases, l->ike, UINT64_MAX);
	fini(l);
	free(l);
	return 0;
}
