/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/cred.h"

#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "ike/ident.h"
#include "ike/wire.h"

struct ike_cred *cred_new(void)
{
	struct ike_cred *c = calloc(1, sizeof(*c));

	if (c)
		c->refs = 1;
	return c;
}

struct ike_cred *cred_get(struct ike_cred *c)
{
	if (c)
		c->refs++;
	return c;
}

void cred_put(struct ike_cred *c)
{
	if (!c || --c->refs)
		return;
	for (size_t i = 0; i < c->n_own; i++) {
		pkey_free(c->own[i].key);
		free(c->own[i].ocsp);
	}
	for (size_t i = 0; i < c->n_url; i++)
		free(c->url[i].url);
	for (size_t i = 0; i < c->n_ask; i++)
		free(c->ask[i]);
	cert_list_fini(&c->certs);
	cert_list_fini(&c->anchors);
	trust_free(c->trust);
	free(c);
}

/* --- our files */

static int take_key(struct ike_cred *c, struct pkey *k,
		    struct missiu_diag *diag)
{
	for (size_t i = 0; i < c->n_own; i++)
		if (pkey_same(c->own[i].key, k)) {
			pkey_free(k);
			return 0;
		}
	if (c->n_own == CRED_KEYS_MAX) {
		pkey_free(k);
		return diag_set(diag, MISSIU_EFULL, "more than %d keys",
				CRED_KEYS_MAX);
	}
	c->own[c->n_own++] = (struct cred_own){ .key = k };
	return 0;
}

static bool contains(const void *data, size_t len, const char *text)
{
	return memmem(data, len, text, strlen(text)) != NULL;
}

static int add_pem(struct ike_cred *c, const void *data, size_t len,
		   const char *pass, struct missiu_diag *diag)
{
	const bool has_key = contains(data, len, "PRIVATE KEY-----");
	struct pkey *k = NULL;
	int ret = 0;

	if (has_key)
		ret = pkey_load(data, len, pass, &k, diag);
	if (!ret && (!has_key || contains(data, len, "CERTIFICATE-----")))
		ret = cert_load(data, len, &c->certs, diag);
	if (!ret && k)
		return take_key(c, k, diag);
	pkey_free(k);
	return ret;
}

/* DER does not say what it is: what parses, it is. */
static int add_der(struct ike_cred *c, const void *data, size_t len,
		   const char *pass, struct missiu_diag *diag)
{
	struct missiu_diag why = { "" };
	struct pkey *k = NULL;
	int ret;

	if (!cert_load(data, len, &c->certs, &why))
		return 0;
	ret = pkey_load(data, len, pass, &k, &why);
	if (ret == MISSIU_EINVAL)
		ret = cert_load_p12(data, len, pass, &k, &c->certs, &why);
	if (!ret)
		return take_key(c, k, diag);
	if (!strcmp(why.msg, "no PKCS#12 file"))
		return diag_set(diag, ret, "found neither a certificate nor %s",
				pass ? "a key that this passphrase opens" :
				       "a key without passphrase");
	return diag_set(diag, ret, "%s", why.msg);
}

int cred_add_own(struct ike_cred *c, const void *data, size_t len,
		 const char *pass, struct missiu_diag *diag)
{
	return contains(data, len, "-----BEGIN") ?
		       add_pem(c, data, len, pass, diag) :
		       add_der(c, data, len, pass, diag);
}

/* --- whom we believe */

static int need_trust(struct ike_cred *c, struct missiu_diag *diag)
{
	if (!c->trust)
		c->trust = trust_new();
	return c->trust ? 0 : diag_set(diag, MISSIU_ENOMEM, "out of memory");
}

int cred_add_ca(struct ike_cred *c, const void *data, size_t len,
		struct missiu_diag *diag)
{
	const size_t before = c->anchors.n;
	int ret = cert_load(data, len, &c->anchors, diag);

	if (!ret)
		ret = need_trust(c, diag);
	for (size_t i = before; !ret && i < c->anchors.n; i++) {
		ret = trust_add(c->trust, c->anchors.v[i]);
		if (ret)
			diag_set(diag, ret, "%s", missiu_strerror(ret));
	}
	return ret;
}

int cred_add_crl(struct ike_cred *c, const void *data, size_t len,
		 struct missiu_diag *diag)
{
	const int ret = need_trust(c, diag);

	return ret ? ret : trust_add_crls(c->trust, data, len, diag);
}

/* --- which certificate is which key's */

static const struct cert *issuer_of(const struct ike_cred *c,
				    const struct cert *x)
{
	for (size_t i = 0; i < c->certs.n; i++)
		if (c->certs.v[i] != x && cert_issued(c->certs.v[i], x) &&
		    !cert_issued(c->certs.v[i], c->certs.v[i]))
			return c->certs.v[i];
	return NULL;
}

static bool is_key_of(const struct cert *x, const struct pkey *k)
{
	struct pkey *own = NULL;
	const bool same = !cert_key(x, &own, NULL) && pkey_same(own, k);

	pkey_free(own);
	return same;
}

static int match_one(const struct ike_cred *c, struct cred_own *o,
		     struct missiu_diag *diag)
{
	const struct cert *x = NULL;
	size_t bytes = 0;

	for (size_t i = 0; i < c->certs.n && !x; i++)
		if (is_key_of(c->certs.v[i], o->key))
			x = c->certs.v[i];
	if (!x)
		return diag_set(diag, MISSIU_EINVAL,
				"none of the %zu certificates is for the %s "
				"key",
				c->certs.n, pkey_type_name(pkey_type(o->key)));
	for (o->n = 0; x && o->n < CRED_CHAIN_MAX; x = issuer_of(c, x)) {
		o->chain[o->n++] = x;
		bytes += cert_der(x).len;
	}
	return bytes <= CRED_CHAIN_BYTES_MAX ?
		       0 :
		       diag_set(
			       diag, MISSIU_EFULL,
			       "the chain of \"%s\" has %zu bytes, expected up "
			       "to %d",
			       cert_subject(o->chain[0]), bytes,
			       CRED_CHAIN_BYTES_MAX);
}

int cred_match(struct ike_cred *c, struct missiu_diag *diag)
{
	int ret = 0;

	if (c->certs.n && !c->n_own)
		return diag_set(diag, MISSIU_EINVAL,
				"certificate of \"%s\" without its key",
				cert_subject(c->certs.v[0]));
	for (size_t i = 0; !ret && i < c->n_own; i++)
		ret = match_one(c, &c->own[i], diag);
	return ret;
}

static size_t chain_bytes(const struct cred_own *o)
{
	size_t bytes = 0;

	for (size_t i = 0; i < o->n; i++)
		bytes += cert_der(o->chain[i]).len;
	return bytes;
}

static int take_ocsp(struct cred_own *o, const struct ocsp_answer *says,
		     const void *data, size_t len, struct missiu_diag *diag)
{
	const size_t bytes = chain_bytes(o);
	uint8_t *copy;

	if (bytes + len > CRED_OCSP_BYTES_MAX)
		return diag_set(diag, MISSIU_EFULL,
				"the chain of \"%.72s\" and its OCSP response "
				"have %zu bytes, expected up to %d",
				cert_subject(o->chain[0]), bytes + len,
				CRED_OCSP_BYTES_MAX);
	copy = malloc(len);
	if (!copy)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	memcpy(copy, data, len);
	free(o->ocsp);
	o->ocsp = copy;
	o->ocsp_len = len;
	o->ocsp_says = *says;
	return 0;
}

int cred_add_ocsp(struct ike_cred *c, const void *data, size_t len,
		  struct missiu_diag *diag)
{
	struct ocsp_answer says;
	int ret = diag_set(diag, MISSIU_ENOENT,
			   "found an OCSP response, but we have no certificate "
			   "of our own");

	for (size_t i = 0; i < c->n_own; i++) {
		ret = ocsp_peek(data, len, c->own[i].chain[0], &says, diag);
		if (!ret)
			return take_ocsp(&c->own[i], &says, data, len, diag);
		if (ret != MISSIU_ENOENT)
			break;
	}
	return ret;
}

/* --- what is fetched */

bool cred_is_url(const char *name)
{
	return !strncmp(name, "http://", 7) || !strncmp(name, "https://", 8);
}

static int add_url(struct ike_cred *c, const char *url,
		   const struct cred_url *like, struct missiu_diag *diag)
{
	if (c->n_url == CRED_URLS_MAX)
		return diag_set(diag, MISSIU_EFULL, "more than %d URLs",
				CRED_URLS_MAX);
	c->url[c->n_url] = *like;
	c->url[c->n_url].url = strdup(url);
	if (!c->url[c->n_url].url)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	c->n_url++;
	return 0;
}

int cred_add_crl_url(struct ike_cred *c, const char *url,
		     struct missiu_diag *diag)
{
	struct cred_url u = { .ocsp = false };
	const int ret = need_trust(c, diag);

	for (size_t i = 0; i < c->n_url; i++)
		u.slot += !c->url[i].ocsp;
	return ret ? ret : add_url(c, url, &u, diag);
}

static const struct cert *issuer_in(const struct cert_list *l,
				    const struct cert *x)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i] != x && cert_issued(l->v[i], x))
			return l->v[i];
	return NULL;
}

size_t cred_above(const struct ike_cred *c, const struct cred_own *o,
		  const uint8_t *out[static CRED_ABOVE_MAX])
{
	const struct cert *top = NULL;
	size_t n;

	for (n = 0; n < o->n; n++)
		out[n] = cert_key_hash(o->chain[n]);
	if (n)
		top = issuer_in(&c->certs, o->chain[n - 1]);
	if (n && !top)
		top = issuer_in(&c->anchors, o->chain[n - 1]);
	if (top)
		out[n++] = cert_key_hash(top);
	return n;
}

int cred_add_ocsp_url(struct ike_cred *c, const char *url,
		      struct missiu_diag *diag)
{
	int ret = cred_has_own(c) ?
			  0 :
			  diag_set(diag, MISSIU_EINVAL,
				   "found an OCSP responder, but we have no "
				   "certificate of our own");

	for (unsigned i = 0; !ret && i < c->n_own; i++) {
		struct cred_url u = { .ocsp = true, .slot = i };
		const struct cert *x = c->own[i].chain[0];

		u.issuer = issuer_in(&c->certs, x);
		if (!u.issuer)
			u.issuer = issuer_in(&c->anchors, x);
		if (!u.issuer)
			return diag_set(diag, MISSIU_EINVAL,
					"the certificate of \"%.72s\" is in no "
					"file: OCSP needs the issuer of ours",
					cert_issuer(x));
		ret = ocsp_request(x, u.issuer, u.ask, sizeof(u.ask), &u.n_ask);
		if (!ret)
			ret = add_url(c, url, &u, diag);
	}
	return ret;
}

int cred_add_ask(struct ike_cred *c, const char *url, struct missiu_diag *diag)
{
	if (!cred_has_trust(c))
		return diag_set(diag, MISSIU_EINVAL,
				"found a responder for certificates of peers, "
				"but no CA for them");
	if (!strcmp(url, MISSIU_PEER_OCSP_CERTIFICATE)) {
		c->ask_named = true;
		return 0;
	}
	if (c->n_ask == CRED_ASK_MAX)
		return diag_set(diag, MISSIU_EFULL, "more than %d URLs",
				CRED_ASK_MAX);
	c->ask[c->n_ask] = strdup(url);
	if (!c->ask[c->n_ask])
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	c->n_ask++;
	return 0;
}

bool cred_asks(const struct ike_cred *c)
{
	return c->n_ask || c->ask_named;
}

static bool same_trust(const struct trust *a, const struct trust *b)
{
	if (!a || !b || trust_count(a) != trust_count(b))
		return !a && !b;
	for (size_t i = 0; i < trust_count(a); i++)
		if (memcmp(trust_hash(a, i), trust_hash(b, i), CERT_HASH_LEN))
			return false;
	return true;
}

static bool same_cert(const struct cert *a, const struct cert *b)
{
	const struct chunk x = cert_der(a), y = cert_der(b);

	return x.len == y.len && !memcmp(x.p, y.p, x.len);
}

bool cred_same(const struct ike_cred *a, const struct ike_cred *b)
{
	if (!a || !b)
		return a == b;
	if (a->n_own != b->n_own || a->certs.n != b->certs.n ||
	    a->crl != b->crl || a->rsa_sha1 != b->rsa_sha1 ||
	    a->pkcs1 != b->pkcs1 || a->no_rfc7427 != b->no_rfc7427 ||
	    !same_trust(a->trust, b->trust))
		return false;
	for (size_t i = 0; i < a->n_own; i++)
		if (!pkey_same(a->own[i].key, b->own[i].key))
			return false;
	for (size_t i = 0; i < a->certs.n; i++)
		if (!same_cert(a->certs.v[i], b->certs.v[i]))
			return false;
	return true;
}

/* --- identities */

struct ike_id cred_default_id(const struct ike_cred *c)
{
	struct ike_id id = { .type = IKE_ID_NONE };
	uint8_t der[IKE_ID_MAX];
	size_t len = 0;

	if (cred_has_own(c) && c->own[0].n)
		len = cert_subject_der(c->own[0].chain[0], der, sizeof(der));
	if (len)
		ike_id_make(&id, IKE_ID_DER_DN, der, len);
	return id;
}

bool cred_names(const struct cert *c, const struct ike_id *id)
{
	switch (id->type) {
	case IKE_ID_FQDN:
		return cert_names(c, CERT_NAME_DNS, id->data, id->len);
	case IKE_ID_RFC822:
		return cert_names(c, CERT_NAME_EMAIL, id->data, id->len);
	case IKE_ID_IPV4:
	case IKE_ID_IPV6:
		return cert_names(c, CERT_NAME_IP, id->data, id->len);
	case IKE_ID_DER_DN:
		return cert_names(c, CERT_NAME_DN, ike_id_bytes(id), id->len);
	default:
		return false;
	}
}
