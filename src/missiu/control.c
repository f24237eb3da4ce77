/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/control.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/diag.h"
#include "common/log.h"
#include "common/secret.h"
#include "ctl/codec.h"
#include "ctl/pfkey.h"
#include "ctl/serve.h"
#include "ctl/sock.h"
#include "missiu/recent.h"

/* A PF_KEY client that leaves more than this unread is cut off. */
#define UNREAD_MAX (16u << 20)

enum { FIFO, PFKEY, N_LISTENERS };

struct client {
	struct control *control;
	int fd; /* -1: free slot */
	struct event *readable, *writable;
	bool pfkey;   /* came by the PF_KEY socket */
	bool watcher; /* wants events, by the other socket */
	bool assigns; /* asked for addresses: they go with him */
	bool greeted; /* was told of pending ACQUIREs */
	bool gone;    /* has hung up; what it sent is still read */
	pid_t pid;
	struct pfkey_peer peer; /* PF_KEY only */
	struct ctl_buf out;	/* PF_KEY: messages not yet sent */
	size_t sent;		/* bytes of out that are gone */
};

struct listener {
	struct control *control;
	int fd;
	struct event *readable;
	char path[PATH_MAX]; /* empty: no file of ours */
};

struct control {
	struct event_base *base;
	struct missiu *m;
	struct control_hooks hooks;
	struct listener listeners[N_LISTENERS];
	struct client clients[CONTROL_CLIENTS_MAX];
	struct recent acquires;
	int stopper; /* connection of the client that said stop, or -1 */
	uint8_t msg[PFKEY_MSG_MAX];
};

static void forget_out(struct client *cl)
{
	if (cl->out.buf)
		secret_wipe(cl->out.buf, cl->out.len);
	free(cl->out.buf);
	cl->out = (struct ctl_buf){ 0 };
	cl->sent = 0;
}

static void hang_up(struct client *cl, const char *why)
{
	const struct control_hooks *hooks = &cl->control->hooks;

	if (cl->assigns)
		(void)hooks->net(hooks->ctx, NULL, NULL);
	if (why)
		log_warn(ctl, "pid %d: %s: connection closed", (int)cl->pid,
			 why);
	if (cl->readable)
		event_free(cl->readable);
	if (cl->writable)
		event_free(cl->writable);
	if (cl->fd >= 0)
		close(cl->fd);
	forget_out(cl);
	*cl = (struct client){ .control = cl->control, .fd = -1 };
}

/*
 * Send what waits; reading goes on when all is gone. Who has hung up gets no
 * answers, but what it has asked for is still done: a key daemon that ends
 * deletes its SAs and does not wait.
 */
static void flush(struct client *cl)
{
	if (cl->gone) {
		forget_out(cl);
		return;
	}
	while (cl->sent < cl->out.len) {
		const uint8_t *at = cl->out.buf + cl->sent;
		size_t len = pfkey_msg_len(at, cl->out.len - cl->sent);

		if (!len) {
			hang_up(cl, "internal error: malformed answer");
			return;
		}
		if (send(cl->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			if (errno != EAGAIN) {
				cl->gone = true;
				break;
			}
			event_del(cl->readable);
			event_add(cl->writable, NULL);
			return;
		}
		cl->sent += len;
	}
	forget_out(cl);
	event_add(cl->readable, NULL);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

static void tell(struct client *cl, const struct missiu_event *ev,
		 const uint8_t *encoded, size_t len)
{
	struct control *c = cl->control;

	if (cl->watcher &&
	    ctl_send(cl->fd, CTL_REGISTER_EVENTS, encoded, len, NULL, 0)) {
		hang_up(cl, "does not read its events");
		return;
	}
	if (!cl->pfkey || !cl->peer.registered)
		return;
	pfkey_event(c->m, ev, &cl->out);
	if (cl->out.len - cl->sent > UNREAD_MAX)
		hang_up(cl, "does not read its events");
	else
		flush(cl);
}

/*
 * A key daemon that has just come, or come back, reads the SPD; then it can be
 * told what the engine asked for before.
 */
static void greet(struct client *cl)
{
	struct control *c = cl->control;
	const struct missiu_event *ev;
	size_t cursor = 0;

	if (cl->greeted || !(cl->watcher || cl->peer.registered))
		return;
	cl->greeted = true;
	while (cl->fd >= 0 &&
	       (ev = recent_next(&c->acquires, c->m, &cursor, clock_now()))) {
		uint8_t encoded[256];

		tell(cl, ev, encoded, ctl_event_encode(ev, encoded));
	}
}

static void pfkey_read(struct client *cl)
{
	struct control *c = cl->control;
	ssize_t n =
		recv(cl->fd, c->msg, sizeof(c->msg), MSG_DONTWAIT | MSG_TRUNC);
	uint8_t type;
	bool changed;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 2 || (size_t)n > sizeof(c->msg)) {
		hang_up(cl, n > 0 ? "message of a wrong length" : NULL);
		return;
	}
	changed = pfkey_serve(c->m, &cl->peer, rd_from(c->msg, (size_t)n),
			      clock_now(), &cl->out);
	type = c->msg[1];
	secret_wipe(c->msg, (size_t)n);
	flush(cl);
	if (type == PFKEY_X_SPDDUMP)
		greet(cl);
	if (changed)
		c->hooks.changed(c->hooks.ctx);
	control_events(c);
}

static void answer(struct client *cl, int status, const char *text,
		   const void *data, size_t len)
{
	int err = ctl_send(cl->fd, (uint32_t)status, text, strlen(text), data,
			   len);

	if (err == MISSIU_EAGAIN)
		hang_up(cl, "does not read its answers");
	else if (err)
		hang_up(cl, missiu_strerror(err));
}

/*
 * Everybody hears of a change before the one who made it hears that it is done:
 * when loadConfig returns, the key daemon has the new policies in its socket.
 */
static void engine_request(struct client *cl, const struct ctl_frame *f)
{
	struct control *c = cl->control;
	struct ctl_reply r = { 0 };

	if (ctl_serve(c->m, f->type, rd_from(f->data, f->data_len), clock_now(),
		      &r))
		c->hooks.changed(c->hooks.ctx);
	control_events(c);
	if (r.status)
		log_info(ctl, "pid %d: request %u refused: %s", (int)cl->pid,
			 f->type,
			 *r.diag.msg ? r.diag.msg : missiu_strerror(r.status));
	if (cl->fd >= 0)
		answer(cl, r.status, r.diag.msg, r.result.buf, r.result.len);
	ctl_reply_fini(&r);
	if (f->type == CTL_DUMP_SPD)
		greet(cl);
}

static int set_net(void *ctx, const struct ctl_net *net,
		   struct missiu_diag *diag)
{
	struct client *cl = ctx;
	const struct control_hooks *hooks = &cl->control->hooks;

	cl->assigns = true;
	return hooks->net(hooks->ctx, net, diag);
}

static void net_request(struct client *cl, const struct ctl_frame *f)
{
	struct rd r = rd_from(f->data, f->data_len);
	struct missiu_diag diag = { "" };
	struct ctl_net net;
	int err;

	if (!ctl_get_version(&r) || !ctl_get_net(&r, &net))
		err = diag_set(&diag, MISSIU_EPROTO, "malformed argument");
	else
		err = set_net(cl, &net, &diag);
	answer(cl, err, diag.msg, NULL, 0);
}

static void give_status(struct client *cl)
{
	struct control *c = cl->control;
	char *json = c->hooks.status(c->hooks.ctx);

	if (json)
		answer(cl, 0, "", json, strlen(json));
	else
		answer(cl, MISSIU_ENOMEM, "", NULL, 0);
	free(json);
}

/* The connection stays until control_close() hands it to the daemon. */
static void stop(struct client *cl)
{
	struct control *c = cl->control;

	log_info(ctl, "pid %d asks us to stop", (int)cl->pid);
	answer(cl, 0, "", NULL, 0);
	if (cl->fd >= 0 && c->stopper < 0) {
		c->stopper = cl->fd;
		cl->fd = -1;
		hang_up(cl, NULL);
	}
	c->hooks.stop(c->hooks.ctx);
}

static void fifo_read(struct client *cl)
{
	struct ctl_frame f = { 0 };
	int err = ctl_recv(cl->fd, &f);

	if (err == MISSIU_EAGAIN)
		return;
	if (err) {
		hang_up(cl, err == MISSIU_ECONN ? NULL : missiu_strerror(err));
		return;
	}
	switch (f.type) {
	case CTL_STATUS:
		give_status(cl);
		break;
	case CTL_REGISTER_EVENTS:
		cl->watcher = true;
		answer(cl, 0, "", NULL, 0);
		break;
	case CTL_NET:
		net_request(cl, &f);
		break;
	case CTL_STOP:
		stop(cl);
		break;
	default:
		engine_request(cl, &f);
	}
	ctl_frame_fini(&f);
}

/* One message of one client. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct client *cl = arg;

	(void)fd;
	(void)what;
	if (cl->pfkey)
		pfkey_read(cl);
	else
		fifo_read(cl);
}

static struct client *free_slot(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i].fd < 0)
			return &c->clients[i];
	return NULL;
}

static void on_connect(evutil_socket_t fd, short what, void *arg)
{
	const struct listener *l = arg;
	struct control *c = l->control;
	struct client *cl = free_slot(c);
	pid_t pid = 0;
	int conn = ctl_accept(fd, &pid);

	(void)what;
	if (conn == MISSIU_EPERM)
		log_warn(ctl, "connection of another user refused");
	if (conn < 0)
		return;
	if (!cl) {
		log_warn(ctl, "pid %d: more than %d connections: refused",
			 (int)pid, CONTROL_CLIENTS_MAX);
		close(conn);
		return;
	}
	cl->fd = conn;
	cl->pid = pid;
	cl->pfkey = l == &c->listeners[PFKEY];
	cl->peer.pid = (uint32_t)pid;
	cl->peer.net = set_net;
	cl->peer.net_ctx = cl;
	cl->readable =
		event_new(c->base, conn, EV_READ | EV_PERSIST, on_readable, cl);
	cl->writable = event_new(c->base, conn, EV_WRITE, on_writable, cl);
	if (!cl->readable || !cl->writable || event_add(cl->readable, NULL))
		hang_up(cl, "out of memory");
}

static int start_listening(struct control *c, int which, const char *prefix,
			   const char *iface, struct missiu_diag *diag)
{
	struct listener *l = &c->listeners[which];
	char path[sizeof(l->path)];

	if (!ctl_path(path, sizeof(path), prefix, iface))
		return diag_set(diag, MISSIU_EINVAL,
				"path of a socket is too "
				"long");
	l->fd = ctl_listen(path, diag);
	if (l->fd < 0)
		return l->fd;
	memcpy(l->path, path, sizeof(path));
	l->readable =
		event_new(c->base, l->fd, EV_READ | EV_PERSIST, on_connect, l);
	if (!l->readable || event_add(l->readable, NULL))
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	return 0;
}

int control_open(const char *iface, struct event_base *base, struct missiu *m,
		 const struct control_hooks *hooks, struct control **out,
		 struct missiu_diag *diag)
{
	struct control *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	c->base = base;
	c->m = m;
	c->hooks = *hooks;
	c->stopper = -1;
	for (int i = 0; i < N_LISTENERS; i++) {
		c->listeners[i].control = c;
		c->listeners[i].fd = -1;
	}
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		c->clients[i].control = c;
		c->clients[i].fd = -1;
	}
	err = start_listening(c, FIFO, CTL_FIFO_PREFIX, iface, diag);
	if (!err)
		err = start_listening(c, PFKEY, CTL_PFKEY_PREFIX, iface, diag);
	if (err) {
		control_close(c);
		return err;
	}
	*out = c;
	return 0;
}

void control_events(struct control *c)
{
	struct missiu_event ev;

	while (missiu_event_next(c->m, &ev)) {
		uint8_t encoded[256];
		size_t len = ctl_event_encode(&ev, encoded);

		if (ev.kind == MISSIU_EV_SPD_CHANGED)
			c->hooks.spd_changed(c->hooks.ctx);
		if (ev.kind == MISSIU_EV_ACQUIRE)
			recent_add(&c->acquires, &ev, clock_now());
		for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
			if (c->clients[i].fd >= 0)
				tell(&c->clients[i], &ev, encoded, len);
	}
}

int control_close(struct control *c)
{
	int stopper;

	if (!c)
		return -1;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (c->clients[i].fd >= 0)
			hang_up(&c->clients[i], NULL);
	for (int i = 0; i < N_LISTENERS; i++) {
		struct listener *l = &c->listeners[i];

		if (l->readable)
			event_free(l->readable);
		if (l->fd >= 0)
			close(l->fd);
		if (*l->path && unlink(l->path) < 0)
			log_warn(ctl, "cannot remove %s: %s", l->path,
				 strerror(errno));
	}
	stopper = c->stopper;
	free(c);
	return stopper;
}
