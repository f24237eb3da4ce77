/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP for those files of this layer that have OpenSSL's certificates. */
#ifndef CRYPTO_OCSP_IMPL_H
#define CRYPTO_OCSP_IMPL_H

#include <openssl/x509.h>

#include "crypto/ocsp.h"

/** ocsp_judge() - as ocsp_check() */
int ocsp_judge(struct chunk der, X509 *x, X509 *issuer, int64_t now_s,
	       struct ocsp_answer *out, struct missiu_diag *diag);

#endif
