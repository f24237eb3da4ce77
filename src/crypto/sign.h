/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of IKE_AUTH. */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include "crypto/sigalg.h"

/** Room for an AUTH payload's data: RSA of 8192 bits and its algorithm. */
#define SIGN_MAX (1 + 128 + PKEY_RSA_MAX_BITS / 8)

/**
 * sign_make() - authentication data of an AUTH payload
 * @k:   private key
 * @a:   from sigalg_choose()
 * @v, @n: what is signed (RFC 7296 2.15)
 * @out: SIGN_MAX bytes
 * @len: out
 *
 * Method 14: with the AlgorithmIdentifier in front. Return: 0, MISSIU_ECRYPTO,
 * MISSIU_ENOMEM.
 */
int sign_make(const struct pkey *k, const struct sigalg *a,
	      const struct chunk *v, size_t n, uint8_t out[static SIGN_MAX],
	      size_t *len);

/**
 * sign_check() - verify
 * @k:   public key
 * @a:   from sigalg_find(), for this key's type
 * @sig: the signature alone
 *
 * Return: 0; MISSIU_EAUTH (it is wrong); MISSIU_ENOMEM, MISSIU_ECRYPTO.
 */
int sign_check(const struct pkey *k, const struct sigalg *a,
	       const struct chunk *v, size_t n, struct chunk sig);

#endif
