/* SPDX-License-Identifier: Apache-2.0 */
/* ike: negotiates SAs by IKEv2 (RFC 7296) and installs them in missiu. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "ctl/sock.h"
#include "ike/cli.h"
#include "ike/command.h"
#include "ike/loop.h"
#include "ike/status.h"

static int run(struct cli *cli)
{
	int fd = STDERR_FILENO;

	if (cli->log_file) {
		fd = open(cli->log_file,
			  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (fd < 0) {
			fprintf(stderr, "ike: %s: %s\n", cli->log_file,
				strerror(errno));
			return 1;
		}
	}
	log_open("ike", fd, true);
	if (cli->debug)
		log_set_level(LOG_G_MAX, LOG_L_DEBUG);
	return loop_run(cli);
}

int main(int argc, char **argv)
{
	static struct cli cli; /* large: 256 keys */
	struct missiu_diag diag = { "" };
	int ret = 1;

	if (cli_parse(argc, argv, &cli, &diag)) {
		fprintf(stderr, "ike: %s\n", diag.msg);
		cli_wipe(&cli);
		return 1;
	}
	if (cli.run_dir && !ctl_set_run_dir(cli.run_dir)) {
		fprintf(stderr, "ike: --run-dir: the path is too long\n");
		cli_wipe(&cli);
		return 1;
	}
	switch (cli.command) {
	case CLI_HELP:
		ret = 0;
		for (size_t i = 0; cli_help(i); i++)
			ret |= fputs(cli_help(i), stdout) < 0;
		break;
	case CLI_VERSION:
		ret = printf("ike (missiu) %s\n", MISSIU_VERSION) < 0;
		break;
	case CLI_STATUS:
		ret = status_show(cli.iface, cli.json);
		break;
	case CLI_UP:
	case CLI_DOWN:
	case CLI_REKEY:
	case CLI_REDIRECT:
	case CLI_LOG:
	case CLI_MONITOR:
		ret = command_run(&cli);
		break;
	case CLI_RUN:
		ret = run(&cli);
		break;
	}
	cli_wipe(&cli);
	return ret;
}
