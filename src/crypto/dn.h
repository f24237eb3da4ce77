/* SPDX-License-Identifier: Apache-2.0 */
/* Distinguished names in DER, as ID_DER_ASN1_DN carries them, and as text. */
#ifndef CRYPTO_DN_H
#define CRYPTO_DN_H

#include "missiu/err.h"
#include "missiu/types.h"

/**
 * dn_parse() - "C=CH, O=Example, CN=host" to DER
 * @text: attributes by their short or long names, separated by commas; a
 *        backslash before a comma, backslash or plus keeps it; "*" alone as
 *        a value is a wildcard for dn_match()
 * @out, @cap: out
 * @len:  out: bytes used
 * @diag: out, may be NULL
 *
 * Return: 0, MISSIU_EINVAL, MISSIU_EFULL, MISSIU_ENOMEM.
 */
int dn_parse(const char *text, uint8_t *out, size_t cap, size_t *len,
	     struct missiu_diag *diag);

/**
 * dn_text() - DER to "C=CH, O=Example, CN=host"
 *
 * Bytes that could disturb a terminal or log are escaped; truncated to @cap.
 * Return: false when @der is no name; @out is empty then.
 */
bool dn_text(const uint8_t *der, size_t len, char *out, size_t cap);

/** dn_ok() - whether it is a name in DER with at least one attribute */
bool dn_ok(const uint8_t *der, size_t len);

/** dn_eq() - equal as RFC 5280 7.1 compares: case, blanks, string types */
bool dn_eq(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len);

/** dn_hash() - the same for names that are equal; anything for no name */
uint32_t dn_hash(const uint8_t *der, size_t len);

/** dn_match() - the same attributes in order; "*" of the pattern fits any */
bool dn_match(const uint8_t *pattern, size_t pattern_len, const uint8_t *dn,
	      size_t len);

#endif
