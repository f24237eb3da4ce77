/* SPDX-License-Identifier: Apache-2.0 */
/* Going to the background: the caller waits until the daemon is ready. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "missiu/daemon.h"

/* Copy the start message to stdout; Return: false when there was none. */
static bool relay(int fd)
{
	char text[1024];
	bool any = false;
	ssize_t n;

	while ((n = read(fd, text, sizeof(text))) > 0 ||
	       (n < 0 && errno == EINTR))
		if (n > 0)
			any = fwrite(text, (size_t)n, 1, stdout) == 1;
	fflush(stdout);
	return any;
}

/* The daemon said nothing: it has failed, and told why on stderr. */
static int failed(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return EXIT_FAILURE;
	if (WIFSIGNALED(status))
		fprintf(stderr, "missiu: killed by signal %d while starting\n",
			WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) :
							  EXIT_FAILURE;
}

/* Keep no descriptor of the caller's but stdio; Return: where @fd is now. */
static int only_ours(int fd)
{
	const int at = STDERR_FILENO + 1;

	if (fd != at && dup2(fd, at) != at)
		return fd;
	close_range(at + 1, UINT_MAX, 0);
	return at;
}

int daemon_start(const struct daemon_conf *conf)
{
	int ready[2];
	pid_t child;
	bool ok;

	if (conf->foreground)
		return daemon_run(conf, STDOUT_FILENO);
	fflush(stdout);
	if (pipe(ready) < 0 || (child = fork()) < 0) {
		fprintf(stderr, "missiu: cannot start a process: %s\n",
			strerror(errno));
		return EXIT_FAILURE;
	}
	if (!child) {
		setsid();
		exit(daemon_run(conf, only_ours(ready[1])));
	}
	close(ready[1]);
	ok = relay(ready[0]);
	close(ready[0]);
	return ok ? EXIT_SUCCESS : failed(child);
}
