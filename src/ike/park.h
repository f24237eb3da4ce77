/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that wait: an opened IKE_AUTH whose handler returned MISSIU_EBUSY,
 * having changed nothing, is handled once more when what it waits for is there,
 * or at sa->ask_until_us. Meanwhile its duplicates are dropped, a request of
 * ours is not sent again, and everything else goes on.
 */
#ifndef IKE_PARK_H
#define IKE_PARK_H

#include "ike/rules.h"

/** Messages that wait, of all IKE SAs; beyond that nobody waits. */
#define PARK_MAX 256

struct park; /* one message; opaque */

/**
 * park_message() - keep what @ctx says until sa->ask is answered
 *
 * Return: false when there is no room: sa->ask_until_us is now then.
 */
bool park_message(struct ike_ctx *ctx);

/** park_free() - forget an SA's message, if it has one */
void park_free(struct ike_sa *sa);

/** park_wake() - handle what waits for this */
void park_wake(struct ike *ike, uint32_t ask);

/** park_tick() - handle an SA's message when it waited for long enough */
void park_tick(struct ike *ike, struct ike_sa *sa);

/** park_due_us() - when that is; UINT64_MAX: nothing waits */
missiu_usec park_due_us(const struct ike_sa *sa);

#endif
