/* SPDX-License-Identifier: Apache-2.0 */
/* NAT traversal after detection: floating peers, keep-alives (2.23). */
#ifndef IKE_NATT_H
#define IKE_NATT_H

#include "ike/sa.h"

/**
 * natt_follow() - an authenticated, fresh message came: from where?
 *
 * IKE_AUTH may come from another port than IKE_SA_INIT. Later a peer behind a
 * NAT may move; its children move with it. Others stay where they are.
 *
 * Return: false when the message must not be taken: IKE_AUTH from an address
 * other than that of IKE_SA_INIT, and no NAT explains it.
 */
bool natt_follow(struct ike *ike, struct ike_sa *sa,
		 const struct ike_end *local, const struct ike_end *remote);

/**
 * natt_allowed() - whether the peer of an SA may be at an address
 *
 * A key that is bound to an address authenticates nobody at another.
 */
bool natt_allowed(const struct ike_sa *sa, const struct missiu_addr *local,
		  const struct missiu_addr *remote);

/** natt_has_room() - whether no child's SPI is another's at that address */
bool natt_has_room(const struct ike *ike, const struct ike_sa *sa,
		   const struct ike_end *remote);

/** natt_moved() - the data path saw an authenticated packet from elsewhere */
void natt_moved(struct ike *ike, struct ike_sa *sa,
		const struct ike_end *remote);

/** natt_keepalive_us() - when the next keep-alive is due; 0: never */
missiu_usec natt_keepalive_us(const struct ike *ike, const struct ike_sa *sa);

/** natt_tick() - send a keep-alive if it is due */
void natt_tick(struct ike *ike, struct ike_sa *sa);

#endif
