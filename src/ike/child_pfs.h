/* SPDX-License-Identifier: Apache-2.0 */
/* Key exchanges of child SAs: what we ask for and what we grant (PFS). */
#ifndef IKE_CHILD_PFS_H
#define IKE_CHILD_PFS_H

#include "ike/sa.h"

#define CHILD_GROUPS_MAX 16

/** child_groups_offered() - what we ask for, as configured; Return: how many */
size_t child_groups_offered(const struct ike_sa *sa,
			    uint16_t v[static CHILD_GROUPS_MAX]);

/** child_groups_accepted() - what we grant, IKE_DH_NONE among them or not */
size_t child_groups_accepted(const struct ike_sa *sa,
			     uint16_t v[static CHILD_GROUPS_MAX]);

/**
 * child_addke_offered() - add the additional key exchanges that we ask for
 *
 * With PFS as the IKE SA has it those are its own (RFC 9370). Return: 0,
 * MISSIU_EFULL.
 */
int child_addke_offered(const struct ike_sa *sa, struct ike_proposals *set);

/** child_addke_accepted() - the same for what we grant: ours, all optional */
int child_addke_accepted(const struct ike_sa *sa, struct ike_proposals *set);

#endif
