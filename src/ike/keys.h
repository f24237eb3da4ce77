/* SPDX-License-Identifier: Apache-2.0 */
/* Key derivation of IKEv2: IKE SA, rekeyed IKE SA, child SA. Pure. */
#ifndef IKE_KEYS_H
#define IKE_KEYS_H

#include "crypto/ikecrypt.h"

/** Longest IKE cipher key with salt. */
#define KEYS_ENCR_MAX 40

/** Algorithms of an IKE SA, resolved to sizes. */
struct key_algs {
	uint16_t prf;	/* transform type 2 */
	uint16_t integ; /* transform type 3; 0 with an AEAD */
	struct ike_cipher cipher;
};

/** What goes into the derivation beside the shared secret. */
struct key_seed {
	struct chunk ni, nr;   /* nonces, bodies only */
	uint64_t spi_i, spi_r; /* of the SA the keys are for */
	struct chunk more;     /* SK(1) | SK(2) …: keys_rekeyed() only */
};

/** The seven keys of RFC 7296 2.14. Holds secrets. */
struct ike_keys {
	uint8_t sk_d[IKE_PRF_MAX];
	uint8_t sk_ai[IKE_PRF_MAX], sk_ar[IKE_PRF_MAX];
	uint8_t sk_ei[KEYS_ENCR_MAX], sk_er[KEYS_ENCR_MAX]; /* salt last */
	uint8_t sk_pi[IKE_PRF_MAX], sk_pr[IKE_PRF_MAX];
};

/**
 * keys_first() - keys of an IKE SA made by IKE_SA_INIT
 * @a:   algorithms chosen
 * @s:   nonces and SPIs
 * @g_ir: Diffie-Hellman shared secret
 * @out: out; the caller wipes it; zero on failure
 *
 * SKEYSEED = prf(Ni | Nr, g^ir), then prf+ (RFC 7296 2.14; RFC 5282 7: no
 * SK_a with an AEAD). Return: 0, MISSIU_EUNSUP, MISSIU_ECRYPTO.
 */
int keys_first(const struct key_algs *a, const struct key_seed *s,
	       struct chunk g_ir, struct ike_keys *out);

/**
 * keys_rekeyed() - keys of an IKE SA made by CREATE_CHILD_SA
 * @old_prf: PRF of the SA being replaced
 * @old_d:   its SK_d
 *
 * SKEYSEED = prf(SK_d(old), g^ir(new) | Ni | Nr | SK(1) …) (RFC 7296 2.18, RFC
 * 9370 2.2.4).
 * Other parameters and return as keys_first().
 */
int keys_rekeyed(const struct key_algs *a, const struct key_seed *s,
		 uint16_t old_prf, const uint8_t *old_d, struct chunk g_ir,
		 struct ike_keys *out);

/**
 * keys_ppk() - mix a post-quantum pre-shared key into SK_d, SK_pi and SK_pr
 * @prf: of the IKE SA
 * @ppk: the key, 1 to 256 bytes
 * @k:   in/out: unchanged on failure
 * RFC 8784 3. Return: 0, MISSIU_EUNSUP, MISSIU_ECRYPTO.
 */
int keys_ppk(uint16_t prf, struct chunk ppk, struct ike_keys *k);

/**
 * keys_child() - KEYMAT of a child SA
 * @prf:  PRF of the IKE SA
 * @sk_d: its SK_d, prf_len() bytes
 * @g_ir: shared secret of this exchange; length 0 without PFS
 * @ni, @nr: nonces of the exchange that made the child
 * @more: SK(1) | SK(2) …, of IKE_FOLLOWUP_KE; length 0: none
 * @out, @len: out: initiator's direction first, encryption before integrity
 *
 * RFC 7296 2.17, RFC 9370 2.2.4. Return: 0, MISSIU_EINVAL, MISSIU_EUNSUP, MISSIU_ECRYPTO.
 */
int keys_child(uint16_t prf, const uint8_t *sk_d, struct chunk g_ir,
	       struct chunk ni, struct chunk nr, struct chunk more,
	       uint8_t *out, size_t len);

#endif
