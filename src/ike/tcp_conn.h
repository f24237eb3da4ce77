/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One TCP connection of RFC 9329: buffers and socket, without events. What it
 * keeps is bounded in both directions; nothing here blocks.
 */
#ifndef IKE_TCP_CONN_H
#define IKE_TCP_CONN_H

#include <sys/types.h>

#include "ike/core.h"
#include "ike/tcp_stream.h"

struct event;

/** Bytes that wait to be sent: ESP is dropped beyond the first. */
#define TCP_OUT_ESP (128u << 10)
#define TCP_OUT_MAX (256u << 10)
/** Bytes of a message before the peer is authenticated. */
#define TCP_UNPROVEN_MAX (16u << 10)
/** Room for the longest message, and then some to read many at once. */
#define TCP_IN_MAX (128u << 10)

enum tcp_state {
	TCP_CONNECTING,
	TCP_BEGINS, /* the peer has not sent the prefix yet */
	TCP_OPEN,
	TCP_CLOSED, /* ours; waits to be made again */
};

/** Bytes from start to end; the rest is room. */
struct tcp_buf {
	uint8_t *p;
	size_t start, end, cap;
};

struct tcp_conn {
	struct tcp_conn *next, **pprev; /* of all */
	struct tcp_conn *chain;		/* of those with a hash */
	struct tcp *tcp;
	int fd; /* -1: CLOSED */
	enum tcp_state state;
	struct ike_end local, remote; /* their via tells whose it is */
	bool proven;		      /* an authenticated peer */
	bool was_open;		      /* ours: it was, and broke */
	bool stalled;		      /* missiu does not take its ESP */
	unsigned tries;		      /* ours: since it was open */
	missiu_usec due_us; /* not proven: to be closed; CLOSED: to be made */
	struct tcp_buf in, out;
	struct event *readable, *writable;
};

/** tcp_conn_free() - close and free, without events */
void tcp_conn_free(struct tcp_conn *c);

/**
 * tcp_conn_reset() - close the socket and forget what was on the way
 *
 * With a reset: a connection between the same ends comes next.
 */
void tcp_conn_reset(struct tcp_conn *c);

/** tcp_conn_read() - Return: bytes; 0: end of stream, or broken; MISSIU_EAGAIN */
ssize_t tcp_conn_read(struct tcp_conn *c);

/** tcp_conn_unread() - what has arrived */
static inline const uint8_t *tcp_conn_unread(const struct tcp_conn *c,
					     size_t *len)
{
	*len = c->in.end - c->in.start;
	return c->in.p + c->in.start;
}

/** tcp_conn_put() - bytes to be sent; Return: false: no room within @max */
bool tcp_conn_put(struct tcp_conn *c, const void *p, size_t len, size_t max);

/** tcp_conn_flush() - send; Return: 0: all gone; MISSIU_EAGAIN, MISSIU_EIO */
int tcp_conn_flush(struct tcp_conn *c);

#endif
