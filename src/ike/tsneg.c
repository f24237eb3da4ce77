/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/tsneg.h"

#include "common/addr.h"
#include "ike/explain_line.h"

/* Keep a selector unless the list already says it. */
static void list_add(struct ike_ts_list *list, const struct missiu_ts *ts)
{
	for (size_t i = 0; i < list->n; i++)
		if (ts_covers(&list->v[i], ts))
			return;
	if (list->n == MISSIU_TS_MAX)
		list->n_more++;
	else
		list->v[list->n++] = *ts;
}

/* All addresses of one family: the wire has no "any". */
static struct missiu_ts whole_family(uint8_t family)
{
	static const uint8_t zero[16];
	struct missiu_ts ts = ts_any();

	ts.lo = addr_from_bytes(family, zero);
	addr_prefix(&ts.lo, 0, &ts.lo, &ts.hi);
	return ts;
}

/* Family that the traffic must have; 0: either. */
static uint8_t traffic_family(const struct missiu_policy *pol,
			      const struct missiu_ts *pkt_local)
{
	if (pkt_local && pkt_local->lo.family)
		return pkt_local->lo.family;
	return pol->local.lo.family ? pol->local.lo.family :
				      pol->remote.lo.family;
}

static void add_side(struct ike_ts_list *list, const struct missiu_ts *side,
		     uint8_t family)
{
	for (uint8_t f = 4; f <= 6; f += 2) {
		struct missiu_ts whole = whole_family(f), ts;

		if ((!family || f == family) && ts_intersect(side, &whole, &ts))
			list_add(list, &ts);
	}
}

/* In transport mode the traffic is that of the SA's own ends. */
static bool side_of(const struct missiu_policy *pol,
		    const struct missiu_ts *side,
		    const struct missiu_addr *outer, struct missiu_ts *out)
{
	struct missiu_ts host = ts_host(outer);

	*out = *side;
	return pol->mode != MISSIU_TRANSPORT || ts_intersect(side, &host, out);
}

int ike_ts_offer(const struct missiu_policy *pol,
		 const struct missiu_ts *pkt_local,
		 const struct missiu_ts *pkt_remote,
		 const struct missiu_addr *local,
		 const struct missiu_addr *remote, struct ike_ts_list *tsl,
		 struct ike_ts_list *tsr)
{
	bool pkt = pkt_local && pkt_remote;
	uint8_t family = traffic_family(pol, pkt ? pkt_local : NULL);
	struct missiu_ts l, r;

	*tsl = *tsr = (struct ike_ts_list){ 0 };
	if (!side_of(pol, &pol->local, local, &l) ||
	    !side_of(pol, &pol->remote, remote, &r))
		return MISSIU_EINVAL;
	if (pkt) {
		if (!ts_covers(&l, pkt_local) || !ts_covers(&r, pkt_remote))
			return MISSIU_EINVAL;
		add_side(tsl, pkt_local, family);
		add_side(tsr, pkt_remote, family);
	}
	if (!pkt || !(pol->flags & MISSIU_POL_UNIQUE)) {
		add_side(tsl, &l, family);
		add_side(tsr, &r, family);
	}
	return tsl->n && tsr->n ? 0 : MISSIU_EINVAL;
}

static bool is_host(const struct missiu_ts *ts)
{
	return addr_eq(&ts->lo, &ts->hi);
}

/*
 * 2.23.1: behind a NAT a transport-mode selector holds an address that means
 * nothing here; the one in the IP header stands for it.
 */
static struct ike_ts_list with_host(const struct ike_ts_list *list,
				    const struct missiu_addr *host)
{
	struct ike_ts_list l = *list;

	for (size_t i = 0; i < l.n; i++)
		if (is_host(&l.v[i]))
			l.v[i].lo = l.v[i].hi = *host;
	return l;
}

static bool end_fits(const struct missiu_addr *tun, const struct missiu_addr *a)
{
	return addr_is_any(tun) || addr_eq(tun, a);
}

static bool policy_fits(const struct ike_ts_ctx *ctx,
			const struct missiu_policy *pol)
{
	if (pol->action != MISSIU_PROTECT || pol->mode != ctx->mode)
		return false;
	return pol->mode == MISSIU_TRANSPORT ||
	       (end_fits(&pol->tun_local, &ctx->local) &&
		end_fits(&pol->tun_remote, &ctx->remote));
}

/* @n: how many of the offer count */
static void narrow_side(const struct missiu_ts *side,
			const struct ike_ts_list *offer, size_t n,
			struct ike_ts_list *out)
{
	struct missiu_ts ts;

	*out = (struct ike_ts_list){ 0 };
	for (size_t i = 0; i < offer->n && i < n; i++)
		if (ts_intersect(&offer->v[i], side, &ts))
			list_add(out, &ts);
}

static bool covers_list(const struct missiu_ts *side,
			const struct ike_ts_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		if (!ts_covers(side, &list->v[i]))
			return false;
	return true;
}

/* An earlier policy without IPsec decides about all of this traffic. */
static bool shadowed(const struct ike_ts_ctx *ctx,
		     const struct ike_ts_choice *c)
{
	const uint8_t both = MISSIU_IN | MISSIU_OUT;

	for (const struct missiu_policy *p = ctx->pol; p < c->pol; p++)
		if (p->action != MISSIU_PROTECT && (p->dirs & both) == both &&
		    covers_list(&p->local, &c->local) &&
		    covers_list(&p->remote, &c->remote))
			return true;
	return false;
}

/* One policy against the offer; @first: it must cover the first selectors. */
static bool try_policy(const struct ike_ts_ctx *ctx,
		       const struct missiu_policy *pol,
		       const struct ike_ts_list *theirs_local,
		       const struct ike_ts_list *theirs_remote, bool first,
		       struct ike_ts_choice *out)
{
	const bool unique = pol->flags & MISSIU_POL_UNIQUE;
	const size_t n = unique ? 1 : MISSIU_TS_MAX;
	struct missiu_ts l, r;

	if (!policy_fits(ctx, pol) ||
	    !side_of(pol, &pol->local, &ctx->local, &l) ||
	    !side_of(pol, &pol->remote, &ctx->remote, &r))
		return false;
	if (first && (!ts_covers(&l, &theirs_local->v[0]) ||
		      !ts_covers(&r, &theirs_remote->v[0])))
		return false;
	out->pol = pol;
	narrow_side(&l, theirs_local, n, &out->local);
	narrow_side(&r, theirs_remote, n, &out->remote);
	if (!out->local.n || !out->remote.n || shadowed(ctx, out) ||
	    (ctx->allowed && !ctx->allowed(ctx->allowed_arg, pol)))
		return false;
	if (!unique || ts_is_flow(&out->local.v[0], &out->remote.v[0]))
		return true;
	out->single_pair = true;
	return false;
}

/* All of a list lies in another one. */
static bool in_list(const struct ike_ts_list *list,
		    const struct ike_ts_list *of)
{
	for (size_t i = 0; i < list->n; i++) {
		bool inside = false;

		for (size_t k = 0; k < of->n && !inside; k++)
			inside = ts_covers(&of->v[k], &list->v[i]);
		if (!inside)
			return false;
	}
	return true;
}

/* What was left out of the offer is not lost: another child may have it. */
static bool has_more(const struct ike_ts_ctx *ctx,
		     const struct ike_ts_choice *c, const struct ike_ts_list *l,
		     const struct ike_ts_list *r)
{
	struct ike_ts_choice other;

	if (in_list(l, &c->local) && in_list(r, &c->remote))
		return false;
	if (c->pol->flags & MISSIU_POL_UNIQUE)
		return true;
	for (size_t i = 0; i < ctx->n_pol; i++) {
		other = (struct ike_ts_choice){ 0 };
		if (try_policy(ctx, &ctx->pol[i], l, r, false, &other) &&
		    (!in_list(&other.local, &c->local) ||
		     !in_list(&other.remote, &c->remote)))
			return true;
	}
	return false;
}

int ike_ts_narrow(const struct ike_ts_ctx *ctx, const struct ike_ts_list *tsi,
		  const struct ike_ts_list *tsr, struct ike_ts_choice *out)
{
	bool transport = ctx->mode == MISSIU_TRANSPORT;
	bool swap_local = transport && ctx->nat_local && is_host(&tsr->v[0]);
	bool swap_remote = transport && ctx->nat_remote && is_host(&tsi->v[0]);
	struct ike_ts_list l = swap_local ? with_host(tsr, &ctx->local) : *tsr;
	struct ike_ts_list r =
		swap_remote ? with_host(tsi, &ctx->remote) : *tsi;

	out->single_pair = out->more = false;
	if (!l.n || !r.n)
		return MISSIU_ENOENT;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < ctx->n_pol; i++) {
			if (!try_policy(ctx, &ctx->pol[i], &l, &r, pass == 0,
					out))
				continue;
			out->more = has_more(ctx, out, &l, &r);
			out->tsr = swap_local ? with_host(&out->local,
							  &tsr->v[0].lo) :
						out->local;
			out->tsi = swap_remote ? with_host(&out->remote,
							   &tsi->v[0].lo) :
						 out->remote;
			return 0;
		}
	}
	return MISSIU_ENOENT;
}

int ike_ts_check(const struct ike_ts_list *offer,
		 const struct ike_ts_list *answer)
{
	if (!answer->n || answer->n_more || answer->n_unusable)
		return MISSIU_EPROTO;
	for (size_t i = 0; i < answer->n; i++) {
		bool inside = false;

		for (size_t k = 0; k < offer->n && !inside; k++)
			inside = ts_covers(&offer->v[k], &answer->v[i]);
		if (!inside)
			return MISSIU_EPROTO;
	}
	return 0;
}

size_t ike_ts_list_text(const struct ike_ts_list *list, char *buf, size_t cap)
{
	struct line l = line_to(buf, cap);

	for (size_t i = 0; i < list->n; i++)
		line_add(&l, "%s%s", i ? " " : "", ts_text(&list->v[i]).s);
	if (list->n_more)
		line_add(&l, " and %u more", list->n_more);
	if (list->n_unusable)
		line_add(&l, "%s%u not understood", list->n ? " and " : "",
			 list->n_unusable);
	if (!l.len)
		line_add(&l, "nothing");
	return l.len;
}
