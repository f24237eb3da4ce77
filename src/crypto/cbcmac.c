/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-XCBC-MAC (RFC 3566) and AES-CMAC (RFC 4493). Both are CBC-MAC whose last
 * block is XORed with one of two secret masks, so that no message's MAC is of
 * use for a longer one; they differ in where key and masks come from.
 */
#include "crypto/mac_impl.h"

#include <string.h>

#include "missiu/err.h"

#include "common/secret.h"

#define BLOCK 16

static const uint8_t zero[BLOCK];

/* Set up AES-128-CBC encryption without padding. */
static bool cbc_key(EVP_CIPHER_CTX *ctx, const uint8_t key[static BLOCK])
{
	return EVP_EncryptInit_ex(ctx, EVP_aes_128_cbc(), NULL, key, zero) &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0);
}

/* One block through the cipher; chained to the blocks before it. */
static bool one_block(EVP_CIPHER_CTX *ctx, const uint8_t in[static BLOCK],
		      uint8_t out[static BLOCK])
{
	int n;

	return EVP_EncryptUpdate(ctx, out, &n, in, BLOCK) && n == BLOCK;
}

/* RFC 3566 section 4: three keys by encrypting constants; K1 does the work. */
static bool xcbc_keys(struct cbcmac *c)
{
	uint8_t k1[BLOCK], constant[BLOCK];
	bool ok;

	memset(constant, 1, BLOCK);
	ok = one_block(c->ctx, constant, k1) &&
	     EVP_EncryptInit_ex(c->ctx, NULL, NULL, NULL, zero);
	memset(constant, 2, BLOCK);
	ok = ok && one_block(c->ctx, constant, c->full) &&
	     EVP_EncryptInit_ex(c->ctx, NULL, NULL, NULL, zero);
	memset(constant, 3, BLOCK);
	ok = ok && one_block(c->ctx, constant, c->part) && cbc_key(c->ctx, k1);
	secret_wipe(k1, sizeof(k1));
	return ok;
}

/* Multiply by x in GF(2^128), without a branch on the secret. */
static void gf_double(const uint8_t in[static BLOCK], uint8_t out[static BLOCK])
{
	uint8_t carry = in[0] >> 7;

	for (size_t i = 0; i < BLOCK - 1; i++)
		out[i] = (uint8_t)(in[i] << 1 | in[i + 1] >> 7);
	out[BLOCK - 1] = (uint8_t)(in[BLOCK - 1] << 1 ^ (0x87 & -carry));
}

/* RFC 4493 2.3: both masks come from the encryption of zero. */
static bool cmac_keys(struct cbcmac *c)
{
	uint8_t l[BLOCK];

	if (!one_block(c->ctx, zero, l))
		return false;
	gf_double(l, c->full);
	gf_double(c->full, c->part);
	secret_wipe(l, sizeof(l));
	return true;
}

int cbcmac_init(struct cbcmac *c, enum mac_id id, const uint8_t *key,
		size_t len)
{
	bool ok;

	if (len != BLOCK)
		return MISSIU_EKEYLEN;
	c->ctx = EVP_CIPHER_CTX_new();
	if (!c->ctx)
		return MISSIU_ENOMEM;
	ok = cbc_key(c->ctx, key) &&
	     (id == MAC_AES_XCBC ? xcbc_keys(c) : cmac_keys(c));
	return ok ? 0 : MISSIU_ECRYPTO;
}

void cbcmac_fini(struct cbcmac *c)
{
	EVP_CIPHER_CTX_free(c->ctx); /* wipes its key schedule */
	c->ctx = NULL;
}

void cbcmac_start(struct cbcmac *c)
{
	c->n_last = 0;
	c->failed = !EVP_EncryptInit_ex(c->ctx, NULL, NULL, NULL, zero);
}

/* Blocks that are known not to be the last. */
static void blocks(struct cbcmac *c, const uint8_t *p, size_t len)
{
	uint8_t sink[16 * BLOCK];
	int n;

	while (len) {
		size_t part = len < sizeof(sink) ? len : sizeof(sink);

		if (!EVP_EncryptUpdate(c->ctx, sink, &n, p, (int)part))
			c->failed = true;
		p += part;
		len -= part;
	}
}

void cbcmac_update(struct cbcmac *c, const uint8_t *p, size_t len)
{
	size_t part;

	if (c->n_last + len > BLOCK && c->n_last) {
		part = BLOCK - c->n_last;
		memcpy(c->last + c->n_last, p, part);
		blocks(c, c->last, BLOCK);
		c->n_last = 0;
		p += part;
		len -= part;
	}
	if (len > BLOCK) {
		part = (len - 1) / BLOCK * BLOCK;
		blocks(c, p, part);
		p += part;
		len -= part;
	}
	memcpy(c->last + c->n_last, p, len);
	c->n_last += len;
}

int cbcmac_final(struct cbcmac *c, uint8_t *out)
{
	const uint8_t *mask = c->full;

	if (c->n_last < BLOCK) {
		c->last[c->n_last] = 0x80;
		memset(c->last + c->n_last + 1, 0, BLOCK - c->n_last - 1);
		mask = c->part;
	}
	for (size_t i = 0; i < BLOCK; i++)
		c->last[i] ^= mask[i];
	if (!one_block(c->ctx, c->last, out) || c->failed)
		return MISSIU_ECRYPTO;
	return 0;
}
