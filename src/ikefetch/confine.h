/* SPDX-License-Identifier: Apache-2.0 */
/* What ike-fetch gives up. */
#ifndef IKEFETCH_CONFINE_H
#define IKEFETCH_CONFINE_H

#include <stdbool.h>

/**
 * confine_start() - at once: user nobody, no capabilities, none to be gained,
 * no core dumps, no files to be written, the death of ike is ours
 *
 * Return: false when something could not be given up.
 */
bool confine_start(void);

/** confine_request() - before a request: memory, processor time, system calls */
void confine_request(void);

#endif
