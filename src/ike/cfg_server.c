/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses for peers, out of the pool of their statement. */
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/log.h"
#include "ike/cfg.h"
#include "ike/child_neg.h"
#include "ike/cp.h"

/* Room for all that a statement can hold. */
#define BODY_MAX 4096

static const char our_version[] = "missiu";

/* The two families in the terms of both payload and statement. */
static const struct {
	uint8_t family;
	uint16_t addr, dns, subnet;
} families[2] = {
	{ 4, IKE_CP_IP4_ADDRESS, IKE_CP_IP4_DNS, IKE_CP_IP4_SUBNET },
	{ 6, IKE_CP_IP6_ADDRESS, IKE_CP_IP6_DNS, IKE_CP_IP6_SUBNET },
};

static bool asks(const struct ike_cp *cp, uint16_t attr)
{
	return cp->seen & IKE_CP_SEEN(attr);
}

/* One family. Who proves nothing has no identity that could be known again. */
static struct lease *assign(struct ike *ike, const struct ike_sa *sa,
			    const struct ike_cp *req, size_t f)
{
	const struct missiu_peer *p = &sa->peer->conf;
	const struct lease_want want = {
		.peer = p->name,
		.id = p->peer_auth == MISSIU_BY_NULL ? NULL : &sa->id_remote,
		.pool = &p->pool,
		.family = families[f].family,
		.wish = f ? req->ip6.addr : req->ip4,
	};

	return lease_get(ike->leases, &want);
}

/* Return: what was assigned; NULL: nothing. */
static struct ike_cfg *assign_all(struct ike *ike, const struct ike_sa *sa,
				  const struct ike_cp *req)
{
	struct ike_cfg *cfg = calloc(1, sizeof(*cfg));
	bool any = false;

	for (size_t f = 0; cfg && f < 2; f++) {
		if (!asks(req, families[f].addr))
			continue;
		cfg->lease[f] = assign(ike, sa, req, f);
		if (!cfg->lease[f])
			continue;
		cfg->vip[f] = cfg->lease[f]->addr;
		any = true;
	}
	if (any)
		return cfg;
	free(cfg);
	return NULL;
}

static void reply_addrs(const struct ike_cp *req, const struct ike_cfg *cfg,
			struct ike_cp *out)
{
	if (cfg->vip[0].family) {
		out->ip4 = cfg->vip[0];
		out->seen |= IKE_CP_SEEN(IKE_CP_IP4_ADDRESS);
	}
	if (cfg->vip[0].family && asks(req, IKE_CP_IP4_NETMASK)) {
		static const uint8_t ones[] = { 255, 255, 255, 255 };

		out->netmask = addr_from_bytes(4, ones);
		out->seen |= IKE_CP_SEEN(IKE_CP_IP4_NETMASK);
	}
	if (cfg->vip[1].family) {
		out->ip6 = (struct ike_cp_prefix){ cfg->vip[1], 128 };
		out->seen |= IKE_CP_SEEN(IKE_CP_IP6_ADDRESS);
	}
}

/* What goes along with addresses, as far as it was asked for. */
static void reply_rest(const struct ike_cp *req, const struct missiu_peer *p,
		       struct ike_cp *out)
{
	for (uint8_t i = 0; i < p->dns.n; i++)
		if (asks(req, families[p->dns.v[i].family == 6].dns))
			out->dns[out->n_dns++] = p->dns.v[i];
	for (uint8_t i = 0; i < p->subnet.n; i++) {
		const struct missiu_range *r = &p->subnet.v[i];

		if (asks(req, families[r->lo.family == 6].subnet))
			out->subnet[out->n_subnet++] = (struct ike_cp_prefix){
				r->lo, (uint8_t)addr_range_plen(&r->lo, &r->hi)
			};
	}
	if (asks(req, IKE_CP_DNS_DOMAIN))
		for (uint8_t i = 0; i < p->split_dns.n; i++)
			out->domain[out->n_domain++] =
				(struct chunk){ (uint8_t *)p->split_dns.v[i],
						strlen(p->split_dns.v[i]) };
	for (uint8_t i = 0; i < out->n_dns; i++)
		out->seen |= IKE_CP_SEEN(families[out->dns[i].family == 6].dns);
	for (uint8_t i = 0; i < out->n_subnet; i++)
		out->seen |= IKE_CP_SEEN(
			families[out->subnet[i].addr.family == 6].subnet);
	if (out->n_domain)
		out->seen |= IKE_CP_SEEN(IKE_CP_DNS_DOMAIN);
}

static void reply_about_us(const struct ike_cp *req, struct ike_cp *out)
{
	if (asks(req, IKE_CP_VERSION)) {
		out->version = (struct chunk){ (const uint8_t *)our_version,
					       sizeof(our_version) - 1 };
		out->seen |= IKE_CP_SEEN(IKE_CP_VERSION);
	}
	out->seen |= req->seen & IKE_CP_SEEN(IKE_CP_SUPPORTED);
}

static void put(struct ike_build *b, const struct ike_cp *cp)
{
	uint8_t body[BODY_MAX];
	const size_t len = ike_cp_write(cp, body, sizeof(body));

	if (len)
		ike_put_raw(b, IKE_P_CP, body, len);
}

static void keep(struct ike *ike, struct ike_sa *sa, struct ike_cfg *cfg)
{
	sa->cfg = cfg;
	for (size_t f = 0; f < 2; f++)
		if (cfg->lease[f])
			cfg->lease[f]->holder = ike_sa_own_spi(sa);
	out_log(&ike->out, LOG_L_INFO,
		"IKE_SA assigns [v2 R](id=0x%016llx) peer=%s %s%s%s",
		(unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->remote.addr).s,
		cfg->vip[0].family ? addr_text(&cfg->vip[0]).s : "",
		cfg->vip[0].family && cfg->vip[1].family ? " " : "",
		cfg->vip[1].family ? addr_text(&cfg->vip[1]).s : "");
}

static bool get_request(const struct ike_msg *m, struct ike_cp *req)
{
	return ike_msg_has(m, IKE_P_CP) && !ike_cp_parse(m->cp, req) &&
	       req->type == IKE_CFG_REQUEST;
}

int cfg_answer(struct ike_ctx *ctx, bool child)
{
	struct ike_sa *sa = ctx->sa;
	const struct missiu_peer *p = &sa->peer->conf;
	struct ike_cp req = { 0 }, reply = { .type = IKE_CFG_REPLY };
	const bool asked =
		get_request(ctx->m, &req) && (asks(&req, IKE_CP_IP4_ADDRESS) ||
					      asks(&req, IKE_CP_IP6_ADDRESS));
	struct ike_cfg *cfg =
		asked && p->pool.n ? assign_all(ctx->ike, sa, &req) : NULL;

	/* Between hosts there is nothing to be assigned. */
	if (!asked && p->pool.n && child &&
	    !ike_msg_notify(ctx->m, IKE_N_USE_TRANSPORT_MODE)) {
		child_log_failed(ctx->ike, sa, 'R', "FAILED_CP_REQUIRED",
				 "peer asks for no address, which pool of %s "
				 "wants to give it",
				 peer_where(sa->peer).s);
		return IKE_N_FAILED_CP_REQUIRED;
	}
	if (asked && p->pool.n && !cfg) {
		child_log_failed(ctx->ike, sa, 'R', "INTERNAL_ADDRESS_FAILURE",
				 "pool of %s has no address left of the family "
				 "that the peer asks for",
				 peer_where(sa->peer).s);
		return IKE_N_INTERNAL_ADDRESS_FAILURE;
	}
	if (cfg)
		reply_addrs(&req, cfg, &reply);
	reply_rest(&req, p, &reply);
	reply_about_us(&req, &reply);
	if (reply.seen)
		put(ctx->b, &reply);
	if (cfg)
		keep(ctx->ike, sa, cfg);
	return 0;
}

void cfg_inform(struct ike_ctx *ctx)
{
	struct ike_cp cp, reply = { .type = IKE_CFG_REPLY };

	if (!ike_msg_has(ctx->m, IKE_P_CP) || ike_cp_parse(ctx->m->cp, &cp))
		return;
	if (cp.type == IKE_CFG_REQUEST)
		reply_about_us(&cp, &reply);
	else if (cp.type == IKE_CFG_SET)
		reply.type = IKE_CFG_ACK; /* of nothing */
	else
		return;
	put(ctx->b, &reply);
}
