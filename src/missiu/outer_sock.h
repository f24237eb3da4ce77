/* SPDX-License-Identifier: Apache-2.0 */
/* What the sockets of all back ends have in common. */
#ifndef MISSIU_OUTER_SOCK_H
#define MISSIU_OUTER_SOCK_H

#include <stdbool.h>

#include "missiu/drop.h"
#include "missiu/types.h"

/** sock_set() - set an integer option; false when the kernel refuses */
bool sock_set(int fd, int level, int option, int value);

/**
 * sock_enlarge() - a buffer that absorbs bursts
 * @force, @plain: SO_RCVBUFFORCE and SO_RCVBUF, or those for sending; without
 *                 the capability the system's limit applies
 */
void sock_enlarge(int fd, int force, int plain);

/** sock_failed() - say what failed by errno; MISSIU_EPERM or MISSIU_EIO */
int sock_failed(const char *what, struct missiu_diag *diag);

/** sock_why() - the reason to count for a packet refused with @error */
enum missiu_drop sock_why(int error);

#endif
