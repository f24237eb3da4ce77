/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/mobike.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/secret.h"
#include "ike/child.h"
#include "ike/encap.h"
#include "ike/exchange.h"
#include "ike/handlers.h"
#include "ike/natt.h"
#include "ike/news.h"
#include "ike/peer.h"

/* What a peer may put into COOKIE2 (RFC 4555 4.2.5). */
#define COOKIE2_MIN 8
#define COOKIE2_MAX 64

/* --- addresses in messages */

static void put_addr(struct ike_build *b, const struct missiu_addr *a)
{
	ike_put_notify_data(b,
			    a->family == 4 ? IKE_N_ADDITIONAL_IP4_ADDRESS :
					     IKE_N_ADDITIONAL_IP6_ADDRESS,
			    a->b, addr_len(a));
}

/* All but the one that the message comes from. Return: how many. */
static size_t put_addrs(const struct ike *ike, const struct ike_sa *sa,
			struct ike_build *b)
{
	size_t n = 0;

	for (size_t i = 0; i < ike->n_local && n < MOBIKE_ADDRS_MAX; i++) {
		if (addr_eq(&ike->local[i], &sa->local.addr) ||
		    !peer_allows(sa->peer, &ike->local[i], &sa->remote.addr))
			continue;
		put_addr(b, &ike->local[i]);
		n++;
	}
	return n;
}

static bool read_addr(const struct ike_notify *n, struct missiu_addr *a)
{
	*a = (struct missiu_addr){ 0 };
	if (n->type == IKE_N_ADDITIONAL_IP4_ADDRESS && n->data.len == 4)
		a->family = 4;
	else if (n->type == IKE_N_ADDITIONAL_IP6_ADDRESS && n->data.len == 16)
		a->family = 6;
	else
		return false;
	memcpy(a->b, n->data.p, n->data.len);
	return !addr_is_any(a) && !addr_is_multicast(a);
}

/* A list replaces the one before (4.2.2). Return: whether there was one. */
static bool read_addrs(const struct ike_msg *m, struct mobike *mob)
{
	bool any = ike_msg_notify(m, IKE_N_NO_ADDITIONAL_ADDRESSES) != NULL;
	struct missiu_addr v[MOBIKE_ADDRS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < m->n_notify && n < MOBIKE_ADDRS_MAX; i++)
		n += read_addr(&m->notify[i], &v[n]);
	if (!any && !n)
		return false;
	memcpy(mob->peer, v, n * sizeof(v[0]));
	mob->n_peer = n;
	return true;
}

/* --- negotiation */

bool mobike_wanted(const struct ike *ike, const struct ike_sa *sa)
{
	/* It lives on port 4500 (3.3). Over TCP the connection moves. */
	return sa->natt && !sa->remote.via && !ike->conf.no_mobike &&
	       sa->peer && sa->peer->conf.mobike != MISSIU_NO;
}

void mobike_put_supported(const struct ike *ike, const struct ike_sa *sa,
			  struct ike_build *b)
{
	if (!mobike_wanted(ike, sa) || (!sa->initiator && !sa->mob))
		return;
	ike_put_notify_data(b, IKE_N_MOBIKE_SUPPORTED, NULL, 0);
	put_addrs(ike, sa, b);
}

void mobike_agreed(const struct ike *ike, struct ike_sa *sa,
		   const struct ike_msg *m)
{
	if (!mobike_wanted(ike, sa) ||
	    !ike_msg_notify(m, IKE_N_MOBIKE_SUPPORTED))
		return;
	/* Without memory the SA does without. */
	sa->mob = calloc(1, sizeof(*sa->mob));
	if (!sa->mob)
		return;
	sa->mob->leads = sa->initiator;
	sa->mob->checked = sa->remote.addr;
	read_addrs(m, sa->mob);
}

void mobike_take_over(struct ike_sa *old, struct ike_sa *sa)
{
	struct mobike *mob = old->mob;

	if (!mob)
		return;
	mobike_free(sa);
	sa->mob = mob;
	old->mob = NULL;
	sa->local = old->local;
	sa->remote = old->remote;
	sa->nat_local = old->nat_local;
	sa->nat_remote = old->nat_remote;
	sa->encap = old->encap;
	sa->encap_why = old->encap_why;
	/* What is on its way in the old SA may come too late. */
	if (old->x.task && old->x.task->kind == TASK_MOBIKE)
		mob->want |= mob->sent;
	if (mob->want)
		task_push(sa, task_new(TASK_MOBIKE));
}

void mobike_free(struct ike_sa *sa)
{
	if (sa->mob)
		secret_wipe(sa->mob, sizeof(*sa->mob));
	free(sa->mob);
	sa->mob = NULL;
}

/* --- moving */

void mobike_set_path(struct ike *ike, struct ike_sa *sa,
		     const struct ike_end *local, const struct ike_end *remote)
{
	const struct ike_end from = sa->remote;

	out_log(&ike->out, LOG_L_INFO,
		"IKE_SA [v2 %c](id=0x%016llx) moved from %s[%u] === %s[%u] to "
		"%s[%u] === %s[%u]%s",
		ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->local.addr).s, sa->local.port,
		addr_text(&from.addr).s, from.port, addr_text(&local->addr).s,
		local->port, addr_text(&remote->addr).s, remote->port,
		remote->via ? " over TCP" : "");
	sa->local = *local;
	sa->remote = *remote;
	encap_moved(sa, from.via);
	news_moved(ike, sa, &from);
}

/* Transport mode is about the addresses that have just changed. */
static bool can_move(const struct ike_sa *sa, const struct ike_child *c)
{
	return c->mode == MISSIU_TUNNEL ||
	       (addr_eq(&c->end_local.addr, &sa->local.addr) &&
		addr_eq(&c->end_remote.addr, &sa->remote.addr));
}

void mobike_move_children(struct ike *ike, struct ike_sa *sa)
{
	struct ike_child *next;

	for (struct ike_child *c = sa->children; c; c = next) {
		const bool encap = sa->encap && c->suite.proto == IKE_PROTO_ESP;

		next = c->next;
		if (!can_move(sa, c)) {
			child_delete(ike, sa, c);
			continue;
		}
		if (c->encap == encap &&
		    ike_end_eq(&c->end_local, &sa->local) &&
		    ike_end_eq(&c->end_remote, &sa->remote))
			continue;
		c->encap = encap;
		child_move(ike, sa, c);
	}
}

/* --- our requests */

void mobike_ask(struct ike *ike, struct ike_sa *sa, uint8_t want)
{
	struct ike_task *t = sa->tasks;

	sa->mob->want |= want;
	ike_sa_touch(ike, sa);
	while (t && t->kind != TASK_MOBIKE)
		t = t->next;
	if (!t) {
		t = task_new(TASK_MOBIKE);
		if (!t)
			return;
		t->next = sa->tasks;
		sa->tasks = t;
		sa->n_task++;
	}
	exchange_run(ike, sa);
}

static void put_update(struct ike_sa *sa, struct ike_build *b)
{
	const struct ike_hdr h = { .spi_i = sa->spi_i, .spi_r = sa->spi_r };

	ike_put_notify_data(b, IKE_N_UPDATE_SA_ADDRESSES, NULL, 0);
	(void)encap_put_again(b, sa, &h);
}

void start_mobike(struct ike *ike, struct ike_sa *sa, struct ike_task *t)
{
	struct mobike *mob = sa->mob;
	struct ike_packet p;

	if (!mob) {
		task_free(t);
		return;
	}
	/* NAT detection needs one pair: while we search there is none. */
	mob->sent = mob->searching ? mob->want & MOBIKE_ADDRS : mob->want;
	if (mob->sent & MOBIKE_CHECK &&
	    rng_bytes(&ike->rng, mob->cookie, sizeof(mob->cookie)))
		mob->sent &= (uint8_t)~MOBIKE_CHECK;
	mob->want &= (uint8_t)~mob->sent;
	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	if (mob->sent & MOBIKE_UPDATE)
		put_update(sa, &p.b);
	if (mob->sent & MOBIKE_ADDRS && !put_addrs(ike, sa, &p.b))
		ike_put_notify_data(&p.b, IKE_N_NO_ADDITIONAL_ADDRESSES, NULL,
				    0);
	if (mob->sent & MOBIKE_CHECK)
		ike_put_notify_data(&p.b, IKE_N_COOKIE2, mob->cookie,
				    sizeof(mob->cookie));
	request_send(ike, sa, &p, t, NULL);
}

/* The peer does not want us there: try another pair (3.5). */
static void update_refused(struct ike_ctx *ctx, const struct ike_notify *err)
{
	const char *name = ike_notify_name(err->type);
	struct ike_pair v[MOBIKE_PAIRS_MAX];
	struct ike_sa *sa = ctx->sa;
	struct mobike *mob = sa->mob;

	out_log(&ctx->ike->out, LOG_L_WARN,
		"IKE_SA [v2 %c](id=0x%016llx) peer refuses %s === %s: %s",
		ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->local.addr).s, addr_text(&sa->remote.addr).s,
		name ? name : "an unknown error");
	if (mob->n_refused < MOBIKE_REFUSED_MAX)
		mob->refused[mob->n_refused++] =
			(struct ike_pair){ sa->local, sa->remote };
	if (mobike_pairs(ctx->ike, sa, v))
		mobike_search(ctx->ike, sa);
}

static void updated(struct ike_ctx *ctx)
{
	const struct ike_notify *err = ike_msg_error(ctx->m);
	struct ike_sa *sa = ctx->sa;

	if (err) {
		update_refused(ctx, err);
		return;
	}
	sa->mob->n_refused = 0;
	encap_take_again(sa, ctx->m, ctx->local, ctx->remote);
	mobike_move_children(ctx->ike, sa);
}

/*
 * Return: whether the peer may be where it says it is (3.7). One that leaves the
 * cookie out has shown nothing, but known ones do so whenever there is no update
 * beside it: they must not lose their SA at each move.
 */
static bool cookie_returned(const struct ike_ctx *ctx)
{
	const struct ike_notify *n = ike_msg_notify(ctx->m, IKE_N_COOKIE2);
	const struct ike_sa *sa = ctx->sa;

	if (n)
		return n->data.len == MOBIKE_COOKIE_LEN &&
		       ct_equal(n->data.p, sa->mob->cookie, MOBIKE_COOKIE_LEN);
	out_log(&ctx->ike->out, LOG_L_WARN,
		"IKE_SA [v2 %c](id=0x%016llx) peer answers without COOKIE2: "
		"nothing shows that it is at %s",
		ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->remote.addr).s);
	return true;
}

int h_mobike_response(struct ike_ctx *ctx)
{
	struct ike_sa *sa = ctx->sa;
	struct mobike *mob = sa->mob;

	if (!mob)
		return 0;
	if (mob->sent & MOBIKE_CHECK && !cookie_returned(ctx)) {
		/* Somebody else answers for it (3.7). */
		ike_sa_drop(ctx->ike, sa, "wrong COOKIE2 from the peer");
		return 0;
	}
	if (mob->sent & MOBIKE_CHECK)
		mob->checked = ctx->remote->addr;
	/* That the addresses have changed again is told next. */
	if (mob->sent & MOBIKE_UPDATE && !mob->searching)
		updated(ctx);
	return 0;
}

/* --- the peer's requests */

bool mobike_nat_forbidden(const struct ike_ctx *ctx)
{
	const struct ike_notify *n =
		ike_msg_notify(ctx->m, IKE_N_NO_NATS_ALLOWED);
	const struct ike_end *src = ctx->remote, *dst = ctx->local;
	const size_t len = addr_len(&src->addr);
	uint8_t buf[2 * 16 + 4];
	struct wr w = wr_to(buf, sizeof(buf));

	if (!n)
		return false;
	wr_bytes(&w, src->addr.b, len);
	wr_bytes(&w, dst->addr.b, len);
	wr_be16(&w, src->port);
	wr_be16(&w, dst->port);
	return n->data.len != w.len || memcmp(n->data.p, buf, w.len) != 0;
}

/* Return: 0, or the notify that refuses it. */
static int update(struct ike_ctx *ctx)
{
	struct ike_sa *sa = ctx->sa;
	const struct ike_hdr h = { .spi_i = sa->spi_i, .spi_r = sa->spi_r };

	if (!natt_allowed(sa, &ctx->local->addr, &ctx->remote->addr) ||
	    !natt_has_room(ctx->ike, sa, ctx->remote))
		return IKE_N_UNACCEPTABLE_ADDRESSES;
	sa->mob->searching = false;
	if (!ike_end_eq(&sa->local, ctx->local) ||
	    !ike_end_eq(&sa->remote, ctx->remote))
		mobike_set_path(ctx->ike, sa, ctx->local, ctx->remote);
	if (!addr_eq(&sa->mob->checked, &sa->remote.addr))
		sa->mob->want |= MOBIKE_CHECK;
	encap_take_again(sa, ctx->m, ctx->local, ctx->remote);
	mobike_move_children(ctx->ike, sa);
	(void)encap_put_again(ctx->b, sa, &h);
	if (sa->mob->want)
		mobike_ask(ctx->ike, sa, 0);
	return 0;
}

/* The leader hears of the peer's addresses: is the one in use among them? */
static void addresses(struct ike_ctx *ctx)
{
	struct ike_sa *sa = ctx->sa;
	struct mobike *mob = sa->mob;

	if (!mob->leads || addr_eq(&ctx->remote->addr, &sa->remote.addr))
		return;
	for (size_t i = 0; i < mob->n_peer; i++)
		if (addr_eq(&mob->peer[i], &sa->remote.addr))
			return;
	if (mob->n_peer == MOBIKE_ADDRS_MAX)
		mob->n_peer--;
	memmove(mob->peer + 1, mob->peer, mob->n_peer * sizeof(mob->peer[0]));
	mob->peer[0] = ctx->remote->addr;
	mob->n_peer++;
	mob->n_refused = 0;
	mobike_search(ctx->ike, sa);
}

int mobike_request(struct ike_ctx *ctx)
{
	const struct ike_msg *m = ctx->m;
	const struct ike_notify *cookie = ike_msg_notify(m, IKE_N_COOKIE2);
	struct mobike *mob = ctx->sa->mob;
	int ret = 0;

	if (!mob || ctx->sa->state != IKE_S_ESTABLISHED)
		return 0;
	if (cookie && cookie->data.len >= COOKIE2_MIN &&
	    cookie->data.len <= COOKIE2_MAX)
		ike_put_notify_data(ctx->b, IKE_N_COOKIE2, cookie->data.p,
				    cookie->data.len);
	if (mobike_nat_forbidden(ctx))
		return IKE_N_UNEXPECTED_NAT_DETECTED;
	if (ike_msg_notify(m, IKE_N_UPDATE_SA_ADDRESSES) && !mob->leads)
		ret = update(ctx);
	if (!ret && read_addrs(m, mob))
		addresses(ctx);
	return ret;
}
