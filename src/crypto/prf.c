/* SPDX-License-Identifier: Apache-2.0 */
/* IKE's PRFs, integrity algorithms and the NAT detection hash. */
#include "crypto/ikecrypt.h"

#include <string.h>

#include <openssl/evp.h>

#include "common/secret.h"
#include "crypto/algs.h"
#include "crypto/mac.h"

#define AES_KEY 16

/* Transform types 2 and 3 name the same MACs with different numbers. */
static const struct {
	uint16_t prf; /* 0: not a PRF */
	uint8_t auth; /* enum missiu_auth */
	uint8_t len;  /* full output */
	enum mac_id mac;
} macs[] = {
	{ 2, MISSIU_AUTH_SHA1, 20, MAC_HMAC_SHA1 },
	{ 4, MISSIU_AUTH_AES_XCBC, 16, MAC_AES_XCBC },
	{ 5, MISSIU_AUTH_SHA256, 32, MAC_HMAC_SHA256 },
	{ 6, MISSIU_AUTH_SHA384, 48, MAC_HMAC_SHA384 },
	{ 7, MISSIU_AUTH_SHA512, 64, MAC_HMAC_SHA512 },
	{ 8, MISSIU_AUTH_AES_CMAC, 16, MAC_AES_CMAC },
};

#define N_MACS (sizeof(macs) / sizeof(macs[0]))

/* Index into macs[], N_MACS when unknown. */
static size_t find_prf(uint16_t prf)
{
	size_t i = 0;

	while (i < N_MACS && macs[i].prf != prf)
		i++;
	return i;
}

static size_t find_integ(uint16_t integ)
{
	uint8_t auth;
	size_t i = 0;

	if (!auth_from_iana(integ, &auth))
		return N_MACS;
	while (i < N_MACS && macs[i].auth != auth)
		i++;
	return i;
}

size_t prf_len(uint16_t prf)
{
	size_t i = find_prf(prf);

	return i < N_MACS ? macs[i].len : 0;
}

static int mac_chunks(struct mac *m, const struct chunk *v, size_t n,
		      uint8_t *out)
{
	mac_start(m);
	for (size_t i = 0; i < n; i++)
		mac_update(m, v[i].p, v[i].len);
	return mac_final(m, out);
}

/*
 * The AES PRFs take any key although AES wants 16 bytes: longer ones are
 * reduced by the PRF itself under a zero key; shorter ones are padded for XCBC
 * (RFC 4434 2) but reduced for CMAC (RFC 4615 3).
 */
static int fit_aes_key(enum mac_id id, const uint8_t *key, size_t len,
		       uint8_t out[static AES_KEY])
{
	static const uint8_t zero[AES_KEY];
	const struct chunk whole = { key, len };
	struct mac *m = NULL;
	int ret;

	if (len == AES_KEY || (len < AES_KEY && id == MAC_AES_XCBC)) {
		memset(out, 0, AES_KEY);
		if (len)
			memcpy(out, key, len);
		return 0;
	}
	ret = mac_new(id, zero, AES_KEY, &m);
	if (!ret)
		ret = mac_chunks(m, &whole, 1, out);
	mac_free(m);
	return ret;
}

static int prf_key(uint16_t id, const void *key, size_t key_len,
		   struct mac **out)
{
	uint8_t fitted[AES_KEY];
	size_t i = find_prf(id);
	int ret;

	if (i == N_MACS)
		return MISSIU_EUNSUP;
	if (macs[i].len != AES_KEY) /* an HMAC */
		return mac_new(macs[i].mac, key, key_len, out);
	ret = fit_aes_key(macs[i].mac, key, key_len, fitted);
	if (!ret)
		ret = mac_new(macs[i].mac, fitted, AES_KEY, out);
	secret_wipe(fitted, sizeof(fitted));
	return ret;
}

int prf(uint16_t id, const void *key, size_t key_len, const struct chunk *v,
	size_t n, uint8_t *out)
{
	struct mac *m = NULL;
	int ret = prf_key(id, key, key_len, &m);

	if (!ret)
		ret = mac_chunks(m, v, n, out);
	mac_free(m);
	return ret;
}

/* T1 = prf(K, S | 1), Tn = prf(K, Tn-1 | S | n). */
int prf_plus(uint16_t id, const void *key, size_t key_len,
	     const struct chunk *seed, size_t n_seed, uint8_t *out,
	     size_t out_len)
{
	size_t len = prf_len(id), done = 0;
	uint8_t t[IKE_PRF_MAX], count = 0;
	struct mac *m = NULL;
	int ret;

	if (len && out_len > 255 * len)
		return MISSIU_EINVAL;
	ret = prf_key(id, key, key_len, &m);
	while (!ret && done < out_len) {
		size_t part = out_len - done < len ? out_len - done : len;

		mac_start(m);
		if (count++)
			mac_update(m, t, len);
		for (size_t i = 0; i < n_seed; i++)
			mac_update(m, seed[i].p, seed[i].len);
		mac_update(m, &count, 1);
		ret = mac_final(m, t);
		memcpy(out + done, t, part);
		done += part;
	}
	mac_free(m);
	secret_wipe(t, sizeof(t));
	return ret;
}

size_t integ_key_len(uint16_t integ)
{
	size_t i = find_integ(integ);

	return i < N_MACS ? auth_alg(macs[i].auth)->key_len : 0;
}

size_t integ_icv_len(uint16_t integ)
{
	size_t i = find_integ(integ);

	return i < N_MACS ? auth_alg(macs[i].auth)->icv_len : 0;
}

int integ_sign(uint16_t id, const uint8_t *key, const struct chunk *v, size_t n,
	       uint8_t *icv)
{
	size_t i = find_integ(id);
	uint8_t full[MAC_MAX];
	struct mac *m = NULL;
	int ret;

	if (i == N_MACS)
		return MISSIU_EUNSUP;
	ret = mac_new(macs[i].mac, key, integ_key_len(id), &m);
	if (!ret)
		ret = mac_chunks(m, v, n, full);
	if (!ret)
		memcpy(icv, full, integ_icv_len(id));
	mac_free(m);
	return ret;
}

int sha1(const struct chunk *v, size_t n, uint8_t out[static 20])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL);

	for (size_t i = 0; ok && i < n; i++)
		ok = !v[i].len || EVP_DigestUpdate(ctx, v[i].p, v[i].len);
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : MISSIU_ECRYPTO;
}
