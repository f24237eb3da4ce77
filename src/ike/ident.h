/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identities in memory. Nearly all are short and stand in struct ike_id itself,
 * which may be copied then. The long ones, distinguished names, are held in
 * common and counted: whoever keeps a copy has a reference of its own.
 */
#ifndef IKE_IDENT_H
#define IKE_IDENT_H

#include "ike/core.h"

/** Longest name of type DER_ASN1_DN, and longest identity of all, in bytes. */
#define IKE_ID_MAX 2048

/** ike_id_bytes() - id->len bytes; borrowed */
const uint8_t *ike_id_bytes(const struct ike_id *id);

/**
 * ike_id_make() - an identity of bytes
 * @out: out, whatever it was: ike_id_drop(); unchanged on failure
 *
 * Return: 0; MISSIU_EFULL: longer than its type may be (IKE_ID_MAX, or what
 * struct ike_id holds itself); MISSIU_ENOMEM.
 */
int ike_id_make(struct ike_id *out, uint8_t type, const void *p, size_t len);

/** ike_id_hold() - a copy with a reference of its own: ike_id_drop() */
struct ike_id ike_id_hold(const struct ike_id *id);

/** ike_id_assign() - drop @dst, make it a copy of @src; they may be one */
void ike_id_assign(struct ike_id *dst, const struct ike_id *src);

/** ike_id_drop() - give the reference back; it is of type 0 then */
void ike_id_drop(struct ike_id *id);

#endif
