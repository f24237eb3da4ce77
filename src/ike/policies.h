/* SPDX-License-Identifier: Apache-2.0 */
/* The SPD as the core sees it: by id, and by the peer it may be for. */
#ifndef IKE_POLICIES_H
#define IKE_POLICIES_H

#include <stddef.h>

#include "missiu/types.h"

struct policies; /* opaque */

/**
 * policies_new() - copy an SPD
 * @v, @n: in match order
 * @seed:  of the hashes; secret
 *
 * Return: NULL without memory.
 */
struct policies *policies_new(const struct missiu_policy *v, size_t n,
			      uint64_t seed);

/** policies_free() - NULL is fine */
void policies_free(struct policies *p);

/** policies_by_id() - NULL: none; @p may be NULL: there are none */
const struct missiu_policy *policies_by_id(struct policies *p, uint32_t id);

/** policies_all() - all, in match order; @p may be NULL */
const struct missiu_policy *policies_all(const struct policies *p, size_t *n);

/**
 * policies_of() - in match order those that can matter to a peer
 * @remote: its address
 *
 * All but the PROTECT policies in tunnel mode that name another peer.
 *
 * Return: borrowed until the next call or policies_free(); NULL: none, or no
 * memory, and *@n is 0.
 */
const struct missiu_policy *
policies_of(struct policies *p, const struct missiu_addr *remote, size_t *n);

/** policies_steps() - how many policies were looked at so far, for tests */
uint64_t policies_steps(const struct policies *p);

#endif
