/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certification authority for tests: keys, certificates and revocation
 * lists made with OpenSSL's API, so that no test depends on files or today's
 * date. PKI_NOW is the time that tests pretend it is.
 */
#ifndef TESTS_UNIT_PKI_H
#define TESTS_UNIT_PKI_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "crypto/cert.h"

#define PKI_NOW INT64_C(2000000000) /* May 2033 */
#define PKI_DAY INT64_C(86400)
#define PKI_UNIT                                                               \
	((const unsigned char *)"ten bytes.ten bytes.ten bytes."               \
				"ten bytes.ten bytes.ten bytes.")

struct pki_ent {
	EVP_PKEY *key;
	X509 *x;
};

struct pki_spec {
	const char *cn;	  /* NULL: no subject */
	const char *type; /* "RSA2048", "P-256", "ED25519", ...; NULL: P-256 */
	const struct pki_ent *by;     /* NULL: itself */
	const struct pki_ent *key_of; /* take this one's key */
	bool ca;
	const char *san, *ku, *eku, *nc, *aia; /* as openssl.cnf has them */
	const char *md;			       /* NULL: fits the key */
	int64_t from, to;		       /* 0: a year around PKI_NOW */
	bool strange; /* a critical extension nobody knows */
	size_t units; /* OUs of 60 bytes in the subject */
};

/* "2048": no parameters; "2048/SHA256/SHA384/32": hash, MGF1, salt */
static inline EVP_PKEY *pki_pss_key(const char *params)
{
	char md[16], mgf1[16];
	int salt, ok;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *k = NULL;

	assert(ctx && EVP_PKEY_keygen_init(ctx) == 1);
	ok = EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, atoi(params)) == 1;
	if (ok &&
	    sscanf(params, "%*d/%15[^/]/%15[^/]/%d", md, mgf1, &salt) == 3)
		ok = EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(ctx, md, NULL) ==
			     1 &&
		     EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(ctx, mgf1) ==
			     1 &&
		     EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(ctx, salt) == 1;
	assert(ok && EVP_PKEY_generate(ctx, &k) == 1);
	(void)ok;
	EVP_PKEY_CTX_free(ctx);
	return k;
}

static inline EVP_PKEY *pki_key(const char *type)
{
	EVP_PKEY *k;

	if (!type)
		type = "P-256";
	if (!strncmp(type, "PSS", 3))
		k = pki_pss_key(type + 3);
	else if (!strncmp(type, "RSA", 3))
		k = EVP_PKEY_Q_keygen(NULL, NULL, "RSA",
				      (size_t)atol(type + 3));
	else if (!strncmp(type, "ED", 2))
		k = EVP_PKEY_Q_keygen(NULL, NULL, type);
	else
		k = EVP_PKEY_Q_keygen(NULL, NULL, "EC", type);
	assert(k);
	return k;
}

static inline void pki_ext(X509 *x, X509 *by, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, by, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static inline const EVP_MD *pki_md(const EVP_PKEY *key, const char *md)
{
	char bound[32];

	if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
		return NULL;
	if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_RSA_DIGEST,
					   bound, sizeof(bound), NULL) == 1) {
		/* "SHA2-384" to "SHA384" */
		memmove(bound + 3, bound + 5, sizeof(bound) - 5);
		md = bound;
	}
	return EVP_get_digestbyname(md ? md : "SHA256");
}

static inline void pki_strange(X509 *x)
{
	ASN1_OBJECT *o = OBJ_txt2obj("1.2.3.4.5.6", 1);
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e;

	ASN1_OCTET_STRING_set(s, (const unsigned char *)"\5\0", 2);
	e = X509_EXTENSION_create_by_OBJ(NULL, o, 1, s);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(s);
	ASN1_OBJECT_free(o);
}

static inline struct pki_ent pki_make(const struct pki_spec *s)
{
	static long serial = 1;
	struct pki_ent e = { NULL, X509_new() };
	const struct pki_ent *by = s->by ? s->by : &e;
	X509_NAME *name = X509_get_subject_name(e.x);

	if (s->key_of)
		EVP_PKEY_up_ref(s->key_of->key);
	e.key = s->key_of ? s->key_of->key : pki_key(s->type);
	X509_set_version(e.x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(e.x), ++serial);
	ASN1_TIME_set(X509_getm_notBefore(e.x),
		      (time_t)(s->from ? s->from : PKI_NOW - 180 * PKI_DAY));
	ASN1_TIME_set(X509_getm_notAfter(e.x),
		      (time_t)(s->to ? s->to : PKI_NOW + 180 * PKI_DAY));
	X509_set_pubkey(e.x, e.key);
	if (s->cn) {
		X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
					   (const unsigned char *)"Test", -1,
					   -1, 0);
		for (size_t i = 0; i < s->units; i++)
			X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_UTF8,
						   PKI_UNIT, -1, -1, 0);
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
					   (const unsigned char *)s->cn, -1, -1,
					   0);
	}
	X509_set_issuer_name(e.x, X509_get_subject_name(by->x));
	pki_ext(e.x, by->x, NID_basic_constraints,
		s->ca ? "critical,CA:TRUE" : NULL);
	pki_ext(e.x, by->x, NID_subject_key_identifier, "hash");
	pki_ext(e.x, by->x, NID_authority_key_identifier,
		s->by ? "keyid" : NULL);
	pki_ext(e.x, by->x, NID_subject_alt_name, s->san);
	pki_ext(e.x, by->x, NID_key_usage,
		s->ku ? s->ku :
		s->ca ? "keyCertSign,cRLSign" :
			NULL);
	pki_ext(e.x, by->x, NID_ext_key_usage, s->eku);
	pki_ext(e.x, by->x, NID_info_access, s->aia);
	pki_ext(e.x, by->x, NID_name_constraints, s->nc);
	if (s->strange)
		pki_strange(e.x);
	assert(X509_sign(e.x, by->key, pki_md(by->key, s->md)) > 0);
	return e;
}

static inline void pki_free(struct pki_ent *e)
{
	EVP_PKEY_free(e->key);
	X509_free(e->x);
	*e = (struct pki_ent){ NULL, NULL };
}

/* Bytes on the heap: free(). */
static inline uint8_t *pki_take(BIO *b, size_t *len)
{
	char *p;
	const long n = BIO_get_mem_data(b, &p);
	uint8_t *out = malloc((size_t)n + 1);

	assert(n > 0 && out);
	memcpy(out, p, (size_t)n);
	out[n] = 0;
	*len = (size_t)n;
	BIO_free(b);
	return out;
}

static inline uint8_t *pki_cert_pem(const struct pki_ent *e, size_t *len)
{
	BIO *b = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(b, e->x);
	return pki_take(b, len);
}

/* @pass: NULL: not encrypted. PKCS#8. */
static inline uint8_t *pki_key_pem(const struct pki_ent *e, const char *pass,
				   size_t *len)
{
	BIO *b = BIO_new(BIO_s_mem());

	PEM_write_bio_PKCS8PrivateKey(b, e->key,
				      pass ? EVP_aes_256_cbc() : NULL, pass,
				      pass ? (int)strlen(pass) : 0, NULL, NULL);
	return pki_take(b, len);
}

static inline struct cert *pki_cert(const struct pki_ent *e)
{
	unsigned char *der = NULL;
	const int n = i2d_X509(e->x, &der);
	struct cert *c = NULL;
	const int ret = cert_parse(der, (size_t)n, &c);

	assert(!ret);
	(void)ret;
	OPENSSL_free(der);
	return c;
}

static inline struct pkey *pki_pkey(const struct pki_ent *e)
{
	struct pkey *k = NULL;
	size_t len;
	uint8_t *pem = pki_key_pem(e, NULL, &len);
	const int ret = pkey_load(pem, len, NULL, &k, NULL);

	assert(!ret);
	(void)ret;
	free(pem);
	return k;
}

/* A PEM list of @by; @revoked: NULL: nobody. From a day ago to @to. */
static inline uint8_t *pki_crl(const struct pki_ent *by,
			       const struct pki_ent *revoked, int64_t to,
			       size_t *len)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, (time_t)(PKI_NOW - PKI_DAY));
	BIO *b = BIO_new(BIO_s_mem());

	X509_CRL_set_version(crl, 1);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->x));
	X509_CRL_set1_lastUpdate(crl, t);
	if (revoked) {
		X509_REVOKED *r = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(
			r, X509_get_serialNumber(revoked->x));
		X509_REVOKED_set_revocationDate(r, t);
		X509_CRL_add0_revoked(crl, r);
	}
	ASN1_TIME_set(t, (time_t)to);
	X509_CRL_set1_nextUpdate(crl, t);
	assert(X509_CRL_sign(crl, by->key, pki_md(by->key, NULL)) > 0);
	PEM_write_bio_X509_CRL(b, crl);
	ASN1_TIME_free(t);
	X509_CRL_free(crl);
	return pki_take(b, len);
}

#endif
