/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Security association database (RFC 4301 4.4.2): constant-time lookup by
 * protocol, SPI and destination for arriving packets, by policy and
 * destination for leaving ones; walk in order of installation.
 */
#ifndef IPSEC_SAD_H
#define IPSEC_SAD_H

#include "ipsec/sa.h"

/** Most SAs in one engine. */
#define SAD_MAX (1U << 20)

struct sad {
	struct sa **v; /* by serial number, ascending */
	size_t n, cap;
	struct sa **by_spi, **by_out; /* mask + 1 buckets each, NULL if cap 0 */
	size_t mask;
	uint64_t last_serial;
	uint64_t seed; /* makes bucket numbers unpredictable */
};

/** sad_fini() - free the database and all SAs in it */
void sad_fini(struct sad *s);

/** sad_reserve() - room for one more; 0, MISSIU_ENOMEM, MISSIU_EFULL */
int sad_reserve(struct sad *s);

/**
 * sad_insert() - add an SA; takes it over
 *
 * Cannot fail after sad_reserve().
 */
void sad_insert(struct sad *s, struct sa *sa);

/** sad_remove() - take an SA out, it becomes the caller's */
void sad_remove(struct sad *s, struct sa *sa);

/**
 * sad_sweep() - take out and free all SAs marked .txn_gone
 *
 * The cost is that of the whole database, however many go: each sad_remove()
 * walks a chain, and a host's inbound SAs may all be on one.
 */
void sad_sweep(struct sad *s);

/** sad_move() - change an SA's addresses; sa_set_ends() is called for it */
void sad_move(struct sad *s, struct sa *sa, const struct missiu_sa *to);

/** sad_find() - the SA named so, not one that a transaction deletes; or NULL */
struct sa *sad_find(const struct sad *s, uint8_t proto, uint32_t spi,
		    const struct missiu_addr *dst);

/** sad_bucket() - where sad_find() starts to look; NULL: there are no SAs */
struct sa *const *sad_bucket(const struct sad *s, uint8_t proto, uint32_t spi,
			     const struct missiu_addr *dst);

/**
 * sad_out_first() - chain of outbound SAs, newest first, by .out_next
 * @policy_id: as in their descriptions; 0: those for any policy
 * @dst: an address or NULL, see below
 *
 * An SA is on one chain. By its destination, if it is for any policy or in
 * transport mode. A tunnel SA of a policy is not: the policy may leave the far
 * end open, and the far end may move (NAT, MOBIKE). It is found by the host it
 * carries traffic to if that is a single one, else by NULL. A chain may hold
 * others, too.
 */
struct sa *sad_out_first(const struct sad *s, uint32_t policy_id,
			 const struct missiu_addr *dst);

/** sad_out_addr() - by which address an SA is found there; NULL: by none */
const struct missiu_addr *sad_out_addr(const struct missiu_sa *d);

/** sad_after() - the first SA installed after serial number @serial, or NULL */
struct sa *sad_after(const struct sad *s, uint64_t serial);

#endif
