/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/input.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/secret.h"
#include "ike/child.h"
#include "ike/exchange.h"
#include "ike/init.h"
#include "ike/intermediate.h"
#include "ike/limit.h"
#include "ike/liveness.h"
#include "ike/mobike.h"
#include "ike/news.h"
#include "ike/natt.h"
#include "ike/park.h"
#include "ike/rules.h"
#include "ike/sa_rekey.h"

/* Larger ones are not opened: no peer of ours has a reason to send them. */
#define INPUT_MAX 65535

/* Seen around what the rules are about. */
#define SEALED (IKE_SEEN(IKE_P_SK) | IKE_SEEN(IKE_P_SKF))

static bool is_response(const struct ike_hdr *h)
{
	return h->flags & IKE_F_RESPONSE;
}

/* --- IKE_SA_INIT requests: no SA yet, nothing is protected */

static void refuse_init(struct ike *ike, const struct ike_msg *m, int err,
			const struct ike_end *local,
			const struct ike_end *remote)
{
	if (err == MISSIU_EUNSUP && m->bad) {
		init_send_notify(ike, &m->hdr, local, remote,
				 IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD,
				 (struct chunk){ &m->bad, 1 });
	}
	ike->n.rx_malformed++;
}

static void init_request(struct ike *ike, const struct ike_hdr *hdr,
			 const struct ike_end *local,
			 const struct ike_end *remote, struct chunk raw)
{
	struct ike_msg m;
	struct ike_ctx ctx = { .ike = ike,
			       .m = &m,
			       .local = local,
			       .remote = remote,
			       .raw = raw };
	const struct rule *rule;
	int ret;

	if (hdr->mid || !(hdr->flags & IKE_F_INITIATOR)) {
		ike->n.rx_unexpected++;
		return;
	}
	if (init_duplicate(ike, hdr, local, remote, raw))
		return;
	ret = ike_msg_parse(raw.p, raw.len, &m);
	if (ret) {
		refuse_init(ike, &m, ret, local, remote);
		return;
	}
	rule = rules_match(&(struct rule_key){ .state = IKE_S_NONE,
					       .exchange = hdr->exchange,
					       .seen = m.seen });
	if (!rule)
		ike->n.rx_unexpected++;
	else
		(void)rule->handler(&ctx); /* it has answered or not */
}

/* --- responses, clear or opened */

static int run_response(struct ike_ctx *ctx)
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

static bool awaited(const struct ike_sa *sa, const struct ike_hdr *h)
{
	return sa->x.exchange && sa->x.exchange == h->exchange &&
	       sa->x.mid == h->mid;
}

static void init_response(struct ike_ctx *ctx)
{
	struct ike_msg m;

	if (ctx->sa->state != IKE_S_INIT_SENT || !ctx->sa->initiator) {
		ctx->ike->n.rx_old++;
		return;
	}
	if (ike_msg_parse(ctx->raw.p, ctx->raw.len, &m)) {
		ctx->ike->n.rx_malformed++;
		return;
	}
	ctx->m = &m;
	run_response(ctx);
}

/* --- requests of an SA, opened */

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

static int answer(struct ike_ctx *ctx, int parse_err)
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

/* --- protected messages */

/* Cheap checks before any crypto. Return: false: drop, already counted. */
static bool id_fits(struct ike *ike, const struct ike_sa *sa,
		    const struct ike_hdr *h)
{
	bool ok;

	if (is_response(h))
		ok = awaited(sa, h);
	else if (h->mid == UINT32_MAX)
		ok = false; /* IDs never wrap: the SA has to end first (2.2) */
	else
		ok = h->mid == sa->mid_in ||
		     (sa->reply.p && h->mid + 1 == sa->mid_in);
	ike->n.rx_old += !ok;
	return ok;
}

static bool keys_ready(const struct ike_sa *sa)
{
	return sa->state != IKE_S_INIT_SENT && sa->state != IKE_S_DEAD;
}

/*
 * Before IKE_AUTH is over nothing else may be asked, by whoever holds the
 * unauthenticated keys. A responder may be established earlier than we are:
 * it will ask again.
 */
static bool too_early(const struct ike_sa *sa, const struct ike_hdr *h)
{
	return !sa->established_us && !is_response(h) &&
	       (sa->state != IKE_S_INIT_RCVD ||
		(h->exchange != IKE_X_AUTH &&
		 (h->exchange != IKE_X_INTERMEDIATE || !sa->inter)));
}

static void drop_fragments(struct ike_frag **f)
{
	frag_free(*f);
	*f = NULL;
}

/* Of a request in fragments only the first is (RFC 7383 2.6.1). */
static void answer_again(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;

	if (ctx->m->sk.frag > 1) {
		ike->n.rx_fragments_bad++;
		return;
	}
	ike->n.rx_duplicate++;
	train_send(&ike->out, ctx->local, ctx->remote,
		   blob_chunk(&ctx->sa->reply));
}

static void opened(struct ike_ctx *ctx, int parse_err)
{
	struct ike *ike = ctx->ike;
	struct ike_sa *sa = ctx->sa;
	const struct ike_hdr *h = &ctx->m->hdr;
	int ret = 0;

	if (!is_response(h) && h->mid != sa->mid_in) {
		answer_again(ctx);
		return;
	}
	if (sa->state == IKE_S_CLOSED || too_early(sa, h)) {
		ike->n.rx_unexpected++;
		return;
	}
	/* Parts of it that came before it came whole. */
	drop_fragments(is_response(h) ? &sa->frag_resp : &sa->frag_req);
	if (!mobike_followed(ctx) &&
	    !natt_follow(ike, sa, ctx->local, ctx->remote)) {
		ike->n.rx_unexpected++;
		return;
	}
	sa->heard_us = ike->now;
	ike->n.rx_malformed += parse_err != 0;
	/* With a window of 1 a new request says that our answers arrived. */
	if (!is_response(h)) {
		child_answer_arrived(ike, sa);
		ret = answer(ctx, parse_err);
		child_yield_now(ike, sa);
	} else if (!parse_err && !peer_dropped_it(ctx)) {
		ret = run_response(ctx);
	}
	/* Without room for it the peer sends it again. */
	if (ret == MISSIU_EBUSY)
		(void)park_message(ctx);
	if (ctx->remote->via && sa->established_us && sa->state != IKE_S_DEAD)
		out_tcp_proven(&ike->out, ctx->local, ctx->remote);
	exchange_run(ike, sa);
}

void input_opened(struct ike_ctx *ctx, struct ike_msg *m)
{
	opened(ctx, ike_payloads_parse(m->sk.first, ctx->plain.p,
				       ctx->plain.len, m));
}

/* All fragments are there: as if it had been one message. */
static void joined(struct ike_ctx *ctx, struct ike_msg *m, struct ike_frag **f)
{
	const uint8_t first = (*f)->first;
	const size_t len = (*f)->len;
	uint8_t *text;
	int ret = frag_join(*f, &text);

	drop_fragments(f);
	if (ret)
		return;
	m->sk.first = first;
	ctx->plain = (struct chunk){ text, len };
	opened(ctx, ike_payloads_parse(first, text, len, m));
	secret_wipe(text, len);
	free(text);
}

static void fragment(struct ike_ctx *ctx, struct ike_msg *m, struct chunk plain)
{
	struct ike_sa *sa = ctx->sa;
	const bool old = !is_response(&m->hdr) && m->hdr.mid != sa->mid_in;
	struct ike_frag **f =
		is_response(&m->hdr) ? &sa->frag_resp : &sa->frag_req;

	if (old) {
		answer_again(ctx);
		return;
	}
	if (sa->state == IKE_S_CLOSED || too_early(sa, &m->hdr)) {
		ctx->ike->n.rx_unexpected++;
		return;
	}
	ctx->ike->n.rx_fragments++;
	if (frag_add(f, m, plain))
		joined(ctx, m, f);
}

/* Nothing of ours stands outside of SK, so nothing of theirs may. */
static bool is_sealed(const struct ike_sa *sa, const struct ike_msg *m)
{
	return m->seen == IKE_SEEN(IKE_P_SK) ||
	       (sa->frag && m->seen == IKE_SEEN(IKE_P_SKF));
}

/* An unprotected answer to what is outstanding: the peer does not know us. */
static bool is_hint(const struct ike_sa *sa, const struct ike_msg *m)
{
	return sa->established_us && is_response(&m->hdr) &&
	       m->seen == IKE_SEEN(IKE_P_NOTIFY) &&
	       ike_msg_notify(m, IKE_N_INVALID_IKE_SPI);
}

static void protected_message(struct ike_ctx *ctx, uint8_t *copy)
{
	struct ike *ike = ctx->ike;
	struct ike_sa *sa = ctx->sa;
	struct chunk plain;
	struct ike_msg m;

	if (ike_msg_parse(copy, ctx->raw.len, &m)) {
		ike->n.rx_malformed++;
		return;
	}
	if (!is_sealed(sa, &m)) {
		if (is_hint(sa, &m))
			liveness_hint(ike, sa);
		else
			ike->n.rx_malformed++;
		return;
	}
	if (m.sk.frag &&
	    !frag_wanted(is_response(&m.hdr) ? sa->frag_resp : sa->frag_req,
			 &m)) {
		ike->n.rx_fragments_bad++;
		return;
	}
	if (sk_open(inter_key(sa, &m.hdr), copy, &m.sk, &plain)) {
		ike->n.rx_bad_icv++;
		return;
	}
	ctx->m = &m;
	ctx->plain = plain;
	if (m.sk.frag)
		fragment(ctx, &m, plain);
	else
		opened(ctx,
		       ike_payloads_parse(m.sk.first, plain.p, plain.len, &m));
}

static struct ike_sa *find(struct ike *ike, const struct ike_hdr *h)
{
	/* The flag says whose SPI is whose (3.1). */
	const bool from_initiator = h->flags & IKE_F_INITIATOR;
	struct ike_sa *sa =
		ike_sa_find(ike, from_initiator ? h->spi_r : h->spi_i);

	if (!sa || sa->initiator == from_initiator || sa->state == IKE_S_DEAD)
		return NULL;
	/* Only the first answer tells us the responder's SPI. */
	if (sa->state == IKE_S_INIT_SENT)
		return sa;
	return sa->spi_i == h->spi_i && sa->spi_r == h->spi_r ? sa : NULL;
}

static void message_of_sa(struct ike_ctx *ctx, const struct ike_hdr *h)
{
	uint8_t *copy;

	if (h->exchange == IKE_X_SA_INIT) {
		if (is_response(h) && awaited(ctx->sa, h) &&
		    !ctx->sa->remote.via == !ctx->remote->via)
			init_response(ctx);
		else
			ctx->ike->n.rx_old++;
		return;
	}
	if (!keys_ready(ctx->sa)) {
		ctx->ike->n.rx_unexpected++;
		return;
	}
	if (!id_fits(ctx->ike, ctx->sa, h))
		return;
	if (ctx->sa->park) { /* nothing else is to come yet */
		ctx->ike->n.rx_duplicate++;
		return;
	}
	copy = malloc(ctx->raw.len); /* decrypted in place */
	if (!copy)
		return;
	memcpy(copy, ctx->raw.p, ctx->raw.len);
	protected_message(ctx, copy);
	secret_wipe(copy, ctx->raw.len);
	free(copy);
}

static void other_version(struct ike *ike, const struct ike_hdr *h,
			  const struct ike_end *local,
			  const struct ike_end *remote)
{
	ike->n.rx_version++;
	/* Only later versions may be answered, and answers never (1.5, 2.5). */
	if (h->major > IKE_VERSION_MAJOR && !is_response(h))
		init_send_notify(ike, h, local, remote,
				 IKE_N_INVALID_MAJOR_VERSION,
				 (struct chunk){ NULL, 0 });
}

/*
 * A request of an IKE SA that we do not know, any longer: it may help the peer to
 * know that we were restarted (2.21.4). Nothing is kept, few are sent, and none
 * that is longer than what caused it.
 */
static void answer_unknown(struct ike *ike, const struct ike_hdr *h,
			   const struct ike_end *local,
			   const struct ike_end *remote, size_t len)
{
	if (is_response(h) || h->exchange == IKE_X_SA_INIT ||
	    len < IKE_HDR_LEN + IKE_PLD_HDR_LEN + IKE_NOTIFY_LEN ||
	    !limit_rate(&ike->unknown, ike->now))
		return;
	ike->n.tx_invalid_spi++;
	init_send_notify(ike, h, local, remote, IKE_N_INVALID_IKE_SPI,
			 (struct chunk){ NULL, 0 });
}

void input_message(struct ike *ike, const struct ike_end *local,
		   const struct ike_end *remote, struct chunk raw)
{
	struct ike_ctx ctx = {
		.ike = ike, .local = local, .remote = remote, .raw = raw
	};
	struct ike_hdr h;

	if (raw.len > INPUT_MAX || ike_hdr_parse(raw.p, raw.len, &h)) {
		ike->n.rx_malformed++;
		return;
	}
	if (h.major != IKE_VERSION_MAJOR) {
		other_version(ike, &h, local, remote);
		return;
	}
	if (h.exchange == IKE_X_SA_INIT && !h.spi_r && !is_response(&h)) {
		init_request(ike, &h, local, remote, raw);
		return;
	}
	ctx.sa = find(ike, &h);
	if (!ctx.sa) {
		ike->n.rx_no_sa++;
		answer_unknown(ike, &h, local, remote, raw.len);
	} else {
		ike_sa_touch(ike, ctx.sa);
		message_of_sa(&ctx, &h);
	}
}
