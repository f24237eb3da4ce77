/* SPDX-License-Identifier: Apache-2.0 */
/* Which connections there are, from the first to the last, and their time. */
#include <stdlib.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/log.h"
#include "ike/tcp_impl.h"

#define TICK_S	   1
#define RETRY_US   500000u /* doubles up to: */
#define RETRY_MAX  6
#define IDLE_TICKS 30 /* between looks for connections nobody uses */

static size_t bucket(const struct missiu_addr *remote, uint16_t port)
{
	unsigned h = port;

	for (size_t i = 0; i < sizeof(remote->b); i++)
		h = h * 31 + remote->b[i];
	return (h ^ h >> 10) % TCP_HASH;
}

struct tcp_conn *tcp_find(const struct tcp *t, const struct missiu_addr *local,
			  const struct missiu_addr *remote, uint16_t rport)
{
	struct tcp_conn *c = t->hash[bucket(remote, rport)];

	while (c &&
	       (c->remote.port != rport || !addr_eq(&c->remote.addr, remote) ||
		!addr_eq(&c->local.addr, local)))
		c = c->chain;
	return c;
}

static void insert(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_conn **b = &t->hash[bucket(&c->remote.addr, c->remote.port)];

	c->chain = *b;
	*b = c;
	c->next = t->conns;
	c->pprev = &t->conns;
	if (c->next)
		c->next->pprev = &c->next;
	t->conns = c;
	t->n_conn++;
}

static void no_events(struct tcp_conn *c)
{
	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	c->readable = c->writable = NULL;
}

void tcp_drop(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	struct tcp_conn **b = &t->hash[bucket(&c->remote.addr, c->remote.port)];

	while (*b != c)
		b = &(*b)->chain;
	*b = c->chain;
	*c->pprev = c->next;
	if (c->next)
		c->next->pprev = c->pprev;
	t->n_conn--;
	no_events(c);
	tcp_conn_free(c);
}

struct tcp_conn *tcp_add(struct tcp *t, const struct ike_end *local,
			 const struct ike_end *remote)
{
	struct tcp_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->tcp = t;
	c->fd = -1;
	c->state = TCP_CLOSED;
	c->local = *local;
	c->remote = *remote;
	insert(t, c);
	return c;
}

void tcp_broken(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	missiu_usec wait;

	if (!tcp_ours(c) || !t->on.wanted(t->on.ctx, &c->local, &c->remote)) {
		tcp_drop(c);
		return;
	}
	if (!c->tries)
		log_info(ike, "TCP %s[%u]: %s; is made again",
			 addr_text(&c->remote.addr).s, c->remote.port,
			 c->was_open ? "connection lost" : "no connection");
	no_events(c);
	tcp_conn_reset(c);
	c->stalled = c->proven = false;
	wait = (missiu_usec)RETRY_US << c->tries;
	c->due_us = clock_now() + (c->tries || !c->was_open ? wait : 0);
	if (c->tries < RETRY_MAX)
		c->tries++;
}

void tcp_proven(struct tcp *t, const struct ike_end *local,
		const struct ike_end *remote)
{
	struct tcp_conn *c =
		tcp_find(t, &local->addr, &remote->addr, remote->port);

	if (!c || c->proven)
		return;
	c->proven = true;
	c->due_us = 0;
}

/* --- time */

static void check(struct tcp_conn *c, missiu_usec now, bool idle)
{
	struct tcp *t = c->tcp;

	if (c->due_us && now >= c->due_us) {
		if (c->state == TCP_CLOSED) {
			tcp_make(c);
		} else {
			t->n.late += !tcp_ours(c);
			tcp_broken(c);
		}
	} else if (idle && (c->proven || tcp_ours(c)) &&
		   !t->on.wanted(t->on.ctx, &c->local, &c->remote)) {
		tcp_drop(c);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	const missiu_usec now = clock_now();
	struct tcp *t = arg;
	const bool idle = now / 1000000 % IDLE_TICKS == 0;
	struct tcp_conn *c, *next;

	(void)fd;
	(void)what;
	for (c = t->conns; c; c = next) {
		next = c->next;
		check(c, now, idle);
	}
}

/* --- life */

struct tcp *tcp_new(struct event_base *base, const char *iface, uint16_t port,
		    const struct tcp_hooks *hooks)
{
	const struct timeval tv = { .tv_sec = TICK_S };
	struct tcp *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->base = base;
	t->iface = iface;
	t->port = port;
	t->on = *hooks;
	t->dp = -1;
	t->tick = event_new(base, -1, EV_PERSIST, on_tick, t);
	if (!t->tick || event_add(t->tick, &tv)) {
		tcp_free(t);
		return NULL;
	}
	return t;
}

void tcp_free(struct tcp *t)
{
	if (!t)
		return;
	while (t->conns)
		tcp_drop(t->conns);
	tcp_dp_close(t);
	for (size_t i = 0; i < TCP_LISTENERS; i++)
		if (t->listener[i].tcp)
			tcp_stop_listening(&t->listener[i]);
	if (t->tick)
		event_free(t->tick);
	free(t);
}

bool tcp_counters(const struct tcp *t, struct tcp_counters *out)
{
	if (!t)
		return false;
	*out = t->n;
	out->open = t->n_conn;
	return true;
}
