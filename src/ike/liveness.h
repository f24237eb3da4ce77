/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the peer is alive (RFC 7296 2.4): it is asked when nothing was heard of
 * it for long, or when the data path goes on sending and hears nothing. It
 * is not asked while ESP or AH arrives.
 */
#ifndef IKE_LIVENESS_H
#define IKE_LIVENESS_H

#include "ike/sa.h"

/** liveness_due_us() - ask then, if nothing is heard; UINT64_MAX: never */
missiu_usec liveness_due_us(const struct ike_sa *sa);

/** liveness_watch() - have the data path tell; @out: a child's outbound SA */
void liveness_watch(const struct ike *ike, const struct ike_sa *sa,
		    struct missiu_sa *out);

/** liveness_silent() - a child sends, and nothing comes: ask, if that is new */
void liveness_silent(struct ike *ike, struct ike_sa *sa);

/** liveness_lost() - the peer is dead on @sa: what about other SAs with it? */
void liveness_lost(struct ike *ike, const struct ike_sa *sa);

/**
 * liveness_hint() - an unprotected answer says that the peer knows no such SA
 *
 * Anybody could have sent it (2.21.4). What is outstanding is the check already;
 * it goes out again within a second, so that a peer that was restarted is noticed
 * sooner. The count of tries stays.
 */
void liveness_hint(struct ike *ike, struct ike_sa *sa);

#endif
