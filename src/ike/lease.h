/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that peers were given out of pools (RFC 7296 2.19). Pure.
 *
 * Theory of operation. A lease binds an address to an owner: the name of a peer
 * statement and an authenticated identity. It outlives the IKE SA that asked
 * for it, so that who comes back finds his address; .refs counts the IKE SAs
 * that use it. Those that nobody uses wait in the order of their last use, and
 * when a pool is exhausted the oldest of them goes to somebody else. Who has
 * no identity gets a lease without an owner, which nobody finds again.
 */
#ifndef IKE_LEASE_H
#define IKE_LEASE_H

#include "ike/core.h"
#include "ike/htab.h"

/** Leases in all; the oldest idle one makes room for another. */
#define LEASES_MAX 65536

struct leases; /* the table, opaque */

struct lease {
	struct hnode by_owner, by_addr;
	struct lease *older, *newer; /* by last use */
	struct leases *in;
	struct missiu_addr addr;
	unsigned refs;
	uint64_t holder;  /* our SPI of the IKE SA that got it last */
	struct ike_id id; /* type 0: nobody's */
	char peer[MISSIU_PEER_NAME_MAX + 1];
};

/** Who asks, and what for. */
struct lease_want {
	const char *peer;
	const struct ike_id *id; /* NULL: nobody that could be known again */
	const struct missiu_ranges *pool;
	uint8_t family;
	struct missiu_addr wish; /* the one asked for; family 0: none */
};

/** leases_new() - @seed: of the hashes; secret. Return: NULL without memory */
struct leases *leases_new(uint64_t seed);

/** leases_free() - NULL is fine */
void leases_free(struct leases *t);

/**
 * lease_get() - an address for somebody, with one more reference
 *
 * In this order: the owner's own, if it is the one asked for; the owner's own
 * that nobody uses; the one asked for, if it is free; a free one; one that
 * was not used for the longest time. What has left the pool is not given.
 * First and last address of an IPv4 prefix, and the first of an IPv6 prefix,
 * are not given, except of prefixes too small for that.
 *
 * Return: NULL: the pool has none of this family, none left, or no memory.
 */
struct lease *lease_get(struct leases *t, const struct lease_want *want);

/** lease_put() - one reference less; the lease stays; NULL is fine */
void lease_put(struct lease *l);

/** lease_ref() - one more */
struct lease *lease_ref(struct lease *l);

/** lease_by_addr() - NULL: nobody's */
struct lease *lease_by_addr(const struct leases *t,
			    const struct missiu_addr *addr);

/** leases_version() - another number after each change worth keeping */
uint64_t leases_version(const struct leases *t);

/**
 * leases_text() - what leases_load() reads: a line each, oldest use first
 *
 * "ADDRESS ID-TYPE ID-IN-HEX PEER". Those of nobody are left out.
 * Return: on the heap, NUL-terminated; NULL without memory.
 */
char *leases_text(const struct leases *t);

/**
 * leases_load() - take leases that were kept
 * @text: NUL-terminated; any text at all
 * @line: out: the first line that is none of ours; 0: all were
 *
 * Lines that make no sense, or would give an address twice, are left out.
 * Return: how many were taken.
 */
size_t leases_load(struct leases *t, const char *text, unsigned *line);

#endif
