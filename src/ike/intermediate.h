/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IKE_INTERMEDIATE (RFC 9242): additional key exchanges between IKE_SA_INIT and
 * IKE_AUTH (RFC 9370 2.2.2), each under the keys of the one before. What they
 * said is signed by AUTH.
 *
 *	HDR(43), SK {KEi(n)}  -->
 *	                      <--  HDR(43), SK {KEr(n)}
 *	both: SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr), all keys anew
 */
#ifndef IKE_INTERMEDIATE_H
#define IKE_INTERMEDIATE_H

#include "ike/addke.h"
#include "ike/rules.h"

/** IntAuth_iN | IntAuth_rN | IKE_AUTH_MID at its longest. */
#define INTER_AUTH_MAX (2 * IKE_PRF_MAX + 4)

/** Bytes of the IKE header and the SK payload's generic header. */
#define INTER_HEAD (IKE_HDR_LEN + IKE_PLD_HDR_LEN)

/** What an SA keeps of them until it is established. Holds secrets. */
struct ike_inter {
	struct addke ke;
	uint32_t n;		    /* exchanges that took place */
	uint8_t mac_i[IKE_PRF_MAX]; /* IntAuth_i(n) */
	uint8_t mac_r[IKE_PRF_MAX]; /* IntAuth_r(n) */
	bool has_next, has_prev;
	struct ike_keys
		next;	    /* responder: in force once its answer is sealed */
	struct sk_key prev; /* what a repeated request is sealed with */
};

/** A message as AUTH sees it (RFC 9242 3.3.2), whatever it was cut into. */
struct inter_msg {
	uint8_t head[INTER_HEAD]; /* as sent, lengths and first type any */
	struct chunk plain;	  /* the inner payloads */
};

/**
 * inter_mac() - IntAuth(n) = prf(SK_p(n), IntAuth(n-1) | A(n) | P(n))
 * @prf_id, @sk_p: of the sender, in force before the exchange
 * @first: there is no IntAuth(n-1)
 * @m:   the message; lengths are adjusted here
 * @mac: in/out: prf_len() bytes
 *
 * Return: as prf().
 */
int inter_mac(uint16_t prf_id, const uint8_t *sk_p, bool first,
	      const struct inter_msg *m, uint8_t *mac);

/** inter_begin() - prepare what the suite asks for; Return: 0, MISSIU_ENOMEM */
int inter_begin(struct ike_sa *sa);

/** inter_free() - wipe and free; NULL is fine */
void inter_free(struct ike_inter *in);

/** inter_done() - whether all that was agreed has taken place */
bool inter_done(const struct ike_sa *sa);

/** inter_send() - initiator: the next one, or IKE_AUTH when all are done */
void inter_send(struct ike *ike, struct ike_sa *sa);

/** inter_answered() - responder: the answer is sealed, the next keys hold */
void inter_answered(struct ike_sa *sa);

/** inter_key() - what opens a message: an older key for a repeated request */
const struct sk_key *inter_key(const struct ike_sa *sa,
			       const struct ike_hdr *h);

/**
 * inter_auth() - what AUTH signs of these exchanges (RFC 9242 3.3.2)
 * @out: out
 *
 * Return: bytes; 0: none took place.
 */
size_t inter_auth(const struct ike_sa *sa, uint8_t out[static INTER_AUTH_MAX]);

#endif
