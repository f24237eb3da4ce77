/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of child SAs: which of several sends, who takes the place of what
 * ends, removal.
 *
 * Both sides may rekey at once (RFC 7296 2.8.1). The new child that loses is to be
 * deleted by who asked for it; we do that only when the peer has shown that it has
 * the other one. Its answer may be lost, and meanwhile the old one may end.
 */
#include "ike/child.h"

#include <stdlib.h>

#include "common/secret.h"
#include "ike/exchange.h"
#include "ike/news.h"

static void free_sa(struct missiu_sa **s)
{
	if (*s)
		secret_wipe(*s, sizeof(**s));
	free(*s);
	*s = NULL;
}

void child_free(struct ike_child *c)
{
	if (!c)
		return;
	index_del_child(c);
	free_sa(&c->out_later);
	free(c);
}

static void delete_one(struct ike *ike, const struct ike_child *c, bool out,
		       missiu_usec linger_us)
{
	const struct missiu_sa s = {
		.spi = out ? c->spi_out : c->spi_in,
		.dir = out ? MISSIU_OUT : MISSIU_IN,
		.proto = child_proto_missiu(c->suite.proto),
		.src = out ? c->end_local.addr : c->end_remote.addr,
		.dst = out ? c->end_remote.addr : c->end_local.addr,
		.owner = c->handle,
	};

	out_sa_del(&ike->out, &s, linger_us);
}

void child_stop_sending(struct ike *ike, struct ike_child *c)
{
	if (!c->out_gone && !c->out_later)
		delete_one(ike, c, true, 0);
	c->out_gone = true;
	free_sa(&c->out_later);
}

void child_start_sending(struct ike *ike, struct ike_child *c)
{
	if (!c->out_later)
		return;
	out_sa(&ike->out, IKE_SA_ADD, c->out_later, NULL);
	free_sa(&c->out_later);
	/* Now it may be replaced, too. */
	for (struct ike_task *t = c->sa->tasks; t; t = t->next)
		if (t->kind == TASK_REKEY_CHILD && t->child == c->handle)
			t->not_before = 0;
	ike_sa_touch(ike, c->sa);
}

void child_answer_arrived(struct ike *ike, struct ike_sa *sa)
{
	for (struct ike_child *c = sa->children; c; c = c->next)
		if (!c->yields_to)
			child_start_sending(ike, c);
}

void child_yield(struct ike *ike, struct ike_sa *sa, struct ike_child *c,
		 const struct ike_child *rival)
{
	if (!rival->out_later) {
		child_delete(ike, sa, c);
		return;
	}
	c->state = CHILD_REKEYED;
	c->yields_to = rival->handle;
}

void child_yield_now(struct ike *ike, struct ike_sa *sa)
{
	struct ike_child *next;

	for (struct ike_child *c = sa->children; c; c = next) {
		next = c->next;
		if (c->yields_to)
			child_delete(ike, sa, c);
	}
}

static struct ike_child *yielding(const struct ike_sa *sa, uint64_t old)
{
	struct ike_child *c = sa->children;

	while (c && !(c->yields_to && c->replaces == old))
		c = c->next;
	return c;
}

/* An end of what has successors: one sends that the peer is known to have. */
static void start_successors(struct ike *ike, struct ike_sa *sa,
			     const struct ike_child *old)
{
	struct ike_child *known = yielding(sa, old->handle);

	if (known) {
		const struct ike_child *rival =
			child_by_handle(sa, known->yields_to);

		if (!rival || rival->out_later)
			child_start_sending(ike, known);
		return;
	}
	for (struct ike_child *n = sa->children; n; n = n->next)
		if (n->replaces == old->handle)
			child_start_sending(ike, n);
}

static bool is_replaced(const struct ike_sa *sa, const struct ike_child *c)
{
	for (const struct ike_child *n = sa->children; n; n = n->next)
		if (n->replaces == c->handle && n->state != CHILD_DELETING)
			return true;
	return false;
}

/* What it lost to is gone: now it is the one that replaces the old one. */
static void child_stay(struct ike *ike, struct ike_sa *sa, struct ike_child *c)
{
	struct ike_child *old = child_by_handle(sa, c->replaces);

	c->yields_to = 0;
	c->state = CHILD_UP;
	child_start_sending(ike, c);
	if (old)
		child_delete(ike, sa, old);
}

void child_remove(struct ike *ike, struct ike_sa *sa, struct ike_child *c)
{
	struct ike_child **at = &sa->children;
	struct ike_child *other = child_stand_in(ike, sa, c), *stays = NULL;
	bool replaced = false, twin = false;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	sa->n_child--;
	start_successors(ike, sa, c);
	for (struct ike_child *n = sa->children; n; n = n->next) {
		replaced |= n->replaces == c->handle;
		if (n->yields_to == c->handle)
			stays = n;
		/* Both sides rekeyed at once, and this one lost: until the peer
		 * knew, it may have sent on it. */
		twin |= c->replaces && n->replaces == c->replaces;
		/* What would have replaced it is gone: it serves again. */
		if (c->replaces == n->handle && n->state == CHILD_REKEYED &&
		    !is_replaced(sa, n))
			n->state = CHILD_UP;
	}
	if (stays)
		child_stay(ike, sa, stays);
	/* That of a replaced one was told when it was replaced. */
	if (!replaced)
		news_child(ike, sa, c, IKE_NEWS_child_down, NULL);
	if (other && !replaced)
		child_start_sending(ike, other);
	child_stop_sending(ike, c);
	if (!c->in_gone)
		delete_one(ike, c, false,
			   replaced || twin || other ? CHILD_LINGER_US : 0);
	child_free(c);
}

static bool over_tcp(const struct ike_child *c)
{
	return c->encap && c->end_remote.via;
}

static void update_one(struct ike *ike, const struct ike_child *c, bool out,
		       const struct missiu_addr *old_dst)
{
	const struct ike_end *src = out ? &c->end_local : &c->end_remote;
	const struct ike_end *dst = out ? &c->end_remote : &c->end_local;
	const struct missiu_sa s = {
		.spi = out ? c->spi_out : c->spi_in,
		.dir = out ? MISSIU_OUT : MISSIU_IN,
		.proto = child_proto_missiu(c->suite.proto),
		.src = src->addr,
		.dst = dst->addr,
		.encap_sport = c->encap ? src->port : 0,
		.encap_dport = c->encap ? dst->port : 0,
		.flags = over_tcp(c) ? MISSIU_SA_TCP : 0,
		.owner = c->handle,
	};

	out_sa(&ike->out, IKE_SA_UPDATE, &s, old_dst);
}

void child_move(struct ike *ike, struct ike_sa *sa, struct ike_child *c)
{
	const struct missiu_addr old_local = c->end_local.addr;
	const struct missiu_addr old_remote = c->end_remote.addr;

	c->end_local = sa->local;
	c->end_remote = sa->remote;
	if (!c->in_gone)
		update_one(ike, c, false, &old_local);
	if (c->out_later) {
		c->out_later->src = c->end_local.addr;
		c->out_later->dst = c->end_remote.addr;
		c->out_later->encap_sport = c->encap ? sa->local.port : 0;
		c->out_later->encap_dport = c->encap ? sa->remote.port : 0;
		c->out_later->flags &= (uint8_t)~MISSIU_SA_TCP;
		if (over_tcp(c))
			c->out_later->flags |= MISSIU_SA_TCP;
	} else if (!c->out_gone) {
		update_one(ike, c, true, &old_remote);
	}
}

void child_delete(struct ike *ike, struct ike_sa *sa, struct ike_child *c)
{
	struct ike_task *t;

	if (c->state == CHILD_DELETING)
		return;
	c->state = CHILD_DELETING;
	c->yields_to = 0;
	start_successors(ike, sa, c);
	child_stop_sending(ike, c);
	t = task_new(TASK_DEL_CHILD);
	if (t) {
		t->child = c->handle;
		t->proto = c->suite.proto;
		t->spi = c->spi_in;
	}
	/* Without room for that the peer finds out by itself. */
	if (!task_push(sa, t))
		child_remove(ike, sa, c);
}
