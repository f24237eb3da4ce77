/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/sa.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/log.h"
#include "common/rd.h"
#include "common/secret.h"
#include "ike/cfg.h"
#include "ike/child.h"
#include "ike/exchange.h"
#include "ike/followup.h"
#include "ike/ident.h"
#include "ike/idtext.h"
#include "ike/intermediate.h"
#include "ike/keylog.h"
#include "ike/mobike.h"
#include "ike/news.h"
#include "ike/park.h"
#include "ike/ppk.h"
#include "ike/reauth.h"
#include "ike/rules.h"
#include "ike/sa_rekey.h"

/* How long a closed SA answers duplicates of the peer's last request. */
#define LINGER_US 10000000u

const char *ike_state_name(enum ike_state s)
{
	static const char *const names[] = {
#define X(name, text) [IKE_S_##name] = #name,
		IKE_STATES(X)
#undef X
	};

	return s < IKE_S_MAX ? names[s] : "?";
}

int blob_set(struct blob *b, struct chunk from)
{
	uint8_t *p = malloc(from.len ? from.len : 1);

	if (!p)
		return MISSIU_ENOMEM;
	memcpy(p, from.p, from.len);
	free(b->p);
	*b = (struct blob){ p, from.len };
	return 0;
}

void blob_clear(struct blob *b)
{
	free(b->p);
	*b = (struct blob){ 0 };
}

struct ike_sa *ike_sa_find(const struct ike *ike, uint64_t own_spi)
{
	return index_by_spi(ike->ix, own_spi);
}

uint64_t ike_sa_new_spi(struct ike *ike)
{
	uint8_t b[8];
	uint64_t spi = 0;

	for (int i = 0; i < 8 && !spi; i++) {
		if (rng_bytes(&ike->rng, b, sizeof(b)))
			return 0;
		spi = load_be64(b);
		if (ike_sa_find(ike, spi))
			spi = 0;
	}
	return spi;
}

struct ike_sa *ike_sa_new(struct ike *ike, bool initiator,
			  const struct ike_end *local,
			  const struct ike_end *remote)
{
	struct ike_sa *sa = calloc(1, sizeof(*sa));

	if (!sa)
		return NULL;
	sa->initiator = initiator;
	sa->local = *local;
	sa->remote = *remote;
	sa->home_local = local->addr;
	sa->home_remote = remote->addr;
	sa->created_us = sa->heard_us = sa->sent_us = ike->now;
	sa->id_local = ike->conf.id.type ? ike_id_hold(&ike->conf.id) :
					   ike_id_addr(&local->addr);
	return sa;
}

void ike_sa_insert(struct ike *ike, struct ike_sa *sa)
{
	index_add_sa(ike->ix, sa);
	sa->next = ike->sas;
	sa->pprev = &ike->sas;
	if (sa->next)
		sa->next->pprev = &sa->next;
	ike->sas = sa;
	ike->n_sa++;
	ike_sa_touch(ike, sa);
}

void ike_sa_free(struct ike_sa *sa)
{
	if (!sa)
		return;
	blob_clear(&sa->init_req);
	blob_clear(&sa->init_resp);
	blob_clear(&sa->reply);
	frag_free(sa->frag_req);
	frag_free(sa->frag_resp);
	kex_free(sa->kex);
	inter_free(sa->inter);
	ppk_forget(sa);
	park_free(sa);
	follow_drop(sa);
	free(sa->offer);
	mobike_free(sa);
	xchg_fini(&sa->x);
	while (sa->tasks)
		task_free(task_pop(sa, sa->tasks));
	while (sa->children) {
		struct ike_child *c = sa->children;

		sa->children = c->next;
		child_free(c);
	}
	cfg_free(sa);
	ike_id_drop(&sa->id_local);
	ike_id_drop(&sa->id_remote);
	peer_put(sa->peer);
	secret_wipe(sa, sizeof(*sa));
	free(sa);
}

void ike_sa_touch(struct ike *ike, struct ike_sa *sa)
{
	if (sa->touched)
		return;
	sa->touched = true;
	sa->touched_next = ike->touched;
	ike->touched = sa;
}

static void forget(struct ike *ike, struct ike_sa *sa)
{
	*sa->pprev = sa->next;
	if (sa->next)
		sa->next->pprev = sa->pprev;
	ike->n_sa--;
	index_del_sa(sa);
	timerq_del(&ike->timers, &sa->timer);
	ike_sa_free(sa);
}

void ike_sa_settle(struct ike *ike)
{
	struct ike_sa *sa;

	while ((sa = ike->touched) != NULL) {
		ike->touched = sa->touched_next;
		sa->touched = false;
		ike->n_settled++;
		if (sa->state == IKE_S_DEAD)
			forget(ike, sa);
		else
			timerq_set(&ike->timers, &sa->timer,
				   ike_sa_due_us(ike, sa));
	}
}

void ike_sa_set_ends(struct ike *ike, struct ike_sa *sa,
		     const struct ike_end *local, const struct ike_end *remote)
{
	if (!sa->mob && !sa->redirected_from.family) {
		sa->home_local = local->addr;
		sa->home_remote = remote->addr;
	}
	sa->local = *local;
	sa->remote = *remote;
	index_sa_moved(ike->ix, sa);
}

static bool takes_tasks(const struct ike_sa *sa)
{
	if (sa->peer->gone)
		return false;
	return sa->state == IKE_S_INIT_SENT || sa->state == IKE_S_INTER_SENT ||
	       sa->state == IKE_S_AUTH_SENT || sa->state == IKE_S_ESTABLISHED;
}

struct ike_sa *ike_sa_by_peer(const struct ike *ike,
			      const struct missiu_addr *local,
			      const struct missiu_addr *remote,
			      const struct missiu_policy *pol)
{
	struct ike_sa *pending = NULL, *sa = NULL;

	while ((sa = index_by_remote(ike->ix, remote, sa)) != NULL) {
		if (!takes_tasks(sa) || sa->rival_of ||
		    !addr_eq(&sa->home_local, local) ||
		    (pol && !peer_may_have(ike, sa, pol)))
			continue;
		if (sa->state == IKE_S_ESTABLISHED)
			return sa;
		if (!pending)
			pending = sa;
	}
	return pending;
}

void ike_sa_set_state(struct ike *ike, struct ike_sa *sa, enum ike_state to)
{
	assert(rules_step_ok(sa->state, to));
	out_log(&ike->out, LOG_L_DEBUG,
		"IKE_SA [v2 %c](id=0x%016llx) peer=%s %s -> %s",
		ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->remote.addr).s, ike_state_name(sa->state),
		ike_state_name(to));
	sa->state = to;
	index_set_half_open(ike->ix, sa,
			    to == IKE_S_INIT_RCVD || (to == IKE_S_CLOSED &&
						      !sa->established_us));
	ike_sa_touch(ike, sa);
}

int ike_sa_algs(const struct ike_suite *s, struct key_algs *out)
{
	struct key_algs a = { .prf = s->prf, .integ = s->integ };

	if (!ike_cipher_get(s->encr, s->key_bits, &a.cipher) ||
	    !prf_len(a.prf) || (!a.cipher.aead && !integ_key_len(a.integ)))
		return MISSIU_EUNSUP;
	*out = a;
	return 0;
}

void ike_sa_set_keys(struct ike_sa *sa)
{
	sk_init(&sa->sk_out, &sa->algs, &sa->keys, sa->initiator);
	sk_init(&sa->sk_in, &sa->algs, &sa->keys, !sa->initiator);
}

void ike_sa_tell_keys(struct ike *ike, const struct ike_sa *sa)
{
	char line[KEYLOG_MAX];

	if (!ike->conf.tell_keys)
		return;
	if (keylog_ike(sa, line, sizeof(line)))
		out_keys(&ike->out, line);
	secret_wipe(line, sizeof(line));
}

/*
 * Lifetimes are local (2.8). The side that made the SA rekeys first, so that
 * collisions are rare; the other takes over when it does not.
 */
void ike_sa_lifetimes(struct ike *ike, struct ike_sa *sa)
{
	const uint64_t life_us = (uint64_t)sa->peer->ike_life_s * 1000000;
	uint8_t jitter = 0;

	(void)rng_bytes(&ike->rng, &jitter, 1); /* none will do as well */
	sa->expire_us = ike->now + life_us;
	sa->rekey_us = ike->now + life_us * (sa->initiator ? 80 : 90) / 100 +
		       life_us * jitter / 256 * 8 / 100;
}

void ike_sa_established(struct ike *ike, struct ike_sa *sa)
{
	const char *name = sa->peer->conf.name;
	char suite[96];

	sa->established_us = ike->now;
	sa->heard_us = ike->now;
	blob_clear(&sa->init_req);
	blob_clear(&sa->init_resp);
	free(sa->offer);
	sa->offer = NULL;
	inter_free(sa->inter);
	sa->inter = NULL;
	ike_sa_lifetimes(ike, sa);
	index_add_peer(ike->ix, sa);
	ike_sa_set_state(ike, sa, IKE_S_ESTABLISHED);
	*(sa->initiator ? &ike->n.init_ok : &ike->n.resp_ok) += 1;
	ike_suite_text(&sa->suite, suite, sizeof(suite));
	out_log(&ike->out, LOG_L_INFO,
		"IKE_SA Created [v2 %c](id=0x%016llx) local=%s[%u] "
		"peer=%s[%u] peer_id=%s suite=%s nat_local=%d nat_remote=%d%s%s%s",
		ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->local.addr).s, sa->local.port,
		addr_text(&sa->remote.addr).s, sa->remote.port,
		ike_id_text(&sa->id_remote).s, suite, sa->nat_local,
		sa->nat_remote, sa->ppk_used ? " ppk=1" : "",
		*name ? " name=" : "", name);
	news_ike(ike, sa, sa->replaces ? IKE_NEWS_ike_rekeyed : IKE_NEWS_ike_up,
		 NULL);
}

void ike_sa_close(struct ike *ike, struct ike_sa *sa, bool linger)
{
	if (sa->state == IKE_S_DEAD)
		return;
	park_free(sa);
	/* Of two successors: this one goes, or the other takes the children. */
	rekey_rival_gone(ike, sa);
	rekey_rival_wins(ike, sa);
	reauth_gone(ike, sa);
	while (sa->children)
		child_remove(ike, sa, sa->children);
	cfg_release(ike, sa);
	if (sa->x.task)
		task_fail(ike, sa, sa->x.task);
	sa->x.task = NULL;
	xchg_fini(&sa->x);
	while (sa->tasks)
		task_fail(ike, sa, task_pop(sa, sa->tasks));
	if (!linger) {
		ike_sa_set_state(ike, sa, IKE_S_DEAD);
	} else if (sa->state != IKE_S_CLOSED) {
		sa->close_us = ike->now + LINGER_US;
		ike_sa_set_state(ike, sa, IKE_S_CLOSED);
	}
}

void ike_sa_drop(struct ike *ike, struct ike_sa *sa, const char *why)
{
	struct ike_packet p;
	size_t len;

	if (sa->state == IKE_S_ESTABLISHED || sa->state == IKE_S_REKEYED) {
		request_begin(sa, IKE_X_INFORMATIONAL, &p);
		ike_put_delete_ike(&p.b);
		len = sk_seal(&sa->sk_out, &ike->rng, &p.b);
		if (len)
			out_send(&ike->out, &sa->local, &sa->remote,
				 (struct chunk){ p.buf, len });
	}
	if (sa->state == IKE_S_ESTABLISHED)
		ike_sa_deleted(ike, sa, why);
	ike_sa_close(ike, sa, false);
}

void ike_sa_fail_why(struct ike *ike, struct ike_sa *sa, bool linger,
		     const char *status, const struct ike_why *why)
{
	news_fail(ike,
		  &(struct news_failed){ .sa = sa,
					 .initiator = sa->initiator,
					 .status = status },
		  why);
	if (sa->state == IKE_S_ESTABLISHED)
		news_ike(ike, sa, IKE_NEWS_ike_down, status);
	ike_sa_close(ike, sa, linger);
}

void ike_sa_fail(struct ike *ike, struct ike_sa *sa, bool linger,
		 const char *status, const char *fmt, ...)
{
	char what[sizeof(((struct ike_why *)0)->what)];
	struct ike_why why;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	ike_why_set(&why, "%s", what);
	ike_sa_fail_why(ike, sa, linger, status, &why);
}

void ike_sa_give_back(struct ike_sa *sa, struct ike_xchg *x)
{
	xchg_fini(&sa->x);
	sa->x = *x;
	*x = (struct ike_xchg){ 0 };
}

void ike_sa_deleted(struct ike *ike, const struct ike_sa *sa, const char *why)
{
	out_log(&ike->out, LOG_L_INFO,
		"IKE_SA Deleted [v2 %c](id=0x%016llx) peer=%s[%u] children=%zu "
		"reason=\"%s\"",
		ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->remote.addr).s, sa->remote.port, sa->n_child,
		why);
	news_ike(ike, sa, IKE_NEWS_ike_down, why);
}
