/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/diag.h"

static pid_t read_pid(int fd)
{
	char text[24] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	return n > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

static bool write_pid(int fd)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	return !ftruncate(fd, 0) && pwrite(fd, text, (size_t)n, 0) == n;
}

/* Whether the name still leads to the file that we opened. */
static bool still_there(int fd, const char *path)
{
	struct stat ours, named;

	return !fstat(fd, &ours) && !stat(path, &named) &&
	       ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

static int refuse(const char *path, struct missiu_diag *diag)
{
	return diag_set(diag,
			errno == EACCES || errno == EPERM ? MISSIU_EPERM :
							    MISSIU_EIO,
			"%s: %s", path, strerror(errno));
}

int pidfile_lock(const char *path, struct pidfile *p, pid_t *holder,
		 struct missiu_diag *diag)
{
	int fd;

	p->fd = -1;
	*holder = 0;
	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			  0644);
		if (fd < 0)
			return refuse(path, diag);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			*holder = read_pid(fd);
			close(fd);
			return MISSIU_EBUSY;
		}
		if (still_there(fd, path))
			break;
		close(fd); /* its owner removed it while we opened it */
	}
	if (!write_pid(fd)) {
		int err = refuse(path, diag);

		unlink(path);
		close(fd);
		return err;
	}
	snprintf(p->path, sizeof(p->path), "%s", path);
	p->fd = fd;
	return 0;
}

void pidfile_remove(struct pidfile *p)
{
	if (p->fd < 0)
		return;
	unlink(p->path);
	close(p->fd);
	p->fd = -1;
}

int pidfile_holder(const char *path, pid_t *pid)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), ret = MISSIU_ENOENT;

	*pid = 0;
	if (fd < 0)
		return errno == EACCES ? MISSIU_EPERM : MISSIU_ENOENT;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0) {
		*pid = read_pid(fd);
		ret = 0;
	}
	close(fd);
	return ret;
}
