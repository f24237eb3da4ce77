/* SPDX-License-Identifier: Apache-2.0 */
/* The clock of daemons; what is pure gets its time as a parameter. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <time.h>

#include "missiu/types.h"

/* Monotonic, in microseconds. */
static inline missiu_usec clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (missiu_usec)ts.tv_sec * 1000000u +
	       (missiu_usec)ts.tv_nsec / 1000u;
}

#endif
