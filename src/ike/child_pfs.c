/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/child_pfs.h"

/* The policy's own word goes before the peer's. */
static const struct missiu_pfs *pfs_of(const struct ike_sa *sa,
				       const struct missiu_policy *pol)
{
	return pol->pfs.n ? &pol->pfs : &sa->peer->pfs;
}

static bool as_ike(const struct missiu_pfs *pfs)
{
	return pfs->n && pfs->group[0] == MISSIU_PFS_IKE;
}

/* Nothing but "no". */
static bool without(const struct missiu_pfs *pfs)
{
	return !pfs->n || (pfs->n == 1 && pfs->group[0] == IKE_DH_NONE);
}

static void add_group(uint16_t *v, size_t *n, uint16_t group)
{
	for (size_t i = 0; i < *n; i++)
		if (v[i] == group)
			return;
	if (*n < CHILD_GROUPS_MAX &&
	    (group == IKE_DH_NONE || kex_supported(group)))
		v[(*n)++] = group;
}

/* What we ask for: pfs as it stands, best first. */
size_t child_groups_offered(const struct ike_sa *sa,
			    const struct missiu_policy *pol, uint16_t first,
			    uint16_t v[static CHILD_GROUPS_MAX])
{
	const struct missiu_pfs *pfs = pfs_of(sa, pol);
	size_t n = 0;

	if (first)
		add_group(v, &n, first);
	if (as_ike(pfs))
		add_group(v, &n, sa->suite.dh);
	else if (!without(pfs))
		for (uint8_t i = 0; i < pfs->n; i++)
			add_group(v, &n, pfs->group[i]);
	return n;
}

bool child_groups_lacking(const struct ike_sa *sa,
			  const struct missiu_policy *pol, size_t n)
{
	const struct missiu_pfs *pfs = pfs_of(sa, pol);

	return !n && !without(pfs) && !as_ike(pfs);
}

bool child_group_wanted(const struct ike_sa *sa,
			const struct missiu_policy *pol, uint16_t group)
{
	uint16_t v[CHILD_GROUPS_MAX];
	size_t n;

	if (!group || !kex_supported(group))
		return false;
	if (as_ike(pfs_of(sa, pol)))
		return true;
	n = child_groups_offered(sa, pol, 0, v);
	while (n && v[n - 1] != group)
		n--;
	return n;
}

/*
 * What we grant: groups that were named are a demand; otherwise the peer may
 * have PFS with any good group, or do without.
 */
size_t child_groups_accepted(const struct ike_sa *sa,
			     const struct missiu_policy *pol,
			     uint16_t v[static CHILD_GROUPS_MAX])
{
	static const uint16_t good[] = { 31, 19, 20, 21, 14, 15, 16 };
	const struct missiu_pfs *pfs = pfs_of(sa, pol);
	size_t n = child_groups_offered(sa, pol, 0, v);

	if (!without(pfs) && !as_ike(pfs))
		return n;
	if (without(pfs))
		add_group(v, &n, IKE_DH_NONE);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		add_group(v, &n, good[i]);
	add_group(v, &n, IKE_DH_NONE);
	return n;
}

int child_addke_offered(const struct ike_sa *sa,
			const struct missiu_policy *pol,
			struct ike_proposals *set)
{
	struct ike_proposals from;

	if (!as_ike(pfs_of(sa, pol)))
		return 0;
	ike_suite_to_proposals(&sa->suite, &from);
	return ike_proposals_add_ke(set, &from, true);
}

int child_addke_accepted(const struct ike_sa *sa, struct ike_proposals *set)
{
	return ike_proposals_add_ke(set, &sa->peer->accept, false);
}
