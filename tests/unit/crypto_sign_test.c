/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include "../vec/hex.h"
#include "crypto/sign.h"
#include "pki.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* One key of each type, made once. */
static struct pki_ent ent[PKEY_TYPES];
static struct pkey *key[PKEY_TYPES];

static int make_keys(void **state)
{
	static const char *const types[PKEY_TYPES] = {
		[PKEY_RSA] = "RSA2048",
		[PKEY_P256] = "P-256",
		[PKEY_P384] = "P-384",
		[PKEY_P521] = "P-521",
		[PKEY_ED25519] = "ED25519",
		[PKEY_ED448] = "ED448",
		[PKEY_PSS] = "PSS2048",
		[PKEY_PSS256] = "PSS2048/SHA256/SHA256/32",
		[PKEY_PSS384] = "PSS2048/SHA384/SHA384/20",
		[PKEY_PSS512] = "PSS2048/SHA512/SHA512/64",
	};

	(void)state;
	for (size_t i = 1; i < PKEY_TYPES; i++) {
		ent[i] = pki_make(
			&(struct pki_spec){ .cn = "k", .type = types[i] });
		key[i] = pki_pkey(&ent[i]);
		assert_int_equal(pkey_type(key[i]), i);
	}
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	for (size_t i = 1; i < PKEY_TYPES; i++) {
		pki_free(&ent[i]);
		pkey_free(key[i]);
	}
	return 0;
}

/* What IKE signs comes in three pieces. */
static const struct chunk octets[] = { { "message", 7 },
				       { "nonce", 5 },
				       { "maced id", 8 } };

/* --- choosing */

static void test_the_best_common_method_is_chosen(void **state)
{
	const unsigned all = SIG_HASHES_OURS;
	const unsigned only384 = SIG_HASH_BIT(SIG_SHA384);
	const unsigned sha1 = SIG_HASH_BIT(SIG_SHA1);
	const struct {
		enum pkey_type type;
		struct sig_choice c;
		const char *name; /* NULL: none */
	} t[] = {
		{ PKEY_RSA, { all, false, false }, "rsa-pss-sha256" },
		{ PKEY_RSA, { all, false, true }, "rsa-sha256" },
		{ PKEY_RSA, { only384, false, false }, "rsa-pss-sha384" },
		{ PKEY_RSA, { only384, false, true }, "rsa-sha384" },
		{ PKEY_RSA, { 0, false, false }, NULL },
		{ PKEY_RSA, { 0, true, false }, "rsa-sha1" },
		/* it knows method 14: nothing weaker than what it says */
		{ PKEY_RSA, { sha1, true, false }, NULL },
		{ PKEY_P256, { all, false, false }, "ecdsa-sha256" },
		{ PKEY_P384, { all, false, false }, "ecdsa-sha384" },
		{ PKEY_P521, { all, false, false }, "ecdsa-sha512" },
		{ PKEY_P521, { only384, false, false }, "ecdsa-sha384" },
		{ PKEY_P256, { 0, false, false }, "ecdsa-256" },
		{ PKEY_P384, { 0, false, false }, "ecdsa-384" },
		{ PKEY_P521, { 0, false, false }, "ecdsa-521" },
		{ PKEY_ED25519, { all, false, false }, "ed25519" },
		{ PKEY_ED25519, { only384, false, false }, NULL },
		{ PKEY_ED25519, { 0, true, false }, NULL },
		{ PKEY_ED448, { all, false, false }, "ed448" },
		/* never PKCS#1 v1.5, and no hash but the key's */
		{ PKEY_PSS, { all, true, true }, "rsa-pss-sha256" },
		{ PKEY_PSS, { only384, true, true }, "rsa-pss-sha384" },
		{ PKEY_PSS, { 0, true, true }, NULL },
		{ PKEY_PSS256, { all, true, true }, "rsa-pss-sha256" },
		{ PKEY_PSS256, { only384, true, true }, NULL },
		{ PKEY_PSS384, { all, true, true }, "rsa-pss-sha384" },
		{ PKEY_PSS512, { all, true, true }, "rsa-pss-sha512" },
		{ PKEY_PSS512, { only384, true, true }, NULL },
	};

	(void)state;
	for (size_t i = 0; i < N(t); i++) {
		const struct sigalg *a = sigalg_choose(t[i].type, &t[i].c);
		struct missiu_diag diag = { "" };

		if (t[i].name) {
			assert_non_null(a);
			assert_string_equal(a->name, t[i].name);
			continue;
		}
		assert_null(a);
		sigalg_why_not(t[i].type, &t[i].c, &diag);
		assert_non_null(strstr(diag.msg, "no common signature hash"));
	}
}

/* --- signing and verifying */

static const struct sig_choice choices[] = {
	{ SIG_HASHES_OURS, false, false },
	{ SIG_HASHES_OURS, false, true },
	{ SIG_HASH_BIT(SIG_SHA384), false, false },
	{ SIG_HASH_BIT(SIG_SHA512), false, false },
	{ SIG_HASH_BIT(SIG_SHA256), false, true },
	{ SIG_HASH_BIT(SIG_SHA384), false, true },
	{ SIG_HASH_BIT(SIG_SHA512), false, true },
	{ 0, true, false },
};

/* Types that may have made an RSASSA-PSS signature. */
static bool fits_pss(size_t type, const struct sigalg *a)
{
	static const enum sig_hash only[PKEY_TYPES] = {
		[PKEY_PSS256] = SIG_SHA256,
		[PKEY_PSS384] = SIG_SHA384,
		[PKEY_PSS512] = SIG_SHA512,
	};

	return type == PKEY_RSA || type == PKEY_PSS || only[type] == a->hash;
}

static void test_signatures_verify_with_their_key_alone(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t k = 1; k < PKEY_TYPES; k++)
		for (size_t c = 0; c < N(choices); c++) {
			const struct sigalg *a =
				sigalg_choose((enum pkey_type)k, &choices[c]);
			const struct sigalg *b;
			uint8_t out[SIGN_MAX];
			struct chunk sig = { out, 0 };

			if (!a)
				continue;
			n++;
			assert_int_equal(
				sign_make(key[k], a, octets, 3, out, &sig.len),
				0);
			b = sigalg_find(a->method, (enum pkey_type)k, &sig,
					true, NULL);
			assert_ptr_equal(a, b);
			assert_int_equal(sign_check(key[k], b, octets, 3, sig),
					 0);
			assert_int_equal(sign_check(key[k], b, octets, 2, sig),
					 MISSIU_EAUTH);
			sig.len++;
			assert_int_equal(sign_check(key[k], b, octets, 3, sig),
					 MISSIU_EAUTH);
			sig.len -= 2;
			assert_int_equal(sign_check(key[k], b, octets, 3, sig),
					 MISSIU_EAUTH);
			/* The same algorithm cannot be had for another key. */
			for (size_t o = 1; o < PKEY_TYPES; o++) {
				struct chunk whole = { out, SIGN_MAX };
				const bool both_ec =
					k >= PKEY_P256 && k <= PKEY_P521 &&
					o >= PKEY_P256 && o <= PKEY_P521 &&
					a->method == 14;

				if (o != k && !both_ec &&
				    !(a->form == SIG_PSS && fits_pss(o, a)))
					assert_null(sigalg_find(
						a->method, (enum pkey_type)o,
						&whole, true, NULL));
			}
		}
	/* as many as have a method: RSA, curves, Edwards curves, PSS */
	assert_int_equal(n, 8 + 3 * 8 + 2 * 2 + 7 + 3 + 4 + 4);
}

static void test_every_flipped_bit_is_noticed(void **state)
{
	(void)state;
	for (size_t k = 1; k < PKEY_TYPES; k++) {
		const struct sigalg *a = sigalg_choose(
			(enum pkey_type)k, &choices[k == PKEY_P384 ? 7 : 0]);
		uint8_t out[SIGN_MAX], *copy;
		size_t len;

		assert_int_equal(sign_make(key[k], a, octets, 3, out, &len), 0);
		copy = malloc(len);
		for (size_t bit = 0; bit < 8 * len; bit++) {
			struct chunk sig = { copy, len };
			const struct sigalg *b;

			memcpy(copy, out, len);
			copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
			b = sigalg_find(a->method, (enum pkey_type)k, &sig,
					false, NULL);
			if (b)
				assert_int_equal(
					sign_check(key[k], b, octets, 3, sig),
					MISSIU_EAUTH);
		}
		free(copy);
	}
}

static void test_prefixes_of_signatures_are_refused(void **state)
{
	(void)state;
	for (size_t k = 1; k < PKEY_TYPES; k++) {
		const struct sigalg *a =
			sigalg_choose((enum pkey_type)k, &choices[0]);
		uint8_t out[SIGN_MAX];
		size_t len;

		assert_int_equal(sign_make(key[k], a, octets, 3, out, &len), 0);
		for (size_t n = 0; n < len; n++) {
			uint8_t *copy = malloc(n ? n : 1);
			struct chunk sig = { copy, n };
			const struct sigalg *b;

			memcpy(copy, out, n);
			b = sigalg_find(14, (enum pkey_type)k, &sig, false,
					NULL);
			if (b)
				assert_int_equal(
					sign_check(key[k], b, octets, 3, sig),
					MISSIU_EAUTH);
			free(copy);
		}
	}
}

/* r and s of zero, and of the curve's order or more (RFC 4754 7). */
static void test_degenerate_ecdsa_values_are_refused(void **state)
{
	const uint8_t fill[] = { 0x00, 0xff };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t raw[64];
		struct chunk sig = { raw, sizeof(raw) };
		const struct sigalg *a =
			sigalg_find(9, PKEY_P256, &sig, false, NULL);

		memset(raw, fill[i], sizeof(raw));
		assert_int_equal(sign_check(key[PKEY_P256], a, octets, 3, sig),
				 MISSIU_EAUTH);
	}
}

static void test_sha1_only_when_allowed(void **state)
{
	struct chunk sig = { "x", 1 };
	struct missiu_diag diag;

	(void)state;
	assert_null(sigalg_find(1, PKEY_RSA, &sig, false, &diag));
	assert_non_null(strstr(diag.msg, "SHA-1"));
	assert_non_null(sigalg_find(1, PKEY_RSA, &sig, true, &diag));
	assert_null(sigalg_find(3, PKEY_RSA, &sig, true, &diag));
	assert_non_null(strstr(diag.msg, "method 3"));
}

/* --- AlgorithmIdentifiers: as OpenSSL's encoder writes them */

static void sign_with(X509 *x, EVP_PKEY *k, const char *md, bool pss)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *p;

	assert_int_equal(
		EVP_DigestSignInit_ex(ctx, &p, md, NULL, NULL, k, NULL), 1);
	if (pss) {
		EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(p, RSA_PSS_SALTLEN_DIGEST);
	}
	assert_true(X509_sign_ctx(x, ctx) > 0);
	EVP_MD_CTX_free(ctx);
}

static void test_algorithms_are_encoded_as_elsewhere(void **state)
{
	static const struct {
		enum pkey_type type;
		const char *md;
		bool pss;
		struct sig_choice c;
	} t[] = {
		{ PKEY_RSA, "SHA256", false, { 1 << 2, false, true } },
		{ PKEY_RSA, "SHA384", false, { 1 << 3, false, true } },
		{ PKEY_RSA, "SHA512", false, { 1 << 4, false, true } },
		{ PKEY_RSA, "SHA256", true, { 1 << 2, false, false } },
		{ PKEY_RSA, "SHA384", true, { 1 << 3, false, false } },
		{ PKEY_RSA, "SHA512", true, { 1 << 4, false, false } },
		{ PKEY_P256, "SHA256", false, { 1 << 2, false, false } },
		{ PKEY_P256, "SHA384", false, { 1 << 3, false, false } },
		{ PKEY_P256, "SHA512", false, { 1 << 4, false, false } },
		{ PKEY_ED25519, NULL, false, { 1 << 5, false, false } },
		{ PKEY_ED448, NULL, false, { 1 << 5, false, false } },
	};

	(void)state;
	for (size_t i = 0; i < N(t); i++) {
		const struct pki_ent *e = &ent[t[i].type];
		const struct sigalg *a = sigalg_choose(t[i].type, &t[i].c);
		const X509_ALGOR *alg;
		const ASN1_BIT_STRING *bits;
		unsigned char *der = NULL;
		uint8_t blob[256];
		struct chunk data = { blob, 0 };
		int n;

		sign_with(e->x, e->key, t[i].md, t[i].pss);
		X509_get0_signature(&bits, &alg, e->x);
		n = i2d_X509_ALGOR(alg, &der);
		assert_int_equal(n, a->oid_len);
		assert_memory_equal(der, a->oid, (size_t)n);
		blob[0] = (uint8_t)n;
		memcpy(blob + 1, der, (size_t)n);
		blob[1 + n] = 0x77;
		data.len = (size_t)n + 2;
		assert_ptr_equal(sigalg_find(14, t[i].type, &data, false, NULL),
				 a);
		assert_int_equal(data.len, 1);
		assert_int_equal(*(const uint8_t *)data.p, 0x77);
		OPENSSL_free(der);
	}
}

#define MGF  "06092a864886f70d010108"
#define S256 "0609608648016503040201"
#define S384 "0609608648016503040202"
#define S1   "06052b0e03021a"
#define PSS  "06092a864886f70d01010a"

/* Ways to write RSASSA-PSS parameters: what is and what is not accepted. */
static void test_pss_parameters(void **state)
{
	static const struct {
		const char *hex;
		bool ok;
	} t[] = {
		/* as we write it, RFC 7427 A.4.3 */
		{ "3041" PSS "3034a00f300d" S256 "0500a11c301a" MGF "300d" S256
		  "0500a203020120",
		  true },
		/* without NULL in one or both */
		{ "303f" PSS "3032a00d300b" S256 "a11c301a" MGF "300d" S256
		  "0500a203020120",
		  true },
		{ "303d" PSS "3030a00d300b" S256 "a11a3018" MGF "300b" S256
		  "a203020120",
		  true },
		/* the default trailer written out */
		{ "3046" PSS "3039a00f300d" S256 "0500a11c301a" MGF "300d" S256
		  "0500a203020120a303020101",
		  true },
		/* another trailer */
		{ "3046" PSS "3039a00f300d" S256 "0500a11c301a" MGF "300d" S256
		  "0500a203020120a303020102",
		  false },
		/* salts: default 20, shorter, longer */
		{ "303c" PSS "302fa00f300d" S256 "0500a11c301a" MGF "300d" S256
		  "0500",
		  false },
		{ "3041" PSS "3034a00f300d" S256 "0500a11c301a" MGF "300d" S256
		  "0500a203020114",
		  false },
		{ "3041" PSS "3034a00f300d" S256 "0500a11c301a" MGF "300d" S256
		  "0500a203020100",
		  false },
		/* MGF1 with another hash */
		{ "3041" PSS "3034a00f300d" S256 "0500a11c301a" MGF "300d" S384
		  "0500a203020120",
		  false },
		/* empty parameters: SHA-1 (RFC 8247 3.2: must not) */
		{ "300d" PSS "3000", false },
		{ "300b" PSS, false },
		/* SHA-1 by name */
		{ "3039" PSS "302ca00b3009" S1 "0500a1183016" MGF "3009" S1
		  "0500a203020114",
		  false },
		/* something behind */
		{ "3043" PSS "3034a00f300d" S256 "0500a11c301a" MGF "300d" S256
		  "0500a2030201200500",
		  false },
		/* something behind, inside of the parameters */
		{ "3043" PSS "3036a00f300d" S256 "0500a11c301a" MGF "300d" S256
		  "0500a2030201200500",
		  false },
	};

	(void)state;
	for (size_t i = 0; i < N(t); i++) {
		uint8_t blob[128];
		size_t n = unhex(t[i].hex, blob + 1, sizeof(blob) - 1);
		struct chunk data = { blob, n + 1 };

		blob[0] = (uint8_t)n;
		assert_int_equal(blob[2], n - 2); /* the vector is sound */
		assert_int_equal(sigalg_find(14, PKEY_RSA, &data, true, NULL) !=
					 NULL,
				 t[i].ok);
	}
}

/* --- RFC 8032 7.1, 7.4 */

static void test_eddsa_vectors(void **state)
{
	static const struct {
		const char *pkcs8, *msg, *sig;
		enum pkey_type type;
	} t[] = {
		{ "302e020100300506032b657004220420"
		  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031c"
		  "ae7f60",
		  "",
		  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522"
		  "4901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe246551"
		  "41438e7a100b",
		  PKEY_ED25519 },
		{ "302e020100300506032b657004220420"
		  "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4f"
		  "b8a6fb",
		  "72",
		  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223eb"
		  "db69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d"
		  "291612bb0c00",
		  PKEY_ED25519 },
		{ "3047020100300506032b6571043b0439"
		  "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6"
		  "e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
		  "",
		  "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d4"
		  "1a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff"
		  "0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7"
		  "cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600",
		  PKEY_ED448 },
	};

	(void)state;
	for (size_t i = 0; i < N(t); i++) {
		const struct sigalg *a = sigalg_choose(t[i].type, &choices[0]);
		uint8_t der[96], msg[8], want[128], out[SIGN_MAX];
		const size_t der_len = unhex(t[i].pkcs8, der, sizeof(der));
		const struct chunk m = { msg,
					 unhex(t[i].msg, msg, sizeof(msg)) };
		const size_t len = unhex(t[i].sig, want, sizeof(want));
		struct pkey *k = NULL;
		size_t out_len;

		assert_int_equal(pkey_load(der, der_len, NULL, &k, NULL), 0);
		assert_int_equal(sign_make(k, a, &m, 1, out, &out_len), 0);
		assert_int_equal(out_len, 1u + a->oid_len + len);
		assert_memory_equal(out + 1 + a->oid_len, want, len);
		assert_int_equal(
			sign_check(k, a, &m, 1, (struct chunk){ want, len }),
			0);
		pkey_free(k);
	}
}

/* --- keys from files */

static void test_keys_load_in_every_form(void **state)
{
	(void)state;
	for (size_t k = 1; k < PKEY_TYPES; k++) {
		struct missiu_diag diag = { "" };
		unsigned char *der = NULL;
		struct pkey *got = NULL;
		uint8_t *pem;
		size_t len;
		int n;

		/* PKCS#8, encrypted */
		pem = pki_key_pem(&ent[k], "secret", &len);
		assert_int_equal(pkey_load(pem, len, "secret", &got, &diag), 0);
		assert_true(pkey_same(got, key[k]));
		pkey_free(got);
		assert_int_equal(pkey_load(pem, len, "wrong", &got, &diag),
				 MISSIU_EINVAL);
		assert_non_null(strstr(diag.msg, "passphrase"));
		assert_int_equal(pkey_load(pem, len, NULL, &got, &diag),
				 MISSIU_EINVAL);
		assert_int_equal(pkey_load(pem, len / 2, "secret", &got, &diag),
				 MISSIU_EINVAL);
		free(pem);
		/* PKCS#1, SEC 1, or PKCS#8, in DER */
		n = i2d_PrivateKey(ent[k].key, &der);
		assert_int_equal(pkey_load(der, (size_t)n, NULL, &got, &diag),
				 0);
		assert_true(pkey_same(got, key[k]));
		assert_false(pkey_same(got, key[k == 1 ? 2 : 1]));
		pkey_free(got);
		OPENSSL_free(der);
		/* A certificate is no key. */
		pem = pki_cert_pem(&ent[k], &len);
		assert_int_equal(pkey_load(pem, len, NULL, &got, &diag),
				 MISSIU_EINVAL);
		free(pem);
	}
}

static void test_keys_that_are_not_accepted(void **state)
{
	static const char *const types[] = { "RSA1024",
					     "P-224",
					     "secp256k1",
					     "brainpoolP256r1",
					     "PSS1024",
					     "PSS2048/SHA1/SHA1/20",
					     "PSS2048/SHA224/SHA224/28",
					     "PSS2048/SHA256/SHA1/32",
					     "PSS2048/SHA256/SHA384/32",
					     "PSS2048/SHA256/SHA256/33" };

	(void)state;
	for (size_t i = 0; i < N(types); i++) {
		struct pki_ent e = { pki_key(types[i]), NULL };
		struct missiu_diag diag = { "" };
		struct pkey *got = NULL;
		size_t len;
		uint8_t *pem = pki_key_pem(&e, NULL, &len);

		assert_int_equal(pkey_load(pem, len, NULL, &got, &diag),
				 MISSIU_EUNSUP);
		assert_non_null(strstr(diag.msg, "expected"));
		free(pem);
		pki_free(&e);
	}
}

/* A curve written out may be another one than it looks like. */
static void test_explicit_curves_are_not_accepted(void **state)
{
	struct pki_ent e = pki_make(&(struct pki_spec){ .cn = "k" });
	struct missiu_diag diag = { "" };
	struct pkey *got = NULL;
	uint8_t *pem;
	size_t len;

	(void)state;
	assert_int_equal(EVP_PKEY_set_utf8_string_param(
				 e.key, OSSL_PKEY_PARAM_EC_ENCODING,
				 OSSL_PKEY_EC_ENCODING_EXPLICIT),
			 1);
	pem = pki_key_pem(&e, NULL, &len);
	assert_int_equal(pkey_load(pem, len, NULL, &got, &diag), MISSIU_EUNSUP);
	free(pem);
	pki_free(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_best_common_method_is_chosen),
		cmocka_unit_test(test_signatures_verify_with_their_key_alone),
		cmocka_unit_test(test_every_flipped_bit_is_noticed),
		cmocka_unit_test(test_prefixes_of_signatures_are_refused),
		cmocka_unit_test(test_degenerate_ecdsa_values_are_refused),
		cmocka_unit_test(test_sha1_only_when_allowed),
		cmocka_unit_test(test_algorithms_are_encoded_as_elsewhere),
		cmocka_unit_test(test_pss_parameters),
		cmocka_unit_test(test_eddsa_vectors),
		cmocka_unit_test(test_keys_load_in_every_form),
		cmocka_unit_test(test_keys_that_are_not_accepted),
		cmocka_unit_test(test_explicit_curves_are_not_accepted),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
