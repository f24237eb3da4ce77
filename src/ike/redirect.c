/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/redirect.h"

#include <string.h>

#include "common/log.h"
#include "common/rd.h"
#include "ike/exchange.h"
#include "ike/init.h"
#include "ike/natt.h"
#include "ike/order.h"
#include "ike/peer.h"
#include "ike/reauth.h"

/* Kinds of gateway identities (RFC 5685 9). */
enum gw_type { GW_IPV4 = 1, GW_IPV6 = 2, GW_FQDN = 3 };

/* An initiator that was asked to go has so long to do so. */
#define LEAVE_US 30000000u

/* --- content */

int redirect_parse(struct chunk data, struct redirect *out)
{
	struct rd r = rd_from(data.p, data.len), name;
	struct redirect d = { 0 };
	uint8_t type, len;

	if (!rd_u8(&r, &type) || !rd_u8(&r, &len) || !rd_sub(&r, len, &name))
		return MISSIU_ESHORT;
	if (type == GW_IPV4 && len == 4)
		d.addr.family = 4;
	else if (type == GW_IPV6 && len == 16)
		d.addr.family = 6;
	else if (type != GW_FQDN || !len)
		return MISSIU_EPROTO;
	if (d.addr.family)
		memcpy(d.addr.b, name.p, len);
	d.nonce = (struct chunk){ r.p, rd_left(&r) };
	*out = d;
	return 0;
}

static void put(struct ike_build *b, uint16_t type,
		const struct missiu_addr *addr, struct chunk nonce)
{
	uint8_t buf[2 + 16 + IKE_NONCE_MAX];
	struct wr w = wr_to(buf, sizeof(buf));

	wr_u8(&w, addr->family == 4 ? GW_IPV4 : GW_IPV6);
	wr_u8(&w, (uint8_t)addr_len(addr));
	wr_bytes(&w, addr->b, addr_len(addr));
	wr_bytes(&w, nonce.p, nonce.len);
	ike_put_notify_data(b, type, buf, w.len);
}

/* --- gateway */

bool redirect_away(const struct ike_ctx *ctx)
{
	const struct missiu_addr *to = &ctx->ike->conf.redirect_to;
	uint8_t buf[IKE_NOTIFY_LEN + IKE_PLD_HDR_LEN + 2 + 16 + IKE_NONCE_MAX];
	struct ike_build b = { .w = wr_to(buf, sizeof(buf)) };
	const size_t skip = 1 + IKE_PLD_HDR_LEN + IKE_NOTIFY_LEN;

	if (!to->family || addr_eq(to, &ctx->local->addr) ||
	    !ike_msg_notify(ctx->m, IKE_N_REDIRECT_SUPPORTED))
		return false;
	wr_zero(&b.w, 1); /* for the type of the first payload */
	put(&b, IKE_N_REDIRECT, to, ctx->m->nonce);
	if (!wr_ok(&b.w))
		return false;
	ctx->ike->n.redirects_sent++;
	init_send_notify(ctx->ike, &ctx->m->hdr, ctx->local, ctx->remote,
			 IKE_N_REDIRECT,
			 (struct chunk){ buf + skip, b.w.len - skip });
	return true;
}

/* It may not come, or not go: then we end it. */
static void must_leave(struct ike *ike, struct ike_sa *sa)
{
	ike->n.redirects_sent++;
	if (sa->expire_us > ike->now + LEAVE_US)
		sa->expire_us = ike->now + LEAVE_US;
	ike_sa_touch(ike, sa);
}

bool redirect_put_auth(struct ike_ctx *ctx)
{
	struct ike_sa *sa = ctx->sa;
	const struct missiu_addrs *to = &sa->peer->conf.redirect;

	if (!to->n || !sa->redirectable ||
	    addr_eq(&to->v[0], &ctx->local->addr))
		return false;
	put(ctx->b, IKE_N_REDIRECT, &to->v[0], (struct chunk){ 0 });
	must_leave(ctx->ike, sa);
	return true;
}

void start_redirect(struct ike *ike, struct ike_sa *sa, struct ike_task *t)
{
	struct ike_packet p;

	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	put(&p.b, IKE_N_REDIRECT, &sa->redirect_to, (struct chunk){ 0 });
	must_leave(ike, sa);
	request_send(ike, sa, &p, t, NULL);
}

int ike_redirect(struct ike *ike, const char *who, const struct missiu_addr *to,
		 missiu_usec now)
{
	int n = 0;

	ike->now = now;
	for (struct ike_sa *sa = ike->sas; sa; sa = sa->next) {
		if (sa->state != IKE_S_ESTABLISHED || !sa->redirectable ||
		    !order_is_with(sa, who))
			continue;
		sa->redirect_to = *to;
		n += task_push(sa, task_new(TASK_REDIRECT));
		exchange_run(ike, sa);
	}
	ike_sa_settle(ike);
	return n;
}

/* --- initiator */

void redirect_put_supported(const struct ike *ike, const struct ike_sa *sa,
			    struct ike_build *b)
{
	if (ike->conf.no_redirect)
		return;
	ike_put_notify_data(b, IKE_N_REDIRECT_SUPPORTED, NULL, 0);
	if (sa->redirected_from.family)
		put(b, IKE_N_REDIRECTED_FROM, &sa->redirected_from,
		    (struct chunk){ 0 });
}

void redirect_inherit(struct ike_sa *sa, const struct ike_sa *old)
{
	sa->home_local = old->home_local;
	sa->home_remote = old->home_remote;
	sa->redirected_from = old->remote.addr;
	sa->n_redirect = (uint8_t)(old->n_redirect + 1);
	sa->redirect_us = old->redirect_us;
}

void redirect_keep(struct ike_sa *sa, const struct ike_sa *old)
{
	sa->redirected_from = old->redirected_from;
	sa->n_redirect = old->n_redirect;
	sa->redirect_us = old->redirect_us;
}

bool redirect_between(const struct ike_sa *old, const struct ike_sa *sa)
{
	return sa->n_redirect != old->n_redirect;
}

/* Our address for a gateway; NULL: there is none of its family. */
static const struct missiu_addr *local_for(const struct ike *ike,
					   const struct ike_sa *sa,
					   const struct missiu_addr *to)
{
	if (sa->local.addr.family == to->family)
		return &sa->local.addr;
	for (size_t i = 0; i < ike->n_local; i++)
		if (ike->local[i].family == to->family)
			return &ike->local[i];
	return NULL;
}

static const char *refusal(const struct ike *ike, struct ike_sa *sa,
			   const struct missiu_addr *to)
{
	const struct missiu_addr *local;

	if (ike->now - sa->redirect_us >= REDIRECT_LOOP_US) {
		sa->redirect_us = ike->now;
		sa->n_redirect = 0;
	}
	if (ike->conf.no_redirect)
		return "we follow none";
	if (!to->family)
		return "it names a host, not an address";
	if (addr_is_any(to) || addr_is_multicast(to) ||
	    addr_eq(to, &sa->remote.addr))
		return "nobody else can be there";
	local = local_for(ike, sa, to);
	if (!local)
		return "we have no address of its family";
	if (sa->peer->gone || !natt_allowed(sa, local, to))
		return "the peer must not be there";
	if (sa->n_redirect >= REDIRECT_MAX)
		return "too many one after the other";
	return NULL;
}

static bool may_follow(struct ike *ike, struct ike_sa *sa,
		       const struct missiu_addr *to)
{
	const char *why = refusal(ike, sa, to);

	out_log(&ike->out, why ? LOG_L_WARN : LOG_L_INFO,
		"IKE_SA [v2 %c](id=0x%016llx) peer=%s redirects us to %s%s%s",
		ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->remote.addr).s,
		to->family ? addr_text(to).s : "a host name",
		why ? ", which we do not follow: " : "", why ? why : "");
	return !why;
}

/* A new SA at the gateway that the peer names; NULL: none, logged. */
static struct ike_sa *follow(struct ike *ike, struct ike_sa *sa,
			     const struct missiu_addr *to)
{
	const struct peer_hit hit = { .peer = sa->peer, .psk = sa->psk };
	struct ike_sa *next = NULL;

	if (may_follow(ike, sa, to))
		next = init_start(ike, local_for(ike, sa, to), to, &hit, sa);
	ike->n.redirects_followed += next != NULL;
	return next;
}

int redirect_init(struct ike_ctx *ctx)
{
	const struct ike_notify *n = ike_msg_notify(ctx->m, IKE_N_REDIRECT);
	struct ike_sa *sa = ctx->sa, *next;
	struct redirect d;

	/* Nobody has signed this: it must at least have seen our request. */
	if (ctx->ike->conf.no_redirect || redirect_parse(n->data, &d) ||
	    d.nonce.len != sa->ni_len ||
	    memcmp(d.nonce.p, sa->ni, sa->ni_len) != 0)
		return MISSIU_EPROTO;
	next = follow(ctx->ike, sa, &d.addr);
	if (next) {
		tasks_hand_over(sa, next);
		reauth_move(ctx->ike, sa, next);
		ike_sa_close(ctx->ike, sa, false);
	} else
		ike_sa_fail(ctx->ike, sa, false, "REDIRECT",
			    "peer redirects us to where we do not go");
	return 0;
}

bool redirect_auth(struct ike_ctx *ctx)
{
	const struct ike_notify *n = ike_msg_notify(ctx->m, IKE_N_REDIRECT);
	struct ike_sa *sa = ctx->sa, *next = NULL;
	struct redirect d;

	if (!n || redirect_parse(n->data, &d))
		return false;
	next = follow(ctx->ike, sa, &d.addr);
	if (next && ctx->x->task) {
		task_push(next, ctx->x->task);
		ctx->x->task = NULL;
	}
	if (next)
		tasks_hand_over(sa, next);
	if (ctx->x->task)
		task_fail(ctx->ike, sa, ctx->x->task);
	ctx->x->task = NULL;
	/* There is nothing to be had here (6). */
	while (sa->tasks)
		task_fail(ctx->ike, sa, task_pop(sa, sa->tasks));
	ike_sa_deleted(ctx->ike, sa, "redirected");
	task_push(sa, task_new(TASK_DEL_IKE));
	return true;
}

/*
 * What we have here we want there: as when it is authenticated anew, and from
 * there on with the same care.
 */
void redirect_request(struct ike_ctx *ctx)
{
	const struct ike_notify *n = ike_msg_notify(ctx->m, IKE_N_REDIRECT);
	struct ike_sa *sa = ctx->sa;
	struct missiu_addr at[2];
	struct redirect d;

	if (!n || sa->state != IKE_S_ESTABLISHED || !sa->redirects ||
	    redirect_parse(n->data, &d) || !may_follow(ctx->ike, sa, &d.addr))
		return;
	at[0] = *local_for(ctx->ike, sa, &d.addr);
	at[1] = d.addr;
	ctx->ike->n.redirects_followed += reauth_at(ctx->ike, sa, at);
}
