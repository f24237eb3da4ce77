/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways to IKE SAs and child SAs that do not walk all of them: by SPI, by the
 * peer's address, by its proven identity, by handle. Whoever changes one of
 * these keys says so here. Every walk gives the newest first.
 */
#ifndef IKE_INDEX_H
#define IKE_INDEX_H

#include <stdbool.h>

#include "ike/htab.h"

struct ike_sa;
struct ike_child;

struct ike_index {
	uint64_t seed;
	struct htab by_spi;    /* IKE SAs by our SPI */
	struct htab by_remote; /* IKE SAs by the peer's address */
	struct htab by_peer;   /* IKE SAs that are or were established, by
				  identity and key */
	struct htab half_open; /* IKE SAs that a peer began and has not
				  authenticated, by its address */
	struct htab child;     /* child SAs by handle */
	struct htab spi_in;    /* child SAs by the SPI that we chose */
	struct htab spi_out;   /* child SAs by the peer's SPI */
	struct htab taken;     /* SPIs that we chose for children to be */
};

/** A SPI of a child that is being negotiated; all zero: none. */
struct spi_taken {
	struct hnode node;
	uint32_t spi;
};

/** index_new() - Return: NULL without memory. @seed: secret */
struct ike_index *index_new(uint64_t seed);

/** index_free() - what was in it must be gone; NULL is fine */
void index_free(struct ike_index *ix);

/** index_steps() - how many entries were looked at so far, for tests */
uint64_t index_steps(const struct ike_index *ix);

/** index_add_sa() - by its own SPI and the peer's home address */
void index_add_sa(struct ike_index *ix, struct ike_sa *sa);

/** index_add_peer() - by its id_remote and psk: it is established */
void index_add_peer(struct ike_index *ix, struct ike_sa *sa);

/** index_set_half_open() - count it as half open, or no longer */
void index_set_half_open(struct ike_index *ix, struct ike_sa *sa, bool is);

/** index_sa_moved() - sa->home_remote has changed */
void index_sa_moved(struct ike_index *ix, struct ike_sa *sa);

/** index_del_sa() - take it out everywhere; its children are untouched */
void index_del_sa(struct ike_sa *sa);

/** index_add_child() - by handle and SPIs */
void index_add_child(struct ike_index *ix, struct ike_child *c);

/** index_del_child() - one that is in no index is fine */
void index_del_child(struct ike_child *c);

/** index_take_spi() - keep a SPI for a child to be from being chosen again */
void index_take_spi(struct ike_index *ix, struct spi_taken *t, uint32_t spi);

/** index_give_spi() - it may be chosen again; nothing taken is fine */
void index_give_spi(struct spi_taken *t);

/** index_by_spi() - NULL: none */
struct ike_sa *index_by_spi(struct ike_index *ix, uint64_t own_spi);

/* Walks: @prev NULL to begin; NULL at the end. The SA last given may leave the
 * index only after the next was asked for. */

/** index_by_remote() - IKE SAs in any state with a peer's home address */
struct ike_sa *index_by_remote(struct ike_index *ix,
			       const struct missiu_addr *remote,
			       const struct ike_sa *prev);

/** index_half_open() - the half-open ones of these */
struct ike_sa *index_half_open(struct ike_index *ix,
			       const struct missiu_addr *remote,
			       const struct ike_sa *prev);

/** index_by_peer() - others that are or were established with @sa's peer: see
 * limit_same_peer(). @sa need not be in the index */
struct ike_sa *index_by_peer(struct ike_index *ix, const struct ike_sa *sa,
			     const struct ike_sa *prev);

/** index_child() - by handle; NULL: none */
struct ike_child *index_child(struct ike_index *ix, uint64_t handle);

/** index_spi_in_used() - whether a child SA has, or shall have, a SPI of ours */
bool index_spi_in_used(struct ike_index *ix, uint32_t spi);

/** index_by_spi_out() - child SAs with the peer's SPI, whatever peer */
struct ike_child *index_by_spi_out(struct ike_index *ix, uint32_t spi,
				   const struct ike_child *prev);

#endif
