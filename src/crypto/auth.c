/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/auth.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/diag.h"
#include "common/secret.h"
#include "crypto/algs.h"
#include "crypto/crypt.h"
#include "crypto/mac.h"

#define GMAC_SALT_LEN 4
#define GMAC_IV_LEN   8

struct auth_key {
	const struct auth_alg *alg;
	struct mac *mac;     /* NULL for GMAC */
	EVP_CIPHER_CTX *gcm; /* GMAC: all input is AAD */
	uint8_t nonce[GMAC_SALT_LEN + GMAC_IV_LEN];
	bool failed; /* the library, since auth_start() */
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

static const EVP_CIPHER *gmac_cipher(uint8_t auth)
{
	switch (auth) {
	case MISSIU_AUTH_AES128_GMAC:
		return EVP_aes_128_gcm();
	case MISSIU_AUTH_AES192_GMAC:
		return EVP_aes_192_gcm();
	case MISSIU_AUTH_AES256_GMAC:
		return EVP_aes_256_gcm();
	default:
		return NULL;
	}
}

static int new_gmac(struct auth_key *k, const EVP_CIPHER *c, const uint8_t *key,
		    size_t len)
{
	k->gcm = EVP_CIPHER_CTX_new();
	if (!k->gcm)
		return MISSIU_ENOMEM;
	memcpy(k->nonce, key + len - GMAC_SALT_LEN, GMAC_SALT_LEN);
	return EVP_EncryptInit_ex(k->gcm, c, NULL, key, NULL) ? 0 :
								MISSIU_ECRYPTO;
}

static int compile(struct auth_key *k, const uint8_t *key, size_t len)
{
	const EVP_CIPHER *c = gmac_cipher(k->alg->id);

	if (c)
		return new_gmac(k, c, key, len);
	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		if (macs[i].auth == k->alg->id)
			return mac_new(macs[i].mac, key, len, &k->mac);
	}
	return MISSIU_EUNSUP;
}

static int check(const struct auth_alg *a, size_t len, struct missiu_diag *diag)
{
	if (!a)
		return diag_set(diag, MISSIU_EINVAL,
				"unknown integrity algorithm");
	if (a->id == MISSIU_AUTH_NONE)
		return diag_set(diag, MISSIU_EINVAL,
				"AH needs an integrity algorithm");
	if (!a->usable)
		return diag_set(diag, MISSIU_EUNSUP, ALG_LACKING, a->name);
	if (len != a->key_len)
		return diag_set(diag, MISSIU_EKEYLEN,
				"%s: key of %zu bytes, expected %u%s", a->name,
				len, a->key_len,
				a->salt_len ? ", salt included" : "");
	return 0;
}

int auth_key_new(uint8_t auth, const uint8_t *key, size_t len,
		 struct auth_key **out, struct missiu_diag *diag)
{
	const struct auth_alg *a = auth_alg(auth);
	struct auth_key *k;
	int ret = check(a, len, diag);

	if (ret)
		return ret;
	ret = crypt_init();
	if (ret)
		return diag_set(diag, ret, "crypto self-test failed");
	k = calloc(1, sizeof(*k));
	if (!k)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	k->alg = a;
	ret = compile(k, key, len);
	if (ret) {
		auth_key_free(k);
		return diag_set(diag, ret, "%s: cannot make the key", a->name);
	}
	*out = k;
	return 0;
}

void auth_key_free(struct auth_key *k)
{
	if (!k)
		return;
	mac_free(k->mac);
	EVP_CIPHER_CTX_free(k->gcm); /* wipes its key schedule */
	secret_wipe(k, sizeof(*k));
	free(k);
}

struct auth_sizes auth_key_sizes(const struct auth_key *k)
{
	return (struct auth_sizes){ .iv_len = k->alg->iv_len,
				    .tag_len = k->alg->icv_len };
}

void auth_start(struct auth_key *k, const uint8_t *iv)
{
	k->failed = false;
	if (k->mac) {
		mac_start(k->mac);
		return;
	}
	memcpy(k->nonce + GMAC_SALT_LEN, iv, GMAC_IV_LEN);
	k->failed = !EVP_EncryptInit_ex(k->gcm, NULL, NULL, NULL, k->nonce);
}

void auth_update(struct auth_key *k, const void *p, size_t len)
{
	int n;

	if (!len)
		return;
	if (k->mac)
		mac_update(k->mac, p, len);
	else if (len > INT_MAX ||
		 !EVP_EncryptUpdate(k->gcm, NULL, &n, p, (int)len))
		k->failed = true;
}

static bool gmac_tag(struct auth_key *k, uint8_t *tag)
{
	uint8_t none[16];
	int n;

	return EVP_EncryptFinal_ex(k->gcm, none, &n) &&
	       EVP_CIPHER_CTX_ctrl(k->gcm, EVP_CTRL_AEAD_GET_TAG,
				   k->alg->icv_len, tag) > 0;
}

int auth_final(struct auth_key *k, uint8_t tag[static AUTH_TAG_MAX])
{
	uint8_t full[MAC_MAX];

	if (!k->mac)
		return !k->failed && gmac_tag(k, tag) ? 0 : MISSIU_ECRYPTO;
	if (mac_final(k->mac, full))
		return MISSIU_ECRYPTO;
	memcpy(tag, full, k->alg->icv_len);
	return 0;
}
