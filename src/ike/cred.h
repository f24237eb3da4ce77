/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials: our keys with their certificates, and whose certificates we
 * believe. Made from files before the core starts; the core only reads them.
 */
#ifndef IKE_CRED_H
#define IKE_CRED_H

#include "crypto/ocsp.h"
#include "crypto/trust.h"
#include "ike/core.h"

#define CRED_KEYS_MAX	     4
#define CRED_URLS_MAX	     8
#define CRED_ASK_MAX	     8
#define CRED_CHAIN_MAX	     6	  /* certificates that we send … */
#define CRED_CHAIN_BYTES_MAX 5000 /* … beside what IKE_AUTH has else */
#define CRED_OCSP_BYTES_MAX  6000 /* chain and OCSP response together */

/** One of our keys. */
struct cred_own {
	struct pkey *key;
	size_t n;				  /* 0: not matched yet */
	const struct cert *chain[CRED_CHAIN_MAX]; /* its own first; borrowed */
	uint8_t *ocsp; /* a response about chain[0] (RFC 4806); or NULL */
	size_t ocsp_len;
	struct ocsp_answer ocsp_says;
};

/** Something to be fetched. */
struct cred_url {
	char *url;
	bool ocsp;     /* about own[slot]; else a list for the trust's */
	unsigned slot; /* of this number */
	const struct cert *issuer; /* OCSP: of own[slot].chain[0]; borrowed */
	size_t n_ask;		   /* OCSP: the request to post */
	uint8_t ask[OCSP_REQUEST_MAX];
};

struct ike_cred {
	unsigned refs;
	size_t n_own;
	struct cred_own own[CRED_KEYS_MAX];
	struct cert_list certs;	  /* those of our files, in any order */
	struct cert_list anchors; /* those of trust */
	size_t n_url;
	struct cred_url url[CRED_URLS_MAX];
	size_t n_ask;
	char *ask[CRED_ASK_MAX]; /* responders about certificates of peers */
	bool ask_named;		 /* and those that the certificates name */
	struct trust *trust;	 /* NULL: no peer can use a certificate */
	enum trust_crl crl;
	bool rsa_sha1;	 /* use and accept method 1 */
	bool pkcs1;	 /* prefer PKCS#1 v1.5 to PSS */
	bool no_rfc7427; /* do not announce method 14, nor use it */
};

/** cred_new() - empty, one reference; NULL: no memory */
struct ike_cred *cred_new(void);

/** cred_get() - one more reference; NULL is fine */
struct ike_cred *cred_get(struct ike_cred *c);

/** cred_put() - one less; the last wipes and frees; NULL is fine */
void cred_put(struct ike_cred *c);

/**
 * cred_add_own() - the contents of a file of ours
 * @data, @len: certificates, a key, or both; PEM, DER, PKCS#12
 * @pass: passphrase of the key; NULL: none
 * @diag: out
 *
 * Return: 0; MISSIU_EINVAL (nothing in it, a wrong passphrase); MISSIU_EUNSUP
 * (a key that is not accepted); MISSIU_EFULL; MISSIU_ENOMEM.
 */
int cred_add_own(struct ike_cred *c, const void *data, size_t len,
		 const char *pass, struct missiu_diag *diag);

/** cred_add_ca() - trust anchors of a file; Return: as cert_load() */
int cred_add_ca(struct ike_cred *c, const void *data, size_t len,
		struct missiu_diag *diag);

/** cred_add_crl() - revocation lists; Return: as trust_add_crls() */
int cred_add_crl(struct ike_cred *c, const void *data, size_t len,
		 struct missiu_diag *diag);

/** cred_is_url() - whether a name is that of no file: http://, https:// */
bool cred_is_url(const char *name);

/**
 * cred_add_crl_url() - where a revocation list is to be fetched
 *
 * Return: 0; MISSIU_EFULL (more than CRED_URLS_MAX); MISSIU_ENOMEM.
 */
int cred_add_crl_url(struct ike_cred *c, const char *url,
		     struct missiu_diag *diag);

/**
 * cred_add_ocsp_url() - the responder that tells of our certificates
 *
 * After cred_match(). Return: as above; MISSIU_EINVAL: no certificate of our
 * own, or one whose issuer is in none of the files.
 */
int cred_add_ocsp_url(struct ike_cred *c, const char *url,
		      struct missiu_diag *diag);

/**
 * cred_add_ask() - whom to ask whether certificates of peers are revoked
 * @url: or MISSIU_PEER_OCSP_CERTIFICATE: those that they name themselves
 *
 * After the CAs. Return: 0; MISSIU_EINVAL (there is no CA); MISSIU_EFULL;
 * MISSIU_ENOMEM.
 */
int cred_add_ask(struct ike_cred *c, const char *url, struct missiu_diag *diag);

/** cred_asks() - whether somebody may be asked */
bool cred_asks(const struct ike_cred *c);

/**
 * cred_match() - find each key's certificates, once all files are in
 *
 * The chain is the key's certificate and those above it, without a self-signed
 * one, which the peer has or does not believe. Return: 0; MISSIU_EINVAL: a key
 * without certificate, or certificates without key.
 */
int cred_match(struct ike_cred *c, struct missiu_diag *diag);

/**
 * cred_add_ocsp() - an OCSP response about one of our certificates
 * @data, @len: DER
 *
 * After cred_match(); takes the place of an earlier one. It is sent to peers
 * that ask, as long as it is fresh and says good. Return: 0; MISSIU_EPROTO,
 * MISSIU_ENOENT (about none of ours); MISSIU_EFULL; MISSIU_ENOMEM.
 */
int cred_add_ocsp(struct ike_cred *c, const void *data, size_t len,
		  struct missiu_diag *diag);

/**
 * cred_default_id() - who we are when nobody said: our first certificate's
 * subject, ike_id_drop(); type 0: it has none, or one longer than IKE_ID_MAX, or
 * no memory is left
 */
struct ike_id cred_default_id(const struct ike_cred *c);

/** Authorities of one key: those in its chain, and the one above that. */
#define CRED_ABOVE_MAX (CRED_CHAIN_MAX + 1)

/**
 * cred_above() - whom a peer may name to get this key's certificate (3.7)
 * @out: out: cert_key_hash() of its chain, its own first, and of the issuer of
 *       the last one when that is in any of the files
 *
 * Return: how many.
 */
size_t cred_above(const struct ike_cred *c, const struct cred_own *o,
		  const uint8_t *out[static CRED_ABOVE_MAX]);

/** cred_same() - whether nothing differs but revocation lists and OCSP */
bool cred_same(const struct ike_cred *a, const struct ike_cred *b);

/** cred_names() - whether a certificate is for an identity (RFC 4945 3.1) */
bool cred_names(const struct cert *c, const struct ike_id *id);

/** cred_has_own(), cred_has_trust() - whether a side can use certificates */
static inline bool cred_has_own(const struct ike_cred *c)
{
	return c && c->n_own;
}

static inline bool cred_has_trust(const struct ike_cred *c)
{
	return c && c->trust;
}

#endif
