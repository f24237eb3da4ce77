/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of tcp.h share. Nobody else includes this. */
#ifndef IKE_TCP_IMPL_H
#define IKE_TCP_IMPL_H

#include <net/if.h>

#include "ctl/stream.h"
#include "ike/tcp.h"
#include "ike/tcp_conn.h"

#define TCP_HASH      1024
#define TCP_LISTENERS 64

struct tcp_listener {
	struct tcp *tcp; /* NULL: a free slot */
	int fd;
	struct missiu_addr local;
	struct event *readable;
};

struct tcp {
	struct event_base *base;
	const char *iface;
	uint16_t port;
	struct tcp_hooks on;
	struct tcp_listener listener[TCP_LISTENERS];
	struct tcp_conn *conns;
	struct tcp_conn *hash[TCP_HASH];
	unsigned n_conn;
	bool paused;
	struct event *tick;
	struct tcp_counters n;
	/* missiu: */
	int dp;	      /* -1: not there */
	bool dp_told; /* that it is not there was logged */
	bool dp_full; /* connections wait until it takes more */
	struct event *dp_readable, *dp_writable;
	uint8_t buf[CTL_STREAM_MAX];
};

/** tcp_ours() - whether we made it, not the peer */
static inline bool tcp_ours(const struct tcp_conn *c)
{
	return c->local.via == IKE_VIA_TCP_OURS;
}

/* --- tcp.c */

/** tcp_find() - by addresses and the peer's port; NULL: none */
struct tcp_conn *tcp_find(const struct tcp *t, const struct missiu_addr *local,
			  const struct missiu_addr *remote, uint16_t rport);

/** tcp_add() - one more, in CLOSED and without socket; NULL: no memory */
struct tcp_conn *tcp_add(struct tcp *t, const struct ike_end *local,
			 const struct ike_end *remote);

/** tcp_drop() - close, forget and free */
void tcp_drop(struct tcp_conn *c);

/** tcp_broken() - a connection ended; ours may be made again; @c may be gone */
void tcp_broken(struct tcp_conn *c);

/* --- tcp_in.c */

/** tcp_take() - go on with what has arrived; Return: false: @c is gone */
bool tcp_take(struct tcp_conn *c);

/** tcp_on_readable() - callback of a connection's readable */
void tcp_on_readable(evutil_socket_t fd, short what, void *arg);

/* --- tcp_out.c */

/** tcp_push() - send what waits; @c may be gone */
void tcp_push(struct tcp_conn *c);

/** tcp_make() - begin to connect one of ours in CLOSED; @c may be gone */
void tcp_make(struct tcp_conn *c);

/**
 * tcp_bound() - a socket at our port, which listeners and connections share
 *
 * Return: -1 with errno.
 */
int tcp_bound(const struct tcp *t, const struct missiu_addr *local);

/** tcp_set_options() - of a connection's socket; what fails is done without */
void tcp_set_options(int fd);

/** tcp_watch() - make the events of a connection; Return: false: no memory */
bool tcp_watch(struct tcp_conn *c);

/* --- tcp_listen.c */

/** tcp_stop_listening() - close it; the slot is free */
void tcp_stop_listening(struct tcp_listener *l);

/* --- tcp_dp.c */

/**
 * tcp_dp_send() - ESP packets of a connection, as they stand in the stream
 *
 * Return: false: missiu does not take them now; tcp_take() follows.
 */
bool tcp_dp_send(struct tcp *t, const struct tcp_conn *c, const uint8_t *p,
		 size_t len);

#endif
