/* SPDX-License-Identifier: Apache-2.0 */
/* IKE identities as people write them (RFC 7296 3.5). */
#ifndef IKE_IDTEXT_H
#define IKE_IDTEXT_H

#include "ike/core.h"

/** Room for any identity of up to 255 bytes, NUL included: in hex and a prefix,
 * or a DN with every byte of its values escaped. */
#define IKE_ID_TEXT_MAX 1024

struct ike_id_text {
	char s[IKE_ID_TEXT_MAX];
};

/**
 * ike_id_parse() - text to identity
 * @text: "192.168.1.1", "2001:db8::1", "fqdn:host.example" or a plain host
 *        name, "email:user@host.example" or a plain one, "keyid:0a0b0c" (hex),
 *        "C=CH, O=Example, CN=host" (a DN)
 * @out:  out: ike_id_drop(); unchanged on failure
 * @diag: out, may be NULL
 *
 * Return: 0; MISSIU_EINVAL; MISSIU_EFULL (a DN longer than IKE_ID_MAX);
 * MISSIU_ENOMEM.
 */
int ike_id_parse(const char *text, struct ike_id *out,
		 struct missiu_diag *diag);

/**
 * ike_id_text() - identity to text; parses back to itself, unless it is cut
 *
 * Bytes that a name should not have print as '?'; other types print as
 * "type N:hex"; "none" for type 0.
 */
struct ike_id_text ike_id_text(const struct ike_id *id);

/** ike_id_eq() - same type and bytes; names compare without case, DNs as RFC
 * 5280 7.1 has it */
bool ike_id_eq(const struct ike_id *a, const struct ike_id *b);

/** ike_id_addr() - the identity of an address; type 0 for family 0 */
struct ike_id ike_id_addr(const struct missiu_addr *a);

#endif
