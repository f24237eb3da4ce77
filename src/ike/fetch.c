/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "ctl/fetch.h"
#include "missiu/err.h"

#define HELPER "ike-fetch"
/* Beyond its own limits: then it hangs, and is started anew. */
#define HANGS_S (CTL_FETCH_TIME_S + 10)

struct fetch {
	struct event_base *base;
	fetch_done *done;
	void *ctx;
	int fd; /* -1: the helper does not run */
	pid_t pid;
	struct event *ev;
	bool busy;
	size_t got; /* bytes of head and buf */
	struct ctl_fetch_answer head;
	uint8_t buf[CTL_FETCH_DATA_MAX];
};

/* Beside our own program, wherever that was installed. */
static bool helper_path(char *out, size_t cap)
{
	const ssize_t n = readlink("/proc/self/exe", out, cap - 1);
	char *slash;

	if (n <= 0)
		return false;
	out[n] = '\0';
	slash = strrchr(out, '/');
	if (!slash || (size_t)(slash - out) + sizeof("/" HELPER) > cap)
		return false;
	memcpy(slash, "/" HELPER, sizeof("/" HELPER));
	return true;
}

/* After fork(): only its socket, and no environment. */
static void become_helper(const char *path, int fd)
{
	static char *const none[] = { NULL };
	char name[] = HELPER;
	char *argv[] = { name, NULL };
	const int null = open("/dev/null", O_RDWR);
	sigset_t set;

	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	if (dup2(fd, 0) != 0 || dup2(null, 1) != 1)
		_exit(1);
	close_range(3, ~0U, 0);
	execve(path, argv, none);
	_exit(1);
}

static void start(struct fetch *f)
{
	char path[4096];
	int fd[2];

	if (!helper_path(path, sizeof(path)) || access(path, X_OK) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		return;
	f->pid = fork();
	if (!f->pid)
		become_helper(path, fd[1]);
	close(fd[1]);
	if (f->pid < 0 || fcntl(fd[0], F_SETFL, O_NONBLOCK)) {
		close(fd[0]);
		return;
	}
	f->fd = fd[0];
}

static void stop(struct fetch *f)
{
	if (f->ev)
		event_free(f->ev);
	f->ev = NULL;
	if (f->fd < 0)
		return;
	close(f->fd);
	f->fd = -1;
	kill(f->pid, SIGKILL);
	waitpid(f->pid, NULL, 0);
}

/* The buffer is free for the next request once @done returns. */
static void finish(struct fetch *f, bool ok, const void *data, size_t len)
{
	f->busy = false;
	f->got = 0;
	f->done(f->ctx, ok, data, len);
}

static void fail(struct fetch *f, const char *why)
{
	stop(f);
	finish(f, false, why, strlen(why));
}

/* Return: bytes read; 0: none now; negative: the helper is gone. */
static ssize_t read_some(struct fetch *f)
{
	uint8_t *to = (uint8_t *)&f->head + f->got;
	size_t room = sizeof(f->head) - f->got;
	ssize_t n;

	if (f->got >= sizeof(f->head)) {
		to = f->buf + (f->got - sizeof(f->head));
		room = f->head.len - (f->got - sizeof(f->head));
	}
	n = read(f->fd, to, room);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return n > 0 ? n : -1;
}

static bool complete(const struct fetch *f)
{
	return f->got >= sizeof(f->head) &&
	       f->got == sizeof(f->head) + f->head.len;
}

static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct fetch *f = arg;
	ssize_t n = 0;

	(void)fd;
	if (what & EV_TIMEOUT) {
		fail(f, HELPER " does not answer");
		return;
	}
	do {
		n = read_some(f);
		if (n > 0)
			f->got += (size_t)n;
		if (n < 0 || (f->got >= sizeof(f->head) &&
			      f->head.len > sizeof(f->buf))) {
			fail(f, HELPER " has ended");
			return;
		}
	} while (n > 0 && !complete(f));
	if (complete(f)) {
		event_del(f->ev);
		finish(f, f->head.ok, f->buf, f->head.len);
	}
}

/* What does not fit its socket at once is more than a request has. */
static bool send_request(struct fetch *f, const struct fetch_want *w)
{
	uint8_t msg[sizeof(struct ctl_fetch_request) + CTL_FETCH_URL_MAX +
		    CTL_FETCH_POST_MAX];
	const struct ctl_fetch_request h = { (uint32_t)strlen(w->url),
					     (uint32_t)w->post.len,
					     (uint32_t)w->max, w->time_s };
	size_t n = 0;

	memcpy(msg, &h, sizeof(h));
	n += sizeof(h);
	memcpy(msg + n, w->url, h.url_len);
	n += h.url_len;
	if (w->post.len)
		memcpy(msg + n, w->post.p, w->post.len);
	n += w->post.len;
	return send(f->fd, msg, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static void on_no_helper(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fail(arg, "the program " HELPER " is not beside ike, or ended");
}

int fetch_get(struct fetch *f, const struct fetch_want *w)
{
	const struct timeval hangs = { .tv_sec = HANGS_S };

	if (f->busy)
		return MISSIU_EBUSY;
	f->busy = true;
	f->got = 0;
	if (f->fd < 0)
		start(f);
	if (f->fd >= 0 && !f->ev)
		f->ev = event_new(f->base, f->fd, EV_READ | EV_PERSIST,
				  on_answer, f);
	if (f->fd < 0 || !f->ev || strlen(w->url) > CTL_FETCH_URL_MAX ||
	    w->post.len > CTL_FETCH_POST_MAX || !send_request(f, w) ||
	    event_add(f->ev, &hangs))
		return event_base_once(f->base, -1, EV_TIMEOUT, on_no_helper, f,
				       NULL) ?
			       MISSIU_ENOMEM :
			       0;
	return 0;
}

struct fetch *fetch_new(struct event_base *base, fetch_done *done, void *ctx)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->base = base;
	f->done = done;
	f->ctx = ctx;
	f->fd = -1;
	start(f);
	return f;
}

void fetch_free(struct fetch *f)
{
	if (!f)
		return;
	stop(f);
	free(f);
}
