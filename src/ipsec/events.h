/* SPDX-License-Identifier: Apache-2.0 */
/* Ring of events that the caller fetches; the oldest are lost when it is full. */
#ifndef IPSEC_EVENTS_H
#define IPSEC_EVENTS_H

#include "missiu/engine.h"

struct events {
	struct missiu_event *v;
	size_t cap, first, n;
	uint64_t lost;
};

/** events_init() - 0 or MISSIU_ENOMEM */
int events_init(struct events *q);

/** events_fini() - free; one that is all zero is fine */
void events_fini(struct events *q);

/**
 * events_reserve() - make room for @n more than are waiting
 *
 * For a transaction that will raise many. Bounded; without memory the oldest
 * will be lost instead.
 */
void events_reserve(struct events *q, size_t n);

/** events_put() - append; no allocation */
void events_put(struct events *q, const struct missiu_event *ev);

/** events_get() - take the oldest; Return: false when there is none */
bool events_get(struct events *q, struct missiu_event *ev);

#endif
