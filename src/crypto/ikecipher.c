/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encryption of IKE's SK payload: CBC (RFC 7296 3.14), CTR (RFC 5930), and the
 * AEADs (RFC 5282, RFC 7634). One message at a time, so nothing is kept.
 */
#include "crypto/ikecrypt.h"

#include <limits.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/secret.h"
#include "common/wr.h"
#include "crypto/algs.h"

/* Largest salt and IV together, and a counter. */
#define NONCE_MAX 16

static const struct {
	uint8_t encr, key_len;
	const EVP_CIPHER *(*cipher)(void);
} ciphers[] = {
	{ MISSIU_ENCR_AES_CBC, 16, EVP_aes_128_cbc },
	{ MISSIU_ENCR_AES_CBC, 24, EVP_aes_192_cbc },
	{ MISSIU_ENCR_AES_CBC, 32, EVP_aes_256_cbc },
	{ MISSIU_ENCR_AES_CTR, 16, EVP_aes_128_ctr },
	{ MISSIU_ENCR_AES_CTR, 24, EVP_aes_192_ctr },
	{ MISSIU_ENCR_AES_CTR, 32, EVP_aes_256_ctr },
	{ MISSIU_ENCR_AES_GCM, 16, EVP_aes_128_gcm },
	{ MISSIU_ENCR_AES_GCM, 24, EVP_aes_192_gcm },
	{ MISSIU_ENCR_AES_GCM, 32, EVP_aes_256_gcm },
	{ MISSIU_ENCR_AES_CCM, 16, EVP_aes_128_ccm },
	{ MISSIU_ENCR_AES_CCM, 24, EVP_aes_192_ccm },
	{ MISSIU_ENCR_AES_CCM, 32, EVP_aes_256_ccm },
	{ MISSIU_ENCR_CHACHA20_POLY1305, 32, EVP_chacha20_poly1305 },
};

static const EVP_CIPHER *find_cipher(uint8_t encr, size_t key_len)
{
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		if (ciphers[i].encr == encr && ciphers[i].key_len == key_len)
			return ciphers[i].cipher();
	}
	return NULL;
}

bool ike_cipher_get(uint16_t id, uint16_t key_bits, struct ike_cipher *out)
{
	const struct encr_alg *e;
	uint8_t encr, icv_len;

	if (!encr_from_iana(id, &encr, &icv_len) || key_bits % 8)
		return false;
	/* ChaCha20 comes without a Key Length attribute (RFC 7634 4) */
	if (encr == MISSIU_ENCR_CHACHA20_POLY1305 && !key_bits)
		key_bits = 256;
	if (!find_cipher(encr, key_bits / 8u))
		return false;
	e = encr_alg(encr);
	*out = (struct ike_cipher){
		.id = id,
		.key_bits = key_bits,
		.key_len = (uint8_t)(key_bits / 8),
		.salt_len = e->salt_len,
		.iv_len = e->iv_len,
		.block = e->block,
		.icv_len = icv_len,
		.aead = e->aead,
	};
	return true;
}

static bool is_ccm(const struct ike_cipher *c)
{
	return c->id >= 14 && c->id <= 16;
}

/* Salt, then IV; CTR continues with a counter of 1, CBC has only the IV. */
static void make_nonce(const struct ike_cipher *c, const uint8_t *key,
		       const uint8_t *iv, uint8_t nonce[static NONCE_MAX])
{
	memset(nonce, 0, NONCE_MAX);
	memcpy(nonce, key + c->key_len, c->salt_len);
	memcpy(nonce + c->salt_len, iv, c->iv_len);
	if (!c->aead && c->salt_len)
		store_be32(nonce + 12, 1);
}

/* Context with key and nonce; @tag: the expected one when decrypting. */
static EVP_CIPHER_CTX *start(const struct ike_cipher *c, const uint8_t *key,
			     const uint8_t *iv, const uint8_t *tag, int enc)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t encr, icv_len, nonce[NONCE_MAX], expected[16];
	bool ok = ctx && encr_from_iana(c->id, &encr, &icv_len);

	ok = ok && EVP_CipherInit_ex(ctx, find_cipher(encr, c->key_len), NULL,
				     NULL, NULL, enc);
	if (c->aead)
		ok = ok &&
		     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN,
					 c->salt_len + c->iv_len, NULL) > 0;
	if (c->aead && !enc)
		memcpy(expected, tag, c->icv_len);
	if (c->aead && (!enc || is_ccm(c)))
		ok = ok &&
		     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, c->icv_len,
					 enc ? NULL : expected) > 0;
	make_nonce(c, key, iv, nonce);
	ok = ok && EVP_CipherInit_ex(ctx, NULL, NULL, key, nonce, enc) &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0);
	if (ok)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/* CCM must know the length of the text before the AAD. */
static bool add_aad(const struct ike_cipher *c, EVP_CIPHER_CTX *ctx,
		    const uint8_t *aad, size_t aad_len, size_t len)
{
	int n;

	if (!c->aead)
		return true;
	if (is_ccm(c) && !EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)len))
		return false;
	return !aad_len || EVP_CipherUpdate(ctx, NULL, &n, aad, (int)aad_len);
}

static bool sizes_ok(const struct ike_cipher *c, size_t len, size_t aad_len)
{
	return len <= INT_MAX && aad_len <= INT_MAX && len % c->block == 0;
}

int ike_encrypt(const struct ike_cipher *c, const uint8_t *key,
		const uint8_t *iv, const uint8_t *aad, size_t aad_len,
		uint8_t *text, size_t len, uint8_t *icv)
{
	EVP_CIPHER_CTX *ctx;
	uint8_t last[16];
	bool ok;
	int n;

	if (!sizes_ok(c, len, aad_len))
		return MISSIU_EINVAL;
	ctx = start(c, key, iv, NULL, 1);
	ok = ctx && add_aad(c, ctx, aad, aad_len, len) &&
	     EVP_EncryptUpdate(ctx, text, &n, text, (int)len) &&
	     EVP_EncryptFinal_ex(ctx, last, &n);
	if (ok && c->aead)
		ok = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, c->icv_len,
					 icv) > 0;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : MISSIU_ECRYPTO;
}

int ike_decrypt(const struct ike_cipher *c, const uint8_t *key,
		const uint8_t *iv, const uint8_t *aad, size_t aad_len,
		uint8_t *text, size_t len, const uint8_t *icv)
{
	EVP_CIPHER_CTX *ctx;
	int ret = MISSIU_ECRYPTO, n;
	uint8_t last[16];
	bool ok;

	if (!sizes_ok(c, len, aad_len))
		return MISSIU_EINVAL;
	ctx = start(c, key, iv, icv, 0);
	if (ctx && add_aad(c, ctx, aad, aad_len, len)) {
		ok = EVP_DecryptUpdate(ctx, text, &n, text, (int)len);
		/* CCM has no final step: its update fails for a wrong tag */
		if (!is_ccm(c))
			ok = ok && EVP_DecryptFinal_ex(ctx, last, &n) > 0;
		ret = ok ? 0 : c->aead ? MISSIU_EAUTH : MISSIU_ECRYPTO;
	}
	EVP_CIPHER_CTX_free(ctx);
	if (ret)
		secret_wipe(text, len);
	return ret;
}
