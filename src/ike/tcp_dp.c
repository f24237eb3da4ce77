/* SPDX-License-Identifier: Apache-2.0 */
/* The way of ESP between connections and missiu. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/log.h"
#include "ctl/sock.h"
#include "ike/tcp_impl.h"

/* Messages of missiu before others get a turn. */
#define TURNS 32

/* missiu takes more, or nothing any more: those that had to wait go on. */
static void resume(struct tcp *t)
{
	struct tcp_conn *c, *next;

	t->dp_full = false;
	for (c = t->conns; c && !t->dp_full; c = next) {
		next = c->next;
		if (!c->stalled)
			continue;
		c->stalled = false;
		if (!t->paused)
			event_add(c->readable, NULL);
		tcp_take(c);
	}
}

void tcp_dp_close(struct tcp *t)
{
	if (!t)
		return;
	if (t->dp_readable)
		event_free(t->dp_readable);
	if (t->dp_writable)
		event_free(t->dp_writable);
	t->dp_readable = t->dp_writable = NULL;
	if (t->dp >= 0)
		close(t->dp);
	t->dp = -1;
	resume(t);
}

/* Without a connection it is lost, like on a wire that is cut. */
static void from_dp(struct tcp *t, size_t len)
{
	struct ctl_stream_ends e;
	struct tcp_conn *c;

	if (!ctl_stream_get(t->buf, len, &e) || len > sizeof(t->buf))
		return;
	c = tcp_find(t, &e.local, &e.remote, e.rport);
	if (!c || c->state < TCP_BEGINS || c->state == TCP_CLOSED) {
		t->n.esp_unknown++;
		return;
	}
	if (!tcp_conn_put(c, t->buf + CTL_STREAM_ENDS, len - CTL_STREAM_ENDS,
			  TCP_OUT_ESP))
		t->n.esp_dropped++;
	else
		tcp_push(c);
}

static void on_dp(evutil_socket_t fd, short what, void *arg)
{
	struct tcp *t = arg;

	(void)what;
	for (int i = 0; i < TURNS && t->dp >= 0; i++) {
		const ssize_t n = recv(fd, t->buf, sizeof(t->buf),
				       MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) { /* the loop opens it again with the data path */
			tcp_dp_close(t);
			return;
		}
		from_dp(t, (size_t)n);
	}
}

static void on_dp_writable(evutil_socket_t fd, short what, void *arg)
{
	struct tcp *t = arg;

	(void)fd;
	(void)what;
	resume(t);
	t->on.settle(t->on.ctx);
}

void tcp_dp_open(struct tcp *t)
{
	struct missiu_diag diag = { "" };
	uint8_t hello[CTL_STREAM_HELLO];

	if (!t)
		return;
	tcp_dp_close(t);
	t->dp = ctl_dial(CTL_STREAM_PREFIX, t->iface, &diag);
	ctl_stream_hello(t->port, hello);
	if (t->dp >= 0)
		t->dp_readable = event_new(t->base, t->dp, EV_READ | EV_PERSIST,
					   on_dp, t);
	if (t->dp_readable)
		t->dp_writable =
			event_new(t->base, t->dp, EV_WRITE, on_dp_writable, t);
	if (t->dp_writable && !event_add(t->dp_readable, NULL) &&
	    send(t->dp, hello, sizeof(hello), MSG_NOSIGNAL) > 0)
		return;
	log_err(ike, "TCP: ESP cannot be handed to missiu: %s", diag.msg);
	tcp_dp_close(t);
}

bool tcp_dp_send(struct tcp *t, const struct tcp_conn *c, const uint8_t *p,
		 size_t len)
{
	const struct ctl_stream_ends e = { .local = c->local.addr,
					   .remote = c->remote.addr,
					   .lport = c->local.port,
					   .rport = c->remote.port };
	uint8_t ends[CTL_STREAM_ENDS];
	union { /* sendmsg() does not write through it */
		const void *c;
		void *v;
	} body = { p };
	struct iovec iov[2] = { { ends, sizeof(ends) }, { body.v, len } };
	const struct msghdr mh = { .msg_iov = iov, .msg_iovlen = 2 };

	ctl_stream_put(&e, ends);
	if (t->dp < 0)
		return true; /* lost */
	if (sendmsg(t->dp, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	if (errno != EAGAIN)
		return true;
	t->dp_full = true;
	event_add(t->dp_writable, NULL);
	return false;
}
