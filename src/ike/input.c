/* SPDX-License-Identifier: Apache-2.0 */
/* A message's header and SA; IKE_SA_INIT, which nothing protects. */
#include "ike/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "ike/init.h"
#include "ike/input_impl.h"
#include "ike/limit.h"

/* Larger ones are not opened: no peer of ours has a reason to send them. */
#define INPUT_MAX 65535

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

/* --- messages of an SA */

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
		snprintf(ctx->sa->hint, sizeof(ctx->sa->hint),
			 "an answer was malformed: %.70s",
			 m.why ? m.why : "unknown critical payload");
		return;
	}
	ctx->m = &m;
	input_run_response(ctx);
}

/* Cheap checks before any crypto. Return: false: drop, already counted. */
static bool id_fits(struct ike *ike, const struct ike_sa *sa,
		    const struct ike_hdr *h)
{
	bool ok;

	if (input_is_response(h))
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
		if (input_is_response(h) && awaited(ctx->sa, h) &&
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
	input_sealed(ctx, copy);
	secret_wipe(copy, ctx->raw.len);
	free(copy);
}

static void other_version(struct ike *ike, const struct ike_hdr *h,
			  const struct ike_end *local,
			  const struct ike_end *remote)
{
	ike->n.rx_version++;
	/* Only later versions may be answered, and answers never (1.5, 2.5). */
	if (h->major > IKE_VERSION_MAJOR && !input_is_response(h))
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
	if (input_is_response(h) || h->exchange == IKE_X_SA_INIT ||
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
	if (h.exchange == IKE_X_SA_INIT && !h.spi_r && !input_is_response(&h)) {
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
