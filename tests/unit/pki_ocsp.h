/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP responses for tests, by the authorities of pki.h. */
#ifndef TESTS_UNIT_PKI_OCSP_H
#define TESTS_UNIT_PKI_OCSP_H

#include <openssl/ocsp.h>

#include "pki.h"

struct pki_ocsp {
	const struct pki_ent *about, *issuer;
	const struct pki_ent *by;    /* NULL: the issuer */
	int says;		     /* V_OCSP_CERTSTATUS_*; 0: good */
	int64_t from, to;	     /* 0: a day around PKI_NOW; -1: no end */
	const char *id_md, *md;	     /* NULL: SHA1, SHA256 */
	bool bare;		     /* without the signer's certificate */
	bool strange;		     /* a critical extension nobody knows */
	int error;		     /* OCSP_RESPONSE_STATUS_* without body */
	const struct pki_ent *first; /* another one's entry before it */
};

static inline void pki_ocsp_single(OCSP_BASICRESP *b, const struct pki_ocsp *s,
				   const struct pki_ent *about)
{
	const EVP_MD *md = EVP_get_digestbyname(s->id_md ? s->id_md : "SHA1");
	OCSP_CERTID *id = OCSP_cert_to_id(md, about->x, s->issuer->x);
	const int64_t from = s->from ? s->from : PKI_NOW - PKI_DAY;
	const int64_t to = s->to ? s->to : PKI_NOW + PKI_DAY;
	ASN1_TIME *this = ASN1_TIME_adj(NULL, (time_t)from, 0, 0);
	ASN1_TIME *next = to < 0 ? NULL : ASN1_TIME_adj(NULL, (time_t)to, 0, 0);
	OCSP_SINGLERESP *r = OCSP_basic_add1_status(
		b, id, s->says, OCSP_REVOKED_STATUS_UNSPECIFIED, this, this,
		next);

	assert(r);
	(void)r;
	ASN1_TIME_free(this);
	ASN1_TIME_free(next);
	OCSP_CERTID_free(id);
}

static inline void pki_ocsp_strange(OCSP_BASICRESP *b)
{
	ASN1_OBJECT *o = OBJ_txt2obj("1.2.3.4.5.6", 1);
	ASN1_OCTET_STRING *s = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e;

	ASN1_OCTET_STRING_set(s, (const unsigned char *)"\5\0", 2);
	e = X509_EXTENSION_create_by_OBJ(NULL, o, 1, s);
	OCSP_BASICRESP_add_ext(b, e, -1);
	X509_EXTENSION_free(e);
	ASN1_OCTET_STRING_free(s);
	ASN1_OBJECT_free(o);
}

/* DER on the heap: free(). */
static inline uint8_t *pki_ocsp(const struct pki_ocsp *s, size_t *len)
{
	const struct pki_ent *by = s->by ? s->by : s->issuer;
	OCSP_BASICRESP *b = s->error ? NULL : OCSP_BASICRESP_new();
	OCSP_RESPONSE *r;
	BIO *bio = BIO_new(BIO_s_mem());
	int ok = 1;

	if (b) {
		if (s->first)
			pki_ocsp_single(b, s, s->first);
		pki_ocsp_single(b, s, s->about);
		if (s->strange)
			pki_ocsp_strange(b);
		ok = OCSP_basic_sign(b, by->x, by->key, pki_md(by->key, s->md),
				     NULL, s->bare ? OCSP_NOCERTS : 0);
	}
	assert(ok == 1);
	(void)ok;
	r = OCSP_response_create(s->error, b);
	i2d_OCSP_RESPONSE_bio(bio, r);
	OCSP_RESPONSE_free(r);
	OCSP_BASICRESP_free(b);
	return pki_take(bio, len);
}

#endif
