/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/tcplink.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "common/rd.h"
#include "common/wr.h"
#include "ctl/sock.h"
#include "ctl/stream.h"
#include "missiu/drop.h"
#include "missiu/outer.h"

#define IP4_LEN 20
#define IP6_LEN 40
#define UDP_LEN 8
#define LEN_LEN 2 /* before each packet in the stream */
#define TTL	64

struct tcplink {
	struct tcplink_hooks on;
	struct event_base *base;
	int listener, fd; /* fd -1: nobody has come */
	struct event *connect, *readable;
	char path[PATH_MAX];
	/* The message that is being cut apart: */
	struct ctl_stream_ends ends;
	const uint8_t *at;
	size_t left;
	uint8_t in[CTL_STREAM_MAX];
	uint8_t out[CTL_STREAM_MAX];
};

/* ---- the socket ---------------------------------------------------------- */

static void hang_up(struct tcplink *t)
{
	if (t->readable)
		event_free(t->readable);
	if (t->fd >= 0)
		close(t->fd);
	t->readable = NULL;
	t->fd = -1;
	t->left = 0;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct tcplink *t = arg;

	(void)fd;
	(void)what;
	t->on.packets(t->on.ctx);
}

static void on_connect(evutil_socket_t fd, short what, void *arg)
{
	struct tcplink *t = arg;
	pid_t pid = 0;
	int conn = ctl_accept(fd, &pid);

	(void)what;
	if (conn < 0)
		return;
	hang_up(t);
	t->fd = conn;
	t->readable =
		event_new(t->base, conn, EV_READ | EV_PERSIST, on_readable, t);
	if (!t->readable || event_add(t->readable, NULL))
		hang_up(t);
}

int tcplink_open(const char *iface, struct event_base *base,
		 const struct tcplink_hooks *hooks, struct tcplink **out,
		 struct missiu_diag *diag)
{
	struct tcplink *t = calloc(1, sizeof(*t));
	int err = 0;

	if (!t)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	t->on = *hooks;
	t->base = base;
	t->fd = t->listener = -1;
	if (!ctl_path(t->path, sizeof(t->path), CTL_STREAM_PREFIX, iface))
		err = diag_set(diag, MISSIU_EINVAL,
			       "path of a socket is too "
			       "long");
	if (!err)
		t->listener = ctl_listen(t->path, diag);
	if (t->listener < 0)
		err = err ? err : t->listener;
	if (!err)
		t->connect = event_new(base, t->listener, EV_READ | EV_PERSIST,
				       on_connect, t);
	if (!err && (!t->connect || event_add(t->connect, NULL)))
		err = diag_set(diag, MISSIU_ENOMEM, "out of memory");
	if (err)
		tcplink_close(t);
	else
		*out = t;
	return err;
}

void tcplink_close(struct tcplink *t)
{
	if (!t)
		return;
	hang_up(t);
	if (t->connect)
		event_free(t->connect);
	if (t->listener >= 0) {
		close(t->listener);
		if (unlink(t->path) < 0)
			log_warn(ctl, "cannot remove %s: %s", t->path,
				 strerror(errno));
	}
	free(t);
}

/* ---- out ----------------------------------------------------------------- */

/* Where ESP begins in a packet of an SA over TCP; 0: it is another packet. */
static size_t esp_at(const struct missiu_pkt *k)
{
	const uint8_t *h = k->data;
	size_t at;

	if (k->verdict != MISSIU_V_DONE || k->len < IP4_LEN + UDP_LEN)
		return 0;
	if (h[0] >> 4 == 4) {
		at = (size_t)(h[0] & 15) * 4;
		return h[9] == IPPROTO_TCP ? at + UDP_LEN : 0;
	}
	return h[6] == IPPROTO_TCP ? IP6_LEN + UDP_LEN : 0;
}

static void ends_of(const struct missiu_pkt *k, size_t esp,
		    struct ctl_stream_ends *e)
{
	const uint8_t *h = k->data;
	const bool v4 = h[0] >> 4 == 4;
	const uint8_t family = v4 ? 4 : 6;
	const size_t src = v4 ? 12 : 8, dst = v4 ? 16 : 24;

	*e = (struct ctl_stream_ends){
		.local = addr_from_bytes(family, h + src),
		.remote = addr_from_bytes(family, h + dst),
		.lport = load_be16(h + esp - UDP_LEN),
		.rport = load_be16(h + esp - UDP_LEN + 2),
	};
}

static bool same_ends(const struct ctl_stream_ends *a,
		      const struct ctl_stream_ends *b)
{
	return a->rport == b->rport && a->lport == b->lport &&
	       addr_eq(&a->remote, &b->remote) && addr_eq(&a->local, &b->local);
}

/* As many as are for one connection and fit; Return: how many. */
static size_t gather(struct tcplink *t, struct missiu_pkt *const v[], size_t n,
		     size_t *len)
{
	struct ctl_stream_ends first, e;
	size_t i;

	ends_of(v[0], esp_at(v[0]), &first);
	ctl_stream_put(&first, t->out);
	*len = CTL_STREAM_ENDS;
	for (i = 0; i < n; i++) {
		const size_t at = esp_at(v[i]), body = v[i]->len - at;

		ends_of(v[i], at, &e);
		if (!same_ends(&first, &e) ||
		    body + LEN_LEN > sizeof(t->out) - *len)
			break;
		store_be16(t->out + *len, (uint16_t)(body + LEN_LEN));
		memcpy(t->out + *len + LEN_LEN, v[i]->data + at, body);
		*len += LEN_LEN + body;
	}
	return i;
}

static void send_all(struct tcplink *t, struct missiu_pkt *const v[], size_t n)
{
	size_t len, sent;

	for (; n; v += sent, n -= sent) {
		enum missiu_drop why = MISSIU_DROP_TX_TCP;

		sent = gather(t, v, n, &len);
		if (t->fd >= 0 &&
		    send(t->fd, t->out, len, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			continue;
		if (t->fd >= 0 && errno == EAGAIN)
			why = MISSIU_DROP_TX_QUEUE;
		for (size_t i = 0; i < sent; i++) {
			v[i]->verdict = MISSIU_V_DROP;
			v[i]->drop = why;
		}
	}
}

size_t tcplink_tx(struct tcplink *t, struct missiu_pkt *v[], size_t n)
{
	struct missiu_pkt *tcp[OUTER_BATCH];
	size_t other = 0, found = 0;

	for (size_t i = 0; i < n; i++) {
		struct missiu_pkt *k = v[i];

		if (esp_at(k) && found < OUTER_BATCH)
			tcp[found++] = k;
		else
			v[other++] = k;
	}
	if (!found)
		return n;
	memcpy(v + other, tcp, found * sizeof(tcp[0]));
	send_all(t, v + other, found);
	return other;
}

/* ---- in ------------------------------------------------------------------ */

/* RFC 791 3.1; the field is still 0. */
static uint16_t header_sum(const uint8_t *h)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < IP4_LEN; i += 2)
		sum += load_be16(h + i);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static void put_v4(const struct ctl_stream_ends *e, size_t len, uint8_t *h)
{
	memset(h, 0, IP4_LEN);
	h[0] = 0x45;
	store_be16(h + 2, (uint16_t)len);
	h[8] = TTL;
	h[9] = IPPROTO_UDP;
	memcpy(h + 12, e->remote.b, 4);
	memcpy(h + 16, e->local.b, 4);
	store_be16(h + 10, header_sum(h));
}

static void put_v6(const struct ctl_stream_ends *e, size_t len, uint8_t *h)
{
	memset(h, 0, IP6_LEN);
	h[0] = 0x60;
	store_be16(h + 4, (uint16_t)(len - IP6_LEN));
	h[6] = IPPROTO_UDP;
	h[7] = TTL;
	memcpy(h + 8, e->remote.b, 16);
	memcpy(h + 24, e->local.b, 16);
}

/* One packet behind the header that UDP would have given it. */
static bool fill(const struct tcplink *t, const uint8_t *esp, size_t n,
		 struct missiu_pkt *k)
{
	const bool v4 = t->ends.local.family == 4;
	const size_t ip = v4 ? IP4_LEN : IP6_LEN, len = ip + UDP_LEN + n;
	uint8_t *h = k->data;

	if (len > UINT16_MAX ||
	    len > k->cap - (size_t)(k->data - k->head) - MISSIU_TAILROOM)
		return false;
	if (v4)
		put_v4(&t->ends, len, h);
	else
		put_v6(&t->ends, len, h);
	store_be16(h + ip, t->ends.rport);
	store_be16(h + ip + 2, t->ends.lport);
	store_be16(h + ip + 4, (uint16_t)(UDP_LEN + n));
	store_be16(h + ip + 6, 0);
	memcpy(h + ip + UDP_LEN, esp, n);
	k->len = len;
	k->verdict = MISSIU_V_DONE;
	return true;
}

/* The next message; false: none for now. */
static bool next_message(struct tcplink *t)
{
	ssize_t n;
	uint16_t port;

	if (t->fd < 0)
		return false;
	n = recv(t->fd, t->in, sizeof(t->in), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0 || (size_t)n > sizeof(t->in)) {
		hang_up(t);
		t->on.port(t->on.ctx, 0);
		return false;
	}
	t->left = 0;
	port = ctl_stream_port(t->in, (size_t)n);
	if (port) {
		t->on.port(t->on.ctx, port);
	} else if (ctl_stream_get(t->in, (size_t)n, &t->ends)) {
		t->at = t->in + CTL_STREAM_ENDS;
		t->left = (size_t)n - CTL_STREAM_ENDS;
	}
	return true;
}

size_t tcplink_rx(struct tcplink *t, struct missiu_pkt *v[], size_t n)
{
	size_t got = 0, len;

	while (got < n) {
		const uint8_t *esp = ctl_stream_packet(&t->at, &t->left, &len);

		if (esp)
			got += fill(t, esp, len, v[got]);
		else if (!next_message(t))
			break;
	}
	return got;
}
