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

#endif
