/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authentication by certificates and signatures (RFC 7296 2.15, RFC 4754, RFC
 * 7427, RFC 8420): what goes into IKE_SA_INIT and IKE_AUTH for it, and the
 * judgement about what a peer sent.
 *
 *   Initiator                                Responder
 *   … N(SIGNATURE_HASH_ALGORITHMS)  -->
 *                                      <--   … N(SIGNATURE_HASH_ALGORITHMS),
 *                                              CERTREQ
 *   IDi, CERT…, CERTREQ, … AUTH     -->
 *                                      <--   IDr, CERT…, AUTH
 */
#ifndef IKE_AUTH_SIG_H
#define IKE_AUTH_SIG_H

#include "crypto/sign.h"
#include "ike/auth.h"
#include "ike/cred.h"
#include "ike/msg.h"

/** auth_is_signature() - whether a method is one of ours: 1, 9 to 11, 14 */
bool auth_is_signature(uint8_t method);

/* --- what both sides announce */

/** auth_put_hashes() - N(SIGNATURE_HASH_ALGORITHMS) with ours, unless @c is NULL
 * or says not to */
void auth_put_hashes(struct ike_build *b, const struct ike_cred *c);

/** auth_peer_hashes() - SIG_HASH_BIT()s of the peer's; 0: it has no RFC 7427 */
unsigned auth_peer_hashes(const struct ike_msg *m);

/** auth_put_certreq() - CERTREQ naming our anchors (3.7), and one for OCSP
 * (RFC 4806 3.1) unless revocation is off; nothing without any; @c may be NULL */
void auth_put_certreq(struct ike_build *b, const struct ike_cred *c);

/** auth_wants_ocsp() - whether the peer asks for OCSP responses (RFC 4806) */
bool auth_wants_ocsp(const struct ike_msg *m);

/* --- our side */

/**
 * auth_wanted_keys() - which of our keys the CERTREQs of a peer are about
 *
 * Return: bit per entry of c->own; 0: none, or it names nobody; @c may be NULL
 */
unsigned auth_wanted_keys(const struct ike_cred *c, const struct ike_msg *m);

struct auth_own {
	const struct cred_own *cred;
	const struct sigalg *alg;
};

/**
 * auth_own_choose() - the key and algorithm to sign with
 * @hashes: of the peer, from auth_peer_hashes()
 * @wanted: from auth_wanted_keys(): these first, then the others, each in the
 *          order in which they were configured
 *
 * Return: 0; MISSIU_EUNSUP: none fits, @diag says why.
 */
int auth_own_choose(const struct ike_cred *c, unsigned hashes, unsigned wanted,
		    struct auth_own *out, struct missiu_diag *diag);

/** auth_put_certs() - the chain of the chosen key, its own first (3.6) */
void auth_put_certs(struct ike_build *b, const struct auth_own *own);

/** auth_put_ocsp() - the response about the chosen certificate (RFC 4806 3.2),
 * if there is one that says good and counts at this time */
void auth_put_ocsp(struct ike_build *b, const struct auth_own *own,
		   int64_t now_s);

/**
 * auth_put_signature() - the AUTH payload
 * @prf: negotiated PRF
 *
 * Return: 0, MISSIU_ECRYPTO, MISSIU_ENOMEM, MISSIU_EUNSUP.
 */
int auth_put_signature(struct ike_build *b, const struct auth_own *own,
		       uint16_t prf, const struct auth_octets *o);

/* --- the peer's side */

/**
 * auth_check_signature() - whether a peer is who it says
 * @c:   whom we believe
 * @m:   its IKE_AUTH message: CERT and AUTH payloads
 * @id:  what its ID payload says
 * @o:   what it signed
 * @now_s: Unix time
 * @lacks: out: certificates about whose revocation nothing is known, which then is
 *         no reason to refuse; to be released in any case; NULL: it may be one
 * @diag: out: why not, in one line
 *
 * Its chain must lead to one of our anchors, its certificate name @id, and
 * the certificate's key have made the signature. Return: 0; MISSIU_EAUTH;
 * MISSIU_ENOMEM.
 */
int auth_check_signature(const struct ike_cred *c, const struct ike_msg *m,
			 const struct ike_id *id, uint16_t prf,
			 const struct auth_octets *o, int64_t now_s,
			 struct trust_lacks *lacks, struct missiu_diag *diag);

#endif
