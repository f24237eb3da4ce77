/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds on what peers can make us keep, before and after authentication. */
#ifndef IKE_LIMIT_H
#define IKE_LIMIT_H

#include "ike/sa.h"

/** Replaced SAs of one peer that are still kept for a while. */
#define LIMIT_REKEYED 8

/** limit_rate() - at most ten a second, as many at once; counts one */
bool limit_rate(struct limit_rate *r, missiu_usec now);

/** limit_init() - whether a half-open SA for this address is allowed; counts */
bool limit_init(struct ike *ike, const struct missiu_addr *remote);

/** limit_total() - whether another SA is allowed at all; counts a refusal */
bool limit_total(struct ike *ike);

/** limit_rekey() - whether the peer may replace this SA again */
bool limit_rekey(struct ike *ike, const struct ike_sa *sa);

/**
 * limit_peer() - make room for one more SA of a peer that authenticated
 * @sa: the new one, not established yet
 *
 * The oldest ones beyond conf.sa_per_peer are dropped.
 */
void limit_peer(struct ike *ike, const struct ike_sa *sa);

/**
 * limit_same_peer() - whether two SAs are with the same authenticated peer
 *
 * The same identity proven by the same key: a key that may claim any identity
 * gives no power over the SAs of another key. False for the SA itself.
 */
bool limit_same_peer(const struct ike_sa *a, const struct ike_sa *b);

#endif
