/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `ike`: documented letters, and our long options. */
#include "ike/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/secret.h"
#include "crypto/ikecrypt.h"
#include "ike/cli_cred.h"
#include "ike/idtext.h"
#include "ike/psk.h"
#include "ike/secret_file.h"

enum long_only {
	OPT_PSK_FILE = 256,
	OPT_CONFIG,
	OPT_PPK,
	OPT_PPK_ID,
	OPT_PPK_FILE,
	OPT_PPK_REQUIRED,
	OPT_CHILDLESS,
	OPT_ID,
	OPT_IKE_PROPOSAL,
	OPT_NO_ESN,
	OPT_FRAGMENT,
	OPT_RETRANSMIT,
	OPT_ENCAP,
	OPT_NO_MOBIKE,
	OPT_TCP,
	OPT_NO_REDIRECT,
	OPT_REPLAY,
	OPT_IDLE,
	OPT_REAUTH,
	OPT_SILENCE,
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
	{ "childless", required_argument, NULL, OPT_CHILDLESS },
	{ "id", required_argument, NULL, OPT_ID },
	{ "ike-proposal", required_argument, NULL, OPT_IKE_PROPOSAL },
	{ "no-esn", no_argument, NULL, OPT_NO_ESN },
	{ "fragment-size", required_argument, NULL, OPT_FRAGMENT },
	{ "retransmit", required_argument, NULL, OPT_RETRANSMIT },
	{ "encap", required_argument, NULL, OPT_ENCAP },
	{ "no-redirect", no_argument, NULL, OPT_NO_REDIRECT },
	{ "no-mobike", no_argument, NULL, OPT_NO_MOBIKE },
	{ "tcp", required_argument, NULL, OPT_TCP },
	{ "replay-window", required_argument, NULL, OPT_REPLAY },
	{ "idle", required_argument, NULL, OPT_IDLE },
	{ "reauth", required_argument, NULL, OPT_REAUTH },
	{ "silence", required_argument, NULL, OPT_SILENCE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "debug", no_argument, NULL, OPT_DEBUG },
	{ "run-dir", required_argument, NULL, OPT_RUN_DIR },
	{ "log", required_argument, NULL, OPT_LOG },
	CLI_CRED_OPTIONS,
	{ "save-keys", required_argument, NULL, OPT_SAVE_KEYS },
	{ NULL, 0, NULL, 0 },
};

/* Documented letters; those missing here are refused by name. */
static const char short_options[] = ":c:d:g:G:hi:l:L:n:p:P:r:v:";
static const char known_elsewhere[] = "aAeEkKmMostuwxyz";

/* In pieces: compilers need not take longer ones. */
static const char *const help[] = {
	"usage: ike [options] [LOCAL_ADDRESS ...]\n"
	"       ike status|monitor [--json] [-i IF]\n"
	"       ike up|down PEER\n"
	"       ike rekey PEER [child|ike]\n"
	"       ike redirect PEER ADDRESS\n"
	"       ike log GROUP LEVEL\n"
	"\n"
	"Negotiates SAs by IKEv2 and installs them in missiu, which must "
	"be running.\n"
	"Without LOCAL_ADDRESS it uses the addresses of missiu's "
	"interface as they\ncome and go.\n"
	"\n"
	"  -p KEY            pre-shared key, text or 0xhex; other users "
	"may see it in\n"
	"                    the process list: prefer --psk-file\n"
	"  --psk-file FILE   pre-shared keys, \"[PEER] SECRET\" a line, "
	"mode 0600\n"
	"  --ppk KEY, --ppk_id NAME   post-quantum pre-shared key (RFC "
	"8784), 32 to 256\n"
	"                    bytes as for -p; prefer --ppk-file\n"
	"  --ppk-file FILE   such keys, \"NAME SECRET\" a line, mode "
	"0600; the first is\n"
	"                    the one we ask for\n"
	"  --ppk-required    no IKE SA without one of them\n"
	"  --childless HOW   IKE SAs that begin without a child (RFC "
	"6023): allow\n"
	"                    (default), prefer, never\n"
	"  --config FILE     peers with keys of their own, see "
	"missiu-policy(5); SIGHUP\n"
	"                    reads it again. loadConfig sends peers, "
	"too\n"
	"  --id ID           our identity: address, host name, "
	"user@host, keyid:HEX\n"
	"                    (default: the local address)\n" CLI_CRED_HELP
	"  -c PEER           negotiate with this peer at once; repeatable\n"
	"  -i IF             the missiu instance, when several run\n",
	"  -v 2              IKE version (2 is the only one)\n"
	"  -g GROUP          Diffie-Hellman group of the IKE SA (0: our "
	"list)\n"
	"  -G GROUP          PFS group of child SAs; 0 none, -1 as the "
	"IKE SA (default)\n"
	"  -l SECONDS        lifetime of IKE SAs (default 3600)\n"
	"  -L SECONDS        lifetime of child SAs (default 28800)\n"
	"  -d MINUTES        liveness check after so much silence "
	"(default 5; 0: never)\n"
	"  --silence SECONDS the same when we send and nothing comes "
	"back (default 10;\n"
	"                    0: never)\n"
	"  --idle SECONDS    delete an SA of a policy with sa unique "
	"that is not used\n"
	"                    so long (default 300; 0: never)\n"
	"  --reauth SECONDS  authenticate anew after (default 0: "
	"never)\n"
	"  -n SECONDS        give up a negotiation after (default 20; "
	"5 to 300)\n"
	"  --ike-proposal P  such as aes128gcm16-prfsha256-x25519,"
	"aes256-sha256-modp2048\n"
	"  --replay-window N packets (default 128; 32 to 4096)\n"
	"  --retransmit MS   send a request again after (default 4000, "
	"then 1.8 times\n"
	"                    as long each time)\n"
	"  --fragment-size N largest datagram of IKE (default 1280; 256 "
	"to 65535;\n"
	"                    0: leave it to IP)\n"
	"  --no-esn          do not offer 64-bit sequence numbers\n"
	"  --encap MODE      ESP in UDP: udp always, none never, nat where "
	"there is\n"
	"                    one (default), auto also where it is "
	"faster\n"
	"  -r ADDRESS        redirect initiators to this gateway\n"
	"  --no-redirect     never follow a redirection\n"
	"  --no-mobike       addresses of SAs never change\n"
	"  --tcp MODE[=PORT] IKE and ESP over TCP (RFC 9329): never "
	"(default), answer,\n"
	"                    fallback when UDP is not answered, "
	"always; port 4500\n"
	"  --debug           log more\n"
	"  --log FILE        log to FILE instead of standard error\n"
	"  --save-keys DIR   for Wireshark: write all keys there; not for "
	"production\n"
	"  --json            with a command: JSON\n"
	"  --run-dir DIR     run-time files (default /var/run)\n"
	"  -h, --help        this text\n"
	"  --version         version\n",
};

const char *cli_help(size_t piece)
{
	return piece < sizeof(help) / sizeof(help[0]) ? help[piece] : NULL;
}

static int parse_number(const char *opt, const char *text, long lo, long hi,
			long *out, struct missiu_diag *diag)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (errno || end == text || *end || v < lo || v > hi)
		return diag_set(diag, MISSIU_EINVAL,
				"%s: found '%s', expected a number from %ld to "
				"%ld",
				opt, text, lo, hi);
	*out = v;
	return 0;
}

static int parse_u32(const char *opt, const char *text, long lo, long hi,
		     uint32_t *out, struct missiu_diag *diag)
{
	long v;
	int ret = parse_number(opt, text, lo, hi, &v, diag);

	if (!ret)
		*out = (uint32_t)v;
	return ret;
}

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

static int parse_group(const char *text, struct ike_conf *conf,
		       struct missiu_diag *diag)
{
	long g;
	int ret = parse_number("-g", text, 0, 65535, &g, diag);

	if (!ret && g && !dh_supported((uint16_t)g))
		ret = diag_set(diag, MISSIU_EINVAL,
			       "-g: found group %ld, expected 14 to 21, 31 or "
			       "32",
			       g);
	if (!ret)
		conf->dh_group = (uint16_t)g;
	return ret;
}

static int parse_pfs(const char *text, struct ike_conf *conf,
		     struct missiu_diag *diag)
{
	long g;
	int ret = parse_number("-G", text, -1, 65535, &g, diag);

	if (!ret && g > 0 && !dh_supported((uint16_t)g))
		ret = diag_set(diag, MISSIU_EINVAL,
			       "-G: found group %ld, expected -1, 0, 14 to 21, "
			       "31 or 32",
			       g);
	if (!ret)
		conf->pfs_group = (int)g;
	return ret;
}

static int parse_dpd(const char *text, struct ike_conf *conf,
		     struct missiu_diag *diag)
{
	long minutes;
	int ret = parse_number("-d", text, 0, 1440, &minutes, diag);

	if (!ret) /* 0: only answer the peer's checks */
		conf->dpd_s = minutes ? (uint32_t)minutes * 60 : UINT32_MAX;
	return ret;
}

static int parse_silence(const char *text, struct ike_conf *conf,
			 struct missiu_diag *diag)
{
	long s;
	int ret = parse_number("--silence", text, 0, 86400, &s, diag);

	if (!ret)
		conf->silent_s = s ? (uint32_t)s : UINT32_MAX;
	return ret;
}

static int parse_idle(const char *text, struct ike_conf *conf,
		      struct missiu_diag *diag)
{
	long s;
	int ret = parse_number("--idle", text, 0, 864000, &s, diag);

	if (!ret)
		conf->idle_s = s ? (uint32_t)s : UINT32_MAX;
	return ret;
}

static int parse_fragment(const char *text, struct ike_conf *conf,
			  struct missiu_diag *diag)
{
	long n;
	int ret = parse_number("--fragment-size", text, 0, 65535, &n, diag);

	if (!ret && n && n < 256)
		ret = diag_set(diag, MISSIU_EINVAL,
			       "--fragment-size: found %ld, expected 0 or 256 "
			       "to 65535",
			       n);
	if (ret)
		return ret;
	conf->no_fragments = !n;
	conf->fragment_size = (uint32_t)n;
	return 0;
}

static int argv_key(char *text, struct cli *c, struct missiu_diag *diag)
{
	struct ike_psk psk = { 0 };
	int ret = psk_secret(text, &psk, diag);

	if (ret)
		diag_prefix(diag, "-p: ");
	else if (c->n_psk == CLI_PSKS_MAX)
		ret = diag_set(diag, MISSIU_EINVAL, "-p: more than %d keys",
			       CLI_PSKS_MAX);
	else
		c->psk[c->n_psk++] = psk;
	secret_wipe(&psk, sizeof(psk));
	memset(text, '*', strlen(text));
	return ret;
}

static int parse_childless(const char *text, struct ike_conf *conf,
			   struct missiu_diag *diag)
{
	static const char *const words[] = {
		[MISSIU_CHILDLESS_ALLOW] = "allow",
		[MISSIU_CHILDLESS_PREFER] = "prefer",
		[MISSIU_CHILDLESS_NEVER] = "never",
	};

	for (uint8_t i = MISSIU_CHILDLESS_ALLOW; i <= MISSIU_CHILDLESS_NEVER;
	     i++)
		if (!strcmp(text, words[i])) {
			conf->childless = i;
			return 0;
		}
	return diag_set(diag, MISSIU_EINVAL,
			"--childless: found '%s', expected allow, prefer or "
			"never",
			text);
}

static int argv_ppk(char *text, struct cli *c, struct missiu_diag *diag)
{
	int ret = ppk_secret(text, &c->argv_ppk, diag);

	if (ret)
		diag_prefix(diag, "--ppk: ");
	memset(text, '*', strlen(text));
	return ret;
}

static int argv_ppk_id(const char *text, struct cli *c,
		       struct missiu_diag *diag)
{
	int ret = ppk_name(text, &c->argv_ppk, diag);

	if (ret)
		diag_prefix(diag, "--ppk_id: ");
	return ret;
}

/* Both halves or none; it goes before those of a file. */
static int take_argv_ppk(struct cli *c, struct missiu_diag *diag)
{
	if (!c->argv_ppk.len && !c->argv_ppk.id_len)
		return 0;
	if (!c->argv_ppk.len || !c->argv_ppk.id_len)
		return diag_set(diag, MISSIU_EINVAL,
				"--ppk and --ppk_id need each other");
	if (c->n_ppk == CLI_PPKS_MAX)
		return diag_set(diag, MISSIU_EINVAL, "--ppk: more than %d keys",
				CLI_PPKS_MAX);
	memmove(c->ppk + 1, c->ppk, c->n_ppk * sizeof(c->ppk[0]));
	c->ppk[0] = c->argv_ppk;
	c->n_ppk++;
	return 0;
}

static int psk_text(const char *name, const char *text, size_t len, void *arg,
		    struct missiu_diag *diag)
{
	struct cli *c = arg;

	return psk_file_parse(name, text, len, c->psk, CLI_PSKS_MAX, &c->n_psk,
			      diag);
}

static int ppk_text(const char *name, const char *text, size_t len, void *arg,
		    struct missiu_diag *diag)
{
	struct cli *c = arg;

	return ppk_file_parse(name, text, len, c->ppk, CLI_PPKS_MAX, &c->n_ppk,
			      diag);
}

static int parse_encap(const char *arg, struct ike_conf *conf,
		       struct missiu_diag *diag)
{
	static const struct {
		const char *word;
		uint8_t value;
	} words[] = { { "udp", MISSIU_ENCAP_UDP },
		      { "none", MISSIU_ENCAP_NONE },
		      { "auto", MISSIU_ENCAP_AUTO },
		      { "nat", MISSIU_ENCAP_NAT } };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(arg, words[i].word))
			continue;
		conf->encap = words[i].value;
		return 0;
	}
	return diag_set(diag, MISSIU_EINVAL,
			"--encap: found '%s', expected udp, none, auto or nat",
			arg);
}

static int parse_tcp(const char *arg, struct ike_conf *conf,
		     struct missiu_diag *diag)
{
	static const struct {
		const char *word;
		uint8_t value;
		bool open;
	} words[] = { { "never", MISSIU_TCP_NEVER, false },
		      { "answer", MISSIU_TCP_NEVER, true },
		      { "fallback", MISSIU_TCP_FALLBACK, true },
		      { "always", MISSIU_TCP_ALWAYS, true } };
	const size_t len = strcspn(arg, "=");
	long port = 4500;

	if (arg[len] &&
	    parse_number("--tcp", arg + len + 1, 1024, UINT16_MAX, &port, diag))
		return MISSIU_EINVAL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].word) != len ||
		    memcmp(arg, words[i].word, len) != 0)
			continue;
		conf->tcp = words[i].value;
		conf->tcp_port = words[i].open ? (uint16_t)port : 0;
		return 0;
	}
	return diag_set(diag, MISSIU_EINVAL,
			"--tcp: found '%s', expected never, answer, fallback "
			"or always, perhaps with =PORT",
			arg);
}

static int parse_redirect(const char *text, struct ike_conf *conf,
			  struct missiu_diag *diag)
{
	struct missiu_addr a;

	if (!addr_parse(text, &a) || addr_is_any(&a) || addr_is_multicast(&a))
		return diag_set(diag, MISSIU_EINVAL,
				"-r: found '%s', expected the address of a "
				"gateway",
				text);
	conf->redirect_to = a;
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
	long v;

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
	case 'd':
		return parse_dpd(arg, &c->conf, diag);
	case 'g':
		return parse_group(arg, &c->conf, diag);
	case 'G':
		return parse_pfs(arg, &c->conf, diag);
	case 'l':
		return parse_u32("-l", arg, 5, 864000, &c->conf.ike_life_s,
				 diag);
	case 'L':
		return parse_u32("-L", arg, 3, 864000, &c->conf.child_life_s,
				 diag);
	case 'n':
		return parse_u32("-n", arg, 5, 300, &c->conf.negotiate_s, diag);
	case 'p':
		c->only_psk = true;
		return argv_key(arg, c, diag);
	case 'P':
		return argv_key(arg, c, diag);
	case 'v':
		if (!parse_number("-v", arg, 2, 2, &v, diag))
			return 0;
		return diag_set(diag, MISSIU_EINVAL,
				"-v: found '%s', expected 2 (IKEv1 is not "
				"supported)",
				arg);
	case OPT_PSK_FILE:
		return secret_file_read(arg, psk_text, c, diag);
	case OPT_PPK:
		return argv_ppk(arg, c, diag);
	case OPT_PPK_ID:
		return argv_ppk_id(arg, c, diag);
	case OPT_PPK_FILE:
		return secret_file_read(arg, ppk_text, c, diag);
	case OPT_CHILDLESS:
		return parse_childless(arg, &c->conf, diag);
	case OPT_ID:
		return ike_id_parse(arg, &c->conf.id, diag);
	case OPT_ENCAP:
		return parse_encap(arg, &c->conf, diag);
	case 'r':
		return parse_redirect(arg, &c->conf, diag);
	case OPT_TCP:
		return parse_tcp(arg, &c->conf, diag);
	case OPT_RETRANSMIT:
		return parse_u32("--retransmit", arg, 100, 60000,
				 &c->conf.retransmit_ms, diag);
	case OPT_FRAGMENT:
		return parse_fragment(arg, &c->conf, diag);
	case OPT_IDLE:
		return parse_idle(arg, &c->conf, diag);
	case OPT_SILENCE:
		return parse_silence(arg, &c->conf, diag);
	case OPT_REAUTH:
		return parse_u32("--reauth", arg, 0, 864000, &c->conf.reauth_s,
				 diag);
	case OPT_REPLAY:
		return parse_u32("--replay-window", arg, 32, 4096,
				 &c->conf.replay_window, diag);
	case OPT_SAVE_KEYS:
		c->save_keys = arg;
		c->conf.tell_keys = true;
		return 0;
	default:
		return cli_cred_option(opt, arg, c, diag);
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
		ret = take_argv_ppk(out, diag);
	if (!ret && out->conf.ppk_required && !out->n_ppk)
		ret = diag_set(diag, MISSIU_EINVAL,
			       "--ppk-required: there is none; give --ppk-file "
			       "FILE, or --ppk KEY and --ppk_id NAME");
	out->conf.ppk = out->ppk;
	out->conf.n_ppk = out->n_ppk;
	out->conf.psk = out->psk;
	out->conf.n_psk = out->n_psk;
	return ret;
}

void cli_wipe(struct cli *c)
{
	secret_wipe(c->psk, sizeof(c->psk));
	c->n_psk = 0;
	secret_wipe(c->ppk, sizeof(c->ppk));
	secret_wipe(&c->argv_ppk, sizeof(c->argv_ppk));
	c->n_ppk = 0;
	cred_put(c->conf.cred);
	c->conf.cred = NULL;
}
