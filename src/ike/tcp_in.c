/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in by connections: IKE for the core, ESP for missiu. */
#include "ike/tcp_impl.h"

#define READS 16 /* of one connection before others get a turn */

/* The longest run of ESP at the front. */
static size_t esp_run(const uint8_t *p, size_t len)
{
	size_t at = 0;
	struct tcp_frame f;

	while (at < len) {
		f = tcp_next(p + at, len - at);
		if (f.item != TCP_ESP || at + f.used > UINT16_MAX)
			break;
		at += f.used;
	}
	return at;
}

/* Return: false: missiu is full. */
static bool take_esp(struct tcp_conn *c, const uint8_t *p, size_t run)
{
	if (!c->proven)
		c->tcp->n.esp_unproven++;
	else if (!tcp_dp_send(c->tcp, c, p, run))
		return false;
	c->in.start += run;
	return true;
}

/*
 * Both may have made the connection, at the same time: then both say so. Return:
 * as below.
 */
static bool take_prefix(struct tcp_conn *c, const uint8_t *p, size_t len,
			bool *more)
{
	const enum tcp_item item = tcp_prefix(p, len);

	if (item == TCP_BAD && !tcp_ours(c))
		return false;
	if (item == TCP_IKE)
		c->in.start += TCP_PREFIX_LEN;
	*more = item != TCP_MORE;
	if (*more)
		c->state = TCP_OPEN;
	return true;
}

/* Return: false: the connection is to be closed. */
static bool take_one(struct tcp_conn *c, bool *more)
{
	struct tcp *t = c->tcp;
	struct tcp_frame f;
	size_t len, run;
	const uint8_t *p = tcp_conn_unread(c, &len);

	*more = false;
	if (c->state == TCP_BEGINS) {
		return take_prefix(c, p, len, more);
	}
	run = esp_run(p, len);
	if (run) {
		*more = take_esp(c, p, run);
		c->stalled = !*more;
		if (c->stalled)
			event_del(c->readable);
		return true;
	}
	f = tcp_next(p, len);
	if (f.item == TCP_BAD)
		return false;
	c->in.start += f.used;
	*more = f.used > 0;
	if (f.item == TCP_IKE)
		t->on.message(t->on.ctx, &c->local, &c->remote, f.p, f.len);
	return true;
}

/* Nothing that the core does drops a connection that is being read. */
bool tcp_take(struct tcp_conn *c)
{
	bool more = true;

	while (more && !c->tcp->paused && !c->stalled && c->state != TCP_CLOSED)
		if (!take_one(c, &more)) {
			c->tcp->n.bad++;
			tcp_broken(c);
			return false;
		}
	return true;
}

void tcp_on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_conn *c = arg;
	struct tcp *t = c->tcp;

	(void)fd;
	(void)what;
	if (!t->on.ready(t->on.ctx)) {
		t->on.settle(t->on.ctx);
		return;
	}
	for (int i = 0; i < READS && !c->stalled && !t->paused; i++) {
		const ssize_t n = tcp_conn_read(c);

		if (n == MISSIU_EAGAIN)
			break;
		if (n <= 0) {
			tcp_broken(c);
			break;
		}
		if (!tcp_take(c) || c->fd < 0)
			break;
	}
	t->on.settle(t->on.ctx);
}

void tcp_pause(struct tcp *t, bool pause)
{
	struct tcp_conn *c, *next;

	if (!t || t->paused == pause)
		return;
	t->paused = pause;
	for (c = t->conns; c; c = next) {
		next = c->next;
		if (!c->readable || c->stalled || c->state == TCP_CONNECTING)
			continue;
		if (pause) {
			event_del(c->readable);
		} else {
			event_add(c->readable, NULL);
			tcp_take(c);
		}
	}
}
