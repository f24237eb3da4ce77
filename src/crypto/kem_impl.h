/* SPDX-License-Identifier: Apache-2.0 */
/* Key encapsulation, for kex.c only; contracts as in kex.h. */
#ifndef CRYPTO_KEM_IMPL_H
#define CRYPTO_KEM_IMPL_H

#include "crypto/kex.h"

struct kem_alg; /* one of the table in kem.c */
struct kem_key; /* a private decapsulation key, opaque */

/** kem_alg() - NULL: not a KEM that this tree knows */
const struct kem_alg *kem_alg(uint16_t method);

/** kem_usable() - whether the OpenSSL at hand has it */
bool kem_usable(const struct kem_alg *a);

/** kem_missing() - text for kex_missing() */
void kem_missing(char *buf, size_t cap);

struct kem_key *kem_new(const struct kem_alg *a, struct kex_value *pub);
int kem_encaps(const struct kem_alg *a, struct chunk pub, struct kex_value *ct,
	       struct kex_secret *secret);
int kem_decaps(struct kem_key *k, struct chunk ct, struct kex_secret *secret);
void kem_free(struct kem_key *k);

#endif
