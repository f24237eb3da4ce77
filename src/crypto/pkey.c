/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pkey.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>

#include "common/diag.h"
#include "crypto/pkey_impl.h"

#define RSA_PSS "RSA-PSS" /* as OpenSSL calls the type */

struct kind {
	const char *name;  /* for people */
	const char *type;  /* OpenSSL's key type … */
	const char *curve; /* … and group; NULL: the type says it */
	const char *hash;  /* an RSASSA-PSS key's; NULL: it has no parameters */
	int salt;	   /* what our signatures with this hash have */
};

static const struct kind kinds[PKEY_TYPES] = {
	[PKEY_NONE] = { "no key", NULL, NULL },
	[PKEY_RSA] = { "RSA", "RSA", NULL },
	[PKEY_P256] = { "ECDSA P-256", "EC", "prime256v1" },
	[PKEY_P384] = { "ECDSA P-384", "EC", "secp384r1" },
	[PKEY_P521] = { "ECDSA P-521", "EC", "secp521r1" },
	[PKEY_ED25519] = { "Ed25519", "ED25519", NULL },
	[PKEY_ED448] = { "Ed448", "ED448", NULL },
	[PKEY_PSS] = { "RSA-PSS", RSA_PSS, NULL },
	[PKEY_PSS256] = { "RSA-PSS SHA-256", RSA_PSS, NULL,
			  OSSL_DIGEST_NAME_SHA2_256, 32 },
	[PKEY_PSS384] = { "RSA-PSS SHA-384", RSA_PSS, NULL,
			  OSSL_DIGEST_NAME_SHA2_384, 48 },
	[PKEY_PSS512] = { "RSA-PSS SHA-512", RSA_PSS, NULL,
			  OSSL_DIGEST_NAME_SHA2_512, 64 },
};

const char *pkey_type_name(enum pkey_type type)
{
	return kinds[type < PKEY_TYPES ? type : PKEY_NONE].name;
}

/*
 * A curve by its name only: parameters written out may be those of another
 * curve on which the same public key has a private key known to anybody.
 */
static bool is_named(EVP_PKEY *evp, const char *curve)
{
	char name[64];
	int explicit_params = 1;

	return EVP_PKEY_get_group_name(evp, name, sizeof(name), NULL) == 1 &&
	       !strcmp(name, curve) &&
	       EVP_PKEY_get_int_param(
		       evp, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
		       &explicit_params) == 1 &&
	       !explicit_params;
}

/* Parameters of an RSASSA-PSS key (RFC 8017 A.2.3). */
struct pss {
	bool any; /* it has none */
	char hash[32], mgf1[32];
	int salt;
};

/* OpenSSL leaves names that are the default of DER out, but never the salt. */
static struct pss pss_params(EVP_PKEY *evp)
{
	struct pss p = { .hash = OSSL_DIGEST_NAME_SHA1,
			 .mgf1 = OSSL_DIGEST_NAME_SHA1 };
	char name[sizeof(p.hash)];

	p.any = EVP_PKEY_get_int_param(evp, OSSL_PKEY_PARAM_RSA_PSS_SALTLEN,
				       &p.salt) != 1;
	if (EVP_PKEY_get_utf8_string_param(evp, OSSL_PKEY_PARAM_RSA_DIGEST,
					   name, sizeof(name), NULL) == 1)
		memcpy(p.hash, name, sizeof(name));
	if (EVP_PKEY_get_utf8_string_param(evp, OSSL_PKEY_PARAM_RSA_MGF1_DIGEST,
					   name, sizeof(name), NULL) == 1)
		memcpy(p.mgf1, name, sizeof(name));
	return p;
}

static bool fits_pss(const struct kind *k, const struct pss *p)
{
	if (!k->hash || p->any)
		return !k->hash && p->any;
	return !strcmp(p->hash, k->hash) && !strcmp(p->mgf1, k->hash) &&
	       p->salt >= 0 && p->salt <= k->salt;
}

static bool is_kind(EVP_PKEY *evp, const struct kind *k)
{
	struct pss p;

	if (!EVP_PKEY_is_a(evp, k->type))
		return false;
	if (k->curve)
		return is_named(evp, k->curve);
	if (strcmp(k->type, RSA_PSS) != 0)
		return true;
	p = pss_params(evp);
	return fits_pss(k, &p);
}

static enum pkey_type classify(EVP_PKEY *evp)
{
	for (size_t i = 1; i < PKEY_TYPES; i++)
		if (is_kind(evp, &kinds[i]))
			return (enum pkey_type)i;
	return PKEY_NONE;
}

static int refuse_pss(EVP_PKEY *evp, struct missiu_diag *diag)
{
	const struct pss p = pss_params(evp);

	return diag_set(diag, MISSIU_EUNSUP,
			"RSA-PSS key for %.30s, MGF1 with %.30s and a salt of "
			"%d bytes or more is not accepted, expected SHA-256, "
			"-384 or -512 for both and a salt of up to its length",
			p.hash, p.mgf1, p.salt);
}

int pkey_check(EVP_PKEY *evp, enum pkey_type *type, struct missiu_diag *diag)
{
	const enum pkey_type t = classify(evp);
	const int bits = EVP_PKEY_get_bits(evp);
	const char *name = EVP_PKEY_get0_type_name(evp);

	if (t == PKEY_NONE && EVP_PKEY_is_a(evp, RSA_PSS))
		return refuse_pss(evp, diag);
	if (t == PKEY_NONE)
		return diag_set(diag, MISSIU_EUNSUP,
				"key type %.30s of %d bits is not accepted, "
				"expected RSA, RSA-PSS, ECDSA on P-256, P-384 "
				"or P-521, Ed25519 or Ed448",
				name ? name : "unknown", bits);
	if (!strncmp(kinds[t].type, "RSA", 3) &&
	    (bits < PKEY_RSA_MIN_BITS || bits > PKEY_RSA_MAX_BITS))
		return diag_set(diag, MISSIU_EUNSUP,
				"RSA key of %d bits is not accepted, expected "
				"%d to %d",
				bits, PKEY_RSA_MIN_BITS, PKEY_RSA_MAX_BITS);
	if (type)
		*type = t;
	return 0;
}

int pkey_wrap(EVP_PKEY *evp, struct pkey **out, struct missiu_diag *diag)
{
	enum pkey_type type;
	struct pkey *k;
	int ret;

	if (!evp)
		return diag_set(diag, MISSIU_EINVAL, "no usable key");
	ret = pkey_check(evp, &type, diag);
	k = ret ? NULL : calloc(1, sizeof(*k));
	if (!ret && !k)
		ret = diag_set(diag, MISSIU_ENOMEM, "out of memory");
	if (ret) {
		EVP_PKEY_free(evp);
		return ret;
	}
	k->evp = evp;
	k->type = type;
	*out = k;
	return 0;
}

/* Instead of OpenSSL's own, which asks the terminal. */
static int no_question(char *buf, int size, int writing, void *arg)
{
	const char *pass = arg;
	const size_t len = pass ? strlen(pass) : 0;

	(void)writing;
	if (!len || len > (size_t)size)
		return -1;
	memcpy(buf, pass, len);
	return (int)len;
}

int pkey_load(const void *data, size_t len, const char *pass, struct pkey **out,
	      struct missiu_diag *diag)
{
	const unsigned char *p = data;
	EVP_PKEY *evp = NULL;
	OSSL_DECODER_CTX *ctx = OSSL_DECODER_CTX_new_for_pkey(
		&evp, NULL, NULL, NULL, EVP_PKEY_KEYPAIR, NULL, NULL);
	bool ok;

	ok = ctx &&
	     OSSL_DECODER_CTX_set_pem_password_cb(
		     ctx, no_question, (void *)(uintptr_t)pass) == 1 &&
	     OSSL_DECODER_from_data(ctx, &p, &len) == 1 && evp;
	OSSL_DECODER_CTX_free(ctx);
	ERR_clear_error();
	if (!ok) {
		EVP_PKEY_free(evp);
		return diag_set(diag, MISSIU_EINVAL,
				pass ? "no private key that this passphrase "
				       "opens" :
				       "no private key, or one that needs a "
				       "passphrase");
	}
	return pkey_wrap(evp, out, diag);
}

void pkey_free(struct pkey *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->evp); /* wipes private numbers */
	free(k);
}

enum pkey_type pkey_type(const struct pkey *k)
{
	return k->type;
}

bool pkey_same(const struct pkey *a, const struct pkey *b)
{
	return a->type == b->type && EVP_PKEY_eq(a->evp, b->evp) == 1;
}
