/* SPDX-License-Identifier: Apache-2.0 */
/* What `missiu -i <if> status` shows: made as JSON, printed for people. */
#ifndef MISSIU_STATUS_H
#define MISSIU_STATUS_H

#include <stdio.h>

#include "missiu/autoroute.h"
#include "missiu/guard.h"

/** What the daemon knows beside the engine. */
struct status_view {
	const char *iface, *tap, *backend;
	const char *backend_why; /**< why this back end */
	unsigned link_mtu, tap_mtu;
	uint64_t tap_lost; /**< by the kernel: we did not read fast enough */
	int pid;
	bool drop_unmatched; /**< packets without a policy are dropped */
	missiu_usec started, now;
	const struct autoroute *routes;	 /**< NULL without --auto */
	const struct guard_state *guard; /**< NULL with --no-guard */
};

/**
 * status_json() - all there is to say, never a key
 * @m: the engine
 * @s: the rest
 *
 * Return: JSON text to be free()d; NULL without memory.
 */
char *status_json(const struct missiu *m, const struct status_view *s);

/**
 * status_print() - the same for people
 * @json: text as status_json() makes it
 * @to:   where to print
 *
 * Return: 0 or MISSIU_EPROTO when it is no such text.
 */
int status_print(const char *json, FILE *to);

#endif
