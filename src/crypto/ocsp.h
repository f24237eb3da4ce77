/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OCSP responses (RFC 6960): what an authority says about one certificate at
 * one time. Pure: who carried the response, and when it is, are arguments.
 *
 * A response counts when it is signed by the certificate's issuer, or by a
 * certificate that this issuer gave extendedKeyUsage OCSPSigning and that the
 * response carries; when the signature has at least 112 bits of strength; and
 * when the time is between thisUpdate and nextUpdate, OCSP_SKEW_S apart at
 * most. One without nextUpdate counts for OCSP_AGE_S.
 */
#ifndef CRYPTO_OCSP_H
#define CRYPTO_OCSP_H

#include "crypto/cert.h"

/** Largest response that is read, in bytes of DER. */
#define OCSP_DER_MAX 65536

#define OCSP_REQUEST_MAX 256

#define OCSP_SKEW_S 300	  /* by which clocks may differ */
#define OCSP_AGE_S  86400 /* a response without nextUpdate is good for */

enum ocsp_says {
	OCSP_SAYS_GOOD,
	OCSP_SAYS_REVOKED,
	OCSP_SAYS_UNKNOWN, /* the responder does not know the certificate */
};

struct ocsp_answer {
	enum ocsp_says says;
	int64_t from_s, to_s; /* Unix time, without the skew */
};

/**
 * ocsp_check() - what a response says about a certificate
 * @der, @len: any bytes at all
 * @issuer: of @c: its signature on @c must have been verified
 * @now_s: Unix time
 * @diag: out: why the response does not count
 *
 * Return: 0; MISSIU_ENOENT (it is about other certificates); MISSIU_EPROTO
 * (no response, or an error of the responder); MISSIU_EAUTH (not signed by who
 * may); MISSIU_ETIME (too old, or not yet valid); MISSIU_ENOMEM.
 */
int ocsp_check(const void *der, size_t len, const struct cert *c,
	       const struct cert *issuer, int64_t now_s,
	       struct ocsp_answer *out, struct missiu_diag *diag);

/**
 * ocsp_peek() - the same without verifying anything, for responses of our own
 *
 * Return: 0, MISSIU_ENOENT, MISSIU_EPROTO.
 */
int ocsp_peek(const void *der, size_t len, const struct cert *c,
	      struct ocsp_answer *out, struct missiu_diag *diag);

/**
 * ocsp_request() - what to ask a responder about a certificate
 * @out, @cap: OCSP_REQUEST_MAX always suffices
 *
 * SHA-1 only names the issuer; every responder knows it (RFC 5019 2.1.1).
 * Return: 0, MISSIU_EFULL, MISSIU_ENOMEM.
 */
int ocsp_request(const struct cert *c, const struct cert *issuer, uint8_t *out,
		 size_t cap, size_t *len);

/** ocsp_fresh() - whether an answer counts at a time */
bool ocsp_fresh(const struct ocsp_answer *a, int64_t now_s);

#endif
