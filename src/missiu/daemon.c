/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation. One thread, one libevent loop. Five things wake it up:
 * frames in the TAP, packets on the outer interface, requests on the control
 * sockets, a timer for the engine's deadlines, and the kernel's news of links
 * and addresses. Each handler does a bounded amount of work and leaves the rest
 * to the next turn of the loop, which looks at all descriptors anew, so none of
 * them starves.
 *
 * Start-up is a table of stages. Whatever fails, tear_down() undoes the stages
 * that were done; it is the same code that ends a running daemon. From the last
 * stage on the process can open nothing any more.
 */
#include "missiu/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/diag.h"
#include "common/log.h"
#include "ctl/sock.h"
#include "missiu/daemon_impl.h"
#include "missiu/isolate.h"

/* ---- stages ------------------------------------------------------------ */

static int stage_pidfile(struct daemon *d, struct missiu_diag *diag)
{
	char path[PATH_MAX];
	pid_t holder;
	int err;

	umask(077);
	if (chdir(d->conf->run_dir) < 0)
		return diag_set(diag, MISSIU_EIO, "%s: %s", d->conf->run_dir,
				strerror(errno));
	if (!ctl_path(path, sizeof(path), CTL_PID_PREFIX, d->conf->iface))
		return diag_set(diag, MISSIU_EINVAL,
				"\"%s\" is no interface name", d->conf->iface);
	err = pidfile_lock(path, &d->pid, &holder, diag);
	/* A daemon that was just killed holds its lock for a moment yet. */
	for (int i = 0; i < 30 && err == MISSIU_EBUSY; i++) {
		poll(NULL, 0, 10);
		err = pidfile_lock(path, &d->pid, &holder, diag);
	}
	if (err == MISSIU_EBUSY)
		diag_set(diag, err,
			 "already running on %s, pid %d: stop it with 'missiu "
			 "-i %s stop'",
			 d->conf->iface, (int)holder, d->conf->iface);
	return err;
}

static int stage_engine(struct daemon *d, struct missiu_diag *diag)
{
	const struct missiu_opts opts = {
		.unmatched = d->conf->drop_unmatched ? MISSIU_DISCARD :
						       MISSIU_BYPASS,
		.no_mss_clamp = d->conf->no_mss_clamp,
	};

	d->m = missiu_new(&opts);
	return d->m ? 0 :
		      diag_set(diag, MISSIU_ECRYPTO,
			       "the engine does not start: out of memory, or "
			       "the cryptographic self-tests failed");
}

static int stage_link(struct daemon *d, struct missiu_diag *diag)
{
	int err = netlink_open(&d->nl, diag);

	if (!err)
		err = netlink_link_get(d->nl, d->conf->iface, &d->link, diag);
	if (!err && !d->link.up)
		err = diag_set(diag, MISSIU_EIO,
			       "interface %s is down: bring it up with 'ip "
			       "link set dev %s up'",
			       d->conf->iface, d->conf->iface);
	return err;
}

/* The MTU fits from the start, also when routes are set by hand. */
static int stage_tap(struct daemon *d, struct missiu_diag *diag)
{
	int err = tap_open(d->conf->tap, &d->tap, diag);

	if (err)
		return err;
	d->tapmtu = (struct tapmtu){ .nl = d->nl,
				     .index = d->tap.index,
				     .name = d->tap.name,
				     .fixed = d->conf->mtu };
	return tapmtu_fit(&d->tapmtu, d->m, d->link.mtu, diag);
}

/* In the order of speed. */
static const struct outer_ops *const backends[] = { &outer_udp, &outer_raw };

/* Only on request: they cost others something. */
static const struct outer_ops *named(const char *name)
{
	static const struct outer_ops *const v[] = { &outer_xdp,
						     &outer_xdp_native };

	for (size_t i = 0; name && i < sizeof(v) / sizeof(v[0]); i++)
		if (!strcmp(v[i]->name, name))
			return v[i];
	return NULL;
}

static int stage_outer(struct daemon *d, struct missiu_diag *diag)
{
	int err = MISSIU_EIO;

	d->ops = d->conf->raw ? &outer_raw : named(d->conf->outer);
	d->ops_why =
		d->conf->raw ? "asked for by startRaw" : "asked for by --outer";
	if (d->ops)
		return d->ops->open(d->conf->iface, d->link.index, &d->outer,
				    diag);
	d->ops_why = "the fastest that works here";
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		d->ops = backends[i];
		err = d->ops->open(d->conf->iface, d->link.index, &d->outer,
				   diag);
		if (!err)
			break;
		log_debug(net, "back end %s: %s", d->ops->name, diag->msg);
	}
	return err;
}

/* Without it: what a killed daemon has left is not wanted any more, either. */
static int stage_guard(struct daemon *d, struct missiu_diag *diag)
{
	int removed;

	if (!d->conf->no_guard)
		return guard_open(d->conf->iface, d->link.name, d->base, d->m,
				  d->conf->drop_unmatched, &d->guard, diag);
	removed = guard_remove(d->conf->iface, diag);
	return removed < 0 ? removed : 0;
}

/* In the foreground lines go to stderr unless a file is named. */
static int stage_log(struct daemon *d, struct missiu_diag *diag)
{
	const char *name = d->conf->log;

	if (!name && d->conf->foreground) {
		log_open("missiu", STDERR_FILENO, true);
		return 0;
	}
	if (!name) {
		snprintf(d->log_name, sizeof(d->log_name), CTL_LOG_PREFIX "%s",
			 d->conf->iface);
		name = d->log_name;
	}
	d->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	d->log_fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (d->log_fd < 0 || d->null_fd < 0)
		return diag_set(diag, MISSIU_EIO, "log %s: %s", name,
				strerror(errno));
	if (name == d->log_name)
		d->log_remove = d->log_name;
	log_open("missiu", d->log_fd, true);
	return 0;
}

static int stage_routes(struct daemon *d, struct missiu_diag *diag)
{
	log_info(main,
		 "missiu %s on %s (MTU %u), TAP device %s, back end %s: %s",
		 MISSIU_VERSION, d->conf->iface, d->link.mtu, d->tap.name,
		 d->ops->name, d->ops_why);
	gateway_rp_filter(d->nl, d->tap.index, d->tap.name, d->conf->automatic);
	if (d->conf->automatic) {
		d->routes = autoroute_new(d->nl, &d->link, d->tap.index,
					  d->tap.name);
		if (!d->routes)
			return daemon_no_memory(diag);
		autoroute_update(d->routes, d->m, daemon_free_mtu(d));
	}
	d->virtip = virtip_new(d->nl, &d->link, d->tap.index, d->tap.name,
			       d->routes);
	return d->virtip ? 0 : daemon_no_memory(diag);
}

static int stage_isolate(struct daemon *d, struct missiu_diag *diag)
{
	return isolate(d->conf->automatic || d->guard || !d->conf->mtu, diag);
}

static int (*const stages[])(struct daemon *, struct missiu_diag *) = {
	stage_pidfile, stage_engine,	  stage_link,		stage_tap,
	stage_outer,   daemon_stage_loop, daemon_stage_control, stage_log,
	stage_guard,   stage_routes,	  daemon_stage_links,	stage_isolate,
};

/* ---- from ready to gone ------------------------------------------------ */

static void say_ready(const struct daemon *d, int fd)
{
	dprintf(fd, "started missiu on interface %s, tap device %s\n",
		d->conf->iface, d->tap.name);
	if (d->conf->automatic)
		return;
	dprintf(fd,
		"You may need to bring it up:   ip link set dev %s up\n"
		"Route each protected peer:     route add -host <peer> dev %s\n"
		"(with --auto missiu does both)\n",
		d->tap.name, d->tap.name);
}

/* Let go of the caller's terminal; what is printed by accident is logged. */
static void detach(const struct daemon *d, int ready_fd)
{
	dup2(d->null_fd, STDIN_FILENO);
	dup2(d->log_fd, STDOUT_FILENO);
	dup2(d->log_fd, STDERR_FILENO);
	close(ready_fd);
}

/*
 * Fail closed: whoever ends us against our will, by taking the TAP away, does
 * not open the kernel's path; nor does a start that fails.
 */
static bool keep_guard(struct daemon *d)
{
	struct netlink_link link;

	if (d->status == EXIT_SUCCESS || !d->guard)
		return false;
	if (!d->ready)
		return guard_inherited(d->guard);
	return !netlink_link_get(d->nl, d->link.name, &link, NULL);
}

static void tear_down(struct daemon *d)
{
	bool keep = keep_guard(d);
	int stopper = control_close(d->control);

	tcplink_close(d->tcp);
	links_close(d->links);
	virtip_free(d->virtip);
	autoroute_free(d->routes);
	for (int i = 0; i < N_EVENTS; i++)
		if (d->events[i])
			event_free(d->events[i]);
	dataplane_free(d->data);
	if (d->outer)
		d->ops->close(d->outer);
	guard_close(d->guard, keep);
	tap_close(&d->tap);
	netlink_close(d->nl);
	missiu_free(d->m);
	if (d->base)
		event_base_free(d->base);
	if (d->log_remove)
		unlink(d->log_remove);
	pidfile_remove(&d->pid);
	if (stopper >= 0)
		close(stopper);
}

static int set_up(struct daemon *d)
{
	struct missiu_diag diag = { "" };

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (stages[i](d, &diag)) {
			dprintf(STDERR_FILENO, "missiu: %s\n", diag.msg);
			return EXIT_FAILURE;
		}
	return EXIT_SUCCESS;
}

int daemon_run(const struct daemon_conf *conf, int ready_fd)
{
	struct daemon d = { .conf = conf,
			    .pid.fd = -1,
			    .tap.fd = -1,
			    .log_fd = -1,
			    .null_fd = -1,
			    .started = clock_now() };

	d.status = set_up(&d);
	if (d.status == EXIT_SUCCESS) {
		d.ready = true;
		say_ready(&d, ready_fd);
		if (!conf->foreground)
			detach(&d, ready_fd);
		event_base_dispatch(d.base);
		log_info(main, "missiu on %s stops", conf->iface);
	}
	tear_down(&d);
	return d.status;
}
