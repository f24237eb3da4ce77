/* SPDX-License-Identifier: Apache-2.0 */
/* What the loop's files share. Nobody else includes this. */
#ifndef IKE_LOOP_IMPL_H
#define IKE_LOOP_IMPL_H

#include <event2/event.h>
#include <net/if.h>

#include "ctl/dp.h"
#include "ike/asker.h"
#include "ike/cli.h"
#include "ike/control.h"
#include "ike/keyfiles.h"
#include "ike/later.h"
#include "ike/lease_file.h"
#include "ike/resolver.h"
#include "ike/sources.h"
#include "ike/tcp.h"
#include "ike/udp.h"

#define SOCKS_MAX (2 * CLI_ADDRS_MAX)

struct loop {
	struct cli *cli;
	struct ike *ike;
	struct event_base *base;
	struct dp *dp; /* NULL while missiu is gone */
	struct event *dp_ev;
	struct event *timer;
	struct event *retry;
	int addrs_fd; /* news of addresses; -1: not open */
	struct event *addrs_ev, *look;
	struct event *sig[3];
	char iface[IFNAMSIZ + 1];
	struct udp_sock sock[SOCKS_MAX];
	struct event *sock_ev[SOCKS_MAX];
	size_t n_sock;
	struct tcp *tcp; /* NULL: none */
	struct ike_control *control;
	struct later later;
	struct lease_file leases;
	struct resolver *resolver;
	struct keyfiles keys;
	struct sources *sources;
	struct asker *asker;
	bool dp_lost; /* noticed inside a handler, acted on outside */
	bool waiting[CLI_ADDRS_MAX]; /* -c peers that no policy named yet */
	missiu_usec send_log_us; /* when a failed send may be logged again */
	unsigned send_failed;	 /* not logged since */
	uint8_t buf[65536];
};

/* --- loop.c */

/**
 * loop_settle() - perform what the core wants, and set the timer to the moment
 * when it wants to be called again
 */
void loop_settle(struct loop *l);

/* --- loop_act.c */

/** loop_act() - perform what the core wants */
void loop_act(struct loop *l);

/** loop_act_later() - what was put off and is due; UINT64_MAX: all of it */
void loop_act_later(struct loop *l, missiu_usec now);

/* --- loop_net.c */

/** loop_open_network() - listen at all addresses; Return: as udp_open(), … */
int loop_open_network(struct loop *l, struct missiu_diag *diag);

/** loop_close_network() - close all sockets, the TCP connections, too */
void loop_close_network(struct loop *l);

/** loop_sock() - the socket of an address and port; NULL: none */
const struct udp_sock *loop_sock(const struct loop *l,
				 const struct ike_end *local);

/** loop_local() - our first address of a family (4, 6); NULL: none */
const struct missiu_addr *loop_local(const struct loop *l, uint8_t family);

/**
 * loop_hear_peers() - read what peers send, or leave it where it is
 *
 * Peers wait in their sockets while the SPD is being read: a request for a
 * policy loaded a moment ago must not be refused.
 */
void loop_hear_peers(struct loop *l, bool on);

/* --- loop_dp.c */

/** loop_open_dp() - reach missiu; Return: as dp_pfkey_open(), MISSIU_ENOMEM */
int loop_open_dp(struct loop *l, struct missiu_diag *diag);

/** loop_close_dp() - leave it */
void loop_close_dp(struct loop *l);

/** loop_on_retry() - callback of l->retry: missiu may have returned */
void loop_on_retry(evutil_socket_t fd, short what, void *arg);

/** loop_hear_dp() - read what it has to say; Return: false: the SPD is not up
 * to date */
bool loop_hear_dp(struct loop *l);

/** loop_want_peers() - contact the peers of -c as soon as a policy names them */
void loop_want_peers(struct loop *l);

/** loop_initiate_loaded() - contact peers that say init yes and have no SA */
void loop_initiate_loaded(struct loop *l);

/* --- loop_control.c */

/** loop_open_control() - serve commands; Return: as ike_control_open() */
int loop_open_control(struct loop *l, struct missiu_diag *diag);

/** loop_load_config() - the peers of --config; Return: as peer_load_file() */
int loop_load_config(struct loop *l, struct missiu_diag *diag);

/** loop_on_hangup() - callback of SIGHUP: load it, open --log's file, again */
void loop_on_hangup(evutil_socket_t fd, short what, void *arg);

#endif
