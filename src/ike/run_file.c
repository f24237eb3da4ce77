/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/run_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

#define FILE_MAX (64u << 20)

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

char *run_file_read(const char *path)
{
	char *text = NULL;
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (is_ours(fd, &st))
		text = read_all(fd, (size_t)st.st_size);
	else
		log_warn(ike, "%s is not read: not a file of ours alone", path);
	close(fd);
	return text;
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

bool run_file_replace(const char *path, const char *text)
{
	char tmp[PATH_MAX];
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
