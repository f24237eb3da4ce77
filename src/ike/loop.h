/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only I/O of the IKE daemon: sockets, timer, data path, status socket.
 *
 *   UDP 500, 4500 ──► ike_input() ┐            ┌► sendto()
 *   timer ──────────► ike_tick()  ├─ core.h ──►├► dp->ops->sa_add() …
 *   PF_KEY ─────────► ike_event() ┘            └► log
 */
#ifndef IKE_LOOP_H
#define IKE_LOOP_H

#include "ike/cli.h"

/**
 * loop_run() - run the daemon until SIGINT or SIGTERM
 * @cli: the command line; secrets in it are wiped once the core has them
 *
 * Return: exit status.
 */
int loop_run(struct cli *cli);

#endif
