/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/net.h"

#include "common/addr.h"
#include "ctl/codec.h"

void ctl_put_net(struct wr *w, const struct ctl_net *net)
{
	const size_t len = strnlen(net->name, MISSIU_PEER_NAME_MAX);

	wr_u8(w, (uint8_t)len);
	wr_bytes(w, net->name, len);
	wr_u8(w, net->n_addr);
	for (uint8_t i = 0; i < net->n_addr; i++)
		ctl_put_addr(w, &net->addr[i]);
	wr_u8(w, net->n_route);
	for (uint8_t i = 0; i < net->n_route; i++) {
		ctl_put_addr(w, &net->route[i].lo);
		ctl_put_addr(w, &net->route[i].hi);
	}
}

static bool get_name(struct rd *r, char *name)
{
	uint8_t len;

	if (!rd_u8(r, &len) || len > MISSIU_PEER_NAME_MAX ||
	    !rd_copy(r, name, len))
		return false;
	for (uint8_t i = 0; i < len; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return true;
}

static bool has_family(const struct ctl_net *net, uint8_t n, uint8_t family)
{
	for (uint8_t i = 0; i < n; i++)
		if (net->addr[i].family == family)
			return true;
	return false;
}

static bool get_addrs(struct rd *r, struct ctl_net *out)
{
	if (!rd_u8(r, &out->n_addr) || out->n_addr > CTL_NET_ADDRS)
		return false;
	for (uint8_t i = 0; i < out->n_addr; i++) {
		struct missiu_addr *a = &out->addr[i];

		if (!ctl_get_addr(r, a) || addr_is_any(a) ||
		    addr_is_multicast(a) || has_family(out, i, a->family))
			return false;
	}
	return true;
}

static bool get_routes(struct rd *r, struct ctl_net *out)
{
	if (!rd_u8(r, &out->n_route) || out->n_route > CTL_NET_ROUTES)
		return false;
	for (uint8_t i = 0; i < out->n_route; i++) {
		struct missiu_range *g = &out->route[i];

		if (!ctl_get_addr(r, &g->lo) || !ctl_get_addr(r, &g->hi) ||
		    g->lo.family != g->hi.family ||
		    addr_cmp(&g->lo, &g->hi) > 0 ||
		    !has_family(out, out->n_addr, g->lo.family))
			return false;
	}
	return true;
}

bool ctl_get_net(struct rd *r, struct ctl_net *out)
{
	*out = (struct ctl_net){ 0 };
	return get_name(r, out->name) && get_addrs(r, out) &&
	       get_routes(r, out) && rd_done(r);
}
