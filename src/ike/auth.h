/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication with a pre-shared key: which key, and the AUTH value. */
#ifndef IKE_AUTH_H
#define IKE_AUTH_H

#include "crypto/ikecrypt.h"
#include "ike/core.h"

/** What one side signs (RFC 7296 2.15): its first message, the other's nonce,
 * and its own identity under its SK_p. */
struct auth_octets {
	struct chunk msg;   /* the signer's IKE_SA_INIT message as sent */
	struct chunk nonce; /* the other side's */
	struct chunk id;    /* the signer's ID payload without generic header */
	struct chunk inter; /* inter_auth(); length 0: none */
	const uint8_t *sk_p; /* the signer's; prf_len() bytes */
};

/** Pieces of what is signed. */
#define AUTH_OCTETS_MAX 4

/**
 * auth_octets_list() - what is signed, in pieces
 * @maced: out: the MAC of the identity, which @v borrows; to be wiped
 * @v, @n: out: the pieces
 *
 * Return: 0, MISSIU_EUNSUP, MISSIU_ECRYPTO.
 */
int auth_octets_list(uint16_t prf_id, const struct auth_octets *o,
		     uint8_t maced[static IKE_PRF_MAX],
		     struct chunk v[static AUTH_OCTETS_MAX], size_t *n);

/**
 * auth_psk() - AUTH = prf(prf(secret, "Key Pad for IKEv2"), octets)
 * @prf_id: negotiated PRF
 * @psk:    the shared secret
 * @o:      what is signed
 * @out:    out: prf_len(@prf_id) bytes
 *
 * Return: 0, MISSIU_EUNSUP, MISSIU_ECRYPTO.
 */
int auth_psk(uint16_t prf_id, const struct ike_psk *psk,
	     const struct auth_octets *o, uint8_t *out);

/**
 * auth_psk_find() - the key for a peer
 * @v, @n: keys
 * @addr:  the peer's address
 * @id:    its identity; NULL: not known yet
 *
 * The most specific entry wins: identity and address, identity, address, any;
 * of equals the first. Without @id: address, address and an identity, any, an
 * identity alone. Return: borrowed from @v, or NULL.
 */
const struct ike_psk *auth_psk_find(const struct ike_psk *v, size_t n,
				    const struct missiu_addr *addr,
				    const struct ike_id *id);

#endif
