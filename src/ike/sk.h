/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Encrypted payload (RFC 7296 3.14, RFC 5282 for AEADs): seal and open.
 *
 *   | IKE header | SK header | IV | payloads, padding, pad length | ICV |
 *   0            28          32                                        len
 *   AEAD: associated data = [0, 32). Else: ICV over all bytes before it.
 */
#ifndef IKE_SK_H
#define IKE_SK_H

#include "ike/keys.h"
#include "ike/msg.h"
#include "ike/rng.h"

/** Keys of one direction. Holds secrets. */
struct sk_key {
	struct ike_cipher cipher;
	uint16_t integ; /* 0 with an AEAD */
	uint64_t sent;	/* messages sealed: the IV of an AEAD */
	uint8_t e[KEYS_ENCR_MAX], a[IKE_PRF_MAX];
};

/** sk_init() - take one direction's keys; @initiator: SK_ei and SK_ai */
void sk_init(struct sk_key *k, const struct key_algs *a,
	     const struct ike_keys *keys, bool initiator);

/** sk_iv_len() - bytes between the SK header and the first inner payload */
size_t sk_iv_len(const struct sk_key *k);

/**
 * sk_seal() - finish a message whose SK payload is open: pad, encrypt, sign
 * @k:   key; an AEAD's counter advances
 * @rng: for CBC IVs (unpredictable, RFC 3602 3)
 * @b:   after ike_build_sk_begin() and the inner payloads
 *
 * Return: length of the message; 0 when it did not fit or crypto failed:
 * nothing may be sent.
 */
size_t sk_seal(struct sk_key *k, const struct rng *rng, struct ike_build *b);

/** sk_sealed_len() - what sk_seal() would return */
size_t sk_sealed_len(const struct sk_key *k, const struct ike_build *b);

/** sk_room() - bytes of payloads that a fragment of @limit bytes can carry */
size_t sk_room(const struct sk_key *k, size_t limit);

/**
 * sk_open() - verify, then decrypt in place
 * @k:   key of the sender's direction
 * @msg: the whole message
 * @sk:  its SK payload, as parsed from @msg
 * @plain: out: the inner payloads, inside @msg
 *
 * Return: 0; MISSIU_ESHORT, MISSIU_EAUTH, MISSIU_EPAD, MISSIU_ECRYPTO.
 */
int sk_open(const struct sk_key *k, uint8_t *msg, const struct ike_sk *sk,
	    struct chunk *plain);

#endif
