/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/algs.h"

#include <stddef.h>

#define ICV_8  1
#define ICV_12 2
#define ICV_16 4

/* make LEGACY=1: what is broken, for peers that have nothing else. */
#define LEGACY (MISSIU_LEGACY != 0)

/*
 * "weak" also marks what "any" must never pick although it is sound where
 * somebody asked for it by name: NULL, and HMAC-SHA1 (RFC 8221 5, 6).
 */
static const struct encr_alg encr_algs[MISSIU_ENCR_MAX] = {
	[MISSIU_ENCR_DES] = { /* RFC 2405 */
		.id = MISSIU_ENCR_DES,
		.iana = 2, .name = "des",
		.key_min = 8, .key_max = 8, .key_step = 8,
		.iv_len = 8, .block = 8, .weak = true, .usable = LEGACY,
	},
	[MISSIU_ENCR_3DES] = { /* RFC 2451 */
		.id = MISSIU_ENCR_3DES,
		.iana = 3, .name = "3des",
		.key_min = 24, .key_max = 24, .key_step = 8,
		.iv_len = 8, .block = 8, .weak = true, .usable = true,
	},
	[MISSIU_ENCR_BLOWFISH] = { /* RFC 2451 */
		.id = MISSIU_ENCR_BLOWFISH,
		.iana = 7, .name = "blowfish",
		.key_min = 5, .key_max = 56, .key_step = 1,
		.iv_len = 8, .block = 8, .weak = true, .usable = LEGACY,
	},
	[MISSIU_ENCR_AES_CBC] = { /* RFC 3602 */
		.id = MISSIU_ENCR_AES_CBC,
		.iana = 12, .name = "aes-cbc",
		.key_min = 16, .key_max = 32, .key_step = 8,
		.iv_len = 16, .block = 16, .usable = true,
	},
	[MISSIU_ENCR_AES_CTR] = { /* RFC 3686 */
		.id = MISSIU_ENCR_AES_CTR,
		.iana = 13, .name = "aes-ctr",
		.key_min = 16, .key_max = 32, .key_step = 8,
		.salt_len = 4, .iv_len = 8, .block = 1, .usable = true,
	},
	[MISSIU_ENCR_AES_GCM] = { /* RFC 4106 */
		.id = MISSIU_ENCR_AES_GCM,
		.iana = 20, .name = "aes-gcm",
		.key_min = 16, .key_max = 32, .key_step = 8,
		.salt_len = 4, .iv_len = 8, .block = 1,
		.aead = true, .icv_mask = ICV_8 | ICV_12 | ICV_16,
		.usable = true,
	},
	[MISSIU_ENCR_AES_GMAC] = { /* RFC 4543 */
		.id = MISSIU_ENCR_AES_GMAC,
		.iana = 21, .name = "aes-gmac",
		.key_min = 16, .key_max = 32, .key_step = 8,
		.salt_len = 4, .iv_len = 8, .block = 1,
		.aead = true, .icv_mask = ICV_16, .weak = true, .usable = true,
	},
	[MISSIU_ENCR_AES_CCM] = { /* RFC 4309 */
		.id = MISSIU_ENCR_AES_CCM,
		.iana = 16, .name = "aes-ccm",
		.key_min = 16, .key_max = 32, .key_step = 8,
		.salt_len = 3, .iv_len = 8, .block = 1,
		.aead = true, .icv_mask = ICV_8 | ICV_12 | ICV_16,
		.usable = true,
	},
	[MISSIU_ENCR_CHACHA20_POLY1305] = { /* RFC 7634 */
		.id = MISSIU_ENCR_CHACHA20_POLY1305,
		.iana = 28, .name = "chacha20-poly1305",
		.key_min = 32, .key_max = 32, .key_step = 8,
		.salt_len = 4, .iv_len = 8, .block = 1,
		.aead = true, .icv_mask = ICV_16, .usable = true,
	},
	[MISSIU_ENCR_NULL] = { /* RFC 2410 */
		.id = MISSIU_ENCR_NULL,
		.iana = 11, .name = "null",
		.key_step = 1, .block = 1, .weak = true, .usable = true,
	},
};

static const struct auth_alg auth_algs[MISSIU_AUTH_MAX] = {
	[MISSIU_AUTH_MD5] = { /* RFC 2403 */
		.id = MISSIU_AUTH_MD5,
		.iana = 1, .name = "hmac-md5-96",
		.key_len = 16, .icv_len = 12, .weak = true, .usable = LEGACY,
	},
	[MISSIU_AUTH_SHA1] = { /* RFC 2404 */
		.id = MISSIU_AUTH_SHA1,
		.iana = 2, .name = "hmac-sha1-96",
		.key_len = 20, .icv_len = 12, .weak = true, .usable = true,
	},
	[MISSIU_AUTH_AES_XCBC] = { /* RFC 3566 */
		.id = MISSIU_AUTH_AES_XCBC,
		.iana = 5, .name = "aes-xcbc-96",
		.key_len = 16, .icv_len = 12, .usable = true,
	},
	[MISSIU_AUTH_SHA256] = { /* RFC 4868 */
		.id = MISSIU_AUTH_SHA256,
		.iana = 12, .name = "hmac-sha256-128",
		.key_len = 32, .icv_len = 16, .usable = true,
	},
	[MISSIU_AUTH_SHA384] = {
		.id = MISSIU_AUTH_SHA384,
		.iana = 13, .name = "hmac-sha384-192",
		.key_len = 48, .icv_len = 24, .usable = true,
	},
	[MISSIU_AUTH_SHA512] = {
		.id = MISSIU_AUTH_SHA512,
		.iana = 14, .name = "hmac-sha512-256",
		.key_len = 64, .icv_len = 32, .usable = true,
	},
	[MISSIU_AUTH_BLAKE2B] = { /* RFC 7693; no transform number */
		.id = MISSIU_AUTH_BLAKE2B,
		.name = "blake2b", .key_len = 32, .icv_len = 16,
		.usable = true,
	},
	[MISSIU_AUTH_BLAKE2S] = {
		.id = MISSIU_AUTH_BLAKE2S,
		.name = "blake2s", .key_len = 32, .icv_len = 16,
		.usable = true,
	},
	[MISSIU_AUTH_AES_CMAC] = { /* RFC 4494 */
		.id = MISSIU_AUTH_AES_CMAC,
		.iana = 8, .name = "aes-cmac-96",
		.key_len = 16, .icv_len = 12, .usable = true,
	},
	[MISSIU_AUTH_NONE] = { /* what goes with an AEAD */
		.id = MISSIU_AUTH_NONE,
		.name = "none", .usable = true,
	},
	[MISSIU_AUTH_AES128_GMAC] = { /* RFC 4543 4 */
		.id = MISSIU_AUTH_AES128_GMAC,
		.iana = 9, .name = "aes-128-gmac",
		.key_len = 20, .icv_len = 16, .salt_len = 4, .iv_len = 8,
		.usable = true, .ah_only = true,
	},
	[MISSIU_AUTH_AES192_GMAC] = {
		.id = MISSIU_AUTH_AES192_GMAC,
		.iana = 10, .name = "aes-192-gmac",
		.key_len = 28, .icv_len = 16, .salt_len = 4, .iv_len = 8,
		.usable = true, .ah_only = true,
	},
	[MISSIU_AUTH_AES256_GMAC] = {
		.id = MISSIU_AUTH_AES256_GMAC,
		.iana = 11, .name = "aes-256-gmac",
		.key_len = 36, .icv_len = 16, .salt_len = 4, .iv_len = 8,
		.usable = true, .ah_only = true,
	},
};

/* AEADs have a transform number for each ICV length. */
static const struct {
	uint8_t id, icv_len;
	uint16_t iana;
} aead_iana[] = {
	{ MISSIU_ENCR_AES_CCM, 8, 14 },
	{ MISSIU_ENCR_AES_CCM, 12, 15 },
	{ MISSIU_ENCR_AES_CCM, 16, 16 },
	{ MISSIU_ENCR_AES_GCM, 8, 18 },
	{ MISSIU_ENCR_AES_GCM, 12, 19 },
	{ MISSIU_ENCR_AES_GCM, 16, 20 },
	{ MISSIU_ENCR_AES_GMAC, 16, 21 },
	{ MISSIU_ENCR_CHACHA20_POLY1305, 16, 28 },
};

#define N_AEAD_IANA (sizeof(aead_iana) / sizeof(aead_iana[0]))

const struct encr_alg *encr_alg(uint8_t id)
{
	if (id >= MISSIU_ENCR_MAX || !encr_algs[id].name)
		return NULL;
	return &encr_algs[id];
}

const struct auth_alg *auth_alg(uint8_t id)
{
	if (id >= MISSIU_AUTH_MAX || !auth_algs[id].name)
		return NULL;
	return &auth_algs[id];
}

uint16_t encr_iana(uint8_t id, uint8_t icv_len)
{
	const struct encr_alg *a = encr_alg(id);

	if (!a)
		return 0;
	if (!a->aead)
		return icv_len ? 0 : a->iana;
	for (size_t i = 0; i < N_AEAD_IANA; i++) {
		if (aead_iana[i].id == id && aead_iana[i].icv_len == icv_len)
			return aead_iana[i].iana;
	}
	return 0;
}

bool encr_from_iana(uint16_t iana, uint8_t *id, uint8_t *icv_len)
{
	for (size_t i = 0; i < N_AEAD_IANA; i++) {
		if (aead_iana[i].iana == iana) {
			*id = aead_iana[i].id;
			*icv_len = aead_iana[i].icv_len;
			return true;
		}
	}
	for (uint8_t i = 0; i < MISSIU_ENCR_MAX; i++) {
		if (encr_algs[i].name && encr_algs[i].iana == iana) {
			*id = i;
			*icv_len = 0;
			return true;
		}
	}
	return false;
}

bool auth_from_iana(uint16_t iana, uint8_t *id)
{
	if (!iana) {
		*id = MISSIU_AUTH_NONE;
		return true;
	}
	for (uint8_t i = 0; i < MISSIU_AUTH_MAX; i++) {
		if (auth_algs[i].name && auth_algs[i].iana == iana) {
			*id = i;
			return true;
		}
	}
	return false;
}
