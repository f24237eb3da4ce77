/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/index.h"

#include <stdlib.h>

#include "common/addr.h"
#include "ike/ident.h"
#include "ike/idtext.h"
#include "ike/limit.h"
#include "ike/sa.h"

/* NULL stays NULL. */
#define of(type, member, node)                                                 \
	((node) ? (type *)(void *)((char *)(node)-offsetof(type, member)) :    \
		  NULL)

struct ike_index *index_new(uint64_t seed)
{
	struct ike_index *ix = calloc(1, sizeof(*ix));

	if (!ix)
		return NULL;
	ix->seed = seed;
	if (htab_init(&ix->by_spi) || htab_init(&ix->by_remote) ||
	    htab_init(&ix->by_peer) || htab_init(&ix->half_open) ||
	    htab_init(&ix->child) || htab_init(&ix->spi_in) ||
	    htab_init(&ix->spi_out) || htab_init(&ix->taken)) {
		index_free(ix);
		return NULL;
	}
	return ix;
}

void index_free(struct ike_index *ix)
{
	if (!ix)
		return;
	htab_fini(&ix->by_spi);
	htab_fini(&ix->by_remote);
	htab_fini(&ix->by_peer);
	htab_fini(&ix->half_open);
	htab_fini(&ix->child);
	htab_fini(&ix->spi_in);
	htab_fini(&ix->spi_out);
	htab_fini(&ix->taken);
	free(ix);
}

uint64_t index_steps(const struct ike_index *ix)
{
	return ix->by_spi.steps + ix->by_remote.steps + ix->by_peer.steps +
	       ix->half_open.steps + ix->child.steps + ix->spi_in.steps +
	       ix->spi_out.steps + ix->taken.steps;
}

static uint64_t hash_peer(const struct ike_index *ix, const struct ike_sa *sa)
{
	const struct ike_id *id = &sa->id_remote;

	return hash_bytes(
		hash_u64(ix->seed,
			 ((uintptr_t)sa->peer ^ (uintptr_t)sa->psk) + id->type),
		ike_id_bytes(id), id->len);
}

/* --- entries */

void index_add_sa(struct ike_index *ix, struct ike_sa *sa)
{
	htab_add(&ix->by_spi, &sa->by_spi,
		 hash_u64(ix->seed, ike_sa_own_spi(sa)));
	htab_add(&ix->by_remote, &sa->by_remote,
		 hash_addr(ix->seed, &sa->home_remote));
}

void index_add_peer(struct ike_index *ix, struct ike_sa *sa)
{
	htab_del(&sa->by_peer);
	htab_add(&ix->by_peer, &sa->by_peer, hash_peer(ix, sa));
}

void index_set_half_open(struct ike_index *ix, struct ike_sa *sa, bool is)
{
	if (is == (sa->half_open.in != NULL))
		return;
	if (is)
		htab_add(&ix->half_open, &sa->half_open,
			 hash_addr(ix->seed, &sa->home_remote));
	else
		htab_del(&sa->half_open);
}

void index_sa_moved(struct ike_index *ix, struct ike_sa *sa)
{
	const uint64_t hash = hash_addr(ix->seed, &sa->home_remote);

	if (hash == sa->by_remote.hash)
		return;
	htab_del(&sa->by_remote);
	htab_add(&ix->by_remote, &sa->by_remote, hash);
	if (sa->half_open.in) {
		htab_del(&sa->half_open);
		htab_add(&ix->half_open, &sa->half_open, hash);
	}
}

void index_del_sa(struct ike_sa *sa)
{
	htab_del(&sa->by_spi);
	htab_del(&sa->by_remote);
	htab_del(&sa->by_peer);
	htab_del(&sa->half_open);
}

void index_add_child(struct ike_index *ix, struct ike_child *c)
{
	htab_add(&ix->child, &c->by_handle, hash_u64(ix->seed, c->handle));
	htab_add(&ix->spi_in, &c->by_spi_in, hash_u64(ix->seed, c->spi_in));
	htab_add(&ix->spi_out, &c->by_spi_out, hash_u64(ix->seed, c->spi_out));
}

void index_del_child(struct ike_child *c)
{
	htab_del(&c->by_handle);
	htab_del(&c->by_spi_in);
	htab_del(&c->by_spi_out);
}

void index_take_spi(struct ike_index *ix, struct spi_taken *t, uint32_t spi)
{
	t->spi = spi;
	htab_add(&ix->taken, &t->node, hash_u64(ix->seed, spi));
}

void index_give_spi(struct spi_taken *t)
{
	htab_del(&t->node);
}

/* --- look-up */

struct ike_sa *index_by_spi(struct ike_index *ix, uint64_t own_spi)
{
	struct hnode *n = htab_first(&ix->by_spi, hash_u64(ix->seed, own_spi));

	while (n && ike_sa_own_spi(of(struct ike_sa, by_spi, n)) != own_spi)
		n = htab_next(n);
	return of(struct ike_sa, by_spi, n);
}

struct ike_sa *index_by_remote(struct ike_index *ix,
			       const struct missiu_addr *remote,
			       const struct ike_sa *prev)
{
	struct hnode *n =
		prev ? htab_next(&prev->by_remote) :
		       htab_first(&ix->by_remote, hash_addr(ix->seed, remote));

	while (n &&
	       !addr_eq(&of(struct ike_sa, by_remote, n)->home_remote, remote))
		n = htab_next(n);
	return of(struct ike_sa, by_remote, n);
}

struct ike_sa *index_half_open(struct ike_index *ix,
			       const struct missiu_addr *remote,
			       const struct ike_sa *prev)
{
	struct hnode *n =
		prev ? htab_next(&prev->half_open) :
		       htab_first(&ix->half_open, hash_addr(ix->seed, remote));

	while (n &&
	       !addr_eq(&of(struct ike_sa, half_open, n)->home_remote, remote))
		n = htab_next(n);
	return of(struct ike_sa, half_open, n);
}

struct ike_sa *index_by_peer(struct ike_index *ix, const struct ike_sa *sa,
			     const struct ike_sa *prev)
{
	struct hnode *n = prev ? htab_next(&prev->by_peer) :
				 htab_first(&ix->by_peer, hash_peer(ix, sa));

	while (n && !limit_same_peer(of(struct ike_sa, by_peer, n), sa))
		n = htab_next(n);
	return of(struct ike_sa, by_peer, n);
}

struct ike_child *index_child(struct ike_index *ix, uint64_t handle)
{
	struct hnode *n = htab_first(&ix->child, hash_u64(ix->seed, handle));

	while (n && of(struct ike_child, by_handle, n)->handle != handle)
		n = htab_next(n);
	return of(struct ike_child, by_handle, n);
}

bool index_spi_in_used(struct ike_index *ix, uint32_t spi)
{
	const uint64_t hash = hash_u64(ix->seed, spi);
	struct hnode *n;

	for (n = htab_first(&ix->spi_in, hash); n; n = htab_next(n))
		if (of(struct ike_child, by_spi_in, n)->spi_in == spi)
			return true;
	for (n = htab_first(&ix->taken, hash); n; n = htab_next(n))
		if (of(struct spi_taken, node, n)->spi == spi)
			return true;
	return false;
}

struct ike_child *index_by_spi_out(struct ike_index *ix, uint32_t spi,
				   const struct ike_child *prev)
{
	struct hnode *n =
		prev ? htab_next(&prev->by_spi_out) :
		       htab_first(&ix->spi_out, hash_u64(ix->seed, spi));

	while (n && of(struct ike_child, by_spi_out, n)->spi_out != spi)
		n = htab_next(n);
	return of(struct ike_child, by_spi_out, n);
}
