/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/gateway.h"

#include "common/addr.h"
#include "common/log.h"

#define ADDRS_MAX 256
#define STRICT	  1
#define LOOSE	  2

bool gateway_policy(const struct missiu_policy *p,
		    const struct netlink_addr *addrs, size_t n)
{
	const struct missiu_addr *lo = &p->local.lo;

	if (p->action != MISSIU_PROTECT || p->mode != MISSIU_TUNNEL ||
	    !lo->family || addr_range_plen(lo, &p->local.hi) == 0)
		return false;
	if (!addr_eq(lo, &p->local.hi))
		return true;
	for (size_t i = 0; i < n; i++)
		if (addr_eq(lo, &addrs[i].addr))
			return false;
	return true;
}

static void advise(struct netlink *nl, const struct missiu_policy *p,
		   bool *said)
{
	bool v6 = p->local.lo.family == 6;
	struct netlink_conf all;

	if (netlink_conf_get(nl, v6 ? 6 : 4, NETLINK_CONF_ALL, &all, NULL))
		return;
	if (!all.forwarding && !*said)
		log_info(net,
			 "policy %u (line %u) protects %s - %s, more than this "
			 "host, but the host does not forward: if that is to "
			 "be, sysctl -w net.%s=1",
			 p->id, p->line, addr_text(&p->local.lo).s,
			 addr_text(&p->local.hi).s,
			 v6 ? "ipv6.conf.all.forwarding" : "ipv4.ip_forward");
	*said = !all.forwarding;
}

void gateway_advise(struct gateway *g, struct netlink *nl,
		    const struct missiu *m)
{
	struct netlink_addr addrs[ADDRS_MAX];
	bool need4 = false, need6 = false;
	struct missiu_policy p;
	uint64_t cursor = 0;
	size_t n = 0;

	if (netlink_addrs(nl, addrs, ADDRS_MAX, &n, NULL))
		return;
	while (!(need4 && need6) && missiu_policy_next(m, &cursor, &p, NULL)) {
		bool v6 = p.local.lo.family == 6;
		bool *need = v6 ? &need6 : &need4;

		if (*need || !gateway_policy(&p, addrs, n))
			continue;
		*need = true;
		advise(nl, &p, v6 ? &g->said6 : &g->said4);
	}
	g->said4 = g->said4 && need4;
	g->said6 = g->said6 && need6;
}

void gateway_rp_filter(struct netlink *nl, unsigned tap_index,
		       const char *tap_name, bool set)
{
	struct missiu_diag diag = { "" };
	struct netlink_conf all, tap;

	if (netlink_conf_get(nl, 4, NETLINK_CONF_ALL, &all, &diag) ||
	    netlink_conf_get(nl, 4, tap_index, &tap, &diag))
		return;
	/* The kernel applies the larger of the two. */
	if (all.rp_filter >= LOOSE || tap.rp_filter >= LOOSE ||
	    (all.rp_filter < STRICT && tap.rp_filter < STRICT))
		return;
	if (!set)
		log_info(net,
			 "the reverse path filter of %s is strict: it drops "
			 "what comes from addresses that are not routed "
			 "through it; sysctl -w net.ipv4.conf.%s.rp_filter=2",
			 tap_name, tap_name);
	else if (netlink_set_rp_filter(nl, tap_index, LOOSE, &diag))
		log_warn(net, "%s: %s", tap_name, diag.msg);
	else
		log_info(net, "reverse path filter of %s set to loose",
			 tap_name);
}
