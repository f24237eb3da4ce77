/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard: an nftables table of our own at the interface's ingress and egress
 * hooks, so that the policies also hold on the kernel's own path.
 *
 * It is replaced in one transaction whenever the SPD changes, removed at an
 * orderly stop, and stays in force when the daemon is killed: nothing that must
 * be protected leaves or enters in clear until a restart has taken it over or
 * `missiu -i IF stop` has removed it. See guard_rules.h for its rules.
 */
#ifndef MISSIU_GUARD_H
#define MISSIU_GUARD_H

#include <event2/event.h>

#include "missiu/engine.h"
#include "missiu/guard_rules.h"

struct guard; /* opaque */

/**
 * guard_open() - put the table in force
 * @iface:  names the table; borrowed
 * @device: what the interface is called; read anew at each change; borrowed
 * @base:   event loop; borrowed
 * @m:      engine; borrowed
 * @drop_unmatched: --default drop
 * @out:    out
 *
 * The rules of a killed predecessor stay as they are until the first change of
 * the SPD. Needs CAP_NET_ADMIN, then and later.
 *
 * Return: 0; MISSIU_EUNSUP, MISSIU_ENOMEM with *@diag, which names --no-guard.
 */
int guard_open(const char *iface, const char *device, struct event_base *base,
	       const struct missiu *m, bool drop_unmatched, struct guard **out,
	       struct missiu_diag *diag);

/**
 * guard_spd_changed() - follow the SPD
 *
 * At once; when changes come in a storm, those within a few times the duration
 * of the last one are taken together. NULL is fine.
 */
void guard_spd_changed(struct guard *g);

/**
 * guard_link_changed() - the interface may be called otherwise now
 *
 * Makes sure that the rules still sit at its hooks. NULL is fine.
 */
void guard_link_changed(struct guard *g);

/** guard_tcp_port() - let the key daemon's TCP port pass; 0: it has none */
void guard_tcp_port(struct guard *g, uint16_t port);

/** What `missiu status` tells. */
struct guard_state {
	char table[GUARD_TABLE_MAX];
	bool inherited;	   /**< still the rules of a killed predecessor */
	char problem[240]; /**< why the rules are not those of the SPD, or "" */
	uint64_t dropped[GUARD_COUNTERS_MAX]; /**< packets */
};

/** guard_state_get() - fill @out; the counters are the kernel's */
void guard_state_get(struct guard *g, struct guard_state *out);

/** guard_counter_name(), guard_counter_text() - static strings */
const char *guard_counter_name(enum guard_counter c);
const char *guard_counter_text(enum guard_counter c);

/** guard_inherited() - whether the rules are still a predecessor's */
bool guard_inherited(const struct guard *g);

/**
 * guard_close() - let go
 * @keep: leave the table in force instead of removing it
 *
 * NULL is fine.
 */
void guard_close(struct guard *g, bool keep);

/**
 * guard_remove() - remove what a killed daemon has left, without a guard
 * @iface: its interface
 *
 * Return: 1 removed; 0 there was none, or nftables does not work here at all;
 * MISSIU_EPERM or MISSIU_EIO with *@diag.
 */
int guard_remove(const char *iface, struct missiu_diag *diag);

#endif
