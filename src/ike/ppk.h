/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Post-quantum pre-shared keys (RFC 8784): a secret that goes into SK_d, SK_pi
 * and SK_pr, beside all key exchanges.
 *
 *	HDR, …, N(USE_PPK)  -->
 *	                    <--  HDR, …, N(USE_PPK)
 *	HDR, SK {…, AUTH, N(PPK_IDENTITY), [N(NO_PPK_AUTH)]}  -->
 *	                    <--  HDR, SK {…, AUTH, [N(PPK_IDENTITY)]}
 */
#ifndef IKE_PPK_H
#define IKE_PPK_H

#include "ike/rules.h"

/**
 * ppk_check() - whether keys can be used as they are
 *
 * Return: 0; MISSIU_EINVAL: a length, or one is required and there is none.
 */
int ppk_check(const struct ike_ppk *v, size_t n, bool required,
	      struct missiu_diag *diag);

/** ppk_put_use() - N(USE_PPK) into IKE_SA_INIT */
void ppk_put_use(struct ike_build *b);

/**
 * ppk_both() - whether the peer's IKE_SA_INIT and we have it
 *
 * A responder does not know yet who it is: any peer of ours may have one.
 */
bool ppk_both(const struct ike *ike, const struct ike_sa *sa,
	      const struct ike_msg *m);

/**
 * ppk_begin() - initiator: mix ours into the keys, name it in IKE_AUTH
 * @plain: our AUTH payload's data, made with the keys as they were before
 *
 * Only when the peer announced it. The keys without are kept while the peer may
 * do without. Return: 0, MISSIU_ENOMEM, MISSIU_ECRYPTO.
 */
int ppk_begin(struct ike_sa *sa, struct ike_build *b, struct chunk plain);

/**
 * ppk_response() - initiator: keys as the answer to IKE_AUTH needs them
 * @why: out: why the answer is not accepted
 */
int ppk_response(struct ike_sa *sa, const struct ike_msg *m,
		 struct missiu_diag *why);

/**
 * ppk_request() - responder: keys as a request needs them
 * @auth: in: the AUTH payload's data; out: what to verify in its place, when
 *        the peer did it both ways and its PPK is unknown here
 * @why: out: why the request is not accepted
 *
 * Return: 0, MISSIU_EAUTH, MISSIU_ECRYPTO.
 */
int ppk_request(struct ike_sa *sa, const struct ike_msg *m, struct chunk *auth,
		struct missiu_diag *why);

/** ppk_put_used() - N(PPK_IDENTITY), empty, into the answer, if a PPK is used */
void ppk_put_used(const struct ike_sa *sa, struct ike_build *b);

/** ppk_forget() - wipe the keys without */
void ppk_forget(struct ike_sa *sa);

#endif
