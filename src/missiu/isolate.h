/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon gives up once everything is open. */
#ifndef MISSIU_ISOLATE_H
#define MISSIU_ISOLATE_H

#include "missiu/types.h"

/**
 * isolate() - drop what the main loop does not need, for good
 * @net_admin: keep CAP_NET_ADMIN, for the guard, routes and the TAP's MTU
 *
 * Stages: no core dumps and no debugger of our own user (keys are in memory);
 * capabilities, also from the bounding set; no_new_privs; a seccomp list of
 * system calls, everything else fails with EPERM. Under sanitizers the first
 * and the last are left out: their run-time inspects the process at its end.
 *
 * Return: 0; MISSIU_EPERM or MISSIU_EIO with *@diag.
 */
int isolate(bool net_admin, struct missiu_diag *diag);

#endif
