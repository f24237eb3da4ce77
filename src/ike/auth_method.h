/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Methods of authentication, a row each: how we prove who we are, and how the
 * peer's proof is checked. Each side has a method of its own.
 */
#ifndef IKE_AUTH_METHOD_H
#define IKE_AUTH_METHOD_H

#include "ike/auth.h"
#include "ike/intermediate.h"
#include "ike/msg.h"
#include "ike/rules.h"
#include "ike/sa.h"

/* What one side signs (RFC 7296 2.15) and who it says it is. */
struct auth_claim {
	struct auth_octets octets; /* octets.inter points into this */
	uint8_t inter[INTER_AUTH_MAX];
	bool own;		 /* our side; else the peer's */
	const struct ike_id *id; /* whose it is */
};

struct auth_method {
	uint8_t by;	  /* enum missiu_auth_by */
	const char *name; /* "a pre-shared key" */
	/**
	 * sign() - write what proves our identity: AUTH, CERT before it if
	 * there is one. ID payloads are written already.
	 *
	 * Return: 0, or negative with @diag set.
	 */
	int (*sign)(struct ike *ike, struct ike_sa *sa,
		    const struct auth_claim *claim, struct ike_build *b,
		    struct missiu_diag *diag);
	/**
	 * verify() - check what the peer sent
	 * @m: its message; AUTH is there
	 *
	 * Return: 0; MISSIU_EAUTH with the reason in @diag; MISSIU_EBUSY: the
	 * message has to wait (park.h), nothing has changed.
	 */
	int (*verify)(struct ike *ike, struct ike_sa *sa,
		      const struct auth_claim *claim, const struct ike_msg *m,
		      struct missiu_diag *diag);
};

/* Rows with a file of their own. */
extern const struct auth_method auth_by_cert; /* auth_cert.c */

/** auth_method() - the row of an enum missiu_auth_by; NULL: not supported */
const struct auth_method *auth_method(uint8_t by);

/**
 * auth_claim_init() - what one side of an SA signs
 * @c:    out; not to be copied
 * @body: its ID payload without generic header; borrowed
 * @id:   the same; borrowed
 */
void auth_claim_init(struct auth_claim *c, const struct ike_sa *sa, bool own,
		     struct chunk body, const struct ike_id *id);

/** auth_field_name() - of the AUTH payload's method, for messages */
const char *auth_field_name(uint8_t method);

#endif
