/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/exchange.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/addr.h"
#include "common/log.h"
#include "common/secret.h"
#include "ike/child.h"
#include "ike/followup.h"
#include "ike/init.h"
#include "ike/liveness.h"
#include "ike/mobike.h"
#include "ike/news.h"
#include "ike/reauth.h"
#include "ike/tcp_core.h"

/*
 * A busy peer (TEMPORARY_FAILURE) is asked again, so often: at first after 0.1 to
 * 0.2 s, since most are busy for a round trip only and the SA is about to end,
 * in the end after 1 to 2 s.
 */
#define RETRY_MAX      10
#define RETRY_FIRST_US 100000u
#define RETRY_LAST_US  1000000u

/* --- tasks */

struct ike_task *task_new(enum task_kind kind)
{
	struct ike_task *t = calloc(1, sizeof(*t));

	if (t)
		t->kind = kind;
	return t;
}

void task_free(struct ike_task *t)
{
	if (t)
		free(t->more);
	free(t);
}

bool task_push(struct ike_sa *sa, struct ike_task *t)
{
	struct ike_task **at = &sa->tasks;

	if (!t || sa->n_task >= SA_TASK_MAX) {
		task_free(t);
		return false;
	}
	while (*at)
		at = &(*at)->next;
	t->next = NULL;
	*at = t;
	sa->n_task++;
	return true;
}

struct ike_task *task_pop(struct ike_sa *sa, struct ike_task *t)
{
	struct ike_task **at = &sa->tasks;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->next = NULL;
	sa->n_task--;
	return t;
}

void tasks_hand_over(struct ike_sa *sa, struct ike_sa *next)
{
	struct ike_task *t = sa->tasks, *after;

	for (; t; t = after) {
		after = t->next;
		if (t->kind == TASK_CHILD)
			task_push(next, task_pop(sa, t));
	}
}

void task_fail(struct ike *ike, struct ike_sa *sa, struct ike_task *t)
{
	struct ike_child *c = child_by_handle(sa, t->child);

	for (size_t i = 0; i < t->n_acq; i++)
		out_acquire_failed(&ike->out, t->acq[i]);
	if (c && t->kind == TASK_REKEY_CHILD)
		c->rekeying = false;
	if (t->like)
		sa->ra.failed = true;
	task_free(t);
}

bool task_retry(struct ike *ike, struct ike_sa *sa, struct ike_task *t)
{
	missiu_usec wait = (missiu_usec)RETRY_FIRST_US << t->tries;
	uint8_t jitter = 0;

	if (wait > RETRY_LAST_US)
		wait = RETRY_LAST_US;
	if (t->tries >= RETRY_MAX || sa->n_task >= SA_TASK_MAX)
		return false;
	(void)rng_bytes(&ike->rng, &jitter, 1); /* none will do as well */
	t->tries++;
	t->not_before = ike->now + wait + jitter * (wait / 256u);
	return task_push(sa, t);
}

void exchange_run(struct ike *ike, struct ike_sa *sa)
{
	static const struct {
		enum task_kind kind;
		task_start *start;
	} starts[] = {
		{ TASK_CHILD, start_child },
		{ TASK_REKEY_CHILD, start_child },
		{ TASK_REKEY_IKE, start_rekey_ike },
		{ TASK_DEL_CHILD, start_delete_child },
		{ TASK_DEL_IKE, start_delete_ike },
		{ TASK_LIVENESS, start_liveness },
		{ TASK_MOBIKE, start_mobike },
		{ TASK_REDIRECT, start_redirect },
	};
	struct ike_task *t;

	ike_sa_touch(ike, sa);
	if (sa->ra.of && sa->state == IKE_S_ESTABLISHED && !sa->x.exchange &&
	    !sa->tasks)
		reauth_next(ike, sa);
	t = sa->tasks;
	while (t && !sa->x.exchange &&
	       (sa->state == IKE_S_ESTABLISHED || sa->state == IKE_S_REKEYED)) {
		if (t->not_before > ike->now) {
			t = t->next;
			continue;
		}
		for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
			if (starts[i].kind == t->kind) {
				starts[i].start(ike, sa, task_pop(sa, t));
				break;
			}
		t = sa->tasks;
	}
}

/* --- requests */

void neg_free(struct ike_neg *neg)
{
	if (!neg)
		return;
	index_give_spi(&neg->taken);
	kex_free(neg->kex);
	follow_free(neg->follow);
	secret_wipe(neg, sizeof(*neg));
	free(neg);
}

void neg_put_ke(struct ike_build *b, const struct ike_neg *neg)
{
	const struct chunk v = kex_value(neg->kex);

	ike_put_ke(b, kex_method(neg->kex), v.p, v.len);
}

bool neg_lost(const struct ike_neg *neg, struct chunk nr)
{
	struct nonce low;

	if (!neg->rival)
		return false;
	nonce_lowest(&low, (struct chunk){ neg->nonce, SA_NONCE_LEN }, nr);
	return nonce_lower(nonce_chunk(&low), nonce_chunk(&neg->rival_low));
}

void xchg_fini(struct ike_xchg *x)
{
	free(x->msg);
	neg_free(x->neg);
	task_free(x->task);
	*x = (struct ike_xchg){ 0 };
}

static void start_packet(struct ike_sa *sa, const struct ike_hdr *h,
			 struct ike_packet *p)
{
	ike_build_start(&p->b, p->buf, sizeof(p->buf), h);
	ike_build_sk_begin(&p->b, sk_iv_len(&sa->sk_out));
}

void request_begin(struct ike_sa *sa, uint8_t exchange, struct ike_packet *p)
{
	start_packet(sa,
		     &(struct ike_hdr){
			     .spi_i = sa->spi_i,
			     .spi_r = sa->spi_r,
			     .exchange = exchange,
			     .flags = sa->initiator ? IKE_F_INITIATOR : 0,
			     .mid = sa->mid_out,
		     },
		     p);
}

static void transmit(struct ike *ike, struct ike_sa *sa, struct chunk msg)
{
	sa->sent_us = ike->now;
	ike_sa_touch(ike, sa);
	if (!mobike_send(ike, sa, msg))
		train_send(&ike->out, &sa->local, &sa->remote, msg);
}

/* Seal, in fragments if the peer takes them. */
static int seal(struct ike *ike, struct ike_sa *sa, struct ike_packet *p,
		struct blob *out)
{
	const struct frag_seal s = {
		.key = &sa->sk_out,
		.rng = &ike->rng,
		.limit = sa->frag && !sa->remote.via ?
				 frag_limit(ike->conf.fragment_size,
					    &sa->remote) :
				 0,
	};

	return frag_seal(&s, &p->b, &out->p, &out->len);
}

/*
 * When a request is sent again for the first time. However little time a
 * negotiation has, a lost packet or two must not end it.
 */
static missiu_usec first_interval_us(const struct ike *ike,
				     const struct ike_sa *sa)
{
	const missiu_usec us = tcp_interval_us(
		ike, sa, (missiu_usec)ike->conf.retransmit_ms * 1000);
	const missiu_usec most = (missiu_usec)ike->conf.negotiate_s * 200000;

	return sa->established_us || us < most ? us : most;
}

/* Takes @train over. */
static void keep(struct ike *ike, struct ike_sa *sa, uint8_t exchange,
		 struct blob train)
{
	free(sa->x.msg);
	sa->x.exchange = exchange;
	sa->x.msg = train.p;
	sa->x.len = train.len;
	sa->x.mid = sa->mid_out;
	sa->x.interval_us = first_interval_us(ike, sa);
	sa->x.next_us = ike->now + sa->x.interval_us;
	sa->x.n_sent = 1;
	transmit(ike, sa, blob_chunk(&train));
}

/* Offset of the exchange type in the IKE header, RFC 7296 3.1. */
#define EXCHANGE_AT 18

int request_send(struct ike *ike, struct ike_sa *sa, struct ike_packet *p,
		 struct ike_task *task, struct ike_neg *neg)
{
	struct blob train = { 0 };
	int ret = MISSIU_EFULL;

	/* Message IDs never wrap (2.2): long before, lifetimes end the SA. */
	if (sa->mid_out < UINT32_MAX)
		ret = seal(ike, sa, p, &train);
	if (ret) {
		out_log(&ike->out, LOG_L_ERR,
			"IKE_SA [v2 %c](id=0x%016llx) cannot send a request: %s",
			ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
			missiu_strerror(ret));
		neg_free(neg);
		if (task)
			task_fail(ike, sa, task);
		return ret;
	}
	keep(ike, sa, p->buf[EXCHANGE_AT], train);
	sa->mid_out++;
	sa->x.task = task;
	sa->x.neg = neg;
	return 0;
}

int request_send_clear(struct ike *ike, struct ike_sa *sa, struct chunk raw)
{
	struct blob copy = { 0 };

	if (blob_set(&copy, raw))
		return MISSIU_ENOMEM;
	keep(ike, sa, IKE_X_SA_INIT, copy);
	return 0;
}

/* A negotiation that nobody answers: what did get through? */
static void explain_silence(const struct ike *ike, const struct ike_sa *sa,
			    struct ike_why *why)
{
	const struct addr_text at = addr_text(&sa->remote.addr);
	const char *peer = at.s;
	const unsigned port = sa->remote.port;

	if (sa->remote.via == IKE_VIA_TCP_OURS) {
		tcp_explain_silence(sa, why);
	} else if (sa->state == IKE_S_INIT_RCVD) {
		ike_why_set(why,
			    "peer sent IKE_SA_INIT, but no IKE_AUTH in %u s",
			    ike->conf.negotiate_s);
		ike_why_remedy(why,
			       "let %s reach us on UDP 4500 too, and see what "
			       "its log says about our answer",
			       peer);
	} else if (sa->state == IKE_S_INIT_SENT) {
		ike_why_set(why,
			    "no answer on UDP %u from %s: IKE_SA_INIT sent %u "
			    "times%s%s",
			    port, peer, sa->x.n_sent, sa->hint[0] ? "; " : "",
			    sa->hint);
		ike_why_remedy(why, "see that IKE runs there, and that UDP 500 "
				    "and 4500 pass both ways");
	} else if (sa->remote.port != INIT_PORT) {
		ike_why_set(why,
			    "%s answers on UDP 500 but not on UDP %u: %s "
			    "sent %u times",
			    peer, port, ike_exchange_name(sa->x.exchange),
			    sa->x.n_sent);
		ike_why_remedy(
			why, "%s: let UDP 4500 pass both ways%s",
			sa->encap ? "ESP goes in UDP, for a NAT or by --encap" :
				    "MOBIKE uses that port",
			sa->encap ? "" :
				    ", or start ike with --no-mobike; large "
				    "datagrams may get lost: --fragment-size "
				    "576");
	} else {
		ike_why_set(
			why, "%s answers IKE_SA_INIT but not %s: sent %u times",
			peer, ike_exchange_name(sa->x.exchange), sa->x.n_sent);
		ike_why_remedy(why,
			       "the peer may refuse silently, see its log; or "
			       "large datagrams get lost: start ike with "
			       "--fragment-size 576");
	}
}

/* Time is over: what that means depends on how far we were. */
static void give_up(struct ike *ike, struct ike_sa *sa)
{
	struct ike_why why;
	char what[240];

	if (!sa->established_us) {
		explain_silence(ike, sa, &why);
		ike_sa_fail_why(ike, sa, false, "TIMEOUT", &why);
		return;
	}
	snprintf(what, sizeof(what), "peer does not answer %s, sent %u times",
		 ike_exchange_name(sa->x.exchange), sa->x.n_sent);
	if (sa->state == IKE_S_ESTABLISHED) {
		news_ike(ike, sa, IKE_NEWS_peer_dead, what);
		ike_sa_deleted(ike, sa, what);
		liveness_lost(ike, sa);
	}
	ike_sa_close(ike, sa, false);
}

/* A search begins sooner to send again, and takes as long. */
static unsigned tries(const struct ike_sa *sa)
{
	return sa->mob && sa->mob->searching ? XCHG_TRIES_SEARCH : XCHG_TRIES;
}

void request_tick(struct ike *ike, struct ike_sa *sa)
{
	struct ike_xchg *x = &sa->x;
	const bool negotiating = !sa->established_us;

	if (negotiating &&
	    ike->now - sa->created_us >=
		    (missiu_usec)ike->conf.negotiate_s * 1000000) {
		give_up(ike, sa);
		return;
	}
	if (!x->exchange || sa->park || ike->now < x->next_us)
		return;
	if (x->n_sent == XCHG_TRIES_PATH)
		mobike_silent(ike, sa);
	if (mobike_stuck(ike, sa)) {
		/* No address at all: what nobody was asked does not count. */
		x->next_us = ike->now + x->interval_us;
		return;
	}
	if (!negotiating && x->n_sent > tries(sa)) {
		give_up(ike, sa);
		return;
	}
	if (tcp_fallback_due(ike, sa)) {
		init_by_tcp(ike, sa);
		return;
	}
	x->n_sent++;
	x->interval_us = x->interval_us * 9 / 5;
	x->next_us = ike->now + x->interval_us;
	ike->n.retransmits++;
	transmit(ike, sa, (struct chunk){ x->msg, x->len });
}

/* --- answers */

void reply_begin(struct ike_sa *sa, const struct ike_hdr *hdr,
		 struct ike_packet *p)
{
	start_packet(
		sa,
		&(struct ike_hdr){
			.spi_i = sa->spi_i,
			.spi_r = sa->spi_r,
			.exchange = hdr->exchange,
			.flags = (uint8_t)(IKE_F_RESPONSE |
					   (sa->initiator ? IKE_F_INITIATOR :
							    0)),
			.mid = hdr->mid,
		},
		p);
}

int reply_send(struct ike *ike, struct ike_sa *sa, struct ike_packet *p,
	       const struct ike_end *local, const struct ike_end *remote)
{
	struct blob train = { 0 };
	const int ret = seal(ike, sa, p, &train);

	/* The answer to the request before is of no use any more. */
	blob_clear(&sa->reply);
	sa->reply = train;
	if (ret)
		return ret;
	sa->sent_us = ike->now;
	ike_sa_touch(ike, sa);
	train_send(&ike->out, local, remote, blob_chunk(&train));
	return 0;
}
