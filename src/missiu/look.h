/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long to look for more packets before going to sleep. Being woken takes 20
 * to 50 us in a virtual machine, and an answer to a packet often comes sooner.
 * Who was woken soon after going to sleep looks twice as long the next time,
 * who slept long half as long: an idle tunnel costs nothing, packets that come
 * now and then little.
 */
#ifndef MISSIU_LOOK_H
#define MISSIU_LOOK_H

#include <stdbool.h>

#include "missiu/types.h"

/** At most, unless the operator says otherwise; and the longest to be said. */
#define LOOK_DEFAULT_US 100
#define LOOK_MAX_US	1000000

struct look {
	missiu_usec most;   /* 0: never */
	missiu_usec window; /* now */
	missiu_usec until;  /* nothing found by then: sleep */
	missiu_usec left;   /* asleep since then; 0: awake */
};

/** look_init() - @most: microseconds, 0 to LOOK_MAX_US */
void look_init(struct look *l, missiu_usec most);

/** look_found() - packets came; @now: monotonic, not 0 */
void look_found(struct look *l, missiu_usec now);

/**
 * look_on() - nothing came; look again?
 * @now: as above
 *
 * Return: false when it is time to sleep.
 */
bool look_on(struct look *l, missiu_usec now);

#endif
