/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authentication anew, make before break (RFC 7296 2.8.3, RFC 4478).
 *
 * Theory of operation. An IKE SA that shall be authenticated again in time (the
 * peer's reauth, or AUTH_LIFETIME of a responder) begins another one with the same
 * peer, which asks for the same children, one after the other. When the last of
 * them stands, the old SA is deleted; when anything fails the new one is, and
 * it is tried again until the time of the old one is over. The initiator of the
 * old one begins earlier than the responder, so that both rarely do at once;
 * if they do, there are two new SAs, and the one with the lowest nonce goes,
 * deleted by who asked for it, as with rekeyings (2.8.2).
 *
 * That no packet gets lost is the matter of child_stand_in().
 */
#ifndef IKE_REAUTH_H
#define IKE_REAUTH_H

#include "ike/sa.h"

/** reauth_established() - IKE_AUTH is over; after ike_sa_established() */
void reauth_established(struct ike *ike, struct ike_sa *sa);

/** reauth_put_lifetime() - into the responder's IKE_AUTH: how long it holds */
void reauth_put_lifetime(const struct ike_sa *sa, struct ike_build *b);

/**
 * reauth_take_lifetime() - obey AUTH_LIFETIME, if @m has it
 *
 * Only the initiator does; what is shorter than ten seconds counts as ten.
 */
void reauth_take_lifetime(struct ike *ike, struct ike_sa *sa,
			  const struct ike_msg *m);

/**
 * reauth_at() - begin now, because of a REDIRECT (RFC 5685)
 * @at: our address and the peer's other one
 *
 * Return: false when it is being authenticated anew already.
 */
bool reauth_at(struct ike *ike, struct ike_sa *old,
	       const struct missiu_addr at[2]);

/** reauth_move() - @sa replaces @old, which was rekeyed: it is that old now */
void reauth_move(struct ike *ike, struct ike_sa *old, struct ike_sa *sa);

/** reauth_next() - nothing is under way in @sa: the next child, or the end */
void reauth_next(struct ike *ike, struct ike_sa *sa);

/** reauth_lost() - a child is no more: ask for what has replaced it, if any */
void reauth_lost(struct ike *ike, struct ike_sa *sa, uint64_t like);

/** reauth_gone() - @sa closes: whose place it was to take goes on */
void reauth_gone(struct ike *ike, struct ike_sa *sa);

/** reauth_tick() - begin, end, give way; an established SA */
void reauth_tick(struct ike *ike, struct ike_sa *sa);

/** reauth_due_us() - when reauth_tick() has something to do; UINT64_MAX: never */
missiu_usec reauth_due_us(const struct ike_sa *sa);

#endif
