/* SPDX-License-Identifier: Apache-2.0 */
/* Revocation lists that come and are replaced while the others stay. */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/diag.h"
#include "crypto/dn_impl.h"
#include "crypto/trust_impl.h"

bool asn1_unix(const ASN1_TIME *t, int64_t *out)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, secs = 0;
	const bool ok =
		epoch && t && ASN1_TIME_diff(&days, &secs, epoch, t) == 1;

	ASN1_TIME_free(epoch);
	*out = (int64_t)days * 86400 + secs;
	return ok;
}

/* Exactly one, PEM or DER. */
static X509_CRL *read_list(const void *data, size_t len)
{
	const unsigned char *p = data;
	X509_CRL *crl = NULL;
	BIO *b;

	if (!len || len > TRUST_LIST_BYTES_MAX)
		return NULL;
	if (memmem(data, len, "-----BEGIN", 10)) {
		b = BIO_new_mem_buf(data, (int)len);
		crl = b ? PEM_read_bio_X509_CRL(b, NULL, NULL, NULL) : NULL;
		BIO_free(b);
		return crl;
	}
	crl = d2i_X509_CRL(NULL, &p, (long)len);
	if (crl && p != (const unsigned char *)data + len) {
		X509_CRL_free(crl);
		crl = NULL;
	}
	return crl;
}

static bool signed_by(X509_CRL *crl, X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);

	return key && X509_CRL_verify(crl, key) == 1;
}

static bool named_as(const X509_CRL *crl, const X509 *x)
{
	return !X509_NAME_cmp(X509_CRL_get_issuer(crl),
			      X509_get_subject_name(x));
}

/* Return: 1 signed by an anchor; 0 by none of its name; -1 there is none. */
static int anchor_signed(const struct trust *t, X509_CRL *crl)
{
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(t->store);
	int found = -1;

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		X509 *x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));

		if (!x || !named_as(crl, x))
			continue;
		found = 0;
		if (signed_by(crl, x))
			return 1;
	}
	return found;
}

static void describe(const X509_CRL *crl, struct trust_list_info *out)
{
	ASN1_INTEGER *n = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	BIGNUM *bn = n ? ASN1_INTEGER_to_BN(n, NULL) : NULL;
	char *text = bn ? BN_bn2dec(bn) : NULL;

	*out = (struct trust_list_info){ .issuer = "" };
	dn_print(X509_CRL_get_issuer(crl), out->issuer, sizeof(out->issuer));
	if (text && strlen(text) < sizeof(out->number))
		snprintf(out->number, sizeof(out->number), "%s", text);
	OPENSSL_free(text);
	BN_free(bn);
	ASN1_INTEGER_free(n);
	if (!asn1_unix(X509_CRL_get0_nextUpdate(crl), &out->to_s))
		out->to_s = 0;
}

/* Two of one second are told apart by their numbers. */
static bool older(const struct trust_list *old, X509_CRL *crl, int64_t from_s)
{
	ASN1_INTEGER *a, *b;
	bool less;

	if (from_s != old->from_s)
		return from_s < old->from_s;
	a = X509_CRL_get_ext_d2i(old->crl, NID_crl_number, NULL, NULL);
	b = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
	less = a && b && ASN1_INTEGER_cmp(b, a) < 0;
	ASN1_INTEGER_free(a);
	ASN1_INTEGER_free(b);
	return less;
}

/* Nobody may bring back a list from before a revocation. */
static int check_list(const struct trust_list *old, X509_CRL *crl, int anchor,
		      struct trust_list_info *info, struct missiu_diag *diag)
{
	describe(crl, info);
	if (!asn1_unix(X509_CRL_get0_lastUpdate(crl), &info->from_s))
		return diag_set(diag, MISSIU_EINVAL,
				"the revocation list has no readable time");
	if (!anchor)
		return diag_set(
			diag, MISSIU_EAUTH,
			"the revocation list is not signed by \"%.90s\"",
			info->issuer);
	if (old->crl && old->verified && older(old, crl, info->from_s))
		return diag_set(diag, MISSIU_EAUTH,
				"the revocation list of \"%.72s\" is older "
				"than the one we have",
				info->issuer);
	if (old->crl && old->verified && anchor < 0)
		return diag_set(diag, MISSIU_EAUTH,
				"the revocation list is by \"%.72s\" now, who "
				"is none of our authorities",
				info->issuer);
	return 0;
}

int trust_put_list(struct trust *t, unsigned slot, const void *data, size_t len,
		   struct trust_list_info *out, struct missiu_diag *diag)
{
	struct trust_list *l = &t->list[slot];
	X509_CRL *crl = read_list(data, len);
	struct trust_list_info info;
	int ret, anchor;

	if (!crl) {
		ERR_clear_error();
		return diag_set(diag, MISSIU_EINVAL,
				"found no revocation list, expected one in "
				"DER or PEM");
	}
	anchor = anchor_signed(t, crl);
	ret = check_list(l, crl, anchor, &info, diag);
	ERR_clear_error();
	if (ret) {
		X509_CRL_free(crl);
		return ret;
	}
	X509_CRL_free(l->crl);
	*l = (struct trust_list){ crl, anchor > 0, info.from_s };
	*out = info;
	return 0;
}

STACK_OF(X509_CRL) * trust_lists(const struct trust *t, STACK_OF(X509) * others)
{
	STACK_OF(X509_CRL) *out = sk_X509_CRL_new_null();

	for (size_t i = 0; out && i < TRUST_LISTS_MAX; i++) {
		X509_CRL *crl = t->list[i].crl;
		bool use = crl && t->list[i].verified;

		for (int k = 0; crl && !use && k < sk_X509_num(others); k++)
			use = named_as(crl, sk_X509_value(others, k)) &&
			      signed_by(crl, sk_X509_value(others, k));
		if (use && sk_X509_CRL_push(out, crl) <= 0) {
			sk_X509_CRL_free(out);
			out = NULL;
		}
	}
	return out;
}

void trust_lists_fini(struct trust *t)
{
	for (size_t i = 0; i < TRUST_LISTS_MAX; i++)
		X509_CRL_free(t->list[i].crl);
}
