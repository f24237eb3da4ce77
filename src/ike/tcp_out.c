/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out by connections, and those of ours, which it makes. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/clock.h"
#include "ike/tcp_impl.h"

#define CONNECT_US 10000000u
#define LOW_WATER  (128 << 10) /* bytes that the kernel takes in advance */

void tcp_push(struct tcp_conn *c)
{
	const int ret = tcp_conn_flush(c);

	if (ret == MISSIU_EAGAIN)
		event_add(c->writable, NULL);
	else if (ret)
		/* Reading will say the same, where nothing else is under way. */
		shutdown(c->fd, SHUT_RDWR);
}

void tcp_set_options(int fd)
{
	const int on = 1, idle = 60, interval = 10, count = 3,
		  timeout_ms = 30000, low = LOW_WATER;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval,
			 sizeof(interval));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms,
			 sizeof(timeout_ms));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low, sizeof(low));
}

/* Ours is there: prefix first, then whatever was waiting for it. */
static void connected(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;
	const bool again = c->was_open || c->tries;
	struct tcp_buf rest = c->out;

	c->out = (struct tcp_buf){ 0 };
	c->state = TCP_BEGINS;
	c->due_us = 0;
	c->tries = 0;
	t->n.made++;
	if (tcp_conn_put(c, TCP_PREFIX, TCP_PREFIX_LEN, TCP_OUT_MAX) &&
	    rest.end > rest.start)
		tcp_conn_put(c, rest.p + rest.start, rest.end - rest.start,
			     TCP_OUT_MAX);
	free(rest.p);
	if (!t->paused)
		event_add(c->readable, NULL);
	tcp_push(c);
	if (again)
		t->on.again(t->on.ctx, &c->local, &c->remote);
	c->was_open = true;
	t->on.settle(t->on.ctx);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_conn *c = arg;
	int error = 0;
	socklen_t len = sizeof(error);

	(void)what;
	if (c->state != TCP_CONNECTING) {
		tcp_push(c);
		return;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) || error)
		tcp_broken(c);
	else
		connected(c);
}

bool tcp_watch(struct tcp_conn *c)
{
	c->readable = event_new(c->tcp->base, c->fd, EV_READ | EV_PERSIST,
				tcp_on_readable, c);
	c->writable = event_new(c->tcp->base, c->fd, EV_WRITE, on_writable, c);
	return c->readable && c->writable;
}

/* --- making connections */

int tcp_bound(const struct tcp *t, const struct missiu_addr *local)
{
	struct sockaddr_storage ss;
	const socklen_t len = addr_to_sockaddr(local, t->port, &ss);
	const int on = 1;
	int fd = socket(ss.ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, t->iface,
			(socklen_t)strlen(t->iface)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) &&
	    (local->family == 4 ||
	     !setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on))) &&
	    !bind(fd, (struct sockaddr *)&ss, len))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Return: false: not even begun. */
static bool begin(struct tcp_conn *c)
{
	struct sockaddr_storage ss;
	const socklen_t len =
		addr_to_sockaddr(&c->remote.addr, c->remote.port, &ss);

	c->fd = tcp_bound(c->tcp, &c->local.addr);
	if (c->fd < 0)
		return false;
	tcp_set_options(c->fd);
	c->state = TCP_CONNECTING;
	c->due_us = clock_now() + CONNECT_US;
	if (!tcp_watch(c))
		return false;
	if (connect(c->fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS)
		return false;
	return !event_add(c->writable, NULL);
}

void tcp_make(struct tcp_conn *c)
{
	if (!begin(c))
		tcp_broken(c);
}

int tcp_send(struct tcp *t, const struct ike_end *local,
	     const struct ike_end *remote, const uint8_t *msg, size_t len)
{
	struct tcp_conn *c =
		tcp_find(t, &local->addr, &remote->addr, remote->port);
	uint8_t head[TCP_LEN_LEN + TCP_MARKER_LEN] = { 0 };
	const size_t total = sizeof(head) + len;

	if (!c && local->via == IKE_VIA_TCP_OURS && t->n_conn < TCP_CONNS_MAX) {
		c = tcp_add(t, local, remote);
		if (c)
			tcp_make(c);
		/* What failed at once may be gone again. */
		c = tcp_find(t, &local->addr, &remote->addr, remote->port);
	}
	if (!c)
		return MISSIU_ECONN;
	if (c->state == TCP_CLOSED)
		return 0; /* it is sent again when there is a connection */
	head[0] = (uint8_t)(total >> 8);
	head[1] = (uint8_t)total;
	if (total > UINT16_MAX ||
	    !tcp_conn_put(c, head, sizeof(head), TCP_OUT_MAX - len))
		return 0;
	tcp_conn_put(c, msg, len, TCP_OUT_MAX);
	if (c->state != TCP_CONNECTING)
		tcp_push(c);
	return 0;
}
