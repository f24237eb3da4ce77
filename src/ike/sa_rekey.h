/* SPDX-License-Identifier: Apache-2.0 */
/* Two successors of one IKE SA, when both sides rekeyed it at once. */
#ifndef IKE_SA_REKEY_H
#define IKE_SA_REKEY_H

#include "ike/sa.h"

/**
 * rekey_rival_wins() - the peer's successor takes the place of @old
 *
 * Called when the peer shows that it counts on its own: it asks something on
 * it, or deletes @old. Nothing happens without a rival; @old may be NULL.
 */
void rekey_rival_wins(struct ike *ike, struct ike_sa *old);

/** rekey_rival_gone() - @rival closes: if it was one, ours has no competition */
void rekey_rival_gone(struct ike *ike, struct ike_sa *rival);

#endif
