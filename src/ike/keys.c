/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/keys.h"

#include <string.h>

#include "common/secret.h"
#include "common/wr.h"
#include "crypto/ikecrypt.h"

enum { PRF_AES_XCBC = 4, PRF_AES_CMAC = 8 };

/* Seven keys at their largest. */
#define KEYS_ALL_MAX (5 * IKE_PRF_MAX + 2 * KEYS_ENCR_MAX)

/* One key of the list that prf+ is cut into. */
struct cut {
	uint8_t *at;
	size_t len;
};

/*
 * {SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr}
 *     = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr)           (RFC 7296 2.14)
 */
static int expand(const struct key_algs *a, const struct key_seed *s,
		  const uint8_t *seed, size_t seed_len, struct ike_keys *out)
{
	const size_t p = prf_len(a->prf),
		     e = (size_t)a->cipher.key_len + a->cipher.salt_len;
	const size_t i = a->cipher.aead ? 0 : integ_key_len(a->integ);
	struct ike_keys k = { 0 };
	const struct cut cuts[] = {
		{ k.sk_d, p },	{ k.sk_ai, i }, { k.sk_ar, i }, { k.sk_ei, e },
		{ k.sk_er, e }, { k.sk_pi, p }, { k.sk_pr, p },
	};
	uint8_t all[KEYS_ALL_MAX], spi[16];
	const struct chunk in[] = { s->ni, s->nr, { spi, sizeof(spi) } };
	size_t at = 0;
	int ret = MISSIU_EUNSUP;

	if (!p || p > IKE_PRF_MAX || e > KEYS_ENCR_MAX || i > IKE_PRF_MAX ||
	    (!a->cipher.aead && !i))
		goto out;
	store_be64(spi, s->spi_i);
	store_be64(spi + 8, s->spi_r);
	ret = prf_plus(a->prf, seed, seed_len, in, 3, all,
		       3 * p + 2 * e + 2 * i);
	if (ret)
		goto out;
	for (size_t n = 0; n < sizeof(cuts) / sizeof(cuts[0]); n++) {
		memcpy(cuts[n].at, all + at, cuts[n].len);
		at += cuts[n].len;
	}
	*out = k;
out:
	secret_wipe(all, sizeof(all));
	secret_wipe(&k, sizeof(k));
	return ret;
}

/*
 * The nonces as a PRF key. The two AES PRFs had keys of fixed length when
 * IKEv2 began: they take 64 bits of each nonce (RFC 7296 2.14).
 */
static size_t nonce_key(uint16_t id, const struct key_seed *s,
			uint8_t key[static 512])
{
	const bool fixed = id == PRF_AES_XCBC || id == PRF_AES_CMAC;
	size_t ni = s->ni.len, nr = s->nr.len;

	if (ni > 256 || nr > 256 || (fixed && (ni < 8 || nr < 8)))
		return 0;
	if (fixed)
		ni = nr = 8;
	memcpy(key, s->ni.p, ni);
	memcpy(key + ni, s->nr.p, nr);
	return ni + nr;
}

int keys_first(const struct key_algs *a, const struct key_seed *s,
	       struct chunk g_ir, struct ike_keys *out)
{
	uint8_t key[512], seed[IKE_PRF_MAX];
	const size_t key_len = nonce_key(a->prf, s, key);
	int ret = MISSIU_EINVAL;

	memset(out, 0, sizeof(*out));
	if (key_len)
		ret = prf(a->prf, key, key_len, &g_ir, 1, seed);
	if (!ret)
		ret = expand(a, s, seed, prf_len(a->prf), out);
	secret_wipe(seed, sizeof(seed));
	return ret;
}

int keys_rekeyed(const struct key_algs *a, const struct key_seed *s,
		 uint16_t old_prf, const uint8_t *old_d, struct chunk g_ir,
		 struct ike_keys *out)
{
	const struct chunk in[] = { g_ir, s->ni, s->nr, s->more };
	uint8_t seed[IKE_PRF_MAX];
	int ret;

	memset(out, 0, sizeof(*out));
	ret = prf(old_prf, old_d, prf_len(old_prf), in, s->more.len ? 4 : 3,
		  seed);
	if (!ret)
		ret = expand(a, s, seed, prf_len(old_prf), out);
	secret_wipe(seed, sizeof(seed));
	return ret;
}

int keys_ppk(uint16_t prf_id, struct chunk ppk, struct ike_keys *k)
{
	const size_t len = prf_len(prf_id);
	struct ike_keys mixed = *k;
	const struct {
		const uint8_t *from;
		uint8_t *to;
	} v[] = {
		{ k->sk_d, mixed.sk_d },
		{ k->sk_pi, mixed.sk_pi },
		{ k->sk_pr, mixed.sk_pr },
	};
	int ret = len ? 0 : MISSIU_EUNSUP;

	for (size_t i = 0; !ret && i < sizeof(v) / sizeof(v[0]); i++)
		ret = prf_plus(prf_id, ppk.p, ppk.len,
			       &(struct chunk){ v[i].from, len }, 1, v[i].to,
			       len);
	if (!ret)
		*k = mixed;
	secret_wipe(&mixed, sizeof(mixed));
	return ret;
}

int keys_child(uint16_t prf_id, const uint8_t *sk_d, struct chunk g_ir,
	       struct chunk ni, struct chunk nr, struct chunk more,
	       uint8_t *out, size_t len)
{
	const struct chunk in[] = { g_ir, ni, nr, more };
	const size_t skip = g_ir.len ? 0 : 1;

	return prf_plus(prf_id, sk_d, prf_len(prf_id), in + skip,
			(more.len ? 4 : 3) - skip, out, len);
}
