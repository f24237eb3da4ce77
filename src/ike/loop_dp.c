/* SPDX-License-Identifier: Apache-2.0 */
/* The data path: its policies, its news, and missiu that goes and returns. */
#include "ike/loop_impl.h"

#include "common/addr.h"
#include "common/clock.h"
#include "common/log.h"

#define RETRY_S 1 /* between attempts to reach missiu again */

void loop_close_dp(struct loop *l)
{
	if (l->dp_ev)
		event_free(l->dp_ev);
	l->dp_ev = NULL;
	if (l->dp)
		l->dp->ops->free(l->dp);
	l->dp = NULL;
}

static void drop_dp(struct loop *l)
{
	struct timeval tv = { .tv_sec = RETRY_S };

	l->dp_lost = false;
	loop_close_dp(l);
	tcp_dp_close(l->tcp);
	loop_act_later(l, UINT64_MAX);
	event_add(l->retry, &tv);
}

/* Read what the data path has to say; false: the SPD is not up to date. */
bool loop_hear_dp(struct loop *l)
{
	bool stale;

	if (!l->dp)
		return true;
	l->dp->ops->process(l->dp);
	if (l->dp_lost) {
		/* The SAs are gone with missiu: tell the peers. */
		log_err(ike, "missiu on %s is gone; waiting for it to return",
			l->iface);
		ike_shutdown(l->ike, clock_now());
		drop_dp(l);
		loop_hear_peers(l, true);
		return true;
	}
	stale = l->dp->ops->stale(l->dp);
	loop_hear_peers(l, !stale);
	return !stale;
}

/* --- peers that are contacted at once */

/* -c: a peer can be contacted as soon as a policy names it. */
static void initiate_peer(struct loop *l, size_t i)
{
	const struct missiu_addr *peer = &l->cli->peer[i];
	const struct missiu_addr *local = loop_local(l, peer->family);

	if (!local)
		log_err(ike, "-c %s: no local address of its family",
			addr_text(peer).s);
	l->waiting[i] = local && ike_initiate(l->ike, local, peer,
					      clock_now()) == MISSIU_ENOENT;
}

/* The same for peers that say init yes; those that have an SA keep it. */
void loop_initiate_loaded(struct loop *l)
{
	struct missiu_addr local, remote;
	size_t cursor = 0;

	while (ike_init_next(l->ike, &cursor, &local, &remote)) {
		for (size_t s = 0; s < l->n_sock && !local.family; s++)
			if (l->sock[s].local.addr.family == remote.family)
				local = l->sock[s].local.addr;
		if (local.family)
			ike_initiate(l->ike, &local, &remote, clock_now());
	}
}

void loop_want_peers(struct loop *l)
{
	for (size_t i = 0; i < l->cli->n_peer; i++)
		l->waiting[i] = true;
}

/* --- what it says */

static void on_policies(void *ctx, const struct missiu_policy *v, size_t n)
{
	struct loop *l = ctx;

	log_debug(ike, "policies=%zu", n);
	ike_policies(l->ike, v, n);
	for (size_t i = 0; i < l->cli->n_peer; i++)
		if (l->waiting[i])
			initiate_peer(l, i);
	loop_initiate_loaded(l);
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

	ike_event(l->ike, ev, local_for(l, ev), clock_now());
}

static void on_refused(void *ctx, uint64_t owner, uint32_t spi, int err,
		       const char *text)
{
	struct loop *l = ctx;

	if (!owner && !spi)
		log_err(ike, "missiu does not set what the peer assigned: %s",
			text);
	else
		ike_refused(l->ike, owner, spi, err, text, clock_now());
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
	loop_hear_dp(l);
	loop_settle(l);
}

/* --- reaching it */

int loop_open_dp(struct loop *l, struct missiu_diag *diag)
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

void loop_on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct timeval tv = { .tv_sec = RETRY_S };
	struct loop *l = arg;

	(void)fd;
	(void)what;
	if (loop_open_dp(l, NULL)) {
		event_add(l->retry, &tv);
		return;
	}
	log_info(ike, "missiu on %s is back", l->iface);
	loop_want_peers(l);
}
