/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipseckey: adds, deletes, lists and watches SAs. Keys never stand on the
 * command line, where everybody could read them: they come from a file or from
 * standard input, in the words of the configuration language.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/addr.h"
#include "ctl/sock.h"
#include "loadconfig/dump.h"
#include "loadconfig/load.h"

#define EXIT_USAGE 2

enum { OPT_VERSION = 256, OPT_JSON, OPT_KEYS, OPT_RUN_DIR };

struct args {
	const char *iface, *file;
	bool json, keys;
	char **words; /* what follows the command */
	int n_words;
};

static const char help_text[] =
	"usage: ipseckey [-i IF] [option ...] COMMAND\n\n"
	"  add [-f FILE]     add SAs: statements \"add SRC DST esp SPI -m MODE "
	"-E ALG KEY\n"
	"                    -A ALG KEY;\" from FILE or standard input\n"
	"  delete SRC DST esp|ah SPI   delete one SA\n"
	"  list [--json] [--keys]      show all SAs\n"
	"  flush             delete all SAs\n"
	"  monitor           print events, one a line, until interrupted\n\n"
	"  -i, --interface IF  which missiu, when several run\n"
	"      --run-dir DIR where missiu's sockets are, if not in " CTL_RUN_DIR
	"\n"
	"  -h, --help        this text\n"
	"      --version     version\n\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage. The statements are "
	"described in\nmissiu-policy(5).\n";

static int usage(const char *what, const char *arg)
{
	fprintf(stderr, "ipseckey: %s%s ('ipseckey -h' helps)\n", what, arg);
	return EXIT_USAGE;
}

static int report(int r, const struct missiu_diag *diag)
{
	if (!r)
		return EXIT_SUCCESS;
	fprintf(stderr, "ipseckey: %s\n",
		diag->msg[0] ? diag->msg : missiu_strerror(r));
	return EXIT_FAILURE;
}

/* Hand a script over and free it. */
static int apply(const struct args *a, const char *name,
		 struct missiu_script *s)
{
	struct missiu_diag diag = { "" };
	struct ctl_conn *c = NULL;
	int r = ctl_connect(a->iface, &c, &diag);

	if (r) {
		missiu_script_fini(s);
		return report(r, &diag);
	}
	r = load_apply(c, name, s);
	ctl_close(c);
	missiu_script_fini(s);
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Return: true when every statement is of this kind; says where not. */
static bool only(const struct missiu_script *s, const char *name,
		 enum missiu_change_kind kind, const char *statement)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].kind == kind)
			continue;
		fprintf(stderr,
			"%s:%" PRIu32 ":%" PRIu32
			": found another statement, expected %s (loadConfig "
			"takes all)\n",
			name, s->pos[i].line, s->pos[i].col, statement);
		return false;
	}
	if (s->n_peer) {
		fprintf(stderr,
			"%s:%" PRIu32 ":%" PRIu32
			": found a peer, expected %s (loadConfig takes all)\n",
			name, s->peer[0].pos.line, s->peer[0].pos.col,
			statement);
		return false;
	}
	if (!s->n)
		fprintf(stderr, "%s:1:1: found no statement, expected %s\n",
			name, statement);
	return s->n > 0;
}

static int cmd_add(const struct args *a)
{
	const char *path = a->file ? a->file : "-";
	struct missiu_script s = { 0 };

	if (a->n_words)
		return usage("keys do not belong on the command line: give the "
			     "statement on standard input or by -f FILE",
			     "");
	if (load_file(path, &s))
		return EXIT_FAILURE;
	if (only(&s, load_name(path), MISSIU_CHG_ADD_SA, "add"))
		return apply(a, load_name(path), &s);
	missiu_script_fini(&s);
	return EXIT_FAILURE;
}

static int cmd_delete(const struct args *a)
{
	static const char name[] = "command line";
	struct missiu_script s = { 0 };
	char text[512] = "delete";
	size_t at = strlen(text);

	for (int i = 0; i < a->n_words; i++) {
		int n = snprintf(text + at, sizeof(text) - at, " %s",
				 a->words[i]);

		if (n < 0 || (size_t)n >= sizeof(text) - at)
			return usage("too long: ", a->words[i]);
		at += (size_t)n;
	}
	if (load_text(name, text, at, &s))
		return EXIT_FAILURE;
	if (only(&s, name, MISSIU_CHG_DEL_SA, "delete"))
		return apply(a, name, &s);
	missiu_script_fini(&s);
	return EXIT_FAILURE;
}

static int cmd_flush(const struct args *a)
{
	struct missiu_script s = { 0 };
	struct missiu_diag diag = { "" };
	int r = load_prepend_flush(&s, true, false);

	return r ? report(r, &diag) : apply(a, "ipseckey", &s);
}

static int cmd_list(const struct args *a)
{
	const struct dump_what what = { .sas = true,
					.json = a->json,
					.keys = a->keys };
	struct missiu_diag diag = { "" };
	struct ctl_conn *c = NULL;
	int r = ctl_connect(a->iface, &c, &diag);

	if (!r)
		r = dump_show(c, &what, &diag);
	ctl_close(c);
	return report(r, &diag);
}

static void put_sa(const struct missiu_event *ev, const char *what)
{
	printf("%s %s %s 0x%08" PRIx32 " %s", what, dump_dir(ev->dir),
	       ev->proto == MISSIU_AH ? "ah" : "esp", ev->spi,
	       addr_text(&ev->dst).s);
	if (ev->policy_id)
		printf(" policy %" PRIu32, ev->policy_id);
}

static void put_event(const struct missiu_event *ev)
{
	switch (ev->kind) {
	case MISSIU_EV_ACQUIRE:
		printf("acquire policy %" PRIu32 " %s > %s", ev->policy_id,
		       ts_text(&ev->pkt_src).s, ts_text(&ev->pkt_dst).s);
		break;
	case MISSIU_EV_SOFT:
		put_sa(ev, "soft-limit");
		break;
	case MISSIU_EV_IDLE:
		put_sa(ev, "idle");
		break;
	case MISSIU_EV_SILENT:
		put_sa(ev, "silent");
		break;
	case MISSIU_EV_HEARD:
		put_sa(ev, "heard");
		break;
	case MISSIU_EV_HARD:
		put_sa(ev, "expired");
		break;
	case MISSIU_EV_SA_DELETED:
		put_sa(ev, "deleted");
		break;
	case MISSIU_EV_SPD_CHANGED:
		printf("policies-changed");
		break;
	case MISSIU_EV_NAT_CHANGE:
		put_sa(ev, "nat-change");
		printf(" now %s port %u", addr_text(&ev->addr).s, ev->port);
		break;
	}
	putchar('\n');
}

/* Every line is out already: stdout is flushed after each. */
static void interrupted(int sig)
{
	(void)sig;
	_exit(EXIT_SUCCESS);
}

static int cmd_monitor(const struct args *a)
{
	struct missiu_diag diag = { "" };
	struct ctl_conn *c = NULL;
	struct missiu_event ev;
	int r;

	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	r = ctl_connect(a->iface, &c, &diag);
	if (!r)
		r = ctl_watch(c, &diag);
	while (!r) {
		r = ctl_watch_next(c, &ev);
		if (!r)
			put_event(&ev);
		if (fflush(stdout) || ferror(stdout))
			r = r ? r : MISSIU_EIO;
	}
	if (r == MISSIU_ECONN && !diag.msg[0])
		snprintf(diag.msg, sizeof(diag.msg), "missiu has stopped");
	ctl_close(c);
	return report(r, &diag);
}

static const struct {
	const char *name;
	int min_words, max_words;
	int (*run)(const struct args *a);
} commands[] = {
	{ "add", 0, 1000, cmd_add },	  { "delete", 4, 4, cmd_delete },
	{ "list", 0, 0, cmd_list },	  { "flush", 0, 0, cmd_flush },
	{ "monitor", 0, 0, cmd_monitor },
};

static int run(struct args *a, int argc, char **argv)
{
	if (optind == argc)
		return usage("which command? add, delete, list, flush or "
			     "monitor",
			     "");
	a->words = argv + optind + 1;
	a->n_words = argc - optind - 1;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[optind], commands[i].name))
			continue;
		if (a->n_words < commands[i].min_words)
			return usage("too few words after ", argv[optind]);
		if (a->n_words > commands[i].max_words)
			return usage("too many words after ", argv[optind]);
		return commands[i].run(a);
	}
	return usage("no such command: ", argv[optind]);
}

/* Return: -1 to go on, otherwise the exit status. */
static int read_option(int opt, struct args *a)
{
	switch (opt) {
	case 'h':
		fputs(help_text, stdout);
		return EXIT_SUCCESS;
	case OPT_VERSION:
		puts("ipseckey " MISSIU_VERSION);
		return EXIT_SUCCESS;
	case 'i':
		a->iface = optarg;
		return -1;
	case 'f':
		a->file = optarg;
		return -1;
	case OPT_JSON:
		a->json = true;
		return -1;
	case OPT_KEYS:
		a->keys = true;
		return -1;
	case OPT_RUN_DIR:
		return ctl_set_run_dir(optarg) ?
			       -1 :
			       usage("not a folder for sockets: ", optarg);
	default:
		return EXIT_USAGE; /* getopt has said what */
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "interface", required_argument, NULL, 'i' },
		{ "file", required_argument, NULL, 'f' },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "keys", no_argument, NULL, OPT_KEYS },
		{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ NULL, 0, NULL, 0 }
	};
	struct args a = { 0 };
	int opt, r;

	while ((opt = getopt_long(argc, argv, "i:f:h", options, NULL)) != -1) {
		r = read_option(opt, &a);
		if (r >= 0)
			return r;
	}
	return run(&a, argc, argv);
}
