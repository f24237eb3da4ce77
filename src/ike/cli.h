/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `ike` and its pre-shared key file. */
#ifndef IKE_CLI_H
#define IKE_CLI_H

#include "ike/cred_file.h"

#define CLI_ADDRS_MAX 32
#define CLI_PSKS_MAX  256
#define CLI_PPKS_MAX  64

enum cli_command {
	CLI_RUN,
	CLI_STATUS,
	CLI_UP,
	CLI_DOWN,
	CLI_REKEY,
	CLI_REDIRECT,
	CLI_LOG,
	CLI_MONITOR,
	CLI_HELP,
	CLI_VERSION,
};

struct cli {
	enum cli_command command;
	const char *arg[2];    /* of the command; NULL: not given */
	const char *iface;     /* -i; NULL: the only missiu instance */
	const char *run_dir;   /* NULL: /var/run */
	const char *log_file;  /* NULL: stderr */
	const char *save_keys; /* a folder; NULL: do not */
	const char *config;    /* peers; NULL: none */
	bool json;
	bool debug;
	struct missiu_addr local[CLI_ADDRS_MAX]; /* operands */
	size_t n_local;
	struct missiu_addr peer[CLI_ADDRS_MAX]; /* -c */
	size_t n_peer;
	struct ike_psk psk[CLI_PSKS_MAX];
	size_t n_psk;
	bool only_psk;		 /* -p: certificates are off */
	struct cred_files files; /* certificates and keys */
	struct ike_ppk ppk[CLI_PPKS_MAX];
	size_t n_ppk;
	struct ike_ppk argv_ppk; /* --ppk and --ppk_id, in any order */
	/* conf.psk and .ppk point into this structure, .cred is a reference */
	struct ike_conf conf;
};

/**
 * cli_parse() - read the command line
 * @argc, @argv: as main() got them; the values of -p and --ppk are overwritten,
 *               so that other users' process lists show them as short as
 *               possible
 * @out:  out; holds secrets: cli_wipe()
 * @diag: out: one line saying what was found and what was expected
 *
 * Return: 0 or MISSIU_EINVAL, MISSIU_EPERM (a key file that others can read),
 * MISSIU_EIO.
 */
int cli_parse(int argc, char **argv, struct cli *out, struct missiu_diag *diag);

/** cli_wipe() - forget the secrets */
void cli_wipe(struct cli *c);

/** cli_help() - a piece of the help text, from 0; NULL behind the last */
const char *cli_help(size_t piece);

/**
 * psk_file_parse() - pre-shared keys from the text of a key file
 * @name: for messages
 * @text, @len: lines "[peer] secret": peer is an address, an identity or `*`;
 *              secret is 0xhex, "quoted" or a bare word; # starts a comment
 * @psk, @max: out
 * @n:    in/out: entries used
 * @diag: out: "name:line: …"
 *
 * Return: 0 or MISSIU_EINVAL.
 */
int psk_file_parse(const char *name, const char *text, size_t len,
		   struct ike_psk *psk, size_t max, size_t *n,
		   struct missiu_diag *diag);

#endif
