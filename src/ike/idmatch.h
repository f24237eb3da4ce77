/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an identity is one of those that a peer may have. */
#ifndef IKE_IDMATCH_H
#define IKE_IDMATCH_H

#include "ike/core.h"

/** One identity, or all below a domain, or all. */
struct ike_idpat {
	bool wild; /* id holds the end of the name, or nothing: any identity */
	struct ike_id id;
};

/**
 * ike_idpat_parse() - as peer_id has it
 * @text: "*", "*.example.org", "*@example.org", "O=Example, CN=*" (a value each),
 *        or what ike_id_parse() reads
 * @out:  out: ike_id_drop() of its id
 * @diag: out, may be NULL
 *
 * Return: 0 or as ike_id_parse(); MISSIU_EINVAL also for an asterisk anywhere else.
 */
int ike_idpat_parse(const char *text, struct ike_idpat *out,
		    struct missiu_diag *diag);

/**
 * ike_idpat_fit() - how well an identity fits
 *
 * Return: 0: not at all; 1: any would; more: the longer the name that it ends
 * in, the better; IKE_IDPAT_EXACT: it is the one. Names compare without case.
 */
unsigned ike_idpat_fit(const struct ike_idpat *p, const struct ike_id *id);

#define IKE_IDPAT_EXACT 4000u

#endif
