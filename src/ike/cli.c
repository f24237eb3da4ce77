/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `ike`: documented letters, and our long options. */
#include "ike/cli.h"

#include <getopt.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "ike/cli_cred.h"
#include "ike/cli_secret.h"
#include "ike/cli_value.h"

enum long_only {
	OPT_PSK_FILE = 256,
	OPT_CONFIG,
	OPT_PPK,
	OPT_PPK_ID,
	OPT_PPK_FILE,
	OPT_PPK_REQUIRED,
	OPT_IKE_PROPOSAL,
	OPT_NO_ESN,
	OPT_NO_MOBIKE,
	OPT_NO_REDIRECT,
	OPT_JSON,
	OPT_DEBUG,
	OPT_RUN_DIR,
	OPT_LOG,
	OPT_SAVE_KEYS,
	OPT_VERSION,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "psk-file", required_argument, NULL, OPT_PSK_FILE },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "ppk", required_argument, NULL, OPT_PPK },
	{ "ppk_id", required_argument, NULL, OPT_PPK_ID },
	{ "ppk-file", required_argument, NULL, OPT_PPK_FILE },
	{ "ppk-required", no_argument, NULL, OPT_PPK_REQUIRED },
	{ "ike-proposal", required_argument, NULL, OPT_IKE_PROPOSAL },
	{ "no-esn", no_argument, NULL, OPT_NO_ESN },
	{ "no-redirect", no_argument, NULL, OPT_NO_REDIRECT },
	{ "no-mobike", no_argument, NULL, OPT_NO_MOBIKE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "debug", no_argument, NULL, OPT_DEBUG },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "log", required_argument, NULL, OPT_LOG },
	CLI_VALUE_OPTIONS,
	CLI_CRED_OPTIONS,
	{ "save-keys", required_argument, NULL, OPT_SAVE_KEYS },
	{ NULL, 0, NULL, 0 },
};

/* Documented letters; those missing here are refused by name. */
static const char short_options[] = ":c:d:g:G:hi:l:L:n:p:P:r:v:";
static const char known_elsewhere[] = "aAeEkKmMostuwxyz";

static int parse_addr(const char *what, const char *text, struct missiu_addr *v,
		      size_t *n, struct missiu_diag *diag)
{
	if (*n == CLI_ADDRS_MAX)
		return diag_set(diag, MISSIU_EINVAL, "%s: more than %d", what,
				CLI_ADDRS_MAX);
	if (!addr_parse(text, &v[*n]))
		return diag_set(diag, MISSIU_EINVAL,
				"%s: found '%s', expected an IPv4 or IPv6 "
				"address",
				what, text);
	(*n)++;
	return 0;
}

static int unknown_option(int letter, const char *arg, struct missiu_diag *diag)
{
	if (letter && strchr(known_elsewhere, letter))
		return diag_set(diag, MISSIU_EINVAL,
				"-%c: not supported in this version", letter);
	return diag_set(diag, MISSIU_EINVAL,
			"unknown option '%s'; ike --help lists them", arg);
}

/* Options that are kept as they are. */
static const char **text_of(int opt, struct cli *c)
{
	switch (opt) {
	case 'i':
		return &c->iface;
	case OPT_CONFIG:
		return &c->config;
	case OPT_IKE_PROPOSAL:
		return &c->conf.ike_proposal;
	case OPT_RUN_DIR:
		return &c->run_dir;
	case OPT_LOG:
		return &c->log_file;
	default:
		return NULL;
	}
}

/* Options without a value. */
static bool *flag_of(int opt, struct cli *c)
{
	switch (opt) {
	case OPT_PPK_REQUIRED:
		return &c->conf.ppk_required;
	case OPT_NO_ESN:
		return &c->conf.no_esn;
	case OPT_NO_REDIRECT:
		return &c->conf.no_redirect;
	case OPT_NO_MOBIKE:
		return &c->conf.no_mobike;
	case OPT_JSON:
		return &c->json;
	case OPT_DEBUG:
		return &c->debug;
	default:
		return NULL;
	}
}

static int parse_option(int opt, char *arg, struct cli *c,
			struct missiu_diag *diag)
{
	const char **text = text_of(opt, c);
	bool *flag = flag_of(opt, c);

	if (text)
		*text = arg;
	if (flag)
		*flag = true;
	if (text || flag)
		return 0;
	switch (opt) {
	case 'h':
		c->command = CLI_HELP;
		return 0;
	case OPT_VERSION:
		c->command = CLI_VERSION;
		return 0;
	case 'c':
		return parse_addr("-c", arg, c->peer, &c->n_peer, diag);
	case 'p':
		c->only_psk = true;
		return cli_key(arg, c, diag);
	case 'P':
		return cli_key(arg, c, diag);
	case OPT_PSK_FILE:
		return cli_psk_file(arg, c, diag);
	case OPT_PPK:
		return cli_ppk(arg, c, diag);
	case OPT_PPK_ID:
		return cli_ppk_id(arg, c, diag);
	case OPT_PPK_FILE:
		return cli_ppk_file(arg, c, diag);
	case OPT_SAVE_KEYS:
		c->save_keys = arg;
		c->conf.tell_keys = true;
		return 0;
	default:
		return opt < CLI_CERT ? cli_value(opt, arg, &c->conf, diag) :
					cli_cred_option(opt, arg, c, diag);
	}
}

/* Words in place of a local address: commands to a running daemon. */
static const struct {
	const char *name;
	enum cli_command command;
	int min, max; /* arguments */
	const char *expected;
} commands[] = {
	{ "status", CLI_STATUS, 0, 0, "nothing" },
	{ "up", CLI_UP, 1, 1, "a peer" },
	{ "down", CLI_DOWN, 1, 1, "a peer" },
	{ "rekey", CLI_REKEY, 1, 2, "a peer, then child, ike or nothing" },
	{ "redirect", CLI_REDIRECT, 2, 2, "a peer and an address" },
	{ "log", CLI_LOG, 2, 2, "a group and a level" },
	{ "monitor", CLI_MONITOR, 0, 0, "nothing" },
};

static int parse_operands(int argc, char **argv, struct cli *c,
			  struct missiu_diag *diag)
{
	const int n = argc - optind - 1;
	int ret = 0;

	for (size_t k = 0; n >= 0 && k < sizeof(commands) / sizeof(*commands);
	     k++) {
		if (strcmp(argv[optind], commands[k].name) != 0)
			continue;
		if (n < commands[k].min || n > commands[k].max)
			return diag_set(diag, MISSIU_EINVAL,
					"%s: found %s%s%s, expected %s",
					commands[k].name, n ? "'" : "",
					n ? argv[argc - 1] : "nothing",
					n ? "'" : "", commands[k].expected);
		c->command = commands[k].command;
		for (int i = 0; i < n; i++)
			c->arg[i] = argv[optind + 1 + i];
		return 0;
	}
	for (int i = optind; !ret && i < argc; i++)
		ret = parse_addr("local address", argv[i], c->local,
				 &c->n_local, diag);
	return ret;
}

int cli_parse(int argc, char **argv, struct cli *out, struct missiu_diag *diag)
{
	int opt, ret;

	*out = (struct cli){ .command = CLI_RUN,
			     .conf.pfs_group = -1,
			     .files.crl_policy = TRUST_CRL_SOFT };
	opterr = 0;
	optind = 0;
	while ((opt = getopt_long(argc, argv, short_options, long_options,
				  NULL)) != -1) {
		if (opt == ':')
			return diag_set(diag, MISSIU_EINVAL,
					"option '%s' needs a value",
					argv[optind - 1]);
		if (opt == '?')
			return unknown_option(optopt, argv[optind - 1], diag);
		ret = parse_option(opt, optarg, out, diag);
		if (ret)
			return ret;
		if (out->command != CLI_RUN)
			return 0; /* help or version: the rest is not looked at */
	}
	ret = parse_operands(argc, argv, out, diag);
	if (!ret && out->command == CLI_RUN)
		ret = cli_cred_load(out, diag);
	if (!ret)
		ret = cli_secrets_done(out, diag);
	return ret;
}
