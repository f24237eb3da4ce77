/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/tcp_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As long as less is there to read, a small buffer will do. */
#define FIRST_ROOM (4u << 10)

static void buf_fini(struct tcp_buf *b)
{
	free(b->p);
	*b = (struct tcp_buf){ 0 };
}

/* Room for @n more bytes within @max; what is there stays. */
static bool buf_room(struct tcp_buf *b, size_t n, size_t max)
{
	const size_t len = b->end - b->start;
	size_t cap = b->cap ? b->cap : FIRST_ROOM;
	uint8_t *p;

	if (b->end + n <= b->cap)
		return true;
	if (n > max || len > max - n)
		return false;
	if (b->start) {
		memmove(b->p, b->p + b->start, len);
		b->start = 0;
		b->end = len;
	}
	while (cap < len + n)
		cap *= 2;
	if (cap <= b->cap)
		return true;
	p = realloc(b->p, cap);
	if (!p)
		return false;
	b->p = p;
	b->cap = cap;
	return true;
}

void tcp_conn_free(struct tcp_conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	buf_fini(&c->in);
	buf_fini(&c->out);
	free(c);
}

void tcp_conn_reset(struct tcp_conn *c)
{
	const struct linger at_once = { .l_onoff = 1 };

	if (c->fd >= 0) {
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once,
				 sizeof(at_once));
		close(c->fd);
	}
	c->fd = -1;
	c->state = TCP_CLOSED;
	buf_fini(&c->in);
	buf_fini(&c->out);
}

ssize_t tcp_conn_read(struct tcp_conn *c)
{
	const size_t max = c->proven || c->local.via == IKE_VIA_TCP_OURS ?
				   TCP_IN_MAX :
				   TCP_UNPROVEN_MAX;
	struct tcp_buf *b = &c->in;
	size_t room;
	ssize_t n;

	if (b->start == b->end)
		b->start = b->end = 0;
	/* Grow when it was full, else use what is there. */
	if (b->end - b->start == b->cap &&
	    !buf_room(b, b->cap ? b->cap : FIRST_ROOM, max))
		return 0;
	if (b->end == b->cap && !buf_room(b, 1, max))
		return 0;
	room = b->cap - b->end;
	n = recv(c->fd, b->p + b->end, room, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? MISSIU_EAGAIN : 0;
	b->end += (size_t)n;
	/* A peer with much to say is heard in larger pieces. */
	if ((size_t)n == room && c->proven)
		(void)buf_room(b, 2 * b->cap - (b->end - b->start), max);
	return n;
}

bool tcp_conn_put(struct tcp_conn *c, const void *p, size_t len, size_t max)
{
	struct tcp_buf *b = &c->out;

	if (b->end - b->start + len > max || !buf_room(b, len, TCP_OUT_MAX))
		return false;
	memcpy(b->p + b->end, p, len);
	b->end += len;
	return true;
}

int tcp_conn_flush(struct tcp_conn *c)
{
	struct tcp_buf *b = &c->out;
	ssize_t n;

	while (b->start < b->end) {
		n = send(c->fd, b->p + b->start, b->end - b->start,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ?
				       MISSIU_EAGAIN :
				       MISSIU_EIO;
		b->start += (size_t)n;
	}
	b->start = b->end = 0;
	return 0;
}
