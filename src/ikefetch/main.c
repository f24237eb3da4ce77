/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ike-fetch: fetches revocation lists and OCSP responses for ike, which starts
 * it and talks to it through standard input (ctl/fetch.h). No keys, no
 * privileges; each request is a process of its own, with libcurl in it.
 *
 *	ike ──socket──► ike-fetch ──fork──► one request ──http(s)──►
 *	    ◄──────────            ◄─pipe──
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/fetch.h"
#include "ikefetch/confine.h"
#include "ikefetch/http.h"

static bool read_all(int fd, void *buf, size_t len)
{
	for (size_t n = 0; n < len;) {
		const ssize_t r = read(fd, (char *)buf + n, len - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		n += (size_t)r;
	}
	return true;
}

static bool write_all(int fd, const void *buf, size_t len)
{
	for (size_t n = 0; n < len;) {
		const ssize_t r = write(fd, (const char *)buf + n, len - n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		n += (size_t)r;
	}
	return true;
}

static bool read_request(struct http_request *r)
{
	struct ctl_fetch_request h;

	if (!read_all(STDIN_FILENO, &h, sizeof(h)) ||
	    h.url_len > CTL_FETCH_URL_MAX || h.post_len > sizeof(r->post) ||
	    h.max > CTL_FETCH_DATA_MAX || !h.time_s ||
	    h.time_s > CTL_FETCH_TIME_S)
		return false;
	r->post_len = h.post_len;
	r->max = h.max;
	r->time_s = h.time_s;
	r->url[h.url_len] = '\0';
	return read_all(STDIN_FILENO, r->url, h.url_len) &&
	       read_all(STDIN_FILENO, r->post, h.post_len);
}

static bool write_answer(int fd, const struct http_answer *a)
{
	const struct ctl_fetch_answer h = { a->ok, (uint32_t)a->len };

	return write_all(fd, &h, sizeof(h)) && write_all(fd, a->data, a->len);
}

static void set_error(struct http_answer *a, const char *text)
{
	a->ok = false;
	a->len = strlen(text);
	memcpy(a->data, text, a->len);
}

/* The child: what libcurl does to memory and time ends with it. */
static void fetch_in_child(const struct http_request *r, int fd)
{
	static struct http_answer a;

	close(STDIN_FILENO);
	alarm(r->time_s + 2); /* libcurl has a limit of its own */
	confine_request();
	http_fetch(r, &a);
	_exit(!write_answer(fd, &a));
}

static bool read_answer(int fd, size_t max, struct http_answer *a)
{
	struct ctl_fetch_answer h;

	if (!read_all(fd, &h, sizeof(h)) || h.len > sizeof(a->data) ||
	    (h.ok && h.len > max))
		return false;
	a->ok = h.ok;
	a->len = h.len;
	return read_all(fd, a->data, a->len);
}

static void serve(const struct http_request *r, struct http_answer *a)
{
	int fd[2];
	pid_t pid;

	if (pipe(fd)) {
		set_error(a, strerror(errno));
		return;
	}
	pid = fork();
	if (!pid) {
		close(fd[0]);
		fetch_in_child(r, fd[1]);
	}
	close(fd[1]);
	if (pid < 0)
		set_error(a, strerror(errno));
	else if (!read_answer(fd[0], r->max, a))
		set_error(a, "took too long, or ended without an answer");
	close(fd[0]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

int main(void)
{
	static struct http_request r;
	static struct http_answer a;
	int type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &len)) {
		fprintf(stderr, "ike-fetch: is started by ike, see ike(8)\n");
		return 1;
	}
	if (!confine_start())
		_exit(1);
	signal(SIGPIPE, SIG_IGN);
	while (read_request(&r)) {
		serve(&r, &a);
		if (!write_answer(STDIN_FILENO, &a))
			break;
	}
	_exit(0);
}
