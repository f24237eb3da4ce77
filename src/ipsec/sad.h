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
 * @by_policy: its outbound chain is that of its policy alone: the policy names
 *             the tunnel's end, so the destination need not be looked at
 *
 * Cannot fail after sad_reserve().
 */
void sad_insert(struct sad *s, struct sa *sa, bool by_policy);

/** sad_remove() - take an SA out, it becomes the caller's */
void sad_remove(struct sad *s, struct sa *sa);

/** sad_move() - change an SA's addresses; sa_set_ends() is called for it */
void sad_move(struct sad *s, struct sa *sa, const struct missiu_sa *to,
	      bool by_policy);

/** sad_find() - the SA named so, not one that a transaction deletes; or NULL */
struct sa *sad_find(const struct sad *s, uint8_t proto, uint32_t spi,
		    const struct missiu_addr *dst);

/**
 * sad_out_first() - chain of outbound SAs, newest first, by .out_next
 * @policy_id: as in their descriptions; 0: those for any policy
 * @dst: destination; NULL: the chain of SAs inserted with by_policy
 *
 * The chain may hold others, too.
 */
struct sa *sad_out_first(const struct sad *s, uint32_t policy_id,
			 const struct missiu_addr *dst);

/** sad_after() - the first SA installed after serial number @serial, or NULL */
struct sa *sad_after(const struct sad *s, uint64_t serial);

#endif
