/* SPDX-License-Identifier: Apache-2.0 */
/* What the core wants done: messages, requests to the data path, log, news. */
#include "ike/loop_impl.h"

#include <errno.h>
#include <string.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/secret.h"

/* Strangers choose where answers go: a line a second, with a count. */
static void log_send_failed(struct loop *l, const struct ike_action *a,
			    const char *why)
{
	const missiu_usec now = clock_now();

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
	s = loop_sock(l, &a->local);
	if (!s)
		log_send_failed(l, a, "no socket of that address and port");
	else if (udp_send(s, &a->remote, a->msg, a->len, a->keepalive))
		log_send_failed(l, a, strerror(errno));
}

/*
 * What was asked of the data path must be there before the peer knows of it, and
 * what the peer gets afterwards may suppose that it knows.
 */
static void do_send(struct loop *l, const struct ike_action *a, bool after_dp)
{
	const uint64_t mark = l->dp ? l->dp->ops->mark(l->dp) : 0;
	bool wait = later_has_msg(&l->later, &a->local, &a->remote);

	if (!wait && after_dp && l->dp)
		wait = !l->dp->ops->reached(l->dp, mark);
	if (!wait || !later_add_msg(&l->later, a, mark))
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
		    later_add_del(&l->later, a, clock_now() + a->linger_us))
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
	case IKE_ASK:
		return;
	}
	if (ret)
		log_err(ike, "missiu did not take a request: %s",
			missiu_strerror(ret));
}

void loop_act(struct loop *l)
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
		else if (a.kind == IKE_ASK)
			asker_put(l->asker, l->ike, &a);
		else
			do_dp(l, &a);
		if (a.kind == IKE_NET)
			resolver_set(l->resolver, a.net);
		after_dp |= a.kind == IKE_SA_ADD;
	}
	secret_wipe(&a, sizeof(a));
}

/* What was put off and is due; all of it when @now is UINT64_MAX. */
void loop_act_later(struct loop *l, missiu_usec now)
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
