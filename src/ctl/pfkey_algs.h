/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of algorithms in PF_KEY. Only pfkey_*.c include this.
 */
#ifndef CTL_PFKEY_ALGS_H
#define CTL_PFKEY_ALGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pfkey_alg_map {
	uint8_t number; /* SADB_EALG_..., SADB_AALG_... */
	uint8_t id;	/* enum missiu_encr, enum missiu_auth */
	uint8_t icv;	/* AEADs have a number for each ICV length; else 0 */
	uint8_t iv_len, key_lo, key_hi; /* bytes, without salt */
	bool usable;			/* the engine has it: REGISTER tells */
};

struct pfkey_alg_table {
	const struct pfkey_alg_map *v;
	size_t n;
};

extern const struct pfkey_alg_table pfkey_encr_algs, pfkey_auth_algs;

/**
 * pfkey_alg_by_id() - an algorithm's entry
 * @id: enum missiu_encr or enum missiu_auth
 * @icv: bytes; an AEAD without ICV length has the default, 16
 *
 * Return: NULL: it has no number.
 */
const struct pfkey_alg_map *pfkey_alg_by_id(const struct pfkey_alg_table *t,
					    uint8_t id, uint8_t icv);

/** pfkey_alg_by_number() - NULL: unknown */
const struct pfkey_alg_map *pfkey_alg_by_number(const struct pfkey_alg_table *t,
						uint8_t number);

#endif
