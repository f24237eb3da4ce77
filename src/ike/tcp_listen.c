/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that peers make, and how many of them may wait. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/diag.h"
#include "ike/tcp_impl.h"

#define BACKLOG 64
#define ACCEPTS 16 /* before others get a turn */

/* Return: whether one more of that address may wait. */
static bool has_room(struct tcp *t, const struct missiu_addr *remote)
{
	unsigned all = 0, of = 0;

	if (t->n_conn >= TCP_CONNS_MAX)
		return false;
	for (const struct tcp_conn *c = t->conns; c; c = c->next)
		if (!c->proven && !tcp_ours(c)) {
			all++;
			of += addr_eq(&c->remote.addr, remote);
		}
	return all < TCP_UNPROVEN_ALL && of < TCP_UNPROVEN_OF;
}

static void accepted(struct tcp_listener *l, int fd,
		     const struct ike_end *remote)
{
	const struct ike_end local = { .addr = l->local,
				       .port = l->tcp->port,
				       .via = IKE_VIA_TCP };
	struct tcp *t = l->tcp;
	struct tcp_conn *c;

	/* An old one with these ends is over: the kernel has seen to that. */
	c = tcp_find(t, &l->local, &remote->addr, remote->port);
	if (c)
		tcp_drop(c);
	c = has_room(t, &remote->addr) ? tcp_add(t, &local, remote) : NULL;
	if (!c) {
		t->n.refused++;
		close(fd);
		return;
	}
	t->n.accepted++;
	c->fd = fd;
	c->state = TCP_BEGINS;
	c->due_us = clock_now() + TCP_UNPROVEN_US;
	tcp_set_options(fd);
	if (!tcp_watch(c) || (!t->paused && event_add(c->readable, NULL)))
		tcp_drop(c);
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_listener *l = arg;
	struct ike_end remote = { .via = IKE_VIA_TCP };
	struct sockaddr_storage ss;

	(void)what;
	for (int i = 0; i < ACCEPTS; i++) {
		socklen_t len = sizeof(ss);
		const int conn = accept4(fd, (struct sockaddr *)&ss, &len,
					 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (conn < 0)
			return;
		if (addr_from_sockaddr((struct sockaddr *)&ss, &remote.addr,
				       &remote.port))
			accepted(l, conn, &remote);
		else
			close(conn);
	}
}

/* Slots stay where they are: events point at them. */
static struct tcp_listener *free_listener(struct tcp *t)
{
	for (size_t i = 0; i < TCP_LISTENERS; i++)
		if (!t->listener[i].tcp)
			return &t->listener[i];
	return NULL;
}

void tcp_stop_listening(struct tcp_listener *l)
{
	if (l->readable)
		event_free(l->readable);
	if (l->fd >= 0)
		close(l->fd);
	*l = (struct tcp_listener){ .tcp = NULL };
}

static int explain(const struct missiu_addr *local, uint16_t port,
		   struct missiu_diag *diag)
{
	return diag_set(diag, errno == EADDRINUSE ? MISSIU_EBUSY : MISSIU_EIO,
			"TCP %s port %u: %s", addr_text(local).s, port,
			strerror(errno));
}

int tcp_listen(struct tcp *t, const struct missiu_addr *local,
	       struct missiu_diag *diag)
{
	struct tcp_listener *l = free_listener(t);
	int ret = 0;

	if (!l)
		return diag_set(diag, MISSIU_EFULL, "too many addresses");
	*l = (struct tcp_listener){ .tcp = t, .local = *local };
	l->fd = tcp_bound(t, local);
	if (l->fd < 0 || listen(l->fd, BACKLOG))
		ret = explain(local, t->port, diag);
	if (!ret)
		l->readable = event_new(t->base, l->fd, EV_READ | EV_PERSIST,
					on_accept, l);
	if (!ret && (!l->readable || event_add(l->readable, NULL)))
		ret = MISSIU_ENOMEM;
	if (ret)
		tcp_stop_listening(l);
	return ret;
}

void tcp_unlisten(struct tcp *t, const struct missiu_addr *local)
{
	for (size_t i = 0; t && i < TCP_LISTENERS; i++)
		if (t->listener[i].tcp && addr_eq(&t->listener[i].local, local))
			tcp_stop_listening(&t->listener[i]);
}
