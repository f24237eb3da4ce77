/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data-path crypto on OpenSSL: works everywhere, one packet after the other.
 * Contexts and key schedules are made once a key; a packet sets only the IV.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "common/wr.h"
#include "crypto/backend.h"
#include "crypto/legacy.h"
#include "crypto/mac.h"

struct ossl_key {
	const struct crypt_suite *suite; /* the owning crypt_key's */
	EVP_CIPHER_CTX *enc, *dec;	 /* NULL for NULL encryption */
	struct mac *mac;		 /* NULL for AEADs */
};

static const struct {
	uint8_t encr, key_len;
	const EVP_CIPHER *(*cipher)(void);
} ciphers[] = {
	{ MISSIU_ENCR_3DES, 24, EVP_des_ede3_cbc },
	{ MISSIU_ENCR_AES_CBC, 16, EVP_aes_128_cbc },
	{ MISSIU_ENCR_AES_CBC, 24, EVP_aes_192_cbc },
	{ MISSIU_ENCR_AES_CBC, 32, EVP_aes_256_cbc },
	{ MISSIU_ENCR_AES_CTR, 16, EVP_aes_128_ctr },
	{ MISSIU_ENCR_AES_CTR, 24, EVP_aes_192_ctr },
	{ MISSIU_ENCR_AES_CTR, 32, EVP_aes_256_ctr },
	{ MISSIU_ENCR_AES_GCM, 16, EVP_aes_128_gcm },
	{ MISSIU_ENCR_AES_GCM, 24, EVP_aes_192_gcm },
	{ MISSIU_ENCR_AES_GCM, 32, EVP_aes_256_gcm },
	{ MISSIU_ENCR_AES_GMAC, 16, EVP_aes_128_gcm },
	{ MISSIU_ENCR_AES_GMAC, 24, EVP_aes_192_gcm },
	{ MISSIU_ENCR_AES_GMAC, 32, EVP_aes_256_gcm },
	{ MISSIU_ENCR_AES_CCM, 16, EVP_aes_128_ccm },
	{ MISSIU_ENCR_AES_CCM, 24, EVP_aes_192_ccm },
	{ MISSIU_ENCR_AES_CCM, 32, EVP_aes_256_ccm },
	{ MISSIU_ENCR_CHACHA20_POLY1305, 32, EVP_chacha20_poly1305 },
};

static const struct {
	uint8_t auth;
	enum mac_id mac;
} macs[] = {
	{ MISSIU_AUTH_SHA1, MAC_HMAC_SHA1 },
	{ MISSIU_AUTH_AES_XCBC, MAC_AES_XCBC },
	{ MISSIU_AUTH_SHA256, MAC_HMAC_SHA256 },
	{ MISSIU_AUTH_SHA384, MAC_HMAC_SHA384 },
	{ MISSIU_AUTH_SHA512, MAC_HMAC_SHA512 },
	{ MISSIU_AUTH_AES_CMAC, MAC_AES_CMAC },
	{ MISSIU_AUTH_BLAKE2B, MAC_BLAKE2B },
	{ MISSIU_AUTH_BLAKE2S, MAC_BLAKE2S },
	{ MISSIU_AUTH_MD5, MAC_HMAC_MD5 },
};

static const EVP_CIPHER *find_cipher(const struct crypt_suite *s)
{
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		if (ciphers[i].encr == s->encr->id &&
		    ciphers[i].key_len == s->key_len)
			return ciphers[i].cipher();
	}
	return legacy_cipher(s->encr->id);
}

/* Everything but the IV. CCM and Blowfish want lengths before the key. */
static EVP_CIPHER_CTX *cipher_ctx(const struct crypt_suite *s,
				  const uint8_t *key, int enc)
{
	const EVP_CIPHER *c = find_cipher(s);
	EVP_CIPHER_CTX *ctx = c ? EVP_CIPHER_CTX_new() : NULL;
	bool ok;

	if (!ctx)
		return NULL;
	ok = EVP_CipherInit_ex(ctx, c, NULL, NULL, NULL, enc);
	if (s->encr->id == MISSIU_ENCR_AES_CCM)
		ok = ok &&
		     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 11,
					 NULL) > 0 &&
		     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, s->icv_len,
					 NULL) > 0;
	if (s->encr->id == MISSIU_ENCR_BLOWFISH)
		ok = ok && EVP_CIPHER_CTX_set_key_length(ctx, s->key_len) > 0;
	ok = ok && EVP_CipherInit_ex(ctx, NULL, NULL, key, NULL, enc) &&
	     EVP_CIPHER_CTX_set_padding(ctx, 0);
	if (ok)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static int new_mac(struct ossl_key *k, const struct crypt_spec *spec)
{
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		if (macs[i].auth == spec->auth)
			return mac_new(macs[i].mac, spec->auth_key,
				       spec->auth_key_len, &k->mac);
	}
	return MISSIU_EUNSUP;
}

static void ossl_key_free(void *key)
{
	struct ossl_key *k = key;

	EVP_CIPHER_CTX_free(k->enc);
	EVP_CIPHER_CTX_free(k->dec);
	mac_free(k->mac);
	free(k);
}

static int ossl_key_new(const struct crypt_suite *s,
			const struct crypt_spec *spec, void **out)
{
	struct ossl_key *k = calloc(1, sizeof(*k));
	int ret = 0;

	if (!k)
		return MISSIU_ENOMEM;
	k->suite = s;
	if (s->encr->id != MISSIU_ENCR_NULL) {
		k->enc = cipher_ctx(s, spec->encr_key, 1);
		k->dec = cipher_ctx(s, spec->encr_key, 0);
		if (!k->enc || !k->dec)
			ret = MISSIU_ECRYPTO;
	}
	if (!ret && !s->encr->aead)
		ret = new_mac(k, spec);
	if (ret) {
		ossl_key_free(k);
		return ret;
	}
	*out = k;
	return 0;
}

/* IV, lengths for CCM, and AAD of one AEAD packet. */
static bool aead_start(const struct crypt_suite *s, EVP_CIPHER_CTX *ctx,
		       const struct crypt_job *j)
{
	uint8_t nonce[CRYPT_NONCE_MAX], aad_buf[12];
	const uint8_t *aad;
	size_t aad_len;
	int n;

	suite_nonce(s, j, nonce);
	aad = suite_aad(s, j, aad_buf, &aad_len);
	if (!EVP_CipherInit_ex(ctx, NULL, NULL, NULL, nonce, -1))
		return false;
	if (s->encr->id == MISSIU_ENCR_AES_CCM &&
	    !EVP_CipherUpdate(ctx, NULL, &n, NULL, (int)j->text_len))
		return false;
	return EVP_CipherUpdate(ctx, NULL, &n, aad, (int)aad_len);
}

/*
 * RFC 4543 3.3 as corrected by erratum 1821: everything from the SPI to the
 * next header is AAD, the IV too; nothing is encrypted.
 */
static size_t hidden_len(const struct crypt_suite *s, EVP_CIPHER_CTX *ctx,
			 const struct crypt_job *j, bool *ok)
{
	int n;

	if (s->encr->id != MISSIU_ENCR_AES_GMAC)
		return j->text_len;
	*ok = *ok && EVP_CipherUpdate(ctx, NULL, &n, j->esp + 8,
				      (int)(s->iv_len + j->text_len));
	return 0;
}

static bool aead_seal(struct ossl_key *k, const struct crypt_job *j)
{
	const struct crypt_suite *s = k->suite;
	uint8_t *text = job_text(s, j);
	const uint8_t *src = job_src(s, j);
	bool ok = aead_start(s, k->enc, j);
	uint8_t last[16];
	size_t len;
	int n;

	if (s->encr->id == MISSIU_ENCR_AES_GMAC && src != text && j->text_len)
		memmove(text, src, j->text_len);
	len = hidden_len(s, k->enc, j, &ok);
	return ok && EVP_EncryptUpdate(k->enc, text, &n, src, (int)len) &&
	       EVP_EncryptFinal_ex(k->enc, last, &n) &&
	       EVP_CIPHER_CTX_ctrl(k->enc, EVP_CTRL_AEAD_GET_TAG, s->icv_len,
				   job_icv(s, j)) > 0;
}

/*
 * OpenSSL compares the tag itself, in constant time. For a wrong CCM tag it
 * also notes an error, the one thing here that allocates.
 */
static int aead_open(struct ossl_key *k, const struct crypt_job *j)
{
	const struct crypt_suite *s = k->suite;
	uint8_t *text = job_text(s, j);
	uint8_t last[16];
	bool ok = true;
	size_t len;
	int n;

	/* The tag goes first: CCM must know it before the text. */
	if (EVP_CIPHER_CTX_ctrl(k->dec, EVP_CTRL_AEAD_SET_TAG, s->icv_len,
				job_icv(s, j)) <= 0 ||
	    !aead_start(s, k->dec, j))
		return MISSIU_ECRYPTO;
	len = hidden_len(s, k->dec, j, &ok);
	if (!ok)
		return MISSIU_ECRYPTO;
	if (!EVP_DecryptUpdate(k->dec, text, &n, text, (int)len))
		return MISSIU_EAUTH;
	/* CCM has no final step: its update fails for a wrong tag. */
	if (s->encr->id != MISSIU_ENCR_AES_CCM &&
	    EVP_DecryptFinal_ex(k->dec, last, &n) <= 0)
		return MISSIU_EAUTH;
	return 0;
}

/* CBC and CTR; NULL encryption only moves the text. */
static bool cipher_text(const struct crypt_suite *s, EVP_CIPHER_CTX *ctx,
			const struct crypt_job *j, const uint8_t *src)
{
	uint8_t counter[16], *text = job_text(s, j);
	const uint8_t *iv = j->esp + 8;
	int n;

	if (!ctx) {
		if (src != text && j->text_len)
			memmove(text, src, j->text_len);
		return true;
	}
	if (!j->text_len)
		return true;
	if (s->encr->id == MISSIU_ENCR_AES_CTR) {
		suite_nonce(s, j, counter);
		store_be32(counter + 12, 1); /* RFC 3686 section 4 */
		iv = counter;
	}
	return EVP_CipherInit_ex(ctx, NULL, NULL, NULL, iv, -1) &&
	       EVP_CipherUpdate(ctx, text, &n, src, (int)j->text_len);
}

/* ICV over header, IV, cipher text and, with ESN, the implicit high bits. */
static int packet_mac(struct ossl_key *k, const struct crypt_job *j,
		      uint8_t out[static MAC_MAX])
{
	const struct crypt_suite *s = k->suite;
	uint8_t seq_hi[4];

	mac_start(k->mac);
	mac_update(k->mac, j->esp, 8u + s->iv_len + j->text_len);
	if (s->esn) {
		store_be32(seq_hi, (uint32_t)(j->seq >> 32));
		mac_update(k->mac, seq_hi, sizeof(seq_hi));
	}
	return mac_final(k->mac, out);
}

static int seal_one(struct ossl_key *k, const struct crypt_job *j)
{
	const struct crypt_suite *s = k->suite;
	uint8_t icv[MAC_MAX];

	if (s->encr->aead)
		return aead_seal(k, j) ? 0 : MISSIU_ECRYPTO;
	if (!cipher_text(s, k->enc, j, job_src(s, j)) || packet_mac(k, j, icv))
		return MISSIU_ECRYPTO;
	memcpy(job_icv(s, j), icv, s->icv_len);
	return 0;
}

static int open_one(struct ossl_key *k, const struct crypt_job *j)
{
	const struct crypt_suite *s = k->suite;
	uint8_t icv[MAC_MAX];

	if (s->encr->aead)
		return aead_open(k, j);
	if (packet_mac(k, j, icv))
		return MISSIU_ECRYPTO;
	if (!ct_equal(icv, job_icv(s, j), s->icv_len))
		return MISSIU_EAUTH;
	return cipher_text(s, k->dec, j, job_text(s, j)) ? 0 : MISSIU_ECRYPTO;
}

static void ossl_seal(void *key, struct crypt_job *const v[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i]->result = seal_one(key, v[i]);
}

static void ossl_open(void *key, struct crypt_job *const v[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i]->result = open_one(key, v[i]);
}

const struct crypt_backend ossl_backend = {
	.key_new = ossl_key_new,
	.key_free = ossl_key_free,
	.seal = ossl_seal,
	.open = ossl_open,
};
