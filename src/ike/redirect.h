/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redirection of initiators to another gateway (RFC 5685).
 *
 * Theory of operation. A gateway with -r answers IKE_SA_INIT of initiators that
 * announce REDIRECT_SUPPORTED with REDIRECT and keeps nothing; one whose peer says
 * redirect answers IKE_AUTH with it; ike redirect asks established ones by
 * INFORMATIONAL. The initiator begins a new IKE SA at the
 * other address, with the same peer, tasks and home addresses: policies still name
 * the first gateway. An established SA is left when the new one stands. What is
 * not authenticated is believed only with our nonce in it, and nothing is when the
 * peer must not have the address or the count is used up.
 */
#ifndef IKE_REDIRECT_H
#define IKE_REDIRECT_H

#include "ike/rules.h"
#include "ike/sa.h"

/** So many in so long, then it is a loop (RFC 5685 7). */
#define REDIRECT_MAX	 5
#define REDIRECT_LOOP_US 300000000u

/** Content of N(REDIRECT) and N(REDIRECTED_FROM). */
struct redirect {
	struct missiu_addr addr; /* family 0: a host name */
	struct chunk nonce;	 /* borrowed; empty: none */
};

/**
 * redirect_parse() - read the data of a notify
 * @out: out on success
 *
 * Return: 0; MISSIU_ESHORT; MISSIU_EPROTO: no such kind of gateway.
 */
int redirect_parse(struct chunk data, struct redirect *out);

/* --- gateway */

/** redirect_away() - answer IKE_SA_INIT with REDIRECT, if that is wanted */
bool redirect_away(const struct ike_ctx *ctx);

/**
 * redirect_put_auth() - in the answer to IKE_AUTH, if this peer is to be elsewhere
 *
 * Then it gets no child (6); the SA ends when it has not ended it after 30 s.
 */
bool redirect_put_auth(struct ike_ctx *ctx);

/* --- initiator */

/** redirect_put_supported() - in IKE_SA_INIT, with where it comes from */
void redirect_put_supported(const struct ike *ike, const struct ike_sa *sa,
			    struct ike_build *b);

/** redirect_inherit() - @sa is begun because of a REDIRECT to @old */
void redirect_inherit(struct ike_sa *sa, const struct ike_sa *old);

/** redirect_keep() - @sa is where @old is: what was redirected so far counts */
void redirect_keep(struct ike_sa *sa, const struct ike_sa *old);

/**
 * redirect_between() - whether @sa was begun because of a REDIRECT to @old
 *
 * Another gateway may have another identity, of those that the peer may have.
 */
bool redirect_between(const struct ike_sa *old, const struct ike_sa *sa);

/**
 * redirect_init() - the answer to IKE_SA_INIT was a REDIRECT
 *
 * Return: 0: the SA is over; MISSIU_EPROTO: to be ignored.
 */
int redirect_init(struct ike_ctx *ctx);

/**
 * redirect_auth() - whether the answer to IKE_AUTH, authenticated, has a REDIRECT
 *
 * If so the SA is about to be deleted.
 */
bool redirect_auth(struct ike_ctx *ctx);

/** redirect_request() - an INFORMATIONAL request may have a REDIRECT */
void redirect_request(struct ike_ctx *ctx);

#endif
