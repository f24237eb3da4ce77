/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/sa_auth.h"

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "common/secret.h"
#include "ike/auth.h"
#include "ike/child_neg.h"
#include "ike/exchange.h"
#include "ike/handlers.h"
#include "ike/idtext.h"
#include "ike/init.h"
#include "ike/intermediate.h"
#include "ike/limit.h"

/* Longest body of an ID payload. */
#define ID_BODY_MAX 259

/*
 * The AUTH value of one side: it signs its own first message, the nonce of the
 * other and its identity (2.15).
 */
static int compute(const struct ike_sa *sa, bool of_initiator, struct chunk id,
		   uint8_t out[static IKE_PRF_MAX])
{
	uint8_t inter[INTER_AUTH_MAX];
	const size_t len = inter_auth(sa, inter);
	const struct auth_octets i = {
		.msg = blob_chunk(&sa->init_req),
		.nonce = { sa->nr, sa->nr_len },
		.id = id,
		.inter = { inter, len },
		.sk_p = sa->keys.sk_pi,
	};
	const struct auth_octets r = {
		.msg = blob_chunk(&sa->init_resp),
		.nonce = { sa->ni, sa->ni_len },
		.id = id,
		.inter = { inter, len },
		.sk_p = sa->keys.sk_pr,
	};

	return auth_psk(sa->algs.prf, sa->psk, of_initiator ? &i : &r, out);
}

/* Identity and AUTH of our side. */
static int put_own(struct ike_sa *sa, struct ike_build *b)
{
	uint8_t body[ID_BODY_MAX], value[IKE_PRF_MAX];
	const size_t len = ike_id_body(&sa->id_local, body);
	int ret;

	ret = compute(sa, sa->initiator, (struct chunk){ body, len }, value);
	if (ret)
		return ret;
	ike_put_auth(b, IKE_AUTH_PSK, value, prf_len(sa->algs.prf));
	secret_wipe(value, sizeof(value));
	return 0;
}

/* The peer's AUTH. Return: true when it proves that it knows our key. */
static bool verify(const struct ike_sa *sa, const struct ike_msg *m,
		   const struct ike_pld_id *id)
{
	uint8_t want[IKE_PRF_MAX];
	bool ok;

	if (m->auth.data.len != prf_len(sa->algs.prf) ||
	    compute(sa, !sa->initiator, id->body, want))
		return false;
	ok = ct_equal(want, m->auth.data.p, m->auth.data.len);
	secret_wipe(want, sizeof(want));
	return ok;
}

/* --- initiator */

/* Tell peers that lost contact with us from those that did not (2.4). */
static bool is_only_one(const struct ike *ike, const struct ike_sa *sa)
{
	const struct ike_sa *o = NULL;

	while ((o = index_by_remote(ike->ix, &sa->remote.addr, o)) != NULL)
		if (o != sa && o->state == IKE_S_ESTABLISHED)
			return false;
	return true;
}

/* The first queued child that can be offered; the others fail. */
static struct ike_neg *first_child(struct ike *ike, struct ike_sa *sa,
				   struct ike_task **task)
{
	struct missiu_diag diag = { "out of memory" };
	struct ike_neg *neg = NULL;

	while (!neg && sa->tasks) {
		*task = task_pop(sa, sa->tasks);
		neg = child_offer(
			ike, sa,
			&(struct child_want){ .task = *task, .first = true },
			&diag);
		if (neg)
			return neg;
		child_log_failed(ike, sa, 'I', "INVALID_POLICY", "%s",
				 diag.msg);
		task_fail(ike, sa, *task);
	}
	return NULL;
}

void auth_send(struct ike *ike, struct ike_sa *sa)
{
	struct ike_packet p;
	struct ike_task *task = NULL;
	struct ike_neg *neg;

	sa->psk = auth_psk_find(ike->psk, ike->conf.n_psk, &sa->remote.addr,
				NULL);
	if (!sa->psk) {
		ike_sa_fail(ike, sa, false, "AUTHENTICATION_FAILED",
			    "no pre-shared key for %s is configured",
			    addr_text(&sa->remote.addr).s);
		return;
	}
	neg = first_child(ike, sa, &task);
	if (!neg) {
		ike_sa_fail(ike, sa, false, "INVALID_POLICY",
			    "no child SA is left to ask for");
		return;
	}
	request_begin(sa, IKE_X_AUTH, &p);
	ike_put_id(&p.b, IKE_P_IDI, &sa->id_local);
	if (is_only_one(ike, sa))
		ike_put_notify_data(&p.b, IKE_N_INITIAL_CONTACT, NULL, 0);
	if (sa->psk->peer.type)
		ike_put_id(&p.b, IKE_P_IDR, &sa->psk->peer);
	if (put_own(sa, &p.b)) {
		neg_free(neg);
		task_fail(ike, sa, task);
		ike_sa_fail(ike, sa, false, "INTERNAL", "crypto failed");
		return;
	}
	child_put_offer(&p.b, neg, true);
	if (request_send(ike, sa, &p, task, neg))
		ike_sa_fail(ike, sa, false, "INTERNAL", "request not sent");
}

/* One datagram, no answer awaited: the peer takes us for established. */
static void tell_rejected(struct ike *ike, struct ike_sa *sa)
{
	struct ike_packet p;
	size_t len;

	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	ike_put_notify_data(&p.b, IKE_N_AUTHENTICATION_FAILED, NULL, 0);
	len = sk_seal(&sa->sk_out, &ike->rng, &p.b);
	if (len)
		out_send(&ike->out, &sa->local, &sa->remote,
			 (struct chunk){ p.buf, len });
}

static const char *method_name(uint8_t method)
{
	return method == IKE_AUTH_PSK ? "a pre-shared key" :
					"a signature or another method";
}

/* Return: true when the responder is who it should be; else why. */
static bool check_responder(struct ike_ctx *ctx, struct ike_id *id,
			    struct missiu_diag *why)
{
	const struct ike_sa *sa = ctx->sa;
	const struct ike_msg *m = ctx->m;
	const struct ike_id *want = &sa->psk->peer;

	if (!ike_id_from_pld(&m->idr, id)) {
		diag_set(why, 0, "peer's identity is too long");
		return false;
	}
	if (want->type && !ike_id_eq(want, id)) {
		diag_set(why, 0, "peer is %.90s, we expect %.90s",
			 ike_id_text(id).s, ike_id_text(want).s);
		return false;
	}
	if (m->auth.method != IKE_AUTH_PSK) {
		diag_set(why, 0, "peer authenticates with %s, we with %s",
			 method_name(m->auth.method),
			 method_name(IKE_AUTH_PSK));
		return false;
	}
	if (!verify(sa, m, &m->idr)) {
		diag_set(why, 0, "the pre-shared keys differ (peer is %.90s)",
			 ike_id_text(id).s);
		return false;
	}
	return true;
}

/* The child that came, or did not come, with IKE_AUTH. */
static void finish_first(struct ike_ctx *ctx)
{
	const uint64_t need =
		IKE_SEEN(IKE_P_SA) | IKE_SEEN(IKE_P_TSI) | IKE_SEEN(IKE_P_TSR);
	const struct ike_notify *err = ike_msg_error(ctx->m);
	struct missiu_diag why = { "" };
	struct ike_xchg *x = ctx->x;

	if (err || (ctx->m->seen & need) != need) {
		child_refused(ctx->ike, ctx->sa, x->neg, err ? err->type : 0);
	} else if (child_finish(ctx, x->neg, NULL, true, &why)) {
		child_log_failed(ctx->ike, ctx->sa, 'I', "INVALID_ANSWER", "%s",
				 why.msg);
		child_cancel(ctx->sa, x->neg);
	} else {
		return;
	}
	task_fail(ctx->ike, ctx->sa, x->task);
	x->task = NULL;
}

int h_auth_response(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	struct ike_sa *sa = ctx->sa;
	struct missiu_diag why;
	struct ike_id id;

	if (!check_responder(ctx, &id, &why)) {
		tell_rejected(ike, sa);
		ike_sa_give_back(sa, ctx->x);
		ike_sa_fail(ike, sa, false, "AUTHENTICATION_FAILED", "%s",
			    why.msg);
		return 0;
	}
	sa->id_remote = id;
	ike_sa_established(ike, sa);
	finish_first(ctx);
	return 0;
}

int h_auth_refused(struct ike_ctx *ctx)
{
	const struct ike_notify *err = ike_msg_error(ctx->m);
	const char *name = err ? ike_notify_name(err->type) : NULL;
	struct ike_sa *sa = ctx->sa;

	if (!err)
		return MISSIU_EPROTO;
	ike_sa_give_back(sa, ctx->x);
	if (err->type == IKE_N_AUTHENTICATION_FAILED)
		ike_sa_fail(
			ctx->ike, sa, false, name,
			"peer refuses us: we are %.200s, it may know another "
			"key or identity for us",
			ike_id_text(&sa->id_local).s);
	else
		ike_sa_fail(ctx->ike, sa, false, name ? name : "error",
			    "peer answered IKE_AUTH with notify %u", err->type);
	return 0;
}

/* --- responder */

static int refuse(struct ike_ctx *ctx, const char *why)
{
	ike_sa_fail(ctx->ike, ctx->sa, true, "AUTHENTICATION_FAILED", "%s",
		    why);
	return IKE_N_AUTHENTICATION_FAILED;
}

/* Return: 0, or why the initiator is refused. */
static int check_initiator(struct ike_ctx *ctx, struct ike_id *id,
			   struct missiu_diag *why)
{
	struct ike *ike = ctx->ike;
	struct ike_sa *sa = ctx->sa;
	const struct ike_msg *m = ctx->m;

	if (!ike_id_from_pld(&m->idi, id))
		return diag_set(why, MISSIU_EAUTH,
				"peer's identity is too long");
	sa->psk = auth_psk_find(ike->psk, ike->conf.n_psk, &ctx->remote->addr,
				id);
	if (!sa->psk)
		return diag_set(why, MISSIU_EAUTH,
				"no pre-shared key for identity %.90s at %s",
				ike_id_text(id).s,
				addr_text(&ctx->remote->addr).s);
	if (m->auth.method != IKE_AUTH_PSK)
		return diag_set(why, MISSIU_EAUTH,
				"peer %.90s authenticates with %s, we want %s",
				ike_id_text(id).s, method_name(m->auth.method),
				method_name(IKE_AUTH_PSK));
	if (!verify(sa, m, &m->idi))
		return diag_set(why, MISSIU_EAUTH,
				"the pre-shared keys differ (peer is %.90s)",
				ike_id_text(id).s);
	return 0;
}

/*
 * The peer says that this is its only SA with us (2.4): what was established
 * before it asked is a leftover. What came up meanwhile is not: both sides may
 * have begun at once.
 */
static void initial_contact(struct ike *ike, const struct ike_sa *sa)
{
	struct ike_sa *o = NULL;

	while ((o = index_by_peer(ike->ix, sa, o)) != NULL)
		if (o->state == IKE_S_ESTABLISHED &&
		    o->established_us < sa->created_us) {
			ike_sa_deleted(ike, o, "INITIAL_CONTACT");
			ike_sa_close(ike, o, false);
		}
}

int h_auth_request(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	struct ike_sa *sa = ctx->sa;
	struct missiu_diag why;
	struct ike_id id;
	int ret;

	if (!inter_done(sa))
		return refuse(ctx, "peer left out IKE_INTERMEDIATE");
	if (check_initiator(ctx, &id, &why))
		return refuse(ctx, why.msg);
	ike_put_id(ctx->b, IKE_P_IDR, &sa->id_local);
	if (put_own(sa, ctx->b))
		return refuse(ctx, "crypto failed");
	sa->id_remote = id;
	if (ike_msg_notify(ctx->m, IKE_N_INITIAL_CONTACT))
		initial_contact(ike, sa);
	/* A peer that does not float wants no ESP in UDP: there is no port. */
	if (ctx->local->port != INIT_PORT_NATT)
		sa->encap = false;
	limit_peer(ike, sa);
	ike_sa_established(ike, sa);
	/* Without a child the IKE SA stands all the same (2.21.2). */
	ret = child_answer(ctx, NULL, true);
	if (ret)
		ike_put_notify_data(ctx->b, (uint16_t)ret, NULL, 0);
	return 0;
}

int h_auth_eap(struct ike_ctx *ctx)
{
	return refuse(ctx, "peer wants EAP, we want a pre-shared key");
}
