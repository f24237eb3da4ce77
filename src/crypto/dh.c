/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diffie-Hellman groups of IKE (transform type 4): MODP (RFC 3526), ECP
 * (RFC 5903), Curve25519 and Curve448 (RFC 8031).
 *
 * On the wire a MODP value has the length of the prime, an ECP value is x | y
 * without OpenSSL's leading 4, and the shared secret of ECP is x alone.
 * What a peer sends is checked as RFC 6989 and RFC 8031 ask before it is used.
 */
#include "crypto/ikecrypt.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "common/secret.h"

#define POINT_UNCOMPRESSED 4

enum dh_kind { DH_MODP, DH_ECP, DH_MONTGOMERY };

struct dh_group {
	uint16_t id;
	const char *name;
	enum dh_kind kind;
	const char *type;    /* OpenSSL's key type … */
	const char *param;   /* … and group name; NULL: the type says it */
	uint16_t public_len; /* on the wire */
	uint16_t shared_len;
};

static const struct dh_group groups[] = {
	{ 14, "modp2048", DH_MODP, "DH", "modp_2048", 256, 256 },
	{ 15, "modp3072", DH_MODP, "DH", "modp_3072", 384, 384 },
	{ 16, "modp4096", DH_MODP, "DH", "modp_4096", 512, 512 },
	{ 17, "modp6144", DH_MODP, "DH", "modp_6144", 768, 768 },
	{ 18, "modp8192", DH_MODP, "DH", "modp_8192", 1024, 1024 },
	{ 19, "ecp256", DH_ECP, "EC", "P-256", 64, 32 },
	{ 20, "ecp384", DH_ECP, "EC", "P-384", 96, 48 },
	{ 21, "ecp521", DH_ECP, "EC", "P-521", 132, 66 },
	{ 31, "x25519", DH_MONTGOMERY, "X25519", NULL, 32, 32 },
	{ 32, "x448", DH_MONTGOMERY, "X448", NULL, 56, 56 },
};

struct dh {
	const struct dh_group *group;
	EVP_PKEY *key;
};

static const struct dh_group *find_group(uint16_t id)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (groups[i].id == id)
			return &groups[i];
	}
	return NULL;
}

bool dh_supported(uint16_t group)
{
	return find_group(group) != NULL;
}

const char *dh_name(uint16_t group)
{
	const struct dh_group *g = find_group(group);

	return g ? g->name : NULL;
}

size_t dh_public_len(uint16_t group)
{
	const struct dh_group *g = find_group(group);

	return g ? g->public_len : 0;
}

static EVP_PKEY *generate(const struct dh_group *g)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, g->type, NULL);
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_PKEY *key = NULL;
	char name[16];

	if (g->param) {
		memcpy(name, g->param, strlen(g->param) + 1);
		params[0] = OSSL_PARAM_construct_utf8_string(
			OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
	}
	if (!ctx || EVP_PKEY_keygen_init(ctx) <= 0 ||
	    (g->param && EVP_PKEY_CTX_set_params(ctx, params) <= 0) ||
	    EVP_PKEY_generate(ctx, &key) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* The public value of a key as it goes on the wire. */
static bool export_public(const struct dh_group *g, EVP_PKEY *key, uint8_t *pub)
{
	uint8_t point[1 + 132];
	size_t len = g->public_len;
	BIGNUM *y = NULL;
	bool ok;

	switch (g->kind) {
	case DH_MODP:
		ok = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PUB_KEY, &y) &&
		     BN_bn2binpad(y, pub, (int)len) == (int)len;
		BN_free(y);
		return ok;
	case DH_ECP:
		ok = EVP_PKEY_get_octet_string_param(
			     key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
			     &len) &&
		     len == 1u + g->public_len &&
		     point[0] == POINT_UNCOMPRESSED;
		if (ok)
			memcpy(pub, point + 1, g->public_len);
		return ok;
	case DH_MONTGOMERY:
		return EVP_PKEY_get_raw_public_key(key, pub, &len) &&
		       len == g->public_len;
	}
	return false;
}

/* Collect a key's numbers in the form of its type. */
static bool push_numbers(OSSL_PARAM_BLD *bld, const struct dh_group *g,
			 const BIGNUM *priv, const BIGNUM *pub,
			 const uint8_t *point)
{
	if (!OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
					     g->param, 0))
		return false;
	if (priv &&
	    !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, priv))
		return false;
	if (g->kind == DH_MODP)
		return OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY,
					      pub);
	return OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
						point, 1u + g->public_len);
}

static EVP_PKEY *from_params(const struct dh_group *g, OSSL_PARAM *params,
			     bool with_private)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, g->type, NULL);
	EVP_PKEY *key = NULL;

	if (!ctx || !params || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key,
			      with_private ? EVP_PKEY_KEYPAIR :
					     EVP_PKEY_PUBLIC_KEY,
			      params) <= 0)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/*
 * A key from its wire form; NULL when it is not one. For ECP this includes
 * that the point is on the curve (RFC 6989 2.3).
 */
static EVP_PKEY *import(const struct dh_group *g, const uint8_t *pub,
			const uint8_t *priv, size_t priv_len)
{
	OSSL_PARAM_BLD *bld = NULL;
	OSSL_PARAM *params = NULL;
	BIGNUM *pub_bn = NULL, *priv_bn = NULL;
	uint8_t point[1 + 1024] = { POINT_UNCOMPRESSED };
	EVP_PKEY *key = NULL;

	if (g->kind == DH_MONTGOMERY)
		return priv ? EVP_PKEY_new_raw_private_key_ex(
				      NULL, g->type, NULL, priv, priv_len) :
			      EVP_PKEY_new_raw_public_key_ex(
				      NULL, g->type, NULL, pub, g->public_len);
	memcpy(point + 1, pub, g->public_len);
	bld = OSSL_PARAM_BLD_new();
	pub_bn = BN_bin2bn(pub, g->public_len, NULL);
	if (priv)
		priv_bn = BN_bin2bn(priv, (int)priv_len, NULL);
	if (!bld || !pub_bn || (priv && !priv_bn) ||
	    !push_numbers(bld, g, priv_bn, pub_bn, point))
		goto out;
	params = OSSL_PARAM_BLD_to_param(bld);
	key = from_params(g, params, priv != NULL);
out:
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(pub_bn);
	BN_clear_free(priv_bn);
	return key;
}

/* Without looking up the type of the key again. */
static EVP_PKEY *import_like(const EVP_PKEY *own, const uint8_t *pub,
			     size_t len)
{
	EVP_PKEY *key = EVP_PKEY_new();

	if (key && EVP_PKEY_copy_parameters(key, own) > 0 &&
	    EVP_PKEY_set1_encoded_public_key(key, pub, len) > 0)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/*
 * RFC 6989 2.1: 1 < y < p - 1; safe primes need no more. OpenSSL 3.0 checks it
 * again, but that is its habit, not its promise.
 */
static bool modp_in_range(EVP_PKEY *own, const uint8_t *peer, size_t len)
{
	BIGNUM *y = BN_bin2bn(peer, (int)len, NULL), *p = NULL;
	bool ok = false;

	if (y && EVP_PKEY_get_bn_param(own, OSSL_PKEY_PARAM_FFC_P, &p) &&
	    BN_sub_word(p, 1))
		ok = BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, p) < 0;
	BN_free(y);
	BN_free(p);
	return ok;
}

static struct dh *wrap(const struct dh_group *g, EVP_PKEY *key)
{
	struct dh *d = key ? calloc(1, sizeof(*d)) : NULL;

	if (!d) {
		EVP_PKEY_free(key);
		return NULL;
	}
	d->group = g;
	d->key = key;
	return d;
}

struct dh *dh_new(uint16_t group, uint8_t *pub)
{
	const struct dh_group *g = find_group(group);
	struct dh *d = g ? wrap(g, generate(g)) : NULL;

	if (d && !export_public(g, d->key, pub)) {
		dh_free(d);
		d = NULL;
	}
	return d;
}

struct dh *dh_from_pair(uint16_t group, const uint8_t *priv, size_t priv_len,
			const uint8_t *pub)
{
	const struct dh_group *g = find_group(group);

	return g ? wrap(g, import(g, pub, priv, priv_len)) : NULL;
}

/*
 * Derive into out, left-padded to the group's length. Any value of the right
 * length is one of Curve25519 and Curve448: there is nothing to validate.
 */
static int derive(const struct dh *d, EVP_PKEY *peer, uint8_t *out)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, d->key, NULL);
	size_t len = IKE_DH_MAX;
	int ret = MISSIU_ECRYPTO;

	if (!ctx || EVP_PKEY_derive_init(ctx) <= 0)
		goto out;
	if (d->group->kind == DH_MODP && EVP_PKEY_CTX_set_dh_pad(ctx, 1) <= 0)
		goto out;
	/* From here on only the peer's value can be at fault. */
	ret = MISSIU_EPROTO;
	if (EVP_PKEY_derive_set_peer_ex(ctx, peer,
					d->group->kind != DH_MONTGOMERY) > 0 &&
	    EVP_PKEY_derive(ctx, out, &len) > 0 && len == d->group->shared_len)
		ret = 0;
out:
	EVP_PKEY_CTX_free(ctx);
	return ret;
}

int dh_shared(struct dh *d, const uint8_t *peer, size_t peer_len, uint8_t *out,
	      size_t *out_len)
{
	static const uint8_t zero[56];
	const struct dh_group *g = d->group;
	EVP_PKEY *peer_key;
	int ret;

	if (peer_len != g->public_len)
		return MISSIU_EPROTO;
	if (g->kind == DH_MODP && !modp_in_range(d->key, peer, peer_len))
		return MISSIU_EPROTO;
	peer_key = g->kind == DH_MONTGOMERY ?
			   import_like(d->key, peer, peer_len) :
			   import(g, peer, NULL, 0);
	ret = peer_key ? derive(d, peer_key, out) : MISSIU_EPROTO;
	EVP_PKEY_free(peer_key);
	/* RFC 8031 2: a secret of zeros means a point of small order */
	if (!ret && g->kind == DH_MONTGOMERY &&
	    ct_equal(out, zero, g->shared_len))
		ret = MISSIU_EPROTO;
	if (!ret)
		*out_len = g->shared_len;
	return ret;
}

void dh_free(struct dh *d)
{
	if (!d)
		return;
	EVP_PKEY_free(d->key); /* wipes private numbers */
	free(d);
}
