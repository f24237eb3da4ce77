/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is due when: a pairing heap of things that hold their own links, so
 * that nothing can fail. Insertion and the first one in constant time, removal
 * in O(log n) on average.
 */
#ifndef IKE_TIMERQ_H
#define IKE_TIMERQ_H

#include <stdbool.h>

#include "missiu/types.h"

/** Part of what waits; all zero: in no queue. */
struct timer {
	struct timer *child, *next;
	struct timer **pprev; /* what points here; NULL: in no queue */
	missiu_usec due;
};

struct timerq {
	struct timer *root;
	uint64_t steps; /* comparisons, for tests */
};

/** timerq_set() - let it wait until @due, wherever it was before */
void timerq_set(struct timerq *q, struct timer *t, missiu_usec due);

/** timerq_del() - take it out; one that is in no queue is fine */
void timerq_del(struct timerq *q, struct timer *t);

/** timerq_first() - what is due first; NULL: nothing waits */
static inline struct timer *timerq_first(const struct timerq *q)
{
	return q->root;
}

#endif
