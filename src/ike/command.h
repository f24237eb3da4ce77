/* SPDX-License-Identifier: Apache-2.0 */
/* The client side: `ike up`, `down`, `rekey`, `log`, `monitor`. */
#ifndef IKE_COMMAND_H
#define IKE_COMMAND_H

#include "ike/cli.h"

/**
 * command_connect() - to the control socket of a running daemon
 * @iface: its instance; NULL: the only one
 *
 * Return: a descriptor, or a negative error with @diag.
 */
int command_connect(const char *iface, struct missiu_diag *diag);

/**
 * command_run() - one of UP, DOWN, REKEY, LOG, MONITOR
 *
 * UP and REKEY wait for what comes of it and print the events; MONITOR ends
 * with the daemon. Return: exit status.
 */
int command_run(const struct cli *cli);

#endif
