/* SPDX-License-Identifier: Apache-2.0 */
/* Life of what was assigned over an IKE SA, and what traffic it allows. */
#include "ike/cfg.h"

#include <stdlib.h>

#include "common/addr.h"

/* Keep of each selector what lies at the addresses. */
static void narrow(const struct ike_cfg *cfg, struct ike_ts_list *list)
{
	struct ike_ts_list out = { 0 };

	for (size_t i = 0; i < list->n; i++)
		for (size_t f = 0; f < 2; f++) {
			const struct missiu_ts host = ts_host(&cfg->vip[f]);
			struct missiu_ts ts;
			bool known = false;

			if (!cfg->vip[f].family ||
			    !ts_intersect(&list->v[i], &host, &ts))
				continue;
			for (size_t k = 0; k < out.n; k++)
				known |= ts_covers(&out.v[k], &ts);
			if (!known)
				out.v[out.n++] = ts;
		}
	*list = out;
}

void cfg_narrow_local(const struct ike_sa *sa, struct ike_ts_list *list)
{
	if (sa->cfg && sa->cfg->ours)
		narrow(sa->cfg, list);
}

void cfg_narrow_remote(const struct ike_sa *sa, struct ike_ts_list *list)
{
	if (sa->cfg && !sa->cfg->ours)
		narrow(sa->cfg, list);
	else if (sa->peer->conf.pool.n)
		list->n = 0; /* its peers have what they were given, no more */
}

void cfg_take_over(struct ike *ike, struct ike_sa *old, struct ike_sa *sa)
{
	if (!old->cfg || sa->cfg)
		return;
	sa->cfg = old->cfg;
	old->cfg = NULL;
	for (size_t f = 0; f < 2; f++)
		if (sa->cfg->lease[f])
			sa->cfg->lease[f]->holder = ike_sa_own_spi(sa);
	if (sa->cfg->ours)
		virt_moved(ike, old, sa);
}

void cfg_free(struct ike_sa *sa)
{
	if (!sa->cfg)
		return;
	for (size_t f = 0; f < 2; f++) {
		struct lease *l = sa->cfg->lease[f];

		if (l && l->holder == ike_sa_own_spi(sa))
			l->holder = 0;
		lease_put(l);
	}
	free(sa->cfg);
	sa->cfg = NULL;
}

void cfg_release(struct ike *ike, struct ike_sa *sa)
{
	if (sa->cfg && sa->cfg->ours)
		virt_lost(ike, sa);
	cfg_free(sa);
}

struct ike_sa *cfg_holder(const struct ike *ike, const struct missiu_addr *addr)
{
	const struct lease *l = lease_by_addr(ike->leases, addr);
	struct ike_sa *sa = l && l->holder ? ike_sa_find(ike, l->holder) : NULL;

	return sa && sa->state == IKE_S_ESTABLISHED ? sa : NULL;
}

bool cfg_is_pooled(const struct ike *ike, const struct missiu_policy *pol)
{
	for (size_t i = 0; i < ike->n_peer; i++) {
		const struct missiu_ranges *pool = &ike->peer[i]->conf.pool;

		for (uint8_t k = 0; k < pool->n; k++)
			if (pool->v[k].lo.family == pol->remote.lo.family &&
			    addr_cmp(&pool->v[k].lo, &pol->remote.hi) <= 0 &&
			    addr_cmp(&pol->remote.lo, &pool->v[k].hi) <= 0)
				return true;
	}
	return false;
}

uint64_t ike_leases_version(const struct ike *ike)
{
	return leases_version(ike->leases);
}

char *ike_leases_text(const struct ike *ike)
{
	return leases_text(ike->leases);
}

size_t ike_leases_load(struct ike *ike, const char *text, unsigned *line)
{
	return leases_load(ike->leases, text, line);
}
