/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyed BLAKE2b and BLAKE2s (RFC 7693 2.9): the key is a block of the message,
 * key and output length are part of the initial state.
 */
#include "crypto/mac_impl.h"

#include <openssl/core_names.h>

#include "missiu/err.h"

#define KEY_2B_MAX 64
#define KEY_2S_MAX 32

static bool set_up(EVP_MAC_CTX *ctx, const uint8_t *key, size_t len)
{
	size_t size = BLAKE2_LEN;
	OSSL_PARAM p[] = {
		OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_init(ctx, key, len, p);
}

int blake2_init(struct blake2 *b, enum mac_id id, const uint8_t *key,
		size_t len)
{
	bool big = id == MAC_BLAKE2B;
	EVP_MAC *mac;

	if (!len || len > (big ? KEY_2B_MAX : KEY_2S_MAX))
		return MISSIU_EKEYLEN;
	mac = EVP_MAC_fetch(NULL, big ? "BLAKE2BMAC" : "BLAKE2SMAC", NULL);
	b->ctx = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	return b->ctx && set_up(b->ctx, key, len) ? 0 : MISSIU_ECRYPTO;
}

void blake2_fini(struct blake2 *b)
{
	EVP_MAC_CTX_free(b->ctx); /* wipes its key */
	b->ctx = NULL;
}

void blake2_start(struct blake2 *b)
{
	b->failed = !EVP_MAC_init(b->ctx, NULL, 0, NULL);
}

void blake2_update(struct blake2 *b, const uint8_t *p, size_t len)
{
	if (!EVP_MAC_update(b->ctx, p, len))
		b->failed = true;
}

int blake2_final(struct blake2 *b, uint8_t *out)
{
	size_t n;

	if (!EVP_MAC_final(b->ctx, out, &n, BLAKE2_LEN) || b->failed)
		return MISSIU_ECRYPTO;
	return 0;
}
