/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/tapmtu.h"

#include "common/log.h"

/* RFC 791: a link that carries IPv4 carries that. RFC 8200 5: IPv6. */
#define MTU_MIN4 68
#define MTU_MIN6 1280
#define MTU_MAX	 65521

void tapmtu_add(struct tapmtu_need *need, const struct missiu_policy *p)
{
	size_t overhead;

	if (p->action != MISSIU_PROTECT || !(p->dirs & MISSIU_OUT))
		return;
	overhead = missiu_policy_overhead(p, true);
	if (overhead > need->overhead)
		need->overhead = overhead;
	if (p->remote.lo.family != 4)
		need->ipv6 = true;
}

static size_t worst_overhead(void)
{
	const struct missiu_policy worst = {
		.action = MISSIU_PROTECT,
		.dirs = MISSIU_OUT,
		.mode = MISSIU_TUNNEL,
		.n_prot = 1,
		.prot = { { .proto = MISSIU_ESP,
			    .encr = MISSIU_ENCR_AES_CBC,
			    .auth = MISSIU_AUTH_SHA512 } },
		.tun_remote = { .family = 6 },
	};

	return missiu_policy_overhead(&worst, true);
}

unsigned tapmtu_of(unsigned link_mtu, const struct tapmtu_need *need)
{
	size_t overhead = need->overhead ? need->overhead : worst_overhead();
	unsigned least = need->ipv6 || !need->overhead ? MTU_MIN6 : MTU_MIN4;

	if (link_mtu > MTU_MAX)
		link_mtu = MTU_MAX;
	return link_mtu > overhead + least ? link_mtu - (unsigned)overhead :
					     least;
}

int tapmtu_fit(struct tapmtu *t, struct missiu *m, unsigned link_mtu,
	       struct missiu_diag *diag)
{
	struct tapmtu_need need = { 0 };
	struct missiu_policy p;
	uint64_t cursor = 0;
	unsigned mtu;
	int err;

	missiu_set_mtu(m, link_mtu);
	while (missiu_policy_next(m, &cursor, &p, NULL))
		tapmtu_add(&need, &p);
	mtu = t->fixed ? t->fixed : tapmtu_of(link_mtu, &need);
	if (mtu == t->mtu)
		return 0;
	err = netlink_link_set(t->nl, t->index, mtu, false, diag);
	if (err)
		return err;
	if (t->mtu)
		log_info(net, "%s has MTU %u now, was %u", t->name, mtu,
			 t->mtu);
	t->mtu = mtu;
	return 0;
}
