/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP connections of the key daemon (RFC 9329): IKE messages for the core, ESP
 * for missiu, both ways.
 *
 * Theory of operation. A connection is known by its addresses and the peer's
 * port; ours is always the same one, so that the guard need not let any other
 * pass. What strangers can make us keep is bounded: connections without an
 * authenticated message in all and of an address, the time until it comes, and
 * the length of messages until then; ESP from them is dropped here. Each
 * connection has a bounded queue, and ESP beyond it is dropped: a connection that
 * does not move holds up nobody else. When missiu falls behind, connections are
 * not read until it takes more.
 */
#ifndef IKE_TCP_H
#define IKE_TCP_H

#include <event2/event.h>

#include "ike/core.h"

/** Connections in all; and without an authenticated message, of an address. */
#define TCP_CONNS_MAX	 4096
#define TCP_UNPROVEN_ALL 64
#define TCP_UNPROVEN_OF	 8
/** How long one may last without an authenticated message. */
#define TCP_UNPROVEN_US 20000000u

/* One list: name, text. */
#define TCP_COUNTERS(X)                                                        \
	X(accepted, "connections accepted")                                    \
	X(made, "connections made")                                            \
	X(refused, "connections refused: too many")                            \
	X(late, "connections without an authenticated message in time")        \
	X(bad, "connections that carried something else")                      \
	X(esp_unproven, "ESP packets before an authenticated message")         \
	X(esp_dropped, "batches of ESP packets for a full queue")              \
	X(esp_unknown, "batches of ESP packets for no connection")

struct tcp_counters {
#define X(name, text) uint64_t name;
	TCP_COUNTERS(X)
#undef X
	unsigned open; /* connections now */
};

struct tcp; /* opaque */

struct tcp_hooks {
	void *ctx;
	/** Whether the core can take messages now; false: tcp_pause() follows */
	bool (*ready)(void *ctx);
	void (*message)(void *ctx, const struct ike_end *local,
			const struct ike_end *remote, const uint8_t *msg,
			size_t len);
	/** After a few messages: perform what the core wants */
	void (*settle)(void *ctx);
	/** ike_tcp_wanted(), ike_tcp_again() */
	bool (*wanted)(void *ctx, const struct ike_end *local,
		       const struct ike_end *remote);
	void (*again)(void *ctx, const struct ike_end *local,
		      const struct ike_end *remote);
};

/**
 * tcp_new() - without listeners yet
 * @iface: everything goes through this interface; borrowed
 * @port:  of ours
 */
struct tcp *tcp_new(struct event_base *base, const char *iface, uint16_t port,
		    const struct tcp_hooks *hooks);

/** tcp_free() - close all; NULL is fine, here and below */
void tcp_free(struct tcp *t);

/** tcp_listen() - at an address; Return: 0; MISSIU_EBUSY, MISSIU_EIO, … */
int tcp_listen(struct tcp *t, const struct missiu_addr *local,
	       struct missiu_diag *diag);

/** tcp_unlisten() - no longer at an address; none there is fine */
void tcp_unlisten(struct tcp *t, const struct missiu_addr *local);

/** tcp_pause() - read no connection until told otherwise */
void tcp_pause(struct tcp *t, bool pause);

/**
 * tcp_send() - an IKE message; a connection of ours is made if there is none
 *
 * Return: 0, also when it can't be sent yet; MISSIU_ECONN: none of the peer's.
 */
int tcp_send(struct tcp *t, const struct ike_end *local,
	     const struct ike_end *remote, const uint8_t *msg, size_t len);

/** tcp_proven() - an authenticated message came by this connection */
void tcp_proven(struct tcp *t, const struct ike_end *local,
		const struct ike_end *remote);

/** tcp_dp_open() - reach missiu; without it ESP is dropped, logged once */
void tcp_dp_open(struct tcp *t);

/** tcp_dp_close() - it is gone */
void tcp_dp_close(struct tcp *t);

/** tcp_counters() - fill @out; false: no TCP */
bool tcp_counters(const struct tcp *t, struct tcp_counters *out);

#endif
