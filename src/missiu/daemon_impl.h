/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon's files share. Nobody else includes this. */
#ifndef MISSIU_DAEMON_IMPL_H
#define MISSIU_DAEMON_IMPL_H

#include "common/diag.h"
#include "missiu/control.h"
#include "missiu/daemon.h"
#include "missiu/dataplane.h"
#include "missiu/gateway.h"
#include "missiu/guard.h"
#include "missiu/links.h"
#include "missiu/pidfile.h"
#include "missiu/tapmtu.h"
#include "missiu/tcplink.h"
#include "missiu/virtip.h"

enum {
	EV_TAP,
	EV_OUTER,
	EV_TERM,
	EV_HUP,
	EV_INT,
	EV_TICK, /* timers from here on: not waited for at first */
	EV_MORE,
	N_EVENTS
};

struct daemon {
	const struct daemon_conf *conf;
	struct pidfile pid;
	struct missiu *m;
	struct netlink *nl;
	struct netlink_link link; /* the outer interface */
	struct tap tap;
	struct tapmtu tapmtu;
	const struct outer_ops *ops;
	const char *ops_why;
	struct outer *outer;
	struct dataplane *data;
	struct event_base *base;
	struct event *events[N_EVENTS];
	struct control *control;
	struct tcplink *tcp;
	struct autoroute *routes;
	struct virtip *virtip;
	struct guard *guard; /* NULL with --no-guard */
	struct links *links;
	struct gateway gateway; /* what was said about forwarding */
	int log_fd;
	int null_fd;		/* /dev/null, for stdin in the background */
	const char *log_remove; /* the default log goes with us */
	char log_name[64];
	missiu_usec started;
	bool ready; /* it has begun */
	int status; /* exit status */
};

static inline int daemon_no_memory(struct missiu_diag *diag)
{
	return diag_set(diag, MISSIU_ENOMEM, "out of memory");
}

/* --- daemon_events.c; stages return 0 or an error with @diag */

/** daemon_stage_loop() - the data path, the event loop, signals */
int daemon_stage_loop(struct daemon *d, struct missiu_diag *diag);

/** daemon_stage_control() - the control sockets, TCP's among them */
int daemon_stage_control(struct daemon *d, struct missiu_diag *diag);

/** daemon_stage_links() - the kernel's news of links and addresses */
int daemon_stage_links(struct daemon *d, struct missiu_diag *diag);

/** daemon_free_mtu() - the TAP's MTU; 0 when it is the operator's choice */
unsigned daemon_free_mtu(const struct daemon *d);

#endif
