/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A data-path daemon of a few lines for tests: both sockets of an instance
 * "test0" in a folder of its own, and an engine behind them. step() does what
 * there is to do and never blocks.
 */
#ifndef CTL_SERVER_H
#define CTL_SERVER_H

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/buf.h"
#include "ctl/serve.h"
#include "ctl/sock.h"
#include "ctl_samples.h"

#define SERVER_IF   "test0"
#define SERVER_CONN 8

struct server_conn {
	int fd; /* 0: unused */
	bool pfkey, watching;
	struct pfkey_peer peer;
	struct ctl_buf out; /* PF_KEY messages that wait */
	bool replying;	    /* a reply waits */
	struct ctl_reply reply;
};

struct server {
	struct missiu *m;
	missiu_usec now;
	char dir[32];
	char fifo[108], key[108];
	int fifo_fd, key_fd;
	bool stopped;
	struct server_conn conns[SERVER_CONN];
};

static inline void server_start(struct server *s)
{
	memset(s, 0, sizeof(*s));
	s->m = missiu_new(NULL);
	assert_non_null(s->m);
	s->now = 1000000;
	snprintf(s->dir, sizeof(s->dir), "/tmp/missiu-ctl-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	assert_true(ctl_set_run_dir(s->dir));
	assert_true(
		ctl_path(s->fifo, sizeof(s->fifo), CTL_FIFO_PREFIX, SERVER_IF));
	assert_true(
		ctl_path(s->key, sizeof(s->key), CTL_PFKEY_PREFIX, SERVER_IF));
	s->fifo_fd = ctl_listen(s->fifo, NULL);
	s->key_fd = ctl_listen(s->key, NULL);
	assert_true(s->fifo_fd >= 0 && s->key_fd >= 0);
}

static inline void server_drop(struct server_conn *c)
{
	if (!c->fd)
		return;
	close(c->fd);
	ctl_buf_fini(&c->out);
	ctl_reply_fini(&c->reply);
	memset(c, 0, sizeof(*c));
}

/* Everybody is cut off; nobody can connect any more. */
static inline void server_cut(struct server *s)
{
	size_t i;

	if (s->fifo_fd >= 0) {
		close(s->fifo_fd);
		close(s->key_fd);
		unlink(s->fifo);
		unlink(s->key);
	}
	s->fifo_fd = s->key_fd = -1;
	/* Last of all: a client may wait for this end. */
	for (i = 0; i < SERVER_CONN; i++)
		server_drop(&s->conns[i]);
}

static inline void server_end(struct server *s)
{
	server_cut(s);
	rmdir(s->dir);
	ctl_set_run_dir(NULL);
	missiu_free(s->m);
}

static inline void server_accept(struct server *s, int listener, bool pfkey)
{
	pid_t pid;
	int fd = listener < 0 ? -1 : ctl_accept(listener, &pid);
	size_t i;

	for (i = 0; fd >= 0 && i < SERVER_CONN; i++)
		if (!s->conns[i].fd) {
			s->conns[i].fd = fd;
			s->conns[i].pfkey = pfkey;
			s->conns[i].peer.pid = (uint32_t)pid;
			s->conns[i].peer.seed = 42;
			return;
		}
	if (fd >= 0)
		close(fd);
}

/* Send what waits; false: something still waits. */
static inline bool server_flush(struct server_conn *c)
{
	size_t at = 0, len;
	bool full = false;

	while ((len = pfkey_msg_len(c->out.buf + at, c->out.len - at))) {
		if (send(c->fd, c->out.buf + at, len,
			 MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
			full = true;
			break;
		}
		at += len;
	}
	if (at)
		memmove(c->out.buf, c->out.buf + at, c->out.len - at);
	c->out.len -= at;
	if (c->replying &&
	    ctl_send(c->fd, (uint32_t)c->reply.status, c->reply.diag.msg,
		     strlen(c->reply.diag.msg), c->reply.result.buf,
		     c->reply.result.len) != MISSIU_EAGAIN) {
		c->replying = false;
		ctl_reply_fini(&c->reply);
	}
	return !full && !c->replying;
}

static inline void server_events(struct server *s)
{
	struct missiu_event ev;
	uint8_t buf[256];
	size_t i;

	while (missiu_event_next(s->m, &ev))
		for (i = 0; i < SERVER_CONN; i++) {
			struct server_conn *c = &s->conns[i];

			if (c->fd && c->peer.registered)
				pfkey_event(s->m, &ev, &c->out);
			if (c->fd && c->watching)
				ctl_send(c->fd, CTL_REGISTER_EVENTS, buf,
					 ctl_event_encode(&ev, buf), NULL, 0);
		}
}

/* One request of a client; false: there is none. */
static inline bool server_request(struct server *s, struct server_conn *c)
{
	uint8_t buf[PFKEY_MSG_MAX];
	struct ctl_frame f;
	ssize_t n;
	int err;

	if (c->pfkey) {
		n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0)
			pfkey_serve(s->m, &c->peer, rd_from(buf, (size_t)n),
				    s->now, &c->out);
		else if (n == 0)
			server_drop(c);
		return n > 0;
	}
	err = ctl_recv(c->fd, &f);
	if (err) {
		if (err != MISSIU_EAGAIN)
			server_drop(c);
		return false;
	}
	if (f.type == CTL_STOP) {
		s->stopped = true;
	} else if (f.type == CTL_REGISTER_EVENTS) {
		c->watching = true;
		c->replying = true;
	} else if (f.type == CTL_STATUS) {
		struct wr w = ctl_buf_room(&c->reply.result, 2);

		wr_bytes(&w, "{}", 2);
		c->replying = ctl_buf_commit(&c->reply.result, &w);
	} else {
		ctl_serve(s->m, f.type, rd_from(f.data, f.data_len), s->now,
			  &c->reply);
		c->replying = true;
	}
	ctl_frame_fini(&f);
	return true;
}

static inline void server_step(struct server *s)
{
	size_t i;

	server_accept(s, s->fifo_fd, false);
	server_accept(s, s->key_fd, true);
	for (i = 0; i < SERVER_CONN; i++) {
		struct server_conn *c = &s->conns[i];

		while (c->fd && server_flush(c) && server_request(s, c))
			server_events(s);
	}
	server_events(s);
	for (i = 0; i < SERVER_CONN; i++)
		if (s->conns[i].fd)
			server_flush(&s->conns[i]);
}

#endif
