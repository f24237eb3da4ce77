/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/diag.h"
#include "crypto/cert_impl.h"
#include "crypto/dn_impl.h"
#include "crypto/ocsp_impl.h"
#include "crypto/pkey_impl.h"
#include "crypto/trust_impl.h"

/* OpenSSL's level 2: 112 bits, RSA from 2048 on, no SHA-1 nor MD5. */
#define AUTH_LEVEL 2

#define WHO_MAX	 72 /* of one name in an explanation */
#define WHEN_MAX 96 /* as long as the compiler fears */

struct trust *trust_new(void)
{
	struct trust *t = calloc(1, sizeof(*t));

	if (t)
		t->store = X509_STORE_new();
	if (t && !t->store) {
		free(t);
		t = NULL;
	}
	return t;
}

void trust_free(struct trust *t)
{
	if (!t)
		return;
	X509_STORE_free(t->store);
	trust_lists_fini(t);
	free(t);
}

int trust_add(struct trust *t, const struct cert *c)
{
	if (t->n == CERT_LIST_MAX)
		return MISSIU_EFULL;
	if (X509_STORE_add_cert(t->store, c->x) != 1)
		return MISSIU_ENOMEM;
	memcpy(t->hash[t->n], c->key_hash, CERT_HASH_LEN);
	memcpy(t->name[t->n++], c->subject, CERT_NAME_MAX);
	return 0;
}

/* --- revocation lists */

static X509_CRL *next_crl(BIO *b, bool pem, bool *end)
{
	X509_CRL *crl;

	if (!pem) {
		*end = BIO_pending(b) == 0;
		return *end ? NULL : d2i_X509_CRL_bio(b, NULL);
	}
	crl = PEM_read_bio_X509_CRL(b, NULL, NULL, NULL);
	*end = !crl &&
	       ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	return crl;
}

int trust_add_crls(struct trust *t, const void *data, size_t len,
		   struct missiu_diag *diag)
{
	const bool pem = memmem(data, len, "-----BEGIN", 10) != NULL;
	BIO *b = BIO_new_mem_buf(data, (int)len);
	const size_t before = t->n_crl;
	bool end = false;
	int ret = b ? 0 : MISSIU_ENOMEM;

	while (!ret) {
		X509_CRL *crl = next_crl(b, pem, &end);

		if (end)
			break;
		if (!crl)
			ret = MISSIU_EINVAL;
		else if (X509_STORE_add_crl(t->store, crl) != 1)
			ret = MISSIU_ENOMEM;
		else
			t->n_crl++;
		X509_CRL_free(crl);
	}
	BIO_free(b);
	ERR_clear_error();
	if (!ret && t->n_crl == before)
		ret = MISSIU_EINVAL;
	return ret ? diag_set(diag, ret,
			      "found no revocation list, expected PEM or DER") :
		     0;
}

/* --- looking */

size_t trust_count(const struct trust *t)
{
	return t->n;
}

const uint8_t *trust_hash(const struct trust *t, size_t i)
{
	return t->hash[i];
}

void trust_text(const struct trust *t, char *out, size_t cap)
{
	size_t len = 0;

	snprintf(out, cap, "no CA");
	for (size_t i = 0; i < t->n && len < cap; i++)
		len += (size_t)snprintf(out + len, cap - len, "%s\"%s\"",
					i ? ", " : "", t->name[i]);
}

/* --- verifying */

/* What a verification leaves for later: OCSP can make up for a list. */
struct verdict {
	int missing[TRUST_DEPTH_MAX + 2]; /* X509_V_ERR_* by depth, or 0 */
};

static void set_missing(struct verdict *v, int depth, int err)
{
	if (depth >= 0 && depth < (int)(sizeof(v->missing) / sizeof(int)) &&
	    !v->missing[depth])
		v->missing[depth] = err;
}

/* The last certificate of the chain: it is trusted by itself. */
static bool at_anchor(X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(ctx);

	return X509_STORE_CTX_get_error_depth(ctx) == sk_X509_num(chain) - 1;
}

/* What OpenSSL takes for an error and the policy does not, or not yet. */
static int judge(int ok, X509_STORE_CTX *ctx)
{
	struct verdict *v = X509_STORE_CTX_get_app_data(ctx);
	const int err = X509_STORE_CTX_get_error(ctx);

	if (ok)
		return 1;
	switch (err) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		if (at_anchor(ctx))
			return 1;
		/* fall through */
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
		set_missing(v, X509_STORE_CTX_get_error_depth(ctx), err);
		return 1;
	default:
		return 0;
	}
}

static void explain_time(const ASN1_TIME *t, char out[static WHEN_MAX])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) == 1)
		snprintf(out, WHEN_MAX, "%04d-%02d-%02d %02d:%02d UTC",
			 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			 tm.tm_hour, tm.tm_min);
	else
		snprintf(out, WHEN_MAX, "an unreadable time");
}

/* Whether an anchor has the name of this certificate's issuer. */
static bool knows_name(const struct trust *t, const X509 *x)
{
	char issuer[CERT_NAME_MAX];

	dn_print(X509_get_issuer_name(x), issuer, sizeof(issuer));
	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->name[i], issuer))
			return true;
	return false;
}

static int explain(const struct trust *t, X509_STORE_CTX *ctx,
		   const struct cert *leaf, struct missiu_diag *diag)
{
	const int err = X509_STORE_CTX_get_error(ctx);
	const X509 *x = X509_STORE_CTX_get_current_cert(ctx);
	char who[WHO_MAX], issuer[WHO_MAX], when[WHEN_MAX], trusted[WHO_MAX];

	if (!x)
		x = leaf->x;
	dn_print(X509_get_subject_name(x), who, sizeof(who));
	dn_print(X509_get_issuer_name(x), issuer, sizeof(issuer));
	trust_text(t, trusted, sizeof(trusted));
	switch (err) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		explain_time(X509_get0_notAfter(x), when);
		return diag_set(diag, MISSIU_EAUTH,
				"certificate of \"%s\" expired on %s; we trust "
				"%s",
				who, when, trusted);
	case X509_V_ERR_CERT_NOT_YET_VALID:
		explain_time(X509_get0_notBefore(x), when);
		return diag_set(diag, MISSIU_EAUTH,
				"certificate of \"%s\" is not valid before %s; "
				"is our clock right?",
				who, when);
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return knows_name(t, x) ?
			       diag_set(diag, MISSIU_EAUTH,
					"certificate of \"%s\" is by \"%s\", "
					"but with another key than the CA of "
					"this name that we trust",
					who, issuer) :
			       diag_set(diag, MISSIU_EAUTH,
					"certificate of \"%s\" is by \"%s\", "
					"we trust %s",
					who, issuer, trusted);
	case X509_V_ERR_CERT_REVOKED:
		return diag_set(diag, MISSIU_EAUTH,
				"certificate of \"%s\" was revoked by \"%s\"",
				who, issuer);
	default:
		return diag_set(diag, MISSIU_EAUTH,
				"certificate of \"%s\" by \"%s\": %s", who,
				issuer, X509_verify_cert_error_string(err));
	}
}

/* --- what OpenSSL does not check without a purpose */

static bool usable_purpose(const ASN1_OBJECT *o)
{
	char oid[40];

	switch (OBJ_obj2nid(o)) {
	case NID_anyExtendedKeyUsage:
	case NID_ipsec_IKE:
	case NID_ipsecEndSystem:
	case NID_ipsecTunnel:
	case NID_ipsecUser:
	case NID_server_auth:
	case NID_client_auth:
		return true;
	default: /* iKEIntermediate, which old peers ask for */
		return OBJ_obj2txt(oid, sizeof(oid), o, 1) > 0 &&
		       !strcmp(oid, "1.3.6.1.5.5.8.2.2");
	}
}

/* RFC 4945 5.1.3.2 and 5.1.3.12. */
static int check_usage(const struct cert *leaf, struct missiu_diag *diag)
{
	const uint32_t ku = X509_get_key_usage(leaf->x);
	EXTENDED_KEY_USAGE *eku;
	bool ok;

	if (!(ku & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
		return diag_set(diag, MISSIU_EAUTH,
				"certificate of \"%.72s\" is not for "
				"signatures (keyUsage)",
				leaf->subject);
	eku = X509_get_ext_d2i(leaf->x, NID_ext_key_usage, NULL, NULL);
	ok = !eku;
	for (int i = 0; i < sk_ASN1_OBJECT_num(eku) && !ok; i++)
		ok = usable_purpose(sk_ASN1_OBJECT_value(eku, i));
	sk_ASN1_OBJECT_pop_free(eku, ASN1_OBJECT_free);
	ERR_clear_error();
	return ok ? 0 :
		    diag_set(diag, MISSIU_EAUTH,
			     "certificate of \"%.72s\" is for other purposes "
			     "than IPsec (extendedKeyUsage)",
			     leaf->subject);
}

static int check_chain(STACK_OF(X509) * chain, const struct cert *leaf,
		       struct missiu_diag *diag)
{
	int ret = check_usage(leaf, diag);

	for (int i = 0; !ret && i < sk_X509_num(chain); i++) {
		X509 *x = sk_X509_value(chain, i);
		EVP_PKEY *key = X509_get0_pubkey(x);
		char who[WHO_MAX];

		dn_print(X509_get_subject_name(x), who, sizeof(who));
		/* 1: a CA by basicConstraints, and keyCertSign if it tells */
		if (i && X509_check_ca(x) != 1)
			ret = diag_set(diag, MISSIU_EAUTH,
				       "\"%s\" issued certificates and is no "
				       "CA",
				       who);
		else if (!key)
			ret = diag_set(diag, MISSIU_EAUTH,
				       "certificate of \"%s\" has no usable "
				       "key",
				       who);
		else if (pkey_check(key, NULL, diag)) {
			diag_prefix(diag, "certificate of \"%s\": ", who);
			ret = MISSIU_EAUTH;
		}
	}
	return ret;
}

/* --- revocation, once the chain is known to be good */

/* @why: of a response that does not count, or "" */
static int explain_missing(X509 *x, int err, const char *why,
			   struct missiu_diag *diag)
{
	char who[WHO_MAX], issuer[WHO_MAX];

	dn_print(X509_get_subject_name(x), who, sizeof(who));
	dn_print(X509_get_issuer_name(x), issuer, sizeof(issuer));
	if (*why)
		return diag_set(diag, MISSIU_EAUTH,
				"nothing valid says that \"%.60s\" is not "
				"revoked, and the policy is strict: what came "
				"%.80s",
				who, why);
	if (err == X509_V_ERR_UNABLE_TO_GET_CRL)
		return diag_set(diag, MISSIU_EAUTH,
				"no revocation list of \"%s\" says anything "
				"about \"%s\", and the policy is strict",
				issuer, who);
	return diag_set(diag, MISSIU_EAUTH,
			"the revocation list of \"%s\" is out of date, "
			"and the policy is strict",
			issuer);
}

/* What the responses say about one certificate. */
static int ask_ocsp(X509 *x, X509 *issuer, const struct trust_question *q,
		    bool *good, struct missiu_diag *why,
		    struct missiu_diag *diag)
{
	char who[WHO_MAX], by[WHO_MAX];

	for (size_t i = 0; i < q->n_ocsp && i < TRUST_OCSP_MAX; i++) {
		struct missiu_diag bad = { "" };
		struct ocsp_answer a;
		const int ret =
			ocsp_judge(q->ocsp[i], x, issuer, q->now_s, &a, &bad);

		if (!ret && a.says == OCSP_SAYS_REVOKED) {
			dn_print(X509_get_subject_name(x), who, sizeof(who));
			dn_print(X509_get_issuer_name(x), by, sizeof(by));
			return diag_set(diag, MISSIU_EAUTH,
					"certificate of \"%s\" was revoked by "
					"\"%s\", as its OCSP response says",
					who, by);
		}
		if (!ret && a.says == OCSP_SAYS_GOOD)
			*good = true;
		else if (!ret)
			diag_set(why, 0,
				 "is an OCSP responder that does not "
				 "know it");
		else if (ret != MISSIU_ENOENT)
			*why = bad;
	}
	return 0;
}

static int check_revocation(STACK_OF(X509) * chain, const struct verdict *v,
			    const struct trust_question *q,
			    struct missiu_diag *diag)
{
	int ret = 0;

	for (int i = 0; !ret && q->crl && i + 1 < sk_X509_num(chain); i++) {
		X509 *x = sk_X509_value(chain, i);
		X509 *issuer = sk_X509_value(chain, i + 1);
		struct missiu_diag why = { "" };
		bool good = false;

		ret = ask_ocsp(x, issuer, q, &good, &why, diag);
		if (ret || good || !v->missing[i] ||
		    (q->lacks && trust_lacks_add(q->lacks, x, issuer)))
			continue;
		if (q->crl == TRUST_CRL_STRICT)
			ret = explain_missing(x, v->missing[i], why.msg, diag);
	}
	return ret;
}

static bool set_rules(X509_STORE_CTX *ctx, const struct trust_question *q,
		      struct verdict *v)
{
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(ctx);
	unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;

	if (q->crl != TRUST_CRL_OFF)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	X509_VERIFY_PARAM_set_time(p, (time_t)q->now_s);
	X509_VERIFY_PARAM_set_depth(p, TRUST_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(p, AUTH_LEVEL);
	X509_STORE_CTX_set_verify_cb(ctx, judge);
	return X509_STORE_CTX_set_app_data(ctx, v) == 1 &&
	       X509_VERIFY_PARAM_set_flags(p, flags) == 1;
}

static int verify(const struct trust *t, X509_STORE_CTX *ctx,
		  const struct trust_question *q, const struct verdict *v,
		  struct missiu_diag *diag)
{
	STACK_OF(X509) * chain;
	int ret;

	if (X509_verify_cert(ctx) != 1)
		return explain(t, ctx, q->leaf, diag);
	chain = X509_STORE_CTX_get0_chain(ctx);
	ret = check_chain(chain, q->leaf, diag);
	return ret ? ret : check_revocation(chain, v, q, diag);
}

int trust_check(const struct trust *t, const struct trust_question *q,
		struct missiu_diag *diag)
{
	struct verdict v = { { 0 } };
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *others = sk_X509_new_null();
	STACK_OF(X509_CRL) *lists = NULL;
	bool ready = ctx && others;
	int ret = MISSIU_ENOMEM;

	for (size_t i = 0; ready && i < q->n_others; i++)
		ready = sk_X509_push(others, q->others[i]->x) > 0;
	if (ready)
		lists = trust_lists(t, others);
	if (lists &&
	    X509_STORE_CTX_init(ctx, t->store, q->leaf->x, others) == 1 &&
	    set_rules(ctx, q, &v)) {
		X509_STORE_CTX_set0_crls(ctx, lists);
		ret = verify(t, ctx, q, &v, diag);
	}
	X509_STORE_CTX_free(ctx);
	sk_X509_CRL_free(lists);
	sk_X509_free(others);
	ERR_clear_error();
	return ret;
}
