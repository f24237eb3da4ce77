/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that talk to a running daemon. */
#ifndef MISSIU_STOP_H
#define MISSIU_STOP_H

#include "missiu/types.h"

/**
 * stop_daemon() - stop a running daemon and wait until it is gone
 * @iface: its interface; NULL: the only one running
 *
 * When none runs, the guard and the files that a killed one has left are removed.
 *
 * Return: 0; MISSIU_ECONN: not running; MISSIU_EPERM; MISSIU_ETIME; with *@diag.
 */
int stop_daemon(const char *iface, struct missiu_diag *diag);

#endif
