/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/auth_sig.h"

#include <string.h>

#include "common/diag.h"
#include "common/rd.h"
#include "common/secret.h"
#include "ike/idtext.h"

/* Anchors that a CERTREQ names at most: 640 bytes of IKE_SA_INIT. */
#define CERTREQ_MAX 32

bool auth_is_signature(uint8_t method)
{
	return method == IKE_AUTH_RSA_SHA1 || method == IKE_AUTH_ECDSA_256 ||
	       method == IKE_AUTH_ECDSA_384 || method == IKE_AUTH_ECDSA_521 ||
	       method == IKE_AUTH_SIGNATURE;
}

/* --- what both sides announce */

void auth_put_hashes(struct ike_build *b, const struct ike_cred *c)
{
	uint8_t list[2 * SIG_HASHES];
	size_t n = 0;

	if (!c || c->no_rfc7427)
		return;
	for (unsigned h = 1; h < SIG_HASHES; h++)
		if (SIG_HASHES_OURS & SIG_HASH_BIT(h)) {
			store_be16(list + n, (uint16_t)h);
			n += 2;
		}
	ike_put_notify_data(b, IKE_N_SIGNATURE_HASH_ALGORITHMS, list, n);
}

unsigned auth_peer_hashes(const struct ike_msg *m)
{
	const struct ike_notify *n =
		ike_msg_notify(m, IKE_N_SIGNATURE_HASH_ALGORITHMS);
	unsigned set = 0;
	uint16_t h;
	struct rd r;

	if (!n)
		return 0;
	r = rd_from(n->data.p, n->data.len);
	while (rd_be16(&r, &h))
		if (h && h < SIG_HASHES)
			set |= SIG_HASH_BIT(h);
	return set;
}

void auth_put_certreq(struct ike_build *b, const struct ike_cred *c)
{
	const size_t n = cred_has_trust(c) ? trust_count(c->trust) : 0;

	if (!n)
		return;
	ike_put_begin(b, IKE_P_CERTREQ);
	wr_u8(&b->w, IKE_CERT_X509_SIGNATURE);
	for (size_t i = 0; i < n && i < CERTREQ_MAX; i++)
		wr_bytes(&b->w, trust_hash(c->trust, i), CERT_HASH_LEN);
	ike_put_end(b);
	/* No hashes of responders: whom the issuer appoints will do. */
	if (c->crl != TRUST_CRL_OFF) {
		ike_put_begin(b, IKE_P_CERTREQ);
		wr_u8(&b->w, IKE_CERT_OCSP);
		ike_put_end(b);
	}
}

bool auth_wants_ocsp(const struct ike_msg *m)
{
	for (size_t i = 0; i < m->n_certreq; i++) {
		const uint8_t *p = m->certreq[i].p;

		if (m->certreq[i].len && *p == IKE_CERT_OCSP)
			return true;
	}
	return false;
}

/* --- our side */

/* Whether one of the hashes in a CERTREQ is one of these. */
static bool names_any(struct rd r, const uint8_t *const *above, size_t n)
{
	const uint8_t *hash;

	while (rd_take(&r, CERT_HASH_LEN, &hash))
		for (size_t i = 0; i < n; i++)
			if (!memcmp(hash, above[i], CERT_HASH_LEN))
				return true;
	return false;
}

static bool is_wanted(const struct ike_cred *c, const struct cred_own *o,
		      const struct ike_msg *m)
{
	const uint8_t *above[CRED_ABOVE_MAX];
	const size_t n = cred_above(c, o, above);

	for (size_t i = 0; i < m->n_certreq; i++) {
		struct rd r = rd_from(m->certreq[i].p, m->certreq[i].len);
		uint8_t encoding;

		if (rd_u8(&r, &encoding) &&
		    encoding == IKE_CERT_X509_SIGNATURE &&
		    names_any(r, above, n))
			return true;
	}
	return false;
}

unsigned auth_wanted_keys(const struct ike_cred *c, const struct ike_msg *m)
{
	unsigned wanted = 0;

	for (size_t i = 0; c && i < c->n_own; i++)
		wanted |= (unsigned)is_wanted(c, &c->own[i], m) << i;
	return wanted;
}

/* The first of these keys that has an algorithm for the peer. */
static bool choose_among(const struct ike_cred *c, unsigned keys,
			 const struct sig_choice *choice, struct auth_own *out)
{
	for (size_t i = 0; i < c->n_own; i++) {
		const struct cred_own *o = &c->own[i];

		if (!(keys >> i & 1))
			continue;
		out->cred = o;
		out->alg = sigalg_choose(pkey_type(o->key), choice);
		if (out->alg)
			return true;
	}
	return false;
}

int auth_own_choose(const struct ike_cred *c, unsigned hashes, unsigned wanted,
		    struct auth_own *out, struct missiu_diag *diag)
{
	const struct sig_choice choice = { .hashes = c && c->no_rfc7427 ?
							     0 :
							     hashes,
					   .sha1 = c && c->rsa_sha1,
					   .pkcs1 = c && c->pkcs1 };

	if (!cred_has_own(c))
		return diag_set(diag, MISSIU_EUNSUP,
				"we have no certificate of our own");
	if (choose_among(c, wanted, &choice, out) ||
	    choose_among(c, ~wanted, &choice, out))
		return 0;
	return sigalg_why_not(pkey_type(c->own[0].key), &choice, diag);
}

void auth_put_certs(struct ike_build *b, const struct auth_own *own)
{
	for (size_t i = 0; i < own->cred->n; i++) {
		const struct chunk der = cert_der(own->cred->chain[i]);

		ike_put_begin(b, IKE_P_CERT);
		wr_u8(&b->w, IKE_CERT_X509_SIGNATURE);
		wr_bytes(&b->w, der.p, der.len);
		ike_put_end(b);
	}
}

void auth_put_ocsp(struct ike_build *b, const struct auth_own *own,
		   int64_t now_s)
{
	const struct cred_own *o = own->cred;

	if (!o->ocsp || o->ocsp_says.says != OCSP_SAYS_GOOD ||
	    !ocsp_fresh(&o->ocsp_says, now_s))
		return;
	ike_put_begin(b, IKE_P_CERT);
	wr_u8(&b->w, IKE_CERT_OCSP);
	wr_bytes(&b->w, o->ocsp, o->ocsp_len);
	ike_put_end(b);
}

int auth_put_signature(struct ike_build *b, const struct auth_own *own,
		       uint16_t prf_id, const struct auth_octets *o)
{
	uint8_t maced[IKE_PRF_MAX], data[SIGN_MAX];
	struct chunk v[AUTH_OCTETS_MAX];
	size_t n, len = 0;
	int ret = auth_octets_list(prf_id, o, maced, v, &n);

	if (!ret)
		ret = sign_make(own->cred->key, own->alg, v, n, data, &len);
	if (!ret)
		ike_put_auth(b, own->alg->method, data, len);
	secret_wipe(maced, sizeof(maced));
	return ret;
}

/* --- the peer's side */

/* What CERT payloads hold. The first one is the peer's own (3.6). */
struct received {
	struct cert *v[IKE_CERT_MAX];
	size_t n;
	struct chunk ocsp[IKE_CERT_MAX];
	size_t n_ocsp;
	bool by_url;
};

static int read_certs(const struct ike_msg *m, struct received *got,
		      struct missiu_diag *diag)
{
	*got = (struct received){ .n = 0 };
	for (size_t i = 0; i < m->n_cert; i++) {
		struct rd r = rd_from(m->cert[i].p, m->cert[i].len);
		uint8_t encoding;

		if (!rd_u8(&r, &encoding))
			continue;
		got->by_url |= encoding == IKE_CERT_HASH_URL ||
			       encoding == IKE_CERT_HASH_URL_BUNDLE;
		if (encoding == IKE_CERT_OCSP)
			got->ocsp[got->n_ocsp++] =
				(struct chunk){ r.p, rd_left(&r) };
		if (encoding != IKE_CERT_X509_SIGNATURE)
			continue;
		if (cert_parse(r.p, rd_left(&r), &got->v[got->n]))
			return diag_set(diag, MISSIU_EAUTH,
					"its certificate %zu does not parse",
					i + 1);
		got->n++;
	}
	if (got->n)
		return 0;
	return diag_set(diag, MISSIU_EAUTH, "%s",
			got->by_url ?
				"it sent the URL of its certificate, which we "
				"do not fetch and did not ask for" :
				"it sent no certificate");
}

static int check_identity(const struct cert *leaf, const struct ike_id *id,
			  struct missiu_diag *diag)
{
	char names[128];

	if (cred_names(leaf, id))
		return 0;
	cert_names_text(leaf, names, sizeof(names));
	return diag_set(diag, MISSIU_EAUTH,
			"it says it is \"%.70s\", its certificate is for "
			"\"%.120s\"",
			ike_id_text(id).s, names);
}

static int check_auth(const struct ike_cred *c, const struct cert *leaf,
		      const struct ike_auth *auth, uint16_t prf_id,
		      const struct auth_octets *o, struct missiu_diag *diag)
{
	uint8_t maced[IKE_PRF_MAX];
	struct chunk v[AUTH_OCTETS_MAX], sig = auth->data;
	const struct sigalg *a;
	struct pkey *key = NULL;
	size_t n;
	int ret = cert_key(leaf, &key, diag);

	if (ret)
		return ret;
	a = sigalg_find(auth->method, pkey_type(key), &sig, c->rsa_sha1, diag);
	ret = a ? auth_octets_list(prf_id, o, maced, v, &n) : MISSIU_EAUTH;
	if (a && !ret)
		ret = sign_check(key, a, v, n, sig);
	if (a && ret)
		diag_set(diag, ret,
			 "its %s signature is wrong: it does not have the key "
			 "of \"%.90s\"",
			 a->name, cert_subject(leaf));
	secret_wipe(maced, sizeof(maced));
	pkey_free(key);
	return ret;
}

int auth_check_signature(const struct ike_cred *c, const struct ike_msg *m,
			 const struct ike_id *id, uint16_t prf_id,
			 const struct auth_octets *o, int64_t now_s,
			 struct trust_lacks *lacks, struct missiu_diag *diag)
{
	struct received got;
	int ret;

	if (!cred_has_trust(c))
		return diag_set(diag, MISSIU_EAUTH,
				"it uses a certificate, and no CA is "
				"configured");
	ret = read_certs(m, &got, diag);
	if (!ret)
		ret = trust_check(
			c->trust,
			&(struct trust_question){
				.leaf = got.v[0],
				.others = (const struct cert *const *)got.v + 1,
				.n_others = got.n - 1,
				.now_s = now_s,
				.crl = c->crl,
				.ocsp = got.ocsp,
				.n_ocsp = got.n_ocsp,
				.lacks = lacks,
			},
			diag);
	if (!ret)
		ret = check_identity(got.v[0], id, diag);
	if (!ret)
		ret = check_auth(c, got.v[0], &m->auth, prf_id, o, diag);
	for (size_t i = 0; i < got.n; i++)
		cert_free(got.v[i]);
	return ret;
}
