/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rule here: OpenSSL's verification returns 1 for a good signature, 0 for
 * a wrong one and negative numbers for trouble; only 1 passes.
 */
#include "crypto/sign.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "common/secret.h"
#include "crypto/pkey_impl.h"

static const char *const digest[SIG_HASHES] = {
	[SIG_SHA1] = "SHA1",	 [SIG_SHA256] = "SHA256",
	[SIG_SHA384] = "SHA384", [SIG_SHA512] = "SHA512",
	[SIG_IDENTITY] = NULL,
};

/* Bytes of one coordinate; 0: no curve of RFC 4754. */
static size_t coordinate_len(enum pkey_type type)
{
	static const uint8_t len[PKEY_TYPES] = {
		[PKEY_P256] = 32, [PKEY_P384] = 48, [PKEY_P521] = 66
	};

	return len[type];
}

static bool set_padding(EVP_PKEY_CTX *ctx, const struct sigalg *a)
{
	if (a->form == SIG_PKCS1)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) ==
		       1;
	if (a->form != SIG_PSS)
		return true;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) ==
		       1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md_name(ctx, digest[a->hash], NULL) ==
		       1;
}

/* Ed25519 and Ed448 take their input in one piece. NULL: no memory. */
static uint8_t *join(const struct chunk *v, size_t n, size_t *len)
{
	uint8_t *all, *p;

	*len = 0;
	for (size_t i = 0; i < n; i++)
		*len += v[i].len;
	all = p = malloc(*len ? *len : 1);
	for (size_t i = 0; all && i < n; i++) {
		if (v[i].len)
			memcpy(p, v[i].p, v[i].len);
		p += v[i].len;
	}
	return all;
}

/* --- r | s (RFC 4754 7) and OpenSSL's DER */

static bool der_to_raw(const uint8_t *der, size_t der_len, size_t coord,
		       uint8_t *raw)
{
	ECDSA_SIG *s = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
	const bool ok = s &&
			BN_bn2binpad(ECDSA_SIG_get0_r(s), raw, (int)coord) ==
				(int)coord &&
			BN_bn2binpad(ECDSA_SIG_get0_s(s), raw + coord,
				     (int)coord) == (int)coord;

	ECDSA_SIG_free(s);
	return ok;
}

/* Return: bytes of DER, to be freed with OPENSSL_free(); 0: failed. */
static size_t raw_to_der(const uint8_t *raw, size_t coord, uint8_t **der)
{
	ECDSA_SIG *s = ECDSA_SIG_new();
	BIGNUM *rn = BN_bin2bn(raw, (int)coord, NULL);
	BIGNUM *sn = BN_bin2bn(raw + coord, (int)coord, NULL);
	int len = 0;

	*der = NULL;
	if (s && rn && sn && ECDSA_SIG_set0(s, rn, sn) == 1) {
		len = i2d_ECDSA_SIG(s, der);
	} else {
		BN_free(rn);
		BN_free(sn);
	}
	ECDSA_SIG_free(s);
	return len > 0 ? (size_t)len : 0;
}

/* --- signing */

static bool sign_der(const struct pkey *k, const struct sigalg *a,
		     const uint8_t *data, size_t len, uint8_t *sig,
		     size_t *sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	const bool ok = ctx &&
			EVP_DigestSignInit_ex(ctx, &pctx, digest[a->hash], NULL,
					      NULL, k->evp, NULL) == 1 &&
			set_padding(pctx, a) &&
			EVP_DigestSign(ctx, sig, sig_len, data, len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

int sign_make(const struct pkey *k, const struct sigalg *a,
	      const struct chunk *v, size_t n, uint8_t out[static SIGN_MAX],
	      size_t *len)
{
	const size_t coord = coordinate_len(k->type);
	uint8_t der[2 * 66 + 16];
	size_t data_len, sig_len, at = 0;
	uint8_t *data = join(v, n, &data_len);
	int ret = MISSIU_ECRYPTO;

	if (!data)
		return MISSIU_ENOMEM;
	if (a->oid) {
		out[at++] = a->oid_len;
		memcpy(out + at, a->oid, a->oid_len);
		at += a->oid_len;
	}
	if (a->form == SIG_ECDSA_R) {
		sig_len = sizeof(der);
		if (sign_der(k, a, data, data_len, der, &sig_len) &&
		    der_to_raw(der, sig_len, coord, out + at))
			ret = 0;
		sig_len = 2 * coord;
	} else {
		sig_len = SIGN_MAX - at;
		if (sign_der(k, a, data, data_len, out + at, &sig_len))
			ret = 0;
	}
	*len = at + sig_len;
	secret_wipe(data, data_len); /* holds a MAC under SK_p */
	free(data);
	return ret;
}

/* --- verifying */

static bool check_der(const struct pkey *k, const struct sigalg *a,
		      const uint8_t *data, size_t len, struct chunk sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	const bool ok =
		ctx &&
		EVP_DigestVerifyInit_ex(ctx, &pctx, digest[a->hash], NULL, NULL,
					k->evp, NULL) == 1 &&
		set_padding(pctx, a) &&
		EVP_DigestVerify(ctx, sig.p, sig.len, data, len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

static bool check_raw(const struct pkey *k, const struct sigalg *a,
		      const uint8_t *data, size_t len, struct chunk sig)
{
	const size_t coord = coordinate_len(k->type);
	uint8_t *der = NULL;
	bool ok = false;
	size_t der_len;

	if (!coord || sig.len != 2 * coord)
		return false;
	der_len = raw_to_der(sig.p, coord, &der);
	if (der_len)
		ok = check_der(k, a, data, len, (struct chunk){ der, der_len });
	OPENSSL_free(der);
	return ok;
}

int sign_check(const struct pkey *k, const struct sigalg *a,
	       const struct chunk *v, size_t n, struct chunk sig)
{
	size_t len;
	uint8_t *data = join(v, n, &len);
	bool ok;

	if (!data)
		return MISSIU_ENOMEM;
	ok = a->form == SIG_ECDSA_R ? check_raw(k, a, data, len, sig) :
				      check_der(k, a, data, len, sig);
	secret_wipe(data, len);
	free(data);
	return ok ? 0 : MISSIU_EAUTH;
}
