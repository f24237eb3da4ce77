/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets as people write them. */
#ifndef IKE_PSK_H
#define IKE_PSK_H

#include "ike/core.h"

/**
 * psk_secret() - a secret as written: 0xhex, or text (a leading " is dropped)
 * @word: NUL-terminated
 * @psk:  out: key and len
 * @diag: out, may be NULL; never holds any of the secret
 *
 * Return: 0 or MISSIU_EINVAL.
 */
int psk_secret(const char *word, struct ike_psk *psk, struct missiu_diag *diag);

/**
 * ppk_name() - the name of a PPK as written: 1 to 64 bytes of text
 * @ppk:  out: id
 *
 * Return: 0 or MISSIU_EINVAL.
 */
int ppk_name(const char *word, struct ike_ppk *ppk, struct missiu_diag *diag);

/**
 * ppk_secret() - a PPK as written, like psk_secret(), 32 to 256 bytes
 * @ppk:  out: key
 *
 * Return: 0 or MISSIU_EINVAL.
 */
int ppk_secret(const char *word, struct ike_ppk *ppk, struct missiu_diag *diag);

/**
 * ppk_file_parse() - the PPKs of a file: "NAME SECRET" a line
 * @name: for messages
 * @text, @len: as psk_file_parse(); both words are needed
 * @ppk, @max: out
 * @n:    in/out: entries used; no name twice
 *
 * Return: 0 or MISSIU_EINVAL.
 */
int ppk_file_parse(const char *name, const char *text, size_t len,
		   struct ike_ppk *ppk, size_t max, size_t *n,
		   struct missiu_diag *diag);

#endif
