/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that peers assign to us. struct virt is what the host has of one
 * peer statement; it outlives the IKE SA by KEEP_US, because whoever lost a peer
 * for a moment should find addresses, routes and connections in place.
 */
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "ike/cfg.h"
#include "ike/cp.h"

#define KEEP_US	 60000000u
#define BODY_MAX 128

struct virt {
	struct virt *next;
	uint64_t spi;	    /* of ours, of the IKE SA it came by */
	missiu_usec due_us; /* that SA is gone: keep until; 0: it is there */
	struct ike_net net;
};

static uint8_t wanted(const struct ike_sa *sa)
{
	const uint8_t v = sa->peer->conf.request_address;

	return v == MISSIU_REQUEST_NO ? 0 : v;
}

bool cfg_wanted(const struct ike_sa *sa)
{
	return wanted(sa);
}

/* --- what the host has */

static struct virt *virt_by_name(const struct ike *ike, const char *name)
{
	struct virt *v = ike->virts;

	while (v && strcmp(v->net.tap.name, name) != 0)
		v = v->next;
	return v;
}

static struct virt *virt_of(const struct ike *ike, const struct ike_sa *sa)
{
	struct virt *v = ike->virts;

	while (v && v->spi != ike_sa_own_spi(sa))
		v = v->next;
	return v;
}

static void undo(struct ike *ike, struct virt *v)
{
	struct virt **at = &ike->virts;
	struct ike_net none = { 0 };

	memcpy(none.tap.name, v->net.tap.name, sizeof(none.tap.name));
	out_net(&ike->out, &none);
	while (*at != v)
		at = &(*at)->next;
	*at = v->next;
	free(v);
}

static void virt_set(struct ike *ike, const struct ike_sa *sa,
		     const struct ike_net *net)
{
	struct virt *v = virt_by_name(ike, net->tap.name);

	if (!v) {
		v = calloc(1, sizeof(*v));
		if (!v)
			return;
		v->next = ike->virts;
		ike->virts = v;
	}
	v->spi = ike_sa_own_spi(sa);
	v->due_us = 0;
	if (!memcmp(&v->net, net, sizeof(*net)))
		return;
	v->net = *net;
	out_net(&ike->out, net);
}

void virt_moved(struct ike *ike, const struct ike_sa *old,
		const struct ike_sa *sa)
{
	struct virt *v = virt_of(ike, old);

	if (v)
		v->spi = ike_sa_own_spi(sa);
}

void virt_lost(struct ike *ike, const struct ike_sa *sa)
{
	struct virt *v = virt_of(ike, sa);

	if (v)
		v->due_us = ike->now + KEEP_US;
}

void virt_undo(struct ike *ike, const struct ike_sa *sa)
{
	struct virt *v, *next;

	for (v = ike->virts; v; v = next) {
		next = v->next;
		if (!sa || v->spi == ike_sa_own_spi(sa))
			undo(ike, v);
	}
}

missiu_usec virt_tick(struct ike *ike)
{
	missiu_usec due = UINT64_MAX;
	struct virt *v, *next;

	for (v = ike->virts; v; v = next) {
		next = v->next;
		if (v->due_us && v->due_us <= ike->now)
			undo(ike, v);
		else if (v->due_us && v->due_us < due)
			due = v->due_us;
	}
	return due;
}

void virt_free(struct ike *ike)
{
	while (ike->virts) {
		struct virt *v = ike->virts;

		ike->virts = v->next;
		free(v);
	}
}

/* --- asking */

void cfg_put_request(struct ike *ike, const struct ike_sa *sa,
		     struct ike_build *b)
{
	const struct virt *had = virt_by_name(ike, sa->peer->conf.name);
	struct ike_cp cp = { .type = IKE_CFG_REQUEST };
	uint8_t body[BODY_MAX];

	if (!wanted(sa))
		return;
	if (wanted(sa) & MISSIU_REQUEST_V4)
		cp.seen |= IKE_CP_SEEN(IKE_CP_IP4_ADDRESS) |
			   IKE_CP_SEEN(IKE_CP_IP4_DNS) |
			   IKE_CP_SEEN(IKE_CP_IP4_SUBNET);
	if (wanted(sa) & MISSIU_REQUEST_V6)
		cp.seen |= IKE_CP_SEEN(IKE_CP_IP6_ADDRESS) |
			   IKE_CP_SEEN(IKE_CP_IP6_DNS) |
			   IKE_CP_SEEN(IKE_CP_IP6_SUBNET);
	cp.seen |= IKE_CP_SEEN(IKE_CP_DNS_DOMAIN);
	/* What we had, we would like to keep. */
	for (uint8_t i = 0; had && i < had->net.tap.n_addr; i++) {
		const struct missiu_addr *a = &had->net.tap.addr[i];

		if (a->family == 4)
			cp.ip4 = *a;
		else
			cp.ip6 = (struct ike_cp_prefix){ *a, 128 };
	}
	ike_put_raw(b, IKE_P_CP, body, ike_cp_write(&cp, body, sizeof(body)));
}

/* --- the answer */

/* An address of one host that may be put on an interface, or asked by name. */
static bool is_host(const struct missiu_addr *a)
{
	if (!a->family || addr_is_any(a) || addr_is_multicast(a))
		return false;
	if (a->family == 4)
		return a->b[0] != 0 && a->b[0] != 127;
	/* ::1, v4-mapped and the like; link-local */
	return (a->b[0] || a->b[1]) &&
	       !(a->b[0] == 0xfe && a->b[1] >= 0x80 && a->b[1] <= 0xbf);
}

/* Ours from the link, or the peer's, would cut us off from it. */
static bool is_outer(const struct ike_sa *sa, const struct missiu_addr *a)
{
	return addr_eq(a, &sa->local.addr) || addr_eq(a, &sa->remote.addr);
}

static void take_addr(const struct ike_sa *sa, struct ike_cfg *cfg,
		      const struct missiu_addr *a)
{
	struct ctl_net *tap = &cfg->net.tap;
	const size_t f = a->family == 6;

	if (!is_host(a) || is_outer(sa, a) ||
	    !(wanted(sa) & (f ? MISSIU_REQUEST_V6 : MISSIU_REQUEST_V4)))
		return;
	cfg->vip[f] = *a;
	tap->addr[tap->n_addr++] = *a;
}

static void take_domain(struct ike_net *net, struct chunk name)
{
	if (net->n_domain == IKE_NET_DOMAINS || !ike_domain_ok(name))
		return;
	memcpy(net->domain[net->n_domain++], name.p, name.len);
}

/* Of a family that we got no address of, nothing else is of use. */
static void take_rest(struct ike_cfg *cfg, const struct ike_cp *cp)
{
	struct missiu_range r;

	for (uint8_t i = 0; i < cp->n_dns; i++)
		if (is_host(&cp->dns[i]) &&
		    cfg->vip[cp->dns[i].family == 6].family)
			cfg->net.dns[cfg->net.n_dns++] = cp->dns[i];
	for (uint8_t i = 0; i < cp->n_subnet; i++) {
		const struct ike_cp_prefix *p = &cp->subnet[i];

		if (cfg->vip[p->addr.family == 6].family &&
		    addr_prefix(&p->addr, p->plen, &r.lo, &r.hi))
			cfg->subnet[cfg->n_subnet++] = r;
	}
	for (uint8_t i = 0; i < cp->n_domain; i++)
		take_domain(&cfg->net, cp->domain[i]);
}

/*
 * With the same addresses as before the routes stay, too: children that are
 * not there again yet come with the first packet, which needs a route.
 */
static void keep_routes(const struct virt *had, struct ctl_net *tap)
{
	if (!had || had->net.tap.n_addr != tap->n_addr ||
	    memcmp(had->net.tap.addr, tap->addr, sizeof(tap->addr)) != 0)
		return;
	memcpy(tap->route, had->net.tap.route, sizeof(tap->route));
	tap->n_route = had->net.tap.n_route;
}

int cfg_take_reply(struct ike_ctx *ctx, struct missiu_diag *diag)
{
	struct ike_sa *sa = ctx->sa;
	struct ike_cfg *cfg;
	struct ike_cp cp;

	if (!wanted(sa))
		return 0;
	if (!ike_msg_has(ctx->m, IKE_P_CP) || ike_cp_parse(ctx->m->cp, &cp) ||
	    cp.type != IKE_CFG_REPLY)
		return diag_set(diag, MISSIU_EPROTO,
				"peer assigns no address, which "
				"request_address of %s asks for",
				peer_where(sa->peer).s);
	cfg = calloc(1, sizeof(*cfg));
	if (!cfg)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	cfg->ours = true;
	memcpy(cfg->net.tap.name, sa->peer->conf.name,
	       sizeof(cfg->net.tap.name));
	take_addr(sa, cfg, &cp.ip4);
	take_addr(sa, cfg, &cp.ip6.addr);
	take_rest(cfg, &cp);
	if (!cfg->net.tap.n_addr) {
		free(cfg);
		return diag_set(diag, MISSIU_EPROTO,
				"peer assigns no address that we asked for and "
				"can use");
	}
	keep_routes(virt_by_name(ctx->ike, cfg->net.tap.name), &cfg->net.tap);
	sa->cfg = cfg;
	return 0;
}

/* --- routes */

static void add_route(struct ctl_net *tap, const struct missiu_ts *ts)
{
	for (uint8_t i = 0; i < tap->n_route; i++) {
		struct missiu_ts have = ts_any();

		have.lo = tap->route[i].lo;
		have.hi = tap->route[i].hi;
		if (ts_covers(&have, ts))
			return;
		/* What the new one covers is not needed beside it. */
		if (ts_covers(ts, &have))
			tap->route[i--] = tap->route[--tap->n_route];
	}
	if (tap->n_route < CTL_NET_ROUTES)
		tap->route[tap->n_route++] =
			(struct missiu_range){ ts->lo, ts->hi };
}

/* The peer's subnets, as far as the selector goes; without them all of it. */
static void route_selector(struct ike_cfg *cfg, struct missiu_ts ts)
{
	bool any = false;

	/* Routes know no ports. */
	ts.proto = 0;
	ts.port_lo = 0;
	ts.port_hi = UINT16_MAX;
	if (!cfg->vip[ts.lo.family == 6].family)
		return;
	for (uint8_t i = 0; i < cfg->n_subnet; i++) {
		struct missiu_ts sub = ts_any(), both;

		sub.lo = cfg->subnet[i].lo;
		sub.hi = cfg->subnet[i].hi;
		if (sub.lo.family != ts.lo.family)
			continue;
		any = true;
		if (ts_intersect(&sub, &ts, &both))
			add_route(&cfg->net.tap, &both);
	}
	if (!any)
		add_route(&cfg->net.tap, &ts);
	/* Its name servers are asked through the tunnel. */
	for (uint8_t i = 0; any && i < cfg->net.n_dns; i++) {
		const struct missiu_ts dns = ts_host(&cfg->net.dns[i]);

		if (ts_covers(&ts, &dns))
			add_route(&cfg->net.tap, &dns);
	}
}

void cfg_child_up(struct ike *ike, struct ike_sa *sa)
{
	struct ike_cfg *cfg = sa->cfg;

	if (!cfg || !cfg->ours)
		return;
	for (const struct ike_child *c = sa->children; c; c = c->next)
		for (uint8_t i = 0; i < c->remote.n; i++)
			if (c->mode == MISSIU_TUNNEL)
				route_selector(cfg, c->remote.v[i]);
	virt_set(ike, sa, &cfg->net);
}
