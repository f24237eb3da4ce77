/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ocsp.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "common/diag.h"
#include "crypto/cert_impl.h"
#include "crypto/ocsp_impl.h"
#include "crypto/trust_impl.h"

/* As for certificates: 112 bits. A digest of 28 bytes has them, SHA-1 not. */
#define AUTH_LEVEL 2
#define DIGEST_MIN 28

/* Entries of one response that are looked at. */
#define SINGLES_MAX 64

static int read_basic(struct chunk der, OCSP_BASICRESP **out,
		      struct missiu_diag *diag)
{
	const unsigned char *p = der.p;
	OCSP_RESPONSE *r = NULL;
	int ret = 0, status;

	*out = NULL;
	if (der.len && der.len <= OCSP_DER_MAX)
		r = d2i_OCSP_RESPONSE(NULL, &p, (long)der.len);
	if (!r || p != (const unsigned char *)der.p + der.len) {
		ret = diag_set(diag, MISSIU_EPROTO, "is no OCSP response");
	} else {
		status = OCSP_response_status(r);
		if (status == OCSP_RESPONSE_STATUS_SUCCESSFUL)
			*out = OCSP_response_get1_basic(r);
		if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
			ret = diag_set(diag, MISSIU_EPROTO,
				       "is an OCSP responder's error: %s",
				       OCSP_response_status_str(status));
		else if (!*out)
			ret = diag_set(diag, MISSIU_EPROTO,
				       "is an OCSP response of unknown type");
	}
	OCSP_RESPONSE_free(r);
	return ret;
}

/* --- which entry is the certificate's */

/* Without its issuer the key in the entry can't be compared. */
static bool names_cert(OCSP_CERTID *id, X509 *x, const X509 *issuer)
{
	ASN1_OCTET_STRING *name = NULL;
	ASN1_INTEGER *serial = NULL;
	ASN1_OBJECT *alg = NULL;
	uint8_t hash[EVP_MAX_MD_SIZE];
	const EVP_MD *md;
	unsigned n = 0;
	OCSP_CERTID *want;
	bool same;

	if (OCSP_id_get0_info(&name, &alg, NULL, &serial, id) != 1)
		return false;
	md = EVP_get_digestbyobj(alg);
	if (!md || ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(x)) != 0)
		return false;
	if (!issuer)
		return X509_NAME_digest(X509_get_issuer_name(x), md, hash,
					&n) == 1 &&
		       (unsigned)ASN1_STRING_length(name) == n &&
		       !memcmp(ASN1_STRING_get0_data(name), hash, n);
	want = OCSP_cert_to_id(md, x, issuer);
	same = want && !OCSP_id_cmp(want, id);
	OCSP_CERTID_free(want);
	return same;
}

static OCSP_SINGLERESP *find_single(OCSP_BASICRESP *b, X509 *x,
				    const X509 *issuer)
{
	const int n = OCSP_resp_count(b);

	for (int i = 0; i < n && i < SINGLES_MAX; i++) {
		OCSP_SINGLERESP *s = OCSP_resp_get0(b, i);

		/* The function does not write; its argument is not const. */
		if (names_cert((OCSP_CERTID *)(uintptr_t)
				       OCSP_SINGLERESP_get0_id(s),
			       x, issuer))
			return s;
	}
	return NULL;
}

/* --- what it says */

static int read_single(OCSP_SINGLERESP *s, struct ocsp_answer *out,
		       struct missiu_diag *diag)
{
	ASN1_GENERALIZEDTIME *this = NULL, *next = NULL;
	int reason;

	switch (OCSP_single_get0_status(s, &reason, NULL, &this, &next)) {
	case V_OCSP_CERTSTATUS_GOOD:
		out->says = OCSP_SAYS_GOOD;
		break;
	case V_OCSP_CERTSTATUS_REVOKED:
		out->says = OCSP_SAYS_REVOKED;
		break;
	case V_OCSP_CERTSTATUS_UNKNOWN:
		out->says = OCSP_SAYS_UNKNOWN;
		break;
	default:
		return diag_set(diag, MISSIU_EPROTO,
				"is an OCSP response of unknown status");
	}
	if (!asn1_unix(this, &out->from_s) ||
	    (next && !asn1_unix(next, &out->to_s)))
		return diag_set(diag, MISSIU_EPROTO,
				"is an OCSP response with an unreadable time");
	if (!next)
		out->to_s = out->from_s + OCSP_AGE_S;
	return 0;
}

bool ocsp_fresh(const struct ocsp_answer *a, int64_t now_s)
{
	return now_s >= a->from_s - OCSP_SKEW_S &&
	       now_s < a->to_s + OCSP_SKEW_S;
}

/* --- who says so */

/* Extensions that must be understood (RFC 6960 4.4): we understand none. */
static bool strange(OCSP_BASICRESP *b, OCSP_SINGLERESP *s)
{
	return OCSP_BASICRESP_get_ext_by_critical(b, 1, -1) >= 0 ||
	       OCSP_SINGLERESP_get_ext_by_critical(s, 1, -1) >= 0;
}

static bool strong(const OCSP_BASICRESP *b)
{
	const X509_ALGOR *alg = OCSP_resp_get0_tbs_sigalg(b);
	const ASN1_OBJECT *o;
	const void *param;
	int type, nid, md = NID_undef, key;

	X509_ALGOR_get0(&o, &type, &param, alg);
	nid = OBJ_obj2nid(o);
	if (nid == NID_ED25519 || nid == NID_ED448)
		return true;
	if (nid == NID_rsassaPss) {
		RSA_PSS_PARAMS *pss =
			type == V_ASN1_SEQUENCE ?
				ASN1_item_unpack(
					param, ASN1_ITEM_rptr(RSA_PSS_PARAMS)) :
				NULL;

		if (pss && pss->hashAlgorithm)
			md = OBJ_obj2nid(pss->hashAlgorithm->algorithm);
		RSA_PSS_PARAMS_free(pss);
	} else if (OBJ_find_sigid_algs(nid, &md, &key) != 1) {
		return false;
	}
	return md != NID_undef && EVP_get_digestbynid(md) &&
	       EVP_MD_get_size(EVP_get_digestbynid(md)) >= DIGEST_MIN;
}

/* A store that knows the issuer alone, at this time. */
static X509_STORE *only(X509 *issuer, int64_t now_s)
{
	X509_STORE *st = X509_STORE_new();
	X509_VERIFY_PARAM *p = st ? X509_STORE_get0_param(st) : NULL;

	if (!p || X509_STORE_add_cert(st, issuer) != 1) {
		X509_STORE_free(st);
		return NULL;
	}
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_time(p, (time_t)now_s);
	X509_VERIFY_PARAM_set_depth(p, 0);
	X509_VERIFY_PARAM_set_auth_level(p, AUTH_LEVEL);
	return st;
}

static int check_signature(OCSP_BASICRESP *b, X509 *issuer, int64_t now_s,
			   struct missiu_diag *diag)
{
	X509_STORE *st = only(issuer, now_s);
	STACK_OF(X509) *certs = sk_X509_new_null();
	int ret = MISSIU_ENOMEM;

	if (st && certs && sk_X509_push(certs, issuer) > 0)
		ret = OCSP_basic_verify(b, certs, st, OCSP_NOEXPLICIT) == 1 ?
			      0 :
			      diag_set(diag, MISSIU_EAUTH,
				       "is an OCSP response by nobody whom the "
				       "issuer appointed");
	sk_X509_free(certs);
	X509_STORE_free(st);
	return ret;
}

static int judge_basic(OCSP_BASICRESP *b, X509 *x, X509 *issuer, int64_t now_s,
		       struct ocsp_answer *out, struct missiu_diag *diag)
{
	OCSP_SINGLERESP *s = find_single(b, x, issuer);
	int ret;

	if (!s)
		return diag_set(diag, MISSIU_ENOENT,
				"is an OCSP response about another "
				"certificate");
	if (strange(b, s))
		return diag_set(diag, MISSIU_EPROTO,
				"is an OCSP response with a critical "
				"extension");
	ret = read_single(s, out, diag);
	if (ret)
		return ret;
	if (!ocsp_fresh(out, now_s))
		return diag_set(
			diag, MISSIU_ETIME, "is an OCSP response that is %s",
			now_s < out->from_s ? "of the future" : "out of date");
	if (!strong(b))
		return diag_set(diag, MISSIU_EAUTH,
				"is an OCSP response with a weak signature");
	return check_signature(b, issuer, now_s, diag);
}

int ocsp_judge(struct chunk der, X509 *x, X509 *issuer, int64_t now_s,
	       struct ocsp_answer *out, struct missiu_diag *diag)
{
	struct ocsp_answer a = { OCSP_SAYS_UNKNOWN, 0, 0 };
	OCSP_BASICRESP *b;
	int ret = read_basic(der, &b, diag);

	if (!ret)
		ret = judge_basic(b, x, issuer, now_s, &a, diag);
	OCSP_BASICRESP_free(b);
	ERR_clear_error();
	if (!ret)
		*out = a;
	return ret;
}

int ocsp_check(const void *der, size_t len, const struct cert *c,
	       const struct cert *issuer, int64_t now_s,
	       struct ocsp_answer *out, struct missiu_diag *diag)
{
	return ocsp_judge((struct chunk){ der, len }, c->x, issuer->x, now_s,
			  out, diag);
}

int ocsp_peek(const void *der, size_t len, const struct cert *c,
	      struct ocsp_answer *out, struct missiu_diag *diag)
{
	struct ocsp_answer a = { OCSP_SAYS_UNKNOWN, 0, 0 };
	OCSP_SINGLERESP *s;
	OCSP_BASICRESP *b;
	int ret = read_basic((struct chunk){ der, len }, &b, diag);

	if (!ret) {
		s = find_single(b, c->x, NULL);
		ret = s ? read_single(s, &a, diag) :
			  diag_set(diag, MISSIU_ENOENT,
				   "is an OCSP response about another "
				   "certificate than \"%.72s\"",
				   c->subject);
	}
	OCSP_BASICRESP_free(b);
	ERR_clear_error();
	if (!ret)
		*out = a;
	return ret;
}

int ocsp_request(const struct cert *c, const struct cert *issuer, uint8_t *out,
		 size_t cap, size_t *len)
{
	OCSP_REQUEST *r = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), c->x, issuer->x);
	int ret = MISSIU_ENOMEM, n;

	/* The request owns the identifier once it has it. */
	if (r && id && OCSP_request_add0_id(r, id)) {
		n = i2d_OCSP_REQUEST(r, NULL);
		ret = n > 0 && (size_t)n <= cap ? 0 : MISSIU_EFULL;
		if (!ret)
			*len = (size_t)i2d_OCSP_REQUEST(r, &out);
	} else {
		OCSP_CERTID_free(id);
	}
	OCSP_REQUEST_free(r);
	ERR_clear_error();
	return ret;
}
