/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ML-KEM (FIPS 203) from whatever OpenSSL is loaded: 3.5 and later have it. The
 * algorithm is fetched by name, so that one build serves older ones, too.
 */
#include "crypto/kem_impl.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/secret.h"

struct kem_alg {
	uint16_t id;
	const char *type; /* OpenSSL's name */
	uint16_t public_len, ct_len;
};

/* Sizes: FIPS 203 table 3. */
static const struct kem_alg algs[] = {
	{ 35, "ML-KEM-512", 800, 768 },
	{ 36, "ML-KEM-768", 1184, 1088 },
	{ 37, "ML-KEM-1024", 1568, 1568 },
};

#define KEM_SECRET_LEN 32

struct kem_key {
	const struct kem_alg *alg;
	EVP_PKEY *key;
};

const struct kem_alg *kem_alg(uint16_t method)
{
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++)
		if (algs[i].id == method)
			return &algs[i];
	return NULL;
}

bool kem_usable(const struct kem_alg *a)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, a->type, NULL);
	const bool ok = ctx && EVP_PKEY_keygen_init(ctx) > 0;

	EVP_PKEY_CTX_free(ctx);
	if (!ok)
		ERR_clear_error();
	return ok;
}

void kem_missing(char *buf, size_t cap)
{
	snprintf(buf, cap, "needs OpenSSL 3.5 or later, this is %.20s",
		 OpenSSL_version(OPENSSL_VERSION_STRING));
}

static EVP_PKEY *generate(const struct kem_alg *a)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, a->type, NULL);
	EVP_PKEY *key = NULL;

	if (!ctx || EVP_PKEY_keygen_init(ctx) <= 0 ||
	    EVP_PKEY_generate(ctx, &key) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

struct kem_key *kem_new(const struct kem_alg *a, struct kex_value *pub)
{
	struct kem_key *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->alg = a;
	k->key = generate(a);
	if (!k->key ||
	    !EVP_PKEY_get_octet_string_param(k->key, OSSL_PKEY_PARAM_PUB_KEY,
					     pub->p, sizeof(pub->p),
					     &pub->len) ||
	    pub->len != a->public_len) {
		kem_free(k);
		return NULL;
	}
	return k;
}

int kem_encaps(const struct kem_alg *a, struct chunk pub, struct kex_value *ct,
	       struct kex_secret *secret)
{
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *peer;
	int ret = MISSIU_EPROTO;

	if (pub.len != a->public_len)
		return MISSIU_EPROTO;
	/* Checks that all coefficients are reduced (FIPS 203 7.2). */
	peer = EVP_PKEY_new_raw_public_key_ex(NULL, a->type, NULL, pub.p,
					      pub.len);
	if (!peer)
		goto out;
	ret = MISSIU_ECRYPTO;
	ct->len = sizeof(ct->p);
	secret->len = sizeof(secret->p);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
	if (ctx && EVP_PKEY_encapsulate_init(ctx, NULL) > 0 &&
	    EVP_PKEY_encapsulate(ctx, ct->p, &ct->len, secret->p,
				 &secret->len) > 0 &&
	    ct->len == a->ct_len && secret->len == KEM_SECRET_LEN)
		ret = 0;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return ret;
}

int kem_decaps(struct kem_key *k, struct chunk ct, struct kex_secret *secret)
{
	EVP_PKEY_CTX *ctx;
	int ret = MISSIU_ECRYPTO;

	if (ct.len != k->alg->ct_len)
		return MISSIU_EPROTO;
	secret->len = sizeof(secret->p);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, k->key, NULL);
	if (ctx && EVP_PKEY_decapsulate_init(ctx, NULL) > 0 &&
	    EVP_PKEY_decapsulate(ctx, secret->p, &secret->len, ct.p, ct.len) >
		    0 &&
	    secret->len == KEM_SECRET_LEN)
		ret = 0;
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

void kem_free(struct kem_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->key); /* wipes private numbers */
	free(k);
}
