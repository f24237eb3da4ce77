/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "ctl/serve.h"
#include "ctl/sock.h"
#include "ike/news_json.h"

/* A client says what it wants within so many seconds. */
#define REQUEST_S 10

/* An event that a listener has not read yet. */
struct waiting {
	struct waiting *next;
	size_t len;
	char text[];
};

struct client {
	struct ike_control *control;
	struct event *ev;
	int fd; /* -1: free */
	bool listens;
	struct waiting *first, *last;
	size_t n_bytes; /* waiting */
};

struct ike_control {
	struct ike_control_hooks hooks;
	struct event_base *base;
	struct event *ev;
	int fd;
	char file[128];
	struct client client[IKE_CTL_CLIENTS];
	size_t n_listen;
};

static void close_client(struct client *c)
{
	if (c->ev)
		event_free(c->ev);
	if (c->fd >= 0)
		close(c->fd);
	c->control->n_listen -= c->listens;
	while (c->first) {
		struct waiting *w = c->first;

		c->first = w->next;
		free(w);
	}
	*c = (struct client){ .control = c->control, .fd = -1 };
}

/* --- listeners */

static bool push(struct client *c, const char *text, size_t len)
{
	return send(c->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       (ssize_t)len;
}

/* What waits goes out as far as the socket takes it; false: it is broken. */
static bool flush(struct client *c)
{
	while (c->first) {
		struct waiting *w = c->first;

		if (!push(c, w->text, w->len))
			return errno == EAGAIN || errno == EINTR;
		c->first = w->next;
		c->n_bytes -= w->len;
		free(w);
	}
	return true;
}

static void watch(struct client *c);

static void on_listener(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	char byte;

	/* A listener has nothing to say: bytes or the end, it is over. */
	if (what & EV_READ &&
	    (recv(fd, &byte, 1, MSG_DONTWAIT) >= 0 || errno != EAGAIN)) {
		close_client(c);
		return;
	}
	if (!flush(c))
		close_client(c);
	else
		watch(c);
}

/* Wait for what can happen next. */
static void watch(struct client *c)
{
	const short what = EV_READ | (c->first ? EV_WRITE : 0);

	if (c->ev)
		event_free(c->ev);
	c->ev = event_new(c->control->base, c->fd, what, on_listener, c);
	if (!c->ev || event_add(c->ev, NULL))
		close_client(c);
}

static void tell(struct client *c, const char *text, size_t len)
{
	const bool idle = !c->first;
	struct waiting *w;

	if (idle && push(c, text, len))
		return;
	w = c->n_bytes + len <= IKE_CTL_QUEUE_MAX ? malloc(sizeof(*w) + len) :
						    NULL;
	if (!w) {
		log_warn(ctl, "a listener does not read: cut off");
		close_client(c);
		return;
	}
	*w = (struct waiting){ .len = len };
	memcpy(w->text, text, len);
	if (c->first)
		c->last->next = w;
	else
		c->first = w;
	c->last = w;
	c->n_bytes += len;
	if (idle)
		watch(c);
}

static void stamp_now(char *buf, size_t cap)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(buf, cap, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, cap - n, ".%03ldZ", now.tv_nsec / 1000000);
}

bool ike_control_heard(const struct ike_control *c)
{
	return c && c->n_listen;
}

void ike_control_tell(struct ike_control *c, const struct ike_news *news)
{
	char stamp[40], *text;

	if (!ike_control_heard(c))
		return;
	stamp_now(stamp, sizeof(stamp));
	text = news_json(news, stamp);
	for (size_t i = 0; text && i < IKE_CTL_CLIENTS; i++)
		if (c->client[i].listens)
			tell(&c->client[i], text, strlen(text));
	free(text);
}

/* --- requests */

static int set_log(const char *arg, struct missiu_diag *diag)
{
	char group[16], level[16];
	int g, l;

	if (sscanf(arg, "%15s %15s", group, level) != 2)
		return diag_set(diag, MISSIU_EINVAL,
				"log: expected a group and a level");
	g = strcmp(group, "all") ? log_parse_group(group) : LOG_G_MAX;
	if (g < 0)
		return diag_set(diag, MISSIU_EINVAL,
				"log: found group '%s', expected all, main, "
				"ike, ctl or another of log.h",
				group);
	l = log_parse_level(level);
	if (l < 0)
		return diag_set(diag, MISSIU_EINVAL,
				"log: found level '%s', expected error, "
				"warning, info, debug or trace",
				level);
	log_set_level((enum log_group)g, (enum log_level)l);
	return 0;
}

static int rekey(const struct ike_control_hooks *h, const char *arg,
		 struct missiu_diag *diag)
{
	char peer[256], what[8] = "";
	const int n = sscanf(arg, "%255s %7s", peer, what);

	if (n < 1 || (n == 2 && strcmp(what, "child") && strcmp(what, "ike")))
		return diag_set(diag, MISSIU_EINVAL,
				"rekey: found '%.64s', expected a peer, then "
				"child, ike or nothing",
				arg);
	return h->rekey(h->ctx, peer, strcmp(what, "ike") != 0,
			strcmp(what, "child") != 0, diag);
}

static int redirect(const struct ike_control_hooks *h, const char *arg,
		    struct missiu_diag *diag)
{
	char peer[256], text[64] = "";
	struct missiu_addr to;

	if (sscanf(arg, "%255s %63s", peer, text) != 2 ||
	    !addr_parse(text, &to) || addr_is_any(&to) ||
	    addr_is_multicast(&to))
		return diag_set(diag, MISSIU_EINVAL,
				"redirect: found '%.100s', expected a peer and "
				"the address of a gateway",
				arg);
	return h->redirect(h->ctx, peer, &to, diag);
}

static int perform(struct client *c, const struct ctl_frame *f,
		   struct missiu_diag *diag)
{
	const struct ike_control_hooks *h = &c->control->hooks;

	switch (f->type) {
	case IKE_CTL_UP:
		return h->up(h->ctx, f->text, diag);
	case IKE_CTL_DOWN:
		return h->down(h->ctx, f->text, diag);
	case IKE_CTL_REKEY:
		return rekey(h, f->text, diag);
	case IKE_CTL_REDIRECT:
		return redirect(h, f->text, diag);
	case IKE_CTL_LOG:
		return set_log(f->text, diag);
	case IKE_CTL_MONITOR:
		c->listens = true;
		c->control->n_listen++;
		return 0;
	default:
		return diag_set(diag, MISSIU_EUNSUP, "unknown request %u",
				f->type);
	}
}

static void serve_peers(struct client *c, const struct ctl_frame *f)
{
	const struct ike_control_hooks *h = &c->control->hooks;
	struct ctl_peers_answer answer = { .err = MISSIU_EPROTO,
					   .key = MISSIU_PEER_KEYS };
	struct ctl_peers req;

	if (ctl_peers_get(f, &req))
		h->peers(h->ctx, &req, &answer);
	ctl_peers_reply(c->fd, &answer);
}

static void serve(struct client *c, const struct ctl_frame *f)
{
	struct missiu_diag diag = { "" };
	int ret;

	if (f->type == CTL_PEERS) {
		serve_peers(c, f);
		return;
	}

	if (f->type == CTL_STATUS) {
		char *json = c->control->hooks.status(c->control->hooks.ctx);

		if (json)
			ctl_send(c->fd, 0, NULL, 0, json, strlen(json));
		free(json);
		return;
	}
	ret = perform(c, f, &diag);
	if (ret >= 0)
		snprintf(diag.msg, sizeof(diag.msg), "%d", ret);
	ctl_send(c->fd, (uint32_t)(ret < 0 ? ret : 0), diag.msg,
		 strlen(diag.msg), NULL, 0);
}

static void on_client(evutil_socket_t fd, short what, void *arg)
{
	struct client *c = arg;
	struct ctl_frame frame = { 0 };

	(void)what;
	if (!ctl_recv(fd, &frame))
		serve(c, &frame);
	ctl_frame_fini(&frame);
	if (c->listens)
		watch(c);
	else
		close_client(c); /* one request a connection */
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval limit = { .tv_sec = REQUEST_S };
	struct ike_control *l = arg;
	struct client *c = NULL;
	pid_t pid;
	int s = ctl_accept(fd, &pid);

	(void)what;
	if (s < 0)
		return;
	for (size_t i = 0; i < IKE_CTL_CLIENTS && !c; i++)
		if (l->client[i].fd < 0)
			c = &l->client[i];
	if (!c) {
		close(s);
		return;
	}
	c->fd = s;
	c->ev = event_new(l->base, s, EV_READ, on_client, c);
	if (!c->ev || event_add(c->ev, &limit))
		close_client(c);
}

/* --- life */

int ike_control_open(const char *iface, struct event_base *base,
		     const struct ike_control_hooks *hooks,
		     struct ike_control **out, struct missiu_diag *diag)
{
	struct ike_control *c = calloc(1, sizeof(*c));
	int ret = MISSIU_ENOMEM;

	if (!c)
		return diag_set(diag, ret, "out of memory");
	c->hooks = *hooks;
	c->base = base;
	c->fd = -1;
	for (size_t i = 0; i < IKE_CTL_CLIENTS; i++)
		c->client[i] = (struct client){ .control = c, .fd = -1 };
	if (!ctl_path(c->file, sizeof(c->file), IKE_CTL_PREFIX, iface)) {
		c->file[0] = '\0';
		ret = diag_set(diag, MISSIU_EINVAL, "interface name too long");
		goto fail;
	}
	c->fd = ctl_listen(c->file, diag);
	if (c->fd < 0) {
		c->file[0] = '\0';
		ret = c->fd;
		goto fail;
	}
	c->ev = event_new(base, c->fd, EV_READ | EV_PERSIST, on_accept, c);
	if (!c->ev || event_add(c->ev, NULL))
		goto fail;
	*out = c;
	return 0;
fail:
	ike_control_close(c);
	return ret;
}

void ike_control_close(struct ike_control *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < IKE_CTL_CLIENTS; i++)
		close_client(&c->client[i]);
	if (c->ev)
		event_free(c->ev);
	if (c->fd >= 0)
		close(c->fd);
	if (c->file[0])
		unlink(c->file);
	free(c);
}
