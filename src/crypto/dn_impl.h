/* SPDX-License-Identifier: Apache-2.0 */
/* Names that are decoded already, for the other files of this layer. */
#ifndef CRYPTO_DN_IMPL_H
#define CRYPTO_DN_IMPL_H

#include <openssl/x509.h>

/** dn_print() - as dn_text(), of a decoded name */
void dn_print(const X509_NAME *name, char *out, size_t cap);

#endif
