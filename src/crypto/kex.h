/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key exchange methods of IKE (transform types 4 and 6 to 12) as what they have
 * in common: Diffie-Hellman groups and key encapsulation (RFC 9370 2, FIPS 203).
 *
 *   initiator   kex_new()  ── value ──►  kex_answer()   responder
 *               kex_finish() ◄── value ──
 *
 * With a group both values are public keys; with ML-KEM the first one is an
 * encapsulation key, the second a ciphertext: the responder needs the first.
 */
#ifndef CRYPTO_KEX_H
#define CRYPTO_KEX_H

#include "crypto/ikecrypt.h"

/** Longest value on the wire: ML-KEM-1024's key and ciphertext. */
#define KEX_VALUE_MAX 1568

/** What goes into a KE payload. */
struct kex_value {
	size_t len;
	uint8_t p[KEX_VALUE_MAX];
};

/** A shared secret; the holder wipes it. */
struct kex_secret {
	size_t len;
	uint8_t p[IKE_DH_MAX];
};

struct kex; /* the initiator's ephemeral private key, opaque */

/** kex_supported() - whether the method works here, now */
bool kex_supported(uint16_t method);

/**
 * kex_missing() - why a known method does not work here
 *
 * @buf, @cap: out: "needs OpenSSL 3.5 or later, this is 3.0.15"
 *
 * Return: false when it works, or when nothing is known of it.
 */
bool kex_missing(uint16_t method, char *buf, size_t cap);

/** kex_new() - a fresh private key; NULL: not supported, or crypto failed */
struct kex *kex_new(uint16_t method);

/** kex_method() - its transform number */
uint16_t kex_method(const struct kex *k);

/** kex_value() - what the initiator sends; borrowed from @k */
struct chunk kex_value(const struct kex *k);

/**
 * kex_answer() - the responder's half, in one step
 * @peer: the initiator's value as received, checked (RFC 6989; FIPS 203 7.2)
 * @value, @secret: out
 *
 * Return: 0; MISSIU_EUNSUP; MISSIU_EPROTO: bad length or value;
 * MISSIU_ECRYPTO.
 */
int kex_answer(uint16_t method, struct chunk peer, struct kex_value *value,
	       struct kex_secret *secret);

/**
 * kex_finish() - the initiator's second half
 * @peer: the responder's value as received, checked the same way
 *
 * A wrong ciphertext of the right length gives a secret that nobody else has
 * (FIPS 203 6.3): it shows when the next message does not open.
 * Return: as kex_answer().
 */
int kex_finish(struct kex *k, struct chunk peer, struct kex_secret *secret);

/** kex_free() - wipe and free; NULL is fine */
void kex_free(struct kex *k);

#endif
