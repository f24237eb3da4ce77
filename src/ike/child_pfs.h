/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key exchanges of child SAs: what we ask for and what we grant (PFS). A policy
 * may say so itself (struct missiu_pfs); else its peer does.
 */
#ifndef IKE_CHILD_PFS_H
#define IKE_CHILD_PFS_H

#include "ike/sa.h"

#define CHILD_GROUPS_MAX 16

/**
 * child_groups_offered() - what we ask for, as configured
 * @first: what the peer asked for, to go before the others (INVALID_KE_PAYLOAD);
 *         0: nothing
 *
 * Groups that this OpenSSL lacks are left out. Return: how many; 0: no PFS.
 */
size_t child_groups_offered(const struct ike_sa *sa,
			    const struct missiu_policy *pol, uint16_t first,
			    uint16_t v[static CHILD_GROUPS_MAX]);

/**
 * child_groups_accepted() - what we grant, IKE_DH_NONE among them or not
 *
 * Return: how many; 0: groups were named, and this OpenSSL has none of them.
 */
size_t child_groups_accepted(const struct ike_sa *sa,
			     const struct missiu_policy *pol,
			     uint16_t v[static CHILD_GROUPS_MAX]);

/** child_groups_lacking() - groups were named and none works here; @n: left */
bool child_groups_lacking(const struct ike_sa *sa,
			  const struct missiu_policy *pol, size_t n);

/** child_group_wanted() - whether an offer may have the group a peer wants */
bool child_group_wanted(const struct ike_sa *sa,
			const struct missiu_policy *pol, uint16_t group);

/**
 * child_addke_offered() - add the additional key exchanges that we ask for
 *
 * With PFS as the IKE SA has it those are its own (RFC 9370). Return: 0,
 * MISSIU_EFULL.
 */
int child_addke_offered(const struct ike_sa *sa,
			const struct missiu_policy *pol,
			struct ike_proposals *set);

/** child_addke_accepted() - the same for what we grant: ours, all optional */
int child_addke_accepted(const struct ike_sa *sa, struct ike_proposals *set);

#endif
