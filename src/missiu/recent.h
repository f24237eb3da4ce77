/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ACQUIREs of the last half minute. The engine asks once and then waits; a key
 * daemon that comes (back) meanwhile must hear of what is being waited for.
 */
#ifndef MISSIU_RECENT_H
#define MISSIU_RECENT_H

#include "missiu/engine.h"

#define RECENT_MAX 64

/** Zero-initialised. */
struct recent {
	struct {
		struct missiu_event ev;
		missiu_usec at; /**< 0: empty */
	} v[RECENT_MAX];
	size_t next; /**< entry to overwrite, the oldest */
};

/** recent_add() - remember an ACQUIRE; the oldest of too many is forgotten */
void recent_add(struct recent *r, const struct missiu_event *ev,
		missiu_usec now);

/**
 * recent_next() - walk those still waited for, oldest first
 * @m:   the engine; a policy that has an outbound SA waits no more
 * @cursor: in/out: 0 to start
 * @now: time in µs
 *
 * Return: borrowed; NULL at the end.
 */
const struct missiu_event *recent_next(const struct recent *r,
				       const struct missiu *m, size_t *cursor,
				       missiu_usec now);

#endif
