/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of things that hold their own links. It grows, never shrinks.
 * Of nodes with one hash the newest comes first. Equal hashes do not mean
 * equal keys: who looks up compares.
 */
#ifndef IKE_HTAB_H
#define IKE_HTAB_H

#include <stddef.h>
#include <stdint.h>

#include "missiu/types.h"

struct htab;

/** Part of what is in the table; all zero: in none. */
struct hnode {
	struct hnode *next, **pprev;
	struct htab *in;
	uint64_t hash;
};

struct htab {
	struct hnode **bucket;
	size_t n_bucket; /* a power of two */
	size_t n;
	uint64_t steps; /* nodes that were looked at, for tests */
};

/** htab_init() - Return: 0 or MISSIU_ENOMEM */
int htab_init(struct htab *t);

/** htab_fini() - forget all; the nodes must not be used as such any more */
void htab_fini(struct htab *t);

/** htab_add() - a node that is in no table */
void htab_add(struct htab *t, struct hnode *node, uint64_t hash);

/** htab_del() - take it out; one that is in no table is fine */
void htab_del(struct hnode *node);

/** htab_first(), htab_next() - all with a hash; NULL: no more */
struct hnode *htab_first(struct htab *t, uint64_t hash);
struct hnode *htab_next(const struct hnode *node);

/* Keys to hashes; @seed: secret, so that peers cannot choose collisions. */

/** hash_u64() - of a number and the hash of what came before */
uint64_t hash_u64(uint64_t seed, uint64_t v);

/** hash_bytes() - of any bytes */
uint64_t hash_bytes(uint64_t seed, const uint8_t *p, size_t len);

/** hash_addr() - of an address */
uint64_t hash_addr(uint64_t seed, const struct missiu_addr *a);

#endif
