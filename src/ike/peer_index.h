/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways to peer statements that do not walk all of them.
 *
 * Theory of operation. A statement fits when one of its ranges holds the
 * peer's address, it allows ours, and one of its patterns the identity: any of
 * these may be left out. Ranges are cut into prefixes, so each way to fit is a
 * key of three parts, a prefix (or none), an address of ours (or none), an
 * identity's pattern (or none), and a slot under that key's hash. Who looks up
 * makes all keys that could lead to a fit: one for each length of prefixes and
 * of patterns that is in use, not one for each statement. A few kinds of
 * pattern have no such keys (names of attributes with wildcards): of those the
 * different ones are tried in turn.
 *
 * Under one key the best comes first: the smallest range, then the order of
 * loading. Hashes may be equal by chance: who looks up asks peer_fit() too.
 * An index is made anew when peers are loaded, and does not change.
 */
#ifndef IKE_PEER_INDEX_H
#define IKE_PEER_INDEX_H

#include "ike/core.h"

struct ike_peer;
struct peer_index;

/** One way to fit. */
struct peer_slot {
	uint64_t hash;
	uint32_t order; /* of loading: index into ike->peer */
	uint16_t rank;	/* addr_rank of struct peer_hit */
};

/** Slots under one key: those from v on that have its hash. */
struct peer_run {
	const struct peer_slot *v, *end;
	uint64_t hash;
};

/** One of the keys that an identity has. */
struct peer_id_key {
	uint64_t hash;
	unsigned rank; /* ike_idpat_fit() */
};

/** Prefixes of all lengths or none, with our address or without. */
#define PEER_RUNS_MAX (2 * (129 + 1))

/**
 * peer_index_new() - an index of peers
 * @v, @n:  in order of loading; borrowed while the index lives
 * @seed:   secret, so that peers cannot choose collisions
 *
 * Return: NULL without memory.
 */
struct peer_index *peer_index_new(struct ike_peer *const *v, size_t n,
				  uint64_t seed);

/** peer_index_free() - NULL is fine */
void peer_index_free(struct peer_index *ix);

/** peer_index_named() - the peer of a name; NULL: none */
struct ike_peer *peer_index_named(const struct peer_index *ix,
				  const char *name);

/** peer_index_cred() - the first peer with certificates; NULL: none */
struct ike_peer *peer_index_cred(const struct peer_index *ix);

/** peer_index_ppk() - whether any has PPKs */
bool peer_index_ppk(const struct peer_index *ix);

/**
 * peer_index_id() - walk the keys of an identity, the best first
 * @id:     NULL: not known yet: one key for all
 * @cursor: 0 to begin
 *
 * Return: false at the end.
 */
bool peer_index_id(const struct peer_index *ix, const struct ike_id *id,
		   size_t *cursor, struct peer_id_key *out);

/**
 * peer_index_runs() - what stands under addresses and the key of an identity
 *
 * Return: how many runs; none is empty.
 */
size_t peer_index_runs(const struct peer_index *ix,
		       const struct missiu_addr *local,
		       const struct missiu_addr *remote, uint64_t id_key,
		       struct peer_run out[static PEER_RUNS_MAX]);

/** peer_run_head() - the slot that is next, not consumed; NULL: none */
static inline const struct peer_slot *peer_run_head(const struct peer_run *r)
{
	return r->v < r->end && r->v->hash == r->hash ? r->v : NULL;
}

#endif
