/* SPDX-License-Identifier: Apache-2.0 */
/* Peers of a configuration file go to the key daemon. */
#ifndef LOADCONFIG_PEERS_H
#define LOADCONFIG_PEERS_H

#include "missiu/script.h"

/**
 * peers_send() - hand a script's peers to ike, all or none
 * @iface: instance; NULL: the only one
 * @name:  of the text they came from, for errors at its places
 * @keep:  peers loaded before stay
 *
 * Return: 0, also when there are none; negative, said on stderr.
 */
int peers_send(const char *iface, const char *name,
	       const struct missiu_script *s, bool keep);

#endif
