/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of struct cert, for those files of this layer that need it. */
#ifndef CRYPTO_CERT_IMPL_H
#define CRYPTO_CERT_IMPL_H

#include <openssl/x509.h>

#include "crypto/cert.h"

struct cert {
	X509 *x;
	uint8_t *der;
	size_t der_len;
	uint8_t key_hash[CERT_HASH_LEN];
	char subject[CERT_NAME_MAX], issuer[CERT_NAME_MAX];
};

/** cert_wrap() - take @x over in any case; Return: 0, MISSIU_EPROTO, ENOMEM */
int cert_wrap(X509 *x, struct cert **out);

/** cert_list_add() - take @x over in any case; Return: as cert_wrap(), EFULL */
int cert_list_add(struct cert_list *l, X509 *x);

/** cert_list_cut() - free those from @n on */
void cert_list_cut(struct cert_list *l, size_t n);

#endif
