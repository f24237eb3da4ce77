/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who carries questions about peers' certificates to their responders and the
 * answers back (ask.h): one after the other, by an ike-fetch of its own, so
 * that no long list is in their way.
 */
#ifndef IKE_ASKER_H
#define IKE_ASKER_H

#include <event2/event.h>

#include "ike/core.h"

/** Seconds that a responder has. */
#define ASKER_TIME_S 5

struct asker; /* opaque */

/**
 * asker_new() - start ike-fetch
 * @changed: called after the core was given something: perform what it wants
 *
 * Return: NULL: no memory.
 */
struct asker *asker_new(struct event_base *base, void (*changed)(void *ctx),
			void *ctx);

/** asker_put() - take a question; @a: IKE_ASK of @ike */
void asker_put(struct asker *k, struct ike *ike, const struct ike_action *a);

/** asker_free() - NULL is fine */
void asker_free(struct asker *k);

#endif
