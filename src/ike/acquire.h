/* SPDX-License-Identifier: Apache-2.0 */
/* From traffic that wants protection to a queued child SA. */
#ifndef IKE_ACQUIRE_H
#define IKE_ACQUIRE_H

#include "ike/sa.h"

/** acquire_event() - MISSIU_EV_ACQUIRE; @local: used when no policy names one */
void acquire_event(struct ike *ike, const struct missiu_event *ev,
		   const struct missiu_addr *local);

/** acquire_peer() - as ike_initiate() */
int acquire_peer(struct ike *ike, const struct missiu_addr *local,
		 const struct missiu_addr *remote);

#endif
