/* SPDX-License-Identifier: Apache-2.0 */
/* `ike status`: the JSON of the daemon and its readable form. */
#ifndef IKE_STATUS_H
#define IKE_STATUS_H

#include <jansson.h>

#include "ike/tcp.h"

/**
 * status_json() - the state of a core as JSON text, without secrets
 * @tcp: NULL: none
 * @sources: taken over; sources_json()
 * @now: the core's clock
 *
 * Return: NUL-terminated text to free(), or NULL without memory.
 */
char *status_json(const struct ike *ike, const struct tcp *tcp, json_t *sources,
		  missiu_usec now);

/**
 * status_show() - ask a running daemon and print
 * @iface: its instance; NULL: the only one
 * @json:  print the JSON itself
 *
 * Return: exit status.
 */
int status_show(const char *iface, bool json);

#endif
