/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom to believe: trust anchors and revocation lists, and the verification of
 * a peer's chain against them (RFC 5280 6, RFC 4945 5).
 *
 * Every certificate of a chain must be valid at the given time, have an
 * accepted key (pkey.h) and a signature of at least 112 bits of strength,
 * which SHA-1 has not. Issuers must be CAs by basicConstraints, and the peer's
 * own certificate fit for signatures: keyUsage, if it has one, with
 * digitalSignature or nonRepudiation; extendedKeyUsage, if it has one, with
 * an IPsec or TLS purpose or any. Name constraints and unknown critical
 * extensions are judged by OpenSSL. An anchor need not be self-signed; the
 * peer's own certificate can be one.
 */
#ifndef CRYPTO_TRUST_H
#define CRYPTO_TRUST_H

#include "crypto/ocsp.h"

/** Certificates above the peer's own in a chain. */
#define TRUST_DEPTH_MAX 7

/** OCSP responses that are looked at for one chain. */
#define TRUST_OCSP_MAX 4

/** What to do about revocation lists and OCSP responses. */
enum trust_crl {
	TRUST_CRL_OFF,	  /* do not look */
	TRUST_CRL_SOFT,	  /* use those that are there, also old lists */
	TRUST_CRL_STRICT, /* a valid one must cover each certificate */
};

/** Lists that are replaced one by one, and the largest one, in bytes. */
#define TRUST_LISTS_MAX	     8
#define TRUST_LIST_BYTES_MAX (1u << 20)

/** What `ike status` shows of one. */
struct trust_list_info {
	char issuer[CERT_NAME_MAX];
	char number[64];      /* decimal; "": it has none */
	int64_t from_s, to_s; /* Unix time; to_s 0: open end */
};

struct trust;

/** trust_new() - empty: believes nobody; NULL: no memory */
struct trust *trust_new(void);

/** trust_free() - NULL is fine */
void trust_free(struct trust *t);

/** trust_add() - an anchor; @c stays the caller's; Return: 0, EFULL, ENOMEM */
int trust_add(struct trust *t, const struct cert *c);

/**
 * trust_add_crls() - the revocation lists of a file, PEM or DER
 *
 * They are used when their signature is good at the time. Return: 0,
 * MISSIU_EINVAL (none, or one that does not parse), MISSIU_ENOMEM.
 */
int trust_add_crls(struct trust *t, const void *data, size_t len,
		   struct missiu_diag *diag);

/**
 * trust_put_list() - a revocation list in the place of its predecessor
 * @slot: below TRUST_LISTS_MAX
 * @data, @len: any bytes at all: one list, DER or PEM
 *
 * For lists that came over a network: it must be signed by the anchor of its
 * issuer's name. Without an anchor of this name it is verified at each use, by
 * the certificates at hand. Return: 0; MISSIU_EINVAL (no list), MISSIU_EAUTH
 * (another signer, or older than its predecessor): the old one stays.
 */
int trust_put_list(struct trust *t, unsigned slot, const void *data, size_t len,
		   struct trust_list_info *out, struct missiu_diag *diag);

/** trust_count() - number of anchors */
size_t trust_count(const struct trust *t);

/** trust_hash() - of anchor @i, as cert_key_hash() */
const uint8_t *trust_hash(const struct trust *t, size_t i);

/** trust_text() - subjects of the anchors, for people */
void trust_text(const struct trust *t, char *out, size_t cap);

/** Longest URL of a responder that is taken from a certificate. */
#define TRUST_URL_MAX 255

/** A certificate of a good chain that nothing says to be revoked or not. */
struct trust_lack {
	struct cert *cert, *issuer;
	uint8_t ask[OCSP_REQUEST_MAX]; /* what a responder would be asked */
	size_t n_ask;
	/* The first of its own responders (RFC 5280 4.2.2.1) that is printable
	 * and has http:// or https://; else "". */
	char url[TRUST_URL_MAX + 1];
};

/** Those of one chain, the peer's own first. Starts as { 0 }. */
struct trust_lacks {
	size_t n;
	struct trust_lack v[TRUST_OCSP_MAX];
};

/** trust_lacks_fini() - free and empty */
void trust_lacks_fini(struct trust_lacks *l);

struct trust_question {
	const struct cert *leaf;	  /* the peer's own */
	const struct cert *const *others; /* what it sent beside, any order */
	size_t n_others;
	int64_t now_s; /* Unix time */
	enum trust_crl crl;
	const struct chunk *ocsp; /* responses in DER, from anybody */
	size_t n_ocsp;
	/* Out: instead of a refusal where the policy is strict, and of silence
	 * where it is soft; to be released in any case. NULL: neither. */
	struct trust_lacks *lacks;
};

/**
 * trust_check() - verify a chain
 * @diag: out: whose certificate is wrong and how, in one line
 *
 * Return: 0; MISSIU_EAUTH; MISSIU_ENOMEM.
 */
int trust_check(const struct trust *t, const struct trust_question *q,
		struct missiu_diag *diag);

#endif
