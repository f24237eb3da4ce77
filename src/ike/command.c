/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/command.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"
#include "ctl/sock.h"
#include "ike/control.h"
#include "ike/news_json.h"

#define ANSWER_MS 10000
/* A negotiation may take so long: -n, and what comes after it. */
#define OUTCOME_MS 60000

int command_connect(const char *iface, struct missiu_diag *diag)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char only[64];
	int fd, ret;

	if (!iface) {
		ret = ctl_find_instance(only, sizeof(only), diag);
		if (ret)
			return ret;
		iface = only;
	}
	if (!ctl_path(sun.sun_path, sizeof(sun.sun_path), IKE_CTL_PREFIX,
		      iface))
		return diag_set(diag, MISSIU_EINVAL,
				"interface name '%s' is too long", iface);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return diag_set(diag, MISSIU_EIO, "%s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		ret = errno == EACCES ? MISSIU_EPERM : MISSIU_ECONN;
		diag_set(diag, ret, "ike is not running on %s (%s: %s)", iface,
			 sun.sun_path, strerror(errno));
		close(fd);
		return ret;
	}
	return fd;
}

static bool readable(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&pfd, 1, ms);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* One request and its reply. Return: how many SAs, or an error with @diag. */
static int ask(int fd, uint32_t type, const char *arg, struct missiu_diag *diag)
{
	struct ctl_frame frame = { 0 };
	int ret = ctl_send(fd, type, arg, strlen(arg), NULL, 0);

	if (!ret && !readable(fd, ANSWER_MS))
		ret = MISSIU_ETIME;
	if (!ret)
		ret = ctl_recv(fd, &frame);
	if (ret) {
		ctl_frame_fini(&frame);
		return diag_set(diag, ret, "no answer from ike: %s",
				missiu_strerror(ret));
	}
	ret = (int)frame.type;
	if (ret < 0)
		diag_set(diag, ret, "%s", frame.text);
	else
		ret = (int)strtol(frame.text, NULL, 10);
	ctl_frame_fini(&frame);
	return ret;
}

/* The next event; NULL: the daemon is gone, or there was none in time. */
static json_t *next_event(int fd, int ms)
{
	static char buf[65536];
	ssize_t n;

	if (!readable(fd, ms))
		return NULL;
	n = recv(fd, buf, sizeof(buf), 0);
	if (n <= 0)
		return NULL;
	return json_loadb(buf, (size_t)n, 0, NULL);
}

static void print_event(const json_t *e, bool json)
{
	char line[2048], *text;

	if (json) {
		text = json_dumps(e, JSON_COMPACT);
		printf("%s\n", text ? text : "{}");
		free(text);
	} else {
		news_line(e, line, sizeof(line));
		printf("%s\n", line);
	}
	fflush(stdout);
}

static int monitor(int fd, bool json, struct missiu_diag *diag)
{
	int ret = ask(fd, IKE_CTL_MONITOR, "", diag);
	json_t *e;

	if (ret < 0)
		return ret;
	while ((e = next_event(fd, -1)) != NULL) {
		print_event(e, json);
		json_decref(e);
	}
	return diag_set(diag, MISSIU_ECONN, "ike has closed the connection");
}

static bool is_event(const json_t *e, const char *name)
{
	const char *is = json_string_value(json_object_get(e, "event"));

	return is && !strcmp(is, name);
}

static bool is_addr(const char *text, const struct missiu_addr *a)
{
	struct missiu_addr is;

	return text && addr_parse(text, &is) && addr_eq(a, &is);
}

/*
 * An event of another peer than the one that was named. One that has moved may
 * have been named by its old address.
 */
static bool elsewhere(const json_t *e, const char *peer)
{
	const json_t *end = json_object_get(e, "remote");
	const char *is = json_string_value(json_object_get(end, "address"));
	const char *home = json_string_value(json_object_get(e, "home"));
	struct missiu_addr a;

	if (!addr_parse(peer, &a)) {
		is = json_string_value(json_object_get(e, "peer"));
		return is && strcmp(is, peer) != 0;
	}
	return is && !is_addr(is, &a) && !is_addr(home, &a);
}

/*
 * Follow the events until @n of those that end a wish were seen. Return: 0, or
 * MISSIU_EPROTO when one of them was a failure.
 */
static int outcome(int fd, const char *const done[2], int n,
		   const struct cli *cli, struct missiu_diag *diag)
{
	const char *peer = cli->arg[0];
	const bool json = cli->json;
	int ret = 0;

	while (n > 0) {
		json_t *e = next_event(fd, OUTCOME_MS);

		if (!e)
			return diag_set(diag, MISSIU_ETIME,
					"nothing came of it in %d s",
					OUTCOME_MS / 1000);
		if (elsewhere(e, peer)) {
			json_decref(e);
			continue;
		}
		print_event(e, json);
		if (is_event(e, "failed")) {
			ret = diag_set(diag, MISSIU_EPROTO,
				       "the negotiation failed");
			n--;
		}
		if (is_event(e, done[0]) || is_event(e, done[1]))
			n--;
		/* Nothing comes of a rekeying any more. */
		if (is_event(e, "ike_down") && strcmp(done[0], "child_up")) {
			ret = diag_set(diag, MISSIU_EPROTO,
				       "the IKE SA has ended");
			n = 0;
		}
		json_decref(e);
	}
	return ret;
}

/* Events are listened to before the wish is told, so that none is missed. */
static int wish(const struct cli *cli, uint32_t type, const char *arg,
		const char *const done[2], struct missiu_diag *diag)
{
	int events = command_connect(cli->iface, diag);
	int fd = events < 0 ? events : command_connect(cli->iface, diag);
	int ret = fd < 0 ? fd : ask(events, IKE_CTL_MONITOR, "", diag);

	if (ret >= 0)
		ret = ask(fd, type, arg, diag);
	if (ret > 0)
		ret = outcome(events, done, ret, cli, diag);
	if (events >= 0)
		close(events);
	if (fd >= 0)
		close(fd);
	return ret;
}

static int simple(const struct cli *cli, uint32_t type, const char *arg,
		  struct missiu_diag *diag)
{
	int fd = command_connect(cli->iface, diag);
	int ret = fd;

	if (fd >= 0) {
		ret = type == IKE_CTL_MONITOR ? monitor(fd, cli->json, diag) :
						ask(fd, type, arg, diag);
		close(fd);
	}
	return ret;
}

int command_run(const struct cli *cli)
{
	static const char *const up[2] = { "child_up", "child_up" };
	static const char *const rekeyed[2] = { "child_rekeyed",
						"ike_rekeyed" };
	struct missiu_diag diag = { "" };
	char arg[512];
	int ret = MISSIU_EINVAL;

	snprintf(arg, sizeof(arg), "%s%s%s", cli->arg[0] ? cli->arg[0] : "",
		 cli->arg[1] ? " " : "", cli->arg[1] ? cli->arg[1] : "");
	switch (cli->command) {
	case CLI_UP:
		ret = wish(cli, IKE_CTL_UP, arg, up, &diag);
		break;
	case CLI_DOWN:
		ret = simple(cli, IKE_CTL_DOWN, arg, &diag);
		break;
	case CLI_REKEY:
		ret = wish(cli, IKE_CTL_REKEY, arg, rekeyed, &diag);
		break;
	case CLI_REDIRECT:
		ret = simple(cli, IKE_CTL_REDIRECT, arg, &diag);
		break;
	case CLI_LOG:
		ret = simple(cli, IKE_CTL_LOG, arg, &diag);
		break;
	case CLI_MONITOR:
		ret = simple(cli, IKE_CTL_MONITOR, arg, &diag);
		break;
	case CLI_RUN:
	case CLI_STATUS:
	case CLI_HELP:
	case CLI_VERSION:
		break;
	}
	if (ret < 0)
		fprintf(stderr, "ike: %s\n", diag.msg);
	return ret < 0;
}
