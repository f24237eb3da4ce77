/* SPDX-License-Identifier: Apache-2.0 */
/* Messages inside SK: opened, put together from fragments, and run. */
#include "ike/input_impl.h"

#include <stdlib.h>

#include "common/secret.h"
#include "ike/child.h"
#include "ike/exchange.h"
#include "ike/intermediate.h"
#include "ike/liveness.h"
#include "ike/mobike.h"
#include "ike/natt.h"
#include "ike/park.h"

/*
 * Before IKE_AUTH is over nothing else may be asked, by whoever holds the
 * unauthenticated keys. A responder may be established earlier than we are:
 * it will ask again.
 */
static bool too_early(const struct ike_sa *sa, const struct ike_hdr *h)
{
	return !sa->established_us && !input_is_response(h) &&
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

	if (!input_is_response(h) && h->mid != sa->mid_in) {
		answer_again(ctx);
		return;
	}
	if (sa->state == IKE_S_CLOSED || too_early(sa, h)) {
		ike->n.rx_unexpected++;
		return;
	}
	/* Parts of it that came before it came whole. */
	drop_fragments(input_is_response(h) ? &sa->frag_resp : &sa->frag_req);
	if (!mobike_followed(ctx) &&
	    !natt_follow(ike, sa, ctx->local, ctx->remote)) {
		ike->n.rx_unexpected++;
		return;
	}
	sa->heard_us = ike->now;
	ike->n.rx_malformed += parse_err != 0;
	/* With a window of 1 a new request says that our answers arrived. */
	if (!input_is_response(h)) {
		child_answer_arrived(ike, sa);
		ret = input_answer(ctx, parse_err);
		child_yield_now(ike, sa);
	} else {
		ret = input_take_answer(ctx, parse_err);
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
	const bool old =
		!input_is_response(&m->hdr) && m->hdr.mid != sa->mid_in;
	struct ike_frag **f =
		input_is_response(&m->hdr) ? &sa->frag_resp : &sa->frag_req;

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
	return sa->established_us && input_is_response(&m->hdr) &&
	       m->seen == IKE_SEEN(IKE_P_NOTIFY) &&
	       ike_msg_notify(m, IKE_N_INVALID_IKE_SPI);
}

void input_sealed(struct ike_ctx *ctx, uint8_t *copy)
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
	    !frag_wanted(input_is_response(&m.hdr) ? sa->frag_resp :
						     sa->frag_req,
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
