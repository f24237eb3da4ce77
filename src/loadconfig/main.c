/* SPDX-License-Identifier: Apache-2.0 */
/* loadConfig: loads policies and manual keys into missiu, and shows them. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "ctl/sock.h"
#include "loadconfig/dump.h"
#include "loadconfig/advise.h"
#include "loadconfig/load.h"
#include "loadconfig/peers.h"

#define EXIT_USAGE 2

enum { OPT_VERSION = 256, OPT_JSON, OPT_KEYS, OPT_NO_IKE, OPT_RUN_DIR };

struct args {
	const char *file, *iface;
	bool flush_sa, flush_policy;
	bool dump_sa, dump_policy;
	bool check, print, json, keys, no_ike;
};

static const char help_text[] =
	"usage: loadConfig [-i IF] [-F] [-FP] [-f FILE] [-d] [-dP] [option ...]"
	"\n\n"
	"Loads policies and manual keys into missiu, peers into ike: all of a "
	"file or\nnothing of it.\n\n"
	"  -f, --file FILE   load a file; - is standard input\n"
	"  -F                delete all SAs first\n"
	"  -FP               delete all policies first\n"
	"  -d                show the SAs (afterwards)\n"
	"  -dP               show the policies (afterwards)\n"
	"  -i, --interface IF  which missiu, when several run\n"
	"  -n, --check       only check the file; needs no missiu\n"
	"  -p, --print       check the file and print what it means\n"
	"      --json        with -d, -dP: JSON\n"
	"      --keys        with -d, -p: show keys, too\n"
	"      --no-ike      pass over the file's peers, which are ike's\n"
	"      --run-dir DIR where missiu's sockets are, if not in " CTL_RUN_DIR
	"\n"
	"  -h, --help        this text\n"
	"      --version     version\n\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage. The language is "
	"described in\nmissiu-policy(5).\n";

static int usage(const char *what, const char *arg)
{
	fprintf(stderr, "loadConfig: %s%s ('loadConfig -h' helps)\n", what,
		arg);
	return EXIT_USAGE;
}

/* -F and -d take a P that touches them: flush, dump the policies instead. */
static bool read_target(const char *arg, bool *sa, bool *policy)
{
	if (arg && strcmp(arg, "P"))
		return false;
	*(arg ? policy : sa) = true;
	return true;
}

static int read_option(int opt, struct args *a)
{
	switch (opt) {
	case 'f':
		if (a->file)
			return usage("only one -f, please: ", optarg);
		a->file = optarg;
		return 0;
	case 'F':
		return read_target(optarg, &a->flush_sa, &a->flush_policy) ?
			       0 :
			       usage("-F or -FP, not -F", optarg);
	case 'd':
		return read_target(optarg, &a->dump_sa, &a->dump_policy) ?
			       0 :
			       usage("-d or -dP, not -d", optarg);
	case 'i':
		a->iface = optarg;
		return 0;
	case 'n':
		a->check = true;
		return 0;
	case 'p':
		a->print = true;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_NO_IKE:
		a->no_ike = true;
		return 0;
	case OPT_KEYS:
		a->keys = true;
		return 0;
	case OPT_RUN_DIR:
		return ctl_set_run_dir(optarg) ?
			       0 :
			       usage("not a folder for sockets: ", optarg);
	default:
		return EXIT_USAGE;
	}
}

static int check_args(const struct args *a, int argc, char **argv)
{
	if (optind < argc)
		return usage("unexpected word, is -f missing before it? ",
			     argv[optind]);
	if ((a->check || a->print) && !a->file)
		return usage("-n and -p need a file: -f FILE", "");
	if ((a->check || a->print) &&
	    (a->flush_sa || a->flush_policy || a->dump_sa || a->dump_policy))
		return usage("-n and -p change nothing and ask no missiu: not "
			     "with -F, -FP, -d, -dP",
			     "");
	if (!a->file && !a->flush_sa && !a->flush_policy && !a->dump_sa &&
	    !a->dump_policy) {
		fputs(help_text, stderr);
		return EXIT_USAGE;
	}
	return 0;
}

/* Return: -1 to go on, otherwise the exit status. */
static int read_args(int argc, char **argv, struct args *a)
{
	static const struct option options[] = {
		{ "file", required_argument, NULL, 'f' },
		{ "interface", required_argument, NULL, 'i' },
		{ "check", no_argument, NULL, 'n' },
		{ "print", no_argument, NULL, 'p' },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "keys", no_argument, NULL, OPT_KEYS },
		{ "no-ike", no_argument, NULL, OPT_NO_IKE },
		{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, OPT_VERSION },
		{ NULL, 0, NULL, 0 }
	};
	int opt, r;

	while ((opt = getopt_long(argc, argv, "f:F::d::i:nph", options,
				  NULL)) != -1) {
		if (opt == 'h') {
			fputs(help_text, stdout);
			return EXIT_SUCCESS;
		}
		if (opt == OPT_VERSION) {
			puts("loadConfig " MISSIU_VERSION);
			return EXIT_SUCCESS;
		}
		r = read_option(opt, a);
		if (r)
			return r;
	}
	r = check_args(a, argc, argv);
	return r ? r : -1;
}

static void print_peers(const struct missiu_script *s, bool keys)
{
	char *text = malloc(MISSIU_PEER_PRINT_MAX);

	for (size_t i = 0; text && i < s->n_peer; i++) {
		size_t n = missiu_peer_print(&s->peer[i], keys, text,
					     MISSIU_PEER_PRINT_MAX);

		if (n)
			puts(text);
		secret_wipe(text, n);
	}
	free(text);
}

static void print_script(const struct missiu_script *s, bool keys)
{
	char text[1024];

	print_peers(s, keys);

	for (size_t i = 0; i < s->n; i++) {
		if (missiu_change_print(&s->v[i], keys, text, sizeof(text)))
			puts(text);
		secret_wipe(text, sizeof(text));
	}
}

/* What -n says: enough to see that the right file was read. */
static void print_summary(const char *name, const struct missiu_script *s)
{
	size_t policies = 0, sas = 0;

	for (size_t i = 0; i < s->n; i++) {
		policies += s->v[i].kind == MISSIU_CHG_ADD_POLICY;
		sas += s->v[i].kind == MISSIU_CHG_ADD_SA;
	}
	printf("%s: correct: %zu policies, %zu manual SAs", name, policies,
	       sas);
	if (s->n_peer)
		printf(", %zu peers", s->n_peer);
	printf("\n");
}

static int report(int r, const struct missiu_diag *diag)
{
	if (r)
		fprintf(stderr, "loadConfig: %s\n",
			diag->msg[0] ? diag->msg : missiu_strerror(r));
	return r;
}

static int dump(struct ctl_conn *c, const struct args *a)
{
	const struct dump_what what = { .sas = a->dump_sa,
					.policies = a->dump_policy,
					.json = a->json,
					.keys = a->keys };
	struct missiu_diag diag = { "" };

	if (!what.sas && !what.policies)
		return 0;
	return report(dump_show(c, &what, &diag), &diag);
}

static int apply(const struct args *a, struct missiu_script *s)
{
	const char *name = a->file ? load_name(a->file) : "loadConfig";
	struct missiu_diag diag = { "" };
	struct ctl_conn *c = NULL;
	int r = load_prepend_flush(s, a->flush_sa, a->flush_policy);

	if (!r)
		r = ctl_connect(a->iface, &c, &diag);
	if (r)
		return report(r, &diag);
	/* First who may have the policies, then they. */
	if (!a->no_ike)
		r = peers_send(a->iface, name, s, !a->flush_policy);
	if (!r)
		r = load_apply(c, name, s);
	if (!r)
		r = dump(c, a);
	ctl_close(c);
	return r;
}

int main(int argc, char **argv)
{
	struct missiu_script script = { 0 };
	struct args a = { 0 };
	int r = read_args(argc, argv, &a);

	if (r >= 0)
		return r;
	r = a.file ? load_file(a.file, &script) : 0;
	if (!r && a.file)
		advise(load_name(a.file), &script, stderr);
	if (!r && a.print)
		print_script(&script, a.keys);
	else if (!r && a.check)
		print_summary(load_name(a.file), &script);
	else if (!r)
		r = apply(&a, &script);
	missiu_script_fini(&script);
	if (!r && fflush(stdout))
		r = MISSIU_EIO;
	return r ? EXIT_FAILURE : EXIT_SUCCESS;
}
