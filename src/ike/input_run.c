/* SPDX-License-Identifier: Apache-2.0 */
/* The rules run on a message; requests get an answer. */
#include "ike/input_impl.h"

#include "common/log.h"
#include "ike/exchange.h"
#include "ike/intermediate.h"
#include "ike/news.h"
#include "ike/sa_rekey.h"

/* Seen around what the rules are about. */
#define SEALED (IKE_SEEN(IKE_P_SK) | IKE_SEEN(IKE_P_SKF))

int input_run_response(struct ike_ctx *ctx)
{
	struct ike_sa *sa = ctx->sa;
	struct ike_xchg done = sa->x;
	const struct rule *rule = rules_match(&(struct rule_key){
		.state = sa->state,
		.exchange = ctx->m->hdr.exchange,
		.response = true,
		.task = done.task ? done.task->kind : TASK_NONE,
		.seen = ctx->m->seen & ~SEALED,
	});
	int ret;

	if (!rule) {
		ctx->ike->n.rx_unexpected++;
		return MISSIU_EPROTO;
	}
	/* The next request may go out before the handler returns. */
	sa->x = (struct ike_xchg){ 0 };
	ctx->x = &done;
	ret = rule->handler(ctx);
	if (ret < 0) {
		xchg_fini(&sa->x);
		sa->x = done;
		ctx->ike->n.rx_unexpected += ret != MISSIU_EBUSY;
	} else {
		xchg_fini(&done);
	}
	return ret;
}

/*
 * The peer found our request malformed and has dropped the SA (2.21.3). It is
 * authenticated: established SAs only.
 */
static bool peer_dropped_it(struct ike_ctx *ctx)
{
	struct ike_sa *sa = ctx->sa;

	if (!sa->established_us ||
	    !ike_msg_notify(ctx->m, IKE_N_INVALID_SYNTAX))
		return false;
	ike_sa_fail(ctx->ike, sa, false, "INVALID_SYNTAX",
		    "peer does not understand our %s request",
		    ike_exchange_name(sa->x.exchange));
	return true;
}

/*
 * An answer that passed the ICV and makes no sense. The peer would only repeat
 * it, so asking again is in vain. An established SA goes with a DELETE: nothing
 * is answered to an answer (2.21).
 */
static void answer_useless(struct ike_ctx *ctx, const char *what)
{
	static const char status[] = "INVALID_ANSWER";
	struct ike_sa *sa = ctx->sa;
	struct ike_why why;

	ike_why_set(&why, "peer's answer to %s makes no sense: %s",
		    ike_exchange_name(sa->x.exchange), what);
	if (!sa->established_us) {
		ike_sa_fail_why(ctx->ike, sa, false, status, &why);
		return;
	}
	news_fail(ctx->ike,
		  &(struct news_failed){
			  .sa = sa, .initiator = true, .status = status },
		  &why);
	ike_sa_drop(ctx->ike, sa, status);
}

int input_take_answer(struct ike_ctx *ctx, int parse_err)
{
	int ret;

	if (parse_err) {
		answer_useless(ctx, ctx->m->why ? ctx->m->why : "malformed");
		return 0;
	}
	if (peer_dropped_it(ctx))
		return 0;
	ret = input_run_response(ctx);
	if (ret == MISSIU_EPROTO)
		answer_useless(ctx, "payloads fit no rule");
	return ret;
}

static void put_error(struct ike_build *b, const struct ike_ctx *ctx,
		      uint16_t type)
{
	uint8_t group[2];

	store_be16(group, ctx->group);
	if (type == IKE_N_INVALID_KE_PAYLOAD)
		ike_put_notify_data(b, type, group, sizeof(group));
	else if (type == IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD)
		ike_put_notify_data(b, type, &ctx->m->bad, 1);
	else
		ike_put_notify_data(b, type, NULL, 0);
}

/*
 * A request that passed the ICV but does not parse or fits no rule: the peer
 * is broken, both sides drop the SA after the answer (2.21.3).
 */
static int reject(struct ike_ctx *ctx, uint16_t type, const char *why)
{
	struct ike_sa *sa = ctx->sa;

	if (type == IKE_N_INVALID_SYNTAX && sa->state != IKE_S_CLOSED)
		ike_sa_fail(ctx->ike, sa, true, "INVALID_SYNTAX",
			    "peer's %s request: %s",
			    ike_exchange_name(ctx->m->hdr.exchange), why);
	return type;
}

static bool deletes_ike(const struct ike_msg *m)
{
	for (size_t i = 0; i < m->n_delete; i++)
		if (m->del[i].proto == IKE_PROTO_IKE)
			return true;
	return false;
}

/* On a successor of the peer's that is one of two, a request decides. */
static int run_request(struct ike_ctx *ctx)
{
	const struct rule *rule = rules_match(&(struct rule_key){
		.state = ctx->sa->state,
		.exchange = ctx->m->hdr.exchange,
		.seen = ctx->m->seen & ~SEALED,
	});

	if (rule) {
		if (ctx->sa->rival_of && !deletes_ike(ctx->m))
			rekey_rival_wins(
				ctx->ike,
				ike_sa_find(ctx->ike, ctx->sa->rival_of));
		return rule->handler(ctx);
	}
	ctx->ike->n.rx_unexpected++;
	return reject(ctx, IKE_N_INVALID_SYNTAX, "payloads fit no rule");
}

/* The SA stands: only this request is refused (2.5). */
static int refuse_critical(const struct ike_ctx *ctx)
{
	struct ike_why why;

	ike_why_set(&why,
		    "peer's %s request has a payload of type %u that we do not "
		    "know, marked as critical",
		    ike_exchange_name(ctx->m->hdr.exchange), ctx->m->bad);
	ike_why_remedy(&why, "turn that extension off at the peer");
	news_fail(ctx->ike,
		  &(struct news_failed){
			  .sa = ctx->sa,
			  .child = ctx->m->hdr.exchange == IKE_X_CREATE_CHILD,
			  .status = "UNSUPPORTED_CRITICAL_PAYLOAD" },
		  &why);
	return IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD;
}

int input_answer(struct ike_ctx *ctx, int parse_err)
{
	struct ike_sa *sa = ctx->sa;
	struct ike_packet p;
	int ret;

	reply_begin(sa, &ctx->m->hdr, &p);
	ctx->b = &p.b;
	if (parse_err == MISSIU_EUNSUP)
		ret = refuse_critical(ctx);
	else if (parse_err)
		ret = reject(ctx, IKE_N_INVALID_SYNTAX,
			     ctx->m->why ? ctx->m->why : "malformed");
	else
		ret = run_request(ctx);
	ctx->b = NULL;
	if (ret < 0)
		return ret;
	/* What a handler that failed may have begun is not sent. */
	if (ret > 0) {
		reply_begin(sa, &ctx->m->hdr, &p);
		put_error(&p.b, ctx, (uint16_t)ret);
	}
	sa->mid_in = ctx->m->hdr.mid + 1;
	if (reply_send(ctx->ike, sa, &p, ctx->local, ctx->remote))
		out_log(&ctx->ike->out, LOG_L_ERR,
			"IKE_SA [v2 %c](id=0x%016llx) cannot send an answer",
			ike_sa_role(sa),
			(unsigned long long)ike_sa_own_spi(sa));
	inter_answered(sa);
	if (sa->inter)
		ike_sa_tell_keys(ctx->ike, sa);
	return 0;
}
