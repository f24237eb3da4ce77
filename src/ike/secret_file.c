/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/secret.h"

#include "missiu/err.h"

#define SECRET_FILE_MAX (1u << 20)

/* Refuse files that others can read: the secret would be theirs too. */
static int check_secrecy(int fd, const char *name, struct missiu_diag *diag)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diag_set(diag, MISSIU_EIO, "%s: %s", name,
				strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return diag_set(diag, MISSIU_EINVAL, "%s: not a file", name);
	if (st.st_mode & 077)
		return diag_set(diag, MISSIU_EPERM,
				"%s: mode %03o lets others at the keys; run: "
				"chmod 600 %s",
				name, (unsigned)st.st_mode & 0777, name);
	return 0;
}

static int read_all(int fd, const char *name, char *buf, size_t cap,
		    size_t *len, struct missiu_diag *diag)
{
	for (;;) {
		ssize_t r = read(fd, buf + *len, cap - *len);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return diag_set(diag, MISSIU_EIO, "%s: %s", name,
					strerror(errno));
		if (r == 0)
			return 0;
		*len += (size_t)r;
		if (*len == cap)
			return diag_set(diag, MISSIU_EINVAL,
					"%s: larger than %zu bytes", name,
					cap - 1);
	}
}

int secret_file_read(const char *name, secret_file_parse *parse, void *arg,
		     struct missiu_diag *diag)
{
	char *buf = NULL;
	size_t len = 0;
	int fd, ret;

	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return diag_set(diag, MISSIU_EIO, "%s: %s", name,
				strerror(errno));
	ret = check_secrecy(fd, name, diag);
	if (ret)
		goto out;
	buf = malloc(SECRET_FILE_MAX + 1);
	if (!buf) {
		ret = MISSIU_ENOMEM;
		goto out;
	}
	ret = read_all(fd, name, buf, SECRET_FILE_MAX + 1, &len, diag);
	if (!ret)
		ret = parse(name, buf, len, arg, diag);
out:
	if (buf)
		secret_wipe(buf, len);
	free(buf);
	close(fd);
	return ret;
}
