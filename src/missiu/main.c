/* SPDX-License-Identifier: Apache-2.0 */
/* missiu: the data-path daemon, and the commands that talk to it. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/sock.h"
#include "missiu/daemon.h"
#include "missiu/look.h"
#include "missiu/status.h"
#include "missiu/stop.h"

#define EXIT_USAGE 2

enum {
	OPT_VERSION = 256,
	OPT_JSON,
	OPT_MTU,
	OPT_LOOK,
	OPT_NO_MSS,
	OPT_NO_GUARD,
	OPT_OUTER,
	OPT_RUN_DIR
};

static const struct {
	struct option opt;
	const char *arg, *help;
} options[] = {
	{ { "interface", required_argument, NULL, 'i' },
	  "IF",
	  "network interface to work on" },
	{ { "log", required_argument, NULL, 'l' },
	  "FILE",
	  "log file, relative to the run dir; without it\n"
	  "missiu.log.IF, which stop removes" },
	{ { "auto", no_argument, NULL, 'a' },
	  NULL,
	  "bring the TAP device up and install the routes that the\n"
	  "loaded policies call for" },
	{ { "tap", required_argument, NULL, 't' },
	  "NAME",
	  "name of the TAP device; without it the kernel picks tapN" },
	{ { "default", required_argument, NULL, 'd' },
	  "WORD",
	  "packets no policy names: bypass (as ever) or drop" },
	{ { "mtu", required_argument, NULL, OPT_MTU },
	  "BYTES",
	  "MTU of the TAP device; without it what the interface\n"
	  "carries less what the loaded policies add" },
	{ { "no-mss-clamp", no_argument, NULL, OPT_NO_MSS },
	  NULL,
	  "leave the maximum segment size of TCP as it is" },
	{ { "look", required_argument, NULL, OPT_LOOK },
	  "USEC",
	  "look for more packets up to so long before sleeping:\n"
	  "shorter round trips for CPU time; without it 100" },
	{ { "outer", required_argument, NULL, OPT_OUTER },
	  "WORD",
	  "how start sends and receives: auto, or xdp or xdp-native,\n"
	  "faster for protocols 50 and 51 and slower for others" },
	{ { "foreground", no_argument, NULL, 'f' },
	  NULL,
	  "stay in the foreground, log to stderr" },
	{ { "no-guard", no_argument, NULL, OPT_NO_GUARD },
	  NULL,
	  "leave the kernel's own path open: no nftables table" },
	{ { "json", no_argument, NULL, OPT_JSON }, NULL, "status as JSON" },
	{ { "run-dir", required_argument, NULL, OPT_RUN_DIR },
	  "DIR",
	  "pid file, sockets and log instead of in " CTL_RUN_DIR },
	{ { "help", no_argument, NULL, 'h' }, NULL, "this text" },
	{ { "version", no_argument, NULL, OPT_VERSION }, NULL, "version" },
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

/* The command line as read. */
struct args {
	struct daemon_conf conf;
	const char *run_dir; /* as given */
	const char *command;
	bool json;
};

__attribute__((format(printf, 1, 2))) static int usage(const char *fmt, ...)
{
	va_list ap;

	fputs("missiu: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs(" ('missiu -h' helps)\n", stderr);
	return EXIT_USAGE;
}

static void print_option(size_t i)
{
	const char *text = options[i].help, *nl;
	char left[40];
	int n = options[i].opt.val < 256 ? snprintf(left, sizeof(left), "-%c, ",
						    options[i].opt.val) :
					   snprintf(left, sizeof(left), "    ");

	snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s",
		 options[i].opt.name, options[i].arg ? " " : "",
		 options[i].arg ? options[i].arg : "");
	while ((nl = strchr(text, '\n'))) {
		printf("  %-22s %.*s\n", left, (int)(nl - text), text);
		left[0] = '\0';
		text = nl + 1;
	}
	printf("  %-22s %s\n", left, text);
}

static int help(void)
{
	puts("missiu protects the traffic of a network interface with IPsec, "
	     "without the\nkernel's help.\n\n"
	     "  missiu -i IF [-l FILE] startRaw   start, capture by raw "
	     "sockets\n"
	     "  missiu -i IF [-l FILE] start      start with the fastest back "
	     "end\n"
	     "  missiu -i IF stop                 stop, wait until it is gone\n"
	     "  missiu -i IF status [--json]      SAs, policies, drops\n");
	for (size_t i = 0; i < N_OPTIONS; i++)
		print_option(i);
	puts("\nExit status: 0 success, 1 failure, 2 wrong usage.");
	return EXIT_SUCCESS;
}

static int report(const struct missiu_diag *diag)
{
	fprintf(stderr, "missiu: %s\n", diag->msg);
	return EXIT_FAILURE;
}

static int cmd_start(struct args *a)
{
	if (!a->conf.iface)
		return usage("which interface? -i IF is missing");
	return daemon_start(&a->conf);
}

static int cmd_start_raw(struct args *a)
{
	if (a->conf.outer)
		return usage("--outer goes with start, not startRaw");
	a->conf.raw = true;
	return cmd_start(a);
}

static int cmd_stop(struct args *a)
{
	struct missiu_diag diag = { "" };

	return stop_daemon(a->conf.iface, &diag) ? report(&diag) : EXIT_SUCCESS;
}

static int cmd_status(struct args *a)
{
	struct missiu_diag diag = { "" };
	struct ctl_conn *c = NULL;
	char *json = NULL;
	int err = ctl_connect(a->conf.iface, &c, &diag);

	if (!err)
		err = ctl_status(c, &json, &diag);
	if (!err && a->json)
		puts(json);
	else if (!err && status_print(json, stdout)) {
		snprintf(diag.msg, sizeof(diag.msg),
			 "the daemon's answer is no status");
		err = MISSIU_EPROTO;
	}
	free(json);
	ctl_close(c);
	return err ? report(&diag) : EXIT_SUCCESS;
}

static const struct {
	const char *name;
	int (*run)(struct args *a);
} commands[] = {
	{ "startRaw", cmd_start_raw },
	{ "start", cmd_start },
	{ "stop", cmd_stop },
	{ "status", cmd_status },
};

static int take_default(struct args *a, const char *word)
{
	if (strcmp(word, "drop") != 0 && strcmp(word, "bypass") != 0)
		return usage("--default \"%s\": bypass or drop expected", word);
	a->conf.drop_unmatched = !strcmp(word, "drop");
	return 0;
}

static int take_outer(struct args *a, const char *word)
{
	if (strcmp(word, "auto") != 0 && strcmp(word, "xdp") != 0 &&
	    strcmp(word, "xdp-native") != 0)
		return usage("--outer \"%s\": auto, xdp or xdp-native expected",
			     word);
	a->conf.outer = strcmp(word, "auto") != 0 ? word : NULL;
	return 0;
}

static int take_mtu(struct args *a, const char *word)
{
	char *end;
	unsigned long mtu = strtoul(word, &end, 10);

	if (*word < '0' || *word > '9' || *end || mtu < 68 || mtu > 65521)
		return usage("--mtu \"%s\": 68 to 65521 expected", word);
	a->conf.mtu = (unsigned)mtu;
	return 0;
}

static int take_look(struct args *a, const char *word)
{
	char *end;
	unsigned long us = strtoul(word, &end, 10);

	if (*word < '0' || *word > '9' || *end || us > LOOK_MAX_US)
		return usage("--look \"%s\": 0 to %d microseconds expected",
			     word, LOOK_MAX_US);
	a->conf.look = (unsigned)us;
	return 0;
}

/* getopt names a short option by its letter, a long one is the last word. */
static int bad_option(const char *what, const char *word)
{
	if (optopt > 0 && optopt < OPT_VERSION)
		return usage("option -%c %s", optopt, what);
	return usage("option %s %s", word, what);
}

/* One option; Return: 0 or an exit status. */
static int take_option(struct args *a, int c, const char *word)
{
	switch (c) {
	case 'i':
		a->conf.iface = optarg;
		return 0;
	case 'l':
		a->conf.log = optarg;
		return 0;
	case 'a':
		a->conf.automatic = true;
		return 0;
	case 't':
		a->conf.tap = optarg;
		return 0;
	case 'f':
		a->conf.foreground = true;
		return 0;
	case 'd':
		return take_default(a, optarg);
	case OPT_NO_GUARD:
		a->conf.no_guard = true;
		return 0;
	case OPT_OUTER:
		return take_outer(a, optarg);
	case OPT_MTU:
		return take_mtu(a, optarg);
	case OPT_LOOK:
		return take_look(a, optarg);
	case OPT_NO_MSS:
		a->conf.no_mss_clamp = true;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_RUN_DIR:
		a->run_dir = optarg;
		return 0;
	case ':':
		return bad_option("needs a value", word);
	default:
		return bad_option("is unknown", word);
	}
}

static int parse(int argc, char **argv, struct args *a)
{
	struct option opts[N_OPTIONS + 1] = { 0 };
	int c, err;

	for (size_t i = 0; i < N_OPTIONS; i++)
		opts[i] = options[i].opt;
	opterr = 0;
	for (;;) {
		c = getopt_long(argc, argv, ":i:l:at:d:fh", opts, NULL);
		if (c < 0)
			break;
		if (c == 'h')
			exit(help());
		if (c == OPT_VERSION) {
			puts("missiu " MISSIU_VERSION);
			exit(EXIT_SUCCESS);
		}
		err = take_option(a, c, argv[optind - 1]);
		if (err)
			return err;
	}
	a->command = argv[optind];
	if (!a->command)
		return usage("a command is missing: startRaw, start, stop or "
			     "status");
	if (argv[optind + 1])
		return usage("unexpected word \"%s\"", argv[optind + 1]);
	return 0;
}

int main(int argc, char **argv)
{
	struct args a = { .conf.look = LOOK_DEFAULT_US };
	char run_dir[PATH_MAX];
	int err = parse(argc, argv, &a);

	if (err)
		return err;
	if (!realpath(a.run_dir ? a.run_dir : CTL_RUN_DIR, run_dir))
		return usage("run dir %s: %s", a.run_dir, strerror(errno));
	a.conf.run_dir = run_dir;
	if (a.run_dir && !ctl_set_run_dir(run_dir))
		return usage("run dir %s: path too long", run_dir);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, a.command))
			return commands[i].run(&a);
	return usage("unknown command \"%s\": startRaw, start, stop or status",
		     a.command);
}
