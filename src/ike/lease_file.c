/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/lease_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "ctl/sock.h"

#define PREFIX	 "ike.leases."
#define FILE_MAX (64u << 20)
#define PAUSE_US 1000000u

/* All of an open file, NUL-terminated. */
static char *read_all(int fd, size_t len)
{
	char *text = malloc(len + 1);
	size_t n = 0;

	while (text && n < len) {
		const ssize_t got = read(fd, text + n, len - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	if (text)
		text[n] = '\0';
	return text;
}

static bool is_ours(int fd, struct stat *st)
{
	return !fstat(fd, st) && S_ISREG(st->st_mode) &&
	       st->st_uid == geteuid() && !(st->st_mode & 022) &&
	       st->st_size <= (off_t)FILE_MAX;
}

void lease_file_load(struct lease_file *f, const char *iface, struct ike *ike)
{
	struct stat st;
	char *text = NULL;
	unsigned line;
	size_t n;
	int fd;

	*f = (struct lease_file){ .version = ike_leases_version(ike) };
	if (!ctl_path(f->path, sizeof(f->path), PREFIX, iface)) {
		f->path[0] = '\0';
		return;
	}
	fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	if (is_ours(fd, &st))
		text = read_all(fd, (size_t)st.st_size);
	else
		log_warn(ike, "%s is not read: not a file of ours alone",
			 f->path);
	close(fd);
	if (!text)
		return;
	n = ike_leases_load(ike, text, &line);
	free(text);
	f->version = ike_leases_version(ike);
	log_info(ike, "%zu leases of %s", n, f->path);
	if (line)
		log_warn(ike, "%s:%u: found no lease there", f->path, line);
}

static bool write_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		const ssize_t n = write(fd, text, len);

		if (n < 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static bool replace(const char *path, const char *text)
{
	char tmp[sizeof(((struct lease_file *)0)->path) + 4];
	bool ok;
	int fd;

	snprintf(tmp, sizeof(tmp), "%s.tmp", path);
	(void)unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	ok = write_all(fd, text);
	ok = !close(fd) && ok && !rename(tmp, path);
	if (!ok)
		(void)unlink(tmp);
	return ok;
}

missiu_usec lease_file_save(struct lease_file *f, const struct ike *ike,
			    missiu_usec now)
{
	const uint64_t version = ike_leases_version(ike);
	char *text;

	if (version == f->version || !f->path[0])
		return UINT64_MAX;
	if (now < f->next_us)
		return f->next_us;
	text = ike_leases_text(ike);
	if (text && replace(f->path, text)) {
		f->complained = false;
	} else if (!f->complained) {
		log_warn(ike, "leases cannot be kept in %s: %s", f->path,
			 strerror(errno));
		f->complained = true;
	}
	free(text);
	f->version = version;
	f->next_us = now + PAUSE_US;
	return UINT64_MAX;
}
