/* SPDX-License-Identifier: Apache-2.0 */
/* Client side of the control socket /var/run/missiu.fifo.<if>. Blocking. */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include "missiu/engine.h"

struct ctl_conn;

/**
 * ctl_connect() - connect to a missiu instance
 * @iface: its interface; NULL: the only one running
 * @out:   out
 * @diag:  out: "missiu is not running on eth0", "several instances: …, use -i"
 *
 * Every later call gives up after 10 s with MISSIU_ETIME.
 * Return: 0, MISSIU_ECONN, MISSIU_EPERM, MISSIU_ENOMEM.
 */
int ctl_connect(const char *iface, struct ctl_conn **out,
		struct missiu_diag *diag);

/** ctl_set_limit() - give up after @ms milliseconds instead of 10 s */
void ctl_set_limit(struct ctl_conn *c, int ms);

/** ctl_close() - NULL is fine */
void ctl_close(struct ctl_conn *c);

/** ctl_load() - one transaction; see missiu_load() for @v, @bad and errors */
int ctl_load(struct ctl_conn *c, struct missiu_change *v, size_t n, size_t *bad,
	     struct missiu_diag *diag);

struct ctl_sa {
	struct missiu_sa sa; /* keys all zero unless asked for */
	struct missiu_sa_stats stats;
};
struct ctl_policy {
	struct missiu_policy policy;
	struct missiu_policy_stats stats;
};

/**
 * ctl_sa_dump() - all SAs
 * @with_keys: ask for keys too
 * @v, @n: out; wipe and free() *@v
 * @now_us: out, may be NULL: the daemon's clock, to relate stats' times to
 *
 * Return: 0 or a negative error.
 */
int ctl_sa_dump(struct ctl_conn *c, bool with_keys, struct ctl_sa **v,
		size_t *n, missiu_usec *now_us, struct missiu_diag *diag);

/** ctl_policy_dump() - the SPD in match order; free() *@v */
int ctl_policy_dump(struct ctl_conn *c, struct ctl_policy **v, size_t *n,
		    struct missiu_diag *diag);

/** ctl_status() - status as JSON text, NUL-terminated; free() *@json */
int ctl_status(struct ctl_conn *c, char **json, struct missiu_diag *diag);

/**
 * ctl_stop() - stop the daemon
 *
 * Returns when it has closed the connection, which it does last of all.
 * Return: 0, MISSIU_ETIME, MISSIU_EIO.
 */
int ctl_stop(struct ctl_conn *c, struct missiu_diag *diag);

/**
 * ctl_watch() - subscribe to SA and policy events on this connection
 *
 * Return: 0 or a negative error; then call ctl_watch_next() only: the other
 * calls give MISSIU_EBUSY.
 */
int ctl_watch(struct ctl_conn *c, struct missiu_diag *diag);

/** ctl_watch_next() - wait for one event, without a time limit; 0 or an error */
int ctl_watch_next(struct ctl_conn *c, struct missiu_event *ev);

#endif
