/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/stop.h"

#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "common/diag.h"
#include "ctl/client.h"
#include "ctl/sock.h"
#include "ctl/stream.h"
#include "missiu/guard.h"
#include "missiu/pidfile.h"

#define WAIT_MS 10000
#define REAP_MS 500

/* Ask by the control socket; by signal when nobody answers there. */
static int ask(const char *iface, int pidfd, struct missiu_diag *diag)
{
	struct ctl_conn *c;
	int err = ctl_connect(iface, &c, diag);

	if (!err) {
		err = ctl_stop(c, diag);
		ctl_close(c);
	}
	if (err && err != MISSIU_EPERM && pidfd >= 0 &&
	    !pidfd_send_signal(pidfd, SIGTERM, NULL, 0))
		err = 0;
	return err;
}

/*
 * A pidfd becomes readable when its process has ended. Its parent, init, then
 * takes it off the process list: give it a moment, so that nobody who looks
 * after us still finds the pid.
 */
static int wait_end(int pidfd, struct missiu_diag *diag)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0)
		return 0;
	if (poll(&p, 1, WAIT_MS) == 0)
		return diag_set(diag, MISSIU_ETIME,
				"missiu did not end within %d s",
				WAIT_MS / 1000);
	for (int i = 0; i < REAP_MS && !pidfd_send_signal(pidfd, 0, NULL, 0);
	     i++)
		poll(NULL, 0, 1);
	return 0;
}

/*
 * Files that a killed daemon has left. Whoever has the lock of the first is no
 * daemon at work. Return: whether there were any.
 */
static bool sweep(const char *iface, const char *pid_path)
{
	static const char *const prefixes[] = { CTL_FIFO_PREFIX,
						CTL_PFKEY_PREFIX,
						CTL_STREAM_PREFIX,
						CTL_LOG_PREFIX };
	char path[PATH_MAX];
	struct pidfile p;
	pid_t holder;

	if (access(pid_path, F_OK) < 0 ||
	    pidfile_lock(pid_path, &p, &holder, NULL))
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (ctl_path(path, sizeof(path), prefixes[i], iface))
			unlink(path);
	pidfile_remove(&p);
	return true;
}

/* Return: false when nothing was left, or with *@diag. */
static bool clean_up(const char *iface, const char *pid_path,
		     struct missiu_diag *diag)
{
	int table = guard_remove(iface, diag);

	return table >= 0 && (sweep(iface, pid_path) || table > 0);
}

int stop_daemon(const char *iface, struct missiu_diag *diag)
{
	char path[PATH_MAX], only[IFNAMSIZ];
	int err = 0, pidfd = -1;
	pid_t pid;

	if (!iface) {
		err = ctl_find_instance(only, sizeof(only), diag);
		iface = only;
	}
	if (err)
		return err;
	if (!ctl_path(path, sizeof(path), CTL_PID_PREFIX, iface))
		return diag_set(diag, MISSIU_EINVAL,
				"\"%s\" is no interface name", iface);
	if (!pidfile_holder(path, &pid) && pid > 0)
		pidfd = pidfd_open(pid, 0);
	err = ask(iface, pidfd, diag);
	if (!err)
		err = wait_end(pidfd, diag);
	else if (err == MISSIU_ECONN && clean_up(iface, path, diag))
		err = 0;
	if (pidfd >= 0)
		close(pidfd);
	return err;
}
