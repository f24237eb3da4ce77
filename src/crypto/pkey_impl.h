/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of struct pkey, for those files of this layer that use the key. */
#ifndef CRYPTO_PKEY_IMPL_H
#define CRYPTO_PKEY_IMPL_H

#include <openssl/evp.h>

#include "crypto/pkey.h"

struct pkey {
	EVP_PKEY *evp;
	enum pkey_type type;
};

/**
 * pkey_wrap() - take a key over when its type, curve and size are accepted
 * @evp:  taken over in any case; NULL: MISSIU_EINVAL
 * @diag: out: why not, e.g. "RSA key of 1024 bits, expected 2048 to 8192"
 *
 * Return: 0, MISSIU_EUNSUP, MISSIU_EINVAL, MISSIU_ENOMEM.
 */
int pkey_wrap(EVP_PKEY *evp, struct pkey **out, struct missiu_diag *diag);

/** pkey_check() - whether a key is accepted; @type may be NULL */
int pkey_check(EVP_PKEY *evp, enum pkey_type *type, struct missiu_diag *diag);

#endif
