/* SPDX-License-Identifier: Apache-2.0 */
/* Options of `ike` with a value that is judged: numbers, words, addresses. */
#ifndef IKE_CLI_VALUE_H
#define IKE_CLI_VALUE_H

#include "ike/core.h"

/* Values of getopt_long() of those without a letter; below CLI_CERT. */
enum cli_value_opt {
	CLI_CHILDLESS = 384,
	CLI_ID,
	CLI_FRAGMENT,
	CLI_RETRANSMIT,
	CLI_ENCAP,
	CLI_TCP,
	CLI_REPLAY,
	CLI_IDLE,
	CLI_REAUTH,
	CLI_SILENCE,
};

/* Rows for the table of struct option. */
/* clang-format off */
#define CLI_VALUE_OPTIONS                                                      \
	{ "childless", required_argument, NULL, CLI_CHILDLESS },               \
	{ "id", required_argument, NULL, CLI_ID },                             \
	{ "fragment-size", required_argument, NULL, CLI_FRAGMENT },            \
	{ "retransmit", required_argument, NULL, CLI_RETRANSMIT },             \
	{ "encap", required_argument, NULL, CLI_ENCAP },                       \
	{ "tcp", required_argument, NULL, CLI_TCP },                           \
	{ "replay-window", required_argument, NULL, CLI_REPLAY },              \
	{ "idle", required_argument, NULL, CLI_IDLE },                         \
	{ "reauth", required_argument, NULL, CLI_REAUTH },                     \
	{ "silence", required_argument, NULL, CLI_SILENCE }
/* clang-format on */

/**
 * cli_value() - one of those above, or -d, -g, -G, -l, -L, -n, -r, -v
 * @opt:  as getopt_long() returned it
 * @conf: in/out: where it goes
 *
 * Return: 0 or MISSIU_EINVAL, @conf as it was.
 */
int cli_value(int opt, const char *text, struct ike_conf *conf,
	      struct missiu_diag *diag);

#endif
