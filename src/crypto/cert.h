/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 certificates: reading, what they say, whom they name. */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include "crypto/ikecrypt.h"
#include "crypto/pkey.h"

/** Largest certificate that is read, in bytes of DER. */
#define CERT_DER_MAX 16384

/** Certificates of one file: a chain, or a bundle of anchors. */
#define CERT_LIST_MAX 256

#define CERT_HASH_LEN 20 /* SHA-1 of SubjectPublicKeyInfo, for CERTREQ */
#define CERT_NAME_MAX 128

struct cert; /* one certificate, immutable */

/** Certificates, owned. Starts as { 0 }. */
struct cert_list {
	size_t n;
	struct cert *v[CERT_LIST_MAX];
};

/** What a certificate can name. */
enum cert_name {
	CERT_NAME_DNS,
	CERT_NAME_EMAIL,
	CERT_NAME_IP, /* 4 or 16 bytes */
	CERT_NAME_DN, /* DER */
};

/**
 * cert_parse() - one certificate in DER, from the network
 * @out: out: cert_free()
 *
 * Nothing is verified. Return: 0; MISSIU_EPROTO (not exactly one, or larger
 * than CERT_DER_MAX); MISSIU_ENOMEM.
 */
int cert_parse(const void *der, size_t len, struct cert **out);

/**
 * cert_load() - the certificates of a file, PEM or DER, in their order
 * @list: in/out: they are added
 *
 * Return: 0; MISSIU_EINVAL (none, or one that does not parse: @list is
 * unchanged); MISSIU_EFULL.
 */
int cert_load(const void *data, size_t len, struct cert_list *list,
	      struct missiu_diag *diag);

/**
 * cert_load_p12() - key and certificates of a PKCS#12 file
 * @pass: passphrase; NULL: none
 * @key:  out: pkey_free()
 * @list: in/out: the key's certificate is added first, then the others
 *
 * Return: 0, MISSIU_EINVAL, MISSIU_EUNSUP, MISSIU_EFULL.
 */
int cert_load_p12(const void *data, size_t len, const char *pass,
		  struct pkey **key, struct cert_list *list,
		  struct missiu_diag *diag);

/** cert_free() - NULL is fine */
void cert_free(struct cert *c);

/** cert_list_fini() - free all, empty it */
void cert_list_fini(struct cert_list *l);

/** cert_der() - borrowed */
struct chunk cert_der(const struct cert *c);

/** cert_subject() - its subject as text, for people; never NULL nor empty */
const char *cert_subject(const struct cert *c);

/** cert_issuer() - the same of who issued it */
const char *cert_issuer(const struct cert *c);

/** cert_subject_der() - its subject; 0 bytes: does not fit; as dn_text() takes */
size_t cert_subject_der(const struct cert *c, uint8_t *out, size_t cap);

/** cert_key_hash() - SHA-1 of the SubjectPublicKeyInfo (RFC 7296 3.7) */
const uint8_t *cert_key_hash(const struct cert *c);

/** cert_key() - its public key, a new struct; as pkey_load() */
int cert_key(const struct cert *c, struct pkey **out, struct missiu_diag *diag);

/** cert_issued() - whether @ca's name and key identifier are those of @c's issuer */
bool cert_issued(const struct cert *ca, const struct cert *c);

/**
 * cert_names() - whether the certificate is for somebody
 * @kind, @p, @len: whom
 *
 * DNS, EMAIL and IP must equal a subjectAltName (names without case, no
 * wildcards), DN the subject. The subject's CN never counts. Return: true
 * when it is.
 */
bool cert_names(const struct cert *c, enum cert_name kind, const void *p,
		size_t len);

/** cert_names_text() - "CN=a, DNS:a.example, IP:192.0.2.1", for people */
void cert_names_text(const struct cert *c, char *out, size_t cap);

#endif
