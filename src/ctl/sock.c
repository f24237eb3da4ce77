/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/sock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/diag.h"

#define DIAL_LIMIT_S 10

/*
 * The one mutable global of the layer: where sockets lie is a property of the
 * process, set once at start-up.
 */
static char run_dir[sizeof(((struct sockaddr_un *)0)->sun_path) - 32] =
	CTL_RUN_DIR;

bool ctl_set_run_dir(const char *dir)
{
	const char *use = dir ? dir : CTL_RUN_DIR;
	size_t len = strlen(use);

	if (!len || len >= sizeof(run_dir))
		return false;
	memcpy(run_dir, use, len + 1);
	return true;
}

static bool iface_name_ok(const char *s)
{
	size_t len = strlen(s);

	return len && len < IFNAMSIZ && !strchr(s, '/') && strcmp(s, ".") &&
	       strcmp(s, "..");
}

bool ctl_path(char *buf, size_t cap, const char *prefix, const char *iface)
{
	int n;

	if (!iface_name_ok(iface))
		return false;
	n = snprintf(buf, cap, "%s/%s%s", run_dir, prefix, iface);
	return n > 0 && (size_t)n < cap;
}

static bool unix_addr(const char *path, struct sockaddr_un *sun)
{
	size_t len = strlen(path);

	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len >= sizeof(sun->sun_path))
		return false;
	memcpy(sun->sun_path, path, len + 1);
	return true;
}

static int seqpacket(int flags)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
}

/* connect(); Return: 0 or errno. */
static int try_connect(int fd, const char *path)
{
	struct sockaddr_un sun;

	if (!unix_addr(path, &sun))
		return ENAMETOOLONG;
	return connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) ? errno :
									 0;
}

/*
 * What a knock at a socket's path gives: 0 or an errno. Only ENOENT and
 * ECONNREFUSED mean that nobody is there.
 */
static int knock(const char *path)
{
	int fd = seqpacket(SOCK_NONBLOCK), err;

	if (fd < 0)
		return errno;
	err = try_connect(fd, path);
	close(fd);
	return err;
}

static bool somebody_answers(const char *path)
{
	int err = knock(path);

	return err != ENOENT && err != ECONNREFUSED;
}

/* Up to this many instances are named in a diagnosis. */
#define FOUND_MAX 8

struct found {
	char names[FOUND_MAX][IFNAMSIZ];
	size_t n; /* may exceed FOUND_MAX */
};

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void scan_instances(struct found *f)
{
	const size_t skip = strlen(CTL_FIFO_PREFIX);
	DIR *d = opendir(run_dir);
	const struct dirent *e;
	char path[PATH_MAX];

	f->n = 0;
	while (d && (e = readdir(d))) {
		if (strncmp(e->d_name, CTL_FIFO_PREFIX, skip) ||
		    !ctl_path(path, sizeof(path), CTL_FIFO_PREFIX,
			      e->d_name + skip) ||
		    !somebody_answers(path))
			continue;
		if (f->n < FOUND_MAX)
			snprintf(f->names[f->n], IFNAMSIZ, "%.*s", IFNAMSIZ - 1,
				 e->d_name + skip);
		f->n++;
	}
	if (d)
		closedir(d);
	qsort(f->names, f->n < FOUND_MAX ? f->n : FOUND_MAX, IFNAMSIZ, by_name);
}

int ctl_find_instance(char *iface, size_t cap, struct missiu_diag *diag)
{
	char list[FOUND_MAX * (IFNAMSIZ + 1) + 8] = "";
	struct found f;
	size_t i, at = 0;

	scan_instances(&f);
	if (!f.n)
		return diag_set(diag, MISSIU_ECONN,
				"missiu is not running: start it with "
				"missiu -i <interface> startRaw");
	if (f.n == 1) {
		snprintf(iface, cap, "%s", f.names[0]);
		return 0;
	}
	for (i = 0; i < f.n && i < FOUND_MAX; i++)
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%s",
				       i ? ", " : "", f.names[i]);
	return diag_set(diag, MISSIU_ECONN,
			"several missiu are running (%s%s): choose one with "
			"-i <interface>",
			list, f.n > FOUND_MAX ? ", ..." : "");
}

/* Only a socket on which nobody answers is ours to remove. */
static int remove_stale(const char *path, struct missiu_diag *diag)
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 :
					 diag_set(diag, MISSIU_EIO, "%s: %s",
						  path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return diag_set(diag, MISSIU_EBUSY,
				"%s exists and is no socket: remove it", path);
	if (somebody_answers(path))
		return diag_set(diag, MISSIU_EBUSY,
				"%s: another process answers on it", path);
	if (unlink(path) && errno != ENOENT)
		return diag_set(diag, MISSIU_EIO, "%s: cannot remove: %s", path,
				strerror(errno));
	return 0;
}

int ctl_listen(const char *path, struct missiu_diag *diag)
{
	struct sockaddr_un sun;
	int fd, err;

	if (!unix_addr(path, &sun))
		return diag_set(diag, MISSIU_EINVAL, "%s: path too long", path);
	err = remove_stale(path, diag);
	if (err)
		return err;
	fd = seqpacket(SOCK_NONBLOCK);
	/*
	 * bind() makes the file with the mode of the socket's own inode, less
	 * the umask: so it is narrow from its first moment, in threads too.
	 */
	if (fd < 0 || fchmod(fd, 0600) ||
	    bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) ||
	    listen(fd, 16)) {
		err = errno == EADDRINUSE ? MISSIU_EBUSY : MISSIU_EIO;
		diag_set(diag, err, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return err;
	}
	return fd;
}

/* The other end belongs to root or to our own user. */
static bool peer_trusted(int fd, pid_t *pid)
{
	struct ucred c;
	socklen_t len = sizeof(c);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &len) ||
	    (c.uid != 0 && c.uid != geteuid()))
		return false;
	*pid = c.pid;
	return true;
}

int ctl_accept(int fd, pid_t *pid)
{
	int c = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (c < 0)
		return errno == EAGAIN || errno == EINTR ||
				       errno == ECONNABORTED ?
			       MISSIU_EAGAIN :
			       MISSIU_EIO;
	if (!peer_trusted(c, pid)) {
		close(c);
		return MISSIU_EPERM;
	}
	return c;
}

/* An errno of connect() in words that name the remedy. */
static int explain_dial(int e, const char *iface, struct missiu_diag *diag)
{
	if (e == ENOENT || e == ECONNREFUSED)
		return diag_set(diag, MISSIU_ECONN,
				"missiu is not running on %s: start it with "
				"missiu -i %s startRaw",
				iface, iface);
	if (e == EACCES || e == EPERM)
		return diag_set(diag, MISSIU_EPERM,
				"no permission to talk to missiu on %s: run "
				"this as root or as missiu's user",
				iface);
	if (e == EAGAIN)
		return diag_set(diag, MISSIU_ETIME,
				"missiu on %s does not answer", iface);
	return diag_set(diag, MISSIU_EIO, "missiu on %s: %s", iface,
			strerror(e));
}

int ctl_dial(const char *prefix, const char *iface, struct missiu_diag *diag)
{
	const struct timeval limit = { .tv_sec = DIAL_LIMIT_S };
	char path[PATH_MAX], only[IFNAMSIZ];
	int fd, err;
	pid_t pid;

	if (!iface) {
		err = ctl_find_instance(only, sizeof(only), diag);
		if (err)
			return err;
		iface = only;
	}
	if (!ctl_path(path, sizeof(path), prefix, iface))
		return diag_set(diag, MISSIU_ECONN,
				"\"%.32s\" is no interface's name", iface);
	fd = seqpacket(0);
	if (fd < 0)
		return explain_dial(errno, iface, diag);
	/* For connect(): a full backlog has no event that poll() could see. */
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	err = try_connect(fd, path);
	if (!err && !peer_trusted(fd, &pid))
		err = EPERM;
	if (!err && fcntl(fd, F_SETFL, O_NONBLOCK))
		err = errno;
	if (!err)
		return fd;
	close(fd);
	return explain_dial(err, iface, diag);
}
