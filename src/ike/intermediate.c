/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/intermediate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "ike/exchange.h"
#include "ike/handlers.h"
#include "ike/sa_auth.h"

/* Offsets in the two headers: RFC 7296 3.1, 3.2. */
#define NEXT_AT	  16
#define LENGTH_AT 24
#define SK_LEN_AT (IKE_HDR_LEN + 2)
#define FIRST_AT  IKE_HDR_LEN

int inter_mac(uint16_t prf_id, const uint8_t *sk_p, bool first,
	      const struct inter_msg *m, uint8_t *mac)
{
	uint8_t head[INTER_HEAD];
	const struct chunk v[] = {
		{ mac, prf_len(prf_id) },
		{ head, sizeof(head) },
		m->plain,
	};
	const size_t skip = first ? 1 : 0;

	/* As if whole, without IV, padding and ICV. */
	memcpy(head, m->head, sizeof(head));
	head[NEXT_AT] = IKE_P_SK;
	store_be32(head + LENGTH_AT, (uint32_t)(INTER_HEAD + m->plain.len));
	store_be16(head + SK_LEN_AT,
		   (uint16_t)(IKE_PLD_HDR_LEN + m->plain.len));
	return prf(prf_id, sk_p, prf_len(prf_id), v + skip,
		   (m->plain.len ? 3 : 2) - skip, mac);
}

int inter_begin(struct ike_sa *sa)
{
	struct addke ke;

	inter_free(sa->inter);
	sa->inter = NULL;
	addke_init(&ke, &sa->suite);
	if (!addke_left(&ke))
		return 0;
	sa->inter = calloc(1, sizeof(*sa->inter));
	if (!sa->inter)
		return MISSIU_ENOMEM;
	sa->inter->ke = ke;
	return 0;
}

void inter_free(struct ike_inter *in)
{
	if (!in)
		return;
	addke_fini(&in->ke);
	secret_wipe(in, sizeof(*in));
	free(in);
}

bool inter_done(const struct ike_sa *sa)
{
	return !sa->inter || !addke_left(&sa->inter->ke);
}

size_t inter_auth(const struct ike_sa *sa, uint8_t out[static INTER_AUTH_MAX])
{
	const struct ike_inter *in = sa->inter;
	const size_t len = prf_len(sa->algs.prf);

	if (!in || !in->n)
		return 0;
	memcpy(out, in->mac_i, len);
	memcpy(out + len, in->mac_r, len);
	/* IKE_SA_INIT was message 0, these were 1 to n. */
	store_be32(out + 2 * len, in->n + 1);
	return 2 * len + 4;
}

/* SKEYSEED(n) and all keys (RFC 9370 2.2.2): nonces and SPIs stay. */
static int derive(const struct ike_sa *sa, const struct kex_secret *s,
		  struct ike_keys *out)
{
	return keys_rekeyed(&sa->algs,
			    &(struct key_seed){
				    .ni = { sa->ni, sa->ni_len },
				    .nr = { sa->nr, sa->nr_len },
				    .spi_i = sa->spi_i,
				    .spi_r = sa->spi_r,
			    },
			    sa->algs.prf, sa->keys.sk_d,
			    (struct chunk){ s->p, s->len }, out);
}

/* A message of ours, before it is sealed. */
static struct inter_msg written(const struct ike_build *b)
{
	struct inter_msg m = {
		.plain = { b->w.buf + b->text_at, b->w.len - b->text_at },
	};

	memcpy(m.head, b->w.buf, IKE_HDR_LEN);
	memcpy(m.head + FIRST_AT, b->w.buf + b->sk_at, IKE_PLD_HDR_LEN);
	return m;
}

/* A message of the peer: of fragments any header does, but for the first type. */
static struct inter_msg received(const struct ike_ctx *ctx)
{
	struct inter_msg m = { .plain = ctx->plain };

	memcpy(m.head, ctx->raw.p, INTER_HEAD);
	m.head[FIRST_AT] = ctx->m->sk.first;
	return m;
}

/* --- initiator */

void inter_send(struct ike *ike, struct ike_sa *sa)
{
	struct ike_inter *in = sa->inter;
	struct ike_packet p;
	struct inter_msg m;

	if (inter_done(sa)) {
		ike_sa_set_state(ike, sa, IKE_S_AUTH_SENT);
		auth_send(ike, sa);
		return;
	}
	if (sa->state != IKE_S_INTER_SENT)
		ike_sa_set_state(ike, sa, IKE_S_INTER_SENT);
	request_begin(sa, IKE_X_INTERMEDIATE, &p);
	if (addke_ask(&in->ke, &p.b)) {
		ike_sa_fail(ike, sa, false, "INTERNAL", "crypto failed");
		return;
	}
	m = written(&p.b);
	if (inter_mac(sa->algs.prf, sa->keys.sk_pi, !in->n, &m, in->mac_i) ||
	    request_send(ike, sa, &p, NULL, NULL))
		ike_sa_fail(ike, sa, false, "INTERNAL", "request not sent");
}

int h_inter_response(struct ike_ctx *ctx)
{
	const struct inter_msg m = received(ctx);
	struct ike_sa *sa = ctx->sa;
	struct ike_inter *in = sa->inter;
	uint8_t mac[IKE_PRF_MAX];
	struct kex_secret secret;
	struct ike_keys keys;
	int ret;

	memcpy(mac, in->mac_r, sizeof(mac));
	ret = inter_mac(sa->algs.prf, sa->keys.sk_pr, !in->n, &m, mac);
	if (!ret)
		ret = addke_finish(&in->ke, &ctx->m->ke, &secret);
	if (ret) {
		snprintf(sa->hint, sizeof(sa->hint),
			 "an answer to IKE_INTERMEDIATE was not usable");
		return ret;
	}
	ret = derive(sa, &secret, &keys);
	secret_wipe(&secret, sizeof(secret));
	if (ret) {
		ike_sa_fail(ctx->ike, sa, false, "INTERNAL", "crypto failed");
		return 0;
	}
	memcpy(in->mac_r, mac, sizeof(mac));
	in->n++;
	sa->keys = keys;
	secret_wipe(&keys, sizeof(keys));
	ike_sa_set_keys(sa);
	ike_sa_tell_keys(ctx->ike, sa);
	inter_send(ctx->ike, sa);
	return 0;
}

int h_inter_refused(struct ike_ctx *ctx)
{
	const struct ike_notify *err = ike_msg_error(ctx->m);
	const char *name = err ? ike_notify_name(err->type) : NULL;

	if (!err)
		return MISSIU_EPROTO;
	ike_sa_fail(ctx->ike, ctx->sa, false, name ? name : "error",
		    "peer refuses additional key exchange %u, method %u",
		    ctx->sa->inter->ke.done + 1u,
		    ctx->sa->inter->ke.method[ctx->sa->inter->ke.done]);
	return 0;
}

/* --- responder */

static int refuse(struct ike_ctx *ctx, const char *why)
{
	ike_sa_fail(ctx->ike, ctx->sa, true, "INVALID_SYNTAX",
		    "peer's IKE_INTERMEDIATE request: %s", why);
	return IKE_N_INVALID_SYNTAX;
}

int h_inter_request(struct ike_ctx *ctx)
{
	const struct inter_msg asked = received(ctx);
	struct ike_sa *sa = ctx->sa;
	struct ike_inter *in = sa->inter;
	struct kex_secret secret;
	struct inter_msg answer;
	int ret;

	if (inter_done(sa))
		return refuse(ctx, "no key exchange is left");
	if (addke_answer(&in->ke, &ctx->m->ke, ctx->b, &secret))
		return refuse(ctx, "not the method or value agreed upon");
	answer = written(ctx->b);
	ret = derive(sa, &secret, &in->next);
	secret_wipe(&secret, sizeof(secret));
	if (ret ||
	    inter_mac(sa->algs.prf, sa->keys.sk_pi, !in->n, &asked,
		      in->mac_i) ||
	    inter_mac(sa->algs.prf, sa->keys.sk_pr, !in->n, &answer, in->mac_r))
		return refuse(ctx, "crypto failed");
	in->n++;
	in->has_next = true;
	return 0;
}

void inter_answered(struct ike_sa *sa)
{
	struct ike_inter *in = sa->inter;

	if (!in)
		return;
	/* A repeated request is of the message before: the older key goes. */
	in->has_prev = in->has_next;
	if (!in->has_next)
		return;
	in->prev = sa->sk_in;
	in->has_next = false;
	sa->keys = in->next;
	secret_wipe(&in->next, sizeof(in->next));
	ike_sa_set_keys(sa);
}

const struct sk_key *inter_key(const struct ike_sa *sa, const struct ike_hdr *h)
{
	const struct ike_inter *in = sa->inter;

	if (in && in->has_prev && !(h->flags & IKE_F_RESPONSE) &&
	    h->mid + 1 == sa->mid_in)
		return &in->prev;
	return &sa->sk_in;
}
