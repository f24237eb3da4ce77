/* SPDX-License-Identifier: Apache-2.0 */
/* IKE_SA_INIT of the responder: strangers' requests, cheap ones first. */
#include <string.h>

#include "common/addr.h"
#include "common/secret.h"
#include "ike/auth_sig.h"
#include "ike/encap.h"
#include "ike/exchange.h"
#include "ike/explain.h"
#include "ike/handlers.h"
#include "ike/init.h"
#include "ike/intermediate.h"
#include "ike/limit.h"
#include "ike/news.h"
#include "ike/peer.h"
#include "ike/ppk.h"
#include "ike/redirect.h"

void init_send_notify(struct ike *ike, const struct ike_hdr *hdr,
		      const struct ike_end *local, const struct ike_end *remote,
		      uint16_t type, struct chunk data)
{
	struct ike_packet p;
	size_t len;

	ike_build_start(
		&p.b, p.buf, sizeof(p.buf),
		&(struct ike_hdr){
			.spi_i = hdr->spi_i,
			.spi_r = hdr->spi_r,
			.exchange = hdr->exchange,
			.flags = (uint8_t)(IKE_F_RESPONSE |
					   (~hdr->flags & IKE_F_INITIATOR)),
			.mid = hdr->mid,
		});
	ike_put_notify_data(&p.b, type, data.p, data.len);
	len = ike_build_end(&p.b);
	if (len)
		out_send(&ike->out, local, remote,
			 (struct chunk){ p.buf, len });
}

bool init_duplicate(struct ike *ike, const struct ike_hdr *hdr,
		    const struct ike_end *local, const struct ike_end *remote,
		    struct chunk raw)
{
	const struct ike_sa *sa = NULL;

	while ((sa = index_half_open(ike->ix, &remote->addr, sa)) != NULL) {
		if (sa->state != IKE_S_INIT_RCVD || sa->spi_i != hdr->spi_i ||
		    sa->init_req.len != raw.len ||
		    memcmp(sa->init_req.p, raw.p, raw.len) != 0)
			continue;
		ike->n.rx_duplicate++;
		out_send(&ike->out, local, remote, blob_chunk(&sa->init_resp));
		return true;
	}
	return false;
}

/* Under load a cookie must come back before anything is computed (2.6). */
static bool cookie_asked(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	const struct ike_msg *m = ctx->m;
	const struct ike_notify *got = ike_msg_notify(m, IKE_N_COOKIE);
	const struct cookie_of of = { m->nonce, ctx->remote->addr,
				      ctx->remote->port, m->hdr.spi_i };
	uint8_t cookie[COOKIE_LEN];

	if (ike->ix->half_open.n < ike->conf.cookie_threshold ||
	    (got && cookie_ok(&ike->jar, &of, ike->now, got->data)))
		return false;
	ike->n.cookies_sent++;
	if (!cookie_make(&ike->jar, &ike->rng, &of, ike->now, cookie))
		init_send_notify(ike, &m->hdr, ctx->local, ctx->remote,
				 IKE_N_COOKIE,
				 (struct chunk){ cookie, sizeof(cookie) });
	return true;
}

/* Peers with other proposals that one request is tried with. */
#define CHOICES_MAX 16

static bool suits(const struct ike_msg *m, const struct ike_peer *peer,
		  struct ike_suite *suite)
{
	struct ike_proposals accept = peer->accept;

	if (!ike_msg_notify(m, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED))
		ike_proposals_drop_addke(&accept);
	return !ike_proposal_choose(&m->sa, &accept, m->ke.group, suite);
}

/*
 * Nobody has said yet who he is: of the peers that may have this address, the
 * one most closely bound to it whose proposals suit.
 */
static struct peer_hit choose_peer(struct ike_ctx *ctx, struct ike_suite *suite)
{
	struct peer_hit hit;
	struct peer_walk w;

	peer_walk(ctx->ike, &ctx->local->addr, &ctx->remote->addr, &w);
	for (unsigned n = 0; n < CHOICES_MAX && peer_walk_next(&w, &hit); n++)
		if (suits(ctx->m, hit.peer, suite))
			return hit;
	return (struct peer_hit){ 0 };
}

static int refuse_init(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	const struct ike_msg *m = ctx->m;
	const struct peer_hit near =
		peer_find(ike, &ctx->local->addr, &ctx->remote->addr, NULL);
	struct ike_proposals accept;
	struct peer_where knob;
	struct ike_why why;

	ike_why_set(&why, "no peer is configured for this address");
	ike_why_remedy(&why, "add %s to raddr of a peer",
		       addr_text(&ctx->remote->addr).s);
	if (near.peer) {
		accept = near.peer->accept;
		if (!ike_msg_notify(m, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED))
			ike_proposals_drop_addke(&accept);
		ike_explain_proposal(&m->sa,
				     accept.n ? &accept : &near.peer->accept,
				     peer_knob(near.peer, &knob), NULL, &why);
	}
	news_fail(ike,
		  &(struct news_failed){ .local = ctx->local,
					 .remote = ctx->remote,
					 .status = "NO_PROPOSAL_CHOSEN" },
		  &why);
	init_send_notify(ike, &m->hdr, ctx->local, ctx->remote,
			 IKE_N_NO_PROPOSAL_CHOSEN, (struct chunk){ NULL, 0 });
	return MISSIU_ENOENT;
}

static int choose(struct ike_ctx *ctx, struct ike_suite *suite,
		  struct peer_hit *hit)
{
	struct ike *ike = ctx->ike;
	const struct ike_msg *m = ctx->m;
	uint8_t group[2];

	*hit = choose_peer(ctx, suite);
	if (!hit->peer)
		return refuse_init(ctx);
	if (suite->dh == m->ke.group)
		return 0;
	store_be16(group, suite->dh);
	init_send_notify(ike, &m->hdr, ctx->local, ctx->remote,
			 IKE_N_INVALID_KE_PAYLOAD,
			 (struct chunk){ group, sizeof(group) });
	return MISSIU_EAGAIN;
}

/*
 * Who it is will be known later: any peer with certificates may be meant, and
 * of their authorities those of the likeliest one are named.
 */
static void put_cert_wishes(const struct ike *ike, const struct ike_sa *sa,
			    struct ike_build *b)
{
	const struct ike_peer *other = peer_index_cred(ike->pix);
	const struct ike_cred *c = sa->peer->cred;

	if (!c && other)
		c = other->cred;
	if (sa->sig_hashes)
		auth_put_hashes(b, c);
	auth_put_certreq(b, c);
}

static int respond(struct ike_ctx *ctx, struct ike_sa *sa,
		   const struct ike_natd *natd, const struct kex_value *pub)
{
	const struct ike_hdr h = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.exchange = IKE_X_SA_INIT,
		.flags = IKE_F_RESPONSE,
	};
	struct ike_proposals chosen;
	struct ike_packet p;
	size_t len;
	int ret = 0;

	ike_suite_to_proposals(&sa->suite, &chosen);
	ike_build_start(&p.b, p.buf, sizeof(p.buf), &h);
	ike_put_sa(&p.b, &chosen);
	ike_put_ke(&p.b, sa->suite.dh, pub->p, pub->len);
	ike_put_raw(&p.b, IKE_P_NONCE, sa->nr, sa->nr_len);
	if (natd->supported)
		ret = encap_put(&p.b, sa->peer, &h, ctx->local, ctx->remote,
				ctx->m);
	if (sa->frag)
		ike_put_notify_data(&p.b, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED,
				    NULL, 0);
	put_cert_wishes(ctx->ike, sa, &p.b);
	if (sa->inter)
		ike_put_notify_data(&p.b, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED,
				    NULL, 0);
	if (sa->use_ppk)
		ppk_put_use(&p.b);
	if (!sa->peer || sa->peer->conf.childless != MISSIU_CHILDLESS_NEVER)
		ike_put_notify_data(&p.b, IKE_N_CHILDLESS_IKEV2_SUPPORTED, NULL,
				    0);
	len = ike_build_end(&p.b);
	if (!ret && !len)
		ret = MISSIU_EFULL;
	if (!ret)
		ret = blob_set(&sa->init_resp, (struct chunk){ p.buf, len });
	return ret;
}

/* Fill a new SA from the request; nothing is sent yet. */
static int accept_request(struct ike_ctx *ctx, struct ike_sa *sa)
{
	const struct ike_msg *m = ctx->m;
	struct kex_secret secret;
	struct kex_value pub;
	struct ike_natd natd;
	int ret = ike_sa_algs(&sa->suite, &sa->algs);

	if (!ret)
		ret = inter_begin(sa);
	if (!ret)
		ret = kex_answer(sa->suite.dh, m->ke.data, &pub, &secret);
	if (!ret)
		ret = ike_natd_check(m, ctx->local, ctx->remote, &natd);
	if (!ret)
		ret = keys_first(&sa->algs,
				 &(struct key_seed){
					 .ni = { sa->ni, sa->ni_len },
					 .nr = { sa->nr, sa->nr_len },
					 .spi_i = sa->spi_i,
					 .spi_r = sa->spi_r,
				 },
				 (struct chunk){ secret.p, secret.len },
				 &sa->keys);
	if (!ret) {
		encap_take(sa, &natd, m);
		sa->frag = init_takes_fragments(ctx->ike, m);
		sa->use_ppk = ppk_both(ctx->ike, sa, m);
		sa->sig_hashes = auth_peer_hashes(m);
		sa->redirectable = ike_msg_notify(m, IKE_N_REDIRECT_SUPPORTED);
		ret = respond(ctx, sa, &natd, &pub);
	}
	secret_wipe(&secret, sizeof(secret));
	return ret;
}

int h_init_request(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	const struct ike_msg *m = ctx->m;
	struct ike_suite suite;
	struct peer_hit hit;
	struct ike_sa *sa;
	int ret;

	if (cookie_asked(ctx) || redirect_away(ctx))
		return 0;
	if (!limit_init(ike, &ctx->remote->addr))
		return 0;
	ret = choose(ctx, &suite, &hit);
	if (ret)
		return ret;
	sa = ike_sa_new(ike, false, ctx->local, ctx->remote);
	if (!sa)
		return MISSIU_ENOMEM;
	peer_take(ike, sa, &hit);
	sa->spi_i = m->hdr.spi_i;
	sa->spi_r = ike_sa_new_spi(ike);
	sa->suite = suite;
	sa->suite.spi_len = 0;
	sa->ni_len = m->nonce.len;
	memcpy(sa->ni, m->nonce.p, sa->ni_len);
	sa->nr_len = SA_NONCE_LEN;
	ret = sa->spi_r ? rng_bytes(&ike->rng, sa->nr, sa->nr_len) :
			  MISSIU_ERANDOM;
	if (!ret)
		ret = blob_set(&sa->init_req, ctx->raw);
	if (!ret)
		ret = accept_request(ctx, sa);
	if (ret) {
		ike_sa_free(sa);
		return ret;
	}
	ike_sa_set_keys(sa);
	ike_sa_tell_keys(ike, sa);
	sa->mid_in = 1;
	ike_sa_insert(ike, sa);
	ike_sa_set_state(ike, sa, IKE_S_INIT_RCVD);
	out_send(&ike->out, ctx->local, ctx->remote,
		 blob_chunk(&sa->init_resp));
	return 0;
}
