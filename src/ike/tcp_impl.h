/* SPDX-License-Identifier: Apache-2.0 */
/* What tcp.c and tcp_dp.c share. Nobody else includes this. */
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

/** tcp_find() - by addresses and the peer's port; NULL: none */
struct tcp_conn *tcp_find(const struct tcp *t, const struct missiu_addr *local,
			  const struct missiu_addr *remote, uint16_t rport);

/** tcp_broken() - a connection ended; ours may be made again; @c may be gone */
void tcp_broken(struct tcp_conn *c);

/** tcp_push() - send what waits; @c may be gone */
void tcp_push(struct tcp_conn *c);

/** tcp_take() - go on with what has arrived; Return: false: @c is gone */
bool tcp_take(struct tcp_conn *c);

/**
 * tcp_dp_send() - ESP packets of a connection, as they stand in the stream
 *
 * Return: false: missiu does not take them now; tcp_take() follows.
 */
bool tcp_dp_send(struct tcp *t, const struct tcp_conn *c, const uint8_t *p,
		 size_t len);

#endif
