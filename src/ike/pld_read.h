/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of payload bodies; for msg.c only. */
#ifndef IKE_PLD_READ_H
#define IKE_PLD_READ_H

#include "common/rd.h"
#include "ike/msg.h"

/**
 * Reads one body, exactly all of it, into its place in @m.
 * @type: payload type
 * @r: the body, without the generic header
 *
 * Return: 0, MISSIU_EPROTO or MISSIU_EFULL with m->why set.
 */
typedef int pld_read_fn(uint8_t type, struct rd *r, struct ike_msg *m);

pld_read_fn pld_read_sa, pld_read_ke, pld_read_id, pld_read_auth,
	pld_read_nonce, pld_read_notify, pld_read_delete, pld_read_ts,
	pld_read_vendor, pld_read_cert, pld_read_certreq, pld_read_cp,
	pld_read_eap;

/** pld_bad() - record what is malformed; Return: MISSIU_EPROTO */
static inline int pld_bad(struct ike_msg *m, const char *why)
{
	m->why = why;
	return MISSIU_EPROTO;
}

/** pld_full() - record which maximum was exceeded; Return: MISSIU_EFULL */
static inline int pld_full(struct ike_msg *m, const char *why)
{
	m->why = why;
	return MISSIU_EFULL;
}

/** pld_rest() - all that is left of a reader */
static inline struct chunk pld_rest(struct rd *r)
{
	struct chunk c = { r->p, rd_left(r) };

	r->p = r->end;
	return c;
}

#endif
