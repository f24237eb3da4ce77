/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/legacy.h"

#include <stddef.h>

#include <openssl/provider.h>

#include "missiu/types.h"

static struct {
	uint8_t encr;
	const char *name;
	EVP_CIPHER *cipher; /* NULL: the provider is missing */
} ciphers[] = {
	{ MISSIU_ENCR_DES, "DES-CBC", NULL },
	{ MISSIU_ENCR_BLOWFISH, "BF-CBC", NULL },
};

#define N_CIPHERS (sizeof(ciphers) / sizeof(ciphers[0]))

void legacy_init(void)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();

	if (!ctx)
		return;
	if (!OSSL_PROVIDER_load(ctx, "legacy")) {
		OSSL_LIB_CTX_free(ctx);
		return;
	}
	for (size_t i = 0; i < N_CIPHERS; i++)
		ciphers[i].cipher =
			EVP_CIPHER_fetch(ctx, ciphers[i].name, NULL);
}

const EVP_CIPHER *legacy_cipher(uint8_t encr)
{
	for (size_t i = 0; i < N_CIPHERS; i++)
		if (ciphers[i].encr == encr)
			return ciphers[i].cipher;
	return NULL;
}

bool legacy_lacks(uint8_t encr)
{
	for (size_t i = 0; i < N_CIPHERS; i++)
		if (ciphers[i].encr == encr)
			return !ciphers[i].cipher;
	return false;
}
