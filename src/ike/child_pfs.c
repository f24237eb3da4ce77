/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/child_pfs.h"

static void add_group(uint16_t *v, size_t *n, uint16_t group)
{
	for (size_t i = 0; i < *n; i++)
		if (v[i] == group)
			return;
	if (*n < CHILD_GROUPS_MAX &&
	    (group == IKE_DH_NONE || kex_supported(group)))
		v[(*n)++] = group;
}

/* What we ask for: -G as it stands. */
size_t child_groups_offered(const struct ike_sa *sa,
			    uint16_t v[static CHILD_GROUPS_MAX])
{
	size_t n = 0;

	if (sa->peer->pfs_group)
		add_group(v, &n,
			  sa->peer->pfs_group < 0 ?
				  sa->suite.dh :
				  (uint16_t)sa->peer->pfs_group);
	return n;
}

/*
 * What we grant: a group that was configured by number is a demand; otherwise
 * the peer may have PFS with any good group, or do without.
 */
size_t child_groups_accepted(const struct ike_sa *sa,
			     uint16_t v[static CHILD_GROUPS_MAX])
{
	static const uint16_t good[] = { 31, 19, 20, 21, 14, 15, 16 };
	size_t n = child_groups_offered(sa, v);

	if (sa->peer->pfs_group > 0)
		return n;
	if (!sa->peer->pfs_group)
		add_group(v, &n, IKE_DH_NONE);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		add_group(v, &n, good[i]);
	add_group(v, &n, IKE_DH_NONE);
	return n;
}

int child_addke_offered(const struct ike_sa *sa, struct ike_proposals *set)
{
	struct ike_proposals from;

	if (sa->peer->pfs_group >= 0)
		return 0;
	ike_suite_to_proposals(&sa->suite, &from);
	return ike_proposals_add_ke(set, &from, true);
}

int child_addke_accepted(const struct ike_sa *sa, struct ike_proposals *set)
{
	return ike_proposals_add_ke(set, &sa->peer->accept, false);
}
