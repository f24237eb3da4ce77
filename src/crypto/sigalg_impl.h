/* SPDX-License-Identifier: Apache-2.0 */
/* The table of signature algorithms, for sigalg's own files. */
#ifndef CRYPTO_SIGALG_IMPL_H
#define CRYPTO_SIGALG_IMPL_H

#include "crypto/sigalg.h"

#define SIGALG_METHOD_SIGNATURE 14 /* RFC 7427 */

enum sigalg_index {
	A_PSS256,
	A_PSS384,
	A_PSS512,
	A_RSA256,
	A_RSA384,
	A_RSA512,
	A_ECDSA256,
	A_ECDSA384,
	A_ECDSA512,
	A_ED25519,
	A_ED448,
	A_OLD_P256,
	A_OLD_P384,
	A_OLD_P521,
	A_OLD_RSA,
	SIGALGS
};

/** sigalg_get() - a row; never NULL */
const struct sigalg *sigalg_get(enum sigalg_index i);

/** sigalg_fits() - whether a key of this type can use it */
bool sigalg_fits(const struct sigalg *a, enum pkey_type type);

#endif
