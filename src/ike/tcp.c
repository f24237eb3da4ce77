/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "ike/tcp_impl.h"

#define TICK_S	   1
#define CONNECT_US 10000000u
#define RETRY_US   500000u /* doubles up to: */
#define RETRY_MAX  6
#define IDLE_TICKS 30 /* between looks for connections nobody uses */
#define READS	   16 /* of one connection before others get a turn */
#define BACKLOG	   64
#define LOW_WATER  (128 << 10) /* bytes that the kernel takes in advance */

static missiu_usec now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (missiu_usec)ts.tv_sec * 1000000 +
	       (missiu_usec)ts.tv_nsec / 1000;
}

static bool is_ours(const struct tcp_conn *c)
{
	return c->local.via == IKE_VIA_TCP_OURS;
}

/* --- the list of connections */

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

static void drop(struct tcp_conn *c)
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

static struct tcp_conn *add(struct tcp *t, const struct ike_end *local,
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

	if (!is_ours(c) || !t->on.wanted(t->on.ctx, &c->local, &c->remote)) {
		drop(c);
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
	c->due_us = now_us() + (c->tries || !c->was_open ? wait : 0);
	if (c->tries < RETRY_MAX)
		c->tries++;
}

/* --- what comes in */

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

	if (item == TCP_BAD && !is_ours(c))
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

static void on_readable(evutil_socket_t fd, short what, void *arg)
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

/* --- what goes out */

void tcp_push(struct tcp_conn *c)
{
	const int ret = tcp_conn_flush(c);

	if (ret == MISSIU_EAGAIN)
		event_add(c->writable, NULL);
	else if (ret)
		/* Reading will say the same, where nothing else is under way. */
		shutdown(c->fd, SHUT_RDWR);
}

static void set_tcp_options(int fd)
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

static bool watch(struct tcp_conn *c)
{
	c->readable = event_new(c->tcp->base, c->fd, EV_READ | EV_PERSIST,
				on_readable, c);
	c->writable = event_new(c->tcp->base, c->fd, EV_WRITE, on_writable, c);
	return c->readable && c->writable;
}

/* --- making connections */

static int explain(const struct missiu_addr *local, uint16_t port,
		   struct missiu_diag *diag)
{
	return diag_set(diag, errno == EADDRINUSE ? MISSIU_EBUSY : MISSIU_EIO,
			"TCP %s port %u: %s", addr_text(local).s, port,
			strerror(errno));
}

/* Listener and connections share the port. Return: -1 with errno. */
static int bound(const struct tcp *t, const struct missiu_addr *local)
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

	c->fd = bound(c->tcp, &c->local.addr);
	if (c->fd < 0)
		return false;
	set_tcp_options(c->fd);
	c->state = TCP_CONNECTING;
	c->due_us = now_us() + CONNECT_US;
	if (!watch(c))
		return false;
	if (connect(c->fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS)
		return false;
	return !event_add(c->writable, NULL);
}

static void make(struct tcp_conn *c)
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
		c = add(t, local, remote);
		if (c)
			make(c);
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

/* --- accepting them */

/* Return: whether one more of that address may wait. */
static bool has_room(struct tcp *t, const struct missiu_addr *remote)
{
	unsigned all = 0, of = 0;

	if (t->n_conn >= TCP_CONNS_MAX)
		return false;
	for (const struct tcp_conn *c = t->conns; c; c = c->next)
		if (!c->proven && !is_ours(c)) {
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
		drop(c);
	c = has_room(t, &remote->addr) ? add(t, &local, remote) : NULL;
	if (!c) {
		t->n.refused++;
		close(fd);
		return;
	}
	t->n.accepted++;
	c->fd = fd;
	c->state = TCP_BEGINS;
	c->due_us = now_us() + TCP_UNPROVEN_US;
	set_tcp_options(fd);
	if (!watch(c) || (!t->paused && event_add(c->readable, NULL)))
		drop(c);
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct tcp_listener *l = arg;
	struct ike_end remote = { .via = IKE_VIA_TCP };
	struct sockaddr_storage ss;

	(void)what;
	for (int i = 0; i < READS; i++) {
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

static void stop_listening(struct tcp_listener *l)
{
	if (l->readable)
		event_free(l->readable);
	if (l->fd >= 0)
		close(l->fd);
	*l = (struct tcp_listener){ .tcp = NULL };
}

int tcp_listen(struct tcp *t, const struct missiu_addr *local,
	       struct missiu_diag *diag)
{
	struct tcp_listener *l = free_listener(t);
	int ret = 0;

	if (!l)
		return diag_set(diag, MISSIU_EFULL, "too many addresses");
	*l = (struct tcp_listener){ .tcp = t, .local = *local };
	l->fd = bound(t, local);
	if (l->fd < 0 || listen(l->fd, BACKLOG))
		ret = explain(local, t->port, diag);
	if (!ret)
		l->readable = event_new(t->base, l->fd, EV_READ | EV_PERSIST,
					on_accept, l);
	if (!ret && (!l->readable || event_add(l->readable, NULL)))
		ret = MISSIU_ENOMEM;
	if (ret)
		stop_listening(l);
	return ret;
}

void tcp_unlisten(struct tcp *t, const struct missiu_addr *local)
{
	for (size_t i = 0; t && i < TCP_LISTENERS; i++)
		if (t->listener[i].tcp && addr_eq(&t->listener[i].local, local))
			stop_listening(&t->listener[i]);
}

/* --- time */

static void check(struct tcp_conn *c, missiu_usec now, bool idle)
{
	struct tcp *t = c->tcp;

	if (c->due_us && now >= c->due_us) {
		if (c->state == TCP_CLOSED) {
			make(c);
		} else {
			t->n.late += !is_ours(c);
			tcp_broken(c);
		}
	} else if (idle && (c->proven || is_ours(c)) &&
		   !t->on.wanted(t->on.ctx, &c->local, &c->remote)) {
		drop(c);
	}
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	const missiu_usec now = now_us();
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
		drop(t->conns);
	tcp_dp_close(t);
	for (size_t i = 0; i < TCP_LISTENERS; i++)
		if (t->listener[i].tcp)
			stop_listening(&t->listener[i]);
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
