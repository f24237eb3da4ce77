/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/keyfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/log.h"
#include "common/secret.h"
#include "ike/keylog.h"

static int open_one(const char *dir, const char *name, int *fd,
		    struct missiu_diag *diag)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	*fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		   0600);
	if (*fd < 0 || fstat(*fd, &st))
		return diag_set(diag, MISSIU_EIO, "--save-keys: %s: %s", path,
				strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_mode & 077)
		return diag_set(diag, MISSIU_EPERM,
				"--save-keys: %s lets others at the keys; run: "
				"chmod 600 %s",
				path, path);
	return 0;
}

int keyfiles_open(const char *dir, struct keyfiles *out,
		  struct missiu_diag *diag)
{
	int ret;

	*out = (struct keyfiles){ -1, -1 };
	if (!dir)
		return 0;
	ret = open_one(dir, "ikev2_decryption_table", &out->ike, diag);
	if (!ret)
		ret = open_one(dir, "esp_sa", &out->esp, diag);
	if (ret) {
		keyfiles_close(out);
		return ret;
	}
	log_warn(main,
		 "--save-keys: THE KEYS OF ALL SAs ARE WRITTEN TO %s: whoever "
		 "reads it reads all traffic, also what was recorded before. "
		 "Not for production",
		 dir);
	return 0;
}

static void put(int fd, const char *line)
{
	/* One write a line, so that a reader never sees half of one. */
	char buf[KEYLOG_MAX + 1];
	int n = snprintf(buf, sizeof(buf), "%s\n", line);

	if (n > 0 && write(fd, buf, (size_t)n) != n)
		log_err(main, "--save-keys: %s", strerror(errno));
	secret_wipe(buf, sizeof(buf));
}

void keyfiles_put(const struct keyfiles *f, const struct ike_action *a)
{
	char line[KEYLOG_MAX];

	if (a->kind == IKE_KEYS && f->ike >= 0)
		put(f->ike, a->text);
	if (a->kind != IKE_SA_ADD || f->esp < 0)
		return;
	if (keylog_esp(&a->sa, line, sizeof(line)))
		put(f->esp, line);
	secret_wipe(line, sizeof(line));
}

void keyfiles_close(struct keyfiles *f)
{
	if (f->ike >= 0)
		close(f->ike);
	if (f->esp >= 0)
		close(f->esp);
	*f = (struct keyfiles){ -1, -1 };
}
