/* SPDX-License-Identifier: Apache-2.0 */
/* Least privilege for the IKE daemon once its sockets are open. */
#ifndef IKE_ISOLATE_H
#define IKE_ISOLATE_H

#include <stdbool.h>

#include "missiu/types.h"

/**
 * isolate() - give up what is not needed any more
 * @keep_bind: keep CAP_NET_BIND_SERVICE, for port 500 of addresses to come
 * @diag: out on failure
 *
 * No other capabilities, no new privileges by exec, no core dumps, no ptrace by
 * others. Return: 0 or MISSIU_EPERM.
 */
int isolate(bool keep_bind, struct missiu_diag *diag);

#endif
