/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the back end on intel-ipsec-mb: which suites it has, and how. */
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "crypto/mb_impl.h"

#define HASH_BLOCK_MAX 128

static const struct {
	uint8_t encr, key_len;
	IMB_CIPHER_MODE cipher;
	IMB_HASH_ALG hash; /* of an AEAD */
	const struct mb_way *way;
} suites[] = {
	{ MISSIU_ENCR_AES_GCM, 16, IMB_CIPHER_GCM, IMB_AUTH_NULL, &mb_gcm_way },
	{ MISSIU_ENCR_AES_GCM, 24, IMB_CIPHER_GCM, IMB_AUTH_NULL, &mb_gcm_way },
	{ MISSIU_ENCR_AES_GCM, 32, IMB_CIPHER_GCM, IMB_AUTH_NULL, &mb_gcm_way },
	{ MISSIU_ENCR_AES_GMAC, 16, IMB_CIPHER_GCM, IMB_AUTH_NULL,
	  &mb_gmac_way },
	{ MISSIU_ENCR_AES_GMAC, 24, IMB_CIPHER_GCM, IMB_AUTH_NULL,
	  &mb_gmac_way },
	{ MISSIU_ENCR_AES_GMAC, 32, IMB_CIPHER_GCM, IMB_AUTH_NULL,
	  &mb_gmac_way },
	{ MISSIU_ENCR_CHACHA20_POLY1305, 32, IMB_CIPHER_CHACHA20_POLY1305,
	  IMB_AUTH_CHACHA20_POLY1305, &mb_aead_way },
	{ MISSIU_ENCR_AES_CCM, 16, IMB_CIPHER_CCM, IMB_AUTH_AES_CCM,
	  &mb_aead_way },
	{ MISSIU_ENCR_AES_CCM, 32, IMB_CIPHER_CCM, IMB_AUTH_AES_CCM,
	  &mb_aead_way },
	{ MISSIU_ENCR_AES_CBC, 16, IMB_CIPHER_CBC, IMB_AUTH_NULL, &mb_mac_way },
	{ MISSIU_ENCR_AES_CBC, 24, IMB_CIPHER_CBC, IMB_AUTH_NULL, &mb_mac_way },
	{ MISSIU_ENCR_AES_CBC, 32, IMB_CIPHER_CBC, IMB_AUTH_NULL, &mb_mac_way },
	{ MISSIU_ENCR_AES_CTR, 16, IMB_CIPHER_CNTR, IMB_AUTH_NULL,
	  &mb_mac_way },
	{ MISSIU_ENCR_AES_CTR, 24, IMB_CIPHER_CNTR, IMB_AUTH_NULL,
	  &mb_mac_way },
	{ MISSIU_ENCR_AES_CTR, 32, IMB_CIPHER_CNTR, IMB_AUTH_NULL,
	  &mb_mac_way },
	{ MISSIU_ENCR_NULL, 0, IMB_CIPHER_NULL, IMB_AUTH_NULL, &mb_mac_way },
};

/* One-block hash functions of a manager, for the HMAC key. */
static hash_one_block_t sha1_block(const IMB_MGR *m)
{
	return m->sha1_one_block;
}

static hash_one_block_t sha256_block(const IMB_MGR *m)
{
	return m->sha256_one_block;
}

static hash_one_block_t sha384_block(const IMB_MGR *m)
{
	return m->sha384_one_block;
}

static hash_one_block_t sha512_block(const IMB_MGR *m)
{
	return m->sha512_one_block;
}

static const struct {
	uint8_t auth, block;
	IMB_HASH_ALG hash;
	hash_one_block_t (*one_block)(const IMB_MGR *m);
} hashes[] = {
	{ MISSIU_AUTH_SHA1, 64, IMB_AUTH_HMAC_SHA_1, sha1_block },
	{ MISSIU_AUTH_SHA256, 64, IMB_AUTH_HMAC_SHA_256, sha256_block },
	{ MISSIU_AUTH_SHA384, 128, IMB_AUTH_HMAC_SHA_384, sha384_block },
	{ MISSIU_AUTH_SHA512, 128, IMB_AUTH_HMAC_SHA_512, sha512_block },
};

/* RFC 2104; keys of ESP are never longer than the hash's block. */
static int hmac_key(struct mb_key *k, const IMB_MGR *mgr,
		    const struct crypt_spec *spec)
{
	uint8_t block[HASH_BLOCK_MAX] = { 0 };
	hash_one_block_t one_block;
	size_t i = 0;

	while (hashes[i].auth != spec->auth) {
		if (++i == sizeof(hashes) / sizeof(hashes[0]))
			return MISSIU_EUNSUP;
	}
	k->hash = hashes[i].hash;
	one_block = hashes[i].one_block(mgr);
	memcpy(block, spec->auth_key, spec->auth_key_len);
	for (size_t b = 0; b < hashes[i].block; b++)
		block[b] ^= 0x36;
	one_block(block, k->ipad);
	for (size_t b = 0; b < hashes[i].block; b++)
		block[b] ^= 0x36 ^ 0x5c;
	one_block(block, k->opad);
	secret_wipe(block, sizeof(block));
	return 0;
}

static void gcm_key(struct mb_key *k, const IMB_MGR *mgr, const uint8_t *key)
{
	switch (k->suite->key_len) {
	case 16:
		mgr->gcm128_pre(key, &k->gcm);
		k->gcm_enc = mgr->gcm128_enc;
		k->gcm_dec = mgr->gcm128_dec;
		k->gmac_init = mgr->gmac128_init;
		k->gmac_update = mgr->gmac128_update;
		k->gmac_final = mgr->gmac128_finalize;
		break;
	case 24:
		mgr->gcm192_pre(key, &k->gcm);
		k->gcm_enc = mgr->gcm192_enc;
		k->gcm_dec = mgr->gcm192_dec;
		k->gmac_init = mgr->gmac192_init;
		k->gmac_update = mgr->gmac192_update;
		k->gmac_final = mgr->gmac192_finalize;
		break;
	default:
		mgr->gcm256_pre(key, &k->gcm);
		k->gcm_enc = mgr->gcm256_enc;
		k->gcm_dec = mgr->gcm256_dec;
		k->gmac_init = mgr->gmac256_init;
		k->gmac_update = mgr->gmac256_update;
		k->gmac_final = mgr->gmac256_finalize;
		break;
	}
}

static void aes_key(struct mb_key *k, const IMB_MGR *mgr, const uint8_t *key)
{
	const keyexp_t expand = k->suite->key_len == 16 ? mgr->keyexp_128 :
				k->suite->key_len == 24 ? mgr->keyexp_192 :
							  mgr->keyexp_256;

	expand(key, k->aes.enc, k->aes.dec);
}

static int compile(struct mb_key *k, const struct crypt_spec *spec)
{
	const IMB_MGR *mgr = mb_thread_mgr();

	if (!mgr)
		return MISSIU_ENOMEM;
	if (k->cipher == IMB_CIPHER_GCM)
		gcm_key(k, mgr, spec->encr_key);
	else if (k->cipher == IMB_CIPHER_CHACHA20_POLY1305)
		memcpy(k->chacha, spec->encr_key, sizeof(k->chacha));
	else if (k->cipher != IMB_CIPHER_NULL)
		aes_key(k, mgr, spec->encr_key);
	return k->way == &mb_mac_way ? hmac_key(k, mgr, spec) : 0;
}

void mb_key_free(void *key)
{
	secret_wipe(key, sizeof(struct mb_key));
	free(key);
}

int mb_key_new(const struct crypt_suite *s, const struct crypt_spec *spec,
	       void **out)
{
	struct mb_key *k;
	size_t i = 0;
	int ret;

	while (suites[i].encr != s->encr->id ||
	       suites[i].key_len != s->key_len) {
		if (++i == sizeof(suites) / sizeof(suites[0]))
			return MISSIU_EUNSUP;
	}
	k = aligned_alloc(64, sizeof(*k));
	if (!k)
		return MISSIU_ENOMEM;
	memset(k, 0, sizeof(*k));
	k->suite = s;
	k->way = suites[i].way;
	k->cipher = suites[i].cipher;
	k->hash = suites[i].hash;
	ret = compile(k, spec);
	if (ret) {
		mb_key_free(k);
		return ret;
	}
	*out = k;
	return 0;
}
